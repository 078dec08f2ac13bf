//! Observed values.

use super::{Law, Values, cumulative};
use crate::schema::quantity::Span;
use crate::schema::record;

record! {
    /// One of the given values, with probability proportional to its weight.
    pub struct Empirical {
        /// The values.
        pub values: Vec<Span>,
        /// Their weights, at least 0 and not all 0; without them, all values are equally likely.
        pub weights: Vec<f64> = Vec::new(),
    }
    check(self, at) {
        if self.values.is_empty() {
            at.field("values").error("at least one value is needed");
        }
        if !self.weights.is_empty() && self.weights.len() != self.values.len() {
            at.field("weights").error(format!("{} weights for {} values: give one for each", self.weights.len(), self.values.len()));
        }
        let total: f64 = self.weights.iter().sum();
        let negative = self.weights.iter().any(|weight| *weight < 0.0);
        let bad_total = total <= 0.0 || !total.is_finite();
        if negative || (bad_total && !self.weights.is_empty()) {
            at.field("weights").error("weights are at least 0, and not all are 0");
        }
    }
}

impl Empirical {
    fn moment(&self, f: impl Fn(f64) -> f64) -> f64 {
        let weight = |place: usize| self.weights.get(place).copied().unwrap_or(1.0);
        let total: f64 = (0..self.values.len()).map(weight).sum();
        self.values.iter().enumerate().map(|(place, value)| weight(place) * f(value.seconds())).sum::<f64>() / total
    }
}

impl Law for Empirical {
    type State = Values;

    fn mean(&self) -> f64 {
        self.moment(|x| x)
    }

    fn second_moment(&self) -> f64 {
        self.moment(|x| x * x)
    }

    fn sampler(&self) -> Values {
        let weights = (0..self.values.len()).map(|place| self.weights.get(place).copied().unwrap_or(1.0));
        let chances = cumulative(weights);
        Values(chances.into_iter().zip(self.values.iter().map(|value| value.seconds())).collect())
    }
}
