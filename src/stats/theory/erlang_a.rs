//! Erlang A, M/M/c+M: a request that waits too long in the queue gives up, with exponential patience.

use super::{Answer, TheoryError, positive, some};

/// The Erlang A model (Palm 1957; Garnett, Mandelbaum and Reiman 2002). Stable at any load.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ErlangA {
    arrival_rate: f64,
    servers: usize,
    patience_rate: f64,
    waits: f64,
    in_queue: f64,
    busy: f64,
}

impl ErlangA {
    /// From arrivals per second, services per second of one server, the number of servers, and the abandonment rate of
    /// each waiting request (1 / mean patience); an error if any is not positive.
    pub fn new(arrival_rate: f64, service_rate: f64, servers: usize, patience_rate: f64) -> Result<Self, TheoryError> {
        positive("arrival rate", arrival_rate)?;
        positive("service rate", service_rate)?;
        some("number of servers", servers)?;
        positive("rate of giving up", patience_rate)?;
        let erlangs = arrival_rate / service_rate;
        let blocked = super::erlang_b::blocking(servers, erlangs);
        // Weights against "all busy, none waiting" = 1, with the states of free servers in one sum.
        let (mut weight, mut sum, mut queue) = (1.0, 1.0 / blocked, 0.0);
        let (mut waiting, mut waits) = (0.0, 1.0);
        while weight > 1e-20 * waits || arrival_rate > servers as f64 * service_rate + waiting * patience_rate {
            waiting += 1.0;
            weight *= arrival_rate / (servers as f64 * service_rate + waiting * patience_rate);
            waits += weight;
            sum += weight;
            queue += waiting * weight;
            if sum > 1e200 {
                for value in [&mut weight, &mut sum, &mut queue, &mut waits] {
                    *value *= 1e-200;
                }
            }
            if waiting > 1e8 {
                let (name, expected) = ("rate of giving up", "large enough for a queue of less than 100 million");
                return Err(TheoryError::Invalid { name, value: patience_rate, expected });
            }
        }
        let in_queue = queue / sum;
        let busy = (arrival_rate - patience_rate * in_queue) / service_rate;
        Ok(Self { arrival_rate, servers, patience_rate, waits: waits / sum, in_queue, busy })
    }

    /// The probability of waiting.
    #[must_use]
    pub fn chance_of_waiting(&self) -> f64 {
        self.waits
    }

    /// The fraction that abandons.
    #[must_use]
    pub fn abandonment(&self) -> f64 {
        self.patience_rate * self.in_queue / self.arrival_rate
    }

    /// Mean number in the queue.
    #[must_use]
    pub fn in_queue(&self) -> f64 {
        self.in_queue
    }

    /// Mean time in the queue of all requests, served or not.
    #[must_use]
    pub fn waiting_mean(&self) -> f64 {
        self.in_queue / self.arrival_rate
    }

    /// Mean fraction of servers busy.
    #[must_use]
    pub fn utilization(&self) -> f64 {
        self.busy / self.servers as f64
    }

    /// Everything known of all requests, by identifier; times of the served requests alone are not known.
    #[must_use]
    pub fn answer(&self) -> Answer {
        let source = "Palm 1957; Garnett, Mandelbaum and Reiman 2002";
        let values = [
            ("utilization", self.utilization()),
            ("in_system", self.in_queue + self.busy),
            ("throughput", self.arrival_rate * (1.0 - self.abandonment())),
            ("drop_rate", self.abandonment()),
        ];
        Answer::new(format!("M/M/{}+M (Erlang A)", self.servers), source, &values, None)
    }
}
