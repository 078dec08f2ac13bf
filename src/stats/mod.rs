//! What many runs mean, and what theory knows: intervals, paired comparison, trends, warm-up, closed forms.
//!
//! Everything here takes plain numbers and gives plain numbers; it knows nothing of actors, measurement or experiments.
//! All arithmetic is + - * /, square roots and `libm`, so that an interval has the same bits on every machine. Sums run
//! in the order the values are given in: the order of the plan.

pub mod batch;
pub mod holm;
pub mod interval;
pub mod mser;
pub mod paired;
pub mod pooled;
pub mod proportion;
pub mod settling;
pub mod special;
pub mod student;
pub mod tail;
pub mod theory;
pub mod trend;

pub use interval::Interval;
