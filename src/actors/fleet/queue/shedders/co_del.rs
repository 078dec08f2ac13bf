//! CoDel: drops requests from the queue while even the shortest wait stays above a target.

use super::{Classes, Describes, Duration, Sheds, Time};
use crate::schema::quantity::Span;
use crate::schema::record;

record! {
    /// Controlled delay (Nichols and Jacobson 2012; RFC 8289): when every request taken from the queue within an
    /// interval has waited `target` or longer, one is dropped instead of being served, and then more at ever shorter
    /// gaps (`interval` over the square root of the number dropped), until a request has waited less. A queue of one
    /// request counts as empty, as a queue of one packet does there.
    pub struct CoDel {
        /// The acceptable standing wait. RFC 8289, 4.3: 5 ms.
        pub target: Span = Span::milliseconds(5),
        /// The time in which a burst must clear; 100 ms in the RFC.
        pub interval: Span = Span::milliseconds(100),
    }
    check(self, at) {
        if self.interval == Span::ZERO {
            at.field("interval").error("an interval is longer than nothing");
        }
    }
}

/// The part of the last drop that the next request still has to judge.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Last {
    /// Nothing.
    Kept,
    /// It began a time of dropping: the next request is served.
    First,
    /// It was one of several.
    Further,
}

/// The state of one queue, under the names of RFC 8289, 5.
#[derive(Clone, Debug)]
pub struct State {
    target: Duration,
    interval: Duration,
    /// When the wait will have been above the target for an interval.
    first_above: Option<Time>,
    drop_next: Time,
    count: u32,
    last_count: u32,
    dropping: bool,
    last: Last,
}

impl State {
    fn control_law(&self, from: Time) -> Time {
        let step = self.interval.as_nanos() as f64 / libm::sqrt(f64::from(self.count));
        from + Duration::from_nanos(step as u64)
    }

    fn may_drop(&mut self, now: Time, waited: Duration, behind: u32) -> bool {
        if waited < self.target || behind <= 1 {
            self.first_above = None;
            return false;
        }
        match self.first_above {
            None => {
                self.first_above = Some(now + self.interval);
                false
            }
            Some(first_above) => now >= first_above,
        }
    }
}

impl Sheds for State {
    fn drops(&mut self, now: Time, waited: Duration, behind: u32) -> bool {
        let may = self.may_drop(now, waited, behind);
        let last = std::mem::replace(&mut self.last, Last::Kept);
        if last == Last::First {
            return false;
        }
        if self.dropping {
            if !may {
                self.dropping = false;
                return false;
            }
            if last == Last::Further {
                self.drop_next = self.control_law(self.drop_next);
            }
            if now < self.drop_next {
                return false;
            }
            self.count += 1;
            self.last = Last::Further;
            return true;
        }
        if !may {
            return false;
        }
        // If it starts soon after the last time, it continues at about the rate of drops reached then.
        let delta = self.count - self.last_count;
        let soon = now.since(self.drop_next) < Duration::from_nanos(self.interval.as_nanos().saturating_mul(16));
        self.count = if delta > 1 && soon { delta } else { 1 };
        self.last_count = self.count;
        self.drop_next = self.control_law(now);
        (self.dropping, self.last) = (true, Last::First);
        true
    }

    fn found_empty(&mut self, _now: Time) {
        self.first_above = None;
        if std::mem::replace(&mut self.last, Last::Kept) != Last::First {
            self.dropping = false;
        }
    }
}

impl Describes for CoDel {
    type State = State;

    fn build(&self, _classes: &Classes<'_>) -> State {
        State {
            target: self.target.duration(),
            interval: self.interval.duration(),
            first_above: None,
            drop_next: Time::ZERO,
            count: 0,
            last_count: 0,
            dropping: false,
            last: Last::Kept,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ms(milliseconds: u64) -> Duration {
        Duration::from_nanos(milliseconds * 1_000_000)
    }

    /// For each of (when in milliseconds, waited, behind), whether it is dropped.
    fn judge(state: &mut State, requests: &[(u64, u64, u32)]) -> Vec<bool> {
        requests.iter().map(|&(now, waited, behind)| state.drops(Time::ZERO + ms(now), ms(waited), behind)).collect()
    }

    fn codel() -> State {
        CoDel { target: Span::milliseconds(5), interval: Span::milliseconds(100) }.build(&Classes::NONE)
    }

    #[test]
    fn a_sequence_by_hand() {
        let mut state = codel();
        // Above the target from 0 on; at 100 ms it has been so for an interval: one is dropped, the next served.
        let requests = [(0, 5, 9), (40, 45, 9), (99, 104, 9), (100, 105, 9), (100, 104, 9)];
        assert_eq!(judge(&mut state, &requests), [false, false, false, true, false]);
        // The second is due at 100 + 100 = 200, the third at 200 + 100 / sqrt 2 = 270.7, the fourth at + 57.7 = 328.4.
        let requests = [(199, 99, 9), (200, 99, 9), (200, 98, 9), (270, 99, 9), (271, 99, 9), (271, 98, 9)];
        assert_eq!(judge(&mut state, &requests), [false, true, false, false, true, false]);
        assert_eq!(state.drop_next, Time::from_nanos(270_710_678 + 57_735_026));
        // A server that comes late to it drops as many as were due: at 328.4 and at 378.4.
        let requests = [(380, 99, 9), (380, 98, 9), (380, 97, 9)];
        assert_eq!(judge(&mut state, &requests), [true, true, false]);
        assert_eq!(state.count, 5);
        // One below the target ends it.
        assert_eq!(judge(&mut state, &[(390, 4, 9), (391, 99, 9), (423, 99, 9)]), [false, false, false]);
        assert!(!state.dropping);
        // Soon after, above the target for an interval again, it continues at the rate of 5 - 1 = 4: the next is 50 ms
        // later.
        assert_eq!(judge(&mut state, &[(491, 99, 9), (491, 99, 9)]), [true, false]);
        assert_eq!((state.count, state.drop_next), (4, Time::ZERO + ms(541)));
    }

    #[test]
    fn one_request_behind_is_no_queue() {
        let mut state = codel();
        assert_eq!(judge(&mut state, &[(0, 500, 2), (99, 500, 1), (100, 500, 2), (199, 500, 2)]), [false; 4]);
        assert_eq!(judge(&mut state, &[(200, 500, 2)]), [true]);
    }

    #[test]
    fn an_empty_queue_ends_it_and_long_after_it_begins_anew() {
        let mut state = codel();
        assert_eq!(judge(&mut state, &[(0, 9, 9), (100, 9, 9), (100, 9, 9), (200, 9, 9)]), [false, true, false, true]);
        state.found_empty(Time::ZERO + ms(200));
        assert!(!state.dropping);
        assert_eq!(judge(&mut state, &[(5000, 9, 9), (5100, 9, 9)]), [false, true]);
        assert_eq!(state.count, 1);
    }
}
