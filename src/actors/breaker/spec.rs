//! A circuit breaker, as written in the language.

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
    /// A circuit breaker: while too many calls fail it rejects requests (503) at once, instead of letting them fail
    /// slowly and add to the load.
    ///
    /// It may stand before any node. Before a fleet it has as many servers as the fleet, so a balancer may stand before
    /// it; with `per: Server` each has a circuit of its own. By default rejections, failures and calls that the client
    /// has given up on count as failures; a rate limit (429) is ignored. A call that the client cancelled is ignored. A
    /// call that the client had already given up on when it arrived counts by its actual outcome.
    pub struct BreakerSpec {
        /// When a circuit opens, and when it closes again.
        pub rule: Rule = usual(),
        /// Whether the whole service has one circuit, or each server has its own.
        pub per: Per = Per::Service(WholeService {}),
        /// Which outcomes of a call are failures (`recordExceptions` of resilience4j). Outcomes in neither list are
        /// successes.
        pub failures: Vec<End> = ends::all(),
        /// Which outcomes of a call are ignored, even if they are listed as failures (`ignoreExceptions` of
        /// resilience4j). For a breaker that counts only some exceptions, list all others here.
        pub ignored: Vec<End> = vec![End::RateLimited(RateLimited {})],
        /// True if a call holds the lock of its circuit until it has ended, as in a breaker that calls the service
        /// inside its lock. Then calls run one at a time: others wait in line and ask the circuit only when they have
        /// the lock. Twenty calls of one second take twenty seconds, and in the half-open state all waiting calls go
        /// through one by one, not only the trial calls.
        pub serial: bool = false,
        /// A call that takes longer counts as failed from that moment on, although its answer is still passed on.
        /// Without a timeout, a call counts when its answer passes.
        pub timeout: Option<Span> = None,
        /// The node that it protects.
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
