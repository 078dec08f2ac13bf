//! The common shape of an answer of theory, as the lab and the command line take it.

use std::fmt;
use std::sync::Arc;

/// The answer of theory for one system.
#[derive(Clone, Debug)]
pub struct Answer {
    /// Name of the model in Kendall's notation, for example "M/M/3".
    pub model: String,
    /// Where it stands.
    pub source: &'static str,
    /// Known values by measure identifier: "latency_mean", "latency_p50", "latency_p90", "latency_p99", "latency_p999",
    /// "waiting_mean" (seconds); "utilization" (0 to 1); "in_system"; "throughput" (requests served per second);
    /// "drop_rate" (fraction of arrivals refused). Latency and waiting are those of served requests.
    pub values: Vec<(String, f64)>,
    /// The distribution of the latency, if it is known.
    pub sojourn: Option<Sojourn>,
}

/// A known distribution of a time.
pub trait Spread: fmt::Debug + Send + Sync {
    /// The fraction of times above `t` seconds.
    fn above(&self, t: f64) -> f64;

    /// The time that a fraction `p` stays within.
    fn quantile(&self, p: f64) -> f64;
}

/// The distribution of the time a request spends in the system.
#[derive(Clone, Debug)]
pub struct Sojourn(Arc<dyn Spread>);

/// Exponential with this mean.
#[derive(Debug)]
struct Exponential(f64);

impl Spread for Exponential {
    fn above(&self, t: f64) -> f64 {
        libm::exp(-t.max(0.0) / self.0)
    }

    fn quantile(&self, p: f64) -> f64 {
        -self.0 * libm::log1p(-p.clamp(0.0, 1.0))
    }
}

/// Always the same.
#[derive(Debug)]
struct Constant(f64);

impl Spread for Constant {
    fn above(&self, t: f64) -> f64 {
        f64::from(u8::from(t < self.0))
    }

    fn quantile(&self, _p: f64) -> f64 {
        self.0
    }
}

impl Sojourn {
    /// The distribution of a model.
    #[must_use]
    pub fn of(model: impl Spread + 'static) -> Self {
        Self(Arc::new(model))
    }

    /// Exponential with this mean, in seconds.
    #[must_use]
    pub fn exponential(mean: f64) -> Self {
        Self::of(Exponential(mean))
    }

    /// Always the same, in seconds.
    #[must_use]
    pub fn constant(time: f64) -> Self {
        Self::of(Constant(time))
    }

    /// The fraction of requests whose latency is above `t` seconds.
    #[must_use]
    pub fn above(&self, t: f64) -> f64 {
        self.0.above(t)
    }

    /// The latency that a fraction `p` of requests stays within.
    #[must_use]
    pub fn quantile(&self, p: f64) -> f64 {
        self.0.quantile(p)
    }
}

impl Answer {
    /// The fraction of served requests whose latency is above `t` seconds; `None` if it is not known.
    #[must_use]
    pub fn above(&self, t: f64) -> Option<f64> {
        self.sojourn.as_ref().map(|sojourn| sojourn.above(t))
    }

    /// The latency quantile of served requests for the fraction `p`; `None` if it is not known.
    #[must_use]
    pub fn quantile(&self, p: f64) -> Option<f64> {
        self.sojourn.as_ref().map(|sojourn| sojourn.quantile(p))
    }

    /// The value called `id`, if known.
    #[must_use]
    pub fn value(&self, id: &str) -> Option<f64> {
        self.values.iter().find(|(name, _)| name == id).map(|(_, value)| *value)
    }

    /// An answer of some `values`, with the usual quantiles of the latency added where its distribution is known.
    pub(super) fn new(model: String, source: &'static str, values: &[(&str, f64)], sojourn: Option<Sojourn>) -> Self {
        let mut values: Vec<(String, f64)> = values.iter().map(|(id, value)| ((*id).to_owned(), *value)).collect();
        if let Some(sojourn) = &sojourn {
            for (id, p) in [("latency_p50", 0.5), ("latency_p90", 0.9), ("latency_p99", 0.99), ("latency_p999", 0.999)]
            {
                values.push((id.to_owned(), sojourn.quantile(p)));
            }
        }
        Self { model, source, values, sojourn }
    }
}
