//! The flows of a system; see [`crate::actors::kit::flow`].

use super::System;
use crate::actors::kit::flow::{self, Flows};
use crate::actors::kit::site::Site;

/// The flows of `system`, which has passed [`super::check`] and whose arrivals do not change with time.
#[must_use]
pub fn flows(system: &System) -> Flows {
    flow::flows(&Site::of(&system.nodes))
}

#[cfg(test)]
mod tests;
