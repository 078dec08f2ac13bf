//! The descriptions of fleets: what a system finds out about them before a run.

use super::Discipline;
use super::MAX_ROWS;
use super::flow;
use super::queue::Queues;
use super::{Classes, Fleet, FleetSpec};
use crate::actors::Actor;
use crate::actors::kit::build::Building;
use crate::actors::kit::describe::{Describe, Edge, Gives, Held, Mention, Servers};
use crate::actors::kit::faults::FaultSpec;
use crate::actors::kit::flow::{Flow, Visit};
use crate::actors::kit::footprint::{HISTOGRAM, WAIT_TOKEN, WINDOW, WINDOWS};
use crate::actors::kit::queueing::Queueing;
use crate::actors::kit::site::Site;
use crate::distributions::Distribution;
use crate::schema::quantity::Span;
use crate::stats::theory;

/// Bytes of a server, with its speed, its processor-sharing state and its part of the results.
const SERVER: u64 = 200;

impl Describe for FleetSpec {
    fn copies(&self) -> usize {
        self.copies
    }

    fn edges(&self) -> Vec<Edge<'_>> {
        Vec::new()
    }

    /// Its servers fail one by one.
    fn has_host(&self) -> bool {
        false
    }

    fn servers(&self) -> Option<Servers<'_>> {
        let refuses = self.queue_bytes.is_some() || self.longest_wait.is_some() || self.shed.is_some();
        let room = self.queue.map_or(u64::MAX, |queue| (queue as u64).saturating_add(u64::from(self.workers)));
        Some(Servers {
            count: self.servers,
            copies: self.copies,
            workers: self.workers,
            weights: &self.weights,
            speeds: &self.speeds,
            names: &self.names,
            backups: &self.backups,
            max_connections: &self.max_connections,
            holds: if refuses { 0 } else { room },
        })
    }

    fn mentions(&self) -> Vec<Mention<'_>> {
        vec![Mention { clients: self.clients(), words: ["for this queue", "this queue never sees one"] }]
    }

    fn check_fault(&self, name: &str, fault: &FaultSpec) -> Vec<(String, Option<&'static str>)> {
        let unknown = fault.servers.iter().flatten().find(|server| **server >= self.servers);
        let problem =
            |server| (format!("\"{name}\" has no server {server}: its servers are 0 to {}", self.servers - 1), None);
        unknown.map(problem).into_iter().collect()
    }

    fn work(&self, size: f64) -> (f64, f64) {
        flow::moments_of_work(self, self.service_per_unit.seconds() * size)
    }

    fn rejects(&self, _site: &Site<'_>) -> bool {
        self.queue.is_some() || self.queue_bytes.is_some() || self.longest_wait.is_some() || self.shed.is_some()
    }

    fn flow<'a>(&'a self, visit: &mut Visit<'_, 'a>, flows: Vec<Flow>) {
        let load = flow::load(visit, self, &flows);
        visit.station(load);
    }

    fn gives(&self) -> Gives {
        Gives::Servers
    }

    fn holds_back(&self) -> Vec<Held> {
        vec![Held::alone("in_system")]
    }

    fn workers(&self) -> f64 {
        self.servers as f64 * f64::from(self.workers)
    }

    fn workers_in_use(&self) -> f64 {
        self.servers().map_or(0, |servers| servers.in_use().count()) as f64 * f64::from(self.workers)
    }

    fn serves_by_class(&self) -> bool {
        !self.clients().is_empty()
    }

    fn queueing(&self) -> Option<Queueing> {
        let is_plain = !Queues::are_needed(self)
            && self.backups.is_empty()
            && self.max_connections.is_empty()
            && self.copies == 1
            && self.demand.is_none()
            && self.slowness.is_none()
            && self.speeds.windows(2).all(|pair| pair[0] == pair[1])
            && self.weights.windows(2).all(|pair| pair[0] == pair[1]);
        let mean = self.service.mean() / self.speeds.first().copied().unwrap_or(1.0);
        let station = theory::Station {
            arrivals: theory::Arrivals::Poisson { rate: 1.0 },
            service: match &self.service {
                Distribution::Exponential(_) => theory::Service::Exponential { mean },
                Distribution::Constant(_) => theory::Service::Deterministic { mean },
                other => theory::Service::General { mean, scv: other.scv() },
            },
            servers: self.workers as usize,
            queue: self.queue,
            discipline: match self.discipline {
                Discipline::ProcessorSharing(_) => theory::Discipline::ProcessorSharing,
                // Fleets with other orders are not taken apart.
                _ => theory::Discipline::Fifo,
            },
        };
        is_plain.then_some(Queueing::Servers {
            count: self.servers,
            station,
            by_size: self.service_per_unit != Span::ZERO,
        })
    }

    fn footprint(&self, _site: &Site<'_>, classes: u64) -> u64 {
        let rows = self.servers.min(MAX_ROWS) as u64;
        // Waiting and service of each class; busy time by row, as counted and as a share.
        self.servers as u64 * SERVER + classes * 2 * HISTOGRAM + WINDOWS * (WINDOW + rows * 24)
    }

    fn kept_of_a_request(&self) -> u64 {
        if Queues::are_needed(self) { WAIT_TOKEN } else { 0 }
    }

    fn build(&self, building: &mut Building<'_, '_>) -> Result<Actor, String> {
        let site = building.kit.site;
        // Copies share their streams: a request needs the same work whichever copy it comes to.
        let class_of = |name: &str| site.class_of(name);
        let classes = Classes { count: site.makers().len(), class_of: &class_of };
        let key = building.key();
        let mut fleet = Fleet::new(building.me, self, &classes, key, building.timetable(self.servers, |_| true));
        // The requests that a crashed host has passed on are cancelled.
        if !building.kit.hosts().is_empty() || site.asks().impatience {
            fleet.expect_impatience(self, &classes, key);
        }
        if site.asks().late_work {
            fleet.note_work();
        }
        // Checks of balancers may come through other balancers.
        if site.asks().checks {
            fleet.expect_checks();
        }
        Ok(Actor::Fleet(Box::new(fleet)))
    }
}
