//! Weighted fair queueing between classes, by the clock of the request in service.

use std::sync::Arc;

use super::{Classes, Describes, Facts, Head, Name, Order, Pick};
use crate::schema::{Map, choice, record};

record! {
    /// Every request costs the same.
    pub struct Requests {}
}

record! {
    /// A request costs its size, and at least one byte.
    pub struct Size {}
}

record! {
    /// A request costs the work that it needs. No real server knows this in advance; it is an upper bound on fairness.
    pub struct Work {}
}

choice! {
    /// The cost of a request in weighted fair queueing.
    pub enum Cost {
        Requests(Requests),
        Size(Size),
        Work(Work),
    }
}

record! {
    /// Weighted fair queueing: classes that want more than their share get the server in proportion to their weights,
    /// however much each sends; first come, first served within a class. Self-clocked fair queueing: the finish tag of
    /// the first request of a class is the tag of the last request served of that class (or the tag of the request in
    /// service when the class began to wait, if that is later) plus cost over weight; the smallest tag is served next
    /// (Golestani, A self-clocked fair queueing scheme for broadband applications, INFOCOM 1994). With several workers
    /// the virtual clock is the tag of the request that was taken up last. Only the first request of a class has a tag,
    /// so a class is charged only for requests that are served.
    pub struct WeightedFair {
        /// The weight of each node of `Clients`, above 0. A class not named has weight 1, and so have health checks.
        pub weights: Map<f64> = Map::default(),
        /// The cost of a request, of which the classes get shares.
        pub by: Cost = Cost::Requests(Requests {}),
    }
    check(self, at) {
        if self.weights.entries.iter().any(|(_, weight)| !(1e-6..=1e6).contains(weight)) {
            at.field("weights").error("a weight is from 0.000001 to 1000000");
        }
    }
}

/// The clock of one server. Health checks are the class after the last.
#[derive(Clone, Debug)]
pub struct Fair {
    weights: Arc<[f64]>,
    by: Cost,
    /// The finish tag of the request taken up last.
    clock: f64,
    /// From where each class is charged for its next request.
    starts: Vec<f64>,
    /// Requests of each class that wait.
    waiting: Vec<u32>,
}

impl Fair {
    /// The class of a request, and its charge.
    fn charge(&self, facts: &Facts) -> (usize, f64) {
        let checks = self.weights.len() - 1;
        let class = usize::from(facts.class).min(checks);
        let cost = match self.by {
            Cost::Requests(_) => 1.0,
            Cost::Size(_) => facts.bytes.max(1) as f64,
            Cost::Work(_) => facts.work,
        };
        (class, cost / self.weights[class])
    }
}

impl Order for Fair {
    fn rank(&mut self, facts: &Facts) -> u64 {
        let (class, _) = self.charge(facts);
        if self.waiting[class] == 0 {
            self.starts[class] = self.starts[class].max(self.clock);
        }
        self.waiting[class] += 1;
        class as u64
    }

    fn pick(&self, _waiting: u32, head: &dyn Fn(u64) -> Option<Head>) -> Pick {
        let waiting = self.waiting.iter().enumerate().filter(|(_, waiting)| **waiting > 0);
        let heads = waiting.filter_map(|(class, _)| {
            let Head { facts, sequence } = head(class as u64)?;
            Some((self.starts[class] + self.charge(&facts).1, sequence, class))
        });
        let next = heads.min_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        next.map_or(Pick::Oldest, |(_, _, class)| Pick::FirstOf(class as u64))
    }

    fn begins(&mut self, facts: &Facts) {
        let (class, charge) = self.charge(facts);
        self.waiting[class] -= 1;
        self.starts[class] += charge;
        // A request that leaves unserved may be followed by one that costs less; the clock does not go back for that.
        self.clock = self.clock.max(self.starts[class]);
    }

    fn leaves(&mut self, facts: &Facts) {
        let (class, _) = self.charge(facts);
        self.waiting[class] -= 1;
    }

    fn idle(&mut self) {
        // A new busy period starts without debts from the old one, and small numbers are exact.
        self.clock = 0.0;
        self.starts.fill(0.0);
    }
}

impl Describes for WeightedFair {
    type State = Fair;

    fn build(&self, classes: &Classes<'_>, _workers: u32) -> Fair {
        let named = self.weights.entries.iter().map(|(name, weight)| (name, *weight));
        let mut weights = classes.table(1.0, named);
        weights.push(1.0);
        let classes = weights.len();
        Fair {
            weights: weights.into(),
            by: self.by.clone(),
            clock: 0.0,
            starts: vec![0.0; classes],
            waiting: vec![0; classes],
        }
    }

    fn ranks(&self) -> bool {
        true
    }

    fn looks_at_work(&self) -> bool {
        matches!(self.by, Cost::Work(_))
    }

    fn clients(&self) -> Vec<&Name> {
        self.weights.entries.iter().map(|(name, _)| name).collect()
    }
}
