//! The queueing model of a system, if it has one that is solved exactly or in a named limit.

use super::measure::Quantity;
use super::results::Theory;
use crate::actors::kit::queueing::{Queueing, Split};
use crate::model::System;
use crate::stats::theory::{
    Answer, Arrivals, Discipline, Gm1, JoinShortestOfTwo, Service, Station, Supermarket, recognise,
};

/// Quantiles given beside the values of a model, enough to draw its tail.
const QUANTILES: [f64; 14] =
    [0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.98, 0.99, 0.995, 0.998, 0.999, 0.9995, 0.9999, 0.999_99];

/// The prediction of theory for `system`, with the shares answered within the times that `asked` contains; `None` if
/// there is none.
#[must_use]
pub fn theory(system: &System, asked: &[Quantity]) -> Option<Theory> {
    let answer = answer(&Parts::of(system)?)?;
    let mut values: Vec<(String, f64)> = answer.values.into_iter().filter(|(_, value)| value.is_finite()).collect();
    // In the systems that theory covers, no client stops waiting for an answer that comes.
    if let Some(&(_, throughput)) = values.iter().find(|(id, _)| id == "throughput") {
        values.push((Quantity::goodput().id, throughput));
    }
    let answered = values.iter().find(|(id, _)| id == "drop_rate").map_or(1.0, |(_, dropped)| 1.0 - dropped);
    values.push((Quantity::answered().id, answered));
    if let Some(sojourn) = &answer.sojourn {
        for quantity in asked.iter().filter(|quantity| quantity.of.is_none()) {
            if let Some(time) = quantity.limit() {
                values.push((quantity.id.clone(), answered * (1.0 - sojourn.above(time.seconds()))));
            }
        }
        for p in QUANTILES {
            let id = Quantity::latency_quantile(p).id;
            if !values.iter().any(|(known, _)| *known == id) {
                values.push((id, sojourn.quantile(p)));
            }
        }
    }
    Some(Theory { model: answer.model, source: answer.source.to_owned(), values })
}

/// Clients, perhaps a balancer, and a fleet, with nothing in between that theory ignores.
struct Parts {
    arrivals: Arrivals,
    split: Option<Split>,
    servers: usize,
    /// One of the servers.
    station: Station,
}

impl Parts {
    fn of(system: &System) -> Option<Self> {
        if !system.faults.is_empty() {
            return None;
        }
        let (mut coming, mut choice, mut work) = (None, None, None);
        for (_, node) in &system.nodes.entries {
            let twice = match node.queueing()? {
                Queueing::Arrivals { arrivals, sized } => coming.replace((arrivals, sized)).is_some(),
                Queueing::Split(split) => choice.replace(split).is_some(),
                Queueing::Servers { count, station, by_size } => work.replace((count, station, by_size)).is_some(),
            };
            if twice {
                return None;
            }
        }
        let ((arrivals, sized), (servers, station, by_size)) = coming.zip(work)?;
        (!(sized && by_size)).then_some(Self { arrivals, split: choice, servers, station })
    }

    /// One server as a station, with its arrivals.
    fn station(&self, arrivals: Arrivals) -> Station {
        Station { arrivals, ..self.station.clone() }
    }

    /// True of the plainest servers: one worker, first come first served, no limit, exponential service.
    fn is_exponential_server(&self) -> bool {
        self.station.servers == 1
            && self.station.queue.is_none()
            && self.station.discipline == Discipline::Fifo
            && matches!(self.station.service, Service::Exponential { .. })
    }

    /// Seconds of a mean service.
    fn service_mean(&self) -> f64 {
        self.station.service.mean()
    }
}

fn answer(parts: &Parts) -> Option<Answer> {
    let servers = parts.servers;
    if servers == 1 {
        return recognise(&parts.station(parts.arrivals.clone()));
    }
    let Arrivals::Poisson { rate } = parts.arrivals else { return None };
    let (service, load) = (parts.service_mean(), rate * parts.service_mean() / servers as f64);
    match parts.split? {
        // A random split of a Poisson process gives independent Poisson processes.
        Split::Random => {
            let share = rate / servers as f64;
            recognise(&parts.station(Arrivals::Poisson { rate: share })).map(|answer| all_servers(answer, servers))
        }
        Split::InTurn if parts.is_exponential_server() => {
            let model = Gm1::round_robin(rate, 1.0 / service, servers).ok()?;
            Some(model.answer_round_robin(servers))
        }
        // Two choices of two are all there are.
        Split::Shortest | Split::ShortestOf(2..) if servers == 2 && parts.is_exponential_server() => {
            Some(JoinShortestOfTwo::new(load, service).ok()?.answer())
        }
        Split::ShortestOf(choices @ 2..) if parts.is_exponential_server() => {
            let mut answer = Supermarket::new(load, service, choices as usize).ok()?.answer();
            // For the fleet, theory predicts no number that depends on how many servers there are.
            answer.values.retain(|(id, _)| id.starts_with("latency") || id == "waiting_mean" || id == "utilization");
            Some(answer)
        }
        _ => None,
    }
}

/// The answer for one of `servers` alike as one for all of them.
fn all_servers(mut answer: Answer, servers: usize) -> Answer {
    answer.model = format!("{} at each server", answer.model);
    for (id, value) in &mut answer.values {
        if id == "in_system" || id == "throughput" {
            *value *= servers as f64;
        }
    }
    answer
}
