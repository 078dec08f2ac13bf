//! Statistics of replications, and queueing theory: intervals, paired comparisons, trends, warm-up, closed forms.
//!
//! Everything here takes and returns plain numbers and knows nothing of actors, measurement or experiments. All
//! arithmetic is + - * /, square roots and `libm`, so that an interval has the same bits on every machine. Sums run in
//! the order the values are given in: the order of the plan.

pub(crate) mod batch;
pub(crate) mod holm;
pub(crate) mod interval;
pub(crate) mod memo;
pub(crate) mod mser;
pub(crate) mod paired;
pub(crate) mod pooled;
pub(crate) mod proportion;
pub(crate) mod settling;
pub(crate) mod special;
pub(crate) mod student;
pub(crate) mod tail;
pub mod theory;
pub(crate) mod trend;

pub use batch::BatchMeans;
pub use interval::Interval;
pub use mser::{Truncation, mser5, truncated_mean};
pub use paired::Paired;
pub use pooled::Pooled;
pub use proportion::{Bounds, clopper_pearson, wilson, wilson_of_clusters};
