//! Sessions: visitors who send several requests and leave.

use crate::distributions::{Constant, Distribution};
use crate::schema::quantity::{Rate, Span};
use crate::schema::record;

record! {
    /// Sessions that arrive as a Poisson process: a visitor makes a geometrically distributed number of requests, with
    /// a pause after each answer, and leaves.
    pub struct Sessions {
        /// Rate at which sessions begin.
        pub rate: Rate,
        /// Mean number of requests in a session; 1 to 100,000.
        pub requests: f64,
        /// Pause between an answer and the next request.
        pub think: Distribution = Distribution::Constant(Constant { value: Span::ZERO }),
    }
    check(self, at) {
        if !(1.0..=100_000.0).contains(&self.requests) {
            at.field("requests").error("a mean of 1 to 100,000 requests");
        }
    }
}
