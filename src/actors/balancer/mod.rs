//! Balancers: they choose a member for each request. A policy is one file in `policies` and one line in `policy.rs`.
//!
//! A balancer knows of its members only what it has seen itself: what it sent them, what came back, and news of their
//! health, which takes its time. Several balancers in front of one fleet do not know of each other.

pub mod layer;
pub mod policies;
pub mod policy;
pub mod spec;
pub mod view;

pub use layer::{Front, Layer, Proxy};
pub use policy::{Choose, Chooser, Describes, Facts, Policy};
pub use spec::{BalancerSpec, Health};
pub use view::View;

use super::link::{Endpoint, Link};
use super::message::{Core, Message, Passed, reply};
use crate::engine::random::StreamKey;
use crate::engine::{ActorId, Left, Outcome, RequestId, Time};
use crate::measure::{CountIntegral, Windows};
use layer::PINNED;

/// Cumulative figures of a balancer at a boundary of windows.
#[derive(Clone, Debug, Default)]
pub struct Snapshot {
    /// Requests that came.
    pub arrivals: u64,
    /// Requests that left.
    pub departures: u64,
    /// Request-nanoseconds between coming and leaving.
    pub population: u128,
}

/// What a balancer records.
#[derive(Clone, Debug, Default)]
pub struct BalancerRecord {
    /// Requests that came, from time zero on.
    pub arrivals: u64,
    /// Requests that left, from time zero on.
    pub departures: u64,
    /// Requests turned away because no member was up.
    pub no_server: u64,
    /// Requests between coming and leaving.
    pub population: CountIntegral,
    /// Sum of sojourn times in nanoseconds of requests that left, from time zero on.
    pub sojourn: u128,
    /// Figures at the end of the warm-up.
    pub at_warm_up: Snapshot,
    /// Figures at each boundary.
    pub windows: Windows<Snapshot>,
}

/// A balancer at work.
#[derive(Debug)]
pub struct Balancer {
    me: ActorId,
    members: Vec<Endpoint>,
    /// The actor whose servers the members are, one by one; `None` if it is not as simple as that.
    fleet: Option<ActorId>,
    view: View,
    policy: Chooser,
    link: Link,
    choices: StreamKey,
    front: Option<Box<Front>>,
    /// What has been recorded.
    pub record: BalancerRecord,
}

impl Balancer {
    /// A balancer before `members`, each with its weight; `key` names its random streams.
    #[must_use]
    pub fn new(
        me: ActorId,
        policy: &Policy,
        members: Vec<Endpoint>,
        weights: Vec<u32>,
        link: Link,
        key: StreamKey,
    ) -> Self {
        let view = View::new(weights);
        let policy = policy.build(&view);
        let first = members.first().map(|member| member.actor);
        let fleet =
            first.filter(|&actor| (0..).zip(&members).all(|(port, &member)| member == Endpoint { actor, port }));
        Self {
            me,
            members,
            fleet,
            view,
            policy,
            link,
            choices: key.named("choice"),
            front: None,
            record: BalancerRecord::default(),
        }
    }

    /// One event.
    #[inline(always)]
    pub fn handle(&mut self, core: &mut Core, message: Message) -> Passed {
        match message {
            Message::Request { id } => self.forward(core, id),
            Message::Reply { id } => {
                if self.link.arrives_at_once(core, id, self.me) {
                    self.returned(core, id)
                } else {
                    None
                }
            }
            other => {
                self.handle_rare(core, other);
                None
            }
        }
    }

    #[inline(never)]
    fn handle_rare(&mut self, core: &mut Core, message: Message) {
        match message {
            // An answer has travelled the link.
            Message::Returned { id } => {
                let passed = self.returned(core, id);
                core.send_passed(passed);
            }
            Message::MemberUp { member } => self.heard(core, member as usize, true),
            Message::MemberDown { member } => self.heard(core, member as usize, false),
            Message::Closed { connection } => self.unpin(core, connection),
            Message::WarmUpOver => {
                self.record.at_warm_up = self.snapshot(core.now());
                self.front_warmed_up(core.now());
            }
            _ => {}
        }
    }

    /// News of a member.
    #[inline(never)]
    fn heard(&mut self, core: &mut Core, member: usize, up: bool) {
        if self.view.set_up(member, up) {
            self.policy.health_changed(&self.view, member);
            if !up {
                self.break_off(core, member as u32);
            }
        }
    }

    #[inline(always)]
    fn forward(&mut self, core: &mut Core, id: RequestId) -> Passed {
        if self.front.is_some() {
            return self.receive(core, id);
        }
        let now = core.now();
        self.record.arrivals += 1;
        let details = core.requests.details(id);
        let facts = Facts { client: details.client, key: details.key };
        let number = core.requests[id].number;
        let Some(member) = self.policy.choose(&self.view, facts, self.choices, number) else {
            self.turn_away(core, id);
            return None;
        };
        self.view.sent(member);
        self.policy.sent(&self.view, member);
        self.record.population.up(now);
        let to = match self.fleet {
            Some(actor) => Endpoint { actor, port: member as u32 },
            None => self.members[member],
        };
        core.requests.enter(id, self.me, member as u32, now).set_port(to.port);
        self.link.send(core, id, to.actor)
    }

    #[inline(never)]
    fn turn_away(&mut self, core: &mut Core, id: RequestId) {
        self.record.departures += 1;
        self.record.no_server += 1;
        core.requests.decide(id, Outcome::NoServer, self.me);
        let back = core.requests.last(id).map(|stop| stop.actor);
        core.send_passed(reply(back, id));
    }

    #[inline(always)]
    fn returned(&mut self, core: &mut Core, id: RequestId) -> Passed {
        let now = core.now();
        let Left { frame, back, .. } = core.requests.leave(id);
        if frame.tag < PINNED {
            let member = frame.tag as usize;
            self.view.done(member);
            self.policy.done(&self.view, member);
        } else {
            self.pinned_returned(core, id, frame.tag & !PINNED);
        }
        self.record.population.down(now);
        self.record.departures += 1;
        self.record.sojourn += u128::from(now.since(frame.entered).as_nanos());
        reply(back, id)
    }

    fn snapshot(&self, now: Time) -> Snapshot {
        Snapshot {
            arrivals: self.record.arrivals,
            departures: self.record.departures,
            population: self.record.population.area(now),
        }
    }

    /// A window has closed at `now`; `halve` says that pairs of windows must now be merged.
    pub fn window(&mut self, now: Time, halve: bool) {
        let snapshot = self.snapshot(now);
        self.record.windows.push(snapshot);
        self.front_window(now, halve);
        if halve {
            self.record.windows.halve(|first, second| *first = second);
        }
    }
}
