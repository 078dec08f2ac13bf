//! The load of a station: the work that comes over the work that can be done.

use super::Flow;
use crate::distributions::Distribution;

/// A load this near to one is one: the difference is rounding.
const ROUNDING: f64 = 1e-9;

/// The conclusions from the description about the busiest queue of a node.
#[derive(Clone, Debug, PartialEq)]
pub struct StationLoad {
    /// The node's name in the file.
    pub node: String,
    /// True of the queue of a balancer for places at servers, which stands beside that for the balancer's own work.
    pub line: bool,
    /// The work that surely comes over the work that can be done.
    pub least: f64,
    /// The same for the most work that may arrive; infinite if unknown.
    pub most: f64,
    /// Requests that gather each second, at least, in all queues of the node; 0 where none do.
    pub growth: f64,
    /// Requests that there is room for; infinite without a bound.
    pub room: f64,
    /// True if requests may leave without having been served.
    pub leaves: bool,
    /// Seconds of a service at the busiest queue.
    pub service: f64,
    /// Workers at it.
    pub workers: f64,
    /// Requests that gather for each one too many: less than one where a user has one at a time and makes several.
    pub gather: f64,
    /// Half the sum of the squared coefficients of variation of gaps and of services there.
    pub variability: f64,
}

/// The demands of flows on a station.
#[derive(Clone, Copy, Debug)]
pub struct Work {
    /// Requests a second, at least and at most.
    pub rate: (f64, f64),
    /// Worker-seconds a second, at least and at most.
    pub work: (f64, f64),
    /// Mean service in seconds and its squared coefficient of variation.
    pub service: (f64, f64),
    /// Squared coefficient of variation of gaps.
    pub gaps: f64,
    /// Requests under way at once, at most.
    pub held: f64,
    gather: f64,
    leaves: bool,
    /// Work of health checks for each server, worker-seconds a second.
    pub checks: f64,
}

/// Mean service of a request in seconds, at least and at most, and the mean of its square.
#[derive(Clone, Copy, Debug)]
pub struct Demand {
    /// The mean, at least.
    pub least: f64,
    /// The mean, at most.
    pub most: f64,
    /// The mean of the square.
    pub square: f64,
}

impl Demand {
    /// Of a service that is known: its mean and the mean of its square.
    #[must_use]
    pub fn known((mean, square): (f64, f64)) -> Self {
        Self { least: mean, most: mean, square }
    }
}

/// The squared coefficient of variation of gaps after each request was kept with a chance (Whitt 1983, "The queueing
/// network analyzer").
#[must_use]
pub fn thinned(variability: f64, part: f64) -> f64 {
    part * variability + 1.0 - part
}

/// The product of a rate and a service time; a service time of zero gives zero, even if the rate is infinite because it
/// is unknown.
fn times(rate: f64, service: f64) -> f64 {
    if service == 0.0 { 0.0 } else { rate * service }
}

impl Work {
    /// The demands of `flows`, each as `demand` says; `None` if there are no flows.
    #[must_use]
    pub fn of(flows: &[Flow], demand: impl Fn(&Flow) -> Demand) -> Option<Self> {
        if flows.is_empty() {
            return None;
        }
        let sum = |part: &dyn Fn(&Flow) -> f64| flows.iter().map(part).sum::<f64>();
        let rate = (sum(&|flow| flow.least), sum(&|flow| flow.most));
        // Flows are mixed in proportion to their certain rates; if no rate is certain, all flows count alike.
        let weight = |flow: &Flow| if rate.0 > 0.0 { flow.least } else { 1.0 };
        let all = sum(&weight);
        let mean = sum(&|flow| weight(flow) * demand(flow).most) / all;
        let square = sum(&|flow| weight(flow) * demand(flow).square) / all;
        let scv = if mean > 0.0 { (square / (mean * mean) - 1.0).max(0.0) } else { 0.0 };
        Some(Self {
            rate,
            work: (
                sum(&|flow| times(flow.least, demand(flow).least)),
                sum(&|flow| times(flow.most, demand(flow).most)),
            ),
            service: (mean, scv),
            gaps: sum(&|flow| weight(flow) * flow.variability) / all,
            held: sum(&|flow| flow.held),
            gather: sum(&|flow| weight(flow) * flow.gather) / all,
            leaves: flows.iter().any(|flow| flow.leaves),
            checks: flows.iter().map(|flow| flow.checks).fold(0.0, f64::max),
        })
    }

    /// One of several queues that get a part of it, with `workers` workers of a speed.
    #[must_use]
    pub fn queue(&self, node: &str, part: f64, gaps: f64, workers: f64, speed: f64) -> StationLoad {
        let capacity = workers * speed;
        let checks = self.checks / capacity;
        StationLoad {
            node: node.to_owned(),
            line: false,
            least: self.work.0 * part / capacity + checks,
            most: times(self.work.1, part) / capacity + checks,
            growth: self.excess(part, capacity),
            room: f64::INFINITY,
            leaves: self.leaves,
            service: self.service.0 / speed,
            workers,
            gather: self.gather,
            variability: 0.5 * (gaps + self.service.1),
        }
    }

    /// Requests that gather each second where a part of it comes to a capacity in workers.
    #[must_use]
    pub fn excess(&self, part: f64, capacity: f64) -> f64 {
        let (mean, _) = self.service;
        if mean == 0.0 {
            return 0.0;
        }
        let left = (self.work.0 * part - capacity).max(0.0) / mean;
        // Work without bound leaves all that comes.
        if left.is_finite() { left * self.gather } else { self.rate.0 * part }
    }
}

impl StationLoad {
    /// A worker that takes up one after the other.
    #[must_use]
    pub fn of_one_worker(name: &str, flows: &[Flow], service: &Distribution) -> Option<Self> {
        let (mean, square) = (service.mean(), service.second_moment());
        let work = Work::of(flows, |_| Demand { least: mean, most: mean, square })?;
        Some(Self { leaves: false, ..work.queue(name, 1.0, work.gaps, 1.0, 1.0) })
    }

    /// If requests may leave unserved, none need be served: the least work is zero.
    #[must_use]
    pub fn settled_by_leaving(self) -> Self {
        if self.leaves { Self { least: 0.0, growth: 0.0, ..self } } else { self }
    }

    /// True if arrivals exceed the capacity forever, or equal it; at a load of exactly one only a wholly regular system
    /// keeps up.
    #[must_use]
    pub fn is_overloaded(&self) -> bool {
        let limit = if self.variability == 0.0 { 1.0 + ROUNDING } else { 1.0 - ROUNDING };
        self.room.is_infinite() && self.least >= limit
    }

    /// True if all that may come can be done.
    #[must_use]
    pub fn is_stable(&self) -> bool {
        let limit = if self.variability == 0.0 { 1.0 + ROUNDING } else { 1.0 - ROUNDING };
        self.most < limit
    }

    /// True if the load is known exactly, and not only between bounds.
    #[must_use]
    pub fn is_known(&self) -> bool {
        self.most.is_finite() && self.most - self.least <= ROUNDING * self.most.max(1.0)
    }
}
