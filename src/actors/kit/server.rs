//! One server: its workers, its queue, its health.

use crate::actors::kit::faults::Active;
use crate::engine::{RequestId, Requests, Time};

/// Busy workers and the time they have spent.
///
/// Keeps the sum of (time of each step down) - (time of each step up) in 96 bits, modulo 2^96: as many as 2^32 workers
/// can spend in 2^64 nanoseconds, so the time they have spent is always exact.
#[derive(Clone, Copy, Debug, Default)]
pub struct Busy {
    count: u32,
    high: u32,
    low: u64,
}

impl Busy {
    /// Busy workers now.
    #[inline]
    #[must_use]
    pub fn count(self) -> u32 {
        self.count
    }

    /// One more is busy.
    #[inline]
    pub fn up(&mut self, now: Time) {
        self.count += 1;
        let (low, borrow) = self.low.overflowing_sub(now.as_nanos());
        self.low = low;
        self.high = self.high.wrapping_sub(u32::from(borrow));
    }

    /// One fewer is busy.
    #[inline]
    pub fn down(&mut self, now: Time) {
        self.count -= 1;
        let (low, carry) = self.low.overflowing_add(now.as_nanos());
        self.low = low;
        self.high = self.high.wrapping_add(u32::from(carry));
    }

    /// Worker-nanoseconds of work from the start of the run until `now`.
    #[must_use]
    pub fn area(self, now: Time) -> u128 {
        let balance = (u128::from(self.high) << 64) | u128::from(self.low);
        (balance + u128::from(now.as_nanos()) * u128::from(self.count)) & ((1 << 96) - 1)
    }
}

/// What every request at a server touches: half a line of the processor's cache.
#[derive(Debug)]
#[repr(align(32))]
pub struct Server {
    /// Workers at work.
    pub busy: Busy,
    head: RequestId,
    tail: RequestId,
    /// Requests that wait.
    pub queued: u32,
    /// False while it is down.
    pub up: bool,
    /// True if it works at speed 1 and makes no errors, so that its condition need not be looked at.
    pub usual: bool,
}

/// What is seldom looked at of a server.
#[derive(Debug)]
pub struct Condition {
    /// Its speed while nothing slows it down.
    pub nominal: f64,
    /// Work done per second of time: the server's own speed times what faults leave of it.
    pub speed: f64,
    /// The faults that are active, from which what follows here follows.
    pub active: Active,
    /// Share of requests answered with an error after their usual work, 0 to 1.
    pub error_rate: f64,
    /// See [`Active::quick_errors`].
    pub quick_errors: Vec<(f64, f64)>,
    /// True once it was told to make errors of their own length: some may be under way as long as it runs.
    pub fails_early: bool,
    /// Its last outage, by place in the record.
    pub outage: usize,
}

impl Condition {
    /// A healthy server of this speed.
    #[must_use]
    pub fn new(speed: f64) -> Self {
        Self {
            nominal: speed,
            speed,
            active: Active::default(),
            error_rate: 0.0,
            quick_errors: Vec::new(),
            fails_early: false,
            outage: 0,
        }
    }

    /// True if requests need not look at it.
    #[must_use]
    pub fn is_usual(&self) -> bool {
        self.speed == 1.0 && self.error_rate == 0.0 && !self.fails_early
    }
}

impl Server {
    /// An idle server.
    #[must_use]
    pub fn new(usual: bool) -> Self {
        Self { busy: Busy::default(), head: RequestId::NONE, tail: RequestId::NONE, queued: 0, up: true, usual }
    }

    /// Puts a request at the end of the queue.
    #[inline(always)]
    pub fn enqueue(&mut self, requests: &mut Requests, id: RequestId) {
        requests[id].set_next(RequestId::NONE);
        if self.tail == RequestId::NONE {
            self.head = id;
        } else {
            requests[self.tail].set_next(id);
        }
        self.tail = id;
        self.queued += 1;
    }

    /// Takes the request that has waited longest.
    #[inline(always)]
    pub fn dequeue(&mut self, requests: &Requests) -> Option<RequestId> {
        if self.head == RequestId::NONE {
            return None;
        }
        let id = self.head;
        self.head = requests[id].next();
        if self.head == RequestId::NONE {
            self.tail = RequestId::NONE;
        }
        self.queued -= 1;
        Some(id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_of_many_workers_over_many_years_is_exact() {
        let second = |seconds: u64| Time::from_nanos(seconds * 1_000_000_000);
        let mut busy = Busy::default();
        (0..20_000).for_each(|worker| busy.up(second(worker)));
        let begun: u128 = (0..20_000).sum();
        let spent = |seconds: u128| 20_000 * seconds - begun;
        assert_eq!(busy.area(second(2_000_000)), spent(2_000_000) * 1_000_000_000);
        // Nearly until the end of time.
        let end = second(18_000_000_000);
        assert_eq!(busy.area(end), spent(18_000_000_000) * 1_000_000_000);
        (0..20_000).for_each(|_| busy.down(end));
        assert_eq!((busy.count(), busy.area(Time::MAX)), (0, spent(18_000_000_000) * 1_000_000_000));
    }

    #[test]
    fn a_server_is_half_a_line_of_the_cache() {
        assert_eq!(size_of::<Server>(), 32);
    }
}
