//! Which of several copies of a node a request goes to, as a route's `spread` says.

use super::link::Endpoint;
use super::route::Spread;
use crate::engine::random::{Bits, StreamKey};

/// A node, or its copies.
#[derive(Clone, Debug)]
pub struct Copies {
    targets: Vec<Endpoint>,
    spread: Spread,
    turn: usize,
    stream: StreamKey,
}

impl Copies {
    /// At least one target; `stream` draws where the spread is at random.
    #[must_use]
    pub fn new(targets: Vec<Endpoint>, spread: Spread, stream: StreamKey) -> Self {
        Self { targets, spread, turn: 0, stream }
    }

    /// The only target, if there is one.
    #[inline]
    #[must_use]
    pub fn only(&self) -> Option<Endpoint> {
        match self.targets[..] {
            [only] => Some(only),
            _ => None,
        }
    }

    /// All targets.
    pub fn all(&self) -> impl Iterator<Item = Endpoint> + '_ {
        self.targets.iter().copied()
    }

    /// The target of request `number` of `client`.
    #[inline]
    pub fn choose(&mut self, number: u64, client: u32) -> Endpoint {
        match self.targets[..] {
            [only] => only,
            _ => {
                let place = self.place(number, client);
                self.at(place)
            }
        }
    }

    /// The same, by its place.
    #[inline(never)]
    pub fn place(&mut self, number: u64, client: u32) -> u32 {
        let targets = self.targets.len();
        if targets == 1 {
            return 0;
        }
        let place = match self.spread {
            Spread::Random(_) => self.stream.draws(number).below(targets as u64) as usize,
            Spread::RoundRobin(_) => {
                self.turn = (self.turn + 1) % targets;
                (self.turn + targets - 1) % targets
            }
            Spread::ByClient(_) => self.stream.draws(u64::from(client)).below(targets as u64) as usize,
        };
        place as u32
    }

    /// The target at a place.
    #[must_use]
    pub fn at(&self, place: u32) -> Endpoint {
        self.targets[place as usize]
    }
}
