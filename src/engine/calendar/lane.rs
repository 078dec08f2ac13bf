//! Lanes: FIFOs of events with the same delay.
//!
//! An event that is cancelled stays where it is until it comes to the front, or until its lane has no room for another:
//! most timeouts are cancelled, and to take each out of the middle of a list would cost misses of the cache.

use super::Rank;
use crate::engine::time::{Duration, Time};

const TICKET_BITS: u32 = 25;
/// Tickets there are at most: about 33 million.
const MAX_TICKETS: usize = 1 << TICKET_BITS;
const LANE_BITS: u32 = 16;
/// The least room of a lane with events.
const LEAST_ROOM: usize = 16;

/// An event in a lane: its time, and its sequence number with its ticket. Four of them fit into a line of the cache.
#[derive(Clone, Copy, Debug)]
struct Entry {
    time: Time,
    name: u64,
}

impl Entry {
    #[inline(always)]
    fn sequence(self) -> u64 {
        self.name >> TICKET_BITS
    }

    #[inline(always)]
    fn ticket(self) -> usize {
        self.name as usize & (MAX_TICKETS - 1)
    }
}

#[derive(Debug)]
struct Lane {
    delay: Duration,
    rank: Rank,
    /// True while the heap holds an entry for this lane.
    armed: bool,
    /// Events that are over, at the front of those that follow.
    over: usize,
    /// In order; cancelled ones among them.
    events: Vec<Entry>,
}

impl Lane {
    /// Makes room where there is none: drops the events that are over or cancelled, and provides as much room again as the
    /// others take. So a lane never has more room than for twice the most events that waited there at once.
    #[cold]
    #[inline(never)]
    fn tidy<M>(&mut self, tickets: &[Ticket<M>]) {
        let mut kept = 0;
        for at in self.over..self.events.len() {
            let entry = self.events[at];
            self.events[kept] = entry;
            // Without a branch: which events are cancelled cannot be predicted.
            kept += usize::from(tickets[entry.ticket()].is_of(entry.sequence()));
        }
        self.over = 0;
        self.events.truncate(kept);
        self.events.reserve_exact(kept.max(LEAST_ROOM));
    }
}

/// What belongs to an event that waits, wherever in its lane it stands.
#[derive(Clone, Copy, Debug)]
struct Ticket<M> {
    message: M,
    /// Sequence number and lane of the event; [`FREE`] if there is none.
    of: u64,
}

/// No event has this sequence number.
const FREE: u64 = u64::MAX;

impl<M> Ticket<M> {
    #[inline(always)]
    fn is_of(&self, sequence: u64) -> bool {
        self.of >> LANE_BITS == sequence
    }
}

/// All lanes.
#[derive(Debug)]
pub struct Lanes<M> {
    lanes: Vec<Lane>,
    tickets: Vec<Ticket<M>>,
    /// A stack: the ticket used next is one that is still in the cache.
    free: Vec<u32>,
}

impl<M> Default for Lanes<M> {
    fn default() -> Self {
        Self { lanes: Vec::new(), tickets: Vec::new(), free: Vec::new() }
    }
}

impl<M: Copy> Lanes<M> {
    /// Lanes there are.
    pub fn count(&self) -> u16 {
        self.lanes.len() as u16
    }

    /// A new lane, the last.
    pub fn add(&mut self, delay: Duration, rank: Rank) {
        self.lanes.push(Lane { delay, rank, armed: false, over: 0, events: Vec::new() });
    }

    /// How far ahead its events lie.
    #[inline]
    pub fn delay(&self, lane: u16) -> Duration {
        self.lanes[lane as usize].delay
    }

    /// The rank of its events.
    #[inline]
    pub fn rank(&self, lane: u16) -> Rank {
        self.lanes[lane as usize].rank
    }

    /// Events that wait in all lanes.
    pub fn len(&self) -> usize {
        self.tickets.len() - self.free.len()
    }

    /// True if there are nearly as many events as fit, less those that may be added until the event loop looks at that.
    pub fn is_full(&self) -> bool {
        self.tickets.len() >= MAX_TICKETS - (1 << 21)
    }

    /// Time and sequence number of the first event.
    #[inline]
    pub fn first(&mut self, lane: u16) -> Option<(Time, u64)> {
        let lane = &mut self.lanes[lane as usize];
        while let Some(&entry) = lane.events.get(lane.over) {
            if self.tickets[entry.ticket()].is_of(entry.sequence()) {
                return Some((entry.time, entry.sequence()));
            }
            lane.over += 1;
        }
        None
    }

    /// The sequence numbers of the events at `time`, which is no later than any event; and the event behind them.
    pub fn due(&self, lane: u16, time: Time) -> (Vec<u64>, Option<(Time, u64)>) {
        let mut due = Vec::new();
        let is_live = |entry: &&Entry| self.tickets[entry.ticket()].is_of(entry.sequence());
        let Lane { over, events, .. } = &self.lanes[lane as usize];
        for entry in events[*over..].iter().filter(is_live) {
            if entry.time != time {
                return (due, Some((entry.time, entry.sequence())));
            }
            due.push(entry.sequence());
        }
        (due, None)
    }

    /// Adds an event at the end; returns its ticket, and whether the heap knows of the lane, which it must from now on.
    ///
    /// # Panics
    /// If more than 2^25 events wait in lanes; the event loop stops a run before that, see [`Lanes::is_full`].
    #[inline]
    pub fn push(&mut self, lane: u16, time: Time, sequence: u64, message: M) -> (u32, bool) {
        let here = Ticket { message, of: (sequence << LANE_BITS) | u64::from(lane) };
        let ticket = match self.free.pop() {
            Some(ticket) => {
                self.tickets[ticket as usize] = here;
                ticket
            }
            None => self.grow(here),
        };
        let lane = &mut self.lanes[lane as usize];
        let armed = std::mem::replace(&mut lane.armed, true);
        if lane.events.len() == lane.events.capacity() {
            lane.tidy(&self.tickets);
        }
        lane.events.push(Entry { time, name: (sequence << TICKET_BITS) | u64::from(ticket) });
        (ticket, armed)
    }

    #[cold]
    #[inline(never)]
    fn grow(&mut self, ticket: Ticket<M>) -> u32 {
        assert!(self.tickets.len() < MAX_TICKETS, "more than {MAX_TICKETS} events wait in lanes");
        self.tickets.push(ticket);
        self.tickets.len() as u32 - 1
    }

    /// Takes the first event.
    #[inline]
    pub fn pop(&mut self, lane: u16) -> Option<M> {
        self.first(lane)?;
        let lane = &mut self.lanes[lane as usize];
        let ticket = lane.events[lane.over].ticket();
        lane.over += 1;
        self.free.push(ticket as u32);
        let ticket = &mut self.tickets[ticket];
        ticket.of = FREE;
        Some(ticket.message)
    }

    /// Notes that the heap no longer has an entry for the lane.
    pub fn disarm(&mut self, lane: u16) {
        self.lanes[lane as usize].armed = false;
    }

    /// Cancels the event of a ticket, if it is still the one of this sequence number.
    #[inline]
    pub fn cancel(&mut self, ticket: u32, sequence: u64) {
        let here = &mut self.tickets[ticket as usize];
        if here.is_of(sequence) {
            here.of = FREE;
            self.free.push(ticket);
        }
    }

    /// Tickets made so far.
    #[cfg(test)]
    pub fn tickets(&self) -> usize {
        self.tickets.len()
    }

    /// Entries of a lane, the cancelled ones included.
    #[cfg(test)]
    pub fn entries(&self, lane: u16) -> usize {
        self.lanes[lane as usize].events.len()
    }
}
