//! M/G/1 with processor sharing: everyone in the system is served at once, each at an equal share of the speed.

use super::{Answer, TheoryError, positive, stable};

/// The M/G/1 processor-sharing queue; its means need only the mean of service (Sakata, Noguchi and Oizumi 1971).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Mg1Ps {
    arrival_rate: f64,
    service_mean: f64,
}

impl Mg1Ps {
    /// From arrivals per second and mean service time; an error if one is outside of its domain or if the load is not
    /// below 1.
    pub fn new(arrival_rate: f64, service_mean: f64) -> Result<Self, TheoryError> {
        positive("arrival rate", arrival_rate)?;
        positive("mean service time", service_mean)?;
        stable(arrival_rate * service_mean)?;
        Ok(Self { arrival_rate, service_mean })
    }

    /// Offered load, which is the utilization.
    #[must_use]
    pub fn load(&self) -> f64 {
        self.arrival_rate * self.service_mean
    }

    /// Mean time in the system divided by the service time needed: the same for every size.
    #[must_use]
    pub fn slowdown(&self) -> f64 {
        1.0 / (1.0 - self.load())
    }

    /// Mean time in the system.
    #[must_use]
    pub fn sojourn_mean(&self) -> f64 {
        self.service_mean * self.slowdown()
    }

    /// Mean time in the system of requests that need `service` seconds of the whole server.
    #[must_use]
    pub fn sojourn_mean_of(&self, service: f64) -> f64 {
        service * self.slowdown()
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
            ("utilization", self.load()),
            ("in_system", self.in_system()),
            ("throughput", self.arrival_rate),
            ("drop_rate", 0.0),
        ];
        Answer::new("M/G/1 processor sharing".into(), "Sakata, Noguchi and Oizumi 1971", &values, None)
    }
}
