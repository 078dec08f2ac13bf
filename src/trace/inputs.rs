//! The traces that a system replays, beside its own text.

use std::sync::Arc;

use super::{Replay, Trace, schedule};
use crate::engine::random::StreamKey;

/// The inputs of a system beside its own text: the traces that clients replay.
#[derive(Clone, Debug, Default)]
pub struct Inputs {
    /// Each trace under the description that reads it.
    pub traces: Vec<(Replay, Arc<Trace>)>,
}

impl Inputs {
    /// The trace that `replay` reads; `None` if it was not loaded.
    #[must_use]
    pub fn trace(&self, replay: &Replay) -> Option<&Arc<Trace>> {
        self.traces.iter().find(|(loaded, _)| loaded.reads_like(replay)).map(|(_, trace)| trace)
    }

    /// When the last request of `replay` comes, in nanoseconds; `None` if it was not loaded or cannot be put on the clock.
    #[must_use]
    pub fn end(&self, replay: &Replay) -> Option<u64> {
        schedule(self.trace(replay)?, replay, StreamKey::root(0, 0)).ok()?.last().copied()
    }

    /// Bytes of memory that all traces take.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.traces.iter().map(|(_, trace)| trace.bytes()).sum()
    }
}
