//! Rejects requests that would be served too late.

use super::{Arrival, Classes, Describes, Duration, Sheds};
use crate::schema::record;

record! {
    /// Rejects a request on arrival if it is not expected to be served before its deadline: it expects one mean service
    /// time for each request ahead of it, divided by the number of workers, and one for itself. The mean is a moving
    /// average of service times at this server, in which each new one has the weight 1/20. A request without a deadline
    /// is accepted, and so is every request before the first service has ended.
    pub struct ByDeadline {}
}

/// The share of the latest service in the mean.
const NEWEST: f64 = 0.05;

/// The observations of one server.
#[derive(Clone, Debug)]
pub struct State {
    /// Mean service in nanoseconds; none before the first.
    mean: Option<f64>,
}

impl Sheds for State {
    fn rejects(&mut self, arrival: &Arrival) -> bool {
        let Some(mean) = self.mean else { return false };
        let turns = if arrival.worker_free { 0.0 } else { f64::from(arrival.waiting) + 1.0 };
        let expected = mean * (turns / f64::from(arrival.workers) + 1.0);
        arrival.deadline.since(arrival.now).as_nanos() as f64 <= expected
            && arrival.deadline != crate::engine::Time::MAX
    }

    fn served(&mut self, service: Duration) {
        let service = service.as_nanos() as f64;
        self.mean = Some(self.mean.map_or(service, |mean| mean + NEWEST * (service - mean)));
    }
}

impl Describes for ByDeadline {
    type State = State;

    fn build(&self, _classes: &Classes<'_>) -> State {
        State { mean: None }
    }

    fn needs_fifo(&self) -> bool {
        true
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::shedder::Fill;
    use super::*;
    use crate::engine::Time;

    #[test]
    fn a_request_that_would_be_late_is_rejected() {
        let mut state = ByDeadline {}.build(&Classes::NONE);
        let arrival = |waiting, worker_free, deadline| Arrival {
            now: Time::from_nanos(1000),
            class: 0,
            deadline: Time::from_nanos(deadline),
            worker_free,
            workers: 2,
            waiting,
            fill: Fill { places: (0, u64::MAX), bytes: (0, u64::MAX) },
        };
        assert!(!state.rejects(&arrival(1000, false, 1001)));
        state.served(Duration::from_nanos(100));
        // Three ahead and itself: four turns of 100 on two workers, and 100 of its own.
        assert!(state.rejects(&arrival(3, false, 1300)));
        assert!(!state.rejects(&arrival(3, false, 1301)));
        assert!(state.rejects(&arrival(0, true, 1100)));
        assert!(!state.rejects(&arrival(0, true, 1101)));
        assert!(!state.rejects(&arrival(1000, false, u64::MAX)));
        // The mean follows: 100 + (300 - 100) / 20 = 110.
        state.served(Duration::from_nanos(300));
        assert!(state.rejects(&arrival(3, false, 1330)));
        assert!(!state.rejects(&arrival(3, false, 1331)));
    }
}
