//! A fleet in the words of the language.

use crate::distributions::Distribution;
use crate::schema::quantity::Span;
use crate::schema::{choice, record};

record! {
    /// First come, first served: a request waits until a worker is free, which then works on it alone.
    pub struct Fifo {}
}

record! {
    /// All requests on a server are worked on at once and share its processors equally, none getting more than one.
    pub struct ProcessorSharing {}
}

choice! {
    /// In what order a server works on its requests.
    pub enum Discipline {
        Fifo(Fifo),
        ProcessorSharing(ProcessorSharing),
    }
}

record! {
    /// Servers that do the work, all alike but for speed and weight.
    pub struct FleetSpec {
        /// How many servers; 1 to 1,000,000.
        pub servers: usize = 1,
        /// Requests a server works on at once: threads, processes or processors; 1 to 1,000,000.
        pub workers: u32 = 1,
        /// In what order a server works on its requests.
        pub discipline: Discipline = Discipline::Fifo(Fifo {}),
        /// Requests that may wait at one server beside those in service; without it, the queue is unbounded. A full
        /// queue turns requests away.
        pub queue: Option<usize> = None,
        /// How long a request takes on a server of speed 1.
        pub service: Distribution,
        /// Work for each unit of a request's size (bytes, or the unit of the trace), beside `service`.
        pub service_per_unit: Span = Span::ZERO,
        /// Speed of each server, in the order of the servers; above 0. Without it, every server has speed 1.
        pub speeds: Vec<f64> = Vec::new(),
        /// Weight of each server for the policies that use weights; 1 to 65,535. Without it, every server has weight 1.
        pub weights: Vec<u32> = Vec::new(),
        /// Name of each server, such as "10.0.0.1:80", for the policies that hash it. Without it, the servers of "web" are
        /// called web-0, web-1 and so on; those of its second copy `web[1]-0` and so on.
        pub names: Vec<String> = Vec::new(),
        /// Servers that get requests only while a balancer has no other to turn to, counted from 0.
        pub backups: Vec<usize> = Vec::new(),
        /// Requests that each balancer may have at each server at once, in the order of the servers; 0 for any number.
        /// A server that has as many is passed over (nginx `max_conns`). Without it, any number.
        pub max_connections: Vec<u32> = Vec::new(),
        /// How many such fleets, each with its own servers; 1 to 1000.
        pub copies: usize = 1,
    }
    check(self, at) {
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

/// What is wrong with the names of servers.
fn bad_name(names: &[String]) -> Option<String> {
    if names.iter().any(|name| name.is_empty() || name.len() > 255) {
        return Some("the name of a server has 1 to 255 bytes".to_owned());
    }
    let mut sorted: Vec<&String> = names.iter().collect();
    sorted.sort_unstable();
    let twice = sorted.windows(2).find(|pair| pair[0] == pair[1])?;
    Some(format!("two servers are called {:?}", twice[0]))
}
