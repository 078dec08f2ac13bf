//! The common shape of an answer of theory, as the lab and the command line take it.

use super::{Gm1, JoinShortestOfTwo, Md1, Mixture, Mm1, Mmc, Supermarket, quantile};

/// What theory says of one system.
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
    /// The distribution of the latency, where it is known.
    pub sojourn: Option<Sojourn>,
}

/// The distribution of the time a request spends in the system.
#[derive(Clone, Debug)]
pub enum Sojourn {
    /// Exponential with this mean.
    Exponential(f64),
    /// Always the same.
    Constant(f64),
    /// Of the M/M/c queue.
    Mmc(Mmc),
    /// Of the M/D/1 queue.
    Md1(Md1),
    /// Of a finite or closed system.
    Mixture(Mixture),
    /// Of the supermarket model.
    Supermarket(Supermarket),
    /// Of two servers whose arrivals join the shorter queue.
    JoinShortest(JoinShortestOfTwo),
}

impl Sojourn {
    /// The fraction of requests whose latency is above `t` seconds.
    #[must_use]
    pub fn above(&self, t: f64) -> f64 {
        match self {
            Self::Exponential(mean) => libm::exp(-t.max(0.0) / mean),
            Self::Constant(time) => f64::from(u8::from(t < *time)),
            Self::Mmc(model) => model.sojourn_above(t),
            Self::Md1(model) => model.sojourn_above(t),
            Self::Mixture(model) => model.sojourn_above(t),
            Self::Supermarket(model) => model.sojourn_above(t),
            Self::JoinShortest(model) => model.sojourn_above(t),
        }
    }

    /// The latency that a fraction `p` of requests stays within.
    #[must_use]
    pub fn quantile(&self, p: f64) -> f64 {
        match self {
            Self::Exponential(mean) => -mean * libm::log1p(-p.clamp(0.0, 1.0)),
            Self::Constant(time) => *time,
            Self::Mmc(model) => model.sojourn_quantile(p),
            Self::Md1(model) => model.sojourn_quantile(p),
            Self::Mixture(model) => quantile(p, model.service_mean(), |t| model.sojourn_above(t)),
            Self::Supermarket(model) => model.sojourn_quantile(p),
            Self::JoinShortest(model) => model.sojourn_quantile(p),
        }
    }
}

impl From<Mm1> for Sojourn {
    fn from(model: Mm1) -> Self {
        Self::Exponential(model.sojourn_mean())
    }
}

impl From<Gm1> for Sojourn {
    fn from(model: Gm1) -> Self {
        Self::Exponential(model.sojourn_mean())
    }
}

impl Answer {
    /// The fraction of served requests whose latency is above `t` seconds; `None` where theory does not know.
    #[must_use]
    pub fn above(&self, t: f64) -> Option<f64> {
        self.sojourn.as_ref().map(|sojourn| sojourn.above(t))
    }

    /// The latency that a fraction `p` of served requests stays within; `None` where theory does not know.
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
