//! Experiments, as written in the language: a system, what to vary, what to measure, what to claim.

use super::claim::Claim;
use super::label::{Label, Raw};
use super::measure::Measure;
use crate::model::VERSION;
use crate::schema::quantity::{Percent, Span};
use crate::schema::{Body, Decode, Encode, Kind, Map, Node, Reader, named, record};

/// Simulated time before anything is measured: "10 s", or `Auto`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum WarmUp {
    /// A fixed time.
    Fixed(Span),
    /// Until the system has reached its steady state, detected for each cell by MSER-5 with the leftmost local minimum,
    /// on means over windows, averaged over the first ten replications (White 1997; Pasupathy and Schmeiser 2010). At
    /// most half of a run.
    Auto,
}

impl Decode for WarmUp {
    fn decode(node: &Node, reader: &mut Reader) -> Option<Self> {
        match &node.kind {
            Kind::Word(word) if word == "Auto" => Some(Self::Auto),
            Kind::Text(_) | Kind::Number(_) => Span::decode(node, reader).map(Self::Fixed),
            _ => {
                reader.expected(node, "a length of time such as \"10 s\", or `Auto`");
                None
            }
        }
    }
}

impl Encode for WarmUp {
    fn encode(&self) -> Node {
        match self {
            Self::Fixed(span) => span.encode(),
            Self::Auto => Node::made(Kind::Word("Auto".to_owned())),
        }
    }
}

record! {
    /// Adds replications until every interval is narrow enough.
    pub struct AtMost {
        /// Maximum number of replications; 2 to 100,000.
        pub n: u32,
        /// Wanted half-width of every interval, as a share of the value.
        pub half_width: Percent,
        /// Replications added at a time; 2 to 1000.
        pub batch: u32 = 10,
        /// A half-width that is enough for measures that are shares (of calls, of time), whatever their value: a
        /// relative half-width cannot be reached for a share near zero.
        pub share_half_width: Percent = Percent::of(0.1),
    }
    check(self, at) {
        if !(2..=MOST_REPLICATIONS).contains(&self.n) {
            at.field("n").error("2 to 100,000 replications");
        }
        if self.half_width.fraction() < 1e-6 {
            at.field("half_width").error("a half-width is above zero: write \"2 %\"");
        }
        if !(2..=1000).contains(&self.batch) {
            at.field("batch").error("2 to 1000 replications at a time");
        }
    }
}

/// Number of replications of each arm at each point: `20`, or `AtMost(64, half_width: "2 %")`.
#[derive(Clone, Debug, PartialEq)]
pub enum Replications {
    /// Exactly this many.
    Fixed(u32),
    /// As many as needed, up to a maximum.
    AtMost(AtMost),
}

/// Most replications of one cell.
const MOST_REPLICATIONS: u32 = 100_000;

impl Replications {
    /// The maximum number of replications.
    #[must_use]
    pub fn most(&self) -> u32 {
        match self {
            Self::Fixed(n) => *n,
            Self::AtMost(at_most) => at_most.n,
        }
    }

    /// The same, but with at most `most` replications.
    #[must_use]
    pub fn limited(&self, most: u32) -> Self {
        match self {
            Self::Fixed(n) => Self::Fixed((*n).min(most)),
            Self::AtMost(at_most) => Self::AtMost(AtMost { n: at_most.n.min(most.max(2)), ..at_most.clone() }),
        }
    }
}

impl Decode for Replications {
    fn decode(node: &Node, reader: &mut Reader) -> Option<Self> {
        match &node.kind {
            Kind::Number(_) => {
                let n = u32::decode(node, reader)?;
                if !(1..=MOST_REPLICATIONS).contains(&n) {
                    reader.error(node.region, "1 to 100,000 replications", "");
                    return None;
                }
                Some(Self::Fixed(n))
            }
            Kind::Tuple(Some(name), _) | Kind::Struct(Some(name), _) if name.text == "AtMost" => {
                AtMost::decode(node, reader).map(Self::AtMost)
            }
            _ => {
                reader.expected(node, "a number of replications, or `AtMost(64, half_width: \"2 %\")`");
                None
            }
        }
    }
}

impl Encode for Replications {
    fn encode(&self) -> Node {
        match self {
            Self::Fixed(n) => n.encode(),
            Self::AtMost(at_most) => named("AtMost", at_most.encode_body()),
        }
    }
}

record! {
    /// Length and number of replications, seed and confidence.
    pub struct RunSpec {
        /// Simulated length of a replication. Without it, and without `requests`, a replication ends when the log that
        /// it replays has ended and all requests are answered.
        pub duration: Option<Span> = None,
        /// Number of answered requests after which a replication ends.
        pub requests: Option<u64> = None,
        /// Simulated time before anything is measured.
        pub warm_up: WarmUp = WarmUp::Fixed(Span::ZERO),
        /// Number of replications of each arm at each point, each with its own random numbers.
        pub replications: Replications = Replications::Fixed(10),
        /// The seed of all random numbers.
        pub seed: u64 = 1,
        /// Confidence of every interval; 50 to 99.99 %.
        pub confidence: Percent = Percent::of(95.0),
        /// Number of events after which a replication is stopped: a guard against runs that never end.
        pub events: u64 = 20_000_000_000,
        /// Number of requests in flight at which a replication is stopped; its measurements until then are kept. A
        /// bound on memory: about 200 bytes per request, for each replication that runs at once.
        pub in_flight: u64 = 1_000_000,
    }
    check(self, at) {
        if self.duration == Some(Span::ZERO) {
            at.field("duration").error("a duration is above zero");
        }
        if self.requests == Some(0) {
            at.field("requests").error("at least one request");
        }
        if let (Some(duration), WarmUp::Fixed(warm_up)) = (self.duration, self.warm_up)
            && warm_up >= duration
        {
            at.field("warm_up").error("the warm-up must be shorter than the duration");
        }
        if !(0.5..=0.9999).contains(&self.confidence.fraction()) {
            at.field("confidence").error("a confidence is from 50 % to 99.99 %");
        }
        if self.events == 0 {
            at.field("events").error("at least one event");
        }
        if self.in_flight == 0 || self.in_flight > 8_000_000 {
            at.field("in_flight").error("1 to 8,000,000 requests in flight");
        }
    }
}

record! {
    /// A sweep, the x axis of plots: one field of the system takes several values.
    pub struct SweepSpec {
        /// The field, by its path.
        pub path: Label,
        /// The values it takes.
        pub values: Vec<Raw>,
        /// The name of the field in tables and on the axes of plots; without it, its path.
        pub label: String = String::new(),
    }
    check(self, at) {
        if self.values.is_empty() {
            at.field("values").error("at least one value");
        }
    }
}

record! {
    /// An experiment: a system, what is varied, what is measured and what is claimed.
    pub struct Experiment {
        /// Version of the language the file is written in.
        pub version: u32 = VERSION,
        /// The title; without it, the file's name.
        pub title: String = String::new(),
        /// The question it answers.
        pub question: String = String::new(),
        /// The chapter of the book that explains it.
        pub chapter: String = String::new(),
        /// The system: `File("../models/web.ron")`, or `System(...)` itself.
        pub system: Raw,
        /// Length and number of replications, and confidence.
        pub run: RunSpec = RunSpec::default(),
        /// The alternatives to compare: each sets fields of the system, by their paths. Without any, the system as it
        /// is.
        pub arms: Map<Map<Raw>> = Map::default(),
        /// The arm that the others are compared with; without it, the first.
        pub baseline: Option<Label> = None,
        /// The sweep, if there is one.
        pub sweep: Option<SweepSpec> = None,
        /// What is measured.
        pub measure: Vec<Measure> = Measure::usual(),
        /// What is claimed about the results.
        pub claims: Vec<Claim> = Vec::new(),
        /// Hashes of the logs that are replayed: for the name of each, the XXH64 of its bytes in sixteen hexadecimal
        /// digits. A log with another hash is refused. Manifests contain the hashes, so that they either repeat a run
        /// exactly or fail.
        pub logs: Map<String> = Map::default(),
    }
    check(self, at) {
        if self.version == 0 || self.version > VERSION {
            at.field("version").error(format!(
                "version {} of the language is newer than this program, which reads version {VERSION}", self.version
            ));
        }
        if self.measure.is_empty() {
            at.field("measure").error("at least one measure");
        }
        at.each_once("measure", &self.measure, "this measure");
    }
}
