//! Arrivals like clockwork.

use super::{Arrivals, Process, renewal};
use crate::distributions::Sampler;
use crate::engine::random::StreamKey;
use crate::schema::quantity::Rate;
use crate::schema::record;

record! {
    /// Equal gaps; the first arrival comes after one gap.
    pub struct Deterministic {
        /// Arrivals per unit of time.
        pub rate: Rate,
    }
}

impl Process for Deterministic {
    fn mean_rate(&self) -> f64 {
        self.rate.per_second()
    }

    fn arrivals(&self, key: StreamKey) -> Arrivals {
        Arrivals::Renewal(renewal::Gaps::new(Sampler::Constant(1.0 / self.rate.per_second()), key))
    }
}
