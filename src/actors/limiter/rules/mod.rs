//! The rules of rate limiters: one file each. How a limiter handles requests belongs in the folder above.

#[cfg(test)]
mod tests;

pub mod adaptive;
pub mod fixed_window;
pub mod gcra;
pub mod leaky_bucket;
pub mod sliding_counter;
pub mod sliding_log;
pub mod token_bucket;

use crate::engine::{Duration, Time};
use crate::schema::At;

/// Most requests in a burst, or in a window that keeps each of them.
pub const MOST: u32 = 1_000_000;

/// The number of the window that `now` falls in, and the time until its end. Windows follow one another from time zero.
fn window_of(now: Time, window: Duration) -> (u64, Duration) {
    let (now, window) = (now.as_nanos(), window.as_nanos());
    (now / window, Duration::from_nanos(window - now % window))
}

/// Reports a window of no length.
fn check_window(window: Duration, mut at: At<'_>) {
    if window.is_zero() {
        at.error("a window is longer than nothing");
    }
}
