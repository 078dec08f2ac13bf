//! A lane: events that all lie the same length of time ahead of when they are scheduled, and so are in order already.

use std::collections::VecDeque;

use crate::engine::time::{Duration, Time};

#[derive(Debug)]
pub struct Item<M> {
    pub time: Time,
    pub sequence: u64,
    pub message: M,
    pub live: bool,
}

/// A FIFO of events one constant delay ahead; the first is always live.
#[derive(Debug)]
pub struct Lane<M> {
    pub delay: Duration,
    items: VecDeque<Item<M>>,
    /// Number of items that have left, so that an item keeps its number.
    gone: u64,
    /// True while the heap holds an entry for this lane.
    pub armed: bool,
}

impl<M> Lane<M> {
    pub fn new(delay: Duration) -> Self {
        Self { delay, items: VecDeque::new(), gone: 0, armed: false }
    }

    /// The first event.
    #[inline]
    pub fn first(&self) -> Option<&Item<M>> {
        self.items.front()
    }

    /// The events that were not taken back.
    pub fn live(&self) -> impl Iterator<Item = (u64, &Item<M>)> {
        (self.gone..).zip(&self.items).filter(|(_, item)| item.live)
    }

    /// Puts an event at the end; gives its number.
    #[inline]
    pub fn push(&mut self, time: Time, sequence: u64, message: M) -> u64 {
        let number = self.gone + self.items.len() as u64;
        self.items.push_back(Item { time, sequence, message, live: true });
        number
    }

    /// Takes the first event.
    #[inline]
    pub fn pop(&mut self) -> Option<M> {
        let item = self.items.pop_front()?;
        self.gone += 1;
        self.drop_dead();
        Some(item.message)
    }

    /// Takes back event `number`, if it has not happened.
    #[inline]
    pub fn cancel(&mut self, number: u64) {
        if number >= self.gone
            && let Some(item) = self.items.get_mut((number - self.gone) as usize)
        {
            item.live = false;
            self.drop_dead();
        }
    }

    #[inline]
    fn drop_dead(&mut self) {
        while self.items.front().is_some_and(|item| !item.live) {
            self.items.pop_front();
            self.gone += 1;
        }
    }
}
