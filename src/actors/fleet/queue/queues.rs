//! The queues of a fleet under its rules: which request is accepted, which is dropped, which is next.
//!
//! Clocks, workers and answers belong to the fleet.

use super::Classes;
use super::discipline::{Facts, Order};
use super::disciplines::Ordering;
use super::full::WhenFull;
use super::line::{Line, Orders, WaitToken, WaitTokens};
use super::shedder::{Arrival, Fill, Sheds};
use super::shedders::Shedder;
use crate::actors::fleet::spec::FleetSpec;
use crate::distributions::Sampler;
use crate::distributions::constant::Always;
use crate::engine::random::StreamKey;
use crate::engine::{Duration, LaneId, Time};

/// Where a request that came has been put.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Joined {
    /// Into the line, by this wait token, after these were shed for it.
    Line(u32, Vec<u32>),
    /// Before a full queue, by this wait token: it waits for a place.
    Outside(u32),
    /// Nowhere: there is no place.
    TurnedAway,
}

/// How long requests wait in a queue at most.
#[derive(Clone, Debug)]
pub struct Patience {
    sampler: Sampler,
    key: StreamKey,
    /// The lane of a limit that is always the same.
    pub lane: Option<LaneId>,
}

impl Patience {
    /// That of request `number`.
    #[must_use]
    pub fn of(&self, number: u64) -> Duration {
        Duration::from_secs_f64(self.sampler.sample(&mut self.key.draws(number)))
    }

    /// The limit, if it is constant and not zero.
    #[must_use]
    pub fn constant(&self) -> Option<Duration> {
        match self.sampler {
            Sampler::Constant(Always(seconds)) => {
                Some(Duration::from_secs_f64(seconds)).filter(|limit| !limit.is_zero())
            }
            _ => None,
        }
    }
}

/// The queues of a fleet.
#[derive(Debug)]
pub struct Queues {
    tokens: WaitTokens,
    lines: Vec<Line>,
    orders: Vec<Ordering>,
    sheds: Vec<Shedder>,
    /// An order and a way to shed as they are at a server that has just started.
    fresh: (Ordering, Option<Shedder>),
    kept: Orders,
    places: u64,
    bytes: u64,
    when_full: WhenFull,
    /// How long a request waits for a place, and the lane of it.
    pub wait_for_place: Option<(Duration, Option<LaneId>)>,
    /// How long requests wait in the queue at most; `None` for ever.
    pub patience: Option<Patience>,
    looks_at_work: bool,
}

impl Queues {
    /// True if the fleet that `spec` describes needs them, whatever its clients do.
    #[must_use]
    pub fn are_needed(spec: &FleetSpec) -> bool {
        !matches!(spec.discipline, super::Discipline::Fifo(_) | super::Discipline::ProcessorSharing(_))
            || spec.queue_bytes.is_some()
            || spec.longest_wait.is_some()
            || spec.shed.is_some()
            || !matches!(spec.when_full, WhenFull::DropNewest(_))
    }

    /// The queues of the fleet that `spec` describes, empty; `key` names the fleet's random streams.
    #[must_use]
    pub fn new(spec: &FleetSpec, classes: &Classes<'_>, key: StreamKey) -> Self {
        let order = spec.discipline.build(classes, spec.workers);
        let shed = spec.shed.as_ref().map(|shed| shed.build(classes));
        let kept = Orders { by_rank: spec.discipline.ranks(), by_deadline: spec.when_full.looks_at_deadlines() };
        let wait_for_place = match &spec.when_full {
            WhenFull::Wait(wait) => Some((wait.longest.duration(), None)),
            _ => None,
        };
        Self {
            tokens: WaitTokens::default(),
            lines: (0..spec.servers).map(|_| Line::default()).collect(),
            orders: vec![order.clone(); spec.servers],
            sheds: shed.iter().flat_map(|shed| vec![shed.clone(); spec.servers]).collect(),
            fresh: (order, shed),
            kept,
            places: spec.queue.map_or(u64::MAX, |places| places as u64),
            bytes: spec.queue_bytes.map_or(u64::MAX, |bytes| bytes.bytes()),
            when_full: spec.when_full.clone(),
            wait_for_place,
            patience: spec.longest_wait.as_ref().map(|law| Patience {
                sampler: law.sampler(),
                key: key.named("longest wait"),
                lane: None,
            }),
            looks_at_work: spec.discipline.looks_at_work(),
        }
    }

    /// True if disciplines want to know how much work requests need.
    #[must_use]
    pub fn look_at_work(&self) -> bool {
        self.looks_at_work
    }

    /// Requests that wait at a server, in its queue and before it.
    #[must_use]
    pub fn waiting(&self, port: usize) -> u32 {
        self.lines[port].list.len + self.lines[port].outside.len
    }

    /// Requests that wait anywhere.
    #[must_use]
    #[cfg(test)]
    pub fn len(&self) -> usize {
        self.tokens.in_use()
    }

    /// True if no request waits anywhere.
    #[must_use]
    #[cfg(test)]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The wait token of a request that waits.
    #[must_use]
    pub fn token(&self, token: u32) -> &WaitToken {
        &self.tokens[token]
    }

    /// The same, to set its timer.
    pub fn wait_token_mut(&mut self, token: u32) -> &mut WaitToken {
        &mut self.tokens[token]
    }

    /// How full the queue of a server is.
    fn fill(&self, port: usize) -> Fill {
        let line = &self.lines[port];
        Fill { places: (u64::from(line.list.len), self.places), bytes: (line.bytes, self.bytes) }
    }

    /// True if a request that comes is shed though it might find a place.
    pub fn rejects(&mut self, port: usize, facts: &Facts, busy: u32, workers: u32, now: Time) -> bool {
        if self.sheds.is_empty() {
            return false;
        }
        let (fill, waiting) = (self.fill(port), self.waiting(port));
        let (class, deadline) = (facts.class, facts.deadline);
        let arrival = Arrival { now, class, deadline, worker_free: busy < workers, workers, waiting, fill };
        self.sheds[port].rejects(&arrival)
    }

    /// A request finds a free worker and an empty queue; `alone` if no other worker is busy.
    pub fn begins_at_once(&mut self, port: usize, facts: &Facts, alone: bool) {
        let order = &mut self.orders[port];
        if alone {
            order.idle();
        }
        order.rank(facts);
        order.begins(facts);
    }

    fn fits(&self, port: usize, bytes: u64) -> bool {
        let line = &self.lines[port];
        u64::from(line.list.len) < self.places && bytes <= self.bytes - line.bytes
    }

    /// A request comes while every worker is busy.
    pub fn join(&mut self, mut token: WaitToken) -> Joined {
        let port = token.port as usize;
        let Facts { bytes, deadline, .. } = token.facts;
        if self.lines[port].outside.len == 0 && self.fits(port, bytes) {
            return Joined::Line(self.enter(token), Vec::new());
        }
        if bytes > self.bytes {
            return Joined::TurnedAway;
        }
        let line = &self.lines[port];
        let victims = match &self.when_full {
            WhenFull::DropNewest(_) => None,
            WhenFull::Wait(_) => {
                token.outside = true;
                let number = self.tokens.add(token);
                self.lines[port].outside.push(&mut self.tokens, number);
                return Joined::Outside(number);
            }
            WhenFull::DropOldest(_) => self.room(port, bytes, line.list.iter(&self.tokens)),
            WhenFull::DropLatestDeadline(_) => {
                let later = |&number: &u32| self.tokens[number].facts.deadline > deadline;
                self.room(port, bytes, line.latest_deadline_first().take_while(later))
            }
            WhenFull::DropLeastTimeLeft(_) => {
                let sooner = |&number: &u32| self.tokens[number].facts.deadline < deadline;
                self.room(port, bytes, line.earliest_deadline_first().take_while(sooner))
            }
        };
        let Some(victims) = victims else { return Joined::TurnedAway };
        for &number in &victims {
            self.lines[port].unlink(&mut self.tokens, self.kept, number);
            self.leaves_unserved(number);
        }
        Joined::Line(self.enter(token), victims)
    }

    /// The first of `victims`, in their order, whose departure makes room for a request of `bytes` bytes; `None` if
    /// even the departure of all does not.
    fn room(&self, port: usize, bytes: u64, victims: impl Iterator<Item = u32>) -> Option<Vec<u32>> {
        let (mut len, mut held) = (u64::from(self.lines[port].list.len), self.lines[port].bytes);
        let mut chosen = Vec::new();
        for number in victims {
            (len, held) = (len - 1, held - self.tokens[number].facts.bytes);
            chosen.push(number);
            if len < self.places && bytes <= self.bytes - held {
                return Some(chosen);
            }
        }
        None
    }

    fn enter(&mut self, mut token: WaitToken) -> u32 {
        let port = token.port as usize;
        (token.rank, token.ranked) = (self.orders[port].rank(&token.facts), true);
        let number = self.tokens.add(token);
        self.lines[port].push(&mut self.tokens, self.kept, number);
        number
    }

    /// The limit that shedding sets on the wait of a request that has just joined the line, for which `displaced` had
    /// to go.
    pub fn limit(&mut self, port: usize, now: Time, displaced: u32) -> Option<Duration> {
        let ahead = self.waiting(port) - 1 + displaced;
        self.sheds.get_mut(port)?.longest_wait(now, ahead)
    }

    /// Moves the first request outside into the line, if there is room now; gives its wait token.
    pub fn admit(&mut self, port: usize) -> Option<u32> {
        let number = self.lines[port].outside.first()?;
        if !self.fits(port, self.tokens[number].facts.bytes) {
            return None;
        }
        self.lines[port].outside.unlink(&mut self.tokens, number);
        let token = &mut self.tokens[number];
        token.outside = false;
        (token.rank, token.ranked) = (self.orders[port].rank(&token.facts), true);
        self.lines[port].push(&mut self.tokens, self.kept, number);
        Some(number)
    }

    /// Takes out the next request; [`Queues::give_back`] must follow.
    pub fn take(&mut self, port: usize) -> Option<u32> {
        let line = &mut self.lines[port];
        let pick = self.orders[port].pick(line.list.len, &|rank| line.head(&self.tokens, rank));
        if let Some(number) = line.find(pick) {
            line.unlink(&mut self.tokens, self.kept, number);
            return Some(number);
        }
        // A queue without places: straight from outside to a worker.
        let number = line.outside.first()?;
        line.outside.unlink(&mut self.tokens, number);
        let token = &mut self.tokens[number];
        (token.rank, token.ranked) = (self.orders[port].rank(&token.facts), true);
        Some(number)
    }

    /// True if a request that was taken to be served is dropped instead.
    pub fn drops(&mut self, token: &WaitToken, now: Time) -> bool {
        let port = token.port as usize;
        let behind = self.waiting(port);
        self.sheds.get_mut(port).is_some_and(|shed| shed.drops(now, now.since(token.since), behind))
    }

    /// The service of a request that was taken begins.
    pub fn begins(&mut self, token: &WaitToken) {
        self.orders[token.port as usize].begins(&token.facts);
    }

    /// A worker has found the queue empty.
    pub fn found_empty(&mut self, port: usize, now: Time) {
        if let Some(shed) = self.sheds.get_mut(port) {
            shed.found_empty(now);
        }
    }

    /// A request was served so long.
    pub fn served(&mut self, port: usize, service: Duration) {
        if let Some(shed) = self.sheds.get_mut(port) {
            shed.served(service);
        }
    }

    /// Takes a request out, wherever it waits; [`Queues::give_back`] must follow.
    pub fn remove(&mut self, number: u32) {
        let WaitToken { port, outside, .. } = self.tokens[number];
        let line = &mut self.lines[port as usize];
        if outside {
            line.outside.unlink(&mut self.tokens, number);
        } else {
            line.unlink(&mut self.tokens, self.kept, number);
        }
    }

    /// A request that was taken out will not be served.
    pub fn leaves_unserved(&mut self, number: u32) {
        let token = &mut self.tokens[number];
        if std::mem::replace(&mut token.ranked, false) {
            self.orders[token.port as usize].leaves(&token.facts);
        }
    }

    /// Gives back the wait token of a request that was taken out.
    pub fn give_back(&mut self, number: u32) -> WaitToken {
        self.tokens.remove(number)
    }

    /// A server has crashed: removes all requests that wait, in order of arrival, requests outside last. Its state is
    /// lost. [`Queues::give_back`] must follow for each.
    pub fn clear(&mut self, port: usize) -> Vec<u32> {
        let line = std::mem::take(&mut self.lines[port]);
        self.orders[port] = self.fresh.0.clone();
        if let (Some(shed), Some(fresh)) = (self.sheds.get_mut(port), &self.fresh.1) {
            *shed = fresh.clone();
        }
        line.list.iter(&self.tokens).chain(line.outside.iter(&self.tokens)).collect()
    }
}
