//! Mixtures.

use super::{Distribution, Law, OneOf, cumulative};
use crate::schema::record;

record! {
    /// One part of a mixture.
    pub struct Part {
        /// Its weight; above 0.
        pub weight: f64,
        /// The distribution to draw from.
        pub law: Distribution,
    }
    check(self, at) {
        if !(self.weight > 0.0 && self.weight <= 1e12) {
            at.field("weight").error("a weight is above 0");
        }
    }
}

record! {
    /// A draw from one of several distributions, chosen with probability proportional to its weight.
    pub struct Mixture {
        /// The parts.
        pub parts: Vec<Part>,
    }
    check(self, at) {
        if self.parts.is_empty() {
            at.field("parts").error("at least one part is needed");
        }
    }
}

impl Mixture {
    fn moment(&self, f: impl Fn(&Distribution) -> f64) -> f64 {
        let total: f64 = self.parts.iter().map(|part| part.weight).sum();
        self.parts.iter().map(|part| part.weight * f(&part.law)).sum::<f64>() / total
    }
}

impl Law for Mixture {
    type State = OneOf;

    fn mean(&self) -> f64 {
        self.moment(Distribution::mean)
    }

    fn second_moment(&self) -> f64 {
        self.moment(Distribution::second_moment)
    }

    fn sampler(&self) -> OneOf {
        let chances = cumulative(self.parts.iter().map(|part| part.weight));
        OneOf(chances.into_iter().zip(self.parts.iter().map(|part| part.law.sampler())).collect())
    }
}
