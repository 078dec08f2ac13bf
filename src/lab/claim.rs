//! Claims: what an experiment says of its answer, decided by the intervals.

use super::measure::{Quantity, What, percentile};
use super::number::with_interval;
use super::results::{Cell, ClaimResult, Estimate, Results, Stability, Unit, Verdict};
use super::spec::Label;
use crate::schema::quantity::{Percent, Rate, Span};
use crate::schema::{Decode, Encode, Kind, Name, Node, Reader, Region, choice, record};
use crate::stats::paired::Paired;

macro_rules! terms {
    ($($(#[doc = $doc:literal])+ $name:ident),+ $(,)?) => {$(
        record! {
            $(#[doc = $doc])+
            pub struct $name {
                /// Of which arm; without it, the only one or the baseline.
                pub arm: Option<Label> = None,
            }
        }
    )+};
}

terms! {
    /// Mean latency.
    MeanOf,
    /// Median latency.
    P50Of,
    /// 90th percentile of latency.
    P90Of,
    /// 95th percentile of latency.
    P95Of,
    /// 99th percentile of latency.
    P99Of,
    /// 99.9th percentile of latency.
    P999Of,
    /// Requests served per second.
    ThroughputOf,
    /// Share of requests not served.
    DropRateOf,
    /// Mean number of requests in flight.
    InSystemOf,
}

record! {
    /// Any quantile of latency.
    pub struct QuantileOf {
        /// Which, between 0 and 1.
        pub p: f64,
        /// Of which arm; without it, the only one or the baseline.
        pub arm: Option<Label> = None,
    }
    check(self, at) {
        if !(self.p > 0.0 && self.p < 1.0) {
            at.field("p").error("a quantile is between 0 and 1");
        }
    }
}

record! {
    /// Share of time the workers of a fleet are busy.
    pub struct UtilizationOf {
        /// Of which arm; without it, the only one or the baseline.
        pub arm: Option<Label> = None,
        /// Of which fleet; may be left out where there is only one.
        pub node: Option<Label> = None,
    }
}

record! {
    /// Mean waiting at the servers of a fleet.
    pub struct WaitingOf {
        /// Of which arm; without it, the only one or the baseline.
        pub arm: Option<Label> = None,
        /// Of which fleet; may be left out where there is only one.
        pub node: Option<Label> = None,
    }
}

choice! {
    /// A number that a claim speaks of.
    pub enum Term {
        Mean(MeanOf),
        P50(P50Of),
        P90(P90Of),
        P95(P95Of),
        P99(P99Of),
        P999(P999Of),
        Quantile(QuantileOf),
        Throughput(ThroughputOf),
        DropRate(DropRateOf),
        InSystem(InSystemOf),
        Utilization(UtilizationOf),
        Waiting(WaitingOf),
    }
}

impl Term {
    /// The arm it names.
    #[must_use]
    pub fn arm(&self) -> Option<&Label> {
        match self {
            Self::Mean(of) => of.arm.as_ref(),
            Self::P50(of) => of.arm.as_ref(),
            Self::P90(of) => of.arm.as_ref(),
            Self::P95(of) => of.arm.as_ref(),
            Self::P99(of) => of.arm.as_ref(),
            Self::P999(of) => of.arm.as_ref(),
            Self::Quantile(of) => of.arm.as_ref(),
            Self::Throughput(of) => of.arm.as_ref(),
            Self::DropRate(of) => of.arm.as_ref(),
            Self::InSystem(of) => of.arm.as_ref(),
            Self::Utilization(of) => of.arm.as_ref(),
            Self::Waiting(of) => of.arm.as_ref(),
        }
    }

    /// The fleet it names.
    #[must_use]
    pub fn node(&self) -> Option<&Label> {
        match self {
            Self::Utilization(of) => of.node.as_ref(),
            Self::Waiting(of) => of.node.as_ref(),
            _ => None,
        }
    }

    /// The quantity it speaks of, in a system with the given fleets.
    #[must_use]
    pub fn quantity(&self, fleets: &[String]) -> Quantity {
        let quantile = |p: f64| Quantity::latency_quantile(p);
        let fleet =
            || self.node().map_or_else(|| fleets.first().cloned().unwrap_or_default(), |node| node.0.text.clone());
        match self {
            Self::Mean(_) => Quantity::latency_mean(),
            Self::P50(_) => quantile(0.5),
            Self::P90(_) => quantile(0.9),
            Self::P95(_) => quantile(0.95),
            Self::P99(_) => quantile(0.99),
            Self::P999(_) => quantile(0.999),
            Self::Quantile(of) => quantile(of.p),
            Self::Throughput(_) => Quantity::throughput(),
            Self::DropRate(_) => Quantity::drop_rate(),
            Self::InSystem(_) => Quantity::in_system(),
            Self::Utilization(_) => Quantity::utilization(fleet(), fleets),
            Self::Waiting(_) => Quantity::waiting(fleet(), fleets),
        }
    }

    fn words(&self, fleets: &[String]) -> String {
        let Quantity { what, name, .. } = self.quantity(fleets);
        let name = match what {
            What::LatencyQuantile(p) => percentile(p),
            _ => name,
        };
        self.arm().map_or_else(|| name.clone(), |arm| format!("{name} of \"{}\"", arm.0.text))
    }
}

/// A number with its unit: "50 ms", "900/s", "2 %", 3.5.
#[derive(Clone, Debug, PartialEq)]
pub struct Bound {
    written: Label,
    value: f64,
    unit: Unit,
}

impl Decode for Bound {
    fn decode(node: &Node, reader: &mut Reader) -> Option<Self> {
        let (text, read) = match &node.kind {
            Kind::Number(text) => (text, ron::from_str::<f64>(text).ok().map(|value| (value, Unit::Count))),
            Kind::Text(text) => {
                let span = || Span::parse(text).ok().map(|span| (span.seconds(), Unit::Seconds));
                let rate = || Rate::parse(text).ok().map(|rate| (rate.per_second(), Unit::PerSecond));
                let share = || Percent::parse(text).ok().map(|share| (share.fraction(), Unit::Fraction));
                (text, span().or_else(rate).or_else(share))
            }
            _ => {
                reader.expected(node, "a quantity such as \"50 ms\", \"900/s\", \"2 %\" or 3.5");
                return None;
            }
        };
        match read {
            Some((value, unit)) if value.is_finite() => {
                let written = Label(Name { text: text.clone(), region: node.region });
                Some(Self { written, value, unit })
            }
            _ => {
                let help = "write \"50 ms\", \"900/s\", \"2 %\" or a plain number";
                reader.error(node.region, format!("{text:?} is not a quantity"), help);
                None
            }
        }
    }
}

impl Encode for Bound {
    fn encode(&self) -> Node {
        Node::made(match self.unit {
            Unit::Count => Kind::Number(self.written.0.text.clone()),
            _ => Kind::Text(self.written.0.text.clone()),
        })
    }
}

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

choice! {
    /// Something claimed of the answer. The run fails with exit code 1 where a claim does not hold.
    pub enum Claim {
        Less(LessClaim),
        Greater(GreaterClaim),
        Below(BelowClaim),
        Above(AboveClaim),
        Times(TimesClaim),
        EqualsTheory(TheoryClaim),
        Unstable(UnstableClaim),
    }
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
            Self::Unstable(_) => Vec::new(),
        }
    }

    /// The arms it names.
    #[must_use]
    pub fn arms(&self) -> Vec<&Label> {
        match self {
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
            Self::Unstable(claim) => claim.at.as_ref(),
        }
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

    /// Decides the claim by `results`, whose cells hold every quantity it speaks of.
    #[must_use]
    pub fn decide(&self, results: &Results, fleets: &[String]) -> ClaimResult {
        let judge = Judge { results, fleets, confidence: results.run.confidence };
        let points = results.sweep.as_ref().map_or(1, |sweep| sweep.points.len());
        let label = |point: usize| results.sweep.as_ref().map(|sweep| sweep.points[point].label.as_str());
        let wanted: Vec<usize> = match self.at() {
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
            Self::Unstable(claim) => {
                let arm =
                    claim.arm.as_ref().map_or_else(|| "the system".to_owned(), |arm| format!("\"{}\"", arm.0.text));
                format!("{arm} is unstable")
            }
        };
        self.at().map_or_else(|| text.clone(), |at| format!("{text} at {}", at.0.text))
    }
}

/// A right example of a quantity that counts `unit`.
fn example(unit: Unit) -> &'static str {
    match unit {
        Unit::Seconds => "a length of time: write \"50 ms\"",
        Unit::PerSecond => "a rate: write \"900/s\"",
        Unit::Fraction => "a share: write \"2 %\"",
        Unit::Count => "a plain number: write 3.5",
    }
}

fn severity(verdict: Verdict) -> u8 {
    match verdict {
        Verdict::Holds => 0,
        Verdict::Undecided => 1,
        Verdict::Fails => 2,
    }
}

struct Judge<'a> {
    results: &'a Results,
    fleets: &'a [String],
    confidence: f64,
}

/// What a claim is about in one cell.
enum Number<'a> {
    Known(&'a Estimate),
    /// No steady state: a latency without bound.
    Unstable,
    Missing,
}

impl Judge<'_> {
    fn cell(&self, arm: Option<&Label>, point: usize) -> Option<&Cell> {
        let points = self.results.sweep.as_ref().map_or(1, |sweep| sweep.points.len());
        let arm = match arm {
            Some(arm) => self.results.arms.iter().position(|name| *name == arm.0.text)?,
            None => self.results.baseline.unwrap_or(0),
        };
        self.results.cells.get(arm * points + point)
    }

    fn number(&self, term: &Term, point: usize) -> Number<'_> {
        let id = term.quantity(self.fleets).id;
        let Some(cell) = self.cell(term.arm(), point) else { return Number::Missing };
        let Some(estimate) = cell.estimates.iter().find(|estimate| estimate.id == id) else { return Number::Missing };
        match (&cell.stability, estimate.value) {
            (_, Some(_)) => Number::Known(estimate),
            (Stability::Stable, None) => Number::Missing,
            _ => Number::Unstable,
        }
    }

    fn decide(&self, claim: &Claim, point: usize) -> (Verdict, String) {
        match claim {
            Claim::Less(claim) => self.ordered(&claim.left, &claim.right, 1.0, point),
            Claim::Greater(claim) => self.ordered(&claim.right, &claim.left, 1.0, point),
            Claim::Times(claim) => self.ordered(&claim.right, &claim.left, claim.factor, point),
            Claim::Below(claim) => self.bounded(&claim.term, &claim.bound, false, point),
            Claim::Above(claim) => self.bounded(&claim.term, &claim.bound, true, point),
            Claim::EqualsTheory(claim) => self.theory(&claim.term, claim.tolerance.fraction(), point),
            Claim::Unstable(claim) => match self.cell(claim.arm.as_ref(), point).map(|cell| &cell.stability) {
                Some(Stability::Unstable { node, growth }) => (
                    Verdict::Holds,
                    format!("{node} grows by {} requests a second", with_interval(Some(*growth), None, Unit::Count)),
                ),
                Some(Stability::Overflow { limit }) => (Verdict::Holds, limit.clone()),
                Some(Stability::Stable) => (Verdict::Fails, "no queue grows".to_owned()),
                None => (Verdict::Undecided, "nothing was measured".to_owned()),
            },
        }
    }

    /// `factor` x small < large, by the paired differences of the replications.
    fn ordered(&self, small: &Term, large: &Term, factor: f64, point: usize) -> (Verdict, String) {
        let names = |estimate: &Estimate| with_interval(estimate.value, estimate.half_width, estimate.unit);
        match (self.number(small, point), self.number(large, point)) {
            (Number::Known(a), Number::Known(b)) => {
                let scaled: Vec<Option<f64>> = a.replicates.iter().map(|x| x.map(|x| x * factor)).collect();
                let paired = Paired::of(&b.replicates, &scaled, self.confidence).map(|paired| paired.difference);
                let times = if factor == 1.0 { String::new() } else { format!("{factor} x ") };
                let (mean, half) = paired.map_or((f64::NAN, None), |interval| (interval.mean, interval.half_width));
                let difference = with_interval(Some(mean), half, a.unit);
                let evidence = format!("{times}{} against {}, difference {difference}", names(a), names(b));
                let verdict = match half {
                    Some(half) if mean > half => Verdict::Holds,
                    Some(half) if mean <= -half => Verdict::Fails,
                    _ => Verdict::Undecided,
                };
                (verdict, evidence)
            }
            (Number::Known(a), Number::Unstable) => (Verdict::Holds, format!("{} against no steady state", names(a))),
            (Number::Unstable, Number::Known(b)) => (Verdict::Fails, format!("no steady state against {}", names(b))),
            (Number::Unstable, Number::Unstable) => (Verdict::Undecided, "neither has a steady state".to_owned()),
            _ => (Verdict::Undecided, "nothing was measured".to_owned()),
        }
    }

    fn bounded(&self, term: &Term, bound: &Bound, above: bool, point: usize) -> (Verdict, String) {
        match self.number(term, point) {
            Number::Known(estimate) => {
                let value = estimate.value.unwrap_or(f64::NAN);
                let evidence = with_interval(Some(value), estimate.half_width, estimate.unit);
                let distance = if above { value - bound.value } else { bound.value - value };
                let half = estimate.half_width.unwrap_or(f64::INFINITY);
                let verdict = if distance > half {
                    Verdict::Holds
                } else if distance < -half {
                    Verdict::Fails
                } else {
                    Verdict::Undecided
                };
                (verdict, evidence)
            }
            Number::Unstable if above => (Verdict::Holds, "it has no steady state".to_owned()),
            Number::Unstable => (Verdict::Fails, "it has no steady state".to_owned()),
            Number::Missing => (Verdict::Undecided, "nothing was measured".to_owned()),
        }
    }

    fn theory(&self, term: &Term, tolerance: f64, point: usize) -> (Verdict, String) {
        let id = term.quantity(self.fleets).id;
        let theory = self.cell(term.arm(), point).and_then(|cell| cell.theory.as_ref());
        let known =
            theory.and_then(|theory| theory.values.iter().find(|(name, _)| *name == id).map(|(_, value)| *value));
        match (self.number(term, point), known, theory) {
            (Number::Known(estimate), Some(expected), Some(theory)) => {
                let (value, half) = (estimate.value.unwrap_or(f64::NAN), estimate.half_width.unwrap_or(f64::INFINITY));
                let evidence = format!(
                    "{} against {} of {}",
                    with_interval(Some(value), estimate.half_width, estimate.unit),
                    with_interval(Some(expected), None, estimate.unit),
                    theory.model
                );
                let distance = (value - expected).abs();
                let verdict = if half.is_infinite() {
                    Verdict::Undecided
                } else if distance <= half + tolerance * expected.abs() {
                    Verdict::Holds
                } else {
                    Verdict::Fails
                };
                (verdict, evidence)
            }
            (Number::Unstable, None, None) => (Verdict::Undecided, "it has no steady state".to_owned()),
            _ => (Verdict::Undecided, "no theory is known for this system".to_owned()),
        }
    }
}
