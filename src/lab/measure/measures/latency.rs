//! Latency: how long calls take as clients see it, and requests at other nodes.

use crate::lab::label::Label;
use crate::lab::measure::asked::Asked;
use crate::lab::measure::measured::{Called, GivenBy, Measured};
use crate::lab::measure::reading::Reading;
use crate::lab::measure::shape::{
    check_answers_by, check_answers_of, check_one_or_each, check_one_place, claimed, term_of_latency, told_apart,
};
use crate::lab::measure::{Answers, Grouping, Quantity, Scope};
use crate::lab::results::Unit;
use crate::schema::record;

record! {
    /// Latency of served calls as seen by clients: the mean, and quantiles. Calls that were not answered have no
    /// latency; the measure `Answered` gives their share.
    pub struct Latency {
        /// Which quantiles, each between 0 and 1.
        pub quantiles: Vec<f64> = vec![0.5, 0.99],
        /// For all clients together, for each node of clients, or for each other node.
        pub by: Grouping = Grouping::default(),
        /// For one node: the time from the arrival of a request there until its answer leaves it.
        pub node: Option<Label> = None,
        /// For which calls: `Served`, `Degraded`, `Late` or `Failed`.
        pub answers: Answers = Answers::Served,
    }
    check(self, at) {
        if self.quantiles.iter().any(|p| !(*p > 0.0 && *p < 1.0)) {
            at.field("quantiles").error("a quantile is between 0 and 1: 0.99 is the 99th percentile");
        }
        at.each_once("quantiles", &self.quantiles, "this quantile");
        check_one_or_each(&self.by, self.node.as_ref(), at);
        check_answers_by(self.answers, &self.by, at);
    }
}

impl Asked for Latency {
    fn quantities(&self, scope: &Scope) -> Vec<Quantity> {
        let quantiles = self.quantiles.iter().map(|&p| Quantity::latency_quantile(p));
        let all = std::iter::once(Quantity::latency_mean()).chain(quantiles);
        let all = all.map(|quantity| quantity.among(self.answers)).collect();
        told_apart(all, &self.by, self.node.as_ref(), scope)
    }

    fn node(&self) -> Option<&Label> {
        self.node.as_ref()
    }
}

term_of_latency! {
    /// Mean latency.
    pub struct MeanOf => Number::Mean
}

term_of_latency! {
    /// Median latency.
    pub struct P50Of => Number::Quantile(0.5)
}

term_of_latency! {
    /// 90th percentile of latency.
    pub struct P90Of => Number::Quantile(0.9)
}

term_of_latency! {
    /// 95th percentile of latency.
    pub struct P95Of => Number::Quantile(0.95)
}

term_of_latency! {
    /// 99th percentile of latency.
    pub struct P99Of => Number::Quantile(0.99)
}

term_of_latency! {
    /// 99.9th percentile of latency.
    pub struct P999Of => Number::Quantile(0.999)
}

record! {
    /// Any quantile of latency.
    pub struct QuantileOf {
        /// Which, between 0 and 1.
        pub p: f64,
        /// The arm; without it, the only one or the baseline.
        pub arm: Option<Label> = None,
        /// The node of clients; without it, all together.
        pub of: Option<Label> = None,
        /// A node other than clients: from the arrival of requests there until their answers leave it.
        pub node: Option<Label> = None,
        /// For which calls: `Served`, `Degraded`, `Late` or `Failed`. Without it, for all calls: a call that was not
        /// answered counts as infinitely long.
        pub answers: Option<Answers> = None,
    }
    check(self, at) {
        if !(self.p > 0.0 && self.p < 1.0) {
            at.field("p").error("a quantile is between 0 and 1");
        }
        check_one_place(self.of.as_ref(), self.node.as_ref(), at);
        check_answers_of(self.answers, self.node.as_ref(), at);
    }
}

claimed! {
    QuantileOf, self, _scope, Quantity::latency_quantile(self.p),
    node: self.node.as_ref(), of: self.of.as_ref(), answers: self.answers
}

/// How long calls take.
#[derive(Clone, Debug, PartialEq)]
pub enum Number {
    /// The mean.
    Mean,
    /// A quantile, between 0 and 1.
    Quantile(f64),
}

impl Measured for Number {
    fn called(&self) -> Called {
        match *self {
            Self::Mean => Called::new("mean latency", "latency_mean", Unit::Seconds),
            Self::Quantile(p) => {
                let name = percentile(p);
                // p99.9 is p999; below 10 the point must stay visible, or p9.99 would be the same.
                let id = format!("latency_{}", name.replace('.', if p < 0.1 { "_" } else { "" }));
                Called::new(format!("{name} latency"), id, Unit::Seconds)
            }
        }
    }

    fn given_by(&self) -> GivenBy {
        GivenBy::Nodes
    }

    fn grows_with_queues(&self) -> bool {
        true
    }

    fn reading(&self) -> Reading {
        match *self {
            Self::Mean => Reading::LatencyMean,
            Self::Quantile(p) => Reading::LatencyQuantile(p),
        }
    }

    fn in_claims(&self, name: String) -> String {
        match *self {
            Self::Mean => name,
            Self::Quantile(p) => percentile(p),
        }
    }
}

impl Quantity {
    /// Mean latency of served calls.
    #[must_use]
    pub fn latency_mean() -> Self {
        Self::new(Number::Mean)
    }

    /// A quantile of the latency of served calls.
    #[must_use]
    pub fn latency_quantile(p: f64) -> Self {
        Self::new(Number::Quantile(p))
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
}
