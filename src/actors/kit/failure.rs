//! Kinds of failed attempts, as written in the language.

use crate::engine::Outcome;
use crate::schema::{choice, record};

record! {
    /// The connection was refused: the server is down.
    pub struct RefusedFailure {}
}

record! {
    /// The server crashed while it held the request.
    pub struct CrashedFailure {}
}

record! {
    /// The server answered with an error (500).
    pub struct ErrorFailure {}
}

record! {
    /// The server, or a balancer on the way, had no place for the request (503).
    pub struct UnavailableFailure {}
}

record! {
    /// No answer arrived within the timeout of the balancer, or of one behind it (504).
    pub struct TimedOutFailure {}
}

choice! {
    /// A kind of failed attempt.
    pub enum Failure {
        Refused(RefusedFailure),
        Crashed(CrashedFailure),
        TimedOut(TimedOutFailure),
        Error(ErrorFailure),
        Unavailable(UnavailableFailure),
    }
}

impl Failure {
    /// True if an attempt with this outcome counts as this failure.
    #[must_use]
    pub fn covers(&self, outcome: Outcome) -> bool {
        match self {
            Self::Refused(_) => outcome == Outcome::Refused,
            Self::Crashed(_) => outcome == Outcome::Crashed,
            Self::TimedOut(_) => outcome == Outcome::GatewayTimeout,
            Self::Error(_) => outcome == Outcome::Error,
            Self::Unavailable(_) => {
                outcome.is_rejection() && !matches!(outcome, Outcome::RateLimited | Outcome::DeadlinePassed)
            }
        }
    }

    /// The default of nginx (`proxy_next_upstream error timeout`): failed connections and timeouts.
    #[must_use]
    pub fn usual() -> Vec<Self> {
        vec![Self::Refused(RefusedFailure {}), Self::Crashed(CrashedFailure {}), Self::TimedOut(TimedOutFailure {})]
    }
}
