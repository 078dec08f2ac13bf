//! A delay, as written in the language.

use crate::actors::kit::route::RouteField;
use crate::distributions::{Constant, Distribution};
use crate::schema::quantity::{Percent, Span};
use crate::schema::record;

record! {
    /// A network hop, or a proxy without a queue: it delays each request and each answer, however many there are.
    /// Either may be lost. A loss is silent: the client or node that waits for the answer notices it only by its
    /// timeout.
    pub struct DelaySpec {
        /// How long a request takes to the next node.
        pub there: Distribution = Distribution::Constant(Constant { value: Span::ZERO }),
        /// The delay of its answer on the way back.
        pub back: Distribution = Distribution::Constant(Constant { value: Span::ZERO }),
        /// Share of requests that are lost on the way, and of answers.
        pub loss: Percent = Percent::ZERO,
        /// The node behind.
        pub to: RouteField,
    }
    check(self, at) {
        if self.there.mean() + self.back.mean() <= 0.0 && self.loss == Percent::ZERO {
            at.field("there").error("a delay takes some time: give `there`, `back` or both");
        }
        if self.to.delay.is_some() {
            at.field("to").error("the network to the next node is the delay itself: leave `delay` out");
        }
        if self.to.to.0.len() != 1 {
            at.field("to").error("a delay stands before one node; put a Balancer before several");
        }
    }
}
