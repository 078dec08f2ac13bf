//! The validation suite: systems whose numbers theory predicts, against those of the simulator.
//!
//! A [`Case`] is an experiment in the language of files, with the predictions of theory; [`cases`] lists them all, one
//! file for a kind of system. Running them belongs to the caller, who has the threads.

mod closed;
mod finding;
mod fleets;
mod length;
mod little;
mod losses;
mod queues;
mod renewal;
mod waits;

pub use finding::{Finding, Verdict, bound};
pub use length::Length;

use std::io::Read;

use super::files::{Files, Problems};
use super::load::load;
use super::plan::{Plan, plan};
use crate::stats::theory::{Answer, TheoryError};
use length::Run;

/// A kind of system that theory has an answer for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Family {
    /// Poisson arrivals, exponential service, one server.
    Mm1,
    /// The same with several servers.
    Mmc,
    /// The same with a bounded queue.
    Mmck,
    /// No queue, any service.
    ErlangB,
    /// One server, any service.
    Mg1,
    /// One server, constant service.
    Md1,
    /// One server shared by all, any service.
    ProcessorSharing,
    /// Any arrivals, exponential service.
    Gm1,
    /// A fleet with requests spread at random.
    RandomSplit,
    /// A fleet with requests dealt round.
    RoundRobin,
    /// A fleet with the shortest of d queues.
    Supermarket,
    /// A fleet with the shortest of all queues.
    JoinShortest,
    /// A fixed number of users.
    Closed,
    /// Number, rate and time at every node.
    LittlesLaw,
    /// Classes with priority over others.
    Priorities,
    /// Last come, first served.
    Lifo,
    /// Requests that leave the queue after a while.
    ErlangA,
}

impl Family {
    /// All of them, in the order of the table.
    pub const ALL: [Self; 17] = [
        Self::Mm1,
        Self::Mmc,
        Self::Mmck,
        Self::ErlangB,
        Self::Mg1,
        Self::Md1,
        Self::ProcessorSharing,
        Self::Gm1,
        Self::RandomSplit,
        Self::RoundRobin,
        Self::Supermarket,
        Self::JoinShortest,
        Self::Closed,
        Self::LittlesLaw,
        Self::Priorities,
        Self::Lifo,
        Self::ErlangA,
    ];

    /// Its name in the field.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Mm1 => "M/M/1",
            Self::Mmc => "M/M/c",
            Self::Mmck => "M/M/c/K",
            Self::ErlangB => "Erlang B",
            Self::Mg1 => "M/G/1",
            Self::Md1 => "M/D/1",
            Self::ProcessorSharing => "M/G/1 processor sharing",
            Self::Gm1 => "G/M/1",
            Self::RandomSplit => "random split",
            Self::RoundRobin => "round robin",
            Self::Supermarket => "supermarket model",
            Self::JoinShortest => "join the shortest queue",
            Self::Closed => "closed loop",
            Self::LittlesLaw => "Little's law",
            Self::Priorities => "priorities",
            Self::Lifo => "last come, first served",
            Self::ErlangA => "Erlang A",
        }
    }
}

/// One experiment with the predictions of theory.
#[derive(Clone, Debug)]
pub struct Case {
    /// The kind of system.
    pub family: Family,
    /// The difference from other cases of its kind, for example "load 0.9".
    pub name: String,
    /// The experiment as a file would have it.
    pub experiment: String,
    /// The predictions of theory.
    pub expected: Vec<Expected>,
}

/// A number and its prediction.
#[derive(Clone, Debug)]
pub struct Expected {
    /// Which number.
    pub what: What,
    /// Its value, in the unit of the number.
    pub value: f64,
    /// Where that is written.
    pub source: String,
    /// How far the simulated system may be from the one of theory.
    pub allowance: Allowance,
}

/// A number of a cell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    /// A measure, by identifier.
    Measure(String),
    /// A number of a node, by the name of the node and the identifier of the number.
    OfNode(&'static str, &'static str),
    /// The mean number in a node, against its rate times its mean time, replication by replication: of the clients (the
    /// only ones) the throughput and the latency, of a fleet that rejects no request the departures, waiting and
    /// service. The value expected is that product.
    Little(&'static str),
    /// The mean number on the network between a node and the next, both named.
    Between(&'static str, &'static str),
}

/// A share of the value by which a right simulator may be off theory, for a reason known beforehand.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Allowance {
    /// Below the value.
    pub below: f64,
    /// Above the value.
    pub above: f64,
}

impl Allowance {
    /// Theory is exact, and so is the number.
    pub const NONE: Self = Self { below: 0.0, above: 0.0 };

    /// A histogram of three digits gives the middle of a bucket at most 1/1024 wide.
    pub const HISTOGRAM: Self = Self { below: 1.0 / 2048.0, above: 1.0 / 2048.0 };

    /// Theory is the limit of infinitely many servers; fewer are slower by up to this share.
    #[must_use]
    pub const fn finite_size(share: f64) -> Self {
        Self { below: 0.0, above: share }
    }

    /// Theory is itself known only to this share, to either side.
    #[must_use]
    pub const fn known_to(share: f64) -> Self {
        Self { below: share, above: share }
    }

    /// Both together.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self { below: self.below + other.below, above: self.above + other.above }
    }
}

impl Expected {
    /// The values of `answer` called `ids`; those it does not have are left out.
    fn of(answer: &Answer, ids: &[&str]) -> Vec<Self> {
        let expect = |id: &&str| {
            let quantile = id.starts_with("latency_p");
            Some(Self {
                what: What::Measure((*id).to_owned()),
                value: answer.value(id)?,
                source: answer.source.to_owned(),
                allowance: if quantile { Allowance::HISTOGRAM } else { Allowance::NONE },
            })
        };
        ids.iter().filter_map(expect).collect()
    }
}

/// Cases as they are listed; each has a seed of its own by its place.
struct Suite {
    length: Length,
    cases: Vec<Case>,
}

impl Suite {
    /// Adds a case whose expectations are the values `ids` of an answer of theory.
    fn push(&mut self, family: Family, name: String, system: &str, run: Run, answer: &Answer, ids: &[&str]) {
        self.push_expected(family, name, system, run, Expected::of(answer, ids));
    }

    fn push_expected(&mut self, family: Family, name: String, system: &str, run: Run, expected: Vec<Expected>) {
        let run = run.text(self.length, self.cases.len() + 1);
        let experiment = format!(
            "Experiment(\n    system: System(nodes: {{\n{system}    }}),\n    run: ({run}),\n    \
             measure: [Latency([0.5, 0.99]), Throughput, DropRate, Utilization, Waiting, InSystem],\n)\n"
        );
        self.cases.push(Case { family, name, experiment, expected });
    }
}

/// Every case of the suite.
///
/// # Panics
/// Never: the parameters are constants within the domains of their models, which a test shows.
#[must_use]
pub fn cases(length: Length) -> Vec<Case> {
    let mut suite = Suite { length, cases: Vec::new() };
    let listed: Result<(), TheoryError> = [
        queues::mm1,
        queues::mmc,
        losses::mmck,
        losses::erlang_b,
        queues::mg1,
        queues::md1,
        queues::processor_sharing,
        renewal::gm1,
        fleets::random_split,
        fleets::round_robin,
        fleets::supermarket,
        fleets::join_shortest,
        closed::closed,
        little::littles_law,
        waits::priorities,
        waits::lifo,
        waits::erlang_a,
    ]
    .into_iter()
    .try_for_each(|list| list(&mut suite));
    listed.expect("every case is within the domain of its model");
    suite.cases
}

/// How many numbers are compared in all, on which the bound of each depends.
#[must_use]
pub fn comparisons(cases: &[Case]) -> usize {
    cases.iter().map(|case| case.expected.len()).sum()
}

impl Case {
    /// The experiment, ready to run.
    ///
    /// # Errors
    /// A mistake in the experiment, which would be one of the suite.
    pub fn plan(&self) -> Result<Plan, Problems> {
        let files = OneText(&self.experiment);
        plan(load(&files, "case.ron")?, &files)
    }
}

/// A text that answers to any name.
struct OneText<'a>(&'a str);

impl Files for OneText<'_> {
    fn open(&self, _path: &str) -> Result<Box<dyn Read + '_>, String> {
        Ok(Box::new(self.0.as_bytes()))
    }

    fn beside(&self, _base: &str, relative: &str) -> String {
        relative.to_owned()
    }
}

/// Poisson arrivals of `rate` a second to a fleet of one server called "q".
fn poisson_queue(rate: f64, fleet: &str) -> String {
    queue(&format!("Poisson(rate: \"{rate}/s\")"), fleet)
}

/// Arrivals to a fleet called "q".
fn queue(arrivals: &str, fleet: &str) -> String {
    format!("        \"users\": Clients(arrivals: {arrivals}, to: \"q\"),\n        \"q\": Fleet({fleet}),\n")
}

#[cfg(test)]
mod tests;
