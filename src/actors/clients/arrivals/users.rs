//! Users in a closed loop: each waits for its answer before it asks again.

use crate::distributions::{Constant, Distribution};
use crate::schema::quantity::Span;
use crate::schema::record;

record! {
    /// A closed loop of a fixed number of users: each thinks, sends a request, waits for the answer, and thinks again.
    pub struct Users {
        /// How many; 1 to 10,000,000.
        pub count: u32,
        /// How long a user thinks before each request.
        pub think: Distribution = Distribution::Constant(Constant { value: Span::ZERO }),
    }
    check(self, at) {
        if self.count == 0 || self.count > 10_000_000 {
            at.field("count").error("1 to 10,000,000 users");
        }
    }
}
