//! One server: its workers, its queue, its health.

use crate::engine::{RequestId, Requests, Time};

/// Busy workers and the time they have spent, in eight bytes: enough for 292 years of busy workers.
#[derive(Clone, Copy, Debug, Default)]
pub struct Busy {
    count: u32,
    balance: i64,
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
        self.balance = self.balance.wrapping_sub(now.as_nanos() as i64);
    }

    /// One fewer is busy.
    #[inline]
    pub fn down(&mut self, now: Time) {
        self.count -= 1;
        self.balance = self.balance.wrapping_add(now.as_nanos() as i64);
    }

    /// Worker-nanoseconds of work from the start of the run until `now`.
    #[must_use]
    pub fn area(self, now: Time) -> u64 {
        self.balance.wrapping_add((now.as_nanos() as i64).wrapping_mul(i64::from(self.count))) as u64
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
    /// Share of requests answered with an error, 0 to 1.
    pub error_rate: f64,
    /// Seconds of work of an error answer; `None` if as much as usual.
    pub error_after: Option<f64>,
    /// True once it was told to make errors of their own length: some may be under way as long as it runs.
    pub hasty: bool,
    /// Its last outage, by place in the record.
    pub outage: usize,
}

impl Condition {
    /// A healthy server of this speed.
    #[must_use]
    pub fn new(speed: f64) -> Self {
        Self { nominal: speed, speed, error_rate: 0.0, error_after: None, hasty: false, outage: 0 }
    }

    /// True if requests need not look at it.
    #[must_use]
    pub fn is_usual(&self) -> bool {
        self.speed == 1.0 && self.error_rate == 0.0 && !self.hasty
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
