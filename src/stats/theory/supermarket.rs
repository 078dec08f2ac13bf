//! The supermarket model: each arrival looks at d servers taken at random and joins the shortest of their queues.

use super::mixture::poisson;
use super::{Answer, Sojourn, Spread, TheoryError, not_negative, positive, quantile, some, stable};

/// The limit of infinitely many exponential servers (Vvedenskaya, Dobrushin and Karpelevich 1996; Mitzenmacher 2001).
///
/// A hundred servers are slower than this limit, by 0.1 % at a load of 0.5 and by a tenth at 0.99.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Supermarket {
    load: f64,
    service_mean: f64,
    choices: usize,
}

impl Supermarket {
    /// From the offered load of each server, mean service time and the number of choices; an error if one is outside of
    /// its domain or if the load is not below 1.
    pub fn new(load: f64, service_mean: f64, choices: usize) -> Result<Self, TheoryError> {
        not_negative("load", load)?;
        positive("mean service time", service_mean)?;
        some("number of choices", choices)?;
        stable(load)?;
        Ok(Self { load, service_mean, choices })
    }

    /// The probability that an arrival finds at least `n` requests at the server that it joins: the load to the power
    /// (d^(n+1) - d) / (d - 1).
    #[must_use]
    pub fn joins_behind(&self, n: usize) -> f64 {
        self.joined().nth(n).unwrap_or(0.0)
    }

    /// The fraction of servers with at least `n` requests: the load to the power (d^n - 1) / (d - 1).
    #[must_use]
    pub fn at_least(&self, n: usize) -> f64 {
        match n {
            0 => 1.0,
            _ => self.load * self.joins_behind(n - 1),
        }
    }

    /// The probabilities of joining behind at least 0, 1, 2, ..., until they vanish.
    fn joined(&self) -> impl Iterator<Item = f64> + '_ {
        let d = self.choices as f64;
        core::iter::successors(Some(0.0), move |power| Some(d * power + d))
            .map(|power| libm::pow(self.load, power))
            .take_while(|chance| *chance > 0.0)
    }

    /// Mean time in the system.
    #[must_use]
    pub fn sojourn_mean(&self) -> f64 {
        // For d = 1 the sum would be as long as the queue.
        let services = if self.choices == 1 { 1.0 / (1.0 - self.load) } else { self.joined().sum() };
        self.service_mean * services
    }

    /// Mean time in the queue.
    #[must_use]
    pub fn waiting_mean(&self) -> f64 {
        self.sojourn_mean() - self.service_mean
    }

    /// Fraction whose time in the system is above `t`.
    #[must_use]
    pub fn sojourn_above(&self, t: f64) -> f64 {
        let mean = t.max(0.0) / self.service_mean;
        if self.choices == 1 {
            return libm::exp(-mean * (1.0 - self.load));
        }
        let joined: Vec<f64> = self.joined().collect();
        joined.iter().zip(poisson(mean, joined.len())).map(|(joined, served)| joined * served).sum()
    }

    /// The time in the system that a fraction `p` stays within.
    #[must_use]
    pub fn sojourn_quantile(&self, p: f64) -> f64 {
        quantile(p, self.sojourn_mean(), |t| self.sojourn_above(t))
    }

    /// Everything known, by identifier; per server where it counts requests.
    #[must_use]
    pub fn answer(self) -> Answer {
        let values = [
            ("latency_mean", self.sojourn_mean()),
            ("waiting_mean", self.waiting_mean()),
            ("utilization", self.load),
            ("drop_rate", 0.0),
        ];
        let model = format!("supermarket model, d = {}, infinitely many servers", self.choices);
        let source = "Vvedenskaya, Dobrushin and Karpelevich 1996; Mitzenmacher 2001";
        Answer::new(model, source, &values, Some(Sojourn::of(self)))
    }
}

impl Spread for Supermarket {
    fn above(&self, t: f64) -> f64 {
        self.sojourn_above(t)
    }

    fn quantile(&self, p: f64) -> f64 {
        self.sojourn_quantile(p)
    }
}
