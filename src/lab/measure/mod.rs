//! What can be measured, in the words of the language. One file each for the numbers that measures give and the names of
//! outcomes.
//!
//! How a number is read from a run belongs in `view`, how sure it is in `estimate`.

mod answers;
mod outcome;
mod places;
mod quantity;

pub use answers::{Answers, Source};
pub use outcome::OutcomeName;
pub use places::{Place, places};
pub use quantity::{Quantity, RecoveryNumber, What, percentile};

use std::collections::BTreeSet;

use super::claim::Claim;
use super::spec::Label;
use super::trouble::Trouble;
use crate::schema::quantity::{Percent, Span};
use crate::schema::{choice, record};

record! {
    /// One number for all clients together.
    pub struct AllTogether {}
}

record! {
    /// One number for each node of clients.
    pub struct EachClients {}
}

record! {
    /// One number for each node that gives it, clients aside.
    pub struct EachNode {}
}

choice! {
    /// What is told apart.
    pub enum Grouping {
        All(AllTogether),
        Clients(EachClients),
        Nodes(EachNode),
    }
}

impl Default for Grouping {
    fn default() -> Self {
        Self::All(AllTogether {})
    }
}

record! {
    /// Latency of served calls as clients see it: the mean, and quantiles. What was not answered has no latency; the
    /// measure `Answered` says how much was.
    pub struct LatencyMeasure {
        /// Which quantiles, each between 0 and 1.
        pub quantiles: Vec<f64> = vec![0.5, 0.99],
        /// Of all clients together, of each node of clients, or of each other node.
        pub by: Grouping = Grouping::default(),
        /// Of one node: the time from coming to it until the answer leaves it.
        pub node: Option<Label> = None,
        /// Of which calls: `Served`, `Degraded`, `Late` or `Failed`.
        pub answers: Answers = Answers::Served,
    }
    check(self, at) {
        if self.quantiles.iter().any(|p| !(*p > 0.0 && *p < 1.0)) {
            at.field("quantiles").error("a quantile is between 0 and 1: 0.99 is the 99th percentile");
        }
        at.each_once("quantiles", &self.quantiles, "this quantile");
        if self.node.is_some() && self.by != Grouping::default() {
            at.field("node").error(ONE_OR_EACH);
        }
        if self.answers != Answers::Served && matches!(self.by, Grouping::Nodes(_)) {
            at.field("answers").error("only clients know answers that are late, degraded or failed");
        }
    }
}

/// What is wrong with a measure of one node and of each.
const ONE_OR_EACH: &str = "a measure is of one `node`, or told apart `by` nodes: not both";

macro_rules! measures_of_nodes {
    ($($(#[doc = $doc:literal])+ $name:ident),+ $(,)?) => {$(
        record! {
            $(#[doc = $doc])+
            pub struct $name {
                /// Of all clients together, of each node of clients, or of each other node.
                pub by: Grouping = Grouping::default(),
                /// Of one node.
                pub node: Option<Label> = None,
            }
            check(self, at) {
                if self.node.is_some() && self.by != Grouping::default() {
                    at.field("node").error(ONE_OR_EACH);
                }
            }
        }
    )+};
}

macro_rules! measures_of_stations {
    ($($(#[doc = $doc:literal])+ $name:ident),+ $(,)?) => {$(
        record! {
            $(#[doc = $doc])+
            pub struct $name {
                /// Of one node; without it, of each.
                pub node: Option<Label> = None,
            }
        }
    )+};
}

macro_rules! measures_of_clients {
    ($($(#[doc = $doc:literal])+ $name:ident),+ $(,)?) => {$(
        record! {
            $(#[doc = $doc])+
            pub struct $name {
                /// Of all clients together, or of each node of clients.
                pub by: Grouping = Grouping::default(),
            }
            check(self, at) {
                if matches!(self.by, Grouping::Nodes(_)) {
                    at.field("by").error("only clients can tell: `by: Clients`");
                }
            }
        }
    )+};
}

measures_of_nodes! {
    /// Answers that came home per second, of use or not: as asked, with less than was asked, and too late. Of another node
    /// than clients: answers that it gave or passed back.
    ThroughputMeasure,
    /// Calls that users made per second, however often each was tried. Of another node: requests that came to it.
    OfferedRateMeasure,
    /// Share of calls that ended without an answer: turned away, failed, timed out or given up. Of another node: share of
    /// the requests that left it which it turned away or failed itself.
    DropRateMeasure,
    /// Share of calls answered in time and as asked: those whose latency is counted. Of another node: share of the requests
    /// that left it whose answers were as asked.
    AnsweredMeasure,
    /// Mean number of calls in flight. Of another node: requests that came to it and whose answers have not left it.
    InSystemMeasure,
}

measures_of_clients! {
    /// Calls answered per second in time and as asked: the part of the throughput that is of use.
    GoodputMeasure,
    /// Attempts sent for each call: by how much trying again amplifies the load. 1 where nothing is tried twice.
    AttemptsMeasure,
    /// Share of answers that came when nobody waited for them any more.
    LateAnswersMeasure,
    /// Share of calls answered with less than was asked.
    DegradedMeasure,
    /// Share of the calls that write (`writes` of `Clients`) whose work servers finished more than once, for retries and
    /// hedges: counted when the answers come home, in time or late. Work that was taken back before its end, or that ended in
    /// an error, was not done.
    DuplicateWritesMeasure,
}

record! {
    /// Share of all calls answered in time and as asked within a time from their beginning: as objectives are written. A
    /// call that was not answered is not within any; one that still waits at the end of the run counts once it has waited
    /// for longer. Of another node than clients: of the requests that left it, from when they came to it.
    pub struct WithinMeasure {
        /// Within how long; above zero.
        pub time: Span,
        /// Of all clients together, of each node of clients, or of each other node.
        pub by: Grouping = Grouping::default(),
        /// Of one node.
        pub node: Option<Label> = None,
    }
    check(self, at) {
        if self.time == Span::ZERO {
            at.field("time").error("a time above zero: write \"300 ms\"");
        }
        if self.node.is_some() && self.by != Grouping::default() {
            at.field("node").error(ONE_OR_EACH);
        }
    }
}

record! {
    /// Shares of calls that ended in certain ways.
    pub struct OutcomesMeasure {
        /// Which: `Served`, `RateLimited`, `TimedOut` and so on.
        pub outcomes: Vec<OutcomeName>,
        /// Of all clients together, or of each node of clients.
        pub by: Grouping = Grouping::default(),
    }
    check(self, at) {
        if self.outcomes.is_empty() {
            at.field("outcomes").error("at least one outcome: `Outcomes([RateLimited, TimedOut])`");
        }
        at.each_once("outcomes", &self.outcomes, "this outcome");
        if matches!(self.by, Grouping::Nodes(_)) {
            at.field("by").error("only clients can tell: `by: Clients`");
        }
    }
}

record! {
    /// How evenly goodput is shared among the nodes of clients, by Jain's index: 1 if all have the same, 1/n if one of n
    /// has all (Jain, Chiu and Hawe 1984).
    pub struct FairnessMeasure {}
}

measures_of_stations! {
    /// Share of time the workers of each fleet are busy, or of one node: a fleet, a balancer with work of its own, a store.
    UtilizationMeasure,
    /// Share of the busy time of the workers of each fleet that was spent on requests that nobody waited for any more when
    /// the work ended.
    WastedWorkMeasure,
    /// Mean time from reaching a server until service begins, by fleet.
    WaitingMeasure,
    /// Utilization of the busiest server of each fleet over the mean of its servers: 1 if all are equally busy.
    ImbalanceMeasure,
}

record! {
    /// How long balancers went on sending requests to a server, or another node, that had crashed: from the crash to the last request sent
    /// before the restart or the end, the mean over crashes and balancers. Requests that probe a server that is out count
    /// too, health checks do not; 0 where nothing was sent.
    pub struct FailoverTimeMeasure {}
}

record! {
    /// How many clients or keys get another server when servers go, come back or change their weight, under policies that
    /// place them by a hash: the share of all, summed over changes after the warm-up, the mean over balancers. And those
    /// of them that need not have moved: from one server to another, none of which had changed.
    pub struct RemappedMeasure {}
}

record! {
    /// What a trouble does to goodput, and whether it comes back: goodput before, during and after the trouble, the share
    /// of replications that recover, and the time they take. A trouble is what faults and spikes of arrivals make.
    ///
    /// Goodput has recovered from the first window on from which all means over `smooth` reach what it was before the
    /// trouble, less the tolerance, up to the end of the run; that must be a quarter of the time after the trouble at least.
    pub struct RecoveryMeasure {
        /// How much less goodput than before the trouble counts as recovered, as a share.
        pub tolerance: Percent = Percent::of(10.0),
        /// When the trouble began; without it, with the first fault or spike.
        pub start: Option<Span> = None,
        /// When it ended; without it, with the last fault or spike.
        pub end: Option<Span> = None,
        /// The time over which goodput is averaged; without it, the time in which 16 / tolerance² calls are answered
        /// before the trouble (1600 at 10 %), so that chance moves a mean by about a quarter of the tolerance, and at most
        /// a quarter of the time after the trouble.
        pub smooth: Option<Span> = None,
    }
    check(self, at) {
        if self.start.zip(self.end).is_some_and(|(start, end)| end < start) {
            at.field("end").error("the trouble ends after it began");
        }
        if self.tolerance == Percent::ZERO || self.tolerance == Percent::of(100.0) {
            at.field("tolerance").error("a tolerance is between 0 and 100 %, for chance moves goodput");
        }
    }
}

impl Default for RecoveryMeasure {
    fn default() -> Self {
        Self { tolerance: Percent::of(10.0), start: None, end: None, smooth: None }
    }
}

impl RecoveryMeasure {
    /// The trouble it looks at, in a system whose faults and spikes make the trouble `made`.
    #[must_use]
    pub fn trouble(&self, made: Option<Trouble>) -> Option<Trouble> {
        let start = self.start.map(Span::seconds).or(made.map(|trouble| trouble.start))?;
        let end = self.end.map(Span::seconds).or(made.and_then(|trouble| trouble.end));
        (self.end.is_some() || made.is_some()).then_some(Trouble { start, end })
    }
}

choice! {
    /// Something to measure.
    pub enum Measure {
        Latency(LatencyMeasure),
        Throughput(ThroughputMeasure),
        Goodput(GoodputMeasure),
        OfferedRate(OfferedRateMeasure),
        Attempts(AttemptsMeasure),
        LateAnswers(LateAnswersMeasure),
        Degraded(DegradedMeasure),
        DuplicateWrites(DuplicateWritesMeasure),
        DropRate(DropRateMeasure),
        Answered(AnsweredMeasure),
        Within(WithinMeasure),
        Outcomes(OutcomesMeasure),
        Fairness(FairnessMeasure),
        Recovery(RecoveryMeasure),
        Utilization(UtilizationMeasure),
        WastedWork(WastedWorkMeasure),
        Waiting(WaitingMeasure),
        InSystem(InSystemMeasure),
        FailoverTime(FailoverTimeMeasure),
        Imbalance(ImbalanceMeasure),
        Remapped(RemappedMeasure),
    }
}

/// What numbers are told apart by, and how recovery is judged where only its name is given.
#[derive(Clone, Debug, Default)]
pub struct Scope {
    /// The fleets of the system, and balancers with a capacity of their own, by name.
    pub fleets: Vec<String>,
    /// The nodes of clients, by name.
    pub clients: Vec<String>,
    /// The other nodes, and what they give.
    pub places: Vec<Place>,
    /// How recovery is judged.
    pub recovery: RecoveryMeasure,
}

impl Measure {
    /// What is measured where a file says nothing.
    #[must_use]
    pub fn usual() -> Vec<Self> {
        let by = Grouping::default;
        vec![
            Self::Latency(LatencyMeasure {
                quantiles: vec![0.5, 0.99],
                by: by(),
                node: None,
                answers: Answers::Served,
            }),
            Self::Throughput(ThroughputMeasure { by: by(), node: None }),
            Self::Goodput(GoodputMeasure { by: by() }),
            Self::DropRate(DropRateMeasure { by: by(), node: None }),
            Self::Utilization(UtilizationMeasure { node: None }),
        ]
    }

    /// The numbers this measure gives in `scope`.
    #[must_use]
    pub fn quantities(&self, scope: &Scope) -> Vec<Quantity> {
        let by_fleet = |node: &Option<Label>, make: fn(String, &[String]) -> Quantity| match node {
            Some(node) => vec![make(node.0.text.clone(), &scope.fleets)],
            None => scope.fleets.iter().map(|fleet| make(fleet.clone(), &scope.fleets)).collect(),
        };
        let by = |by: &Grouping, node: Option<&Label>, quantities: Vec<Quantity>| {
            let each = |names: Vec<&str>| -> Vec<Quantity> {
                let of = |quantity: &Quantity| -> Vec<Quantity> {
                    names.iter().map(|name| quantity.clone().at(name, scope)).collect()
                };
                quantities.iter().flat_map(of).collect()
            };
            match (by, node) {
                (_, Some(node)) => each(vec![&node.0.text]),
                (Grouping::All(_), None) => quantities,
                (Grouping::Clients(_), None) => each(scope.clients.iter().map(String::as_str).collect()),
                (Grouping::Nodes(_), None) => {
                    let mut seen = BTreeSet::new();
                    each(scope.places.iter().map(|place| &*place.name).filter(|name| seen.insert(*name)).collect())
                }
            }
        };
        match self {
            Self::Latency(latency) => {
                let quantiles = latency.quantiles.iter().map(|&p| Quantity::latency_quantile(p));
                let all = std::iter::once(Quantity::latency_mean()).chain(quantiles);
                let all = all.map(|quantity| quantity.among(latency.answers)).collect();
                by(&latency.by, latency.node.as_ref(), all)
            }
            Self::Throughput(measure) => by(&measure.by, measure.node.as_ref(), vec![Quantity::throughput()]),
            Self::Goodput(measure) => by(&measure.by, None, vec![Quantity::goodput()]),
            Self::OfferedRate(measure) => by(&measure.by, measure.node.as_ref(), vec![Quantity::offered_rate()]),
            Self::Attempts(measure) => by(&measure.by, None, vec![Quantity::attempts()]),
            Self::LateAnswers(measure) => by(&measure.by, None, vec![Quantity::late_answers()]),
            Self::Degraded(measure) => by(&measure.by, None, vec![Quantity::degraded()]),
            Self::DuplicateWrites(measure) => by(&measure.by, None, vec![Quantity::duplicate_writes()]),
            Self::DropRate(measure) => by(&measure.by, measure.node.as_ref(), vec![Quantity::drop_rate()]),
            Self::Answered(measure) => by(&measure.by, measure.node.as_ref(), vec![Quantity::answered()]),
            Self::Within(measure) => by(&measure.by, measure.node.as_ref(), vec![Quantity::within(measure.time)]),
            Self::InSystem(measure) => by(&measure.by, measure.node.as_ref(), vec![Quantity::in_system()]),
            Self::Outcomes(measure) => {
                by(&measure.by, None, measure.outcomes.iter().map(|outcome| Quantity::share(outcome.0)).collect())
            }
            Self::Fairness(_) => vec![Quantity::fairness()],
            Self::Recovery(recovery) => {
                RecoveryNumber::TABLE.iter().map(|&number| Quantity::recovery(number, recovery)).collect()
            }
            Self::FailoverTime(_) => vec![Quantity::failover_time()],
            Self::Remapped(_) => vec![Quantity::remapped(), Quantity::remapped_needlessly()],
            Self::Utilization(measure) => by_fleet(&measure.node, Quantity::utilization),
            Self::WastedWork(measure) => by_fleet(&measure.node, Quantity::wasted_work),
            Self::Waiting(measure) => {
                let queues = scope.places.iter().filter(|place| place.is_queue() && measure.node.is_none());
                let mut all = by_fleet(&measure.node, Quantity::waiting);
                all.extend(queues.map(|place| Quantity::waiting(place.name.clone(), &scope.fleets)));
                all
            }
            Self::Imbalance(measure) => by_fleet(&measure.node, Quantity::imbalance),
        }
    }

    /// The node it names.
    #[must_use]
    pub fn node(&self) -> Option<&Label> {
        match self {
            Self::Latency(measure) => measure.node.as_ref(),
            Self::Throughput(measure) => measure.node.as_ref(),
            Self::OfferedRate(measure) => measure.node.as_ref(),
            Self::DropRate(measure) => measure.node.as_ref(),
            Self::Answered(measure) => measure.node.as_ref(),
            Self::Within(measure) => measure.node.as_ref(),
            Self::InSystem(measure) => measure.node.as_ref(),
            Self::Utilization(measure) => measure.node.as_ref(),
            Self::WastedWork(measure) => measure.node.as_ref(),
            Self::Waiting(measure) => measure.node.as_ref(),
            Self::Imbalance(measure) => measure.node.as_ref(),
            _ => None,
        }
    }
}

/// How recovery is judged by `measures`: as the first of them says that measures it.
#[must_use]
pub fn recovery(measures: &[Measure]) -> RecoveryMeasure {
    let first = measures.iter().find_map(|measure| match measure {
        Measure::Recovery(recovery) => Some(recovery.clone()),
        _ => None,
    });
    first.unwrap_or_default()
}

/// The quantities of several measures and what claims need beside them, each once. Beside latencies of served calls stands
/// how many of all calls these are.
#[must_use]
pub fn quantities(measures: &[Measure], claims: &[Claim], scope: &Scope) -> Vec<Quantity> {
    let (mut all, mut seen) = (Vec::new(), BTreeSet::new());
    let measured = measures.iter().flat_map(|measure| measure.quantities(scope));
    let claimed = claims.iter().flat_map(|claim| claim.quantities(scope));
    for quantity in measured.chain(claimed) {
        if seen.insert(quantity.id.clone()) {
            all.push(quantity);
        }
    }
    let lengths = all.iter().filter(|quantity| quantity.is_latency() && quantity.answers == Answers::Served);
    let companions: Vec<Quantity> = lengths.map(Quantity::answered_like).collect();
    for companion in companions {
        if !all.iter().any(|other| other.id == companion.id) {
            let last = all.iter().rposition(|quantity| quantity.is_latency() && quantity.of == companion.of);
            all.insert(last.map_or(all.len(), |last| last + 1), companion);
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ids(measures: &[Measure], fleets: &[&str], clients: &[&str]) -> Vec<String> {
        let names = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect();
        let scope = Scope { fleets: names(fleets), clients: names(clients), ..Scope::default() };
        quantities(measures, &[], &scope).into_iter().map(|quantity| quantity.id).collect()
    }

    #[test]
    fn a_measure_of_several_fleets_names_them() {
        let measures = [
            Measure::Utilization(UtilizationMeasure { node: None }),
            Measure::WastedWork(WastedWorkMeasure { node: None }),
        ];
        assert_eq!(ids(&measures, &["web"], &[]), ["utilization", "wasted_work"]);
        let several = ["utilization:web", "utilization:db", "wasted_work:web", "wasted_work:db"];
        assert_eq!(ids(&measures, &["web", "db"], &[]), several);
    }

    #[test]
    fn a_measure_by_clients_names_them_where_there_are_several() {
        let by = || Grouping::Clients(EachClients {});
        let measures = [
            Measure::Latency(LatencyMeasure { quantiles: vec![0.99], by: by(), node: None, answers: Answers::Served }),
            Measure::Goodput(GoodputMeasure { by: by() }),
        ];
        assert_eq!(ids(&measures, &[], &["users"]), ["latency_mean", "latency_p99", "answered", "goodput"]);
        let several = [
            "latency_mean:a",
            "latency_mean:b",
            "latency_p99:a",
            "answered:a",
            "latency_p99:b",
            "answered:b",
            "goodput:a",
            "goodput:b",
        ];
        assert_eq!(ids(&measures, &[], &["a", "b"]), several);
    }

    #[test]
    fn a_number_asked_for_twice_is_there_once() {
        let measures = [Measure::Goodput(GoodputMeasure { by: Grouping::default() })];
        assert_eq!(ids(&[measures[0].clone(), measures[0].clone()], &[], &["a", "b"]), ["goodput"]);
    }
}
