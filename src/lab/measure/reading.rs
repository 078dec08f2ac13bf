//! How a number is read from a replication that has ended: which counts it is made of. Where a system keeps its counts
//! belongs in `view`.

use crate::actors::kit::made::attempts::Counts as CallCounts;
use crate::actors::kit::made::calls::Snapshot as Calls;
use crate::actors::kit::watch::Snapshot as Requests;
use crate::actors::resources::Figures;
use crate::lab::view::View;
use crate::schema::quantity::Span;

/// A count that a snapshot of cumulative figures gives.
pub type Count<S> = Box<dyn Fn(&S) -> u64>;

/// A count, and its denominator; without it, time.
pub struct Counted<S> {
    /// The numerator.
    pub part: Count<S>,
    /// The denominator; seconds if there is none.
    pub whole: Option<Count<S>>,
}

/// The subject of a number.
#[derive(Clone, Copy, Debug)]
pub struct Told<'a> {
    /// The node; `None` for all clients together.
    pub of: Option<&'a str>,
    /// Of work and waiting: the fleet, proxy, store or queue.
    pub station: Option<&'a str>,
}

/// A number of a whole replication.
pub type OfReplication = Box<dyn Fn(&View<'_>, Told<'_>) -> Option<f64>>;

/// How a number is read.
pub enum Reading {
    /// Counts of calls at clients, and of requests at another node where nodes give the number: by the second, or as a
    /// share.
    Counts {
        /// At clients.
        calls: Counted<Calls>,
        /// At another node.
        requests: Option<Counted<Requests>>,
    },
    /// Calls answered in time and as asked, perhaps within a time, as a share of those that ended. Those that still wait at
    /// the end and are over the time count as well.
    Answered {
        /// Within how long.
        within: Option<Span>,
    },
    /// Counts that only clients keep whose calls may be more than one request.
    Calling {
        /// The numerator.
        part: fn(&CallCounts) -> u64,
        /// The denominator.
        whole: fn(&CallCounts) -> u64,
    },
    /// The mean of latencies.
    LatencyMean,
    /// A quantile of latencies.
    LatencyQuantile(f64),
    /// Mean number of calls or requests that are there.
    Population,
    /// Time that the workers of a station spend, as a share of all their time or of other time they spend.
    Work {
        /// The numerator.
        part: WorkTime,
        /// The denominator; without it, all of the workers' time.
        whole: Option<WorkTime>,
    },
    /// The mean of the waiting times at a station.
    Waiting,
    /// A number of a whole replication, which is no ratio of sums.
    Whole(OfReplication),
    /// The same, true (1) or false (0) of a replication.
    Verdict(OfReplication),
}

/// Worker-nanoseconds at a station, of its figures.
pub type WorkTime = fn(&Figures) -> u128;

impl Reading {
    /// Calls by the second.
    pub fn rate(part: impl Fn(&Calls) -> u64 + 'static) -> Self {
        Self::Counts { calls: Counted { part: Box::new(part), whole: None }, requests: None }
    }

    /// Calls as a share of others.
    pub fn share(part: impl Fn(&Calls) -> u64 + 'static, whole: impl Fn(&Calls) -> u64 + 'static) -> Self {
        Self::Counts { calls: Counted { part: Box::new(part), whole: Some(Box::new(whole)) }, requests: None }
    }

    /// And at other nodes requests by the second.
    #[must_use]
    pub fn or_rate(self, part: impl Fn(&Requests) -> u64 + 'static) -> Self {
        self.or(Counted { part: Box::new(part), whole: None })
    }

    /// And at other nodes requests as a share of others.
    #[must_use]
    pub fn or_share(
        self,
        part: impl Fn(&Requests) -> u64 + 'static,
        whole: impl Fn(&Requests) -> u64 + 'static,
    ) -> Self {
        self.or(Counted { part: Box::new(part), whole: Some(Box::new(whole)) })
    }

    fn or(self, requests: Counted<Requests>) -> Self {
        match self {
            Self::Counts { calls, .. } => Self::Counts { calls, requests: Some(requests) },
            other => other,
        }
    }
}

/// Calls that ended.
#[must_use]
pub fn ended(calls: &Calls) -> u64 {
    calls.ended()
}

/// Calls answered in time and as asked.
#[must_use]
pub fn served(calls: &Calls) -> u64 {
    calls.served()
}

/// Calls that ended without an answer.
#[must_use]
pub fn not_answered(calls: &Calls) -> u64 {
    calls.not_answered()
}

/// Answers that returned, useful or not.
#[must_use]
pub fn answers(calls: &Calls) -> u64 {
    calls.answers()
}
