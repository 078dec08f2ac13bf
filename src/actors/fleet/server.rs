//! One server: its workers, its queue, its health.
//!
//! A server of a plain fleet is units and a FIFO like those in `resources`, but its queue goes through the requests
//! themselves, and it counts its workers itself: that is faster, and every request passes here.

use crate::actors::kit::faults::Active;
use crate::actors::resources::Busy;
use crate::engine::{RequestId, Requests};

/// The part of a server that every request touches: half a line of the processor's cache.
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

/// Rarely used state of a server.
#[derive(Debug)]
pub struct Condition {
    /// Its speed without slow-downs.
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
    fn a_server_is_half_a_line_of_the_cache() {
        assert_eq!(size_of::<Server>(), 32);
    }
}
