//! Calls: what a user asks for, made of attempts. One file each for a call, how its attempts are sent and how they end,
//! backoff, budgets of retries, hedging, throttling, what is recorded, and the words of the language.
//!
//! Clients without any of this have one request a call and do not come here.

mod attempts;
pub mod backoff;
pub mod call;
mod ends;
pub mod hedge;
pub mod spec;
#[cfg(test)]
mod tests;
pub mod throttle;
mod writes;

use crate::actors::calls::AttemptsRecord;
pub use crate::actors::calls::budget::Budget;
pub use backoff::{Backoff, Jitter};
pub use spec::{AdaptiveThrottling, Hedge, Reload, Retry};

use super::ClientsSpec;
use crate::actors::calls::budget::{BudgetState, Spend};
use crate::actors::kit::message::{Core, Message};
use crate::distributions::Sampler;
use crate::engine::random::StreamKey;
use crate::engine::{Duration, LaneId};
use crate::schema::quantity::{Percent, Span};
use call::{Attempt, Calls};
use hedge::Hedging;
use throttle::Throttle;
use writes::Writes;

/// Retries as they are at work.
#[derive(Debug)]
struct Retrying {
    rules: Retry,
    /// One for all calls of the node.
    budget: Option<BudgetState>,
}

/// What clients that make calls have beside others.
#[derive(Debug)]
pub struct Calling {
    /// The lane of the timeouts of whole calls, and its length.
    timeout: Option<(LaneId, Duration)>,
    attempt_timeout: Option<LaneId>,
    /// The lengths of both, where deadlines are told.
    deadlines: Option<(Duration, Duration)>,
    cancels: bool,
    retrying: Option<Retrying>,
    hedging: Option<Hedging>,
    throttle: Option<Throttle>,
    /// Calls whose work must be done once.
    writes: Option<Writes>,
    /// How long users wait.
    patience: Option<Sampler>,
    reload: Option<Reload>,
    /// Calls under way, and those that users are about to make anew.
    pub calls: Calls,
    /// What has been recorded, beside what all clients record.
    pub record: AttemptsRecord,
    keys: Keys,
}

/// Names the random streams.
#[derive(Clone, Copy, Debug)]
struct Keys {
    backoff: StreamKey,
    throttle: StreamKey,
    patience: StreamKey,
    reload: StreamKey,
}

impl Calling {
    /// Word of a request that another node made on behalf of a call that writes, and does not wait for any more.
    pub(in crate::actors::clients) fn late_work(&mut self, word: Message, place: u32) {
        let Some(writes) = &mut self.writes else { return };
        match word {
            Message::WorkGoesOn { .. } => writes.goes_on(place),
            Message::WorkDone { .. } => self.record.counts.writes_twice += u64::from(writes.done(place)),
            _ => writes.gone(place),
        }
    }

    /// What `spec` asks for; `None` if each call is one request and nothing more. `key` names the streams of the clients.
    #[must_use]
    pub fn new(spec: &ClientsSpec, key: StreamKey, core: &mut Core) -> Option<Self> {
        if !spec.makes_calls() {
            return None;
        }
        let length = |span: Option<Span>| span.map_or(Duration::from_nanos(u64::MAX), Span::duration);
        let mut lane = |span: Option<Span>| span.map(|span| (core.calendar.lane(span.duration()), span.duration()));
        Some(Self {
            timeout: lane(spec.timeout),
            attempt_timeout: lane(spec.attempt_timeout).map(|(lane, _)| lane),
            deadlines: spec.propagates_deadline.then(|| (length(spec.timeout), length(spec.attempt_timeout))),
            cancels: spec.cancels,
            retrying: spec
                .retry
                .as_ref()
                .map(|rules| Retrying { rules: rules.clone(), budget: rules.budget.as_ref().map(Budget::build) }),
            hedging: spec.hedge.as_ref().map(|hedge| Hedging::new(hedge, core)),
            throttle: spec.throttle.as_ref().map(Throttle::new),
            writes: (spec.writes != Percent::ZERO)
                .then(|| Writes::new(spec.writes.fraction(), spec.repeats_writes, key.named("writes"))),
            patience: spec.patience.as_ref().map(crate::distributions::Distribution::sampler),
            reload: spec.reload.clone(),
            calls: Calls::default(),
            record: AttemptsRecord::default(),
            keys: Keys {
                backoff: key.named("backoff"),
                throttle: key.named("throttle"),
                patience: key.named("patience"),
                reload: key.named("reload"),
            },
        })
    }

    /// The budget of all calls, if there is one.
    fn budget(&mut self) -> Option<&mut BudgetState> {
        self.retrying.as_mut()?.budget.as_mut()
    }

    /// Nobody waits for the attempt any more.
    fn attempt_over(&mut self, attempt: Attempt) {
        let Some(budget) = self.budget() else { return };
        budget.ended();
        if attempt.is_again {
            budget.released();
        }
    }

    /// True if these clients can do what is counted under this name: see [`Counts`](crate::actors::calls::attempts::Counts).
    #[must_use]
    pub fn counts(&self, what: &str) -> bool {
        match what {
            "retries" => self.retrying.is_some(),
            "denied" => self.retrying.as_ref().is_some_and(|retrying| retrying.budget.is_some()),
            "hedges" | "hedges_won" => self.hedging.is_some(),
            "throttled" => self.throttle.is_some(),
            "reloads" => self.reload.is_some(),
            "writes" | "writes_twice" => self.writes.is_some(),
            _ => false,
        }
    }
}
