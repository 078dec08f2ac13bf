//! M/M/c: Poisson arrivals, exponential service, several servers at one queue, first come first served.

use super::{Answer, Sojourn, Spread, TheoryError, erlang_b, positive, quantile, some, stable};

/// The M/M/c queue (Erlang 1917; Kleinrock, Queueing Systems, volume 1, 3.5). Good for up to a million servers.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Mmc {
    arrival_rate: f64,
    service_rate: f64,
    servers: usize,
    waits: f64,
}

impl Mmc {
    /// From arrivals per second, services per second of one server, and number of servers; an error if one is outside
    /// of its domain or if the load is not below 1.
    pub fn new(arrival_rate: f64, service_rate: f64, servers: usize) -> Result<Self, TheoryError> {
        positive("arrival rate", arrival_rate)?;
        positive("service rate", service_rate)?;
        some("number of servers", servers)?;
        let erlangs = arrival_rate / service_rate;
        let load = stable(erlangs / servers as f64)?;
        // Erlang's C from his B, which has no large numbers in it.
        let blocked = erlang_b::blocking(servers, erlangs);
        let waits = blocked / (1.0 - load * (1.0 - blocked));
        Ok(Self { arrival_rate, service_rate, servers, waits })
    }

    /// Offered load of each server, which is its utilization.
    #[must_use]
    pub fn load(&self) -> f64 {
        self.arrival_rate / self.service_rate / self.servers as f64
    }

    /// The probability of waiting: the Erlang C formula.
    #[must_use]
    pub fn chance_of_waiting(&self) -> f64 {
        self.waits
    }

    /// The rate at which a queue empties: services less arrivals per second.
    fn drain(&self) -> f64 {
        self.servers as f64 * self.service_rate - self.arrival_rate
    }

    /// Mean time in the queue.
    #[must_use]
    pub fn waiting_mean(&self) -> f64 {
        self.waits / self.drain()
    }

    /// Mean time in the system.
    #[must_use]
    pub fn sojourn_mean(&self) -> f64 {
        self.waiting_mean() + 1.0 / self.service_rate
    }

    /// Mean number in the queue.
    #[must_use]
    pub fn in_queue(&self) -> f64 {
        self.arrival_rate * self.waiting_mean()
    }

    /// Mean number in the system.
    #[must_use]
    pub fn in_system(&self) -> f64 {
        self.in_queue() + self.arrival_rate / self.service_rate
    }

    /// Fraction whose time in the queue is above `t`.
    #[must_use]
    pub fn waiting_above(&self, t: f64) -> f64 {
        if t < 0.0 { 1.0 } else { self.waits * libm::exp(-self.drain() * t) }
    }

    /// Fraction whose time in the system is above `t`.
    #[must_use]
    pub fn sojourn_above(&self, t: f64) -> f64 {
        let t = t.max(0.0);
        let (slow, fast) = if self.drain() < self.service_rate {
            (self.drain(), self.service_rate)
        } else {
            (self.service_rate, self.drain())
        };
        // (e^(-slow t) - e^(-fast t)) / (fast - slow), without cancelling where the two are alike.
        let gap = (fast - slow) * t;
        let share = if gap < 1e-300 { t } else { -libm::expm1(-gap) / gap * t };
        let both = libm::exp(-slow * t) * share;
        libm::exp(-self.service_rate * t) + self.waits * self.service_rate * both
    }

    /// The time in the queue that a fraction `p` stays within.
    #[must_use]
    pub fn waiting_quantile(&self, p: f64) -> f64 {
        let rest = (1.0 - p).clamp(0.0, 1.0);
        if self.waits <= rest { 0.0 } else { libm::log(self.waits / rest) / self.drain() }
    }

    /// The time in the system that a fraction `p` stays within, by bisection of the closed form.
    #[must_use]
    pub fn sojourn_quantile(&self, p: f64) -> f64 {
        quantile(p, self.sojourn_mean(), |t| self.sojourn_above(t))
    }

    /// Everything known, by identifier.
    #[must_use]
    pub fn answer(self) -> Answer {
        let source = "Erlang's delay formula, 1917; Kleinrock, Queueing Systems, volume 1, 1975";
        Answer::new(format!("M/M/{}", self.servers), source, &self.means(), Some(Sojourn::of(self)))
    }

    /// The same means for several processors shared equally, where no request can use more than one at a time: they
    /// hold for any distribution of service (Cohen 1979).
    #[must_use]
    pub fn answer_processor_sharing(self) -> Answer {
        let source = "Cohen, The multiple phase service network with generalized processor sharing, 1979";
        let values = self.means().into_iter().filter(|(id, _)| *id != "waiting_mean").collect::<Vec<_>>();
        Answer::new(format!("M/G/{} processor sharing", self.servers), source, &values, None)
    }

    fn means(&self) -> [(&'static str, f64); 6] {
        [
            ("latency_mean", self.sojourn_mean()),
            ("waiting_mean", self.waiting_mean()),
            ("utilization", self.load()),
            ("in_system", self.in_system()),
            ("throughput", self.arrival_rate),
            ("drop_rate", 0.0),
        ]
    }
}

/// Approximate mean time in the queue of G/G/c by Allen and Cunneen: that of M/M/c times the mean of the squared
/// coefficients of variation of arrivals and service. Exact for M/G/1 and M/M/c, within a few percent for most M/G/c at
/// high load, unreliable for bursty or light traffic. (Allen, Probability, Statistics and Queueing Theory, 1990, 5.3.5)
///
/// ```
/// use rushhour::stats::theory::{Mmc, allen_cunneen_waiting_mean};
///
/// // Exact for the M/M/c queue.
/// let exact = Mmc::new(160.0, 50.0, 4)?.waiting_mean();
/// let found = allen_cunneen_waiting_mean(160.0, 0.02, 4, 1.0, 1.0)?;
/// assert!((found / exact - 1.0).abs() < 1e-9);
/// # Ok::<(), rushhour::stats::theory::TheoryError>(())
/// ```
pub fn allen_cunneen_waiting_mean(
    arrival_rate: f64,
    service_mean: f64,
    servers: usize,
    arrival_scv: f64,
    service_scv: f64,
) -> Result<f64, TheoryError> {
    super::not_negative("squared coefficient of variation of arrivals", arrival_scv)?;
    super::not_negative("squared coefficient of variation of service", service_scv)?;
    let service_rate = 1.0 / positive("mean service time", service_mean)?;
    Ok(Mmc::new(arrival_rate, service_rate, servers)?.waiting_mean() * 0.5 * (arrival_scv + service_scv))
}

impl Spread for Mmc {
    fn above(&self, t: f64) -> f64 {
        self.sojourn_above(t)
    }

    fn quantile(&self, p: f64) -> f64 {
        self.sojourn_quantile(p)
    }
}
