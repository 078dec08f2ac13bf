//! Lanes: FIFOs of events with the same delay.
//!
//! An event that is cancelled stays where it is until it comes to the front, or until half of its lane is cancelled: most
//! timeouts are cancelled, and to take each out of the middle of a list would cost two misses of the cache. The first event
//! of a lane is never a cancelled one.

use std::collections::VecDeque;

use super::Rank;
use crate::engine::time::{Duration, Time};

/// Tickets there are at most; it leaves room for a flag in the handle.
const MAX_TICKETS: usize = (1 << 31) - 1;
/// Below this many cancelled events, tidying costs more than it saves.
const TIDY_ABOVE: usize = 1024;

#[derive(Debug)]
struct Item<M> {
    time: Time,
    sequence: u64,
    message: M,
    ticket: u32,
    /// The generation of its ticket; the event was cancelled if that has another.
    generation: u32,
}

#[derive(Debug)]
struct Lane<M> {
    delay: Duration,
    rank: Rank,
    /// True while the heap holds an entry for this lane.
    armed: bool,
    /// Cancelled events among those that follow.
    stale: usize,
    events: VecDeque<Item<M>>,
}

/// What an event is cancelled by: it counts the events it was given to.
#[derive(Clone, Copy, Debug)]
struct Ticket {
    generation: u32,
    lane: u16,
}

/// All lanes.
#[derive(Debug)]
pub struct Lanes<M> {
    lanes: Vec<Lane<M>>,
    tickets: Vec<Ticket>,
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
        self.lanes.push(Lane { delay, rank, armed: false, stale: 0, events: VecDeque::new() });
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

    /// Time and sequence number of the first event.
    #[inline]
    pub fn first(&self, lane: u16) -> Option<(Time, u64)> {
        self.lanes[lane as usize].events.front().map(|item| (item.time, item.sequence))
    }

    /// The sequence numbers of the events at `time`, which is no later than any event; and the event behind them.
    pub fn due(&self, lane: u16, time: Time) -> (Vec<u64>, Option<(Time, u64)>) {
        let mut due = Vec::new();
        for item in self.lanes[lane as usize].events.iter().filter(|item| self.is_live(item)) {
            if item.time != time {
                return (due, Some((item.time, item.sequence)));
            }
            due.push(item.sequence);
        }
        (due, None)
    }

    fn is_live(&self, item: &Item<M>) -> bool {
        self.tickets[item.ticket as usize].generation == item.generation
    }

    /// Puts an event at the end; gives its ticket with the generation, and whether the heap knows of the lane, which it
    /// must from now on.
    ///
    /// # Panics
    /// If more than 2^31 - 1 events wait in lanes.
    #[inline]
    pub fn push(&mut self, lane: u16, time: Time, sequence: u64, message: M) -> (u32, u32, bool) {
        let ticket = match self.free.pop() {
            Some(ticket) => ticket,
            None => self.grow(),
        };
        let Ticket { generation, lane: of } = &mut self.tickets[ticket as usize];
        let generation = *generation;
        *of = lane;
        let lane = &mut self.lanes[lane as usize];
        let armed = std::mem::replace(&mut lane.armed, true);
        lane.events.push_back(Item { time, sequence, message, ticket, generation });
        (ticket, generation, armed)
    }

    #[cold]
    #[inline(never)]
    fn grow(&mut self) -> u32 {
        assert!(self.tickets.len() < MAX_TICKETS, "more than {MAX_TICKETS} events wait in lanes");
        self.tickets.push(Ticket { generation: 0, lane: 0 });
        self.tickets.len() as u32 - 1
    }

    /// The event of a ticket is over.
    #[inline]
    fn release(&mut self, ticket: u32) {
        let generation = &mut self.tickets[ticket as usize].generation;
        *generation = generation.wrapping_add(1);
        self.free.push(ticket);
    }

    /// Takes the first event.
    #[inline]
    pub fn pop(&mut self, lane: u16) -> Option<M> {
        let Item { message, ticket, .. } = self.lanes[lane as usize].events.pop_front()?;
        self.release(ticket);
        if self.lanes[lane as usize].stale > 0 {
            self.trim(lane);
        }
        Some(message)
    }

    /// Notes that the heap no longer has an entry for the lane.
    pub fn disarm(&mut self, lane: u16) {
        self.lanes[lane as usize].armed = false;
    }

    /// Cancels the event of a ticket, if it is still the one of this generation.
    #[inline]
    pub fn cancel(&mut self, ticket: u32, generation: u32) {
        let Ticket { generation: present, lane: index } = self.tickets[ticket as usize];
        if present != generation {
            return;
        }
        self.release(ticket);
        let lane = &mut self.lanes[index as usize];
        lane.stale += 1;
        if lane.events.front().is_some_and(|first| (first.ticket, first.generation) == (ticket, generation)) {
            self.trim(index);
        } else if lane.stale > TIDY_ABOVE && lane.stale * 2 > lane.events.len() {
            self.tidy(index);
        }
    }

    /// Drops cancelled events from the front of a lane.
    fn trim(&mut self, lane: u16) {
        let (lane, tickets) = (&mut self.lanes[lane as usize], &self.tickets);
        let is_stale = |item: &mut Item<M>| tickets[item.ticket as usize].generation != item.generation;
        while lane.events.pop_front_if(is_stale).is_some() {
            lane.stale -= 1;
        }
    }

    /// Drops all cancelled events of a lane at once; paid for by the cancellations that made them.
    #[cold]
    fn tidy(&mut self, lane: u16) {
        let (lane, tickets) = (&mut self.lanes[lane as usize], &self.tickets);
        lane.events.retain(|item| tickets[item.ticket as usize].generation == item.generation);
        lane.stale = 0;
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
