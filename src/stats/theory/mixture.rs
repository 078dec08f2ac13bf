//! Latency by the number found ahead: the mixture of Erlang distributions behind every finite exponential system.

use super::Spread;

/// The number of requests that a served request finds on arrival at a station of exponential servers with one queue,
/// first come, first served.
#[derive(Clone, Debug, PartialEq)]
pub struct Mixture {
    servers: usize,
    service_rate: f64,
    /// `ahead[j]`: the chance that every server is busy and j others wait.
    ahead: Vec<f64>,
}

impl Mixture {
    /// `ahead[j]` is the chance of finding every server busy and j others waiting; the rest of 1 is the chance of
    /// finding a free server.
    pub(super) fn new(servers: usize, service_rate: f64, ahead: Vec<f64>) -> Self {
        Self { servers, service_rate, ahead }
    }

    /// Mean service time.
    #[must_use]
    pub fn service_mean(&self) -> f64 {
        1.0 / self.service_rate
    }

    /// The probability of waiting.
    #[must_use]
    pub fn chance_of_waiting(&self) -> f64 {
        self.ahead.iter().rev().sum()
    }

    /// Mean time in the queue.
    #[must_use]
    pub fn waiting_mean(&self) -> f64 {
        let departures: f64 = self.ahead.iter().enumerate().rev().map(|(j, chance)| (j + 1) as f64 * chance).sum();
        departures / (self.servers as f64 * self.service_rate)
    }

    /// Fraction whose time in the queue is above `t`: with `j` requests ahead, at most `j` departures by then.
    #[must_use]
    pub fn waiting_above(&self, t: f64) -> f64 {
        if t < 0.0 {
            return 1.0;
        }
        let mean = self.servers as f64 * self.service_rate * t;
        let mut at_most = 0.0;
        let mut above = 0.0;
        for (chance, departures) in self.ahead.iter().zip(poisson(mean, self.ahead.len())) {
            at_most += departures;
            above += chance * at_most.min(1.0);
        }
        above
    }

    /// The time in the queue that a fraction `p` stays within.
    #[must_use]
    pub fn waiting_quantile(&self, p: f64) -> f64 {
        super::quantile(p, self.service_mean(), |t| self.waiting_above(t))
    }

    /// Fraction whose time in the system is above `t`.
    #[must_use]
    pub fn sojourn_above(&self, t: f64) -> f64 {
        let t = t.max(0.0);
        let mean = self.servers as f64 * self.service_rate * t;
        if self.servers == 1 {
            // Waiting and service are one Erlang distribution.
            let mut at_most = 0.0;
            let mut above = 0.0;
            let free = core::iter::once(1.0 - self.chance_of_waiting());
            let departures = poisson(mean, self.ahead.len() + 1);
            for (chance, departures) in free.chain(self.ahead.iter().copied()).zip(departures) {
                at_most += departures;
                above += chance * at_most.min(1.0);
            }
            return above.clamp(0.0, 1.0);
        }
        let served_above = libm::exp(-self.service_rate * t);
        // Not done at t, after at least k departures made room for it: h(k) = h(k+1) (1 - 1/c) + P(k departures). All
        // terms are positive. It begins where no more departures are likely, or where more are certain, by its closed
        // form e^(-t/s) (1 - 1/c)^-k P(at least k departures at a rate of one server less).
        let keep = 1.0 - 1.0 / self.servers as f64;
        let needed = self.ahead.len() + 1;
        let margin = 40.0 * mean.sqrt() + 60.0;
        let certain = mean * keep > needed as f64 + margin;
        let (terms, mut after) = if certain {
            let log_keep = libm::log1p(-1.0 / self.servers as f64);
            (poisson(mean, needed), libm::exp(-self.service_rate * t - needed as f64 * log_keep))
        } else {
            (poisson(mean, needed.max((mean + margin) as usize)), 0.0)
        };
        let mut in_service = vec![0.0; needed];
        for (k, departures) in terms.iter().enumerate().rev() {
            after = after * keep + departures;
            if let Some(place) = in_service.get_mut(k) {
                *place = after;
            }
        }
        let free = 1.0 - self.chance_of_waiting();
        let mut at_most = 0.0;
        let mut above = free * served_above;
        for (j, chance) in self.ahead.iter().enumerate() {
            at_most += terms[j];
            above += chance * (at_most + in_service[j + 1]).min(1.0);
        }
        above.clamp(0.0, 1.0)
    }
}

/// The chances of 0, 1, ..., `count` - 1 under a Poisson distribution.
pub(super) fn poisson(mean: f64, count: usize) -> Vec<f64> {
    let mut chances = vec![0.0; count];
    if count == 0 {
        return chances;
    }
    // From the most likely count outwards, so that no term that matters underflows.
    let mode = (mean as usize).min(count - 1);
    let at_mode = if mean > 0.0 {
        libm::exp(mode as f64 * libm::log(mean) - mean - libm::lgamma(mode as f64 + 1.0))
    } else {
        1.0
    };
    chances[mode] = at_mode;
    for k in mode + 1..count {
        chances[k] = chances[k - 1] * mean / k as f64;
    }
    for k in (0..mode).rev() {
        chances[k] = chances[k + 1] * (k + 1) as f64 / mean;
    }
    chances
}

impl Spread for Mixture {
    fn above(&self, t: f64) -> f64 {
        self.sojourn_above(t)
    }

    fn quantile(&self, p: f64) -> f64 {
        super::quantile(p, self.service_mean(), |t| self.sojourn_above(t))
    }
}
