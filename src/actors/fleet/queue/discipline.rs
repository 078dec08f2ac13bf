//! The traits of a discipline, which decides in what order a server takes waiting requests. The disciplines and their
//! list belong in `disciplines`.

use super::Classes;
use crate::engine::Time;
use crate::schema::Name;

/// What a discipline may know of a request.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Facts {
    /// The class of its clients.
    pub class: u16,
    /// Its size in bytes.
    pub bytes: u64,
    /// When nobody waits for it any more; [`Time::MAX`] if it did not say.
    pub deadline: Time,
    /// Seconds of work it needs at speed 1; only for disciplines that [look at it](Describes::looks_at_work).
    pub work: f64,
}

/// Which of those that wait is next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pick {
    /// Who came first.
    Oldest,
    /// Who came last.
    Newest,
    /// Who has the least rank; of equal ranks who came first.
    Least,
    /// Who came first of this rank.
    FirstOf(u64),
}

/// Who came first of those of a rank that wait.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Head {
    /// What may be known of it.
    pub facts: Facts,
    /// WaitTokens before it in the order of coming.
    pub sequence: u64,
}

/// A discipline at work at one server.
pub trait Order {
    /// The rank of a request that joins the line, or that begins at once where a worker is free. Asked once for each.
    fn rank(&mut self, _facts: &Facts) -> u64 {
        0
    }

    /// Which of `waiting` requests is next; `head` knows who came first of those of a rank.
    fn pick(&self, waiting: u32, head: &dyn Fn(u64) -> Option<Head>) -> Pick;

    /// The service of a request that was given a rank begins.
    fn begins(&mut self, _facts: &Facts) {}

    /// A request that was given a rank leaves unserved.
    fn leaves(&mut self, _facts: &Facts) {}

    /// Nothing is at the server.
    fn idle(&mut self) {}
}

/// The description of a discipline, as the language reads it.
pub trait Describes {
    /// The discipline at work.
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
