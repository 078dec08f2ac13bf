//! Which queue of theory a system is, if it is one that theory knows exactly or in a named limit.

use super::measure::Quantity;
use super::results::Theory;
use crate::actors::balancer::{BalancerSpec, Health, Policy};
use crate::actors::clients::{ClientsSpec, Connections, Traffic};
use crate::actors::fleet::queue::Queues;
use crate::actors::fleet::{Discipline, FleetSpec};
use crate::distributions::Distribution;
use crate::model::{NodeSpec, System};
use crate::schema::quantity::{Bytes, Span};
use crate::stats::theory::{
    self, Answer, Arrivals, Gm1, Interarrival, JoinShortestOfTwo, Service, Station, Supermarket, recognise,
};

/// Quantiles given beside the values of a model, enough to draw its tail.
const QUANTILES: [f64; 14] =
    [0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.98, 0.99, 0.995, 0.998, 0.999, 0.9995, 0.9999, 0.999_99];

/// What theory says of `system`, with the shares answered within a time that `asked` asks for; `None` if it says nothing.
#[must_use]
pub fn theory(system: &System, asked: &[Quantity]) -> Option<Theory> {
    let answer = answer(&Parts::of(system)?)?;
    let mut values: Vec<(String, f64)> = answer.values.into_iter().filter(|(_, value)| value.is_finite()).collect();
    // Nobody whom theory knows stops waiting for an answer that comes.
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

/// Clients, perhaps a balancer, and a fleet, with nothing between them that theory leaves out.
struct Parts<'a> {
    clients: &'a ClientsSpec,
    balancer: Option<&'a BalancerSpec>,
    fleet: &'a FleetSpec,
}

impl<'a> Parts<'a> {
    fn of(system: &'a System) -> Option<Self> {
        let mut parts = (None, None, None);
        for (_, node) in &system.nodes.entries {
            let twice = match node {
                NodeSpec::Clients(clients) => parts.0.replace(clients).is_some(),
                NodeSpec::Balancer(balancer) => parts.1.replace(balancer).is_some(),
                NodeSpec::Fleet(fleet) => parts.2.replace(fleet).is_some(),
                _ => return None,
            };
            if twice {
                return None;
            }
        }
        let (Some(clients), balancer, Some(fleet)) = parts else { return None };
        let plain = system.faults.is_empty()
            && !Queues::are_needed(fleet)
            && clients.timeout.is_none()
            && !clients.makes_calls()
            && clients.to.delay.is_none()
            && matches!(clients.connections, Connections::PerRequest(_))
            && balancer.is_none_or(|balancer| {
                balancer.to.delay.is_none()
                    && balancer.copies == 1
                    && balancer.proxy.is_none()
                    && sees_no_trouble(balancer)
            })
            && fleet.backups.is_empty()
            && fleet.max_connections.is_empty()
            && fleet.copies == 1
            && fleet.demand.is_none()
            && fleet.slowness.is_none()
            && (fleet.service_per_unit == Span::ZERO || clients.size == Bytes::ZERO)
            && fleet.speeds.windows(2).all(|pair| pair[0] == pair[1])
            && fleet.weights.windows(2).all(|pair| pair[0] == pair[1]);
        plain.then_some(Self { clients, balancer, fleet })
    }

    /// Seconds of a mean service at the speed of the servers.
    fn service_mean(&self) -> f64 {
        self.fleet.service.mean() / self.fleet.speeds.first().copied().unwrap_or(1.0)
    }

    fn service(&self) -> Service {
        let mean = self.service_mean();
        match &self.fleet.service {
            Distribution::Exponential(_) => Service::Exponential { mean },
            Distribution::Constant(_) => Service::Deterministic { mean },
            other => Service::General { mean, scv: other.scv() },
        }
    }

    /// One server of the fleet as a station, with its arrivals.
    fn station(&self, arrivals: Arrivals) -> Station {
        Station {
            arrivals,
            service: self.service(),
            servers: self.fleet.workers as usize,
            queue: self.fleet.queue,
            discipline: match self.fleet.discipline {
                Discipline::ProcessorSharing(_) => theory::Discipline::ProcessorSharing,
                // Fleets with other orders are not taken apart.
                _ => theory::Discipline::Fifo,
            },
        }
    }

    /// True of the plainest servers: one worker, first come first served, no limit, exponential service.
    fn is_exponential_server(&self) -> bool {
        let station = self.station(Arrivals::Poisson { rate: 1.0 });
        station.servers == 1
            && station.queue.is_none()
            && station.discipline == theory::Discipline::Fifo
            && matches!(station.service, Service::Exponential { .. })
    }
}

/// True of a balancer that neither loads its members with checks nor turns from those that fail.
fn sees_no_trouble(balancer: &BalancerSpec) -> bool {
    !matches!(balancer.health, Health::Active(_))
        && balancer.passive.is_none()
        && balancer.outliers.is_none()
        && balancer.retry.is_none()
}

fn answer(parts: &Parts<'_>) -> Option<Answer> {
    let arrivals = arrivals(&parts.clients.arrivals)?;
    let servers = parts.fleet.servers;
    if servers == 1 {
        return recognise(&parts.station(arrivals));
    }
    let Arrivals::Poisson { rate } = arrivals else { return None };
    match &parts.balancer?.policy {
        // A random split of a Poisson process gives independent Poisson processes.
        Policy::Random(_) => {
            let share = rate / servers as f64;
            recognise(&parts.station(Arrivals::Poisson { rate: share })).map(|answer| all_servers(answer, servers))
        }
        Policy::RoundRobin(_) if parts.is_exponential_server() => {
            let model = Gm1::round_robin(rate, 1.0 / parts.service_mean(), servers).ok()?;
            Some(model.answer_round_robin(servers))
        }
        // Two choices of two are all there are.
        policy if servers == 2 && joins_shortest(policy) && parts.is_exponential_server() => {
            let load = rate * parts.service_mean() / servers as f64;
            Some(JoinShortestOfTwo::new(load, parts.service_mean()).ok()?.answer())
        }
        Policy::PowerOfChoices(choices) if parts.is_exponential_server() && choices.d >= 2 => {
            let load = rate * parts.service_mean() / servers as f64;
            let mut answer = Supermarket::new(load, parts.service_mean(), choices.d as usize).ok()?.answer();
            // Of the fleet it says nothing that depends on how many servers there are.
            answer.values.retain(|(id, _)| id.starts_with("latency") || id == "waiting_mean" || id == "utilization");
            Some(answer)
        }
        _ => None,
    }
}

/// True of policies that send each request to the shortest of two queues.
fn joins_shortest(policy: &Policy) -> bool {
    match policy {
        Policy::LeastConnections(_) => true,
        Policy::PowerOfChoices(choices) => choices.d >= 2,
        _ => false,
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

fn arrivals(traffic: &Traffic) -> Option<Arrivals> {
    Some(match traffic {
        Traffic::Poisson(poisson) => Arrivals::Poisson { rate: poisson.rate.per_second() },
        Traffic::Deterministic(even) => {
            Arrivals::Renewal(Interarrival::Deterministic { mean: 1.0 / even.rate.per_second() })
        }
        Traffic::Renewal(renewal) => {
            let mean = renewal.gap.mean();
            match &renewal.gap {
                Distribution::Exponential(_) => Arrivals::Poisson { rate: 1.0 / mean },
                Distribution::Constant(_) => Arrivals::Renewal(Interarrival::Deterministic { mean }),
                Distribution::Erlang(erlang) => {
                    Arrivals::Renewal(Interarrival::Gamma { mean, shape: f64::from(erlang.shape) })
                }
                Distribution::Gamma(gamma) => {
                    Arrivals::Renewal(Interarrival::Gamma { mean, shape: 1.0 / (gamma.cv * gamma.cv) })
                }
                Distribution::Hyperexponential(hyper) => {
                    Arrivals::Renewal(Interarrival::balanced(mean, hyper.cv * hyper.cv))
                }
                _ => return None,
            }
        }
        Traffic::Users(users) => Arrivals::Closed { clients: users.count as usize, think_mean: users.think.mean() },
        _ => return None,
    })
}
