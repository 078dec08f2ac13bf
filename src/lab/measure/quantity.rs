//! The numbers that measures give: where each comes from and what it is called.

use super::{Answers, OutcomeName, RecoveryMeasure, Scope, Source};
use crate::engine::Outcome;
use crate::lab::results::Unit;
use crate::schema::quantity::Span;

/// One number a measure gives.
#[derive(Clone, Debug, PartialEq)]
pub struct Quantity {
    /// Where it comes from.
    pub what: What,
    /// The node it is told of, of clients or another; `None` for all clients together.
    pub of: Option<String>,
    /// Of a latency: which calls it is of.
    pub answers: Answers,
    /// Name for people.
    pub name: String,
    /// Name for machines.
    pub id: String,
    /// What it counts.
    pub unit: Unit,
}

/// Where a number comes from.
#[derive(Clone, Debug, PartialEq)]
pub enum What {
    /// Mean latency of served calls.
    LatencyMean,
    /// A quantile of the latency of served calls.
    LatencyQuantile(f64),
    /// Answers that came home per second.
    Throughput,
    /// Calls served per second, in time and as asked.
    Goodput,
    /// Calls made per second.
    OfferedRate,
    /// Attempts for each call.
    Attempts,
    /// Share of answers that nobody waited for.
    LateAnswers,
    /// Share of calls that ended without an answer.
    DropRate,
    /// Share of calls answered in time and as asked: those whose latency is counted.
    Answered,
    /// Share of calls answered in time and as asked within a time.
    Within(Span),
    /// Share of calls that write whose work was done more than once.
    DuplicateWrites,
    /// Share of calls that ended in one way.
    Share(Outcome),
    /// Jain's index of the goodput of the nodes of clients.
    Fairness,
    /// What a trouble does to goodput.
    Recovery(RecoveryNumber, RecoveryMeasure),
    /// Mean number of calls in flight.
    InSystem,
    /// A mean over a group of nodes: utilization of a fleet.
    Utilization(String),
    /// Share of the busy time of a fleet that was spent for nobody.
    WastedWork(String),
    /// Mean waiting at the servers of a fleet.
    Waiting(String),
    /// Mean time from a crash to the last request that a balancer sent to the server.
    FailoverTime,
    /// Share of clients or keys that got another member, summed over changes.
    Remapped,
    /// Share of clients or keys that did and need not have, summed over changes.
    RemappedNeedlessly,
    /// Utilization of the busiest server of a fleet over their mean.
    Imbalance(String),
}

/// A number that says what a trouble does to goodput.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RecoveryNumber {
    /// Goodput from the end of the warm-up to the beginning of the trouble.
    Before,
    /// Goodput while the trouble lasts.
    During,
    /// Goodput in the later half of the time after the trouble: what it settles to.
    After,
    /// The same as a share of goodput before.
    Left,
    /// Whether goodput comes back: 1 or 0 in a replication, so a share of all.
    Recovered,
    /// Seconds from the end of the trouble until it is back; none where it does not come back.
    Time,
}

impl RecoveryNumber {
    /// What the measure `Recovery` gives, in the order of its table.
    pub const TABLE: [Self; 5] = [Self::Before, Self::During, Self::After, Self::Recovered, Self::Time];

    const fn words(self) -> (&'static str, &'static str, Unit) {
        match self {
            Self::Before => ("goodput before", "goodput_before", Unit::PerSecond),
            Self::During => ("goodput during", "goodput_during", Unit::PerSecond),
            Self::After => ("goodput after", "goodput_after", Unit::PerSecond),
            Self::Left => ("goodput left", "goodput_left", Unit::Fraction),
            Self::Recovered => ("recovered", "recovered", Unit::Fraction),
            Self::Time => ("recovery time", "recovery_time", Unit::Seconds),
        }
    }
}

impl Quantity {
    fn new(what: What, name: &str, id: &str, unit: Unit) -> Self {
        Self { what, of: None, answers: Answers::Served, name: name.to_owned(), id: id.to_owned(), unit }
    }

    /// The same of one node of clients, which is named only where there are several.
    #[must_use]
    pub fn of(self, clients: &str, scope: &Scope) -> Self {
        if scope.clients.len() < 2 {
            return self;
        }
        let (name, id) = (format!("{} of {clients}", self.name), format!("{}:{clients}", self.id));
        Self { of: Some(clients.to_owned()), name, id, ..self }
    }

    /// The same of one node of any kind. Nodes of clients are named only where there are several.
    #[must_use]
    pub fn at(self, node: &str, scope: &Scope) -> Self {
        if scope.clients.iter().any(|clients| clients == node) {
            return self.of(node, scope);
        }
        let (name, id) = (format!("{} of {node}", self.name), format!("{}:{node}", self.id));
        Self { of: Some(node.to_owned()), name, id, ..self }
    }

    /// A latency of other calls than those served.
    #[must_use]
    pub fn among(self, answers: Answers) -> Self {
        if answers == Answers::Served {
            return self;
        }
        let name = format!("{} of {}", self.name, answers.words());
        let id = format!("{}_{}", answers.name().to_lowercase(), self.id);
        Self { answers, name, id, ..self }
    }

    /// Of a latency: where it comes from.
    #[must_use]
    pub fn source(&self) -> Source {
        Source { of: self.of.clone(), answers: self.answers }
    }

    /// True of what clients have beside other nodes.
    #[must_use]
    pub fn is_of_clients(&self) -> bool {
        !matches!(self.what, What::Utilization(_) | What::WastedWork(_) | What::Waiting(_) | What::Imbalance(_))
    }

    /// What is counted, in words, whichever node it is told of.
    #[must_use]
    pub fn kind(&self) -> &str {
        self.name.split(" of ").next().unwrap_or_default()
    }

    /// True of a mean or a quantile of latency.
    #[must_use]
    pub fn is_latency(&self) -> bool {
        matches!(self.what, What::LatencyMean | What::LatencyQuantile(_))
    }

    /// True of what is true or false of a replication as a whole.
    #[must_use]
    pub fn is_verdict(&self) -> bool {
        matches!(self.what, What::Recovery(RecoveryNumber::Recovered, _))
    }

    /// Mean latency of served calls.
    #[must_use]
    pub fn latency_mean() -> Self {
        Self::new(What::LatencyMean, "mean latency", "latency_mean", Unit::Seconds)
    }

    /// A quantile of the latency of served calls.
    #[must_use]
    pub fn latency_quantile(p: f64) -> Self {
        let name = percentile(p);
        // p99.9 is p999; below 10 the point must stay visible, or p9.99 would be the same.
        let id = format!("latency_{}", name.replace('.', if p < 0.1 { "_" } else { "" }));
        Self::new(What::LatencyQuantile(p), &format!("{name} latency"), &id, Unit::Seconds)
    }

    /// Answers that came home per second.
    #[must_use]
    pub fn throughput() -> Self {
        Self::new(What::Throughput, "throughput", "throughput", Unit::PerSecond)
    }

    /// Calls served per second, in time and as asked.
    #[must_use]
    pub fn goodput() -> Self {
        Self::new(What::Goodput, "goodput", "goodput", Unit::PerSecond)
    }

    /// Calls made per second.
    #[must_use]
    pub fn offered_rate() -> Self {
        Self::new(What::OfferedRate, "offered", "offered", Unit::PerSecond)
    }

    /// Attempts for each call.
    #[must_use]
    pub fn attempts() -> Self {
        Self::new(What::Attempts, "attempts per call", "attempts", Unit::Count)
    }

    /// Share of answers that nobody waited for.
    #[must_use]
    pub fn late_answers() -> Self {
        Self::new(What::LateAnswers, "late answers", "late_answers", Unit::Fraction)
    }

    /// Share of calls answered with less than was asked.
    #[must_use]
    pub fn degraded() -> Self {
        Self::new(What::Share(Outcome::Degraded), "degraded", "degraded", Unit::Fraction)
    }

    /// Share of calls that ended without an answer.
    #[must_use]
    pub fn drop_rate() -> Self {
        Self::new(What::DropRate, "drop rate", "drop_rate", Unit::Fraction)
    }

    /// Share of calls answered in time and as asked.
    #[must_use]
    pub fn answered() -> Self {
        Self::new(What::Answered, "answered", "answered", Unit::Fraction)
    }

    /// Of a latency of served calls: how many of all calls these are.
    #[must_use]
    pub fn answered_like(&self) -> Self {
        let plain = Self::answered();
        match (&self.of, self.id.split_once(':')) {
            (Some(of), Some(_)) => {
                let (name, id) = (format!("{} of {of}", plain.name), format!("{}:{of}", plain.id));
                Self { of: self.of.clone(), name, id, ..plain }
            }
            _ => plain,
        }
    }

    /// Share of calls answered in time and as asked within `time`.
    #[must_use]
    pub fn within(time: Span) -> Self {
        let text = time.to_string();
        let id = format!("within_{}", text.replace(' ', ""));
        Self::new(What::Within(time), &format!("within {text}"), &id, Unit::Fraction)
    }

    /// Share of calls that write whose work was done more than once.
    #[must_use]
    pub fn duplicate_writes() -> Self {
        Self::new(What::DuplicateWrites, "writes done twice", "duplicate_writes", Unit::Fraction)
    }

    /// Share of calls that ended in one way.
    #[must_use]
    pub fn share(outcome: Outcome) -> Self {
        if outcome == Outcome::Degraded {
            return Self::degraded();
        }
        let mut id = "share".to_owned();
        for letter in OutcomeName::of(outcome).chars() {
            if letter.is_ascii_uppercase() {
                id.push('_');
            }
            id.push(letter.to_ascii_lowercase());
        }
        Self::new(What::Share(outcome), outcome.words(), &id, Unit::Fraction)
    }

    /// Jain's index of the goodput of the nodes of clients.
    #[must_use]
    pub fn fairness() -> Self {
        Self::new(What::Fairness, "fairness", "fairness", Unit::Count)
    }

    /// What a trouble does to goodput.
    #[must_use]
    pub fn recovery(number: RecoveryNumber, recovery: &RecoveryMeasure) -> Self {
        let (name, id, unit) = number.words();
        Self::new(What::Recovery(number, recovery.clone()), name, id, unit)
    }

    /// Mean number of calls in flight.
    #[must_use]
    pub fn in_system() -> Self {
        Self::new(What::InSystem, "in system", "in_system", Unit::Count)
    }

    /// Mean time from a crash to the last request that a balancer sent to the server.
    #[must_use]
    pub fn failover_time() -> Self {
        Self::new(What::FailoverTime, "failover time", "failover_time", Unit::Seconds)
    }

    /// Share of clients or keys that got another member, summed over changes.
    #[must_use]
    pub fn remapped() -> Self {
        Self::new(What::Remapped, "remapped", "remapped", Unit::Fraction)
    }

    /// Share of clients or keys that did and need not have, summed over changes.
    #[must_use]
    pub fn remapped_needlessly() -> Self {
        Self::new(What::RemappedNeedlessly, "remapped needlessly", "remapped_needlessly", Unit::Fraction)
    }

    /// Share of time the workers of `fleet` are busy.
    #[must_use]
    pub fn utilization(fleet: String, fleets: &[String]) -> Self {
        let (name, id) = of_fleet("utilization", "utilization", &fleet, fleets);
        Self::new(What::Utilization(fleet), &name, &id, Unit::Fraction)
    }

    /// Share of the busy time of `fleet` that was spent for nobody.
    #[must_use]
    pub fn wasted_work(fleet: String, fleets: &[String]) -> Self {
        let (name, id) = of_fleet("wasted work", "wasted_work", &fleet, fleets);
        Self::new(What::WastedWork(fleet), &name, &id, Unit::Fraction)
    }

    /// Mean waiting at the servers of `fleet`.
    #[must_use]
    pub fn waiting(fleet: String, fleets: &[String]) -> Self {
        let (name, id) = of_fleet("mean waiting", "waiting_mean", &fleet, fleets);
        Self::new(What::Waiting(fleet), &name, &id, Unit::Seconds)
    }

    /// Utilization of the busiest server of `fleet` over the mean of its servers.
    #[must_use]
    pub fn imbalance(fleet: String, fleets: &[String]) -> Self {
        let (name, id) = of_fleet("imbalance", "imbalance", &fleet, fleets);
        Self::new(What::Imbalance(fleet), &name, &id, Unit::Count)
    }
}

/// Name and identifier of a quantity of a fleet; the fleet is named only where there are several, and what is no fleet
/// always.
fn of_fleet(name: &str, id: &str, fleet: &str, fleets: &[String]) -> (String, String) {
    match fleets {
        [] => (name.to_owned(), id.to_owned()),
        [only] if only == fleet => (name.to_owned(), id.to_owned()),
        _ => (format!("{name} of {fleet}"), format!("{id}:{fleet}")),
    }
}

/// 0.99 is "p99", 0.999 is "p99.9".
#[must_use]
pub fn percentile(p: f64) -> String {
    // Twelve digits are enough to tell quantiles apart and few enough to hide that 0.999 x 100 is not 99.9.
    let text = format!("{:.10}", p * 100.0);
    format!("p{}", text.trim_end_matches('0').trim_end_matches('.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_called_percentiles() {
        for (p, name) in [(0.5, "p50"), (0.99, "p99"), (0.999, "p99.9"), (0.9999, "p99.99"), (0.07, "p7")] {
            assert_eq!(percentile(p), name);
        }
    }

    #[test]
    fn shares_are_called_by_their_outcome() {
        let share = Quantity::share(Outcome::TooManyInFlight);
        assert_eq!((&*share.name, &*share.id), ("rejected: concurrency limit", "share_too_many_in_flight"));
        assert_eq!(Quantity::share(Outcome::Degraded), Quantity::degraded());
    }
}
