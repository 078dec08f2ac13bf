//! Claims: what an experiment asserts about its results, decided by confidence intervals. One file each for the numbers
//! that claims compare, for bounds, and for the decision.

mod bound;
mod judge;
mod survivors;
mod term;

pub use super::measure::Term;
pub use bound::Bound;

use super::label::Label;
use super::measure::{Quantity, Recovery, RecoveryNumber, Scope};
use super::results::{ClaimResult, Results, Verdict};
use crate::schema::quantity::{Percent, Span};
use crate::schema::{Check, Name, Region, choice, record};
use bound::{example, kind};
use judge::Judge;

/// Two numbers that are compared must be two, and count the same thing.
fn check_terms(left: &Term, right: &Term, at: &mut Check<'_>) {
    let scope = Scope::default();
    if left == right {
        at.field("right").error(format!("the claim compares {} with itself", left.words(&scope)));
    }
    let kind = |term: &Term| kind(term.quantity(&scope).unit);
    if kind(left) != kind(right) {
        let (one, other) = (left.words(&scope), right.words(&scope));
        let message = format!("the claim compares unlike things: {one} is {}, {other} is {}", kind(left), kind(right));
        at.field("right").error(message);
    }
}

record! {
    /// One number is less than another.
    pub struct LessClaim {
        /// The smaller.
        pub left: Term,
        /// The larger.
        pub right: Term,
        /// The point of the sweep; without it, every point.
        pub at: Option<Label> = None,
    }
    check(self, at) {
        check_terms(&self.left, &self.right, at);
    }
}

record! {
    /// One number is greater than another.
    pub struct GreaterClaim {
        /// The larger.
        pub left: Term,
        /// The smaller.
        pub right: Term,
        /// The point of the sweep; without it, every point.
        pub at: Option<Label> = None,
    }
    check(self, at) {
        check_terms(&self.left, &self.right, at);
    }
}

record! {
    /// A number stays below a bound.
    pub struct BelowClaim {
        /// The number.
        pub term: Term,
        /// The bound.
        pub bound: Bound,
        /// The point of the sweep; without it, every point.
        pub at: Option<Label> = None,
    }
}

record! {
    /// A number stays above a bound.
    pub struct AboveClaim {
        /// The number.
        pub term: Term,
        /// The bound.
        pub bound: Bound,
        /// The point of the sweep; without it, every point.
        pub at: Option<Label> = None,
    }
}

record! {
    /// A number is at least `factor` times another.
    pub struct TimesClaim {
        /// The larger.
        pub left: Term,
        /// The smaller.
        pub right: Term,
        /// The factor; above 0.
        pub factor: f64,
        /// The point of the sweep; without it, every point.
        pub at: Option<Label> = None,
    }
    check(self, at) {
        check_terms(&self.left, &self.right, at);
        if self.factor <= 0.0 {
            at.field("factor").error("a factor is above 0");
        }
    }
}

record! {
    /// A number equals the prediction of queueing theory, within a tolerance. Holds if the whole interval is within the
    /// tolerance, fails if none of it is, and is undecided if it is partly within, or if the run found no steady state.
    pub struct TheoryClaim {
        /// The number.
        pub term: Term,
        /// The tolerance as a share of the predicted value; above 0 %.
        pub tolerance: Percent = Percent::of(5.0),
        /// The point of the sweep; without it, every point.
        pub at: Option<Label> = None,
    }
    check(self, at) {
        if self.tolerance == Percent::ZERO {
            at.field("tolerance").error("above 0 %: no run is long enough to find a number exactly");
        }
    }
}

record! {
    /// The system has no steady state: work arrives faster than it can be done. Undecided if arrivals or faults change
    /// with time; use `Recovers` and `StaysDown` there.
    pub struct UnstableClaim {
        /// The arm; without it, the only one or the baseline.
        pub arm: Option<Label> = None,
        /// The point of the sweep; without it, every point.
        pub at: Option<Label> = None,
    }
}

record! {
    /// A number rises along the sweep, from each point to the next.
    pub struct RisesClaim {
        /// The number.
        pub term: Term,
    }
}

record! {
    /// A number falls along the sweep, from each point to the next.
    pub struct FallsClaim {
        /// The number.
        pub term: Term,
    }
}

record! {
    /// By the number of calls in flight.
    pub struct ByInFlight {}
}

record! {
    /// By goodput: calls per second that are answered in time and as asked.
    pub struct ByGoodput {}
}

choice! {
    /// The measure by which recovery is judged.
    pub enum Gauge {
        InFlight(ByInFlight),
        Goodput(ByGoodput),
    }
}

record! {
    /// After a disturbance, the system recovers to its state before it, averaged over replications. By default the
    /// disturbance is the time of the faults and spikes of arrivals of the system.
    pub struct RecoversClaim {
        /// The arm; without it, the only one or the baseline.
        pub arm: Option<Label> = None,
        /// Maximum time to recover after the end of the disturbance.
        pub within: Span,
        /// How many more requests may be in flight than before, or how much lower goodput may be, as a share.
        pub tolerance: Percent = Percent::of(10.0),
        /// Start of the disturbance; without it, the first fault or spike.
        pub start: Option<Span> = None,
        /// End of the disturbance; without it, the end of the last fault or spike.
        pub end: Option<Span> = None,
        /// The point of the sweep; without it, every point.
        pub at: Option<Label> = None,
        /// The measure by which recovery is judged.
        pub by: Gauge = Gauge::InFlight(ByInFlight {}),
    }
    check(self, at) {
        if self.start.zip(self.end).is_some_and(|(start, end)| end < start) {
            at.field("end").error("the trouble ends after it began");
        }
    }
}

record! {
    /// A collapse outlives its trigger: in nearly all replications goodput in the later half of the time after the
    /// disturbance stays below a share of what it was before. "Nearly all" means at least 90 % of the replications,
    /// with a confidence interval entirely above 50 %.
    pub struct StaysDownClaim {
        /// The arm; without it, the only one or the baseline.
        pub arm: Option<Label> = None,
        /// The share of the goodput before the disturbance.
        pub below: Percent = Percent::of(50.0),
        /// Start of the disturbance; without it, as in the measure `Recovery`, or the first fault or spike.
        pub start: Option<Span> = None,
        /// End of the disturbance; without it, as in the measure `Recovery`, or the end of the last fault or spike.
        pub end: Option<Span> = None,
        /// The point of the sweep; without it, every point.
        pub at: Option<Label> = None,
    }
    check(self, at) {
        if self.start.zip(self.end).is_some_and(|(start, end)| end < start) {
            at.field("end").error("the trouble ends after it began");
        }
    }
}

impl StaysDownClaim {
    /// The goodput it looks at.
    fn quantity(&self, scope: &Scope) -> Quantity {
        let usual = &scope.recovery;
        let (start, end) = (self.start.or(usual.start), self.end.or(usual.end));
        let plain = Quantity::recovery(RecoveryNumber::Left, usual);
        if (start, end) == (usual.start, usual.end) {
            return plain;
        }
        let how = Recovery { start, end, ..usual.clone() };
        let when = |time: Option<Span>| time.map_or_else(String::new, |time| time.to_string());
        Quantity {
            name: format!("{} ({} to {})", plain.name, when(start), when(end)),
            id: format!("{}:{}:{}", plain.id, when(start).replace(' ', ""), when(end).replace(' ', "")),
            ..Quantity::recovery(RecoveryNumber::Left, &how)
        }
    }
}

choice! {
    /// A claim about the results. The program exits with code 1 if a claim fails.
    pub enum Claim {
        Less(LessClaim),
        Greater(GreaterClaim),
        Below(BelowClaim),
        Above(AboveClaim),
        Times(TimesClaim),
        EqualsTheory(TheoryClaim),
        Rises(RisesClaim),
        Falls(FallsClaim),
        Recovers(RecoversClaim),
        StaysDown(StaysDownClaim),
        Unstable(UnstableClaim),
    }
}

impl Claim {
    /// The numbers that it compares.
    #[must_use]
    pub fn terms(&self) -> Vec<&Term> {
        match self {
            Self::Less(claim) => vec![&claim.left, &claim.right],
            Self::Greater(claim) => vec![&claim.left, &claim.right],
            Self::Times(claim) => vec![&claim.left, &claim.right],
            Self::Below(claim) => vec![&claim.term],
            Self::Above(claim) => vec![&claim.term],
            Self::EqualsTheory(claim) => vec![&claim.term],
            Self::Rises(claim) => vec![&claim.term],
            Self::Falls(claim) => vec![&claim.term],
            Self::Recovers(_) | Self::StaysDown(_) | Self::Unstable(_) => Vec::new(),
        }
    }

    /// The quantities that decide it.
    #[must_use]
    pub fn quantities(&self, scope: &Scope) -> Vec<Quantity> {
        match self {
            Self::StaysDown(claim) => vec![claim.quantity(scope)],
            _ => self.terms().into_iter().map(|term| term.quantity(scope)).collect(),
        }
    }

    /// True for a claim about a disturbance that does not state its time.
    #[must_use]
    pub fn needs_trouble(&self) -> bool {
        match self {
            Self::StaysDown(claim) => claim.start.is_none() || claim.end.is_none(),
            _ => self.terms().into_iter().any(Term::needs_trouble),
        }
    }

    /// The arms it is about; `None` for the only one or the baseline.
    fn subjects(&self) -> Vec<Option<&Label>> {
        match self {
            Self::Recovers(claim) => vec![claim.arm.as_ref()],
            Self::StaysDown(claim) => vec![claim.arm.as_ref()],
            Self::Unstable(claim) => vec![claim.arm.as_ref()],
            _ => self.terms().into_iter().map(Term::arm).collect(),
        }
    }

    /// The arms it names.
    #[must_use]
    pub fn arms(&self) -> Vec<&Label> {
        self.subjects().into_iter().flatten().collect()
    }

    /// The point of the sweep it names.
    #[must_use]
    pub fn at(&self) -> Option<&Label> {
        match self {
            Self::Less(claim) => claim.at.as_ref(),
            Self::Greater(claim) => claim.at.as_ref(),
            Self::Below(claim) => claim.at.as_ref(),
            Self::Above(claim) => claim.at.as_ref(),
            Self::Times(claim) => claim.at.as_ref(),
            Self::EqualsTheory(claim) => claim.at.as_ref(),
            Self::Rises(_) | Self::Falls(_) => None,
            Self::Recovers(claim) => claim.at.as_ref(),
            Self::StaysDown(claim) => claim.at.as_ref(),
            Self::Unstable(claim) => claim.at.as_ref(),
        }
    }

    /// True for claims that compare each point of the sweep with the next.
    #[must_use]
    pub fn is_along_the_sweep(&self) -> bool {
        matches!(self, Self::Rises(_) | Self::Falls(_))
    }

    /// An error message, with its place, if term and bound have different units.
    #[must_use]
    pub fn mismatch(&self) -> Option<(Region, String)> {
        let (term, bound) = match self {
            Self::Below(claim) => (&claim.term, &claim.bound),
            Self::Above(claim) => (&claim.term, &claim.bound),
            _ => return None,
        };
        let unit = term.quantity(&Scope::default()).unit;
        let Name { text, region } = &bound.written.0;
        (unit != bound.unit).then(|| (*region, format!("\"{text}\" is not {}", example(unit))))
    }

    /// Decides the claim from `results`, whose cells must hold every quantity that it compares.
    #[must_use]
    pub fn decide(&self, results: &Results, scope: &Scope) -> ClaimResult {
        let judge = Judge { results, scope, confidence: results.run.confidence };
        let points = results.sweep.as_ref().map_or(1, |sweep| sweep.points.len());
        let label = |point: usize| results.sweep.as_ref().map(|sweep| sweep.points[point].label.as_str());
        let wanted: Vec<usize> = match self.at() {
            // A claim about the whole sweep is decided from each point to the next.
            None if self.is_along_the_sweep() => (0..points.saturating_sub(1)).collect(),
            Some(at) => (0..points).filter(|&point| label(point) == Some(&at.0.text)).collect(),
            None => (0..points).collect(),
        };
        let decisions: Vec<(usize, Verdict, String)> = wanted
            .iter()
            .map(|&point| {
                let (verdict, evidence) = judge.decide(self, point);
                (point, verdict, evidence)
            })
            .collect();
        // The weakest link decides: a claim for every point fails where it fails at one.
        let worst =
            decisions.iter().max_by_key(|(point, verdict, _)| (*verdict as u8 != 0, severity(*verdict), *point));
        let (verdict, evidence) = match worst {
            None => (Verdict::Undecided, "there is no such point".to_owned()),
            Some((point, verdict, evidence)) => {
                let named = self.at().is_some() || points == 1;
                let place = label(*point).filter(|_| !named).map_or_else(String::new, |label| format!("at {label}: "));
                (*verdict, format!("{place}{evidence}"))
            }
        };
        ClaimResult { claim: self.words(scope), verdict, evidence }
    }

    /// The claim in words.
    #[must_use]
    pub fn words(&self, scope: &Scope) -> String {
        let system =
            |arm: Option<&Label>| arm.map_or_else(|| "the system".to_owned(), |arm| format!("\"{}\"", arm.0.text));
        let text = match self {
            Self::Less(claim) => format!("{} is less than {}", claim.left.words(scope), claim.right.words(scope)),
            Self::Greater(claim) => {
                format!("{} is greater than {}", claim.left.words(scope), claim.right.words(scope))
            }
            Self::Below(claim) => format!("{} is below {}", claim.term.words(scope), claim.bound.written.0.text),
            Self::Above(claim) => format!("{} is above {}", claim.term.words(scope), claim.bound.written.0.text),
            Self::Times(claim) => {
                let (left, right) = (claim.left.words(scope), claim.right.words(scope));
                format!("{left} is at least {} times {right}", claim.factor)
            }
            Self::EqualsTheory(claim) => {
                format!("{} equals theory within {}", claim.term.words(scope), claim.tolerance)
            }
            Self::Rises(claim) => format!("{} rises along the sweep", claim.term.words(scope)),
            Self::Falls(claim) => format!("{} falls along the sweep", claim.term.words(scope)),
            Self::Recovers(claim) => {
                let gauge = match claim.by {
                    Gauge::InFlight(_) => "",
                    Gauge::Goodput(_) => " its goodput",
                };
                format!("{} recovers{gauge} within {}", system(claim.arm.as_ref()), claim.within)
            }
            Self::StaysDown(claim) => {
                let system = system(claim.arm.as_ref());
                format!("goodput of {system} stays below {} of what it was before the trouble", claim.below)
            }
            Self::Unstable(claim) => format!("{} is unstable", system(claim.arm.as_ref())),
        };
        self.at().map_or_else(|| text.clone(), |at| format!("{text} at {}", at.0.text))
    }
}

fn severity(verdict: Verdict) -> u8 {
    match verdict {
        Verdict::Holds => 0,
        Verdict::Undecided => 1,
        Verdict::Fails => 2,
    }
}
