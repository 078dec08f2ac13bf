//! G/M/1: any independent times between arrivals, exponential service, one server, first come first served.

use super::{Answer, Sojourn, TheoryError, positive, some, stable};
use crate::stats::special::bisect;

/// The distribution of the times between arrivals.
#[derive(Clone, Debug, PartialEq)]
pub enum Interarrival {
    /// Always this long.
    Deterministic {
        /// How long.
        mean: f64,
    },
    /// Gamma: Erlang's distribution of k stages for a shape of k, exponential for 1; the squared coefficient of
    /// variation is 1 / shape.
    Gamma {
        /// Its mean.
        mean: f64,
        /// Its shape.
        shape: f64,
    },
    /// One of several exponential ones.
    Hyperexponential {
        /// Probability and mean of each; the probabilities add up to 1.
        phases: Vec<(f64, f64)>,
    },
}

impl Interarrival {
    /// Two exponentials with balanced means (each contributes half of the mean), from mean and squared coefficient of
    /// variation (1 or more).
    #[must_use]
    pub fn balanced(mean: f64, scv: f64) -> Self {
        let often = 0.5 * (1.0 + ((scv - 1.0) / (scv + 1.0)).sqrt());
        let phases = [often, 1.0 - often].map(|chance| (chance, 0.5 * mean / chance)).to_vec();
        Self::Hyperexponential { phases }
    }

    /// Their mean.
    #[must_use]
    pub fn mean(&self) -> f64 {
        match self {
            Self::Deterministic { mean } | Self::Gamma { mean, .. } => *mean,
            Self::Hyperexponential { phases } => phases.iter().map(|(chance, mean)| chance * mean).sum(),
        }
    }

    /// One less the Laplace transform at `s`.
    fn one_less_transform(&self, s: f64) -> f64 {
        match self {
            Self::Deterministic { mean } => -libm::expm1(-s * mean),
            Self::Gamma { mean, shape } => -libm::expm1(-shape * libm::log1p(s * mean / shape)),
            Self::Hyperexponential { phases } => {
                phases.iter().map(|(chance, mean)| chance * s * mean / (1.0 + s * mean)).sum()
            }
        }
    }

    fn check(&self) -> Result<(), TheoryError> {
        match self {
            Self::Deterministic { mean } => positive("mean time between arrivals", *mean).map(drop),
            Self::Gamma { mean, shape } => {
                positive("mean time between arrivals", *mean)?;
                positive("shape of the time between arrivals", *shape).map(drop)
            }
            Self::Hyperexponential { phases } => {
                for (chance, mean) in phases {
                    positive("chance of a phase", *chance)?;
                    positive("mean of a phase", *mean)?;
                }
                let sum: f64 = phases.iter().map(|(chance, _)| chance).sum();
                if (sum - 1.0).abs() < 1e-9 {
                    Ok(())
                } else {
                    Err(TheoryError::Invalid { name: "sum of the chances of the phases", value: sum, expected: "1" })
                }
            }
        }
    }

    fn letter(&self) -> String {
        match self {
            Self::Deterministic { .. } => "D".into(),
            Self::Gamma { shape, .. } if *shape == 1.0 => "M".into(),
            Self::Gamma { shape, .. } if *shape == libm::floor(*shape) => format!("E{shape}"),
            Self::Gamma { .. } => "G".into(),
            Self::Hyperexponential { phases } => format!("H{}", phases.len()),
        }
    }
}

/// The G/M/1 queue (Kendall 1953; Gross and Harris, Fundamentals of Queueing Theory, 5.3).
#[derive(Clone, Debug, PartialEq)]
pub struct Gm1 {
    arrivals: Interarrival,
    service_rate: f64,
    /// The chance of an idle server on arrival.
    idle: f64,
}

impl Gm1 {
    /// From the times between arrivals and services per second; an error if one is outside of its domain or if the load
    /// is not below 1.
    pub fn new(arrivals: Interarrival, service_rate: f64) -> Result<Self, TheoryError> {
        arrivals.check()?;
        positive("service rate", service_rate)?;
        stable(1.0 / (arrivals.mean() * service_rate))?;
        // The chance w of waiting solves w = A(mu (1 - w)), A the Laplace transform. In x = 1 - w: 1 - A(mu x) = x, of
        // which the left side is above the right until the root.
        let idle = bisect(0.0, 1.0, |x| arrivals.one_less_transform(service_rate * x) > x);
        Ok(Self { arrivals, service_rate, idle })
    }

    /// One of the `servers` servers of a fleet under round robin, with Poisson arrivals of `arrival_rate` to the fleet:
    /// a server gets every n-th arrival, so it is an E_n/M/1 queue.
    pub fn round_robin(arrival_rate: f64, service_rate: f64, servers: usize) -> Result<Self, TheoryError> {
        positive("arrival rate", arrival_rate)?;
        let shape = some("number of servers", servers)? as f64;
        Self::new(Interarrival::Gamma { mean: shape / arrival_rate, shape }, service_rate)
    }

    /// Offered load, which is the utilization.
    #[must_use]
    pub fn load(&self) -> f64 {
        1.0 / (self.arrivals.mean() * self.service_rate)
    }

    /// The probability that an arrival has to wait.
    #[must_use]
    pub fn chance_of_waiting(&self) -> f64 {
        1.0 - self.idle
    }

    /// Mean time in the system.
    #[must_use]
    pub fn sojourn_mean(&self) -> f64 {
        1.0 / (self.service_rate * self.idle)
    }

    /// Mean time in the queue.
    #[must_use]
    pub fn waiting_mean(&self) -> f64 {
        self.chance_of_waiting() * self.sojourn_mean()
    }

    /// Mean number in the system.
    #[must_use]
    pub fn in_system(&self) -> f64 {
        self.sojourn_mean() / self.arrivals.mean()
    }

    /// Fraction whose time in the system is above `t`.
    #[must_use]
    pub fn sojourn_above(&self, t: f64) -> f64 {
        libm::exp(-t.max(0.0) / self.sojourn_mean())
    }

    /// The time in the system that a fraction `p` stays within.
    #[must_use]
    pub fn sojourn_quantile(&self, p: f64) -> f64 {
        -libm::log1p(-p.clamp(0.0, 1.0)) * self.sojourn_mean()
    }

    /// Everything known, by identifier.
    #[must_use]
    pub fn answer(self) -> Answer {
        self.answer_for(format!("{}/M/1", self.arrivals.letter()), 1)
    }

    /// Everything known of a fleet of `servers` such servers under round robin, by identifier.
    #[must_use]
    pub fn answer_round_robin(self, servers: usize) -> Answer {
        self.answer_for(format!("round robin over {servers}: {}/M/1 each", self.arrivals.letter()), servers)
    }

    fn answer_for(&self, model: String, servers: usize) -> Answer {
        let values = [
            ("latency_mean", self.sojourn_mean()),
            ("waiting_mean", self.waiting_mean()),
            ("utilization", self.load()),
            ("in_system", self.in_system() * servers as f64),
            ("throughput", servers as f64 / self.arrivals.mean()),
            ("drop_rate", 0.0),
        ];
        let source = "Kendall 1953; Gross and Harris, Fundamentals of Queueing Theory";
        Answer::new(model, source, &values, Some(Sojourn::exponential(self.sojourn_mean())))
    }
}
