//! Hosts: the machine or process that a node without servers runs on, which faults may hit. All messages to the node
//! pass its host, which passes them on unless a fault is active.
//!
//! When faults occur belongs in `faults`; what a node loses when its host crashes belongs to the node.

use super::kit::books::Account;
use super::kit::cancel;
use super::kit::faults::{Active, Fault, Timetable};
use super::kit::link::Link;
use super::kit::message::{CHECK_CLASS, Core, Message, Passed, reply};
use super::kit::node::Node;
use super::kit::outage::Outage;
use super::kit::passage::PassageRecord;
use super::kit::seen::{Covered, NodeInfo, NodeSeen};
use super::kit::signals::Subscriber;
use crate::distributions::Sampler;
use crate::engine::random::{Bits, StreamKey};
use crate::engine::{ActorId, Duration, Hold, Left, Outcome, RequestId, Time};
use crate::measure::Begin;

/// The host of one node.
#[derive(Debug)]
pub struct Host {
    me: ActorId,
    node: ActorId,
    faults: Timetable,
    active: Active,
    is_up: bool,
    /// Share of requests that fail.
    error_rate: f64,
    errors: StreamKey,
    /// By how much requests are late, by the faults that are active; each with its draws.
    delays: Vec<(Sampler, StreamKey)>,
    delay_key: StreamKey,
    /// Times that it went down: a request is noted with how many there were when it came.
    crashes: u32,
    /// The subscribers to its reports.
    subscribers: Vec<Subscriber>,
    /// When it was down; it has no servers to tell apart.
    pub outages: Vec<Outage>,
    /// Records of requests.
    pub record: PassageRecord,
}

impl Host {
    /// The host `me` of `node`; `key` names its random streams.
    #[must_use]
    pub fn new(me: ActorId, node: ActorId, faults: Timetable, key: StreamKey) -> Self {
        Self {
            me,
            node,
            faults,
            active: Active::default(),
            is_up: true,
            error_rate: 0.0,
            errors: key.named("errors"),
            delays: Vec::new(),
            delay_key: key.named("delay"),
            crashes: 0,
            subscribers: Vec::new(),
            outages: Vec::new(),
            record: PassageRecord::default(),
        }
    }

    /// The node that runs on it.
    #[must_use]
    pub fn node(&self) -> ActorId {
        self.node
    }

    /// True if it may go down.
    #[must_use]
    pub fn may_crash(&self) -> bool {
        self.faults.faults().any(|fault| matches!(fault, Fault::Crash(_)))
    }

    /// One event.
    #[inline(never)]
    pub fn handle(&mut self, core: &mut Core, message: Message) -> Passed {
        match message {
            Message::Request { id } => return self.came(core, id),
            Message::Reply { id } | Message::Returned { id } => return self.back(core, id),
            Message::Fault { index } => self.fault(core, index),
            Message::Cancel { id } => {
                cancel::follow(core, id, self.me, |_| &Link::Direct);
            }
            other => return Some((self.node, other)),
        }
        None
    }

    fn came(&mut self, core: &mut Core, id: RequestId) -> Passed {
        let now = core.now();
        self.record.arrivals += 1;
        let number = core.requests[id].number;
        if core.requests[id].outcome == Outcome::Cancelled {
            self.record.departures += 1;
            return reply(core.requests.last(id).map(|stop| stop.actor), id);
        }
        if !self.is_up {
            if let (Some(outage), Some(sender)) = (self.outages.last_mut(), core.requests.last(id))
                && core.requests[id].class != CHECK_CLASS
            {
                outage.sent(sender.actor, sender.entered);
            }
            return self.reject(core, id, Outcome::Refused);
        }
        if self.error_rate > 0.0 && self.errors.draws(number).uniform() < self.error_rate {
            return self.reject(core, id, Outcome::Error);
        }
        self.record.population.up(now);
        core.requests.enter(id, self.me, self.crashes, now);
        let message = Message::Request { id };
        if self.delays.is_empty() {
            return Some((self.node, message));
        }
        let late = self.delays.iter().map(|(law, key)| law.sample(&mut key.draws(number))).sum();
        core.send_after(Duration::from_secs_f64(late), self.node, message);
        None
    }

    /// Rejects a request that has not entered.
    fn reject(&mut self, core: &mut Core, id: RequestId, outcome: Outcome) -> Passed {
        self.record.rejected += 1;
        self.record.departures += 1;
        core.requests.decide(id, outcome, self.node);
        reply(core.requests.last(id).map(|stop| stop.actor), id)
    }

    fn back(&mut self, core: &mut Core, id: RequestId) -> Passed {
        let now = core.now();
        let Left { frame, back, .. } = core.requests.leave(id);
        self.record.population.down(now);
        self.record.departures += 1;
        self.record.sojourn += u128::from(now.since(frame.entered).as_nanos());
        if frame.tag != self.crashes {
            core.requests.decide(id, Outcome::Crashed, self.node);
        }
        reply(back, id)
    }

    fn fault(&mut self, core: &mut Core, index: u32) {
        let turn = self.faults.turn(core, self.me, index);
        self.active.take(&self.faults, turn);
        self.error_rate = self.active.error_rate(&self.faults);
        self.delays = self.active.delays(&self.faults, self.delay_key);
        let was_up = std::mem::replace(&mut self.is_up, !self.active.is_down(&self.faults));
        match (was_up, self.is_up) {
            (true, false) => {
                self.outages.push(Outage { server: 0, down: core.now(), up: None, misdirected: Vec::new() });
                self.crash(core);
            }
            (false, true) => {
                if let Some(outage) = self.outages.last_mut() {
                    outage.up = Some(core.now());
                }
                core.send(self.node, Message::Restarted);
            }
            _ => return,
        }
        self.announce(core);
    }

    /// Everything that is here or behind is lost: the node loses its state and answers the requests that wait in it,
    /// and the requests that it has passed on are cancelled at the nodes behind, as when their connections close.
    fn crash(&mut self, core: &mut Core) {
        let holds = |id: RequestId| core.requests.stops(id).any(|stop| stop.actor == self.me);
        let held: Vec<RequestId> = core.requests.iter().map(|(id, _)| id).filter(|&id| holds(id)).collect();
        self.crashes += 1;
        core.send(self.node, Message::Crashed);
        for id in held {
            // Its client may have cancelled it already.
            if !core.requests.is_held(id, Hold::Cancellation) {
                core.requests.hold(id, Hold::Cancellation);
                core.send(self.me, Message::Cancel { id });
            }
        }
    }

    fn announce(&self, core: &mut Core) {
        for subscriber in &self.subscribers {
            subscriber.tell(core, 0, self.is_up);
        }
    }
}

impl Node for Host {
    #[inline(always)]
    fn handle(&mut self, core: &mut Core, message: Message) -> Passed {
        self.handle(core, message)
    }

    fn start(&mut self, core: &mut Core) {
        self.faults.start(core, self.me);
    }

    fn account(&self, over: Time) -> Account {
        Account::of_passage(&self.record, over)
    }

    fn seen(&self, _covered: &Covered<'_>, info: &NodeInfo) -> NodeSeen {
        NodeSeen::of(info)
    }

    fn may_crash(&self) -> bool {
        self.may_crash()
    }

    fn outages(&self) -> &[Outage] {
        &self.outages
    }

    fn window(&mut self, now: Time, halve: bool) {
        self.record.window(now, halve);
    }

    fn measure(&mut self, now: Time, begin: Begin) {
        self.record.measure(now, begin);
    }

    fn subscribe(&mut self, subscriber: Subscriber) {
        self.subscribers.push(subscriber);
    }
}
