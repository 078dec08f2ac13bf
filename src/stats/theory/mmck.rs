//! M/M/c/K: several exponential servers with a queue of limited length; an arrival that finds it full is rejected.

use super::{Answer, Mixture, Sojourn, TheoryError, at_most, erlang_b, positive, some};

/// The M/M/c/K queue (Kleinrock, Queueing Systems, volume 1, 3.6). Stable at any load.
#[derive(Clone, Debug, PartialEq)]
pub struct Mmck {
    arrival_rate: f64,
    service_rate: f64,
    servers: usize,
    /// The chances of all servers busy and j waiting, j from 0 to the length of the queue.
    full: Vec<f64>,
    /// Mean number of busy servers.
    busy: f64,
}

impl Mmck {
    /// From arrivals per second, services per second of one server, number of servers, and number of slots in the
    /// queue; an error if one is outside of its domain.
    pub fn new(arrival_rate: f64, service_rate: f64, servers: usize, places: usize) -> Result<Self, TheoryError> {
        positive("arrival rate", arrival_rate)?;
        positive("service rate", service_rate)?;
        some("number of servers", servers)?;
        at_most("number of places in the queue", places)?;
        let erlangs = arrival_rate / service_rate;
        let load = erlangs / servers as f64;
        let blocked = erlang_b::blocking(servers, erlangs);
        // Weights of the states from "all servers busy" on, against a sum of 1 for the system without a queue; a
        // growing series is scaled by its last weight, so that none overflows.
        let mut full = vec![0.0; places + 1];
        let mut weight = 1.0;
        if load <= 1.0 {
            for place in &mut full {
                *place = blocked * weight;
                weight *= load;
            }
            weight = 1.0;
        } else {
            for place in full.iter_mut().rev() {
                *place = blocked * weight;
                weight /= load;
            }
            // One division too many: the last stands for load^-(places + 1).
            weight *= load;
        }
        let below = (1.0 - blocked) * weight;
        // Smallest first.
        let sum = if load <= 1.0 { full.iter().rev().sum::<f64>() } else { full.iter().sum::<f64>() } + below;
        for place in &mut full {
            *place /= sum;
        }
        let lost = full[places];
        Ok(Self { arrival_rate, service_rate, servers, full, busy: erlangs * (1.0 - lost) })
    }

    /// Fraction of arrivals refused.
    #[must_use]
    pub fn blocked(&self) -> f64 {
        self.full[self.full.len() - 1]
    }

    /// Requests served per second.
    #[must_use]
    pub fn throughput(&self) -> f64 {
        self.busy * self.service_rate
    }

    /// Mean fraction of servers busy.
    #[must_use]
    pub fn utilization(&self) -> f64 {
        self.busy / self.servers as f64
    }

    /// Mean number in the queue.
    #[must_use]
    pub fn in_queue(&self) -> f64 {
        self.full.iter().enumerate().map(|(waiting, chance)| waiting as f64 * chance).sum()
    }

    /// Mean number in the system.
    #[must_use]
    pub fn in_system(&self) -> f64 {
        self.in_queue() + self.busy
    }

    /// Mean time in the queue of accepted requests.
    #[must_use]
    pub fn waiting_mean(&self) -> f64 {
        self.in_queue() / self.throughput()
    }

    /// Mean time in the system of accepted requests.
    #[must_use]
    pub fn sojourn_mean(&self) -> f64 {
        self.waiting_mean() + 1.0 / self.service_rate
    }

    /// The waiting and sojourn times of accepted requests.
    #[must_use]
    pub fn accepted(&self) -> Mixture {
        let accepted = 1.0 - self.blocked();
        let ahead = self.full[..self.full.len() - 1].iter().map(|chance| chance / accepted).collect();
        Mixture::new(self.servers, self.service_rate, ahead)
    }

    /// Everything known, by identifier.
    #[must_use]
    pub fn answer(&self) -> Answer {
        let values = [
            ("latency_mean", self.sojourn_mean()),
            ("waiting_mean", self.waiting_mean()),
            ("utilization", self.utilization()),
            ("in_system", self.in_system()),
            ("throughput", self.throughput()),
            ("drop_rate", self.blocked()),
        ];
        let model = format!("M/M/{}/{}", self.servers, self.servers + self.full.len() - 1);
        let source = "Kleinrock, Queueing Systems, volume 1, 1975";
        Answer::new(model, source, &values, Some(Sojourn::of(self.accepted())))
    }
}
