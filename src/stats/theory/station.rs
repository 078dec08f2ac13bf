//! Which model a system is: from a neutral description of one station to the answer of theory, if there is one.

use super::{Answer, ErlangB, Gm1, Interactive, Interarrival, Md1, Mg1, Mg1Ps, Mm1, Mmc, Mmck, Sojourn};

/// One station of identical servers with one queue, and its arrivals.
#[derive(Clone, Debug, PartialEq)]
pub struct Station {
    /// The arrival process.
    pub arrivals: Arrivals,
    /// The service time on one server.
    pub service: Service,
    /// Servers (workers) that take requests from the one queue.
    pub servers: usize,
    /// Slots in the queue, not counting the servers; `None` for no limit.
    pub queue: Option<usize>,
    /// In which order they are served.
    pub discipline: Discipline,
}

/// The arrival process of a station.
#[derive(Clone, Debug, PartialEq)]
pub enum Arrivals {
    /// A Poisson process.
    Poisson {
        /// Requests per second.
        rate: f64,
    },
    /// Independent, identically distributed times between arrivals.
    Renewal(Interarrival),
    /// A fixed number of clients, each of which waits for the answer and thinks before its next request.
    Closed {
        /// How many clients.
        clients: usize,
        /// Mean think time in seconds.
        think_mean: f64,
    },
}

/// The service time on one server, in seconds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Service {
    /// Exponential.
    Exponential {
        /// Its mean.
        mean: f64,
    },
    /// Always the same.
    Deterministic {
        /// How long.
        mean: f64,
    },
    /// Anything else.
    General {
        /// Its mean.
        mean: f64,
        /// Its squared coefficient of variation; infinite if it has no variance.
        scv: f64,
    },
}

impl Service {
    /// Its mean in seconds.
    #[must_use]
    pub fn mean(&self) -> f64 {
        match self {
            Self::Exponential { mean } | Self::Deterministic { mean } | Self::General { mean, .. } => *mean,
        }
    }

    /// Its squared coefficient of variation.
    #[must_use]
    pub fn scv(&self) -> f64 {
        match self {
            Self::Exponential { .. } => 1.0,
            Self::Deterministic { .. } => 0.0,
            Self::General { scv, .. } => *scv,
        }
    }

    /// The distribution of a sojourn that is service alone, where it is known.
    fn alone(&self) -> Option<Sojourn> {
        match self {
            Self::Exponential { mean } => Some(Sojourn::exponential(*mean)),
            Self::Deterministic { mean } => Some(Sojourn::constant(*mean)),
            Self::General { .. } => None,
        }
    }
}

/// The service discipline.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Discipline {
    /// First come, first served.
    Fifo,
    /// All requests at once: the servers are shared equally, and a request uses at most one server.
    ProcessorSharing,
}

/// The exact answer of theory for `station`; `None` where there is none: a system that theory does not know, one without
/// a steady state, or one outside of the domain of its model. Approximations and limits are never given.
///
/// ```
/// use rushhour::stats::theory::{Arrivals, Discipline, Service, Station, recognise};
///
/// let station = Station {
///     arrivals: Arrivals::Poisson { rate: 80.0 },
///     service: Service::Exponential { mean: 0.01 },
///     servers: 1,
///     queue: None,
///     discipline: Discipline::Fifo,
/// };
/// let answer = recognise(&station).ok_or("M/M/1 is known")?;
/// assert_eq!(answer.model, "M/M/1");
/// assert!((answer.value("latency_mean").unwrap_or(0.0) - 0.05).abs() < 1e-12);
/// # Ok::<(), &str>(())
/// ```
#[must_use]
pub fn recognise(station: &Station) -> Option<Answer> {
    let Station { arrivals, service, servers, queue, discipline } = station;
    let (servers, mean) = (*servers, service.mean());
    match (arrivals, discipline) {
        (Arrivals::Poisson { rate }, Discipline::Fifo) => poisson_fifo(*rate, *service, servers, *queue),
        (Arrivals::Poisson { rate }, Discipline::ProcessorSharing) => match (servers, queue) {
            (_, Some(_)) => None,
            (1, None) => Some(Mg1Ps::new(*rate, mean).ok()?.answer()),
            (_, None) => Some(Mmc::new(*rate, 1.0 / mean, servers).ok()?.answer_processor_sharing()),
        },
        (Arrivals::Renewal(times), Discipline::Fifo) => match (service, servers, queue) {
            (Service::Exponential { .. }, 1, None) => Some(Gm1::new(times.clone(), 1.0 / mean).ok()?.answer()),
            _ => None,
        },
        (Arrivals::Closed { clients, think_mean }, Discipline::Fifo) => {
            let room = queue.is_none_or(|places| places.saturating_add(servers) >= *clients);
            match service {
                Service::Exponential { .. } if room => {
                    Some(Interactive::new(*clients, *think_mean, mean, servers).ok()?.answer())
                }
                _ => None,
            }
        }
        (Arrivals::Renewal(_) | Arrivals::Closed { .. }, Discipline::ProcessorSharing) => None,
    }
}

/// Poisson arrivals, first come first served.
fn poisson_fifo(rate: f64, service: Service, servers: usize, queue: Option<usize>) -> Option<Answer> {
    let mean = service.mean();
    match (service, servers, queue) {
        (_, _, Some(0)) => Some(ErlangB::new(rate, mean, servers).ok()?.answer(service.alone())),
        (Service::Exponential { .. }, _, Some(places)) => {
            Some(Mmck::new(rate, 1.0 / mean, servers, places).ok()?.answer())
        }
        (Service::Exponential { .. }, 1, None) => Some(Mm1::new(rate, 1.0 / mean).ok()?.answer()),
        (Service::Exponential { .. }, _, None) => Some(Mmc::new(rate, 1.0 / mean, servers).ok()?.answer()),
        (Service::Deterministic { .. }, 1, None) => Some(Md1::new(rate, mean).ok()?.answer()),
        (Service::General { scv, .. }, 1, None) => Some(Mg1::new(rate, mean, scv).ok()?.answer()),
        _ => None,
    }
}
