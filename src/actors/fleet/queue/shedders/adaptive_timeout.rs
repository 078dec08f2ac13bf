//! CoDel as Facebook simplified it for requests: a time limit in the queue that depends on whether the queue ever empties.

use super::{Classes, Describes, Duration, Sheds, Time};
use crate::schema::quantity::Span;
use crate::schema::record;

record! {
    /// Controlled delay for requests (Maurer, Fail at Scale, ACM Queue 13(8), 2015): a request that joins the queue may
    /// wait for at most `short` if the queue has not been empty within the last `long`, otherwise for at most `long`.
    /// It is rejected when that time is over.
    pub struct AdaptiveTimeout {
        /// The limit while the queue does not empty. The article's M: 5 ms.
        pub short: Span = Span::milliseconds(5),
        /// The limit otherwise. The article's N: 100 ms.
        pub long: Span = Span::milliseconds(100),
    }
    check(self, at) {
        if self.short == Span::ZERO || self.short > self.long {
            at.field("short").error("the short limit is longer than nothing and no longer than the long one");
        }
    }
}

/// When the queue was last empty.
#[derive(Clone, Debug)]
pub struct State {
    short: Duration,
    long: Duration,
    last_empty: Time,
}

impl Sheds for State {
    fn longest_wait(&mut self, now: Time, waiting: u32) -> Option<Duration> {
        if waiting == 0 {
            self.last_empty = now;
        }
        Some(if now.since(self.last_empty) > self.long { self.short } else { self.long })
    }
}

impl Describes for AdaptiveTimeout {
    type State = State;

    fn build(&self, _classes: &Classes<'_>) -> State {
        State { short: self.short.duration(), long: self.long.duration(), last_empty: Time::ZERO }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_limit_is_short_once_the_queue_has_not_been_empty_for_long() {
        let mut state =
            AdaptiveTimeout { short: Span::milliseconds(5), long: Span::milliseconds(100) }.build(&Classes::NONE);
        let at = |ms: u64| Time::from_nanos(ms * 1_000_000);
        let mut limit = |ms, waiting| state.longest_wait(at(ms), waiting).map(|limit| limit.as_nanos() / 1_000_000);
        assert_eq!(limit(500, 0), Some(100));
        assert_eq!(limit(600, 3), Some(100));
        assert_eq!(limit(601, 3), Some(5));
        assert_eq!(limit(700, 0), Some(100));
    }
}
