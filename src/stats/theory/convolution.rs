//! Closed networks with several servers at a station: the convolution algorithm.

use super::closed::ClosedNetwork;
use super::{TheoryError, not_negative, positive, some};

/// Most clients: the work grows with their square.
const MOST_CLIENTS: usize = 10_000;

/// A station of a closed network.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Demand {
    /// Seconds of service of one request over all of its visits.
    pub seconds: f64,
    /// Servers, each exponential and first come first served.
    pub servers: usize,
}

/// The exact solution of `clients` clients that think and then visit `stations`, by convolution of the weights of their
/// states (Buzen 1973). All terms are positive, so it is numerically stable where mean value analysis with several
/// servers loses all digits.
///
/// ```
/// use rushhour::stats::theory::{Demand, convolution};
///
/// // One client never waits: 1 s of thinking, 40 ms and 10 ms of service.
/// let stations = [Demand { seconds: 0.04, servers: 2 }, Demand { seconds: 0.01, servers: 1 }];
/// let network = convolution(1, 1.0, &stations)?;
/// assert!((network.response - 0.05).abs() < 1e-12 && (network.throughput - 1.0 / 1.05).abs() < 1e-12);
/// # Ok::<(), rushhour::stats::theory::TheoryError>(())
/// ```
///
/// # Errors
/// If a parameter is outside of its domain, or there are more than 10,000 clients.
pub fn convolution(clients: usize, think_mean: f64, stations: &[Demand]) -> Result<ClosedNetwork, TheoryError> {
    some("number of clients", clients)?;
    if clients > MOST_CLIENTS {
        let (name, value) = ("number of clients", clients as f64);
        return Err(TheoryError::Invalid {
            name,
            value,
            expected: "at most 10,000 where a station has several servers",
        });
    }
    not_negative("mean thinking time", think_mean)?;
    for station in stations {
        not_negative("service demand", station.seconds)?;
        some("number of servers", station.servers)?;
    }
    let alone = positive(
        "sum of thinking and service demands",
        think_mean + stations.iter().map(|station| station.seconds).sum::<f64>(),
    )?;
    // Time in units of a bound on the throughput, so that weights neither grow nor vanish over the states that matter.
    let slowest = stations.iter().map(|station| station.seconds / station.servers as f64).fold(0.0, f64::max);
    let scale = slowest.max(alone / clients as f64);

    let think = weights(clients, think_mean / scale, usize::MAX);
    let each: Vec<Vec<f64>> =
        stations.iter().map(|station| weights(clients, station.seconds / scale, station.servers)).collect();
    // All before a station and all behind it, so that each can be left out.
    let mut before = vec![think];
    for weights in &each {
        let next = convolve(&before[before.len() - 1], weights);
        before.push(next);
    }
    let all = &before[each.len()];
    let throughput = all[clients - 1] / all[clients] / scale;

    let mut in_station = vec![0.0; each.len()];
    let mut behind = vec![0.0; clients + 1];
    behind[0] = 1.0;
    for place in (0..each.len()).rev() {
        let others = convolve(&before[place], &behind);
        let chances = (0..=clients).map(|n| each[place][n] * others[clients - n]);
        let (sum, first) = chances.enumerate().fold((0.0, 0.0), |(sum, first), (n, p)| (sum + p, first + n as f64 * p));
        in_station[place] = first / sum;
        behind = convolve(&behind, &each[place]);
    }
    let utilization = stations.iter().map(|station| throughput * station.seconds / station.servers as f64).collect();
    let response = in_station.iter().sum::<f64>() / throughput;
    Ok(ClosedNetwork { throughput, response, in_station, utilization })
}

/// The weights of 0, 1, ..., `clients` at a station: each client more multiplies by demand / busy servers. The greatest
/// is 1; taken by their logarithms, which have no range to leave.
fn weights(clients: usize, demand: f64, servers: usize) -> Vec<f64> {
    let step = |logarithm: &mut f64, n: usize| {
        if n > 0 {
            *logarithm += libm::log(demand / n.min(servers) as f64);
        }
        Some(*logarithm)
    };
    let logarithms: Vec<f64> = (0..=clients).scan(0.0, step).collect();
    let most = logarithms.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    logarithms.into_iter().map(|logarithm| libm::exp(logarithm - most)).collect()
}

/// The weights of two stations together, the greatest 1.
fn convolve(a: &[f64], b: &[f64]) -> Vec<f64> {
    let both = |n: usize| (0..=n).map(|k| a[k] * b[n - k]).sum::<f64>();
    let mut out: Vec<f64> = (0..a.len()).map(both).collect();
    let most = out.iter().copied().fold(0.0, f64::max);
    out.iter_mut().for_each(|weight| *weight /= most);
    out
}

#[cfg(test)]
mod tests {
    use super::super::{Interactive, mean_value_analysis};
    use super::*;
    use approx::assert_relative_eq;

    fn demand(seconds: f64, servers: usize) -> Demand {
        Demand { seconds, servers }
    }

    #[track_caller]
    fn same(ours: &ClosedNetwork, theirs: &ClosedNetwork) {
        assert_relative_eq!(ours.throughput, theirs.throughput, max_relative = 1e-9);
        assert_relative_eq!(ours.response, theirs.response, max_relative = 1e-9);
        for (ours, theirs) in ours.in_station.iter().zip(&theirs.in_station) {
            assert_relative_eq!(ours, theirs, max_relative = 1e-9, epsilon = 1e-12);
        }
    }

    #[test]
    fn single_servers_are_those_of_mean_value_analysis() {
        for clients in [1, 2, 5, 40, 700] {
            for think in [0.0, 1.0, 400.0] {
                let demands = [0.05, 0.08, 0.04, 0.0];
                let ours = convolution(clients, think, &demands.map(|seconds| demand(seconds, 1))).unwrap();
                same(&ours, &mean_value_analysis(clients, think, &demands).unwrap());
            }
        }
    }

    #[test]
    fn one_station_is_the_machine_repairman() {
        // Throughput and response of 100 clients, 10 servers, by an independent program.
        let ours = convolution(100, 10.0, &[demand(1.0, 10)]).unwrap();
        assert_relative_eq!(ours.throughput, 8.839_774_991_768_575, max_relative = 1e-9);
        assert_relative_eq!(ours.response, 1.312_505_136_512_868_6, max_relative = 1e-9);
        for (clients, think, servers) in [(1, 0.5, 3), (30, 0.0, 4), (2000, 100.0, 15), (2000, 1e5, 2)] {
            let ours = convolution(clients, think, &[demand(1.0, servers)]).unwrap();
            let theirs = Interactive::new(clients, think, 1.0, servers).unwrap();
            assert_relative_eq!(ours.throughput, theirs.throughput(), max_relative = 1e-9);
            assert_relative_eq!(ours.in_station[0], theirs.in_system(), max_relative = 1e-9);
        }
    }

    #[test]
    fn clients_are_at_a_station_or_think() {
        let stations = [demand(0.3, 4), demand(0.05, 1), demand(1.0, 30)];
        for clients in [1, 10, 100, 1000] {
            let network = convolution(clients, 2.0, &stations).unwrap();
            let inside: f64 = network.in_station.iter().sum::<f64>() + 2.0 * network.throughput;
            assert_relative_eq!(inside, clients as f64, max_relative = 1e-9);
            assert!(network.utilization.iter().all(|busy| (0.0..=1.0 + 1e-12).contains(busy)));
        }
    }

    #[test]
    fn what_makes_no_sense_is_refused() {
        assert!(convolution(0, 1.0, &[demand(1.0, 1)]).is_err());
        assert!(convolution(10_001, 1.0, &[demand(1.0, 1)]).is_err());
        assert!(convolution(3, 0.0, &[]).is_err());
        assert!(convolution(3, 1.0, &[demand(-1.0, 1)]).is_err());
        assert!(convolution(3, f64::NAN, &[demand(1.0, 1)]).is_err());
        assert!(convolution(3, 1.0, &[demand(1.0, 0)]).is_err());
    }
}
