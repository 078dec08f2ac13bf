//! What the calls of clients gave: retries, hedges, what was held back, and users who asked anew.

use super::{View, ratio, word};
use crate::actors::clients::Calling;
use crate::actors::clients::calls::record::Counts;
use crate::lab::observe::{NodeSeen, Word};
use crate::lab::results::Unit;

/// What is counted of calls: its name, its identifier and the count.
type Counted = (&'static str, &'static str, fn(&Counts) -> u64);

const COUNTED: [Counted; 8] = [
    ("retries", "retries", |counts| counts.retries),
    ("attempts denied by the budget", "denied", |counts| counts.denied),
    ("hedges", "hedges", |counts| counts.hedges),
    ("hedges that won", "hedges_won", |counts| counts.hedges_won),
    ("held back by throttling", "throttled", |counts| counts.throttled),
    ("calls made anew", "reloads", |counts| counts.reloads),
    ("writes", "writes", |counts| counts.writes),
    ("writes done more than once", "writes_twice", |counts| counts.writes_twice),
];

impl View<'_> {
    /// Adds what these clients can do: what they never do would only be zeros.
    pub(super) fn see_calls(&self, calling: &Calling, seen: &mut NodeSeen) {
        let span = self.span();
        for (name, id, count) in COUNTED.into_iter().filter(|(_, id, _)| calling.counts(id)) {
            let since = count(&calling.record.counts) - count(&calling.record.at_warm_up);
            let (name, id): (Word, Word) = (word(name), word(id));
            seen.values.push((name, id.clone(), Unit::PerSecond, ratio(since as f64, span)));
            let rates = self.rates(calling.record.windows.values().iter().map(count));
            seen.series.push((id, Unit::PerSecond, rates));
        }
    }
}
