//! What can be measured, and what each measure is called.

use super::claim::Claim;
use super::results::Unit;
use crate::schema::{choice, record};

record! {
    /// Latency of served requests as clients see it: the mean, and quantiles.
    pub struct LatencyMeasure {
        /// Which quantiles, each between 0 and 1.
        pub quantiles: Vec<f64> = vec![0.5, 0.99],
    }
    check(self, at) {
        if self.quantiles.iter().any(|p| !(*p > 0.0 && *p < 1.0)) {
            at.field("quantiles").error("a quantile is between 0 and 1: 0.99 is the 99th percentile");
        }
    }
}

record! {
    /// Requests served per second.
    pub struct ThroughputMeasure {}
}

record! {
    /// Share of requests that ended without being served: turned away, failed or timed out.
    pub struct DropRateMeasure {}
}

record! {
    /// Share of time the workers of each fleet are busy.
    pub struct UtilizationMeasure {}
}

record! {
    /// Mean time from reaching a server until service begins, by fleet.
    pub struct WaitingMeasure {}
}

record! {
    /// Mean number of requests in flight.
    pub struct InSystemMeasure {}
}

record! {
    /// How long balancers went on sending requests to a server that had crashed: from the crash to the last request sent
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
    /// Utilization of the busiest server of each fleet over the mean of its servers: 1 if all are equally busy.
    pub struct ImbalanceMeasure {}
}

choice! {
    /// Something to measure.
    pub enum Measure {
        Latency(LatencyMeasure),
        Throughput(ThroughputMeasure),
        DropRate(DropRateMeasure),
        Utilization(UtilizationMeasure),
        Waiting(WaitingMeasure),
        InSystem(InSystemMeasure),
        FailoverTime(FailoverTimeMeasure),
        Imbalance(ImbalanceMeasure),
        Remapped(RemappedMeasure),
    }
}

/// One number a measure gives.
#[derive(Clone, Debug, PartialEq)]
pub struct Quantity {
    /// Where it comes from.
    pub what: What,
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
    /// Mean latency of served requests.
    LatencyMean,
    /// A quantile of the latency of served requests.
    LatencyQuantile(f64),
    /// Requests served per second.
    Throughput,
    /// Share of requests not served.
    DropRate,
    /// Mean number of requests in flight.
    InSystem,
    /// A mean over a group of nodes: utilization of a fleet.
    Utilization(String),
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

impl Measure {
    /// What is measured where a file says nothing.
    #[must_use]
    pub fn usual() -> Vec<Self> {
        vec![
            Self::Latency(LatencyMeasure { quantiles: vec![0.5, 0.99] }),
            Self::Throughput(ThroughputMeasure {}),
            Self::DropRate(DropRateMeasure {}),
            Self::Utilization(UtilizationMeasure {}),
        ]
    }

    /// The numbers this measure gives of a system with the given fleets.
    #[must_use]
    pub fn quantities(&self, fleets: &[String]) -> Vec<Quantity> {
        let by_fleet = |make: fn(String, &[String]) -> Quantity| {
            fleets.iter().map(|fleet| make(fleet.clone(), fleets)).collect::<Vec<_>>()
        };
        match self {
            Self::Latency(latency) => std::iter::once(Quantity::latency_mean())
                .chain(latency.quantiles.iter().map(|&p| Quantity::latency_quantile(p)))
                .collect(),
            Self::Throughput(_) => vec![Quantity::throughput()],
            Self::DropRate(_) => vec![Quantity::drop_rate()],
            Self::InSystem(_) => vec![Quantity::in_system()],
            Self::FailoverTime(_) => vec![Quantity::failover_time()],
            Self::Remapped(_) => vec![Quantity::remapped(), Quantity::remapped_needlessly()],
            Self::Utilization(_) => by_fleet(Quantity::utilization),
            Self::Waiting(_) => by_fleet(Quantity::waiting),
            Self::Imbalance(_) => by_fleet(Quantity::imbalance),
        }
    }
}

impl Quantity {
    fn new(what: What, name: &str, id: &str, unit: Unit) -> Self {
        Self { what, name: name.to_owned(), id: id.to_owned(), unit }
    }

    /// Mean latency of served requests.
    #[must_use]
    pub fn latency_mean() -> Self {
        Self::new(What::LatencyMean, "mean latency", "latency_mean", Unit::Seconds)
    }

    /// A quantile of the latency of served requests.
    #[must_use]
    pub fn latency_quantile(p: f64) -> Self {
        let name = percentile(p);
        let id = format!("latency_{}", name.replace('.', ""));
        Self::new(What::LatencyQuantile(p), &format!("{name} latency"), &id, Unit::Seconds)
    }

    /// Requests served per second.
    #[must_use]
    pub fn throughput() -> Self {
        Self::new(What::Throughput, "throughput", "throughput", Unit::PerSecond)
    }

    /// Share of requests not served.
    #[must_use]
    pub fn drop_rate() -> Self {
        Self::new(What::DropRate, "drop rate", "drop_rate", Unit::Fraction)
    }

    /// Mean number of requests in flight.
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
        Self { what: What::Utilization(fleet), name, id, unit: Unit::Fraction }
    }

    /// Mean waiting at the servers of `fleet`.
    #[must_use]
    pub fn waiting(fleet: String, fleets: &[String]) -> Self {
        let (name, id) = of_fleet("mean waiting", "waiting_mean", &fleet, fleets);
        Self { what: What::Waiting(fleet), name, id, unit: Unit::Seconds }
    }

    /// Utilization of the busiest server of `fleet` over the mean of its servers.
    #[must_use]
    pub fn imbalance(fleet: String, fleets: &[String]) -> Self {
        let (name, id) = of_fleet("imbalance", "imbalance", &fleet, fleets);
        Self { what: What::Imbalance(fleet), name, id, unit: Unit::Count }
    }
}

/// Name and identifier of a quantity of a fleet; the fleet is named only where there are several.
fn of_fleet(name: &str, id: &str, fleet: &str, fleets: &[String]) -> (String, String) {
    match fleets.len() {
        0 | 1 => (name.to_owned(), id.to_owned()),
        _ => (format!("{name} of {fleet}"), format!("{id}:{fleet}")),
    }
}

/// The quantities of several measures and what claims need beside them, each once.
#[must_use]
pub fn quantities(measures: &[Measure], claims: &[Claim], fleets: &[String]) -> Vec<Quantity> {
    let mut all: Vec<Quantity> = Vec::new();
    let measured = measures.iter().flat_map(|measure| measure.quantities(fleets));
    let claimed = claims.iter().flat_map(Claim::terms).map(|term| term.quantity(fleets));
    for quantity in measured.chain(claimed) {
        if !all.iter().any(|other| other.id == quantity.id) {
            all.push(quantity);
        }
    }
    all
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
    fn a_measure_of_several_fleets_names_them() {
        let ids = |fleets: &[&str]| -> Vec<String> {
            let fleets: Vec<String> = fleets.iter().map(|&fleet| fleet.to_owned()).collect();
            quantities(&[Measure::Utilization(UtilizationMeasure {})], &[], &fleets).into_iter().map(|q| q.id).collect()
        };
        assert_eq!(ids(&["web"]), ["utilization"]);
        assert_eq!(ids(&["web", "db"]), ["utilization:web", "utilization:db"]);
    }
}
