//! Requests in flight: a slab of slots, and for each the return path along which its answer travels.
//!
//! What a node does with a request does not belong here.

#[cfg(test)]
mod tests;

use super::calendar::Handle;
use super::time::Time;

/// Names an actor: its place in the system's list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ActorId(pub u32);

/// Names a request in flight: its slot. Slots are used again once a request is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RequestId(pub u32);

impl RequestId {
    /// Names no request.
    pub const NONE: Self = Self(u32::MAX);
}

/// What became of an attempt, as told on the way back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum Outcome {
    /// Answered as asked.
    Served,
    /// Turned away: the queue had no place left.
    QueueFull,
    /// Turned away: no server was available.
    NoServer,
    /// The server was down: the connection was refused.
    Refused,
    /// The server crashed while it held the request.
    Crashed,
    /// The server answered with an error.
    Error,
    /// The client stopped waiting. Set by the client, never by a server.
    TimedOut,
}

impl Outcome {
    /// Every outcome, in the order of the ledger.
    pub const ALL: [Self; 7] =
        [Self::Served, Self::QueueFull, Self::NoServer, Self::Refused, Self::Crashed, Self::Error, Self::TimedOut];

    /// The outcome in words.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Served => "served",
            Self::QueueFull => "rejected: queue full",
            Self::NoServer => "rejected: no server available",
            Self::Refused => "failed: connection refused",
            Self::Crashed => "failed: server crashed",
            Self::Error => "failed: error answer",
            Self::TimedOut => "timed out",
        }
    }
}

/// One stop on the way there, to be visited on the way back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Frame {
    /// Who passed the request on.
    pub actor: ActorId,
    /// The actor's own note (which server it chose, which user sent it).
    pub tag: u32,
    /// When the request came to that actor.
    pub entered: Time,
}

/// What an answer finds when it leaves a stop of its return path.
#[derive(Debug)]
pub struct Left<'a> {
    /// The stop it leaves.
    pub frame: Frame,
    /// The actor of the stop before, where it goes next; `None` at its client.
    pub back: Option<ActorId>,
    /// The request.
    pub request: &'a mut Request,
}

/// Stops of the return path that stand in the request itself; longer paths go on elsewhere.
const NEAR: usize = 3;

/// A request in flight: two lines of the processor's cache. The order of its fields is chosen so that an answer on its
/// way back finds in the first line all it needs.
#[derive(Clone, Copy, Debug)]
#[repr(C, align(128))]
pub struct Request {
    path: [Frame; NEAR],
    /// When its service began.
    pub started: Time,
    /// The class of its clients.
    pub class: u16,
    /// What became of it so far.
    pub outcome: Outcome,
    /// True once the client has stopped waiting: the work goes on for nobody.
    pub abandoned: bool,
    live: bool,
    /// Stops on the return path.
    depth: u8,
    /// Its identity for random draws: the same in every arm of an experiment.
    pub number: u64,
    /// Size of what is asked for, in bytes or in the unit of the trace it came from.
    pub size: u64,
    /// The client's timeout.
    pub timeout: Handle,
    /// What is asked for.
    pub key: u32,
    /// The client's address: an IPv4 address as a number.
    pub client: u32,
    /// On its way to an actor, which of that actor's servers it is for; 0 where it has none.
    pub port: u32,
    /// The next in the queue it stands in.
    pub next: RequestId,
    /// Who decided on an outcome other than served.
    pub decided_by: ActorId,
}

const BLANK: Frame = Frame { actor: ActorId(u32::MAX), tag: 0, entered: Time::ZERO };

/// What is beyond the near stops of return paths.
#[derive(Debug)]
struct FarPath {
    /// So many for each request.
    stops: usize,
    frames: Vec<Frame>,
}

impl FarPath {
    #[cold]
    #[inline(never)]
    fn at(&mut self, id: RequestId, depth: usize) -> &mut Frame {
        assert!(depth - NEAR < self.stops, "the return path is longer than the system is deep");
        &mut self.frames[id.0 as usize * self.stops + depth - NEAR]
    }
}

/// All requests in flight.
#[derive(Debug)]
pub struct Requests {
    slots: Vec<Request>,
    far_path: FarPath,
    /// A stack beside the slots: an answer that comes home touches only the first line of its request, and the slot used
    /// next is the one that is still in the cache.
    free: Vec<RequestId>,
}

impl Request {
    /// The client's own stop: the first on the return path of a request that was just created.
    #[inline(always)]
    pub fn set_out(&mut self, client: ActorId, tag: u32, now: Time) {
        debug_assert_eq!(self.depth, 0);
        self.path[0] = Frame { actor: client, tag, entered: now };
        self.depth = 1;
    }
}

impl Requests {
    /// An empty slab for requests that pass at most `depth` actors, up to 255; three cost nothing.
    #[must_use]
    pub fn new(depth: usize) -> Self {
        let far_path = FarPath { stops: depth.min(255).saturating_sub(NEAR), frames: Vec::new() };
        Self { slots: Vec::new(), far_path, free: Vec::new() }
    }

    /// A new request of `class` with identity `number`.
    #[inline(always)]
    pub fn create(&mut self, number: u64, class: u16) -> (RequestId, &mut Request) {
        let id = match self.free.pop() {
            Some(id) => id,
            None => self.grow(),
        };
        let request = &mut self.slots[id.0 as usize];
        // What is not set here is set before it is read.
        request.number = number;
        request.size = 0;
        request.timeout = Handle::NONE;
        request.key = 0;
        request.client = 0;
        request.class = class;
        request.outcome = Outcome::Served;
        request.abandoned = false;
        request.live = true;
        (id, request)
    }

    #[cold]
    #[inline(never)]
    fn grow(&mut self) -> RequestId {
        let slot = self.slots.len();
        assert!(slot < u32::MAX as usize, "more than 4 billion requests in flight");
        self.slots.push(Request {
            number: 0,
            size: 0,
            timeout: Handle::NONE,
            started: Time::ZERO,
            key: 0,
            client: 0,
            port: 0,
            next: RequestId::NONE,
            decided_by: ActorId(u32::MAX),
            class: 0,
            outcome: Outcome::Served,
            abandoned: false,
            live: false,
            depth: 0,
            path: [BLANK; NEAR],
        });
        self.far_path.frames.resize((slot + 1) * self.far_path.stops, BLANK);
        RequestId(slot as u32)
    }

    /// The request is over: its slot is free.
    ///
    /// # Panics
    /// If it was over already, or if somebody on its return path still waits for it: a defect of an actor.
    #[inline]
    pub fn finish(&mut self, id: RequestId) {
        let request = &mut self.slots[id.0 as usize];
        assert!(request.live && request.depth == 0, "a request ended twice or before its answer came home");
        request.live = false;
        self.free.push(id);
    }

    /// The answer has come home: the request leaves its client and is over. What it was may still be read.
    ///
    /// # Panics
    /// As [`Requests::leave`] and [`Requests::finish`] do.
    #[inline(always)]
    pub fn come_home(&mut self, id: RequestId) -> (Frame, &Request) {
        let request = &mut self.slots[id.0 as usize];
        assert!(request.live && request.depth == 1, "a request ended twice or before its answer came home");
        request.depth = 0;
        request.live = false;
        self.free.push(id);
        (request.path[0], request)
    }

    /// `actor` passes the request on and waits for the answer.
    ///
    /// # Panics
    /// If the return path is longer than the system is deep: a defect of whoever built it.
    #[inline(always)]
    pub fn enter(&mut self, id: RequestId, actor: ActorId, tag: u32, entered: Time) -> &mut Request {
        let frame = Frame { actor, tag, entered };
        let request = &mut self.slots[id.0 as usize];
        let depth = request.depth as usize;
        request.depth += 1;
        match request.path.get_mut(depth) {
            Some(place) => *place = frame,
            None => *self.far_path.at(id, depth) = frame,
        }
        request
    }

    /// The answer has come back to the last actor on the return path, which leaves it.
    ///
    /// # Panics
    /// If nobody waits for it: a defect of an actor.
    #[inline(always)]
    pub fn leave(&mut self, id: RequestId) -> Left<'_> {
        let request = &mut self.slots[id.0 as usize];
        assert!(request.depth > 0, "an answer came to an actor that does not wait for it");
        request.depth -= 1;
        let depth = request.depth as usize;
        let frame = match request.path.get(depth) {
            Some(frame) => frame,
            None => self.far_path.at(id, depth),
        };
        let frame = *frame;
        let back = match depth.checked_sub(1) {
            None => None,
            Some(before) => Some(match request.path.get(before) {
                Some(frame) => frame.actor,
                None => self.far_path.at(id, before).actor,
            }),
        };
        Left { frame, back, request }
    }

    /// The last actor on the return path.
    #[inline]
    #[must_use]
    pub fn last(&self, id: RequestId) -> Option<&Frame> {
        let request = &self.slots[id.0 as usize];
        let depth = (request.depth as usize).checked_sub(1)?;
        request.path.get(depth).or_else(|| self.far_path.frames.get(id.0 as usize * self.far_path.stops + depth - NEAR))
    }

    /// The first actor on the return path: the client, who made it when it entered.
    #[inline]
    #[must_use]
    pub fn first(&self, id: RequestId) -> Option<&Frame> {
        let request = &self.slots[id.0 as usize];
        (request.depth > 0).then_some(&request.path[0])
    }

    /// The stops on the return path, the client first.
    pub fn stops(&self, id: RequestId) -> impl Iterator<Item = &Frame> {
        let request = &self.slots[id.0 as usize];
        let near = request.path.iter().take(request.depth as usize);
        let far = (NEAR..request.depth as usize)
            .filter_map(move |depth| self.far_path.frames.get(id.0 as usize * self.far_path.stops + depth - NEAR));
        near.chain(far)
    }

    /// Requests in flight.
    #[inline]
    #[must_use]
    pub fn in_flight(&self) -> usize {
        self.slots.len() - self.free.len()
    }

    /// The most requests ever in flight at once.
    #[inline]
    #[must_use]
    pub fn peak(&self) -> usize {
        self.slots.len()
    }

    /// The requests in flight, in the order of their slots.
    pub fn iter(&self) -> impl Iterator<Item = (RequestId, &Request)> {
        self.slots
            .iter()
            .enumerate()
            .filter(|(_, request)| request.live)
            .map(|(i, request)| (RequestId(i as u32), request))
    }
}

impl std::ops::Index<RequestId> for Requests {
    type Output = Request;

    #[inline]
    fn index(&self, id: RequestId) -> &Request {
        &self.slots[id.0 as usize]
    }
}

impl std::ops::IndexMut<RequestId> for Requests {
    #[inline]
    fn index_mut(&mut self, id: RequestId) -> &mut Request {
        &mut self.slots[id.0 as usize]
    }
}
