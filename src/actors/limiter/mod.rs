//! Rate limiters: they pass, delay or reject requests. A rule is one file in `rules` and one line in `rule.rs`.
//!
//! Limits on requests in flight belong in `concurrency`.

pub mod cost;
mod describe;
pub mod distributed;
mod flow;
pub mod gauge;
pub mod rule;
pub mod rules;
mod seen;
pub mod spec;
pub mod tokens;

pub use distributed::Shared;
pub use spec::{By, LimiterSpec};

use super::kit::accounts::Key;
use super::kit::books::Account;
use super::kit::message::{Core, Message, Passed, reply};
use super::kit::node::Node;
use super::kit::passage::{Passage, Taken};
use super::kit::seen::{Covered, NodeInfo, NodeSeen};
use crate::engine::{Duration, Outcome, RequestId, Time};
use crate::measure::{Begin, Begun};
use cost::Costs;
use distributed::Answer;
use gauge::Gauge;
use rule::Verdict;
use rules::Ruler;

/// A request that waits here until it may pass; the others are on their way, or back.
const HELD: u32 = 1;

/// Which requests share an account.
#[derive(Clone, Copy, Debug, Default)]
struct Keyed {
    client: bool,
    route: bool,
    tier: bool,
    server: bool,
}

/// A limiter at work.
#[derive(Debug)]
pub struct Limiter {
    passage: Passage,
    /// The limit of all clients without one of their own.
    common: Option<Ruler>,
    /// Limits by class; `None` for classes that have none of their own.
    tiers: Vec<Option<Ruler>>,
    /// Records of limits that adapt: first that of clients without one of their own, then by class.
    gauges: Vec<Option<Gauge>>,
    /// In place of both, a limit that is kept in a store.
    shared: Option<Box<Shared>>,
    keyed: Keyed,
    costs: Costs,
    /// True if it needs to see answers.
    watches: bool,
    /// Requests that were held back, from time zero on.
    held: u64,
    /// Held back, forgotten and undecided at the end of the warm-up.
    at_warm_up: Begun<[u64; 3]>,
    /// Its rules as they are at first, if its host may crash.
    anew: Option<Box<Anew>>,
}

/// The initial state of a limiter, also after a crash of its host: without accounts.
#[derive(Debug)]
struct Anew {
    keys: usize,
    common: Option<rules::Rule>,
    tiers: Vec<Option<rules::Rule>>,
    /// Accounts given up in former lives.
    forgotten: u64,
}

impl Limiter {
    /// A limiter as described by `spec`, with the way on; `class_of` knows the classes of clients.
    #[must_use]
    pub fn new(spec: &LimiterSpec, passage: Passage, class_of: impl Fn(&str) -> Option<u16>) -> Self {
        let keys = if spec.by.is_empty() { 1 } else { spec.keys as usize };
        let mut tiers: Vec<Option<Ruler>> = Vec::new();
        let gauge = |tier: Option<&str>, ruler: &Ruler| {
            ruler.moving_limit().map(|limit| Gauge::new(tier.map(str::to_owned), limit))
        };
        let common = spec.limit.as_ref().map(|rule| rule.open(keys));
        let mut gauges = vec![common.as_ref().and_then(|ruler| gauge(None, ruler))];
        for (name, rule) in &spec.tiers.entries {
            let Some(class) = class_of(&name.text).map(usize::from) else { continue };
            if tiers.len() <= class {
                tiers.resize_with(class + 1, || None);
                gauges.resize_with(class + 2, || None);
            }
            let ruler = rule.open(keys);
            gauges[class + 1] = gauge(Some(&name.text), &ruler);
            tiers[class] = Some(ruler);
        }
        let mut rules = spec.limit.iter().chain(spec.tiers.entries.iter().map(|(_, rule)| rule));
        let mut keyed = Keyed::default();
        for by in &spec.by {
            match by {
                By::Client(_) => keyed.client = true,
                By::Route(_) => keyed.route = true,
                By::Tier(_) => keyed.tier = true,
                By::Server(_) => keyed.server = true,
            }
        }
        Self {
            watches: rules.any(rules::Rule::watches),
            costs: Costs::new(&spec.costs, &class_of),
            common,
            tiers,
            gauges,
            shared: None,
            passage,
            keyed,
            held: 0,
            at_warm_up: Begun::default(),
            anew: None,
        }
    }

    /// Prepares it for crashes of its host; `spec` is its description, as in [`Limiter::new`].
    pub fn expect_crashes(&mut self, spec: &LimiterSpec, class_of: impl Fn(&str) -> Option<u16>) {
        let mut tiers = vec![None; self.tiers.len()];
        for (name, rule) in &spec.tiers.entries {
            if let Some(class) = class_of(&name.text) {
                tiers[usize::from(class)] = Some(rule.clone());
            }
        }
        let keys = if spec.by.is_empty() { 1 } else { spec.keys as usize };
        self.anew = Some(Box::new(Anew { keys, common: spec.limit.clone(), tiers, forgotten: 0 }));
    }

    /// Its host has crashed: its accounts are lost, and so are the requests that it holds.
    fn crashed(&mut self, core: &mut Core) {
        let forgotten = self.forgotten_ever();
        if let Some(anew) = &mut self.anew {
            anew.forgotten = forgotten;
            self.common = anew.common.as_ref().map(|rule| rule.open(anew.keys));
            let build = |rule: &Option<rules::Rule>| rule.as_ref().map(|rule| rule.open(anew.keys));
            self.tiers = anew.tiers.iter().map(build).collect();
        }
        let lost = match &mut self.shared {
            Some(shared) => shared.crashed(core),
            None => {
                // A request that it held and has passed on has no timer any longer.
                let me = self.passage.me;
                let timers = core.take_timers(|requests, id| requests.last(id).is_some_and(|stop| stop.actor == me));
                timers.into_iter().map(|(_, id)| id).collect()
            }
        };
        for id in lost {
            let passed = self.passage.reject_entered(core, id, Outcome::Crashed, Duration::ZERO);
            core.send_passed(passed);
        }
    }

    /// Lets it keep its limit in a store.
    pub fn share(&mut self, shared: Shared) {
        self.shared = Some(Box::new(shared));
    }

    /// Requests that were decided without the store, which did not answer, after the warm-up.
    #[must_use]
    pub fn undecided(&self) -> Option<u64> {
        self.shared.as_ref().map(|shared| shared.undecided - self.at_warm_up[2])
    }

    /// The link to the node behind, with the records of requests.
    #[must_use]
    pub fn passage(&self) -> &Passage {
        &self.passage
    }

    /// Requests that were held back after the warm-up.
    #[must_use]
    pub fn held(&self) -> u64 {
        self.held - self.at_warm_up[0]
    }

    /// The records of limits that adapt.
    pub fn gauges(&self) -> impl Iterator<Item = &Gauge> {
        self.gauges.iter().flatten()
    }

    /// Accounts that were given up for newer ones, after the warm-up.
    #[must_use]
    pub fn forgotten(&self) -> u64 {
        self.forgotten_ever() - self.at_warm_up[1]
    }

    fn forgotten_ever(&self) -> u64 {
        let before = self.anew.as_ref().map_or(0, |anew| anew.forgotten);
        before + self.common.iter().chain(self.tiers.iter().flatten()).map(Ruler::forgotten).sum::<u64>()
    }

    /// One event.
    #[inline]
    pub fn handle(&mut self, core: &mut Core, message: Message) -> Passed {
        match self.passage.take(core, message) {
            Taken::Came(id) => self.decide(core, id),
            Taken::Back(id) => self.returned(core, id),
            Taken::Handled(passed) => passed,
            other => self.handle_rare(core, other),
        }
    }

    #[inline(never)]
    fn handle_rare(&mut self, core: &mut Core, taken: Taken) -> Passed {
        match taken {
            Taken::Other(Message::CommandAnswer { id }) => {
                if let Some(shared) = &self.shared {
                    shared.sets_out(core, id);
                }
            }
            Taken::Other(Message::CommandReturned { id }) => {
                let answer = self.shared.as_mut()?.returned(core, id);
                return self.hear(core, answer);
            }
            Taken::Other(Message::CommandTimeout { id }) => {
                let answer = self.shared.as_mut()?.timed_out(core, id);
                return self.hear(core, answer);
            }
            Taken::Other(Message::Crashed) => self.crashed(core),
            // A held request that was cancelled is found when its time comes.
            _ => {}
        }
        None
    }

    #[inline]
    fn decide(&mut self, core: &mut Core, id: RequestId) -> Passed {
        let request = &core.requests[id];
        let (class, server) = (request.class, request.port());
        let key = if self.keyed.client | self.keyed.route {
            let details = core.requests.details(id);
            self.key(class, server, details.client, details.key)
        } else {
            self.key(class, server, 0, 0)
        };
        let cost = if self.costs.is_plain() { 1 } else { self.costs.of(class, &core.requests.details(id)) };
        if let Some(shared) = &mut self.shared
            && cost > 0
        {
            self.passage.enter(core, id, HELD);
            shared.ask(core, id, key, cost);
            return None;
        }
        let now = core.now();
        let verdict = match self.ruler(class) {
            _ if cost == 0 => Verdict::Admitted,
            Some(ruler) => ruler.admit(key, now, cost),
            None => Verdict::Rejected { retry_after: Duration::ZERO },
        };
        if self.watches {
            self.follow(class, now);
        }
        match verdict {
            Verdict::Admitted if self.watches => {
                self.passage.enter(core, id, 0);
                self.passage.send(core, id)
            }
            Verdict::Admitted => self.passage.let_by(core, id),
            Verdict::Delayed(wait) => {
                self.hold(core, id, now + wait);
                None
            }
            Verdict::Rejected { retry_after } => self.passage.reject(core, id, Outcome::RateLimited, retry_after),
        }
    }

    #[inline]
    fn key(&self, class: u16, server: u32, client: u32, route: u32) -> Key {
        let Keyed { client: by_client, route: by_route, tier, server: by_server } = self.keyed;
        Key {
            client: if by_client { client } else { 0 },
            route: if by_route { route } else { 0 },
            class: if tier { class } else { 0 },
            server: if by_server { server } else { 0 },
        }
    }

    #[inline]
    fn ruler(&mut self, class: u16) -> Option<&mut Ruler> {
        match self.tiers.get_mut(usize::from(class)) {
            Some(Some(own)) => Some(own),
            _ => self.common.as_mut(),
        }
    }

    /// The limit of a class may have moved.
    fn follow(&mut self, class: u16, now: Time) {
        let place = match self.tiers.get(usize::from(class)) {
            Some(Some(_)) => usize::from(class) + 1,
            _ => 0,
        };
        let limit = self.ruler(class).and_then(|ruler| ruler.moving_limit());
        if let (Some(limit), Some(gauge)) = (limit, self.gauges[place].as_mut()) {
            gauge.follow(limit, now);
        }
    }

    #[inline(never)]
    fn hold(&mut self, core: &mut Core, id: RequestId, until: Time) {
        self.held += 1;
        self.passage.enter(core, id, HELD);
        core.set_timer(until, id);
    }

    /// A request that was held back may pass now.
    pub fn passes(&mut self, core: &mut Core, id: RequestId) -> Passed {
        if core.requests[id].outcome == Outcome::Cancelled {
            return self.returned(core, id);
        }
        // It stays on the return path, so that a cancellation that is under way finds it.
        self.passage.send(core, id)
    }

    /// The store has answered, or has not.
    fn hear(&mut self, core: &mut Core, answer: Answer) -> Passed {
        match answer {
            Answer::Passes(id) => self.passes(core, id),
            Answer::Rejected(id, retry_after) => {
                self.passage.reject_entered(core, id, Outcome::RateLimited, retry_after)
            }
            Answer::Fails(id) => self.passage.reject_entered(core, id, Outcome::Error, Duration::ZERO),
            Answer::Nothing => None,
        }
    }

    fn returned(&mut self, core: &mut Core, id: RequestId) -> Passed {
        let now = core.now();
        let outcome = if self.watches { core.requests.outcome_behind(id) } else { None };
        let left = self.passage.leave(core, id);
        let (back, class) = (left.back, left.request.class);
        if let Some(outcome) = outcome
            && let Some(ruler) = self.ruler(class)
        {
            ruler.answered(outcome.is_answer(), now);
        }
        reply(back, id)
    }
}

impl Node for Limiter {
    #[inline(always)]
    fn handle(&mut self, core: &mut Core, message: Message) -> Passed {
        self.handle(core, message)
    }

    #[inline(always)]
    fn ring(&mut self, core: &mut Core, id: RequestId) -> Passed {
        self.passes(core, id)
    }

    fn account(&self, over: Time) -> Account {
        Account::of_passage(&self.passage.record, over)
    }

    fn seen(&self, covered: &Covered<'_>, info: &NodeInfo) -> NodeSeen {
        seen::seen(self, covered, info)
    }

    fn window(&mut self, now: Time, halve: bool) {
        self.passage.record.window(now, halve);
        self.gauges.iter_mut().flatten().for_each(|gauge| gauge.window(now, halve));
    }

    fn measure(&mut self, now: Time, begin: Begin) {
        self.passage.record.measure(now, begin);
        let undecided = self.shared.as_ref().map_or(0, |shared| shared.undecided);
        self.at_warm_up.begin(begin, [self.held, self.forgotten_ever(), undecided], ());
        self.gauges.iter_mut().flatten().for_each(|gauge| gauge.measure(now, begin));
    }
}
