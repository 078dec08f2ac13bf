//! A fallback, as written in the language.

use crate::actors::kit::route::RouteField;
use crate::engine::Outcome;
use crate::schema::quantity::Span;
use crate::schema::{Name, choice, record};

record! {
    /// Any rejection: an open circuit, a limit, a full queue, no server.
    pub struct AnyRejection {}
}

record! {
    /// Rejected by an open circuit.
    pub struct OpenCircuit {}
}

record! {
    /// Rejected by a rate limit (429).
    pub struct RateLimit {}
}

record! {
    /// The connection was refused: the server was down.
    pub struct RefusedConnection {}
}

record! {
    /// The server crashed while it held the request.
    pub struct ServerCrash {}
}

record! {
    /// The server answered with an error (500), or a balancer timed out (504).
    pub struct ErrorAnswer {}
}

choice! {
    /// A kind of failure that a fallback replaces.
    pub enum Cover {
        Rejection(AnyRejection),
        CircuitOpen(OpenCircuit),
        RateLimited(RateLimit),
        Refused(RefusedConnection),
        Crashed(ServerCrash),
        Error(ErrorAnswer),
    }
}

impl Cover {
    /// True if it covers this outcome.
    #[must_use]
    pub fn holds(&self, outcome: Outcome) -> bool {
        match self {
            Self::Rejection(_) => outcome.is_rejection(),
            Self::CircuitOpen(_) => outcome == Outcome::CircuitOpen,
            Self::RateLimited(_) => outcome == Outcome::RateLimited,
            Self::Refused(_) => outcome == Outcome::Refused,
            Self::Crashed(_) => outcome == Outcome::Crashed,
            Self::Error(_) => matches!(outcome, Outcome::Error | Outcome::GatewayTimeout),
        }
    }

    /// All failures and rejections.
    fn usual() -> Vec<Self> {
        vec![
            Self::Rejection(AnyRejection {}),
            Self::Refused(RefusedConnection {}),
            Self::Crashed(ServerCrash {}),
            Self::Error(ErrorAnswer {}),
        ]
    }
}

record! {
    /// The last good answer for the same key, if there is one that is not too old; it takes no time. Good answers that
    /// arrive after the timeout are remembered too. Like nginx `proxy_cache_use_stale` and `stale-if-error` of RFC
    /// 5861.
    pub struct Stale {
        /// The most keys remembered; the least recently used is evicted. 1 to 10,000,000.
        pub keys: u32 = 10_000,
        /// The maximum age of an answer.
        pub age: Span = Span::from_seconds(600.0).expect("a length of time"),
    }
    check(self, at) {
        if self.keys == 0 || self.keys > 10_000_000 {
            at.field("keys").error("1 to 10,000,000 keys");
        }
    }
}

record! {
    /// The answer of another node with a cheaper request.
    pub struct Smaller {
        /// The node, and the network on the way.
        pub to: RouteField,
    }
    check(self, at) {
        if self.to.to.0.len() != 1 {
            at.field("to").error("a fallback asks one node; put a Balancer before several");
        }
    }
}

record! {
    /// A static answer that is always available: an empty list, a notice.
    pub struct Default {
        /// How long it takes to produce.
        pub takes: Span = Span::ZERO,
    }
}

choice! {
    /// An answer that replaces a failure.
    pub enum AnswerSpec {
        Stale(Stale),
        Smaller(Smaller),
        Default(Default),
    }
}

record! {
    /// Graceful degradation: if an answer is a failure or does not arrive in time, another answer is given in its
    /// place, and the request ends as degraded.
    ///
    /// It sends a request of its own and passes the answer on. On failure its `answers` are tried in order; if none can
    /// be given, the failure is passed on, which after a timeout is 504. It may stand before any node; before a fleet
    /// it has as many servers as the fleet. Health checks pass.
    pub struct FallbackSpec {
        /// Which outcomes it replaces; without it, all rejections and failures.
        pub on: Vec<Cover> = Cover::usual(),
        /// How long it waits for an answer; without it, indefinitely. After the timeout the request goes on at the node
        /// behind, as wasted work.
        pub timeout: Option<Span> = None,
        /// The alternative answers: the first of these that can be given.
        pub answers: Vec<AnswerSpec> = vec![AnswerSpec::Default(Default { takes: Span::ZERO })],
        /// The node that it protects.
        pub to: RouteField,
        /// How many such nodes, each with its own memory of stale answers; 1 to 1000.
        pub copies: usize = 1,
    }
    check(self, at) {
        if self.on.is_empty() && self.timeout.is_none() {
            at.field("on").error("it never stands in for anything: name outcomes, or a `timeout`");
        }
        if self.timeout == Some(Span::ZERO) {
            at.field("timeout").error("a timeout is above zero");
        }
        let stale = self.answers.iter().filter(|answer| matches!(answer, AnswerSpec::Stale(_)));
        if self.answers.is_empty() || self.answers.len() > 16 || stale.count() > 1 {
            at.field("answers").error("1 to 16 answers, one of them `Stale` at most");
        }
        if self.copies == 0 || self.copies > 1000 {
            at.field("copies").error("1 to 1000 copies");
        }
        if self.to.to.0.len() != 1 {
            at.field("to").error("a fallback stands before one node; put a Balancer before several");
        }
    }
}

impl FallbackSpec {
    /// The routes to nodes that give smaller answers.
    pub fn smaller(&self) -> impl Iterator<Item = &RouteField> {
        self.answers.iter().filter_map(|answer| match answer {
            AnswerSpec::Smaller(smaller) => Some(&smaller.to),
            AnswerSpec::Stale(_) | AnswerSpec::Default(_) => None,
        })
    }

    /// The nodes that give smaller answers.
    pub fn others(&self) -> impl Iterator<Item = &Name> {
        self.smaller().flat_map(|route| &route.to.0)
    }

    /// The most keys that it remembers.
    #[must_use]
    pub fn keys(&self) -> u32 {
        let keys = self.answers.iter().map(|answer| match answer {
            AnswerSpec::Stale(stale) => stale.keys,
            AnswerSpec::Smaller(_) | AnswerSpec::Default(_) => 0,
        });
        keys.max().unwrap_or(0)
    }
}
