//! A model to begin with, made of a profile.

use super::Profile;
use super::show::figure;
use crate::schema::quantity::Span;
use crate::schema::{Body, Kind, Name, Node, named, print};
use crate::trace::Replay;
use crate::trace::report::grouped;

/// What a request is supposed to take, in seconds, as a log does not say.
const SERVICE: f64 = 0.05;
/// How busy the servers are to be at the rate while busy.
const LOAD: f64 = 0.7;

impl Profile {
    /// The text of a model that replays the log as `replay` reads it, with its pauses cut unless `replay` cuts gaps
    /// itself. Its servers are a guess: enough to be about 70 % busy if a request takes 50 ms.
    #[must_use]
    pub fn model(&self, replay: &Replay) -> String {
        let mut replay = replay.clone();
        let mut notes = Vec::new();
        let rate = self.busy_rate.or(self.mean_rate).unwrap_or(1.0);
        let scv = self
            .scv
            .map_or_else(String::new, |scv| format!("; squared coefficient of variation of gaps {}", figure(scv)));
        notes.push(format!("{} requests, {}/s while busy{scv}.", grouped(self.requests), figure(rate)));
        if self.pauses > 0 && self.longest_busy_gap > 0.0 && replay.longest_gap.is_none() {
            replay.longest_gap = Span::from_seconds(self.longest_busy_gap);
            notes.push("The pauses of the log are cut to the longest gap while it is busy.".to_owned());
        }
        notes.push("To change the load, add `rate: \"100/s\"` or `speed: 2.0`.".to_owned());
        let notes: String = notes.iter().map(|note| format!("            // {note}\n")).collect();
        let arrivals = print(&named("Replay", written(&replay))).replace('\n', "\n            ");
        let servers = libm::ceil(rate * SERVICE / LOAD).clamp(1.0, 1e6) as u32;
        format!(
            r#"System(
    nodes: {{
        "clients": Clients(
{notes}            arrivals: {arrivals},
            to: "lb",
        ),
        "lb": Balancer(policy: LeastConnections, to: "web"),
        "web": Fleet(
            // A log does not say how long requests took: replace these guesses.
            servers: {servers},
            service: Exponential(mean: "50 ms"),
        ),
    }},
)
"#
        )
    }
}

/// The fields of a replay that are not left at their defaults.
fn written(replay: &Replay) -> Vec<(Name, Node)> {
    let fields = replay.encode_body();
    let Some(plain) = Replay::of("-") else { return fields };
    let is_file = |name: &Name| name.text == "file";
    let plain = plain.encode_body();
    fields
        .into_iter()
        .zip(plain)
        .filter(|(field, plain)| is_file(&field.0) || field.1 != plain.1)
        .map(|((name, node), _)| (name, without_some(node)))
        .collect()
}

/// `Some(x)` as people write it: x.
fn without_some(node: Node) -> Node {
    match node.kind {
        Kind::Tuple(Some(name), mut items) if name.text == "Some" && items.len() == 1 => items.remove(0),
        kind => Node { kind, ..node },
    }
}
