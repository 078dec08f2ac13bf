//! One server: its workers, its queue, its health.

use super::shared::Shared;
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

/// A server of a fleet: one line of the processor's cache.
#[derive(Debug)]
#[repr(align(64))]
pub struct Server {
    head: RequestId,
    tail: RequestId,
    /// Requests that wait.
    pub queued: u32,
    /// Its workers, or its processors where they are shared.
    pub workers: u32,
    /// Workers at work.
    pub busy: Busy,
    /// Work done per second of time: the server's own speed times what faults leave of it.
    pub speed: f64,
    /// Share of requests answered with an error, 0 to 1.
    pub error_rate: f64,
    /// False while it is down.
    pub up: bool,
    /// The requests that share its processors; unused otherwise.
    pub shared: Option<Box<Shared>>,
}

impl Server {
    /// An idle server.
    #[must_use]
    pub fn new(workers: u32, speed: f64, shared: bool) -> Self {
        Self {
            head: RequestId::NONE,
            tail: RequestId::NONE,
            queued: 0,
            workers,
            busy: Busy::default(),
            speed,
            error_rate: 0.0,
            up: true,
            shared: shared.then(Box::default),
        }
    }

    /// How long one of its workers takes for `demand` seconds of work.
    #[inline]
    #[must_use]
    pub fn seconds_for(&self, demand: f64) -> f64 {
        // Most servers have speed 1, and a division takes longer than to see that.
        if self.speed == 1.0 { demand } else { demand / self.speed }
    }

    /// Puts a request at the end of the queue.
    #[inline]
    pub fn enqueue(&mut self, requests: &mut Requests, id: RequestId) {
        requests[id].next = RequestId::NONE;
        if self.tail == RequestId::NONE {
            self.head = id;
        } else {
            requests[self.tail].next = id;
        }
        self.tail = id;
        self.queued += 1;
    }

    /// Takes the request that has waited longest.
    #[inline]
    pub fn dequeue(&mut self, requests: &Requests) -> Option<RequestId> {
        if self.head == RequestId::NONE {
            return None;
        }
        let id = self.head;
        self.head = requests[id].next;
        if self.head == RequestId::NONE {
            self.tail = RequestId::NONE;
        }
        self.queued -= 1;
        Some(id)
    }
}
