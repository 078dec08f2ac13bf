//! Erlang's loss system M/G/c/c: no queue; an arrival that finds every server busy is rejected.

use super::{Answer, Sojourn, TheoryError, not_negative, positive, some};

/// The fraction refused by `servers` servers at an offered load of `erlangs`, by Erlang's stable recursion; 1 without
/// servers.
#[must_use]
pub fn blocking(servers: usize, erlangs: f64) -> f64 {
    (1..=servers).fold(1.0, |blocked, busy| {
        let product = erlangs * blocked;
        product / (busy as f64 + product)
    })
}

/// The Erlang loss system (Erlang 1917). It depends on the service time only through its mean (Sevastyanov 1957).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ErlangB {
    arrival_rate: f64,
    service_mean: f64,
    servers: usize,
    blocked: f64,
}

impl ErlangB {
    /// From arrivals per second, mean service time and number of servers; an error if one is outside of its domain. Any
    /// load is allowed.
    pub fn new(arrival_rate: f64, service_mean: f64, servers: usize) -> Result<Self, TheoryError> {
        not_negative("arrival rate", arrival_rate)?;
        positive("mean service time", service_mean)?;
        some("number of servers", servers)?;
        let blocked = blocking(servers, arrival_rate * service_mean);
        Ok(Self { arrival_rate, service_mean, servers, blocked })
    }

    /// Fraction of arrivals refused.
    #[must_use]
    pub fn blocked(&self) -> f64 {
        self.blocked
    }

    /// Mean number of busy servers.
    #[must_use]
    pub fn in_system(&self) -> f64 {
        self.arrival_rate * self.service_mean * (1.0 - self.blocked)
    }

    /// Mean fraction of servers busy.
    #[must_use]
    pub fn utilization(&self) -> f64 {
        self.in_system() / self.servers as f64
    }

    /// Everything known, by identifier; the distribution of latency is that of the service time, given by the caller.
    #[must_use]
    pub fn answer(self, service: Option<Sojourn>) -> Answer {
        let values = [
            ("latency_mean", self.service_mean),
            ("waiting_mean", 0.0),
            ("utilization", self.utilization()),
            ("in_system", self.in_system()),
            ("throughput", self.arrival_rate * (1.0 - self.blocked)),
            ("drop_rate", self.blocked),
        ];
        let model = format!("M/G/{0}/{0}", self.servers);
        Answer::new(model, "Erlang's loss formula, 1917; Sevastyanov 1957", &values, service)
    }
}
