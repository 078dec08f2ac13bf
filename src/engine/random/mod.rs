//! Random streams and samplers whose bits never change: integer generators with documented outputs, transcendental
//! functions from one pinned version of `libm`.
//!
//! Distributions with parameters and units belong in `distributions`.

mod exponential;
mod gamma;
mod normal;
mod stream;
mod tables;
pub mod zipf;

pub use exponential::{StandardExponential, exponential};
pub use gamma::Gamma;
pub use normal::{StandardNormal, normal};
pub use stream::{Bits, Draws, Sequence, StreamKey, mix};

#[cfg(test)]
mod tests;
