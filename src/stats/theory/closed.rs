//! Closed systems: a fixed number of clients that think, ask, and wait for the answer before they think again.

use super::{Answer, Mixture, Sojourn, TheoryError, not_negative, positive, some};

/// Clients at one station of exponential servers, M/M/c//N: the machine repairman (Palm 1947; Kleinrock, Queueing
/// Systems, volume 1, 3.8). It depends on the think time only through its mean.
#[derive(Clone, Debug, PartialEq)]
pub struct Interactive {
    clients: usize,
    think_mean: f64,
    service_mean: f64,
    servers: usize,
    /// The chances of 0, 1, ..., all clients at the station.
    chances: Vec<f64>,
}

impl Interactive {
    /// From the number of clients, mean think time, mean service time and number of servers; an error if one is outside
    /// of its domain.
    pub fn new(clients: usize, think_mean: f64, service_mean: f64, servers: usize) -> Result<Self, TheoryError> {
        some("number of clients", clients)?;
        not_negative("mean thinking time", think_mean)?;
        positive("mean service time", service_mean)?;
        some("number of servers", servers)?;
        let chances = at_station(clients, think_mean, service_mean, servers);
        Ok(Self { clients, think_mean, service_mean, servers, chances })
    }

    /// Mean fraction of servers busy.
    #[must_use]
    pub fn utilization(&self) -> f64 {
        let servers = self.servers;
        let busy: f64 = self.chances.iter().enumerate().map(|(n, chance)| n.min(servers) as f64 * chance).sum();
        busy / servers as f64
    }

    /// Requests served per second.
    #[must_use]
    pub fn throughput(&self) -> f64 {
        self.utilization() * self.servers as f64 / self.service_mean
    }

    /// Mean number of clients at the station.
    #[must_use]
    pub fn in_system(&self) -> f64 {
        self.chances.iter().enumerate().map(|(n, chance)| n as f64 * chance).sum()
    }

    /// Mean time at the station.
    #[must_use]
    pub fn sojourn_mean(&self) -> f64 {
        self.in_system() / self.throughput()
    }

    /// Mean time in the queue.
    #[must_use]
    pub fn waiting_mean(&self) -> f64 {
        (self.sojourn_mean() - self.service_mean).max(0.0)
    }

    /// The state that a request finds on arrival: that of the station with one client fewer (Sevcik and Mitrani 1981).
    #[must_use]
    pub fn found(&self) -> Mixture {
        let seen = at_station(self.clients - 1, self.think_mean, self.service_mean, self.servers);
        Mixture::new(self.servers, 1.0 / self.service_mean, seen.into_iter().skip(self.servers).collect())
    }

    /// Everything known, by identifier; first come first served.
    #[must_use]
    pub fn answer(&self) -> Answer {
        let values = [
            ("latency_mean", self.sojourn_mean()),
            ("waiting_mean", self.waiting_mean()),
            ("utilization", self.utilization()),
            ("in_system", self.in_system()),
            ("throughput", self.throughput()),
            ("drop_rate", 0.0),
        ];
        let model = format!("M/M/{}//{}", self.servers, self.clients);
        Answer::new(model, "Palm 1947; Sevcik and Mitrani 1981", &values, Some(Sojourn::of(self.found())))
    }
}

/// The chances of 0, 1, ..., `clients` at the station.
fn at_station(clients: usize, think_mean: f64, service_mean: f64, servers: usize) -> Vec<f64> {
    let mut weights = vec![0.0; clients + 1];
    if think_mean == 0.0 {
        weights[clients] = 1.0;
        return weights;
    }
    weights[0] = 1.0;
    let mut scaled_from = 0;
    for n in 1..=clients {
        let up = (clients - n + 1) as f64 / think_mean;
        let down = n.min(servers) as f64 / service_mean;
        weights[n] = weights[n - 1] * (up / down);
        if weights[n] > 1e200 {
            // Scaled down so that none overflows; weights that vanish are less than 1e-300 of the whole.
            for weight in &mut weights[scaled_from..=n] {
                *weight *= 1e-200;
            }
            while weights[scaled_from] == 0.0 {
                scaled_from += 1;
            }
        }
    }
    let sum: f64 = weights.iter().sum();
    weights.into_iter().map(|weight| weight / sum).collect()
}

/// Throughput and mean times of a closed network of single servers.
#[derive(Clone, Debug, PartialEq)]
pub struct ClosedNetwork {
    /// Requests per second.
    pub throughput: f64,
    /// Mean time from the request to its answer, over all stations.
    pub response: f64,
    /// Mean number of clients at each station.
    pub in_station: Vec<f64>,
    /// Utilization of each station.
    pub utilization: Vec<f64>,
}

/// Exact mean value analysis of `clients` clients that think and then visit stations of one server each (first come
/// first served and exponential, or processor sharing and any service), with `demands` seconds of service at each over
/// all visits (Reiser and Lavenberg 1980). An error if a parameter is outside of its domain.
///
/// ```
/// use rushhour::stats::theory::mean_value_analysis;
///
/// // Two clients without thinking at two equal stations: each is busy two thirds of the time.
/// let network = mean_value_analysis(2, 0.0, &[0.1, 0.1])?;
/// assert!((network.utilization[0] - 2.0 / 3.0).abs() < 1e-12);
/// # Ok::<(), rushhour::stats::theory::TheoryError>(())
/// ```
pub fn mean_value_analysis(clients: usize, think_mean: f64, demands: &[f64]) -> Result<ClosedNetwork, TheoryError> {
    some("number of clients", clients)?;
    not_negative("mean thinking time", think_mean)?;
    for demand in demands {
        not_negative("service demand", *demand)?;
    }
    positive("sum of thinking and service demands", think_mean + demands.iter().sum::<f64>())?;
    let mut in_station = vec![0.0; demands.len()];
    let (mut throughput, mut response) = (0.0, 0.0);
    for n in 1..=clients {
        // An arriving client sees the network with one client fewer.
        let times: Vec<f64> = demands.iter().zip(&in_station).map(|(demand, ahead)| demand * (1.0 + ahead)).collect();
        response = times.iter().sum();
        throughput = n as f64 / (think_mean + response);
        in_station = times.iter().map(|time| throughput * time).collect();
    }
    let utilization = demands.iter().map(|demand| throughput * demand).collect();
    Ok(ClosedNetwork { throughput, response, in_station, utilization })
}
