//! A caller: makes calls of several attempts, for any kind of node and to any kind of node.
//!
//! How attempts are sent is in `sending`, how they and their calls end in `ending`.

use super::budget::{Budget, BudgetState, Spend};
use super::call::{Attempt, Calls};
use super::hedge::Hedging;
use super::spec::{AdaptiveThrottling, Hedge, Reload, Retry};
use super::throttle::Throttle;
use super::writes::Writes;
use super::{AttemptsRecord, Upstream};
use crate::actors::kit::message::{Core, Message, Passed};
use crate::distributions::{Distribution, Sampler};
use crate::engine::random::StreamKey;
use crate::engine::{Duration, LaneId, Outcome, Time};
use crate::schema::quantity::{Percent, Span};

/// How calls are made: each rule may be missing.
#[derive(Clone, Copy, Debug)]
pub struct Rules<'a> {
    /// How long a call may take, all attempts together.
    pub timeout: Option<Span>,
    /// How long the answer to each attempt is waited for.
    pub attempt_timeout: Option<Span>,
    /// Which attempts are followed by another, and when.
    pub retry: Option<&'a Retry>,
    /// When another attempt goes out beside one that is waited for.
    pub hedge: Option<&'a Hedge>,
    /// Whether attempts are held back when many are rejected.
    pub throttle: Option<&'a AdaptiveThrottling>,
    /// True if an attempt that is given up is cancelled.
    pub cancels: bool,
    /// True if requests say until when their answer is of use.
    pub propagates_deadline: bool,
    /// How many calls write, so that their work must be done once.
    pub writes: Percent,
    /// True if calls that write are retried and hedged as others are.
    pub repeats_writes: bool,
    /// How long a user waits.
    pub patience: Option<&'a Distribution>,
    /// Whether users reload after a call that took too long.
    pub reload: Option<&'a Reload>,
}

/// The outcome of a call is known: its node can continue with the activity that needed the call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Over {
    /// The note of its [`Origin`](super::Origin).
    pub place: u32,
    /// The outcome of the call.
    pub outcome: Outcome,
    /// True if its user will reload, which is another call with the same note: this one is not the last.
    pub anew: bool,
}

/// The next steps of a caller's node after an event of a call.
#[derive(Clone, Copy, Debug, Default)]
#[must_use]
pub struct Step {
    /// A message to be passed on at this instant.
    pub passed: Passed,
    /// The call that is over with it; there is none with a message to be passed on.
    pub over: Option<Over>,
}

impl Step {
    pub(super) fn passes(passed: Passed) -> Self {
        Self { passed, over: None }
    }
}

/// Retries as they are at work.
#[derive(Debug)]
pub(super) struct Retrying {
    pub(super) rules: Retry,
    /// One for all calls of the node.
    pub(super) budget: Option<BudgetState>,
}

/// Makes calls of several attempts, and keeps those under way.
#[derive(Debug)]
pub struct Caller {
    /// The lane of the timeouts of whole calls, and its length.
    pub(super) timeout: Option<(LaneId, Duration)>,
    pub(super) attempt_timeout: Option<LaneId>,
    /// The lengths of both, if deadlines are propagated.
    pub(super) deadlines: Option<(Duration, Duration)>,
    pub(super) cancels: bool,
    pub(super) retrying: Option<Retrying>,
    pub(super) hedging: Option<Hedging>,
    pub(super) throttle: Option<Throttle>,
    /// Calls whose work must be done once.
    pub(super) writes: Option<Writes>,
    /// How long users wait.
    pub(super) patience: Option<Sampler>,
    pub(super) reload: Option<Reload>,
    /// Calls in flight, including those that users are about to reload.
    pub(super) calls: Calls,
    /// Records in addition to those of all clients.
    pub record: AttemptsRecord,
    pub(super) keys: Keys,
}

/// Names the random streams.
#[derive(Clone, Copy, Debug)]
pub(super) struct Keys {
    pub(super) backoff: StreamKey,
    pub(super) throttle: StreamKey,
    pub(super) patience: StreamKey,
    pub(super) reload: StreamKey,
}

impl Caller {
    /// A message about a request that another node made on behalf of a call that writes, and no longer waits for.
    pub(super) fn late_work(&mut self, word: Message, place: u32) {
        let Some(writes) = &mut self.writes else { return };
        match word {
            Message::WorkGoesOn { .. } => writes.goes_on(place),
            Message::WorkDone { .. } => self.record.counts.writes_twice += u64::from(writes.done(place)),
            _ => writes.gone(place),
        }
    }

    /// Makes calls by `rules`; `key` names its random streams.
    #[must_use]
    pub fn new(rules: &Rules<'_>, key: StreamKey, core: &mut Core) -> Self {
        let length = |span: Option<Span>| span.map_or(Duration::from_nanos(u64::MAX), Span::duration);
        let mut lane = |span: Option<Span>| span.map(|span| (core.calendar.lane(span.duration()), span.duration()));
        Self {
            timeout: lane(rules.timeout),
            attempt_timeout: lane(rules.attempt_timeout).map(|(lane, _)| lane),
            deadlines: rules.propagates_deadline.then(|| (length(rules.timeout), length(rules.attempt_timeout))),
            cancels: rules.cancels,
            retrying: rules
                .retry
                .map(|rules| Retrying { rules: rules.clone(), budget: rules.budget.as_ref().map(Budget::build) }),
            hedging: rules.hedge.map(|hedge| Hedging::new(hedge, core)),
            throttle: rules.throttle.map(Throttle::new),
            writes: (rules.writes != Percent::ZERO)
                .then(|| Writes::new(rules.writes.fraction(), rules.repeats_writes, key.named("writes"))),
            patience: rules.patience.map(Distribution::sampler),
            reload: rules.reload.cloned(),
            calls: Calls::default(),
            record: AttemptsRecord::default(),
            keys: Keys {
                backoff: key.named("backoff"),
                throttle: key.named("throttle"),
                patience: key.named("patience"),
                reload: key.named("reload"),
            },
        }
    }

    /// Handles a message that a caller sends to its node, which is `upstream.me`; `None` if it is another message. The
    /// answers to attempts are handled by [`Caller::replied`] and [`Caller::answered`].
    pub fn take(&mut self, core: &mut Core, upstream: &mut Upstream, message: Message) -> Option<Step> {
        Some(match message {
            Message::AttemptTimeout { id } => self.attempt_timed_out(core, upstream, id),
            Message::NextAttempt { call } => self.next_attempt(core, upstream, call),
            Message::Hedge { call } => self.hedge(core, upstream, call),
            Message::Overdue { call } => self.overdue(core, upstream, call),
            Message::WorkGoesOn { write } | Message::WorkDone { write } | Message::WorkOver { write } => {
                self.late_work(message, write);
                Step::default()
            }
            _ => return None,
        })
    }

    /// The budget of all calls, if there is one.
    pub(super) fn budget(&mut self) -> Option<&mut BudgetState> {
        self.retrying.as_mut()?.budget.as_mut()
    }

    /// Stops waiting for the attempt.
    pub(super) fn attempt_over(&mut self, attempt: Attempt) {
        let Some(budget) = self.budget() else { return };
        budget.ended();
        if attempt.is_again {
            budget.released();
        }
    }

    /// True if it can do what is counted under this name: see [`Counts`](crate::actors::kit::made::attempts::Counts).
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

    /// When the calls under way began.
    pub fn begun(&self) -> impl Iterator<Item = Time> {
        self.calls.under_way().map(|call| call.begun)
    }

    /// Attempts that calls wait for.
    #[must_use]
    pub fn waits_for(&self) -> u64 {
        self.calls.under_way().map(|call| call.waiting.len() as u64).sum()
    }
}
