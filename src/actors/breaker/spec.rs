//! A circuit breaker in the words of the language.

use super::ends::{self, End, RateLimited};
use super::rules::Rule;
use super::rules::failure_rate::FailureRate;
use crate::actors::kit::passage::{Per, WholeService};
use crate::actors::kit::route::RouteField;
use crate::schema::quantity::Span;
use crate::schema::{Decode, Kind, Node, Reader, record};

/// The failure rate of resilience4j, with its defaults.
fn usual() -> Rule {
    let nothing = Node::made(Kind::Struct(None, Vec::new()));
    Rule::FailureRate(FailureRate::decode(&nothing, &mut Reader::default()).expect("every field has a default"))
}

record! {
    /// A circuit breaker: while too many calls fail it turns requests away (503) at once, instead of letting them fail
    /// slowly and add to the load.
    ///
    /// It may stand before any node. Before a fleet it has as many servers as the fleet, so a balancer may stand before it;
    /// with `per: Server` each has a circuit of its own. By default rejections, failures and calls that their client has
    /// stopped waiting for count as failures, and a rate limit (429) as nothing. A call that its client took back counts as
    /// nothing, and what its client had stopped waiting for before it came says what became of it.
    pub struct BreakerSpec {
        /// When a circuit opens, and when it closes again.
        pub rule: Rule = usual(),
        /// What has a circuit of its own.
        pub per: Per = Per::Service(WholeService {}),
        /// Which ends of a call are failures (`recordExceptions` of resilience4j); those in neither list are successes.
        pub failures: Vec<End> = ends::all(),
        /// Which ends of a call say nothing, though they may be failures (`ignoreExceptions` of resilience4j). A breaker that
        /// looks at some exceptions only, and lets others through uncounted, ignores all but those.
        pub ignored: Vec<End> = vec![End::RateLimited(RateLimited {})],
        /// True if a call holds the lock of its circuit until it has ended, as a breaker does that calls the service inside of
        /// it: one call at a time, and who comes meanwhile waits in line and asks the circuit only then. So twenty calls of a
        /// second take twenty, and half open all who wait go through one by one, where otherwise only the trials would.
        pub serial: bool = false,
        /// A call that takes longer counts as failed from that moment on, though its answer may still come. Without it, a
        /// call counts when its answer comes by.
        pub timeout: Option<Span> = None,
        /// What it stands before.
        pub to: RouteField,
        /// How many such breakers, each with circuits of its own; 1 to 1000.
        pub copies: usize = 1,
    }
    check(self, at) {
        if self.timeout == Some(Span::ZERO) {
            at.field("timeout").error("a timeout is above zero");
        }
        if self.failures.is_empty() {
            at.field("failures").error("at least one kind of failure; without any, no circuit ever opens");
        }
        if self.copies == 0 || self.copies > 1000 {
            at.field("copies").error("1 to 1000 copies");
        }
        if self.to.to.0.len() != 1 {
            at.field("to").error("a breaker stands before one node; put a Balancer before several");
        }
    }
}
