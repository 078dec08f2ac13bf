//! The period of disturbance in a system, from which recovery is judged.

use serde::{Deserialize, Serialize};

use crate::model::System;

/// The period of a disturbance (a fault or a spike of arrivals), in seconds.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Trouble {
    /// When it began.
    pub start: f64,
    /// When it ended; `None` if it lasts.
    pub end: Option<f64>,
}

impl Trouble {
    /// The period from the first to the last of the faults of `system` and the spikes of its arrivals; `None` if it has
    /// neither. A fault that recurs counts for the whole time in which it may occur.
    #[must_use]
    pub fn of(system: &System) -> Option<Self> {
        let faults = system.faults.iter().map(|fault| {
            let start = fault.at.seconds();
            Self { start, end: fault.lasts.map(|lasts| start + lasts.seconds()) }
        });
        let moments = system.nodes.entries.iter().flat_map(|(_, node)| node.moments());
        let spikes = moments.filter_map(|moment| {
            let start = moment.at.seconds();
            Some(Self { start, end: Some(start + moment.trouble?.seconds()) })
        });
        faults.chain(spikes).reduce(|all, one| Self {
            start: all.start.min(one.start),
            end: all.end.zip(one.end).map(|(all, one)| all.max(one)),
        })
    }
}
