//! Units of numbers.

use serde::{Deserialize, Serialize};

/// The unit of a number, which decides how it is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Unit {
    /// Seconds (printed as s, ms, µs or ns).
    Seconds,
    /// Requests per second.
    PerSecond,
    /// A fraction from 0 to 1 (printed as %).
    Fraction,
    /// A plain count.
    Count,
}
