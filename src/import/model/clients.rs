//! The clients of a group: a guess, but for how long they wait.

use super::Field;
use crate::actors::clients::arrivals::Poisson;
use crate::actors::clients::spec::UniformKeys;
use crate::actors::clients::{Keys, Traffic};
use crate::import::group::{Balance, By, Group, Server};
use crate::schema::quantity::Rate;

/// Assumed service time of a request, in seconds, as a configuration has none.
pub const SERVICE: f64 = 0.05;
/// How busy the busiest server is to be.
const LOAD: f64 = 0.7;
/// Different things asked for where it matters.
const KEYS: u32 = 10_000;

/// Poisson arrivals at a rate that keeps the server of the greatest weight at 70 %.
pub fn arrivals(servers: &[Server]) -> Field {
    let active = || servers.iter().filter(|server| !server.backup).map(|server| f64::from(server.weight));
    let heaviest = active().fold(1.0, f64::max);
    let rate = (LOAD / SERVICE * active().sum::<f64>() / heaviest).floor().clamp(1.0, 1e9);
    let rate = Rate::from_per_second(rate).expect("a rate from 1 to a thousand million a second");
    Field::new("arrivals", &Traffic::Poisson(Poisson { rate })).comment("FILL IN: how many requests come.")
}

/// Clients wait as long as a proxy does that passes their connections on; one that reads requests has a timeout of its own.
pub fn timeout(group: &Group) -> Option<Field> {
    let (timeout, name) = &group.timeout.as_ref().filter(|_| group.layer4.is_some())?.value;
    Some(Field::new("timeout", timeout).comment(format!("{name}.")))
}

/// Different keys, where they are hashed.
pub fn keys(group: &Group) -> Option<Field> {
    let hashed = matches!(group.balance.value, Balance::Hash { by: By::Key, .. });
    let field = || Field::new("keys", &Keys::Uniform(UniformKeys { n: KEYS }));
    hashed.then(|| field().comment("FILL IN: how many different things are asked for, and how popular they are."))
}
