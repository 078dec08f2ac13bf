//! The rules of concurrency limits: one file each. How a limiter handles requests belongs in the folder above.

#[cfg(test)]
mod tests;

pub mod aimd;
pub mod fixed;
pub mod gradient2;
pub mod vegas;

use crate::schema::At;

/// Most requests in flight under one limit.
pub const MOST: u32 = 1_000_000;

/// Reports limits that are out of order.
fn check_limits(least: u32, initial: u32, most: u32, mut at: At<'_>) {
    if least == 0 || least > initial || initial > most || most > MOST {
        at.error("limits are 1 <= least <= initial <= most <= 1,000,000");
    }
}

/// Reports a smoothing that would never move a limit, or move it too far.
fn check_smoothing(smoothing: f64, mut at: At<'_>) {
    if !(smoothing > 0.0 && smoothing <= 1.0) {
        at.error("above 0 and up to 1");
    }
}
