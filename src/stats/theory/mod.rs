//! Queueing theory: closed forms and exact recursions, each with its source and domain.
//!
//! This module does not know the language of systems: [`recognise`] takes a neutral description of a station and
//! returns the exact answer, if there is one. Rates are per second and times in seconds, or any other unit kept to
//! throughout. Arithmetic is `libm`'s, so that a theory line has the same bits on every machine.
//!
//! ```
//! use rushhour::stats::theory::Mmc;
//!
//! // 900 requests a second for ten servers, each of which does 100 a second.
//! let queue = Mmc::new(900.0, 100.0, 10)?;
//! assert!((queue.load() - 0.9).abs() < 1e-12);
//! assert!((queue.chance_of_waiting() - 0.6687).abs() < 1e-4);
//! // Seconds: the chance of waiting over the rate at which a queue empties.
//! assert!((queue.waiting_mean() - 0.006_687).abs() < 1e-5);
//! # Ok::<(), rushhour::stats::theory::TheoryError>(())
//! ```

mod answer;
mod mixture;

pub(crate) mod closed;
pub(crate) mod convolution;
pub(crate) mod erlang_a;
pub(crate) mod erlang_b;
pub(crate) mod gm1;
pub(crate) mod jackson;
pub(crate) mod jsq;
pub mod little;
pub(crate) mod md1;
pub(crate) mod mg1;
pub(crate) mod mg1_ps;
pub(crate) mod mm1;
pub(crate) mod mmc;
pub(crate) mod mmck;
pub(crate) mod priority;
pub(crate) mod station;
pub(crate) mod supermarket;

pub use answer::{Answer, Sojourn, Spread};
pub use closed::{ClosedNetwork, Interactive, mean_value_analysis};
pub use convolution::{Demand, convolution};
pub use erlang_a::ErlangA;
pub use erlang_b::ErlangB;
pub use gm1::{Gm1, Interarrival};
pub use jackson::{Jackson, OpenStation, Servers};
pub use jsq::JoinShortestOfTwo;
pub use md1::Md1;
pub use mg1::Mg1;
pub use mg1_ps::Mg1Ps;
pub use mixture::Mixture;
pub use mm1::Mm1;
pub use mmc::{Mmc, allen_cunneen_waiting_mean};
pub use mmck::Mmck;
pub use priority::{Class, Priorities};
pub use station::{Arrivals, Discipline, Service, Station, recognise};
pub use supermarket::Supermarket;

use super::special::bisect;

/// The most servers, clients or queue slots that a model accepts; with more, its recursions would take too long.
pub const MOST: usize = 1_000_000;

/// Why a model has no answer.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum TheoryError {
    /// A parameter outside of its domain.
    #[error("the {name} is {value}, but must be {expected}")]
    Invalid {
        /// The parameter, for example "arrival rate".
        name: &'static str,
        /// The value that was given.
        value: f64,
        /// The allowed range, in words.
        expected: &'static str,
    },
    /// More work arrives than can be done: there is no steady state.
    #[error("the offered load of each server is {load}, but must be below 1: the queue has no steady state")]
    Overloaded {
        /// Offered load divided by the number of servers.
        load: f64,
    },
}

/// `value` if it is a positive number.
fn positive(name: &'static str, value: f64) -> Result<f64, TheoryError> {
    if value > 0.0 && value.is_finite() {
        Ok(value)
    } else {
        Err(TheoryError::Invalid { name, value, expected: "a positive number" })
    }
}

/// `value` if it is a number of zero or more.
fn not_negative(name: &'static str, value: f64) -> Result<f64, TheoryError> {
    if value >= 0.0 && value.is_finite() {
        Ok(value)
    } else {
        Err(TheoryError::Invalid { name, value, expected: "a number of zero or more" })
    }
}

/// `value` if it is between 1 and [`MOST`].
fn some(name: &'static str, value: usize) -> Result<usize, TheoryError> {
    if (1..=MOST).contains(&value) {
        Ok(value)
    } else {
        Err(TheoryError::Invalid { name, value: value as f64, expected: "between 1 and 1,000,000" })
    }
}

/// `value` if it is at most [`MOST`].
fn at_most(name: &'static str, value: usize) -> Result<usize, TheoryError> {
    if value <= MOST {
        Ok(value)
    } else {
        Err(TheoryError::Invalid { name, value: value as f64, expected: "at most 1,000,000" })
    }
}

/// `load` if it is below one.
fn stable(load: f64) -> Result<f64, TheoryError> {
    if load < 1.0 { Ok(load) } else { Err(TheoryError::Overloaded { load }) }
}

/// The least time that at most 1 - `p` of all requests exceed, where `above` is the fraction that exceeds a time.
///
/// `scale` is any typical time, to begin the search with. 0 for `p` of 0 or less, infinite for `p` of 1 or more.
fn quantile(p: f64, scale: f64, above: impl Fn(f64) -> f64) -> f64 {
    let rest = 1.0 - p;
    if rest.is_nan() {
        return f64::NAN;
    }
    if rest <= 0.0 {
        return f64::INFINITY;
    }
    if above(0.0) <= rest {
        return 0.0;
    }
    let mut high = scale;
    while above(high) > rest {
        high *= 2.0;
        if !high.is_finite() {
            return f64::INFINITY;
        }
    }
    bisect(0.0, high, |t| above(t) > rest)
}

#[cfg(test)]
mod tests;
#[cfg(test)]
#[rustfmt::skip] // Tables keep a row a line.
mod vectors;
