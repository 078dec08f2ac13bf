//! The flows of a system; see [`crate::actors::kit::flow`].

use super::Blueprint;
use crate::actors::kit::flow::{self, Flows};

/// The flows of the system of `blueprint`, which has passed [`super::check`] and whose arrivals do not change with time.
#[must_use]
pub fn flows(blueprint: &Blueprint) -> Flows {
    flow::flows(&blueprint.site())
}

#[cfg(test)]
mod tests;
