//! Two lengths.

use super::{Law, Values};
use crate::schema::quantity::{Percent, Span};
use crate::schema::record;

record! {
    /// Two values, a fast and a slow one: cheap pages and expensive reports.
    pub struct Bimodal {
        /// The usual length.
        pub fast: Span,
        /// The other length.
        pub slow: Span,
        /// The probability of the slow value.
        pub slow_share: Percent,
    }
}

impl Law for Bimodal {
    type State = Values;

    fn mean(&self) -> f64 {
        let p = self.slow_share.fraction();
        self.fast.seconds() * (1.0 - p) + self.slow.seconds() * p
    }

    fn second_moment(&self) -> f64 {
        let (p, a, b) = (self.slow_share.fraction(), self.fast.seconds(), self.slow.seconds());
        a * a * (1.0 - p) + b * b * p
    }

    fn sampler(&self) -> Values {
        let values = [(1.0 - self.slow_share.fraction(), self.fast.seconds()), (1.0, self.slow.seconds())];
        Values(values.into())
    }
}
