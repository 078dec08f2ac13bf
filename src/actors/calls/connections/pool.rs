//! The pool of open connections of each client: which one a request takes, and when one is closed.
//!
//! Memory is in proportion to the most connections ever open at once.

use std::collections::BTreeMap;

use crate::actors::kit::message::{Core, Message};
use crate::engine::{ActorId, Connection, Handle, LaneId, Time};
use crate::measure::CountIntegral;

/// When a connection has room, and when it is closed.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Requests at once.
    pub streams: u32,
    /// Requests in all; 0 for no limit.
    pub requests: u32,
    /// The lane of the longest idle time; without it, an idle connection is closed at once.
    pub idle: Option<LaneId>,
    /// True if a request that is given up leaves its connection as it was.
    pub survives_timeouts: bool,
}

/// A connection, open or closed.
#[derive(Clone, Copy, Debug)]
struct Line {
    /// The client's address.
    holder: u32,
    /// Where it leads to.
    target: u32,
    /// Requests on it.
    active: u32,
    /// Requests it has carried or carries.
    made: u32,
    /// When it can carry the first.
    established: Time,
    /// Closes it if it stays idle.
    idle: Handle,
    is_open: bool,
    /// True if it accepts no further requests: it is closed when those on it have ended.
    is_broken: bool,
}

/// The connection that a request travels on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Taken {
    /// Its name.
    pub connection: Connection,
    /// Where it leads to.
    pub target: u32,
    /// When it can carry the request.
    pub established: Time,
}

/// A connection that was closed: its number, and where it led to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Closed {
    /// Its number.
    pub number: u32,
    /// Where it led to.
    pub target: u32,
}

/// The connections of the clients of one node.
#[derive(Debug)]
pub struct Pool {
    limits: Limits,
    /// Numbers of connections are places x `stride` + `offset`, so that no two nodes give the same.
    stride: u32,
    offset: u32,
    lines: Vec<Line>,
    free: Vec<u32>,
    /// Open connections with room for another request, by client; the last is taken first.
    ready: BTreeMap<u32, Vec<u32>>,
    is_last_call: bool,
    /// Connections opened.
    pub opened: u64,
    /// Open connections.
    pub open: CountIntegral,
}

impl Pool {
    /// No connections yet, for clients number `offset` of `stride` in the system.
    #[must_use]
    pub fn new(limits: Limits, offset: u16, stride: u16) -> Self {
        Self {
            limits,
            stride: u32::from(stride.max(1)),
            offset: u32::from(offset),
            lines: Vec::new(),
            free: Vec::new(),
            ready: BTreeMap::new(),
            is_last_call: false,
            opened: 0,
            open: CountIntegral::default(),
        }
    }

    fn number(&self, place: u32) -> u32 {
        place * self.stride + self.offset
    }

    fn has_room(&self, place: u32) -> bool {
        let line = &self.lines[place as usize];
        let is_spent = self.limits.requests > 0 && line.made >= self.limits.requests;
        !line.is_broken && !is_spent && line.active < self.limits.streams
    }

    /// An open connection of `holder` with room, for one request more; `None` if there is none.
    pub fn take(&mut self, core: &mut Core, holder: u32) -> Option<Taken> {
        let &place = self.ready.get(&holder)?.last()?;
        let line = &mut self.lines[place as usize];
        if line.active == 0 {
            core.calendar.cancel(line.idle);
            line.idle = Handle::NONE;
        }
        line.active += 1;
        line.made += 1;
        let (target, established) = (line.target, line.established);
        if !self.has_room(place) {
            self.unready(place);
        }
        Some(Taken { connection: Connection::kept(self.number(place)), target, established })
    }

    /// `holder` opens a connection for a request. One of the request's own if there are too many to number.
    pub fn open(&mut self, holder: u32, target: u32, now: Time, established: Time) -> Taken {
        self.opened += 1;
        let most = (Connection::MOST - self.offset) / self.stride;
        if self.free.is_empty() && self.lines.len() >= most as usize {
            return Taken { connection: Connection::OWN, target, established };
        }
        let line = Line {
            holder,
            target,
            active: 1,
            made: 1,
            established,
            idle: Handle::NONE,
            is_open: true,
            is_broken: false,
        };
        let place = match self.free.pop() {
            Some(place) => {
                self.lines[place as usize] = line;
                place
            }
            None => {
                self.lines.push(line);
                self.lines.len() as u32 - 1
            }
        };
        self.open.up(now);
        if self.has_room(place) {
            self.ready.entry(holder).or_default().push(place);
        }
        Taken { connection: Connection::opened(self.number(place)), target, established }
    }

    /// A request is given up by the client.
    pub fn abandon(&mut self, core: &mut Core, number: u32, me: ActorId) -> Option<Closed> {
        let keeps = self.limits.survives_timeouts;
        self.give_back(core, number, keeps, me)
    }

    /// A request on connection `number` has ended; unless the connection `keeps` open, it accepts no further requests.
    pub fn give_back(&mut self, core: &mut Core, number: u32, keeps: bool, me: ActorId) -> Option<Closed> {
        let place = number / self.stride;
        let had_room = self.has_room(place);
        let line = &mut self.lines[place as usize];
        line.is_broken |= !keeps;
        line.active -= 1;
        let is_idle = line.active == 0;
        let holder = line.holder;
        match (had_room, self.has_room(place)) {
            (true, false) => self.unready(place),
            (false, true) => self.ready.entry(holder).or_default().push(place),
            _ => {}
        }
        if !is_idle {
            return None;
        }
        match self.limits.idle {
            Some(lane) if self.has_room(place) && !self.is_last_call => {
                self.lines[place as usize].idle = core.send_in_lane(lane, me, Message::Idle { place });
                None
            }
            _ => Some(self.close(core, place)),
        }
    }

    /// Connection `number` was broken by a fault: it accepts no further requests.
    pub fn break_off(&mut self, core: &mut Core, number: u32) -> Option<Closed> {
        let place = number / self.stride;
        let line = *self.lines.get(place as usize).filter(|line| line.is_open)?;
        if self.has_room(place) {
            self.unready(place);
        }
        self.lines[place as usize].is_broken = true;
        (line.active == 0).then(|| self.close(core, place))
    }

    /// The connection at `place` has been idle for too long.
    pub fn idle(&mut self, core: &mut Core, place: u32) -> Closed {
        self.lines[place as usize].idle = Handle::NONE;
        self.close(core, place)
    }

    /// No further requests will come: idle connections are closed, and others once they are idle.
    pub fn last_call(&mut self, core: &mut Core) -> Vec<Closed> {
        self.is_last_call = true;
        let idle = |place: &u32| {
            let line = &self.lines[*place as usize];
            line.is_open && line.active == 0
        };
        let idle: Vec<u32> = (0..self.lines.len() as u32).filter(idle).collect();
        idle.into_iter().map(|place| self.close(core, place)).collect()
    }

    /// Closes a connection on which there are no requests.
    fn close(&mut self, core: &mut Core, place: u32) -> Closed {
        if self.has_room(place) {
            self.unready(place);
        }
        let line = &mut self.lines[place as usize];
        core.calendar.cancel(line.idle);
        line.is_open = false;
        let target = line.target;
        self.free.push(place);
        self.open.down(core.now());
        Closed { number: self.number(place), target }
    }

    /// A connection has no room left. Connections that have been idle for longest stand first.
    fn unready(&mut self, place: u32) {
        let holder = self.lines[place as usize].holder;
        let Some(stack) = self.ready.get_mut(&holder) else { return };
        if stack.last() == Some(&place) {
            stack.pop();
        } else if let Some(at) = stack.iter().position(|&other| other == place) {
            stack.remove(at);
        }
        if stack.is_empty() {
            self.ready.remove(&holder);
        }
    }
}
