//! Experiments in the words of the language: a system, what to vary, what to measure, what is claimed.

use super::claim::Claim;
use super::measure::Measure;
use crate::model::VERSION;
use crate::schema::quantity::{Percent, Span};
use crate::schema::{Decode, Encode, Kind, Map, Name, Node, Reader, record};

/// A value that is read later, with the type that stands where it is put.
#[derive(Clone, Debug, PartialEq)]
pub struct Raw(pub Node);

impl Decode for Raw {
    fn decode(node: &Node, _reader: &mut Reader) -> Option<Self> {
        Some(Self(node.clone()))
    }
}

impl Encode for Raw {
    fn encode(&self) -> Node {
        self.0.clone()
    }
}

/// A name that something else in the file must have, with its place: an arm, a point of the sweep.
#[derive(Clone, Debug)]
pub struct Label(pub Name);

impl PartialEq for Label {
    fn eq(&self, other: &Self) -> bool {
        self.0.text == other.0.text
    }
}

impl Decode for Label {
    fn decode(node: &Node, reader: &mut Reader) -> Option<Self> {
        match &node.kind {
            Kind::Text(text) | Kind::Number(text) => Some(Self(Name { text: text.clone(), region: node.region })),
            _ => {
                reader.expected(node, "a name in quotes");
                None
            }
        }
    }
}

impl Encode for Label {
    fn encode(&self) -> Node {
        self.0.text.encode()
    }
}

record! {
    /// How long a replication runs, how many there are, and how sure the answer is.
    pub struct RunSpec {
        /// Simulated length of a replication. Without it, and without `requests`, a replication ends when the log it
        /// replays is drained.
        pub duration: Option<Span> = None,
        /// Requests answered after which a replication ends.
        pub requests: Option<u64> = None,
        /// Simulated time before anything is measured.
        pub warm_up: Span = Span::ZERO,
        /// Replications of each arm at each point, each with random numbers of its own; 1 to 100,000.
        pub replications: u32 = 10,
        /// Everything random follows from this number.
        pub seed: u64 = 1,
        /// Confidence of every interval; 50 to 99.99 %.
        pub confidence: Percent = Percent::of(95.0),
        /// Events after which a replication is stopped: a guard against runs that never end.
        pub events: u64 = 20_000_000_000,
        /// Requests in flight at which a replication is stopped: a guard of memory, about 200 bytes each.
        pub in_flight: u64 = 5_000_000,
    }
    check(self, at) {
        if self.duration == Some(Span::ZERO) {
            at.field("duration").error("a duration is above zero");
        }
        if self.requests == Some(0) {
            at.field("requests").error("at least one request");
        }
        if self.duration.is_some_and(|duration| self.warm_up >= duration) {
            at.field("warm_up").error("the warm-up must be shorter than the duration");
        }
        if self.replications == 0 || self.replications > 100_000 {
            at.field("replications").error("1 to 100,000 replications");
        }
        if !(0.5..=0.9999).contains(&self.confidence.fraction()) {
            at.field("confidence").error("a confidence is from 50 % to 99.99 %");
        }
        if self.events == 0 {
            at.field("events").error("at least one event");
        }
        if self.in_flight == 0 || self.in_flight > 10_000_000 {
            at.field("in_flight").error("1 to 10,000,000 requests in flight");
        }
    }
}

impl Default for RunSpec {
    fn default() -> Self {
        let node = Node::made(Kind::Struct(None, Vec::new()));
        Self::decode(&node, &mut Reader::default()).expect("every field has a default")
    }
}

record! {
    /// The x axis: one field of the system takes one value after another.
    pub struct SweepSpec {
        /// The field, by its path.
        pub path: Label,
        /// The values it takes.
        pub values: Vec<Raw>,
    }
    check(self, at) {
        if self.values.is_empty() {
            at.field("values").error("at least one value");
        }
    }
}

record! {
    /// A question to a system: what is varied, what is measured, what is claimed.
    pub struct Experiment {
        /// Version of the language the file is written in.
        pub version: u32 = VERSION,
        /// A name for people; without it, the file's name.
        pub title: String = String::new(),
        /// The question it answers.
        pub question: String = String::new(),
        /// The chapter of the book that explains it.
        pub chapter: String = String::new(),
        /// The system: `File("../models/web.ron")`, or `System(...)` itself.
        pub system: Raw,
        /// How long, how often, how sure.
        pub run: RunSpec = RunSpec::default(),
        /// Alternatives: each sets fields of the system, by their paths. Without any, the system as it is.
        pub arms: Map<Map<Raw>> = Map::default(),
        /// The arm that the others are compared with; without it, the first.
        pub baseline: Option<Label> = None,
        /// What the x axis is.
        pub sweep: Option<SweepSpec> = None,
        /// What is measured.
        pub measure: Vec<Measure> = Measure::usual(),
        /// What is claimed of the answer.
        pub claims: Vec<Claim> = Vec::new(),
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
    }
}
