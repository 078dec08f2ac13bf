//! Claims about latencies where not all calls were answered.
//!
//! A claim about a latency is one about all calls: a call that was not answered counts as one that takes for ever. So a p99
//! has no bound where more than one call in a hundred was not answered, and a mean has none where more than one in a
//! thousand was not. Of two latencies, the lower says nothing where fewer calls were answered: then the claim is undecided.
//! A claim that names the calls it is of, as in `P99("arm", answers: Served)`, is about those alone.

use super::Term;
use super::judge::{Judge, Order};
use crate::lab::measure::{Answers, What, percentile};
use crate::lab::number::with_interval;
use crate::lab::results::{Estimate, NEARLY_ALL, Stability, Unit, Verdict};
use crate::lab::survivors::fewer;

/// How many calls a latency is of.
struct Share<'a> {
    latency: Option<f64>,
    answered: &'a Estimate,
    /// How many may be missing.
    allowed: f64,
    what: What,
}

impl Share<'_> {
    /// Fewer were answered than the number needs, beyond doubt.
    fn is_too_few(&self) -> bool {
        self.answered.bounds().is_some_and(|(_, high)| high < 1.0 - self.allowed)
    }

    /// Perhaps fewer were answered than the number needs.
    fn may_be_too_few(&self) -> bool {
        self.answered.bounds().is_some_and(|(low, _)| low < 1.0 - self.allowed)
    }

    fn words(&self) -> String {
        with_interval(self.answered.value, None, Unit::Fraction)
    }

    /// "a p99", "a mean".
    fn number(&self) -> String {
        match self.what {
            What::LatencyQuantile(p) => format!("a {}", percentile(p)),
            _ => "a mean".to_owned(),
        }
    }
}

impl Judge<'_> {
    /// Of a latency of served calls on behalf of all, in a steady state: how many calls it is of.
    fn share(&self, term: &Term, point: usize) -> Option<Share<'_>> {
        let quantity = term.quantity(self.scope);
        if term.answers().is_some() || quantity.answers != Answers::Served {
            return None;
        }
        let cell = self.cell(term.arm(), point).filter(|cell| cell.stability == Stability::Stable)?;
        let answered = cell.answered(&quantity.id).filter(|answered| answered.value.is_some())?;
        let allowed = match quantity.what {
            What::LatencyQuantile(p) => 1.0 - p,
            What::LatencyMean => 1.0 - NEARLY_ALL,
            _ => return None,
        };
        let latency = cell.estimate(&quantity.id).and_then(|estimate| estimate.value);
        Some(Share { latency, answered, allowed, what: quantity.what })
    }

    /// A claim that a number is below or above a bound, decided by the answered calls, as one about all.
    pub(super) fn of_all_bounded(
        &self,
        term: &Term,
        above: bool,
        point: usize,
        (verdict, evidence): (Verdict, String),
    ) -> (Verdict, String) {
        let Some(share) = self.share(term, point).filter(|share| !share.answered.is_nearly_all()) else {
            return (verdict, evidence);
        };
        let evidence = format!("{evidence}; {} of calls were answered in time and as asked", share.words());
        if share.is_too_few() {
            let evidence = format!("{evidence}, too few for {} of all calls, which has no bound", share.number());
            return (if above { Verdict::Holds } else { Verdict::Fails }, evidence);
        }
        let for_the_answered = if above { Verdict::Fails } else { Verdict::Holds };
        if verdict == for_the_answered && share.may_be_too_few() {
            return (Verdict::Undecided, format!("{evidence}, perhaps too few for {} of all calls", share.number()));
        }
        (verdict, evidence)
    }

    /// A claim on the order of two numbers, decided by the answered calls, as one about all.
    pub(super) fn of_all_ordered(
        &self,
        left: (&Term, usize),
        right: (&Term, usize),
        order: Order,
        (verdict, evidence): (Verdict, String),
    ) -> (Verdict, String) {
        let Some((left, right)) = self.share(left.0, left.1).zip(self.share(right.0, right.1)) else {
            return (verdict, evidence);
        };
        if left.answered.is_nearly_all() && right.answered.is_nearly_all() {
            return (verdict, evidence);
        }
        let evidence = format!("{evidence}; of the calls, {} against {} were answered", left.words(), right.words());
        let (small, large) = if order == Order::Less { (left, right) } else { (right, left) };
        let (fewer_small, fewer_large) = (
            fewer(small.answered, large.answered, self.confidence),
            fewer(large.answered, small.answered, self.confidence),
        );
        let no_bound = |share: &Share<'_>| format!("{evidence}, too few for {} of all calls", share.number());
        if fewer_small && small.is_too_few() && !large.may_be_too_few() {
            return (Verdict::Fails, no_bound(&small));
        }
        if fewer_large && large.is_too_few() && !small.may_be_too_few() {
            return (Verdict::Holds, no_bound(&large));
        }
        let lower_is_small = small.latency.zip(large.latency).is_some_and(|(small, large)| small < large);
        if (lower_is_small && fewer_small) || (!lower_is_small && fewer_large) {
            return (Verdict::Undecided, format!("{evidence}, and the lower latency is of fewer"));
        }
        (verdict, evidence)
    }
}
