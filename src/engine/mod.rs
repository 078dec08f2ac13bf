//! The machine: time, the event calendar, random streams, the loop. Knows no component.

pub mod random;
pub mod time;

pub use time::{Duration, Time};
