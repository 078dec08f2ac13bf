//! The answer to an experiment, as plain data: what `summary.json` holds and every report is drawn from.
//!
//! Nothing here computes; the lab fills these structures in plan order and the report reads them. The few methods look
//! things up.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

pub use crate::actors::kit::seen::Gauge;
pub use crate::measure::Unit;

use super::measure::measured::Measured;
use super::measure::measures::{may_pass_one, recovery, speaks_of_steady_state};
pub use super::rows::LedgerRow;
pub use super::trouble::Trouble;
use crate::stats::paired::Paired;
use crate::stats::pooled::{Pooled, weighted_mean};

/// Everything an experiment found, in plan order.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Results {
    /// Version of the program that ran it.
    pub version: String,
    /// The experiment's title.
    pub title: String,
    /// The question it asks; empty if none was given.
    pub question: String,
    /// The chapter of the book that explains it; empty if none.
    pub chapter: String,
    /// The master seed.
    pub seed: u64,
    /// How long, how often, how sure.
    pub run: RunSummary,
    /// Names of the alternatives, in the order of the file; one unnamed system is called "system".
    pub arms: Vec<String>,
    /// Index into `arms` of the one the others are compared with; `None` with a single arm.
    pub baseline: Option<usize>,
    /// What the x axis is; `None` if nothing is swept.
    pub sweep: Option<Sweep>,
    /// One cell per arm and sweep point: index = arm * points + point, with points = 1 without a sweep.
    pub cells: Vec<Cell>,
    /// The arms in order of each measure at each point; empty with a single arm.
    pub rankings: Vec<Ranking>,
    /// What became of each claim, in the order of the file.
    pub claims: Vec<ClaimResult>,
    /// True if the run was stopped before all replications were done.
    pub interrupted: bool,
    /// What the reader should know beside the numbers: lines of a log that were left out, replications that are missing.
    pub notices: Vec<String>,
}

/// The length and number of runs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RunSummary {
    /// Simulated seconds of one replication; `None` when it ends by a count of requests or when the trace is drained.
    pub duration: Option<f64>,
    /// Requests after which a replication ends, if it ends by count.
    pub requests: Option<u64>,
    /// Seconds cut off the start of each replication before anything is measured; the longest of the cells.
    pub warm_up: f64,
    /// Replications planned per cell, at most.
    pub replications: u32,
    /// Half-width that was asked for, as a share of the value; `None` with a fixed number of replications.
    pub target: Option<f64>,
    /// Confidence level of every interval, for example 0.95.
    pub confidence: f64,
}

/// The quantity varied along the x axis.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Sweep {
    /// Path of the field that is varied, for example "users.arrivals.rate".
    pub path: String,
    /// What the field is for people, for example "requests from mobile users"; empty where the file does not say.
    #[serde(default)]
    pub label: String,
    /// Unit of the numeric values, for example "/s"; empty for pure numbers.
    pub unit: String,
    /// The points in the order of the file.
    pub points: Vec<SweepPoint>,
}

/// One point of the x axis.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SweepPoint {
    /// As written in the file, for example "900/s".
    pub label: String,
    /// The number, where it is one; categories have none.
    pub value: Option<f64>,
}

/// What one arm gave at one sweep point.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Cell {
    /// Index into [`Results::arms`].
    pub arm: usize,
    /// Index into [`Sweep::points`]; 0 without a sweep.
    pub point: usize,
    /// Replications completed.
    pub replications: u32,
    /// True if the run was stopped before all replications of this cell were done: claims about it are undecided.
    #[serde(default)]
    pub unfinished: bool,
    /// Nodes whose own requests have a steady state though the cell has none: what they have to do with is not the node that
    /// is overloaded.
    pub steady: Vec<String>,
    /// What was to happen at a moment and did not in all replications: they do not cover what is asked of them.
    pub uncovered: Option<String>,
    /// Seconds cut off the start of each replication of this cell.
    pub warm_up: f64,
    /// When something was wrong: from the first fault or spike of arrivals to the end of the last, or as the measure
    /// `Recovery` says. `None` where nothing was.
    pub trouble: Option<Trouble>,
    /// Whether a steady state exists.
    pub stability: Stability,
    /// True if arrivals or faults change with time: then there is no steady state to speak of, and `stability` says only
    /// whether the run was stopped or replications ended in two states.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub changes: bool,
    /// One estimate per measure, the same measures in the same order in every cell.
    pub estimates: Vec<Estimate>,
    /// Paired differences to the baseline at the same sweep point, in the order of `estimates`; empty for the baseline itself.
    pub comparisons: Vec<Comparison>,
    /// Latency of served calls, pooled over replications: fraction of all calls that took longer, for the tail plot.
    pub tail: Vec<TailPoint>,
    /// Fraction of calls that were never answered in time and as asked: `tail` does not come below it.
    #[serde(default)]
    pub never_answered: f64,
    /// Closed-form answer, where the system is one that theory knows.
    pub theory: Option<Theory>,
    /// Requests by what became of them, over all replications, from time zero on.
    pub ledger: Vec<LedgerRow>,
    /// Per node: names, kinds and utilization.
    pub nodes: Vec<NodeResult>,
    /// Length in seconds of the windows of `series` and of [`NodeResult::heat`]; the first begins at 0.
    pub window: f64,
    /// Time series, of all replications together.
    pub series: Vec<Series>,
}

/// Whether a cell has a steady state.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Stability {
    /// No sign of growth without end.
    Stable,
    /// Work arrives faster than it can be done: no mean is printed.
    Unstable {
        /// The node whose population grows.
        node: String,
        /// Growth of the number of requests in that node, per second.
        growth: f64,
        /// The work that comes over the work that can be done, where that follows from the description of the system;
        /// `None` where the growth was seen in the run.
        load: Option<f64>,
    },
    /// The run was too short to show a steady state, or to tell whether there is one: its numbers are printed, with a mark,
    /// and decide nothing about a steady state.
    NotSettled {
        /// The node that takes longest to settle.
        node: String,
        /// Seconds of a replication.
        run: f64,
        /// Seconds that a replication would have to last; `None` where no length is known to be enough.
        needed: Option<f64>,
    },
    /// Some replications settled in one state and some in another, as metastable systems do: their mean describes
    /// neither, and none is printed.
    Bimodal {
        /// Mean number of requests in flight in the better state.
        low: f64,
        /// Mean number of requests in flight in the worse state.
        high: f64,
        /// Share of replications in the worse state.
        share: f64,
    },
    /// A run ended before it could answer: at a limit of the program, or within its warm-up. Claims about it are undecided.
    Overflow {
        /// Why, in words.
        limit: String,
        /// The node that gets more work than it can do and how many times as much, where that follows from the description
        /// of the system.
        overloaded: Option<(String, f64)>,
    },
}

impl Stability {
    /// True where numbers are printed: there is a steady state, or it is not known that there is none.
    #[must_use]
    pub fn has_numbers(&self) -> bool {
        matches!(self, Self::Stable | Self::NotSettled { .. })
    }

    /// True where the numbers are those of a run too short for a steady state.
    #[must_use]
    pub fn is_not_settled(&self) -> bool {
        matches!(self, Self::NotSettled { .. })
    }
}

/// A quantity with its uncertainty.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Estimate {
    /// Name for people, for example "p99 latency".
    pub name: String,
    /// Stable identifier for machines, for example "latency_p99".
    pub id: String,
    /// What the number counts.
    pub unit: Unit,
    /// The point estimate; `None` where there is none (unstable system, nothing served).
    pub value: Option<f64>,
    /// Half-width of the confidence interval; of one that is not symmetric, the longer side. `None` where none is known.
    pub half_width: Option<f64>,
    /// Where the interval comes from.
    pub interval: IntervalKind,
    /// The value of each replication by itself, in order.
    pub replicates: Vec<Option<f64>>,
    /// How far each replication moves the value, which is one of all replications together; `None` of one that says
    /// nothing. Empty of a plain mean of the replicates, of which each moves it by its distance over their number.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub influences: Vec<Option<f64>>,
    /// Of a quantile of the latency of served calls, where some calls were not answered: the same quantile of all calls, of
    /// which those not answered take for ever.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub of_all: Option<OfAll>,
}

/// Between what ends a quantile of all calls lies, of which those that were not answered take for ever.
///
/// It is a higher quantile of those that were: of a share `a`, the quantile `p / a`. The ends are those of the intervals of
/// that quantile at the ends of the interval of `a`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct OfAll {
    /// The lower end; `None` where it has no bound, since fewer were answered beyond doubt.
    pub low: Option<f64>,
    /// The upper end; `None` where it may have no bound.
    pub high: Option<f64>,
}

/// Where an interval comes from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub enum IntervalKind {
    /// Student's t over how far each replication moves the value.
    #[default]
    Replications,
    /// Student's t over how far each replication moves a quantile of all requests together.
    Quantiles {
        /// How many independent requests beyond the quantile a replication holds, by how much their share varies from
        /// one replication to the next; `None` where it does not vary.
        independent: Option<f64>,
        /// True if all replications together hold so few that the interval is too narrow.
        few: bool,
    },
    /// Student's t over batches of a single replication.
    Batches {
        /// True if neighbouring batches resemble each other, which makes the interval too narrow.
        correlated: bool,
    },
    /// Wilson's score interval of a share near zero or one, which is not symmetric.
    Wilson {
        /// Lower end.
        low: f64,
        /// Upper end.
        high: f64,
    },
}

/// A difference to the baseline, paired by replication.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Comparison {
    /// Identifier of the measure, as in [`Estimate::id`].
    pub id: String,
    /// This arm's value less the baseline's.
    pub difference: Option<f64>,
    /// Half-width of its confidence interval, which keeps the pairs of replications.
    pub half_width: Option<f64>,
    /// `difference` over the baseline's value.
    pub relative: Option<f64>,
    /// This arm's value over the baseline's; `None` where the baseline's interval reaches zero.
    pub ratio: Option<f64>,
    /// Half-width of the ratio's interval.
    pub ratio_half_width: Option<f64>,
    /// Chance of so large a difference if there were none, after Holm's correction for the number of arms.
    pub p_value: Option<f64>,
    /// Share of the variance that common random numbers saved against independent ones; below 0 where they hurt.
    pub variance_saved: Option<f64>,
    /// True if the interval excludes zero and the corrected p-value agrees.
    pub significant: bool,
}

/// The arms in order of one measure at one point, the least value first.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Ranking {
    /// Identifier of the measure.
    pub id: String,
    /// Index into [`Sweep::points`]; 0 without a sweep.
    pub point: usize,
    /// Groups of indices into [`Results::arms`]: within a group nothing can be told apart from its first.
    pub groups: Vec<Vec<usize>>,
    /// Of a latency, groups of arms that answered fewer calls than another: they stand apart, for what they did not answer
    /// has no latency that could speak against them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fewer: Vec<Vec<usize>>,
    /// Arms that have no value there, or none of a steady state.
    pub without: Vec<usize>,
}

/// A point of the complementary distribution.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct TailPoint {
    /// Latency in seconds.
    pub latency: f64,
    /// Fraction of all calls that took longer; those that were never answered did.
    pub above: f64,
}

/// What theory says of a cell's system.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Theory {
    /// Name of the model, for example "M/M/3".
    pub model: String,
    /// Where it stands, for example a paper or book.
    pub source: String,
    /// Known values by measure identifier ("latency_mean", "latency_p99", "utilization", ...).
    pub values: Vec<(String, f64)>,
}

/// One node of the system.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct NodeResult {
    /// Its name in the file (`lb[2]` for a copy).
    pub name: String,
    /// What kind of node it is: the word that begins it in the file.
    pub kind: String,
    /// True if it makes requests itself.
    #[serde(skip)]
    pub makes_requests: bool,
    /// What it has beside traffic that is drawn over time.
    #[serde(skip)]
    pub gauges: Vec<Gauge>,
    /// Named quantities of the node, each with its interval (utilization, waiting time, queue length, ...).
    pub estimates: Vec<Estimate>,
    /// Utilization (0 to 1) of each server over the measured time, mean over replications; empty for nodes without servers.
    pub servers: Vec<f64>,
    /// Utilization in rows of servers (one row may stand for several) by window: `heat[row][window]`; empty without servers.
    pub heat: Vec<Vec<f64>>,
}

/// One quantity over time.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Series {
    /// The node it belongs to.
    pub node: String,
    /// Stable identifier: "offered", "attempts", "throughput", "goodput", "degraded", "rejected", "failed",
    /// "timed_out", "given_up", "latency_mean", "latency_p50", "latency_p99", "in_system", "utilization".
    pub quantity: String,
    /// What the numbers count.
    pub unit: Unit,
    /// The value of all replications together, one per window, the first window starting at 0: a quantile that of all
    /// requests, anything else the mean. `None` where nothing was seen.
    pub mean: Vec<Option<f64>>,
    /// Half-width of the interval over replications, like `mean`.
    pub half_width: Vec<Option<f64>>,
}

/// What became of a claim.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ClaimResult {
    /// The claim in words.
    pub claim: String,
    /// Holds, fails or cannot be told.
    pub verdict: Verdict,
    /// The numbers that decide it, on one line.
    pub evidence: String,
}

/// The decision on a claim.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Verdict {
    /// The interval lies wholly on the claimed side.
    Holds,
    /// The interval lies wholly on the other side.
    Fails,
    /// The interval holds both.
    Undecided,
}

/// The ends of a symmetric interval, cut where no value can lie: below zero, and above one for a share. A value that lies
/// there itself, or has no half-width, is left as it is.
#[must_use]
pub fn interval(value: f64, half_width: Option<f64>, unit: Unit) -> (f64, f64) {
    let half = half_width.filter(|half| half.is_finite()).unwrap_or(0.0);
    let low = if value >= 0.0 { (value - half).max(0.0) } else { value - half };
    let share = unit == Unit::Fraction && value <= 1.0;
    (low, if share { (value + half).min(1.0) } else { value + half })
}

/// The share of calls that is nearly all of them: what is said of a latency beside it is said where fewer were answered.
/// One call in a thousand moves a p99 by little, and objectives that are stricter ask for shares and not for latencies.
pub const NEARLY_ALL: f64 = 0.999;

impl Results {
    /// The same as it reads back from `summary.json`, which leaves out what only pictures need.
    #[must_use]
    pub fn as_written(&self) -> Self {
        let mut written = self.clone();
        for node in written.cells.iter_mut().flat_map(|cell| &mut cell.nodes) {
            node.makes_requests = false;
            node.gauges.clear();
        }
        written
    }

    /// Number of points on the x axis; 1 without a sweep.
    #[must_use]
    pub fn points(&self) -> usize {
        self.sweep.as_ref().map_or(1, |sweep| sweep.points.len())
    }

    /// The cell of an arm at a sweep point, if there is one.
    #[must_use]
    pub fn cell(&self, arm: usize, point: usize) -> Option<&Cell> {
        self.cells.get(arm * self.points() + point).filter(|cell| cell.arm == arm && cell.point == point)
    }

    /// The name of a cell's arm.
    #[must_use]
    pub fn arm(&self, cell: &Cell) -> &str {
        self.arms.get(cell.arm).map_or("", String::as_str)
    }

    /// Places of the estimates that say something of their own: goodput does not where throughput is measured too and both
    /// are the same in every replication, because every answer came in time and as asked. How many calls were answered does
    /// not where that are nearly all, in every cell.
    #[must_use]
    pub fn telling(&self) -> Vec<usize> {
        let Some(first) = self.cells.first() else { return Vec::new() };
        let tells = |place: &usize| {
            let estimate = &first.estimates[*place];
            if estimate.is_answered() {
                return self.cells.iter().any(|cell| !cell.estimates[*place].is_nearly_all());
            }
            let other = estimate.id.replacen("goodput", "throughput", 1);
            let twin = first.estimates.iter().position(|estimate| estimate.id == other);
            let Some(twin) = twin.filter(|_| estimate.is_goodput()) else { return true };
            self.cells.iter().any(|cell| cell.estimates[*place].replicates != cell.estimates[twin].replicates)
        };
        (0..first.estimates.len()).filter(tells).collect()
    }

    /// A cell's point on the x axis; `None` without a sweep.
    #[must_use]
    pub fn point(&self, cell: &Cell) -> Option<&SweepPoint> {
        self.sweep.as_ref()?.points.get(cell.point)
    }
}

impl Sweep {
    /// What the x axis is called: the label, or the path where there is none.
    #[must_use]
    pub fn name(&self) -> &str {
        if self.label.is_empty() { &self.path } else { &self.label }
    }
}

impl Estimate {
    /// How far each replication moves its value: what it is compared by.
    #[must_use]
    pub fn influences(&self) -> Cow<'_, [Option<f64>]> {
        if !self.influences.is_empty() {
            return Cow::Borrowed(&self.influences);
        }
        let plain = weighted_mean(&self.replicates, &vec![1.0; self.replicates.len()]);
        plain.map_or_else(Cow::default, |(_, influences)| Cow::Owned(influences))
    }

    /// How it differs from `factor` times another, pair by pair of replications; `None` where one of them has no value.
    #[must_use]
    pub fn less(&self, factor: f64, other: &Self, confidence: f64) -> Option<Paired> {
        let (value, base) = (self.value?, other.value? * factor);
        let scaled: Vec<Option<f64>> =
            other.influences().iter().map(|moved| moved.map(|moved| moved * factor)).collect();
        let ours = Pooled { value, influences: &self.influences() };
        Some(Paired::of(ours, Pooled { value: base, influences: &scaled }, confidence))
    }

    /// The identifier without what it is told of.
    fn number(&self) -> &str {
        self.id.split(':').next().unwrap_or_default()
    }

    /// True of numbers that say what a trouble does to goodput and how it comes back: they need no steady state.
    #[must_use]
    pub fn is_of_recovery(&self) -> bool {
        recovery::Number::without_steady_state().contains(&self.number())
    }

    /// True of numbers that speak of a steady state, so that a run which did not reach one decides nothing about them: all
    /// but what is asked for, and what a trouble does.
    #[must_use]
    pub fn is_of_steady_state(&self) -> bool {
        speaks_of_steady_state(self.number())
    }

    /// True of the share of calls that were answered in time and as asked.
    #[must_use]
    pub fn is_answered(&self) -> bool {
        self.id == "answered" || self.id.starts_with("answered:")
    }

    /// True of a share that is nearly all, or has no value.
    #[must_use]
    pub fn is_nearly_all(&self) -> bool {
        self.value.is_none_or(|value| value >= NEARLY_ALL)
    }

    /// True of what the tables leave out beside throughput where it is the same everywhere.
    pub(crate) fn is_goodput(&self) -> bool {
        self.id == "goodput" || self.id.starts_with("goodput:")
    }

    /// The ends of its interval; the value itself where none is known.
    #[must_use]
    pub fn bounds(&self) -> Option<(f64, f64)> {
        let value = self.value.filter(|value| value.is_finite())?;
        Some(match self.interval {
            IntervalKind::Wilson { low, high } => (low, high),
            _ if may_pass_one(self.number()) => interval(value, self.half_width, Unit::Count),
            _ => interval(value, self.half_width, self.unit),
        })
    }
}

impl Cell {
    /// True if there is something to say of a measure: there is a steady state, at least for what it is told of, or it needs
    /// none.
    #[must_use]
    pub fn shows(&self, measure: &Estimate) -> bool {
        let of = measure.id.split_once(':').map(|(_, of)| of);
        let is_apart = of.is_some_and(|of| self.steady.iter().any(|steady| steady == of));
        self.stability.has_numbers() || measure.is_of_recovery() || is_apart
    }

    /// Of a latency of served calls, by its identifier: the share of calls that it is of.
    #[must_use]
    pub fn answered(&self, latency: &str) -> Option<&Estimate> {
        let (latency, of) = latency.split_once(':').map_or((latency, None), |(latency, of)| (latency, Some(of)));
        if !latency.starts_with("latency_") {
            return None;
        }
        self.estimate(&of.map_or_else(|| "answered".to_owned(), |of| format!("answered:{of}")))
    }

    /// The estimate with this identifier.
    #[must_use]
    pub fn estimate(&self, id: &str) -> Option<&Estimate> {
        self.estimates.iter().find(|estimate| estimate.id == id)
    }

    /// The value of the estimate with this identifier, in its base unit: seconds, per second, a share of one. `None` if it was
    /// not measured, or has no value here.
    #[must_use]
    pub fn value(&self, id: &str) -> Option<f64> {
        self.estimate(id)?.value
    }
}

impl Theory {
    /// The known value of the measure with this identifier.
    #[must_use]
    pub fn value(&self, id: &str) -> Option<f64> {
        self.values.iter().find(|(known, _)| known == id).map(|(_, value)| *value)
    }
}
