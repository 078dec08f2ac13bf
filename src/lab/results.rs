//! The results of an experiment as plain data: the content of `summary.json`, and the only input of every report.
//!
//! These structures only hold values: the lab fills them in plan order and reports read them. Their few methods look
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
    /// Length and number of replications, and confidence.
    pub run: RunSummary,
    /// Names of the alternatives, in the order of the file; one unnamed system is called "system".
    pub arms: Vec<String>,
    /// Index into `arms` of the arm that the others are compared with; `None` with a single arm.
    pub baseline: Option<usize>,
    /// The x axis; `None` without a sweep.
    pub sweep: Option<Sweep>,
    /// One cell per arm and sweep point: index = arm * points + point, with points = 1 without a sweep.
    pub cells: Vec<Cell>,
    /// The arms in order of each measure at each point; empty with a single arm.
    pub rankings: Vec<Ranking>,
    /// The verdict on each claim, in the order of the file.
    pub claims: Vec<ClaimResult>,
    /// True if the run was stopped before all replications were done.
    pub interrupted: bool,
    /// Notes for the reader, such as lines of a log that were left out or replications that are missing.
    pub notices: Vec<String>,
}

/// The length and number of the replications.
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
    /// The requested half-width as a share of the value; `None` with a fixed number of replications.
    pub target: Option<f64>,
    /// Confidence level of every interval, for example 0.95.
    pub confidence: f64,
}

/// The quantity varied along the x axis.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Sweep {
    /// Path of the field that is varied, for example "users.arrivals.rate".
    pub path: String,
    /// A label for the field, for example "requests from mobile users"; empty where the file gives none.
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
    /// The value as a number; `None` for categories.
    pub value: Option<f64>,
}

/// The results of one arm at one point of the sweep.
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
    /// Nodes whose own requests have a steady state although the cell has none, because they do not depend on the
    /// overloaded node.
    pub steady: Vec<String>,
    /// A scheduled event (such as a fault) that did not happen in every replication because some ended before it.
    pub uncovered: Option<String>,
    /// Seconds cut off the start of each replication of this cell.
    pub warm_up: f64,
    /// The disturbance: from the first fault or spike of arrivals to the end of the last, or as the measure `Recovery`
    /// says. `None` if there is none.
    pub trouble: Option<Trouble>,
    /// Whether a steady state exists.
    pub stability: Stability,
    /// True if arrivals or faults change with time. Then there is no steady state, and `stability` says only whether
    /// the run was stopped or replications ended in two states.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub changes: bool,
    /// One estimate per measure, the same measures in the same order in every cell.
    pub estimates: Vec<Estimate>,
    /// Paired differences to the baseline at the same sweep point, in the order of `estimates`; empty for the baseline
    /// itself.
    pub comparisons: Vec<Comparison>,
    /// Latency of served calls, pooled over replications: for each latency the fraction of all calls that took longer.
    /// Drawn in the tail plot.
    pub tail: Vec<TailPoint>,
    /// Fraction of calls that were not answered in time and as asked; `tail` never falls below it.
    #[serde(default)]
    pub never_answered: f64,
    /// Closed-form solution, if queueing theory has one for this system.
    pub theory: Option<Theory>,
    /// Requests by outcome, over all replications, from time zero on.
    pub ledger: Vec<LedgerRow>,
    /// Results of each node.
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
    /// Work arrives faster than it can be done. No mean is printed.
    Unstable {
        /// The node whose population grows.
        node: String,
        /// Growth of the number of requests in that node, per second.
        growth: f64,
        /// Offered load over capacity, where that follows from the description of the system; `None` where growth was
        /// observed in the run.
        load: Option<f64>,
    },
    /// The run was too short to reach a steady state, or to tell whether there is one. Its numbers are printed with a
    /// mark, and claims about a steady state are undecided.
    NotSettled {
        /// The node that takes longest to settle.
        node: String,
        /// Seconds of a replication.
        run: f64,
        /// Seconds that a replication would have to last; `None` where no length is known to be enough.
        needed: Option<f64>,
    },
    /// Some replications settled in one state and some in another, as metastable systems do. A mean would describe
    /// neither state, so none is printed.
    Bimodal {
        /// Mean number of requests in flight in the better state.
        low: f64,
        /// Mean number of requests in flight in the worse state.
        high: f64,
        /// Share of replications in the worse state.
        share: f64,
    },
    /// A replication ended too early: at a limit such as `in_flight`, or within its warm-up. Claims about the cell are
    /// undecided.
    Overflow {
        /// Why, in words.
        limit: String,
        /// The overloaded node and its offered load over its capacity, where that follows from the description of the
        /// system.
        overloaded: Option<(String, f64)>,
    },
}

impl Stability {
    /// True if numbers are printed: there is a steady state, or there may be one.
    #[must_use]
    pub fn has_numbers(&self) -> bool {
        matches!(self, Self::Stable | Self::NotSettled { .. })
    }

    /// True if the run was too short for a steady state.
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
    /// The unit of the number.
    pub unit: Unit,
    /// The point estimate; `None` if there is none (unstable system, no request served).
    pub value: Option<f64>,
    /// Half-width of the confidence interval; of one that is not symmetric, the longer side. `None` where none is known.
    pub half_width: Option<f64>,
    /// Where the interval comes from.
    pub interval: IntervalKind,
    /// The value of each replication alone, in order.
    pub replicates: Vec<Option<f64>>,
    /// The influence of each replication on the pooled value; `None` for a replication without a value. Empty if the
    /// value is the plain mean of `replicates`: then the influence is the distance from the mean over their number.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub influences: Vec<Option<f64>>,
    /// For a latency quantile of served calls, where some calls were not answered: bounds of the same quantile over all
    /// calls, in which unanswered calls count as infinitely long.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub of_all: Option<OfAll>,
}

/// Bounds of a latency quantile over all calls, in which unanswered calls count as infinitely long.
///
/// If a share `a` of the calls was answered, it is the quantile `p / a` of those. The bounds come from the intervals of
/// that quantile at both ends of the interval of `a`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct OfAll {
    /// Lower bound; `None` if the quantile is certainly infinite, because too few calls were answered.
    pub low: Option<f64>,
    /// Upper bound; `None` if the quantile may be infinite.
    pub high: Option<f64>,
}

/// How an interval was computed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub enum IntervalKind {
    /// Student's t interval over the influence of each replication.
    #[default]
    Replications,
    /// Student's t interval over the influence of each replication on the quantile of all requests pooled.
    Quantiles {
        /// Effective number of independent requests beyond the quantile in a replication, from how much their share
        /// varies between replications; `None` where it does not vary.
        independent: Option<f64>,
        /// True if there are so few of them in all replications together that the interval is too narrow.
        few: bool,
    },
    /// Student's t interval over batch means of a single replication.
    Batches {
        /// True if neighbouring batches are correlated, which makes the interval too narrow.
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
    /// This arm's value minus the baseline's.
    pub difference: Option<f64>,
    /// Half-width of its confidence interval, paired by replication.
    pub half_width: Option<f64>,
    /// `difference` divided by the baseline's value.
    pub relative: Option<f64>,
    /// This arm's value divided by the baseline's; `None` where the baseline's interval reaches zero.
    pub ratio: Option<f64>,
    /// Half-width of the ratio's interval.
    pub ratio_half_width: Option<f64>,
    /// Two-sided p-value of the difference, after Holm's correction for the number of arms.
    pub p_value: Option<f64>,
    /// Share of the variance that common random numbers removed, compared with independent ones; negative where they
    /// increased it.
    pub variance_saved: Option<f64>,
    /// True if the interval excludes zero and the corrected p-value agrees.
    pub significant: bool,
}

/// The arms ranked by one measure at one point of the sweep, the lowest value first.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Ranking {
    /// Identifier of the measure.
    pub id: String,
    /// Index into [`Sweep::points`]; 0 without a sweep.
    pub point: usize,
    /// Groups of indices into [`Results::arms`]; no arm of a group differs significantly from the first of the group.
    pub groups: Vec<Vec<usize>>,
    /// In a ranking by a latency, groups of arms that answered fewer calls than others. They are ranked apart, because
    /// calls that were not answered have no latency.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fewer: Vec<Vec<usize>>,
    /// Arms without a value at this point, or without a steady state.
    pub without: Vec<usize>,
}

/// A point of the complementary cumulative distribution of latency.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct TailPoint {
    /// Latency in seconds.
    pub latency: f64,
    /// Fraction of all calls that took longer; calls that were never answered count among them.
    pub above: f64,
}

/// What queueing theory predicts for the system of a cell.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Theory {
    /// Name of the model, for example "M/M/3".
    pub model: String,
    /// The source, for example a paper or book.
    pub source: String,
    /// Known values by measure identifier ("latency_mean", "latency_p99", "utilization", ...).
    pub values: Vec<(String, f64)>,
}

/// One node of the system.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct NodeResult {
    /// Its name in the file (`lb[2]` for a copy).
    pub name: String,
    /// The kind of node, as written in the file, such as `Fleet`.
    pub kind: String,
    /// True if it makes requests itself.
    #[serde(skip)]
    pub makes_requests: bool,
    /// Its time series that are drawn in addition to its traffic.
    #[serde(skip)]
    pub gauges: Vec<Gauge>,
    /// Named quantities of the node, each with its interval (utilization, waiting time, queue length, ...).
    pub estimates: Vec<Estimate>,
    /// Utilization (0 to 1) of each server over the measured time, mean over replications; empty for nodes without servers.
    pub servers: Vec<f64>,
    /// Utilization in rows of servers (one row may stand for several) by window: `heat[row][window]`; empty without
    /// servers.
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
    /// The unit of the numbers.
    pub unit: Unit,
    /// The value over all replications, one per window, the first window starting at 0: quantiles are over all requests
    /// pooled, other numbers are means. `None` for a window without observations.
    pub mean: Vec<Option<f64>>,
    /// Half-width of the interval over replications, like `mean`.
    pub half_width: Vec<Option<f64>>,
}

/// The verdict on a claim.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ClaimResult {
    /// The claim in words.
    pub claim: String,
    /// Holds, fails or is undecided.
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
    /// The interval contains the boundary.
    Undecided,
}

/// The ends of a symmetric interval, clipped to possible values: not below zero, and not above one for a share. An end
/// is not clipped if the value itself lies beyond that limit. Without a half-width both ends are the value itself.
///
/// ```
/// use rushhour::lab::results::{Unit, interval};
///
/// assert_eq!(interval(0.75, Some(0.5), Unit::Fraction), (0.25, 1.0));
/// assert_eq!(interval(0.75, None, Unit::Seconds), (0.75, 0.75));
/// ```
#[must_use]
pub fn interval(value: f64, half_width: Option<f64>, unit: Unit) -> (f64, f64) {
    let half = half_width.filter(|half| half.is_finite()).unwrap_or(0.0);
    let low = if value >= 0.0 { (value - half).max(0.0) } else { value - half };
    let share = unit == Unit::Fraction && value <= 1.0;
    (low, if share { (value + half).min(1.0) } else { value + half })
}

/// The share of answered calls from which a latency counts as that of all calls. Where fewer were answered, tables show
/// how many. One call in a thousand moves a p99 only a little, and stricter objectives are about shares, not latencies.
pub const NEARLY_ALL: f64 = 0.999;

impl Results {
    /// These results as they read back from `summary.json`, which omits the parts that only plots need.
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

    /// Indices of the estimates that are worth showing. Goodput is left out if throughput is measured too and both are
    /// the same in every replication. The share of answered calls is left out if nearly all were answered in every
    /// cell.
    #[must_use]
    pub fn shown(&self) -> Vec<usize> {
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
    /// The name of the x axis: the label, or the path if there is no label.
    #[must_use]
    pub fn name(&self) -> &str {
        if self.label.is_empty() { &self.path } else { &self.label }
    }
}

impl Estimate {
    /// The influence of each replication on the value, from which differences to other estimates are computed.
    #[must_use]
    pub fn influences(&self) -> Cow<'_, [Option<f64>]> {
        if !self.influences.is_empty() {
            return Cow::Borrowed(&self.influences);
        }
        let plain = weighted_mean(&self.replicates, &vec![1.0; self.replicates.len()]);
        plain.map_or_else(Cow::default, |(_, influences)| Cow::Owned(influences))
    }

    /// The difference between this estimate and `factor` times `other`, paired by replication; `None` if one of them
    /// has no value.
    #[must_use]
    pub fn minus(&self, factor: f64, other: &Self, confidence: f64) -> Option<Paired> {
        let (value, base) = (self.value?, other.value? * factor);
        let scaled: Vec<Option<f64>> =
            other.influences().iter().map(|moved| moved.map(|moved| moved * factor)).collect();
        let ours = Pooled { value, influences: &self.influences() };
        Some(Paired::of(ours, Pooled { value: base, influences: &scaled }, confidence))
    }

    /// The identifier without the node that it is about.
    fn number(&self) -> &str {
        self.id.split(':').next().unwrap_or_default()
    }

    /// True for numbers of the measure `Recovery`, which need no steady state.
    #[must_use]
    pub fn is_of_recovery(&self) -> bool {
        recovery::Number::without_steady_state().contains(&self.number())
    }

    /// True for numbers that describe a steady state, so that a run which did not reach one decides nothing about them:
    /// all but the offered rate, failover time, remapping and the numbers of `Recovery`.
    #[must_use]
    pub fn is_of_steady_state(&self) -> bool {
        speaks_of_steady_state(self.number())
    }

    /// True for the share of calls that were answered in time and as asked.
    #[must_use]
    pub fn is_answered(&self) -> bool {
        self.id == "answered" || self.id.starts_with("answered:")
    }

    /// True if the share is at least [`NEARLY_ALL`], or has no value.
    #[must_use]
    pub fn is_nearly_all(&self) -> bool {
        self.value.is_none_or(|value| value >= NEARLY_ALL)
    }

    /// True for a column that tables leave out beside throughput if it is the same everywhere.
    pub(crate) fn is_goodput(&self) -> bool {
        self.id == "goodput" || self.id.starts_with("goodput:")
    }

    /// The ends of its interval; the value itself where no interval is known.
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
    /// True if the value of a measure is shown: there is a steady state, at least for the node it describes, or the
    /// measure needs none.
    #[must_use]
    pub fn shows(&self, measure: &Estimate) -> bool {
        let of = measure.id.split_once(':').map(|(_, of)| of);
        let is_apart = of.is_some_and(|of| self.steady.iter().any(|steady| steady == of));
        self.stability.has_numbers() || measure.is_of_recovery() || is_apart
    }

    /// For a latency of served calls, given by its identifier: the share of calls that were served.
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

    /// The value of the estimate with this identifier in its base unit: seconds, per second, or a fraction from 0 to 1.
    /// `None` if it was not measured or has no value here.
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
