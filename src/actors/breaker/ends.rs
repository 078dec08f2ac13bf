//! The names of outcomes other than success, and how a breaker counts each.

use crate::actors::breaker::rule::Ending;
use crate::engine::Outcome;
use crate::schema::{choice, record};

macro_rules! ends {
    ($( $(#[doc = $doc:literal])+ $name:ident => $holds:expr ),+ $(,)?) => {
        $(
            record! {
                $(#[doc = $doc])+
                pub struct $name {}
            }
        )+

        choice! {
            /// How a call ended.
            pub enum End {
                $( $name($name), )+
            }
        }

        impl End {
            /// True if it stands for this outcome.
            #[must_use]
            pub fn holds(&self, outcome: Outcome) -> bool {
                let holds: fn(Outcome) -> bool = match self {
                    $( Self::$name(_) => $holds, )+
                };
                holds(outcome)
            }
        }
    };
}

ends! {
    /// The server answered with an error.
    Error => |outcome| outcome == Outcome::Error,
    /// The connection was refused: the server was down.
    Refused => |outcome| outcome == Outcome::Refused,
    /// The server crashed while it held the request.
    Crashed => |outcome| outcome == Outcome::Crashed,
    /// Its client stopped waiting for it, or a balancer behind (504).
    TimedOut => |outcome| matches!(outcome, Outcome::TimedOut | Outcome::GatewayTimeout),
    /// Its user lost patience.
    GaveUp => |outcome| outcome == Outcome::GaveUp,
    /// Rejected, whatever the reason: all of the following except `Degraded`.
    Rejection => Outcome::is_rejection,
    /// Rejected by a full queue.
    QueueFull => |outcome| outcome == Outcome::QueueFull,
    /// Rejected after it had waited too long in a queue, or for a place in it.
    WaitedTooLong => |outcome| outcome == Outcome::WaitedTooLong,
    /// Rejected by load shedding.
    Shed => |outcome| outcome == Outcome::Shed,
    /// Rejected by a rate limit (429).
    RateLimited => |outcome| outcome == Outcome::RateLimited,
    /// Rejected by a concurrency limit.
    TooManyInFlight => |outcome| outcome == Outcome::TooManyInFlight,
    /// Rejected by an open circuit behind this one.
    CircuitOpen => |outcome| outcome == Outcome::CircuitOpen,
    /// Dropped, because its deadline had passed.
    DeadlinePassed => |outcome| outcome == Outcome::DeadlinePassed,
    /// Rejected because no server was available.
    NoServer => |outcome| outcome == Outcome::NoServer,
    /// Answered, but not as asked: by a fallback.
    Degraded => |outcome| outcome == Outcome::Degraded,
}

/// All that is no answer.
#[must_use]
pub fn all() -> Vec<End> {
    vec![
        End::Error(Error {}),
        End::Refused(Refused {}),
        End::Crashed(Crashed {}),
        End::TimedOut(TimedOut {}),
        End::GaveUp(GaveUp {}),
        End::Rejection(Rejection {}),
    ]
}

/// How each outcome counts for a circuit.
#[derive(Clone, Copy, Debug)]
pub struct Endings([Ending; Outcome::ALL.len()]);

impl Endings {
    /// Outcomes in `ignored` are ignored, others in `failures` are failures, and outcomes in neither are successes.
    /// Calls that were cancelled by their client, or never sent, are ignored.
    #[must_use]
    pub fn new(failures: &[End], ignored: &[End]) -> Self {
        let holds = |ends: &[End], outcome| ends.iter().any(|end| end.holds(outcome));
        Self(Outcome::ALL.map(|outcome| match outcome {
            Outcome::Cancelled | Outcome::Throttled => Ending::Ignored,
            _ if holds(ignored, outcome) => Ending::Ignored,
            _ if holds(failures, outcome) => Ending::Failure,
            _ => Ending::Success,
        }))
    }

    /// How a call with this outcome counts; ignored if its outcome is unknown.
    #[inline]
    #[must_use]
    pub fn of(&self, outcome: Option<Outcome>) -> Ending {
        outcome.map_or(Ending::Ignored, |outcome| self.0[outcome as usize])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn outcomes_stand_in_the_order_of_their_numbers() {
        assert!(Outcome::ALL.iter().enumerate().all(|(place, &outcome)| outcome as usize == place));
    }

    #[test]
    fn usually_all_but_answers_and_rate_limits_are_failures() {
        let endings = Endings::new(&all(), &[End::RateLimited(RateLimited {})]);
        for outcome in Outcome::ALL {
            let expected = match outcome {
                Outcome::Served | Outcome::Degraded => Ending::Success,
                Outcome::RateLimited | Outcome::Throttled | Outcome::Cancelled => Ending::Ignored,
                _ => Ending::Failure,
            };
            assert_eq!(endings.of(Some(outcome)), expected, "{outcome:?}");
        }
        assert_eq!(endings.of(None), Ending::Ignored);
    }

    /// `recordExceptions` and `ignoreExceptions` of resilience4j: what is in neither counts as a success, and what is in
    /// both is ignored.
    #[test]
    fn what_is_no_failure_is_a_success_unless_it_is_ignored() {
        let failures = [End::Error(Error {}), End::Rejection(Rejection {}), End::Degraded(Degraded {})];
        let endings = Endings::new(&failures, &[End::QueueFull(QueueFull {}), End::Crashed(Crashed {})]);
        let of = |outcome| endings.of(Some(outcome));
        assert_eq!([Outcome::Error, Outcome::Shed, Outcome::Degraded].map(of), [Ending::Failure; 3]);
        assert_eq!([Outcome::QueueFull, Outcome::Crashed].map(of), [Ending::Ignored; 2]);
        assert_eq!([Outcome::Served, Outcome::Refused, Outcome::TimedOut].map(of), [Ending::Success; 3]);
    }
}
