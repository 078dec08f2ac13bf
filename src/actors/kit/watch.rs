//! Measures nodes from outside: observes requests as they arrive at nodes and leave them, from the messages alone and
//! for any kind of node. It is off unless a measure needs numbers by node.
//!
//! A request is at a node from its arrival until its answer leaves the node, including the time at all nodes behind it.
//! This also holds for nodes that do not wait for answers.

use super::message::{CHECK_CLASS, Core, Message, Passed};
use crate::actors::{Actors, Ticked};
use crate::engine::{ActorId, BySlot, Duration, Outcome, RequestId, Requests, Time, World};
use crate::measure::{Begin, Begun, CountIntegral, Latency, LatencyCopy, Windows, Within};

/// Cumulative figures of a node at a boundary of windows.
#[derive(Clone, Debug, Default)]
pub struct Snapshot {
    /// Requests that came.
    pub came: u64,
    /// Requests that left, without those that their clients cancelled.
    pub left: u64,
    /// Of these, the requests that were answered as asked.
    pub served: u64,
    /// Of these, the requests that were answered, if with less than was asked.
    pub answered: u64,
    /// Of these, the requests that the node itself rejected or failed.
    pub lost: u64,
    /// Request-nanoseconds at the node.
    pub population: u128,
    /// Requests served within each limit.
    pub within: Vec<u64>,
}

/// The counts of a node, all its copies together; health checks are left out.
#[derive(Debug, Default)]
pub struct Stays {
    /// The node's name.
    pub group: String,
    actors: Vec<ActorId>,
    /// When requests that are here came, and how many stops their return paths then had.
    here: BySlot<(Time, usize)>,
    counts: Snapshot,
    population: CountIntegral,
    /// How long requests that were served were here, measured after the warm-up.
    pub latency: Latency,
    /// How many of them were here for how long, as far as that is asked for.
    pub within: Within,
    /// Figures at the end of the warm-up.
    pub at_warm_up: Begun<Snapshot, LatencyCopy>,
    /// Figures at each boundary.
    pub windows: Windows<Snapshot>,
    /// How long requests have been here that are here at the end.
    pub ages: Vec<Duration>,
}

impl Stays {
    /// The cumulative figures now.
    #[must_use]
    pub fn snapshot(&self, now: Time) -> Snapshot {
        Snapshot { population: self.population.area(now), within: self.within.counts(), ..self.counts.clone() }
    }

    fn came(&mut self, requests: &Requests, id: RequestId, now: Time) {
        if self.here.take(id).is_some() {
            // It was lost on the way back, and its place is another's by now.
            self.population.down(now);
            self.counts.left += 1;
        }
        self.here.put(id, (now, requests.stops(id).count()));
        self.counts.came += 1;
        self.population.up(now);
    }

    /// An answer comes to the stop where its return path has `depth` stops.
    fn passed(&mut self, requests: &Requests, id: RequestId, depth: usize, now: Time) {
        if self.here.get_mut(id).is_none_or(|(_, before)| *before != depth) {
            return;
        }
        let Some((since, _)) = self.here.take(id) else { return };
        self.population.down(now);
        let outcome = requests[id].outcome;
        if outcome == Outcome::Cancelled {
            return;
        }
        self.counts.left += 1;
        self.counts.answered += u64::from(outcome.is_answer());
        if outcome == Outcome::Served {
            let length = now.since(since);
            self.counts.served += 1;
            self.latency.record(length);
            self.within.record(length);
        } else {
            let decided_here = self.actors.contains(&requests.details(id).decided_by);
            self.counts.lost += u64::from(!outcome.is_answer() && decided_here);
        }
    }
}

/// The nodes that are looked at.
#[derive(Debug, Default)]
pub struct Watch {
    /// The counts of each.
    pub nodes: Vec<Stays>,
    /// For each actor, the place of its node among these, if it is looked at.
    places: Vec<Option<usize>>,
}

impl Watch {
    /// Watches `nodes`, each a name and the actors of its copies; answers are counted within each of `limits`.
    #[must_use]
    pub fn new(nodes: Vec<(String, Vec<ActorId>)>, limits: &[Duration]) -> Self {
        let mut places = Vec::new();
        for (place, (_, actors)) in nodes.iter().enumerate() {
            for actor in actors {
                let at = actor.0 as usize;
                places.resize(places.len().max(at + 1), None);
                places[at] = Some(place);
            }
        }
        let stays = |(group, actors)| Stays { group, actors, within: Within::new(limits), ..Stays::default() };
        Self { nodes: nodes.into_iter().map(stays).collect(), places }
    }

    /// The node called `group`.
    #[must_use]
    pub fn node(&self, group: &str) -> Option<&Stays> {
        self.nodes.iter().find(|node| node.group == group)
    }

    fn look(&mut self, core: &Core, to: ActorId, message: Message) {
        let now = core.now();
        match message {
            Message::Request { id } | Message::Command { id } => {
                let place = self.places.get(to.0 as usize).copied().flatten();
                if let Some(place) = place.filter(|_| core.requests[id].class != CHECK_CLASS) {
                    self.nodes[place].came(&core.requests, id, now);
                }
            }
            Message::Reply { id } | Message::CommandAnswer { id } => {
                let depth = core.requests.stops(id).count();
                self.nodes.iter_mut().for_each(|node| node.passed(&core.requests, id, depth, now));
            }
            _ => {}
        }
    }

    /// Called when measuring begins.
    pub fn measure(&mut self, now: Time, begin: Begin) {
        for node in &mut self.nodes {
            let figures = node.snapshot(now);
            node.at_warm_up.begin(begin, figures, &mut node.latency);
        }
    }

    /// A window has closed at `now`; `halve` says that pairs of windows must now be merged.
    fn window(&mut self, now: Time, halve: bool) {
        for node in &mut self.nodes {
            let snapshot = node.snapshot(now);
            node.windows.close(snapshot, halve);
        }
    }

    /// The run has ended at `over`.
    pub fn end(&mut self, requests: &Requests, over: Time) {
        for node in &mut self.nodes {
            let here = requests.iter().filter_map(|(id, _)| node.here.get_mut(id).map(|(since, _)| over.since(*since)));
            node.ages = here.collect();
        }
    }
}

/// A system whose nodes are watched.
#[derive(Debug)]
pub struct Watched<'a> {
    /// The system.
    pub actors: &'a mut Actors,
    /// The watch.
    pub watch: &'a mut Watch,
}

impl World for Watched<'_> {
    type Message = Message;

    #[inline(always)]
    fn handle(&mut self, core: &mut Core, to: ActorId, message: Message) -> Passed {
        self.watch.look(core, to, message);
        self.actors.handle(core, to, message)
    }

    #[inline(always)]
    fn ring(&mut self, core: &mut Core, id: RequestId) -> Passed {
        self.actors.ring(core, id)
    }

    #[inline(always)]
    fn wake(&mut self, core: &mut Core, actor: ActorId) -> Passed {
        self.actors.wake(core, actor)
    }

    fn tick(&mut self, _requests: &Requests, at: Time) -> Time {
        self.record(at);
        self.actors.next_tick()
    }
}

impl Watched<'_> {
    /// Records the counts that are due at this tick.
    pub fn record(&mut self, at: Time) {
        let Ticked { halved, begin } = self.actors.record(at);
        if let Some(halve) = halved {
            self.watch.window(at, halve);
        }
        if let Some(begin) = begin {
            self.watch.measure(at, begin);
        }
    }
}
