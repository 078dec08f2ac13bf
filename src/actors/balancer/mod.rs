//! Balancers: they choose a member for each request. A policy is one file in `policies` and one line in its list.
//!
//! A balancer knows about its members only what it has observed itself: the requests it sent them, their answers, and
//! reports about their health, which may be delayed. Several balancers in front of one fleet do not know of each other.

mod advice;
pub mod attempts;
mod describe;
mod flow;
pub mod health;
pub mod heap;
pub mod layer;
mod line_flow;
mod notes;
pub mod policies;
pub mod policy;
pub mod queue;
pub mod remapping;
mod seen;
pub mod spec;
pub mod subset;
#[cfg(test)]
mod tests;
pub mod ties;
pub mod view;
mod watched;

pub use health::Health;
pub use layer::{Front, Layer, Proxy};
pub use policies::{Chooser, Policy};
pub use policy::{Answer, Choose, Describes, Facts, Load, Subscription};
pub use queue::Line;
pub use remapping::Remapping;
pub use spec::BalancerSpec;
pub use view::View;

use super::kit::books::{Account, Part};
use super::kit::node::Node;
use super::kit::node::Remapped;
use super::kit::seen::{Covered, NodeInfo, NodeSeen};
use super::resources::Station;
use std::sync::Arc;

use super::kit::cancel;
use super::kit::link::{self, Endpoint, Link};
use super::kit::message::{Core, Message, Passed, reply};
use crate::engine::random::{StreamKey, mix};
use crate::engine::{ActorId, Duration, Frame, Handle, Left, Outcome, RequestId, Requests, Time};
use crate::measure::{Begin, Begun, CountIntegral, Sum, Windows};
use health::{Timer, Watch};
use notes::{IN_PROXY, PINNED, WAITING};

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

/// Records of a balancer.
#[derive(Clone, Debug, Default)]
pub struct BalancerRecord {
    /// Requests that came, from time zero on.
    pub arrivals: u64,
    /// Requests that left, from time zero on.
    pub departures: u64,
    /// Requests rejected because no member was up.
    pub no_server: u64,
    /// Requests between coming and leaving.
    pub population: CountIntegral,
    /// Sum of sojourn times in nanoseconds of requests that left, from time zero on.
    pub sojourn: Sum,
    /// Figures at the end of the warm-up.
    pub at_warm_up: Begun<Snapshot>,
    /// Figures at each boundary.
    pub windows: Windows<Snapshot>,
}

/// A balancer at work.
#[derive(Debug)]
pub struct Balancer {
    me: ActorId,
    members: Vec<Endpoint>,
    /// The fleet whose servers the members are, one by one, if requests only pass the balancer on direct links: it does not
    /// watch its members, sends no probes and has no proxy or queue.
    plain: Option<ActorId>,
    view: View,
    policy: Chooser,
    link: Link,
    choices: StreamKey,
    /// State for watching its members; `None` if it does not.
    watch: Option<Box<Watch>>,
    /// Its members by their numbers in the whole list, in order; `None` if it sees them all.
    subset: Option<Arc<[u32]>>,
    /// The draws of probes, if the policy sends any.
    probing: Option<StreamKey>,
    /// The members to be probed with a request: kept between requests for its memory alone.
    ask: Vec<u32>,
    front: Option<Box<Front>>,
    /// Where its policy places by a hash.
    remapping: Option<Box<Remapping>>,
    /// Counts and times recorded so far.
    pub record: BalancerRecord,
}

impl Balancer {
    /// A balancer in front of `members`, the same as in `view`; `key` names its random streams.
    #[must_use]
    pub fn new(me: ActorId, policy: &Policy, members: Vec<Endpoint>, view: View, link: Link, key: StreamKey) -> Self {
        let probing = (policy.subscription() == Subscription::Probes).then(|| key.named("probe"));
        let remapping = policy.places_by_hash().then(|| Box::new(Remapping::new(view.len())));
        let policy = policy.build(&view);
        let first = members.first().map(|member| member.actor);
        let fleet =
            first.filter(|&actor| (0..).zip(&members).all(|(port, &member)| member == Endpoint { actor, port }));
        Self {
            me,
            members,
            plain: fleet.filter(|_| probing.is_none() && matches!(link, Link::Direct)),
            view,
            policy,
            link,
            choices: key.named("choice"),
            subset: None,
            probing,
            ask: Vec::new(),
            watch: None,
            front: None,
            remapping,
            record: BalancerRecord::default(),
        }
    }

    /// Lets it watch its members.
    pub fn set_watch(&mut self, watch: Option<Box<Watch>>) {
        if watch.is_some() {
            self.plain = None;
        }
        self.watch = watch;
    }

    /// Its state for watching members, if it watches them.
    #[must_use]
    pub fn watch(&self) -> Option<&Watch> {
        self.watch.as_deref()
    }

    /// How many clients or keys have changed their member, where its policy places them by a hash.
    #[must_use]
    pub fn remapping(&self) -> Option<&Remapping> {
        self.remapping.as_deref()
    }

    /// The addresses of its members.
    #[must_use]
    pub fn members(&self) -> &[Endpoint] {
        &self.members
    }

    /// The same balancer with only some of all members, which are numbered as `subset` says, in order.
    #[must_use]
    pub fn with_subset(self, subset: Arc<[u32]>) -> Self {
        debug_assert_eq!(subset.len(), self.view.len());
        Self { subset: Some(subset), ..self }
    }

    /// The network between the balancer and its members.
    #[must_use]
    pub fn link(&self) -> &Link {
        &self.link
    }

    /// Its members by their numbers in the whole list; `None` if it sees them all.
    #[must_use]
    pub fn subset(&self) -> Option<&Arc<[u32]>> {
        self.subset.as_ref()
    }

    /// One event.
    #[inline(always)]
    pub fn handle(&mut self, core: &mut Core, message: Message) -> Passed {
        match message {
            Message::Request { id } => match self.plain {
                Some(fleet) => self.forward_plain(core, id, fleet),
                None => self.forward(core, id),
            },
            Message::Reply { id } => match self.plain {
                Some(_) => self.returned_plain(core, id),
                None => self.reply_sets_out(core, id),
            },
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
            Message::MemberUp { member } => self.heard(core, member, true),
            Message::MemberDown { member } => self.heard(core, member, false),
            Message::Health { timer } => self.health_timer(core, Timer::unpack(timer)),
            Message::MemberIdle { member } => {
                if let Some(member) = self.own(member) {
                    self.policy.idle(&self.view, member);
                }
            }
            Message::ProbeAnswer { id } => {
                let number = core.requests[id].number;
                self.link.carry(core, number, self.me, Message::ProbeReturned { id }, false);
            }
            Message::ProbeReturned { id } => self.probed(core, id),
            Message::Closed { connection } => self.unpin(core, connection),
            Message::Crashed => self.crashed(core),
            Message::Restarted => self.restarted(),
            Message::Fault { index } => self.slowed(core, index),
            Message::WaitedOut { id } => {
                let passed = self.waited_out(core, id);
                core.send_passed(passed);
            }
            Message::CallTimeout { id } => {
                let passed = self.attempt_overdue(core, id);
                core.send_passed(passed);
            }
            Message::Cancel { id } => {
                if cancel::follow(core, id, self.me, |_| &self.link) == cancel::Found::Here {
                    self.cancelled_here(core, id);
                }
            }
            _ => {}
        }
    }

    /// The balancer's own number of member number `member` of all; `None` if the member is not one of its own.
    fn own(&self, member: u32) -> Option<usize> {
        match &self.subset {
            None => Some(member as usize),
            Some(subset) => subset.binary_search(&member).ok(),
        }
    }

    /// Sends the probes that go with a request. A probe is a request that no client waits for.
    #[inline(never)]
    fn probe(&mut self, core: &mut Core, key: StreamKey, id: RequestId) {
        let (now, number) = (core.now(), core.requests[id].number);
        let mut draws = key.draws(number);
        self.ask.clear();
        self.policy.probes(&self.view, &mut draws, &mut self.ask);
        for (place, &member) in (0..).zip(&self.ask) {
            let to = self.members[member as usize];
            // Numbers of their own, for the draws of the network.
            let number = mix(mix(number) ^ mix(key.number().wrapping_add(place)));
            let (id, request) = core.create_request(number, 0);
            request.set_abandoned();
            request.set_port(to.port);
            request.set_out(self.me, member, now);
            self.link.carry(core, number, to.actor, Message::Probe { id }, true);
        }
    }

    /// The answer to a probe has travelled the link.
    #[inline(never)]
    fn probed(&mut self, core: &mut Core, id: RequestId) {
        let now = core.now();
        let details = core.requests.details(id);
        let (frame, request) = core.requests.take_reply(id);
        if let (Outcome::Served, Some(key)) = (request.outcome, self.probing) {
            let load = Load { now, in_flight: details.key, latency: Duration::from_nanos(details.size) };
            self.policy.probed(&self.view, frame.tag as usize, load, &mut key.draws(request.number));
        }
    }

    /// The member for a request that has just come; without one it is rejected.
    #[inline(always)]
    fn choose(&mut self, core: &mut Core, id: RequestId, now: Time) -> Option<usize> {
        self.record.arrivals += 1;
        let details = core.requests.details(id);
        let facts = Facts { now, client: details.client, key: details.key };
        let number = core.requests[id].number;
        let member = self.policy.choose(&self.view, facts, self.choices, number);
        if member.is_none() {
            self.reject(core, id);
        }
        member
    }

    /// What [`Balancer::forward`] does where requests only pass the balancer.
    #[inline(always)]
    fn forward_plain(&mut self, core: &mut Core, id: RequestId, fleet: ActorId) -> Passed {
        let now = core.now();
        let member = self.choose(core, id, now)?;
        self.record.population.up(now);
        self.view.sent(member);
        self.policy.sent(&self.view, member);
        core.requests.enter(id, self.me, member as u32, now).set_port(member as u32);
        Some((fleet, Message::Request { id }))
    }

    #[inline(never)]
    fn forward(&mut self, core: &mut Core, id: RequestId) -> Passed {
        if self.front.is_some() {
            return self.receive(core, id);
        }
        let now = core.now();
        let member = self.choose(core, id, now)?;
        self.record.population.up(now);
        self.pass_on(core, id, member, now)
    }

    /// A request goes to `member`.
    #[inline(always)]
    fn pass_on(&mut self, core: &mut Core, id: RequestId, member: usize, now: Time) -> Passed {
        self.view.sent(member);
        self.policy.sent(&self.view, member);
        if let Some(key) = self.probing {
            self.probe(core, key, id);
        }
        let to = self.members[member];
        core.requests.enter(id, self.me, member as u32, now).set_port(to.port);
        if self.watch.is_some() {
            self.sent_watched(core, member);
            return self.launch(core, id, member as u32, to);
        }
        self.link.send(core, id, to.actor)
    }

    /// A request that is here was cancelled: it no longer waits, and its attempt is cancelled as well.
    #[inline(never)]
    fn cancelled_here(&mut self, core: &mut Core, id: RequestId) {
        if let Some(passed) = self.taken_back(core, id) {
            core.send_passed(passed);
            return;
        }
        let attempt = core.requests.details(id).child;
        if attempt != RequestId::NONE {
            cancel::take_back(core, attempt, &self.link);
        }
    }

    #[inline(never)]
    fn reject(&mut self, core: &mut Core, id: RequestId) {
        self.record.departures += 1;
        self.record.no_server += 1;
        core.requests.decide(id, Outcome::NoServer, self.me);
        let back = core.requests.last(id).map(|stop| stop.actor);
        core.send_passed(reply(back, id));
    }

    /// An answer sets out to the balancer.
    #[inline(never)]
    fn reply_sets_out(&mut self, core: &mut Core, id: RequestId) -> Passed {
        if self.link.arrives_at_once(core, id, self.me) { self.returned(core, id) } else { None }
    }

    /// What [`Balancer::returned`] does where requests only pass the balancer.
    #[inline(always)]
    fn returned_plain(&mut self, core: &mut Core, id: RequestId) -> Passed {
        let now = core.now();
        let Left { frame, back, request } = core.requests.leave(id);
        self.member_done(now, frame, request.outcome);
        self.leaves(now, frame);
        reply(back, id)
    }

    /// The member of a request has answered.
    #[inline(always)]
    fn member_done(&mut self, now: Time, frame: Frame, outcome: Outcome) {
        let member = frame.tag as usize;
        let answer = Answer { now, response_time: Some(now.since(frame.entered)), outcome };
        self.view.done(member);
        self.policy.done(&self.view, member, answer);
    }

    /// A request leaves the balancer.
    #[inline(always)]
    fn leaves(&mut self, now: Time, frame: Frame) {
        self.record.population.down(now);
        self.record.departures += 1;
        self.record.sojourn.add(now.since(frame.entered).as_nanos());
    }

    #[inline(always)]
    fn returned(&mut self, core: &mut Core, id: RequestId) -> Passed {
        let now = core.now();
        let Left { frame, back, request } = core.requests.leave(id);
        if self.watch.is_some() {
            return self.returned_watched(core, id, frame, back);
        }
        if frame.tag < PINNED {
            self.member_done(now, frame, request.outcome);
        } else {
            self.pinned_returned(core, id, frame.tag & !PINNED);
        }
        self.leaves(now, frame);
        reply(back, id)
    }

    fn snapshot(&self, now: Time) -> Snapshot {
        Snapshot {
            arrivals: self.record.arrivals,
            departures: self.record.departures,
            population: self.record.population.area(now),
        }
    }
}

impl Node for Balancer {
    #[inline(always)]
    fn handle(&mut self, core: &mut Core, message: Message) -> Passed {
        self.handle(core, message)
    }

    #[inline(always)]
    fn ring(&mut self, core: &mut Core, id: RequestId) -> Passed {
        self.proxied(core, id)
    }

    fn start(&mut self, core: &mut Core) {
        self.start_watching(core);
    }

    fn account(&self, over: Time) -> Account {
        let record = &self.record;
        Account::of(record.arrivals, record.departures, &record.population, record.sojourn, over)
    }

    fn parts(&self, over: Time) -> Vec<Part> {
        let proxy =
            self.proxy().map(|proxy| Part { what: "the proxy of", tag: IN_PROXY, account: proxy.account(over) });
        let line = self.line().map(|line| Part { what: "the queue of", tag: WAITING, account: line.account(over) });
        proxy.into_iter().chain(line).collect()
    }

    /// In layer 4, the active count of the members is that of pinned connections and of requests without a connection.
    fn check_books(&self, me: ActorId, name: &str, requests: &Requests) -> Result<(), String> {
        let Some((active, pinned)) = self.pinned() else { return Ok(()) };
        // A request that begins here is a check or a probe of its own, which does not count.
        let stops = requests.iter().flat_map(|(id, _)| requests.stops(id).skip(1));
        let alone = stops.filter(|stop| stop.actor == me && stop.tag < PINNED).count() as u64;
        if active != pinned + alone {
            return Err(format!(
                "\"{name}\" counts {active} active of {pinned} connections and {alone} requests alone"
            ));
        }
        Ok(())
    }

    fn seen(&self, covered: &Covered<'_>, info: &NodeInfo) -> NodeSeen {
        seen::seen(self, covered, info)
    }

    fn station(&self) -> Option<&dyn Station> {
        match self.proxy() {
            Some(proxy) => Some(proxy),
            None => self.line().map(|line| line as &dyn Station),
        }
    }

    fn members(&self) -> &[Endpoint] {
        self.members()
    }

    fn remapped(&self) -> Option<Remapped> {
        let since = self.remapping()?.since_warm_up();
        Some(Remapped { moved: since.moved, least: since.least, sample: remapping::IDENTITIES })
    }

    fn window(&mut self, now: Time, halve: bool) {
        let snapshot = self.snapshot(now);
        self.record.windows.close(snapshot, halve);
        self.front_window(now, halve);
        if let Some(watch) = &mut self.watch {
            watch.record.window(now, halve);
        }
        if let Some(remapping) = &mut self.remapping {
            remapping.window(halve);
        }
    }

    fn measure(&mut self, now: Time, begin: Begin) {
        let figures = self.snapshot(now);
        self.record.at_warm_up.begin(begin, figures, ());
        self.front_measure(now, begin);
        if let Some(watch) = &mut self.watch {
            watch.record.measure(now, begin);
        }
        if let Some(remapping) = &mut self.remapping {
            remapping.measure(begin);
        }
    }
}
