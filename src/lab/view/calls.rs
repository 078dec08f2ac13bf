//! What the calls of clients gave: attempts, retries, hedges, what was held back, and users who asked anew.

use super::{View, ratio, word};
use crate::actors::clients::Calling;
use crate::actors::clients::calls::record::Counts;
use crate::actors::clients::record::ClientsRecord;
use crate::lab::observe::{NodeSeen, Word};
use crate::lab::results::Unit;

/// What is counted of calls: its name, its identifier and the count.
type Counted = (&'static str, &'static str, fn(&Counts) -> u64);

const COUNTED: [Counted; 6] = [
    ("retries", "retries", |counts| counts.retries),
    ("retries denied by the budget", "denied", |counts| counts.denied),
    ("hedges", "hedges", |counts| counts.hedges),
    ("hedges that won", "hedges_won", |counts| counts.hedges_won),
    ("held back by throttling", "throttled", |counts| counts.throttled),
    ("calls made anew", "reloads", |counts| counts.reloads),
];

impl View<'_> {
    /// Adds what these clients can do: what they never do would only be zeros.
    pub(super) fn see_calls(&self, calling: &Calling, record: &ClientsRecord, seen: &mut NodeSeen) {
        let span = self.span();
        let attempts = record.attempts - record.at_warm_up.attempts;
        let offered = record.offered - record.at_warm_up.offered;
        let attempts_a_call = ratio(attempts as f64, offered as f64);
        seen.values.push((word("attempts"), word("attempts"), Unit::PerSecond, ratio(attempts as f64, span)));
        seen.values.push((word("attempts a call"), word("attempts_per_call"), Unit::Count, attempts_a_call));
        let sent = record.windows.values().iter().map(|window| window.attempts);
        seen.series.push((word("attempts"), Unit::PerSecond, self.rates(sent)));
        for (name, id, count) in COUNTED.into_iter().filter(|(_, id, _)| calling.counts(id)) {
            let since = count(&calling.record.counts) - count(&calling.record.at_warm_up);
            let (name, id): (Word, Word) = (word(name), word(id));
            seen.values.push((name, id.clone(), Unit::PerSecond, ratio(since as f64, span)));
            let rates = self.rates(calling.record.windows.values().iter().map(count));
            seen.series.push((id, Unit::PerSecond, rates));
        }
    }
}
