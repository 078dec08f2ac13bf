//! A fleet, as written in the language.

pub use super::queue::disciplines::Fifo;
pub use super::queue::full::DropNewest;
use super::queue::{Discipline, Shed, WhenFull};
use crate::distributions::{Constant, Distribution, Factors};
use crate::schema::quantity::{Bytes, Span};
use crate::schema::{Fills, Name, record};

record! {
    /// Servers that do the work. They are alike except for speed and weight.
    pub struct FleetSpec {
        /// How many servers; 1 to 1,000,000.
        pub servers: usize = 1,
        /// Requests a server works on at once: threads, processes or processors; 1 to 1,000,000.
        pub workers: u32 = 1,
        /// In what order a server works on its requests.
        pub discipline: Discipline = Discipline::Fifo(Fifo {}),
        /// Requests that may wait at one server beside those in service; without it, the queue is unbounded. A full
        /// queue rejects requests.
        pub queue: Option<usize> = None,
        /// Total size of the requests that may wait at one server; without it, unbounded. A request larger than that is
        /// rejected unless a worker is free.
        pub queue_bytes: Option<Bytes> = None,
        /// The longest time a request waits for its service to begin, drawn for each request; when it is over, the
        /// request leaves at that moment. Without it, requests wait indefinitely.
        pub longest_wait: Option<Distribution> = None,
        /// How a request that finds the queue full is treated.
        pub when_full: WhenFull = WhenFull::DropNewest(DropNewest {}),
        /// Load shedding: which requests are rejected although the queue has room.
        pub shed: Option<Shed> = None,
        /// Service time on a server of speed 1, drawn anew at each visit to a server: a retry, a hedge and an attempt
        /// at another server draw their own, as if slowness came from the server. This is the assumption behind
        /// hedging. Work that belongs to the request itself is its `demand`. A fleet needs `service` or `demand`; with
        /// both, a visit takes their sum.
        pub service: Distribution = Distribution::Constant(Constant { value: Span::ZERO }),
        /// Service time that belongs to the call, on a server of speed 1: the same at every attempt, retry and hedge,
        /// on every server. A second request for an expensive report is as expensive as the first.
        pub demand: Option<Distribution> = None,
        /// By what factor a server slows a visit down, drawn for each visit. A distribution of numbers, such as
        /// `Bimodal(fast: 1, slow: 10, slow_share: "2 %")`. With a `demand` of X and slowness S a visit takes S X: the
        /// S&X model (Gardner, Harchol-Balter, Scheller-Wolf and Van Houdt, "A Better Model for Job Redundancy:
        /// Decoupling Server Slowdown and Job Size", 2017).
        pub slowness: Option<Factors> = None,
        /// Additional service time for each unit of a request's size (a byte, or the unit of the trace).
        pub service_per_unit: Span = Span::ZERO,
        /// Speed of each server, in the order of the servers; above 0. Without it, every server has speed 1.
        pub speeds: Vec<f64> = Vec::new(),
        /// Weight of each server for the policies that use weights; 1 to 65,535. Without it, every server has weight 1.
        pub weights: Vec<u32> = Vec::new(),
        /// Name of each server, such as "10.0.0.1:80", for the policies that hash it. Without it, the servers of "web" are
        /// called web-0, web-1 and so on; those of its second copy `web[1]-0` and so on.
        pub names: Vec<String> = Vec::new(),
        /// Backup servers, counted from 0: they get requests only while no other server is available.
        pub backups: Vec<usize> = Vec::new(),
        /// The most requests that each balancer may have at each server at once, in the order of the servers; 0 for no
        /// limit. A server at its limit is skipped (nginx `max_conns`). Without it, there is no limit.
        pub max_connections: Vec<u32> = Vec::new(),
        /// How many such fleets, each with its own servers; 1 to 1000.
        pub copies: usize = 1,
    }
    check(self, at) {
        for (field, problem) in self.problems_of_the_queue() {
            at.field(field).error(problem);
        }
        if !at.has(8, "service") && self.demand.is_none() {
            at.error("nothing says how long a request takes: the fleet lacks the field `service` or `demand`");
        }
        if self.servers == 0 || self.servers > 1_000_000 {
            at.field("servers").error("a fleet has 1 to 1,000,000 servers");
        }
        if self.workers == 0 || self.workers > 1_000_000 {
            at.field("workers").error("a server has 1 to 1,000,000 workers");
        }
        if self.copies == 0 || self.copies > 1000 {
            at.field("copies").error("1 to 1000 copies");
        }
        if let Some(server) = self.backups.iter().find(|server| **server >= self.servers) {
            at.field("backups").error(format!("there is no server {server}: the servers are 0 to {}", self.servers - 1));
        }
        if !self.max_connections.is_empty() && self.max_connections.len() != self.servers {
            at.field("max_connections").error(format!(
                "{} limits for {} servers: give one for each", self.max_connections.len(), self.servers
            ));
        }
        if !self.speeds.is_empty() && self.speeds.len() != self.servers {
            at.field("speeds").error(format!("{} speeds for {} servers: give one for each", self.speeds.len(), self.servers));
        }
        if self.speeds.iter().any(|&speed| !(1e-6..=1e6).contains(&speed)) {
            at.field("speeds").error("a speed is from 0.000001 to 1000000");
        }
        if !self.weights.is_empty() && self.weights.len() != self.servers {
            at.field("weights").error(format!("{} weights for {} servers: give one for each", self.weights.len(), self.servers));
        }
        if !self.names.is_empty() && self.names.len() != self.servers {
            at.field("names").error(format!("{} names for {} servers: give one for each", self.names.len(), self.servers));
        }
        if !self.names.is_empty() && self.copies > 1 {
            at.field("names").error("names are for a fleet without copies, whose servers they would not tell apart");
        }
        if let Some(problem) = bad_name(&self.names) {
            at.field("names").error(problem);
        }
        if self.weights.iter().any(|&weight| weight == 0 || weight > 65_535) {
            at.field("weights").error("a weight is from 1 to 65,535; take a server out of service with a fault instead of weight 0");
        }
    }
}

impl FleetSpec {
    /// One server with one worker, where each visit takes as long as `service` says.
    #[must_use]
    pub fn of(service: impl Fills<Distribution>) -> Self {
        Self { service: service.fill(), ..Self::default() }
    }

    /// Which fields of the queue do not go together, and why.
    fn problems_of_the_queue(&self) -> Vec<(&'static str, &'static str)> {
        let mut found = Vec::new();
        let drops = !matches!(self.when_full, WhenFull::DropNewest(_));
        let bounded = self.queue.is_some() || self.queue_bytes.is_some();
        if self.discipline.shares() {
            let unused = [
                ("queue_bytes", self.queue_bytes.is_some()),
                ("longest_wait", self.longest_wait.is_some()),
                ("when_full", drops),
                ("shed", self.shed.is_some()),
            ];
            let unused = unused.into_iter().filter(|(_, is_given)| *is_given);
            found.extend(unused.map(|(field, _)| (field, "with `ProcessorSharing` no request waits for its turn")));
            return found;
        }
        if drops && !bounded {
            found.push(("when_full", "the queue is never full: give `queue` or `queue_bytes`"));
        }
        if let Some(shed) = &self.shed {
            if shed.needs_bound() && !bounded {
                found
                    .push(("shed", "the queue has no bound that it could be filled to: give `queue` or `queue_bytes`"));
            }
            if shed.needs_fifo() && !matches!(self.discipline, Discipline::Fifo(_)) {
                found.push(("shed", "how long a request will wait is only known with `Fifo`"));
            }
        }
        found
    }

    /// Mean service time in seconds on a server of speed 1, without the part that depends on a request's size.
    #[must_use]
    pub fn mean_work(&self) -> f64 {
        let work = self.service.mean() + self.demand.as_ref().map_or(0.0, Distribution::mean);
        work * self.slowness.as_ref().map_or(1.0, Factors::mean)
    }

    /// The clients that its queue distinguishes.
    #[must_use]
    pub fn clients(&self) -> Vec<&Name> {
        let mut named = self.discipline.clients();
        named.extend(self.shed.iter().flat_map(Shed::clients));
        named
    }
}

/// The mistake in the names of servers, if there is one.
fn bad_name(names: &[String]) -> Option<String> {
    if names.iter().any(|name| name.is_empty() || name.len() > 255) {
        return Some("the name of a server has 1 to 255 bytes".to_owned());
    }
    let mut sorted: Vec<&String> = names.iter().collect();
    sorted.sort_unstable();
    let twice = sorted.windows(2).find(|pair| pair[0] == pair[1])?;
    Some(format!("two servers are called {:?}", twice[0]))
}
