//! The queueing model of a node, if theory has one. Which systems of such nodes have an exact answer belongs in `lab`.

use crate::stats::theory::{Arrivals, Station};

/// How requests are spread over servers that are alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Split {
    /// Each at random.
    Random,
    /// In turn.
    InTurn,
    /// To the shortest queue.
    Shortest,
    /// To the shortest of this many queues that are drawn at random.
    ShortestOf(u32),
    /// Another way to choose, for which theory has no closed form.
    Other,
}

/// The role of a node in queueing theory.
#[derive(Clone, Debug)]
pub enum Queueing {
    /// The arrivals.
    Arrivals {
        /// The process.
        arrivals: Arrivals,
        /// True if requests have a size.
        sized: bool,
    },
    /// A node that chooses a server.
    Split(Split),
    /// Servers that are alike, each a station by itself.
    Servers {
        /// How many.
        count: usize,
        /// One of them; its arrivals have no meaning.
        station: Station,
        /// True if a service takes longer for a larger request.
        by_size: bool,
    },
}
