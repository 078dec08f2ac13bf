//! M/D/1: Poisson arrivals, every service the same, one server, first come first served.

use super::mixture::poisson;
use super::{Answer, Mg1, Sojourn, Spread, TheoryError, quantile};

/// The M/D/1 queue, with the distribution of its waiting time.
///
/// Erlang's series for it alternates and loses every digit at high load. This is Franx's form of it (2001, A simple
/// solution for the M/D/c waiting time distribution), of positive terms only, on the distribution of the number in the
/// system by the level-crossing recursion (Ramaswami 1988), likewise positive.
#[derive(Clone, Debug, PartialEq)]
pub struct Md1 {
    means: Mg1,
    service: f64,
    /// `more[n]`: the chance of more than n in the system.
    more: Vec<f64>,
}

/// States kept at most; further out the tail is geometric to the last bit.
const MOST_STATES: usize = 100_000;
/// Arrivals during one service that are told apart: at a load below 1, more have a chance of less than 1e-47.
const ARRIVALS: usize = 40;

impl Md1 {
    /// From arrivals per second and the service time; an error if either is not positive or the load is not below 1.
    pub fn new(arrival_rate: f64, service: f64) -> Result<Self, TheoryError> {
        let means = Mg1::new(arrival_rate, service, 0.0)?;
        Ok(Self { means, service, more: tails(means.load()) })
    }

    /// Offered load, which is the utilization and the probability of waiting.
    #[must_use]
    pub fn load(&self) -> f64 {
        self.means.load()
    }

    /// Mean time in the queue.
    #[must_use]
    pub fn waiting_mean(&self) -> f64 {
        self.means.waiting_mean()
    }

    /// Mean time in the system.
    #[must_use]
    pub fn sojourn_mean(&self) -> f64 {
        self.means.sojourn_mean()
    }

    /// The probability of more than `n` requests in the system.
    #[must_use]
    pub fn more_than(&self, n: usize) -> f64 {
        let last = self.more.len() - 1;
        if n <= last {
            return self.more[n];
        }
        let ratio = if self.more[last - 1] > 0.0 { self.more[last] / self.more[last - 1] } else { 0.0 };
        self.more[last] * libm::pow(ratio, (n - last) as f64)
    }

    /// Fraction whose time in the queue is above `t`.
    #[must_use]
    pub fn waiting_above(&self, t: f64) -> f64 {
        if t < 0.0 {
            return 1.0;
        }
        let whole = libm::floor(t / self.service);
        if whole > 1e15 {
            return 0.0;
        }
        // Arrivals during the service that is under way at `t`.
        let mean = self.load() * (whole + 1.0 - t / self.service).clamp(0.0, 1.0);
        let whole = whole as usize;
        // With j arrivals in that time, `t` is exceeded if more than 1 + whole - j were in the system; always, if j is
        // above whole.
        let chances = poisson(mean, ARRIVALS);
        let always: f64 = chances.iter().skip(whole + 1).rev().sum();
        let some: f64 =
            chances.iter().take(whole + 1).zip(0..).map(|(chance, j)| chance * self.more_than(whole + 1 - j)).sum();
        (some + always).min(1.0)
    }

    /// Fraction whose time in the system is above `t`.
    #[must_use]
    pub fn sojourn_above(&self, t: f64) -> f64 {
        self.waiting_above(t - self.service)
    }

    /// The time in the queue that a fraction `p` stays within.
    #[must_use]
    pub fn waiting_quantile(&self, p: f64) -> f64 {
        quantile(p, self.service, |t| self.waiting_above(t))
    }

    /// The time in the system that a fraction `p` stays within.
    #[must_use]
    pub fn sojourn_quantile(&self, p: f64) -> f64 {
        self.service + self.waiting_quantile(p)
    }

    /// Everything known, by identifier.
    #[must_use]
    pub fn answer(self) -> Answer {
        let means = self.means.answer();
        let values: Vec<(&str, f64)> = means.values.iter().map(|(id, value)| (id.as_str(), *value)).collect();
        let source = "Pollaczek 1930; Khinchine 1932; Franx 2001";
        Answer::new("M/D/1".into(), source, &values, Some(Sojourn::of(self)))
    }
}

/// The probabilities of more than 0, 1, 2, ... in the system, until they vanish.
fn tails(load: f64) -> Vec<f64> {
    let arrivals = poisson(load, ARRIVALS);
    // more[i]: more than i arrivals in one service.
    let mut more = [0.0; ARRIVALS];
    for i in (0..ARRIVALS - 1).rev() {
        more[i] = more[i + 1] + arrivals[i + 1];
    }
    let mut chances = vec![1.0 - load];
    while chances.len() < MOST_STATES {
        let n = chances.len() - 1;
        // As often from at most n to above as from n + 1 to n.
        let up: f64 = (1..=n).rev().map_while(|j| Some(chances[j] * more.get(n + 1 - j)?)).sum();
        let next = (up + if n < ARRIVALS { chances[0] * more[n] } else { 0.0 }) / arrivals[0];
        chances.push(next);
        if next < 1e-40 {
            break;
        }
    }
    // Sum up from the far end, beyond which the rest is geometric.
    let last = chances.len() - 1;
    let ratio = if chances[last - 1] > 0.0 { chances[last] / chances[last - 1] } else { 0.0 };
    let mut sum = if ratio < 1.0 { chances[last] * ratio / (1.0 - ratio) } else { 0.0 };
    let mut tails = vec![0.0; chances.len()];
    for n in (0..chances.len()).rev() {
        tails[n] = sum;
        sum += chances[n];
    }
    tails
}

impl Spread for Md1 {
    fn above(&self, t: f64) -> f64 {
        self.sojourn_above(t)
    }

    fn quantile(&self, p: f64) -> f64 {
        self.sojourn_quantile(p)
    }
}
