//! What one run records: latency distributions, time integrals, counts by outcome, and all of them by window.
//!
//! Cumulative figures are sampled at the boundaries of windows, so recording costs the same with or without time
//! series. Combining many runs belongs in `stats`.

pub mod account;
pub mod begin;
pub mod integral;
pub mod latency;
pub mod sum;
pub mod unit;
pub mod windows;
pub mod within;

pub use account::Account;
pub use begin::{Begin, Begun, Lengths};
pub use integral::CountIntegral;
pub use latency::{CoarseLatency, Latency, LatencyCopy, LatencyWindow};
pub use sum::Sum;
pub use unit::Unit;
pub use windows::{Clock, Windows};
pub use within::Within;
