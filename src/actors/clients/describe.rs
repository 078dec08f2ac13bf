//! The descriptions of clients: what a system finds out about them before a run.

use super::{Keys, flow};
use crate::actors::calls::call::Call;
use crate::actors::kit::describe::Moment;
use crate::actors::kit::flow::{Flow, Made, Visit};
use crate::actors::kit::footprint::{Bounds, EVENT, HISTOGRAM, TIMEOUT, WINDOWS};
use crate::actors::kit::queueing::Queueing;
use crate::actors::kit::site::Site;
use crate::engine::calendar::MAX_PENDING;
use crate::schema::quantity::Bytes;
use crate::schema::quantity::Span;
use crate::stats::theory::{self, Interarrival};
use crate::trace::{Inputs, Replay};
use std::sync::Arc;

use super::arrivals::{Arrivals, Poisson, Process};
use super::{Clients, ClientsParts, ClientsSpec, Source, Traffic};
use crate::actors::Actor;
use crate::actors::calls::connections::{Dialing, Opening, pool};
use crate::actors::calls::{Caller, Connections};
use crate::actors::kit::build::Building;
use crate::actors::kit::describe::{Asks, Describe, Edge, Server, Takes};
use crate::actors::kit::faults::FaultSpec;
use crate::actors::kit::message::Core;
use crate::distributions::Distribution;
use crate::engine::Duration;
use crate::engine::random::StreamKey;
use crate::schema::quantity::Percent;
use crate::trace::schedule;

/// Bytes of a user: its number of requests so far, an event, and its place in the list from which the calendar is
/// filled.
const USER: u64 = 4 + EVENT + 24;
/// Bytes of a session under way: its state, its place among the free ones, an event.
const SESSION: u64 = 20 + EVENT;
/// Bytes of a call, with the list of its attempts and a timer each for its end, the next attempt and a hedge.
const CALL: u64 = size_of::<Call>() as u64 + 64 + 4 + 3 * EVENT;
/// Bytes of a recorded request in the timetable of its replay.
const REPLAYED: u64 = 8;
/// Bytes that clients record by window: cumulative figures and a coarse histogram.
const WINDOW_OF_CLIENTS: u64 = 4096;

impl Describe for ClientsSpec {
    fn edges(&self) -> Vec<Edge<'_>> {
        vec![Edge::calls(&self.to, Server::Only)]
    }

    fn takes(&self) -> Takes {
        Takes::Nothing
    }

    fn has_host(&self) -> bool {
        false
    }

    fn asks(&self) -> Asks {
        let keeps_connections = !matches!(self.connections, Connections::PerRequest(_));
        Asks {
            identity: keeps_connections,
            connections: keeps_connections,
            impatience: self.cancels || self.propagates_deadline,
            late_work: self.writes != Percent::ZERO,
            ..Asks::default()
        }
    }

    fn users(&self) -> u64 {
        match &self.arrivals {
            Traffic::Users(users) => u64::from(users.count),
            _ => 0,
        }
    }

    fn check_fault(&self, name: &str, _fault: &FaultSpec) -> Vec<(String, Option<&'static str>)> {
        let help = "fewer or more requests are a matter of `arrivals`; a fault with `to` hits the link from there";
        vec![(format!("\"{name}\" is a node of `Clients`: no fault hits it"), Some(help))]
    }

    /// All arrivals are endless except the replay of a log.
    fn is_endless(&self) -> bool {
        !matches!(self.arrivals, Traffic::Replay(_))
    }

    fn is_stationary(&self) -> bool {
        self.arrivals.is_stationary().unwrap_or(!matches!(self.arrivals, Traffic::Replay(_)))
    }

    fn flow<'a>(&'a self, visit: &mut Visit<'_, 'a>, _flows: Vec<Flow>) {
        let keys = match &self.keys {
            Keys::One(_) => (1, 0.0),
            Keys::Uniform(keys) => (keys.n, 0.0),
            Keys::Zipf(keys) => (keys.n, keys.s),
        };
        let on_own_connections = matches!(self.connections, Connections::PerRequest(_));
        let made = Made { name: visit.name, size: self.size, keys, on_own_connections };
        let flow = flow::flow(visit.place, self, visit.rejects());
        visit.makes(made, &flow, self.makes_calls());
        let trips = f64::from(self.handshake.round_trips());
        let handshake = self.to.delay.as_ref().map_or(0.0, |delay| 2.0 * delay.mean() * trips);
        for mean in [handshake, flow::pause(self)] {
            if mean > 0.0 {
                visit.delay(mean);
            }
        }
        visit.send(&self.to, [flow]);
    }

    fn moments(&self) -> Vec<Moment> {
        let moment = |at, what| Moment { at, what, trouble: None, is_step: false };
        match &self.arrivals {
            Traffic::Spike(spike) => vec![Moment { trouble: Some(spike.length), ..moment(spike.at, "spike") }],
            Traffic::Ramp(ramp) if ramp.start > Span::ZERO => vec![moment(ramp.start, "ramp")],
            Traffic::Timetable(table) => {
                table.steps.iter().map(|step| Moment { is_step: true, ..moment(step.at, "step") }).collect()
            }
            _ => Vec::new(),
        }
    }

    fn replays(&self) -> Option<&Replay> {
        match &self.arrivals {
            Traffic::Replay(replay) => Some(replay),
            _ => None,
        }
    }

    fn rate(&self, inputs: &Inputs) -> f64 {
        match &self.arrivals {
            Traffic::Users(users) => f64::from(users.count) / users.think.mean().max(1e-3),
            Traffic::Sessions(sessions) => sessions.rate.per_second() * sessions.requests,
            Traffic::Replay(replay) => match (inputs.trace(replay), inputs.end(replay)) {
                (Some(trace), Some(end)) if end > 0 => trace.records.len() as f64 / (end as f64 / 1e9),
                _ => 1.0,
            },
            open => open.mean_rate().unwrap_or(1.0),
        }
    }

    fn queueing(&self) -> Option<Queueing> {
        let is_plain = self.timeout.is_none()
            && !self.makes_calls()
            && self.to.delay.is_none()
            && matches!(self.connections, Connections::PerRequest(_));
        let arrivals = known_arrivals(&self.arrivals).filter(|_| is_plain)?;
        Some(Queueing::Arrivals { arrivals, sized: self.size != Bytes::ZERO })
    }

    fn footprint(&self, _site: &Site<'_>, _classes: u64) -> u64 {
        HISTOGRAM + WINDOWS * WINDOW_OF_CLIENTS
    }

    /// As many calls may rest before their next attempt as have one in flight.
    fn kept_of_its_own(&self) -> u64 {
        (if self.gives_up() { TIMEOUT } else { 0 }) + (if self.makes_calls() { 2 * CALL } else { 0 })
    }

    fn footprint_of_users(&self, bounds: &Bounds<'_>) -> u64 {
        match &self.arrivals {
            Traffic::Users(users) => u64::from(users.count) * USER,
            Traffic::Sessions(sessions) => {
                // Twice the number that think on average (Little's law), but not more than begin or than the calendar
                // can hold; users that wait for an answer are counted as requests in flight.
                let rate = sessions.rate.per_second();
                let thinking = 2.0 * rate * sessions.requests * sessions.think.mean();
                let begun = bounds.duration.map_or(f64::INFINITY, |duration| rate * duration.as_secs_f64());
                (thinking.min(begun).min(MAX_PENDING as f64) as u64).saturating_add(bounds.in_flight) * SESSION
            }
            Traffic::Replay(replay) => {
                bounds.inputs.trace(replay).map_or(0, |trace| trace.records.len() as u64 * REPLAYED)
            }
            _ => 0,
        }
    }

    /// Users who wait for every answer before they send the next request have at most one request each in flight.
    fn most_in_flight(&self) -> Option<u64> {
        match &self.arrivals {
            Traffic::Users(users) if !self.gives_up() && self.hedge.is_none() => Some(u64::from(users.count)),
            _ => None,
        }
    }

    fn build(&self, building: &mut Building<'_, '_>) -> Result<Actor, String> {
        let key = building.key();
        let site = building.kit.site;
        let parts = ClientsParts {
            me: building.me,
            class: site.class_of(building.name).unwrap_or_default(),
            source: source(self, building, key)?,
            targets: building.endpoints(&self.to),
            link: building.link(&self.to, key),
            timeout: self.timeout.map(|timeout| building.lane(timeout)),
            identity_matters: site.asks().identity,
            key,
        };
        let mut clients = Clients::new(self, parts);
        let opening = opening(self, key);
        let limits = limits(&self.connections, building.core);
        if limits.is_some() || !matches!(opening, Opening::AtOnce) {
            let classes = site.makers().len() as u16;
            let dialing = Dialing::new(limits, opening, clients.upstream.class, classes);
            clients.upstream.dial(dialing);
        }
        clients.caller = self.rules().map(|rules| Box::new(Caller::new(&rules, key, building.core)));
        Ok(Actor::Clients(Box::new(clients)))
    }
}

fn opening(spec: &ClientsSpec, key: StreamKey) -> Opening {
    let trips = 2 * spec.handshake.round_trips();
    match &spec.to.delay {
        _ if trips == 0 => Opening::AtOnce,
        None => Opening::AtOnce,
        Some(Distribution::Constant(constant)) => {
            let one_way = constant.value.duration().as_nanos();
            match Duration::from_nanos(one_way.saturating_mul(u64::from(trips))) {
                Duration::ZERO => Opening::AtOnce,
                length => Opening::Fixed(length),
            }
        }
        Some(law) => Opening::Random { sampler: law.sampler(), trips, key: key.named("handshake") },
    }
}

fn limits(connections: &Connections, core: &mut Core) -> Option<pool::Limits> {
    let (streams, idle, requests, survives_timeouts) = match connections {
        Connections::PerRequest(_) => return None,
        Connections::KeepAlive(kept) => (1, kept.idle, kept.requests, false),
        Connections::Multiplexed(many) => (many.streams, many.idle, many.requests, true),
    };
    let idle = Some(idle.duration()).filter(|idle| !idle.is_zero()).map(|idle| core.calendar.lane(idle));
    Some(pool::Limits { streams, requests, idle, survives_timeouts })
}

fn source(spec: &ClientsSpec, building: &Building<'_, '_>, key: StreamKey) -> Result<Source, String> {
    // Numbers of different clients lie far apart, so that no two requests share their draws.
    let base = key.named("request").number();
    Ok(match &spec.arrivals {
        Traffic::Users(users) => Source::Users {
            base,
            made: vec![0; users.count as usize],
            think: users.think.sampler(),
            key: key.named("think"),
        },
        Traffic::Sessions(sessions) => Source::Sessions {
            base,
            begun: 0,
            arrivals: Arrivals::Poisson(Poisson { rate: sessions.rate }.arrivals(key.named("arrivals"))),
            mean_length: sessions.requests,
            think: sessions.think.sampler(),
            key: key.named("think"),
            lengths: key.named("length"),
            places: Vec::new(),
            free: Vec::new(),
        },
        Traffic::Replay(replay) => {
            let missing = || format!("the log \"{}\" was not loaded", replay.file);
            let trace = building.kit.inputs.trace(replay).ok_or_else(missing)?;
            let times = schedule(trace, replay, key.named("spread")).map_err(|error| error.to_string())?;
            Source::Replay { base, trace: Arc::clone(trace), times: times.into(), next: 0 }
        }
        open => {
            // Every other kind of traffic is an open process.
            let arrivals = open.arrivals(key.named("arrivals")).ok_or("not an open process")?;
            Source::Open { base, made: 0, arrivals }
        }
    })
}

/// The process, if theory knows it.
fn known_arrivals(traffic: &Traffic) -> Option<theory::Arrivals> {
    Some(match traffic {
        Traffic::Poisson(poisson) => theory::Arrivals::Poisson { rate: poisson.rate.per_second() },
        Traffic::Deterministic(even) => {
            theory::Arrivals::Renewal(Interarrival::Deterministic { mean: 1.0 / even.rate.per_second() })
        }
        Traffic::Renewal(renewal) => {
            let mean = renewal.gap.mean();
            match &renewal.gap {
                Distribution::Exponential(_) => theory::Arrivals::Poisson { rate: 1.0 / mean },
                Distribution::Constant(_) => theory::Arrivals::Renewal(Interarrival::Deterministic { mean }),
                Distribution::Erlang(erlang) => {
                    theory::Arrivals::Renewal(Interarrival::Gamma { mean, shape: f64::from(erlang.shape) })
                }
                Distribution::Gamma(gamma) => {
                    theory::Arrivals::Renewal(Interarrival::Gamma { mean, shape: 1.0 / (gamma.cv * gamma.cv) })
                }
                Distribution::Hyperexponential(hyper) => {
                    theory::Arrivals::Renewal(Interarrival::balanced(mean, hyper.cv * hyper.cv))
                }
                _ => return None,
            }
        }
        Traffic::Users(users) => {
            theory::Arrivals::Closed { clients: users.count as usize, think_mean: users.think.mean() }
        }
        _ => return None,
    })
}
