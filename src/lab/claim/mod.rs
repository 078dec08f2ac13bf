//! Claims: what an experiment says of its answer, decided by the intervals. One file each for the numbers claims speak
//! of, bounds, and the decision.

mod bound;
mod judge;
mod term;

pub use bound::Bound;
pub use term::{
    DropRateOf, FailoverTimeOf, ImbalanceOf, InSystemOf, MeanOf, P50Of, P90Of, P95Of, P99Of, P999Of, QuantileOf,
    RemappedNeedlesslyOf, RemappedOf, Term, ThroughputOf, UtilizationOf, WaitingOf,
};

use super::results::{ClaimResult, Results, Verdict};
use super::spec::Label;
use crate::schema::quantity::{Percent, Span};
use crate::schema::{Name, Region, choice, record};
use bound::example;
use judge::Judge;

record! {
    /// One number is less than another.
    pub struct LessClaim {
        /// The smaller.
        pub left: Term,
        /// The larger.
        pub right: Term,
        /// At which point of the sweep; without it, at every one.
        pub at: Option<Label> = None,
    }
}

record! {
    /// One number is greater than another.
    pub struct GreaterClaim {
        /// The larger.
        pub left: Term,
        /// The smaller.
        pub right: Term,
        /// At which point of the sweep; without it, at every one.
        pub at: Option<Label> = None,
    }
}

record! {
    /// A number stays below a bound.
    pub struct BelowClaim {
        /// The number.
        pub term: Term,
        /// The bound.
        pub bound: Bound,
        /// At which point of the sweep; without it, at every one.
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
        /// At which point of the sweep; without it, at every one.
        pub at: Option<Label> = None,
    }
}

record! {
    /// A number is at least so many times another.
    pub struct TimesClaim {
        /// The larger.
        pub left: Term,
        /// The smaller.
        pub right: Term,
        /// How many times; above 0.
        pub factor: f64,
        /// At which point of the sweep; without it, at every one.
        pub at: Option<Label> = None,
    }
    check(self, at) {
        if self.factor <= 0.0 {
            at.field("factor").error("a factor is above 0");
        }
    }
}

record! {
    /// A number is what theory says, within its interval.
    pub struct TheoryClaim {
        /// The number.
        pub term: Term,
        /// Allowed beside the interval, as a share of what theory says.
        pub tolerance: Percent = Percent::ZERO,
        /// At which point of the sweep; without it, at every one.
        pub at: Option<Label> = None,
    }
}

record! {
    /// The system has no steady state: work comes faster than it can be done.
    pub struct UnstableClaim {
        /// Which arm; without it, the only one or the baseline.
        pub arm: Option<Label> = None,
        /// At which point of the sweep; without it, at every one.
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
    /// After a trouble, requests in flight come back to what they were before it. Where the system has faults, they say
    /// when the trouble began and ended.
    pub struct RecoversClaim {
        /// Which arm; without it, the only one or the baseline.
        pub arm: Option<Label> = None,
        /// How long after the end of the trouble.
        pub within: Span,
        /// How many more requests may be in flight than before, as a share.
        pub tolerance: Percent = Percent::of(10.0),
        /// When the trouble began; without it, the first fault.
        pub start: Option<Span> = None,
        /// When it ended; without it, the end of the last fault.
        pub end: Option<Span> = None,
        /// At which point of the sweep; without it, at every one.
        pub at: Option<Label> = None,
    }
    check(self, at) {
        if self.start.zip(self.end).is_some_and(|(start, end)| end < start) {
            at.field("end").error("the trouble ends after it began");
        }
    }
}

choice! {
    /// Something claimed of the answer. The run fails with exit code 1 where a claim does not hold.
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
        Unstable(UnstableClaim),
    }
}

/// When something was wrong in a cell, in seconds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Trouble {
    /// When it began.
    pub start: f64,
    /// When it ended.
    pub end: f64,
}

impl Claim {
    /// The numbers it speaks of.
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
            Self::Recovers(_) | Self::Unstable(_) => Vec::new(),
        }
    }

    /// The arms it names.
    #[must_use]
    pub fn arms(&self) -> Vec<&Label> {
        match self {
            Self::Recovers(claim) => claim.arm.iter().collect(),
            Self::Unstable(claim) => claim.arm.iter().collect(),
            _ => self.terms().into_iter().filter_map(Term::arm).collect(),
        }
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
            Self::Unstable(claim) => claim.at.as_ref(),
        }
    }

    /// True of claims that compare each point of the sweep with the next.
    #[must_use]
    pub fn is_along_the_sweep(&self) -> bool {
        matches!(self, Self::Rises(_) | Self::Falls(_))
    }

    /// A term and a bound that count different things; the words say which.
    #[must_use]
    pub fn mismatch(&self) -> Option<(Region, String)> {
        let (term, bound) = match self {
            Self::Below(claim) => (&claim.term, &claim.bound),
            Self::Above(claim) => (&claim.term, &claim.bound),
            _ => return None,
        };
        let unit = term.quantity(&[]).unit;
        let Name { text, region } = &bound.written.0;
        (unit != bound.unit).then(|| (*region, format!("\"{text}\" is not {}", example(unit))))
    }

    /// Decides the claim by `results`, whose cells hold every quantity it speaks of; `troubles` has the time of the faults
    /// of each cell.
    #[must_use]
    pub fn decide(&self, results: &Results, fleets: &[String], troubles: &[Option<Trouble>]) -> ClaimResult {
        let judge = Judge { results, fleets, troubles, confidence: results.run.confidence };
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
        ClaimResult { claim: self.words(fleets), verdict, evidence }
    }

    /// The claim in words.
    #[must_use]
    pub fn words(&self, fleets: &[String]) -> String {
        let text = match self {
            Self::Less(claim) => format!("{} is less than {}", claim.left.words(fleets), claim.right.words(fleets)),
            Self::Greater(claim) => {
                format!("{} is greater than {}", claim.left.words(fleets), claim.right.words(fleets))
            }
            Self::Below(claim) => format!("{} is below {}", claim.term.words(fleets), claim.bound.written.0.text),
            Self::Above(claim) => format!("{} is above {}", claim.term.words(fleets), claim.bound.written.0.text),
            Self::Times(claim) => {
                let (left, right) = (claim.left.words(fleets), claim.right.words(fleets));
                format!("{left} is at least {} times {right}", claim.factor)
            }
            Self::EqualsTheory(claim) => format!("{} equals theory", claim.term.words(fleets)),
            Self::Rises(claim) => format!("{} rises along the sweep", claim.term.words(fleets)),
            Self::Falls(claim) => format!("{} falls along the sweep", claim.term.words(fleets)),
            Self::Recovers(claim) => {
                let arm =
                    claim.arm.as_ref().map_or_else(|| "the system".to_owned(), |arm| format!("\"{}\"", arm.0.text));
                format!("{arm} recovers within {}", claim.within)
            }
            Self::Unstable(claim) => {
                let arm =
                    claim.arm.as_ref().map_or_else(|| "the system".to_owned(), |arm| format!("\"{}\"", arm.0.text));
                format!("{arm} is unstable")
            }
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
