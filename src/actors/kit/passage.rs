//! The common part of nodes that stand in front of another node, such as limiters and breakers: the link to that node,
//! and counts of requests that arrived, passed and were rejected.
//!
//! Such a node has as many servers as the node behind it: a request for one of them is passed on to the same. Which
//! requests pass is decided by limiters and breakers.

use super::cancel::{self, Found};
use super::copies::Copies;
use super::link::Link;
use super::message::{CHECK_CLASS, Core, Message, Passed, reply};
use super::seen::{Covered, NodeInfo, NodeSeen, ratio, word};
use crate::engine::{ActorId, Duration, Left, Outcome, RequestId, Time};
use crate::measure::{Begin, Begun, CountIntegral, Unit, Windows};
use crate::schema::{choice, record};

record! {
    /// Everything behind the node together.
    pub struct WholeService {}
}

record! {
    /// Each server of the fleet behind the node.
    pub struct EachServer {}
}

choice! {
    /// Whether a node keeps one state for everything behind it, or one for each server.
    pub enum Per {
        Service(WholeService),
        Server(EachServer),
    }
}

impl Per {
    /// The number of states with `servers` servers behind the node; at least one.
    #[must_use]
    pub fn count(&self, servers: usize) -> usize {
        match self {
            Self::Service(_) => 1,
            Self::Server(_) => servers.max(1),
        }
    }
}

/// The part of a message that is left for the node, after the handling that all such nodes have in common.
#[derive(Clone, Copy, Debug)]
pub enum Taken {
    /// A request has arrived that has not been abandoned; it has not been entered in the return path.
    Came(RequestId),
    /// The answer to a request that entered is back.
    Back(RequestId),
    /// A request that is here, or on the link from here, was cancelled and is marked.
    Cancelled(RequestId),
    /// Something of the node's own.
    Other(Message),
    /// Nothing.
    Handled(Passed),
}

/// Cumulative figures at a boundary of windows.
#[derive(Clone, Copy, Debug, Default)]
pub struct Snapshot {
    /// Requests that came.
    pub arrivals: u64,
    /// Requests that were rejected.
    pub rejected: u64,
    /// Requests that left, however they ended.
    pub departures: u64,
    /// Request-nanoseconds between coming and leaving.
    pub population: u128,
}

/// Records of requests that pass a node, including health checks.
#[derive(Clone, Debug, Default)]
pub struct PassageRecord {
    /// Requests that came, from time zero on.
    pub arrivals: u64,
    /// Requests that were rejected, from time zero on.
    pub rejected: u64,
    /// Requests that left, from time zero on. Requests for whose answer this node does not wait leave as they pass.
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

impl PassageRecord {
    /// The cumulative figures now.
    #[must_use]
    pub fn snapshot(&self, now: Time) -> Snapshot {
        Snapshot {
            arrivals: self.arrivals,
            rejected: self.rejected,
            departures: self.departures,
            population: self.population.area(now),
        }
    }

    /// Called when measuring begins.
    pub fn measure(&mut self, now: Time, begin: Begin) {
        self.at_warm_up.begin(begin, self.snapshot(now), ());
    }

    /// A window has closed at `now`; `halve` says that pairs of windows must now be merged.
    pub fn window(&mut self, now: Time, halve: bool) {
        self.windows.close(self.snapshot(now), halve);
    }
}

/// The way on from a node that requests pass.
#[derive(Debug)]
pub struct Passage {
    /// The node's own address.
    pub me: ActorId,
    copies: Copies,
    link: Link,
    /// Records of these requests.
    pub record: PassageRecord,
}

impl Passage {
    /// The way from `me` over `link` to a node or its copies.
    #[must_use]
    pub fn new(me: ActorId, copies: Copies, link: Link) -> Self {
        Self { me, copies, link, record: PassageRecord::default() }
    }

    /// The network on the way.
    #[must_use]
    pub fn link(&self) -> &Link {
        &self.link
    }

    /// True if answers pass even if this node does not need them, because the network takes time.
    #[must_use]
    pub fn is_long(&self) -> bool {
        !matches!(self.link, Link::Direct)
    }

    /// Handles the messages that are the same at all such nodes, and returns the others.
    #[inline(always)]
    pub fn take(&mut self, core: &mut Core, message: Message) -> Taken {
        match message {
            Message::Request { id } => self.came(core, id),
            Message::Reply { id } => {
                if self.link.arrives_at_once(core, id, self.me) {
                    self.back(core, id)
                } else {
                    Taken::Handled(None)
                }
            }
            other => self.take_rare(core, other),
        }
    }

    #[inline(never)]
    fn take_rare(&mut self, core: &mut Core, message: Message) -> Taken {
        match message {
            Message::Returned { id } => return self.back(core, id),
            Message::Cancel { id } => {
                if cancel::follow(core, id, self.me, |_| &self.link) == Found::Here {
                    return Taken::Cancelled(id);
                }
            }
            // A balancer of layer 4 behind may hold a place for it.
            Message::Closed { .. } => self.copies.all().for_each(|to| core.send(to.actor, message)),
            other => return Taken::Other(other),
        }
        Taken::Handled(None)
    }

    #[inline(always)]
    fn came(&mut self, core: &mut Core, id: RequestId) -> Taken {
        self.record.arrivals += 1;
        let request = &core.requests[id];
        if (request.class == CHECK_CLASS) | (request.outcome == Outcome::Cancelled) {
            return Taken::Handled(self.let_other_by(core, id));
        }
        Taken::Came(id)
    }

    /// Lets a health check pass, which no record counts, or answers a request that was cancelled on its way here.
    #[inline(never)]
    fn let_other_by(&mut self, core: &mut Core, id: RequestId) -> Passed {
        if core.requests[id].class == CHECK_CLASS {
            return self.let_by(core, id);
        }
        self.record.departures += 1;
        reply(core.requests.last(id).map(|stop| stop.actor), id)
    }

    #[inline(always)]
    fn back(&mut self, core: &mut Core, id: RequestId) -> Taken {
        if core.requests[id].class == CHECK_CLASS {
            return Taken::Handled(reply(self.leave(core, id).back, id));
        }
        Taken::Back(id)
    }

    /// Sends a request on, to the same server that it came for.
    #[inline]
    pub fn send(&mut self, core: &mut Core, id: RequestId) -> Passed {
        let request = &core.requests[id];
        let to = match self.copies.only() {
            Some(only) => only,
            None => self.copies.choose(request.number, core.requests.details(id).client),
        };
        self.link.send(core, id, to.actor)
    }

    /// A request arrives whose answer this node does not need.
    #[inline]
    pub fn let_by(&mut self, core: &mut Core, id: RequestId) -> Passed {
        if self.is_long() {
            self.enter(core, id, 0);
        } else {
            self.record.departures += 1;
        }
        self.send(core, id)
    }

    /// A request stays here, or its answer must come by; `tag` is the node's own note.
    #[inline]
    pub fn enter(&mut self, core: &mut Core, id: RequestId, tag: u32) {
        let now = core.now();
        self.record.population.up(now);
        core.requests.enter(id, self.me, tag, now);
    }

    /// The node changes its tag of a request that waits here; its time at the node counts from now on.
    pub fn note(&mut self, core: &mut Core, id: RequestId, tag: u32) {
        let now = core.now();
        if let Some(stop) = core.requests.last(id) {
            self.record.sojourn += u128::from(now.since(stop.entered).as_nanos());
            core.requests.retag(id, tag, now);
        }
    }

    /// A request that entered leaves: its answer has come back, or it goes on without being waited for.
    #[inline]
    pub fn leave<'a>(&mut self, core: &'a mut Core, id: RequestId) -> Left<'a> {
        let now = core.now();
        let left = core.requests.leave(id);
        self.record.population.down(now);
        self.record.departures += 1;
        self.record.sojourn += u128::from(now.since(left.frame.entered).as_nanos());
        left
    }

    /// Rejects a request that has not entered; `retry_after` of zero stands for none.
    #[inline(never)]
    pub fn reject(&mut self, core: &mut Core, id: RequestId, outcome: Outcome, retry_after: Duration) -> Passed {
        self.record.departures += 1;
        self.note_rejection(core, id, outcome, retry_after);
        reply(core.requests.last(id).map(|stop| stop.actor), id)
    }

    /// Rejects a request that has entered and waits.
    #[inline(never)]
    pub fn reject_entered(&mut self, core: &mut Core, id: RequestId, outcome: Outcome, after: Duration) -> Passed {
        let back = self.leave(core, id).back;
        self.note_rejection(core, id, outcome, after);
        reply(back, id)
    }

    fn note_rejection(&mut self, core: &mut Core, id: RequestId, outcome: Outcome, retry_after: Duration) {
        self.record.rejected += 1;
        core.requests.decide(id, outcome, self.me);
        core.requests.describe(id).retry_after = retry_after;
    }
}

/// The numbers and series of a node that requests pass.
#[must_use]
pub fn seen(passage: &Passage, covered: &Covered<'_>, info: &NodeInfo) -> NodeSeen {
    let record = &passage.record;
    let windows = record.windows.values();
    let came = record.arrivals - record.at_warm_up.arrivals;
    let rejected = record.rejected - record.at_warm_up.rejected;
    let share = ratio(rejected as f64, came as f64);
    NodeSeen {
        weights: vec![(word("share_rejected"), came as f64)],
        values: vec![
            (word("arrivals"), word("arrivals"), Unit::PerSecond, ratio(came as f64, covered.span())),
            (word("rejected"), word("rejected"), Unit::PerSecond, ratio(rejected as f64, covered.span())),
            (word("share rejected"), word("share_rejected"), Unit::Fraction, share),
        ],
        series: vec![
            (word("arrivals"), Unit::PerSecond, covered.rates(windows.iter().map(|window| window.arrivals))),
            (word("rejected"), Unit::PerSecond, covered.rates(windows.iter().map(|window| window.rejected))),
            (word("in_system"), Unit::Count, covered.means(windows.iter().map(|window| window.population), 1.0)),
        ],
        ..NodeSeen::of(info)
    }
}
