//! M/G/1: Poisson arrivals, any service, one server, first come first served: means.

use super::{Answer, TheoryError, not_negative, positive, stable};

/// The M/G/1 queue by mean and squared coefficient of variation of its service (Pollaczek 1930; Khinchine 1932).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Mg1 {
    arrival_rate: f64,
    service_mean: f64,
    service_scv: f64,
}

impl Mg1 {
    /// From arrivals per second and two moments of the service time; an error if one is outside of its domain (with an
    /// infinite variance the mean wait is infinite) or if the load is not below 1.
    pub fn new(arrival_rate: f64, service_mean: f64, service_scv: f64) -> Result<Self, TheoryError> {
        positive("arrival rate", arrival_rate)?;
        positive("mean service time", service_mean)?;
        not_negative("squared coefficient of variation of service", service_scv)?;
        stable(arrival_rate * service_mean)?;
        Ok(Self { arrival_rate, service_mean, service_scv })
    }

    /// Offered load, which is the utilization and the probability of waiting.
    #[must_use]
    pub fn load(&self) -> f64 {
        self.arrival_rate * self.service_mean
    }

    /// Mean time in the queue.
    #[must_use]
    pub fn waiting_mean(&self) -> f64 {
        let residual = 0.5 * self.service_mean * (1.0 + self.service_scv);
        self.load() / (1.0 - self.load()) * residual
    }

    /// Mean time in the system.
    #[must_use]
    pub fn sojourn_mean(&self) -> f64 {
        self.waiting_mean() + self.service_mean
    }

    /// Mean number in the queue.
    #[must_use]
    pub fn in_queue(&self) -> f64 {
        self.arrival_rate * self.waiting_mean()
    }

    /// Mean number in the system.
    #[must_use]
    pub fn in_system(&self) -> f64 {
        self.arrival_rate * self.sojourn_mean()
    }

    /// Everything known, by identifier.
    #[must_use]
    pub fn answer(self) -> Answer {
        let values = [
            ("latency_mean", self.sojourn_mean()),
            ("waiting_mean", self.waiting_mean()),
            ("utilization", self.load()),
            ("in_system", self.in_system()),
            ("throughput", self.arrival_rate),
            ("drop_rate", 0.0),
        ];
        Answer::new("M/G/1".into(), "Pollaczek 1930; Khinchine 1932", &values, None)
    }
}
