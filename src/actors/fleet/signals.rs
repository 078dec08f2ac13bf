//! What servers report to balancers: that they are idle, and their load when they are probed.
//!
//! Only a fleet whose balancer has a policy that subscribes to reports has these. Reports of servers that go down or
//! come up do not belong here.

use super::remembered::{Remembered, Served};
use crate::actors::kit::message::{Core, Message};
use crate::actors::kit::signals::Dispatcher;
use crate::engine::random::{Bits, StreamKey};
use crate::engine::{Duration, RequestId, Time};

/// The response times that servers remember for probes.
#[derive(Clone, Debug)]
struct Loads {
    memories: Vec<Remembered>,
    /// For each request in flight, by its slot, how many others it found at its server.
    found: Vec<u32>,
}

/// The reports of servers to balancers.
#[derive(Clone, Debug)]
pub struct Signals {
    dispatchers: Vec<Dispatcher>,
    loads: Option<Loads>,
    /// The dispatcher to which an idle server reports, chosen by the request that it has finished.
    finished: StreamKey,
    /// The same for servers that start idle, by how many have started before.
    started: StreamKey,
    starts: u64,
}

impl Signals {
    /// No subscribers yet; `key` names the fleet's random streams.
    #[must_use]
    pub fn new(key: StreamKey) -> Self {
        let (finished, started) = (key.named("idle"), key.named("idle at start"));
        Self { dispatchers: Vec::new(), loads: None, finished, started, starts: 0 }
    }

    /// Tells `dispatcher`, among others, of idle servers.
    pub fn tell_of_idleness(&mut self, dispatcher: Dispatcher) {
        self.dispatchers.push(dispatcher);
    }

    /// Lets `servers` servers remember the response times that probes ask for.
    pub fn remember_loads(&mut self, servers: usize) {
        self.loads.get_or_insert_with(|| Loads { memories: vec![Remembered::default(); servers], found: Vec::new() });
    }

    /// A request has come to a server that holds `in_flight` others.
    pub fn came(&mut self, id: RequestId, in_flight: u32) {
        if let Some(loads) = &mut self.loads {
            let slot = id.0 as usize;
            if loads.found.len() <= slot {
                loads.found.resize(slot + 1, 0);
            }
            loads.found[slot] = in_flight;
        }
    }

    /// A server has answered a request; how long it took.
    pub fn answered(&mut self, id: RequestId, port: usize, took: Duration, now: Time) {
        if let Some(loads) = &mut self.loads {
            let in_flight = loads.found.get(id.0 as usize).copied().unwrap_or(0);
            loads.memories[port].note(Served { in_flight, took, at: now });
        }
    }

    /// How long a request would take at a server that holds `in_flight` others.
    #[must_use]
    pub fn estimate(&self, port: usize, in_flight: u32, now: Time) -> Duration {
        self.loads.as_ref().map_or(Duration::ZERO, |loads| loads.memories[port].estimate(in_flight, now))
    }

    /// A server has become idle with the answer to request `id`; the news travels as the answer does.
    pub fn idle(&self, core: &mut Core, port: usize, id: RequestId) {
        let number = core.requests[id].number;
        if let Some((dispatcher, member)) = self.choose(port, self.finished, number) {
            dispatcher.link.carry(core, number, dispatcher.balancer, Message::MemberIdle { member }, false);
        }
    }

    /// A server has started, idle; it is known at once.
    pub fn started(&mut self, core: &mut Core, port: usize) {
        let chosen = self.choose(port, self.started, self.starts);
        if let Some((dispatcher, member)) = chosen {
            core.send(dispatcher.balancer, Message::MemberIdle { member });
        }
        self.starts += 1;
    }

    /// One of the dispatchers that know the server, at random, and the dispatcher's number of the server.
    fn choose(&self, port: usize, key: StreamKey, number: u64) -> Option<(&Dispatcher, u32)> {
        let member = |dispatcher: &Dispatcher| dispatcher.first_member + port as u32;
        let who_know = || self.dispatchers.iter().filter(|dispatcher| dispatcher.knows(member(dispatcher)));
        let count = if self.dispatchers.len() > 1 { who_know().count() as u64 } else { 1 };
        let place = if count > 1 { key.draws(number).below(count) } else { 0 };
        who_know().nth(place as usize).map(|dispatcher| (dispatcher, member(dispatcher)))
    }
}
