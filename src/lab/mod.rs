//! Experiments: plan (arms x sweep x replications), run, collect in order.

pub mod results;
