//! When something is wrong in a system: the time that recovery is judged by.

use serde::{Deserialize, Serialize};

use crate::actors::clients::Traffic;
use crate::model::System;

/// When something was wrong, in seconds.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Trouble {
    /// When it began.
    pub start: f64,
    /// When it ended; `None` if it lasts.
    pub end: Option<f64>,
}

impl Trouble {
    /// What the faults of `system` and spikes of its arrivals make together; `None` if it has neither. A fault that
    /// recurs is trouble from when it may come for as long as it may.
    #[must_use]
    pub fn of(system: &System) -> Option<Self> {
        let faults = system.faults.iter().map(|fault| {
            let start = fault.at.seconds();
            Self { start, end: fault.lasts.map(|lasts| start + lasts.seconds()) }
        });
        let spikes = system.clients().filter_map(|(_, clients)| match &clients.arrivals {
            Traffic::Spike(spike) => {
                let start = spike.at.seconds();
                Some(Self { start, end: Some(start + spike.length.seconds()) })
            }
            _ => None,
        });
        faults.chain(spikes).reduce(|all, one| Self {
            start: all.start.min(one.start),
            end: all.end.zip(one.end).map(|(all, one)| all.max(one)),
        })
    }
}
