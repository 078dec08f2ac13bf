//! What takes long: the simulator against queueing theory and published simulations, and systems at random.

#[path = "../common/answers.rs"]
mod answers;
#[path = "../common/statistics.rs"]
mod statistics;
#[path = "../common/values.rs"]
mod values;

mod backoff;
mod calls;
mod coverage;
mod numbers;
mod pilots;
mod quantiles;
mod random_systems;
mod until_sure;
mod validation;
