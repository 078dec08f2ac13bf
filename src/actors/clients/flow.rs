//! The flow that clients send: its rate, its variability, and what retries and hedges may add.

use super::arrivals::Mmpp;
use super::{ClientsSpec, Traffic};
use crate::actors::kit::flow::{Flow, Share};
use crate::schema::quantity::Rate;

/// The flow of the clients at `place`. Retries only add to it where attempts may fail: where `rejects`, or after a
/// timeout of attempts.
#[must_use]
pub fn flow(place: usize, clients: &ClientsSpec, rejects: bool) -> Flow {
    let (mut least, mut most, variability, held, gather) = match &clients.arrivals {
        Traffic::Users(users) => {
            let count = f64::from(users.count);
            let think = users.think.mean();
            (0.0, if think > 0.0 { count / think } else { f64::INFINITY }, 1.0, count, 1.0)
        }
        Traffic::Sessions(sessions) => {
            let rate = sessions.rate.per_second() * sessions.requests;
            // A geometric number of requests for each session: the mean of its square over its mean.
            (rate, rate, 2.0 * sessions.requests - 1.0, f64::INFINITY, 1.0 / sessions.requests)
        }
        open => {
            let rate = open.mean_rate().unwrap_or(0.0);
            (rate, rate, variability(open), f64::INFINITY, 1.0)
        }
    };
    let extra = clients.retry.as_ref().filter(|_| rejects || clients.attempt_timeout.is_some());
    let attempts = extra.map_or(1.0, |retry| f64::from(retry.attempts));
    most *= attempts + clients.hedge.as_ref().map_or(0.0, |hedge| f64::from(hedge.most));
    if clients.reload.is_some() {
        most = f64::INFINITY;
    }
    if clients.throttle.is_some() {
        least = 0.0;
    }
    let leaves = clients.cancels;
    let held = if clients.reload.is_some() || attempts > 1.0 || clients.hedge.is_some() || clients.gives_up() {
        // More than one attempt of a user may be under way, or an attempt that has been given up.
        f64::INFINITY
    } else {
        held
    };
    Flow {
        clients: place,
        least,
        most,
        variability,
        held,
        gather,
        leaves,
        expires: clients.propagates_deadline && clients.gives_up(),
        keys_are_cut: false,
        share: Share::First,
        checks: 0.0,
    }
}

/// The squared coefficient of variation of gaps; of bursts (and of sessions, above), the index of dispersion of counts
/// in the long run, which a queue that is long feels.
fn variability(traffic: &Traffic) -> f64 {
    match traffic {
        Traffic::Deterministic(_) => 0.0,
        Traffic::Renewal(renewal) => renewal.gap.scv(),
        Traffic::Mmpp(mmpp) => dispersion(mmpp),
        _ => 1.0,
    }
}

/// Asymptotic index of dispersion of counts of a Markov-modulated Poisson process: 1 + 2 d / mean, with d the integral of
/// the autocovariance of its rate. Exact for two states (Fischer and Meier-Hellstern 1993); for more, whose next state is
/// any of the others, the rate is taken to forget itself as fast as the mean stay says.
fn dispersion(mmpp: &Mmpp) -> f64 {
    let states: Vec<(f64, f64)> =
        mmpp.states.iter().map(|state| (state.rate.map_or(0.0, Rate::per_second), state.stay.seconds())).collect();
    let time: f64 = states.iter().map(|(_, stay)| stay).sum();
    let mean = states.iter().map(|(rate, stay)| rate * stay).sum::<f64>() / time;
    let variance = states.iter().map(|(rate, stay)| (rate - mean) * (rate - mean) * stay).sum::<f64>() / time;
    let memory = match &states[..] {
        [(_, first), (_, second)] => first * second / (first + second),
        many => time / many.len() as f64,
    };
    if mean > 0.0 { 1.0 + 2.0 * variance * memory / mean } else { 1.0 }
}

/// Mean time that users spend between requests until their number is steady: for sessions their length; for users who
/// all begin with a pause of nearly fixed length, that pause.
#[must_use]
pub fn pause(clients: &ClientsSpec) -> f64 {
    match &clients.arrivals {
        Traffic::Sessions(sessions) => (sessions.requests - 1.0) * sessions.think.mean(),
        Traffic::Users(users) => users.think.mean() * (1.0 - users.think.scv().min(1.0)),
        _ => 0.0,
    }
}
