//! A model to begin with, made of a profile.

use super::Profile;
use super::show::{figure, per_time};
use crate::schema::quantity::Span;
use crate::schema::{Body, Encode, Kind, Name, Node, named, print};
use crate::trace::report::grouped;
use crate::trace::{Format, Replay};

/// Assumed service time of a request, in seconds, as a log has none.
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
        notes.push(format!("{} requests, {} while busy{scv}.", grouped(self.requests), per_time(rate)));
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

/// A replay as people write it: without fields at their defaults.
fn written(replay: &Replay) -> Vec<(Name, Node)> {
    let format = match &replay.format {
        Format::JsonLines(json) => named("JsonLines", brief(json)),
        Format::Csv(csv) => named("Csv", brief(csv)),
        other => other.encode(),
    };
    let mut fields = brief(replay);
    for (name, value) in &mut fields {
        if name.text == "format" {
            *value = format.clone();
        }
    }
    fields
}

/// The fields of a record that are not at their defaults, with optional values as they are read.
fn brief<T: Body>(record: &T) -> Vec<(Name, Node)> {
    let defaults = T::description().fields.into_iter().map(|field| field.default);
    let fields = record.encode_body().into_iter().zip(defaults);
    fields
        .filter(|((_, value), default)| default.as_ref().is_none_or(|default| *default != print(value)))
        .map(|((name, value), _)| match value.kind {
            Kind::Tuple(Some(some), mut items) if some.text == "Some" && items.len() == 1 => (name, items.remove(0)),
            kind => (name, Node { kind, region: value.region }),
        })
        .collect()
}
