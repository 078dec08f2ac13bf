//! Claims about latencies where not all calls were answered.
//!
//! A claim about a latency is a claim about all calls: a call that was not answered counts as infinitely long. So a
//! quantile of all calls is a higher quantile of the answered ones; a p99 is unbounded if more than one call in a
//! hundred was not answered, and a mean if more than one in a thousand was not. A claim about a quantile is decided if
//! it comes out the same at both ends of the interval of the share of answered calls.
//!
//! If the lower of two latencies is from the arm that answered fewer calls, it is no evidence unless it is also the
//! lower over all calls; otherwise the claim is undecided. A claim that names its calls, as in `P99("arm", answers:
//! Served)`, is about those alone.

use super::judge::{Judge, Order};
use super::{Bound, Term};
use crate::lab::measure::{Answers, percentile};
use crate::lab::number::with_interval;
use crate::lab::results::{Estimate, NEARLY_ALL, OfAll, Stability, Unit, Verdict};
use crate::lab::survivors::fewer;

/// How many calls a latency is of.
struct Share<'a> {
    latency: &'a Estimate,
    answered: &'a Estimate,
    /// How many may be missing.
    allowed: f64,
    /// Which quantile it is; the mean without it.
    quantile: Option<f64>,
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

    /// The ends of the number of all calls; without a bound where it may have none. `None` of a mean of which some are
    /// missing.
    fn of_all(&self) -> Option<OfAll> {
        let all = self.answered.value.is_some_and(|share| share >= 1.0);
        self.latency.of_all.or_else(|| {
            let (value, half) = (self.latency.value?, self.latency.half_width?);
            (self.quantile.is_some() && all).then_some(OfAll { low: Some(value - half), high: Some(value + half) })
        })
    }

    fn words(&self) -> String {
        with_interval(self.answered.value, None, Unit::Fraction)
    }

    /// "a p99 of all calls lies between 1 s and 2 s".
    fn ends_in_words(&self) -> String {
        let ends = self.latency.of_all.unwrap_or(OfAll { low: None, high: None });
        let number = |value| with_interval(Some(value), None, Unit::Seconds);
        let (number_of_all, high) = (format!("{} of all calls", self.number()), ends.high.map(number));
        match (ends.low.map(number), high) {
            (Some(low), Some(high)) => format!("{number_of_all} lies between {low} and {high}"),
            (Some(low), None) => format!("{number_of_all} is at least {low} and may have no bound"),
            (None, _) => format!("{number_of_all} has no bound"),
        }
    }

    /// "a p99", "a mean".
    fn number(&self) -> String {
        self.quantile.map_or_else(|| "a mean".to_owned(), |p| format!("a {}", percentile(p)))
    }
}

impl Judge<'_> {
    /// Of a latency of served calls on behalf of all, in a steady state: how many calls it is of.
    fn share(&self, term: &Term, point: usize) -> Option<Share<'_>> {
        let quantity = term.quantity(self.scope);
        if term.answers().is_some() || quantity.answers != Answers::Served || !quantity.is_latency() {
            return None;
        }
        let cell = self.cell(term.arm(), point).filter(|cell| cell.stability == Stability::Stable)?;
        let answered = cell.answered(&quantity.id).filter(|answered| answered.value.is_some())?;
        let quantile = quantity.quantile();
        let allowed = 1.0 - quantile.unwrap_or(NEARLY_ALL);
        let latency = cell.estimate(&quantity.id)?;
        Some(Share { latency, answered, allowed, quantile })
    }

    /// A claim that a number is below or above a bound, decided by the answered calls, as one about all.
    pub(super) fn of_all_bounded(
        &self,
        term: &Term,
        bound: &Bound,
        above: bool,
        point: usize,
        (verdict, evidence): (Verdict, String),
    ) -> (Verdict, String) {
        let Some(share) = self.share(term, point) else { return (verdict, evidence) };
        let decided = share.latency.of_all.map(|ends| by_ends(ends, bound.value, above));
        let is_other = decided.is_some_and(|decided| decided != verdict);
        if share.answered.is_nearly_all() && !is_other {
            return (verdict, evidence);
        }
        let evidence = format!("{evidence}; {} of calls were answered in time and as asked", share.words());
        if share.is_too_few() {
            let evidence = format!("{evidence}, too few for {} of all calls, which has no bound", share.number());
            return (if above { Verdict::Holds } else { Verdict::Fails }, evidence);
        }
        match decided {
            Some(decided) if is_other => (decided, format!("{evidence}, and {}", share.ends_in_words())),
            Some(_) => (verdict, evidence),
            None => {
                let for_the_answered = if above { Verdict::Fails } else { Verdict::Holds };
                if verdict == for_the_answered && share.may_be_too_few() {
                    let evidence = format!("{evidence}, perhaps too few for {} of all calls", share.number());
                    return (Verdict::Undecided, evidence);
                }
                (verdict, evidence)
            }
        }
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
        let lower_is_small = small.latency.value.zip(large.latency.value).is_some_and(|(small, large)| small < large);
        if (lower_is_small && fewer_small) || (!lower_is_small && fewer_large) {
            let factor = if let Order::AtLeast(factor) = order { factor } else { 1.0 };
            let ends = small.of_all().zip(large.of_all());
            let is_less = |high: Option<f64>, low: Option<f64>| high.zip(low).is_some_and(|(high, low)| high < low);
            let decided = ends.and_then(|(small, large)| {
                let scaled = |end: Option<f64>| end.map(|end| end * factor);
                let holds = is_less(scaled(small.high), large.low);
                let fails = is_less(large.high, scaled(small.low));
                (holds || fails).then_some(if holds { Verdict::Holds } else { Verdict::Fails })
            });
            if let Some(decided) = decided.filter(|decided| *decided == verdict) {
                return (decided, format!("{evidence}, and it is the lower of all calls too"));
            }
            return (Verdict::Undecided, format!("{evidence}, and the lower latency is of fewer"));
        }
        (verdict, evidence)
    }
}

/// Whether a number between two ends is above or below a bound; an end that is missing is without bound.
fn by_ends(ends: OfAll, bound: f64, above: bool) -> Verdict {
    let is_above = ends.low.is_none_or(|low| low > bound);
    let is_below = ends.high.is_some_and(|high| high < bound);
    match (is_above, is_below) {
        (true, _) if above => Verdict::Holds,
        (true, _) => Verdict::Fails,
        (_, true) if above => Verdict::Fails,
        (_, true) => Verdict::Holds,
        _ => Verdict::Undecided,
    }
}
