//! Routers: content-based routing. The first rule that matches a request says where it goes.
//!
//! Choosing among servers that do the same belongs in `balancer`.

mod describe;
mod flow;
mod seen;
pub mod spec;

pub use spec::{RouterSpec, RuleSpec};

use super::kit::books::Account;
use super::kit::cancel;
use super::kit::conditions::Conditions;
use super::kit::copies::Copies;
use super::kit::link::Link;
use super::kit::message::{Core, Message, Passed, reply, size_of};
use super::kit::node::Node;
use super::kit::seen::{Covered, NodeInfo, NodeSeen};
use crate::engine::{ActorId, Details, Left, RequestId, Time};
use crate::measure::{Begin, Begun, CountIntegral, Windows};

/// A way out of a router.
#[derive(Debug)]
pub struct Way {
    /// Which requests it is for; that of `otherwise`, which comes last, is for all.
    pub conditions: Conditions,
    /// Where it leads to.
    pub copies: Copies,
    /// The network on it.
    pub link: Link,
}

/// Cumulative figures of a router at a boundary of windows.
#[derive(Clone, Debug, Default)]
pub struct Snapshot {
    /// Requests that came, by the way they took.
    pub by_way: Vec<u64>,
    /// Requests that left.
    pub departures: u64,
    /// Request-nanoseconds between coming and leaving.
    pub population: u128,
}

/// Records of a router.
#[derive(Clone, Debug, Default)]
pub struct RouterRecord {
    /// Requests that came, by the way they took, from time zero on.
    pub by_way: Vec<u64>,
    /// Requests that left, from time zero on.
    pub departures: u64,
    /// Requests between coming and leaving.
    pub population: CountIntegral,
    /// Sum of sojourn times in nanoseconds of requests that left, from time zero on.
    pub sojourn: u128,
    /// Figures at the end of the warm-up.
    pub at_warm_up: Begun<Snapshot>,
    /// Figures at each boundary.
    pub windows: Windows<Snapshot>,
}

/// A router at work.
#[derive(Debug)]
pub struct Router {
    me: ActorId,
    ways: Vec<Way>,
    /// Records of its requests.
    pub record: RouterRecord,
}

impl Router {
    /// A router with its links in the order of its rules; the last takes the requests that match no other.
    #[must_use]
    pub fn new(me: ActorId, ways: Vec<Way>) -> Self {
        let record = RouterRecord { by_way: vec![0; ways.len()], ..RouterRecord::default() };
        Self { me, ways, record }
    }

    /// One event.
    pub fn handle(&mut self, core: &mut Core, message: Message) -> Passed {
        match message {
            Message::Request { id } => self.forward(core, id),
            Message::Reply { id } => {
                let way = core.requests.last(id)?.tag as usize;
                if self.ways[way].link.arrives_at_once(core, id, self.me) { self.returned(core, id) } else { None }
            }
            Message::Returned { id } => self.returned(core, id),
            Message::Cancel { id } => {
                cancel::follow(core, id, self.me, |way| &self.ways[way as usize].link);
                None
            }
            _ => None,
        }
    }

    fn forward(&mut self, core: &mut Core, id: RequestId) -> Passed {
        let now = core.now();
        let details = Details { size: size_of(&core.requests, id), ..core.requests.details(id) };
        if details.connection.shared().is_some() {
            core.requests.describe(id).connection.end();
        }
        let (class, number) = (core.requests[id].class, core.requests[id].number);
        let last = self.ways.len() - 1;
        let way = self.ways[..last].iter().position(|way| way.conditions.fit(class, &details)).unwrap_or(last);
        self.record.by_way[way] += 1;
        self.record.population.up(now);
        let Way { copies, link, .. } = &mut self.ways[way];
        let to = copies.choose(number, details.client);
        core.requests.enter(id, self.me, way as u32, now).set_port(to.port);
        link.send(core, id, to.actor)
    }

    fn returned(&mut self, core: &mut Core, id: RequestId) -> Passed {
        let now = core.now();
        let Left { frame, back, .. } = core.requests.leave(id);
        self.record.population.down(now);
        self.record.departures += 1;
        self.record.sojourn += u128::from(now.since(frame.entered).as_nanos());
        reply(back, id)
    }

    fn snapshot(&self, now: Time) -> Snapshot {
        Snapshot {
            by_way: self.record.by_way.clone(),
            departures: self.record.departures,
            population: self.record.population.area(now),
        }
    }
}

impl Node for Router {
    #[inline(always)]
    fn handle(&mut self, core: &mut Core, message: Message) -> Passed {
        self.handle(core, message)
    }

    fn account(&self, over: Time) -> Account {
        let record = &self.record;
        Account::of(record.by_way.iter().sum(), record.departures, &record.population, record.sojourn, over)
    }

    fn seen(&self, covered: &Covered<'_>, info: &NodeInfo) -> NodeSeen {
        seen::seen(self, covered, info)
    }

    fn window(&mut self, now: Time, halve: bool) {
        let snapshot = self.snapshot(now);
        self.record.windows.close(snapshot, halve);
    }

    fn measure(&mut self, now: Time, begin: Begin) {
        let figures = self.snapshot(now);
        self.record.at_warm_up.begin(begin, figures, ());
    }
}
