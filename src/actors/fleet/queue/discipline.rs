//! The traits of a discipline, which decides in what order a server takes waiting requests. The disciplines and their
//! list belong in `disciplines`.

use super::Classes;
use crate::engine::Time;
use crate::schema::Name;

/// The facts about a request that a discipline may use.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Facts {
    /// The class of its clients.
    pub class: u16,
    /// Its size in bytes.
    pub bytes: u64,
    /// Its deadline; [`Time::MAX`] if it has none.
    pub deadline: Time,
    /// Seconds of work that it needs at speed 1; only for disciplines that [look at it](Describes::looks_at_work).
    pub work: f64,
}

/// Which waiting request is next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pick {
    /// The first to arrive.
    Oldest,
    /// The last to arrive.
    Newest,
    /// The lowest rank; of equal ranks the first to arrive.
    Least,
    /// The first to arrive of this rank.
    FirstOf(u64),
}

/// The first waiting request of a rank.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Head {
    /// The facts about it.
    pub facts: Facts,
    /// Number of wait tokens before it in order of arrival.
    pub sequence: u64,
}

/// The state of a discipline at one server, and how it chooses.
pub trait Order {
    /// The rank of a request that joins the queue, or that begins at once because a worker is free. Called once for
    /// each request.
    fn rank(&mut self, _facts: &Facts) -> u64 {
        0
    }

    /// Chooses which of the `waiting` requests is next; `head` returns the first waiting request of a rank.
    fn pick(&self, waiting: u32, head: &dyn Fn(u64) -> Option<Head>) -> Pick;

    /// The service of a request that was given a rank begins.
    fn begins(&mut self, _facts: &Facts) {}

    /// A request that was given a rank leaves unserved.
    fn leaves(&mut self, _facts: &Facts) {}

    /// The server is empty.
    fn idle(&mut self) {}
}

/// The parameters of a discipline.
pub trait Describes {
    /// The state of the discipline at one server.
    type State: Order;

    /// Builds the state for a server with `workers` workers.
    fn build(&self, classes: &Classes<'_>, workers: u32) -> Self::State;

    /// True if requests share the processors, so that none waits.
    fn shares(&self) -> bool {
        false
    }

    /// True if it serves requests by rank.
    fn ranks(&self) -> bool {
        false
    }

    /// True if it depends on the work that a request needs.
    fn looks_at_work(&self) -> bool {
        false
    }

    /// The names of clients that it mentions.
    fn clients(&self) -> Vec<&Name> {
        Vec::new()
    }
}
