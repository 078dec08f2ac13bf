//! Measures: numbers by name, and what they are split by. Each measure is a file in `measures`.
//!
//! Where a system keeps its counts belongs in `view`, confidence intervals in `estimate`.

mod answers;
pub mod asked;
mod grouping;
pub mod measured;
pub mod measures;
mod outcome;
pub mod places;
mod quantity;
pub(in crate::lab) mod reading;
mod shape;

pub use answers::{Answers, Source};
pub use grouping::{AllTogether, EachClients, EachNode, Grouping};
pub use measured::Needs;
pub use measures::latency::percentile;
pub use measures::recovery::RecoveryNumber;
pub use measures::{DropRate, Goodput, Latency, Measure, Recovery, Term, Throughput, Utilization};
pub use outcome::OutcomeName;
pub use places::{Place, places};
pub use quantity::Quantity;

use std::collections::{BTreeMap, BTreeSet};

/// How numbers are split, and how recovery is judged if only its name is given.
#[derive(Clone, Debug, Default)]
pub struct Scope {
    /// The fleets of the system, and balancers with a capacity of their own, by name.
    pub fleets: Vec<String>,
    /// The nodes of clients, by name.
    pub clients: Vec<String>,
    /// The other nodes, and the numbers that they give.
    pub places: Vec<Place>,
    /// The kind of each node, of any of the systems.
    pub kinds: BTreeMap<String, &'static str>,
    /// How recovery is judged.
    pub recovery: Recovery,
}

impl Measure {
    /// The default measures.
    #[must_use]
    pub fn usual() -> Vec<Self> {
        let by = Grouping::default;
        vec![
            Self::Latency(Latency { quantiles: vec![0.5, 0.99], by: by(), node: None, answers: Answers::Served }),
            Self::Throughput(Throughput { by: by(), node: None }),
            Self::Goodput(Goodput { by: by() }),
            Self::DropRate(DropRate { by: by(), node: None }),
            Self::Utilization(Utilization { node: None }),
        ]
    }
}

/// How recovery is judged by `measures`: as the first of them says that measures it.
#[must_use]
pub fn recovery(measures: &[Measure]) -> Recovery {
    let first = measures.iter().find_map(|measure| match measure {
        Measure::Recovery(recovery) => Some(recovery.clone()),
        _ => None,
    });
    first.unwrap_or_default()
}

/// The quantities of several measures and those that are `claimed`, each once. Beside latencies of served calls stands
/// how many of all calls these are.
#[must_use]
pub fn quantities(measures: &[Measure], claimed: impl Iterator<Item = Quantity>, scope: &Scope) -> Vec<Quantity> {
    let (mut all, mut seen) = (Vec::new(), BTreeSet::new());
    let measured = measures.iter().flat_map(|measure| measure.quantities(scope));
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
    use super::measures::WastedWork;
    use super::*;

    fn ids(measures: &[Measure], fleets: &[&str], clients: &[&str]) -> Vec<String> {
        let names = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect();
        let scope = Scope { fleets: names(fleets), clients: names(clients), ..Scope::default() };
        quantities(measures, std::iter::empty(), &scope).into_iter().map(|quantity| quantity.id).collect()
    }

    #[test]
    fn a_measure_of_several_fleets_names_them() {
        let measures =
            [Measure::Utilization(Utilization { node: None }), Measure::WastedWork(WastedWork { node: None })];
        assert_eq!(ids(&measures, &["web"], &[]), ["utilization", "wasted_work"]);
        let several = ["utilization:web", "utilization:db", "wasted_work:web", "wasted_work:db"];
        assert_eq!(ids(&measures, &["web", "db"], &[]), several);
    }

    #[test]
    fn a_measure_by_clients_names_them_where_there_are_several() {
        let by = || Grouping::Clients(EachClients {});
        let measures = [
            Measure::Latency(Latency { quantiles: vec![0.99], by: by(), node: None, answers: Answers::Served }),
            Measure::Goodput(Goodput { by: by() }),
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
        let measures = [Measure::Goodput(Goodput { by: Grouping::default() })];
        assert_eq!(ids(&[measures[0].clone(), measures[0].clone()], &[], &["a", "b"]), ["goodput"]);
    }
}
