//! Lognormal, by percentiles.

use super::{Law, LogNormals};
use crate::schema::quantity::Span;
use crate::schema::record;

record! {
    /// Lognormal, by its median and its 99th percentile, as a dashboard shows them.
    pub struct LogNormalPercentiles {
        /// The median; above zero.
        pub p50: Span,
        /// The 99th percentile, above the median.
        pub p99: Span,
    }
    check(self, at) {
        if self.p50.seconds() <= 0.0 {
            at.field("p50").error("must be above zero");
        } else if self.p99 <= self.p50 {
            at.field("p99").error("the 99th percentile must be above the median");
        } else if self.p99.seconds() > 1e5 * self.p50.seconds() {
            at.field("p99").error("at most 100,000 times the median");
        }
    }
}

/// The 99th percentile of the standard normal distribution.
const Z99: f64 = 2.326_347_874_040_841;

impl LogNormalPercentiles {
    fn sigma(&self) -> f64 {
        libm::log(self.p99.seconds() / self.p50.seconds()) / Z99
    }
}

impl Law for LogNormalPercentiles {
    type State = LogNormals;

    fn mean(&self) -> f64 {
        self.p50.seconds() * libm::exp(self.sigma() * self.sigma() / 2.0)
    }

    fn second_moment(&self) -> f64 {
        self.p50.seconds() * self.p50.seconds() * libm::exp(2.0 * self.sigma() * self.sigma())
    }

    fn sampler(&self) -> LogNormals {
        LogNormals { mu: libm::log(self.p50.seconds()), sigma: self.sigma() }
    }
}
