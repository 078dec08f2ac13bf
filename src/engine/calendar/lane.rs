//! Lanes: FIFOs of events with the same delay.
//!
//! An event that is cancelled stays where it is until it comes to the front, or until its lane has no room for another:
//! most timeouts are cancelled, and to take each out of the middle of a list would cost misses of the cache.

use super::Rank;
use crate::engine::time::{Duration, Time};

const TICKET_BITS: u32 = 25;
/// Tickets of events that are cancelled by their handles are below this, and so are owners; there are 16 million.
const MAX_TICKETS: usize = 1 << (TICKET_BITS - 1);
/// Bit of a ticket: its number is that of the owner of the event.
const OWNED: u32 = MAX_TICKETS as u32;
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
    fn ticket(self) -> u32 {
        self.name as u32 & (OWNED | (OWNED - 1))
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
    fn tidy<M>(&mut self, tickets: &Tickets<M>) {
        let mut kept = 0;
        for at in self.over..self.events.len() {
            let entry = self.events[at];
            self.events[kept] = entry;
            // Without a branch: which events are cancelled cannot be predicted.
            kept += usize::from(tickets.is_live(entry));
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
    /// The sequence number of the event; [`FREE`] if there is none.
    of: u64,
}

/// No event has this sequence number.
const FREE: u64 = u64::MAX;

impl<M> Ticket<M> {
    #[inline(always)]
    fn is_of(&self, sequence: u64) -> bool {
        self.of == sequence
    }
}

/// The tickets of all events.
#[derive(Debug)]
struct Tickets<M> {
    /// Of events that are cancelled by their handles.
    by_handle: Vec<Ticket<M>>,
    /// A stack: the ticket used next is one that is still in the cache.
    free: Vec<u32>,
    /// Of events that are cancelled by their owners, of which each has one at most.
    by_owner: Vec<Ticket<M>>,
    /// How many of these are taken.
    owned: usize,
}

impl<M> Tickets<M> {
    #[inline(always)]
    fn at(&self, ticket: u32) -> &Ticket<M> {
        if ticket & OWNED == 0 { &self.by_handle[ticket as usize] } else { &self.by_owner[(ticket & !OWNED) as usize] }
    }

    #[inline(always)]
    fn is_live(&self, entry: Entry) -> bool {
        self.at(entry.ticket()).is_of(entry.sequence())
    }

    #[inline]
    fn release(&mut self, ticket: u32) {
        if ticket & OWNED == 0 {
            self.by_handle[ticket as usize].of = FREE;
            self.free.push(ticket);
        } else {
            self.by_owner[(ticket & !OWNED) as usize].of = FREE;
            self.owned -= 1;
        }
    }
}

/// All lanes.
#[derive(Debug)]
pub struct Lanes<M> {
    lanes: Vec<Lane>,
    tickets: Tickets<M>,
}

impl<M> Default for Lanes<M> {
    fn default() -> Self {
        let tickets = Tickets { by_handle: Vec::new(), free: Vec::new(), by_owner: Vec::new(), owned: 0 };
        Self { lanes: Vec::new(), tickets }
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
        self.tickets.by_handle.len() - self.tickets.free.len() + self.tickets.owned
    }

    /// True if there are nearly as many events as fit, less those that may be added until the event loop looks at that.
    pub fn is_full(&self) -> bool {
        self.tickets.by_handle.len() >= MAX_TICKETS - (1 << 21)
    }

    /// Time and sequence number of the first event.
    #[inline]
    pub fn first(&mut self, lane: u16) -> Option<(Time, u64)> {
        let lane = &mut self.lanes[lane as usize];
        while let Some(&entry) = lane.events.get(lane.over) {
            if self.tickets.is_live(entry) {
                return Some((entry.time, entry.sequence()));
            }
            lane.over += 1;
        }
        None
    }

    /// Calls `is_due` with the sequence number of each event at `time`, which is no later than any event; returns time and
    /// sequence number of the event behind them.
    pub fn due(&self, lane: u16, time: Time, mut is_due: impl FnMut(u64)) -> Option<(Time, u64)> {
        let Lane { over, events, .. } = &self.lanes[lane as usize];
        for entry in events[*over..].iter().filter(|entry| self.tickets.is_live(**entry)) {
            if entry.time != time {
                return Some((entry.time, entry.sequence()));
            }
            is_due(entry.sequence());
        }
        None
    }

    /// Adds an event at the end; returns its ticket, and whether the heap knows of the lane, which it must from now on.
    ///
    /// # Panics
    /// If more than 2^24 such events wait in lanes; the event loop stops a run before that, see [`Lanes::is_full`].
    #[inline]
    pub fn push(&mut self, lane: u16, time: Time, sequence: u64, message: M) -> (u32, bool) {
        let here = Ticket { message, of: sequence };
        let ticket = match self.tickets.free.pop() {
            Some(ticket) => {
                self.tickets.by_handle[ticket as usize] = here;
                ticket
            }
            None => self.grow(here),
        };
        (ticket, self.append(lane, time, sequence, ticket))
    }

    /// Adds an event of `owner`, which has none, at the end; returns whether the heap knows of the lane, which it must from
    /// now on.
    ///
    /// # Panics
    /// If the number of the owner is 2^24 or more.
    #[inline]
    pub fn push_owned(&mut self, lane: u16, time: Time, sequence: u64, owner: u32, message: M) -> bool {
        let here = Ticket { message, of: sequence };
        match self.tickets.by_owner.get_mut(owner as usize) {
            Some(ticket) => {
                debug_assert_eq!(ticket.of, FREE, "an owner has two events at once");
                *ticket = here;
            }
            None => self.grow_owned(owner, here),
        }
        self.tickets.owned += 1;
        self.append(lane, time, sequence, OWNED | owner)
    }

    #[cold]
    #[inline(never)]
    fn grow_owned(&mut self, owner: u32, ticket: Ticket<M>) {
        assert!(owner < OWNED, "there are no more than {OWNED} owners");
        let none = Ticket { message: ticket.message, of: FREE };
        self.tickets.by_owner.resize(owner as usize + 1, none);
        self.tickets.by_owner[owner as usize] = ticket;
    }

    #[inline(always)]
    fn append(&mut self, lane: u16, time: Time, sequence: u64, ticket: u32) -> bool {
        let lane = &mut self.lanes[lane as usize];
        let armed = std::mem::replace(&mut lane.armed, true);
        if lane.events.len() == lane.events.capacity() {
            lane.tidy(&self.tickets);
        }
        lane.events.push(Entry { time, name: (sequence << TICKET_BITS) | u64::from(ticket) });
        armed
    }

    #[cold]
    #[inline(never)]
    fn grow(&mut self, ticket: Ticket<M>) -> u32 {
        let tickets = &mut self.tickets.by_handle;
        assert!(tickets.len() < MAX_TICKETS, "more than {MAX_TICKETS} events wait in lanes");
        tickets.push(ticket);
        tickets.len() as u32 - 1
    }

    /// Takes the first event.
    #[inline]
    pub fn pop(&mut self, lane: u16) -> Option<M> {
        self.first(lane)?;
        let lane = &mut self.lanes[lane as usize];
        let ticket = lane.events[lane.over].ticket();
        lane.over += 1;
        let message = self.tickets.at(ticket).message;
        self.tickets.release(ticket);
        Some(message)
    }

    /// Notes that the heap no longer has an entry for the lane.
    pub fn disarm(&mut self, lane: u16) {
        self.lanes[lane as usize].armed = false;
    }

    /// Cancels the event of a ticket, if it is still the one of this sequence number.
    #[inline]
    pub fn cancel(&mut self, ticket: u32, sequence: u64) {
        if self.tickets.by_handle[ticket as usize].is_of(sequence) {
            self.tickets.release(ticket);
        }
    }

    /// Cancels the event of `owner`, if it has one.
    #[inline]
    pub fn cancel_owned(&mut self, owner: u32) {
        if let Some(ticket) = self.tickets.by_owner.get_mut(owner as usize)
            && ticket.of != FREE
        {
            ticket.of = FREE;
            self.tickets.owned -= 1;
        }
    }

    /// Tickets made so far for events that are cancelled by their handles, and how many of them are taken.
    #[cfg(test)]
    pub fn tickets(&self) -> [usize; 2] {
        let made = self.tickets.by_handle.len();
        [made, made - self.tickets.free.len()]
    }

    /// Entries of a lane, the cancelled ones included.
    #[cfg(test)]
    pub fn entries(&self, lane: u16) -> usize {
        self.lanes[lane as usize].events.len()
    }
}
