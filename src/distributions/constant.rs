//! Always the same.

use super::{Draw, Law};
use crate::engine::random::Bits;
use crate::schema::quantity::Span;
use crate::schema::record;

record! {
    /// Always the same value.
    pub struct Constant {
        /// The value.
        pub value: Span,
    }
}

impl Law for Constant {
    type State = Always;

    fn mean(&self) -> f64 {
        self.value.seconds()
    }

    fn second_moment(&self) -> f64 {
        self.mean() * self.mean()
    }

    fn sampler(&self) -> Always {
        Always(self.mean())
    }
}

/// Always the same number of seconds.
#[derive(Clone, Copy, Debug)]
pub struct Always(pub f64);

impl Draw for Always {
    #[inline]
    fn sample<B: Bits>(&self, _bits: &mut B) -> f64 {
        self.0
    }
}
