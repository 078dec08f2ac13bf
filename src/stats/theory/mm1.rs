//! M/M/1: Poisson arrivals, exponential service, one server, first come first served.

use super::{Answer, Sojourn, TheoryError, positive, stable};

/// The M/M/1 queue (Kleinrock, Queueing Systems, volume 1, chapter 3).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Mm1 {
    arrival_rate: f64,
    service_rate: f64,
}

impl Mm1 {
    /// From its rates per second; an error if either is not positive or the load is not below 1.
    pub fn new(arrival_rate: f64, service_rate: f64) -> Result<Self, TheoryError> {
        positive("arrival rate", arrival_rate)?;
        positive("service rate", service_rate)?;
        stable(arrival_rate / service_rate)?;
        Ok(Self { arrival_rate, service_rate })
    }

    /// Offered load, which is the utilization and the probability of waiting.
    #[must_use]
    pub fn load(&self) -> f64 {
        self.arrival_rate / self.service_rate
    }

    /// Mean time in the system.
    #[must_use]
    pub fn sojourn_mean(&self) -> f64 {
        1.0 / (self.service_rate - self.arrival_rate)
    }

    /// Mean time in the queue.
    #[must_use]
    pub fn waiting_mean(&self) -> f64 {
        self.load() * self.sojourn_mean()
    }

    /// Mean number in the system.
    #[must_use]
    pub fn in_system(&self) -> f64 {
        self.arrival_rate * self.sojourn_mean()
    }

    /// Mean number in the queue.
    #[must_use]
    pub fn in_queue(&self) -> f64 {
        self.arrival_rate * self.waiting_mean()
    }

    /// Fraction whose time in the system is above `t`.
    #[must_use]
    pub fn sojourn_above(&self, t: f64) -> f64 {
        libm::exp(-t.max(0.0) / self.sojourn_mean())
    }

    /// Fraction whose time in the queue is above `t`.
    #[must_use]
    pub fn waiting_above(&self, t: f64) -> f64 {
        if t < 0.0 { 1.0 } else { self.load() * self.sojourn_above(t) }
    }

    /// The time in the system that a fraction `p` stays within.
    #[must_use]
    pub fn sojourn_quantile(&self, p: f64) -> f64 {
        -libm::log1p(-p.clamp(0.0, 1.0)) * self.sojourn_mean()
    }

    /// The time in the queue that a fraction `p` stays within.
    #[must_use]
    pub fn waiting_quantile(&self, p: f64) -> f64 {
        let rest = (1.0 - p).clamp(0.0, 1.0);
        if self.load() <= rest { 0.0 } else { libm::log(self.load() / rest) * self.sojourn_mean() }
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
        Answer::new(
            "M/M/1".into(),
            "Kleinrock, Queueing Systems, volume 1, 1975",
            &values,
            Some(Sojourn::exponential(self.sojourn_mean())),
        )
    }
}
