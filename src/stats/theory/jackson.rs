//! Open networks of stations: Poisson arrivals from outside, exponential servers, and random routing.

use super::{Answer, Mmc, TheoryError, not_negative};

/// One station of an open network.
#[derive(Clone, Debug, PartialEq)]
pub struct OpenStation {
    /// Its name.
    pub name: String,
    /// Arrivals per second, from outside and from other stations together.
    pub arrival_rate: f64,
    /// The station alone: in a product-form network it behaves like an M/M/c queue; `None` without arrivals.
    pub queue: Option<Mmc>,
}

impl OpenStation {
    /// Mean number of requests there.
    #[must_use]
    pub fn in_system(&self) -> f64 {
        self.queue.map_or(0.0, |queue| queue.in_system())
    }

    /// Fraction of its servers busy.
    #[must_use]
    pub fn utilization(&self) -> f64 {
        self.queue.map_or(0.0, |queue| queue.load())
    }
}

/// An open network in product form (Jackson 1957): stations of exponential servers with one queue each, first come first
/// served; arrivals from outside are Poisson, and where a request goes next depends only on where it is.
#[derive(Clone, Debug, PartialEq)]
pub struct Jackson {
    arrival_rate: f64,
    stations: Vec<OpenStation>,
}

/// A station of a network: name, service rate of one server, and number of servers.
#[derive(Clone, Debug, PartialEq)]
pub struct Servers {
    /// Its name.
    pub name: String,
    /// Services per second of one server.
    pub service_rate: f64,
    /// How many servers.
    pub servers: usize,
}

impl Jackson {
    /// From external arrivals per second and the mean number of visits of a request to each station.
    ///
    /// # Errors
    /// If a parameter is outside of its domain, or a station has a load of 1 or more.
    pub fn by_visits(arrival_rate: f64, stations: Vec<(Servers, f64)>) -> Result<Self, TheoryError> {
        super::positive("arrival rate", arrival_rate)?;
        super::some("number of stations", stations.len())?;
        let station = |(servers, visits): (Servers, f64)| {
            not_negative("number of visits", visits)?;
            open_station(servers, arrival_rate * visits)
        };
        Ok(Self { arrival_rate, stations: stations.into_iter().map(station).collect::<Result<_, _>>()? })
    }

    /// From external arrivals per second at each station, and the probability `routing[i][j]` that a request goes from
    /// station `i` to station `j`; with the remaining probability it leaves.
    ///
    /// # Errors
    /// If a parameter is outside of its domain, the probabilities of a row add up to more than 1, requests never leave,
    /// or a station has a load of 1 or more.
    pub fn by_routing(stations: Vec<Servers>, outside: &[f64], routing: &[Vec<f64>]) -> Result<Self, TheoryError> {
        super::some("number of stations", stations.len())?;
        let whole = |rows: usize| rows == stations.len();
        if !whole(outside.len()) || !whole(routing.len()) || !routing.iter().all(|row| whole(row.len())) {
            let (name, value) = ("number of rows and columns of the routing", routing.len() as f64);
            return Err(TheoryError::Invalid { name, value, expected: "that of the stations" });
        }
        for rate in outside {
            not_negative("arrival rate from outside", *rate)?;
        }
        let arrival_rate = super::positive("arrival rate", outside.iter().sum())?;
        for row in routing {
            for chance in row {
                not_negative("chance of going on", *chance)?;
            }
            let sum: f64 = row.iter().sum();
            if sum > 1.0 + 1e-9 {
                return Err(TheoryError::Invalid {
                    name: "chance of going on anywhere",
                    value: sum,
                    expected: "at most 1",
                });
            }
        }
        let rates = traffic(outside, routing)?;
        let stations = stations.into_iter().zip(rates).map(|(servers, rate)| open_station(servers, rate));
        Ok(Self { arrival_rate, stations: stations.collect::<Result<_, _>>()? })
    }

    /// The stations, in the order given.
    #[must_use]
    pub fn stations(&self) -> &[OpenStation] {
        &self.stations
    }

    /// Mean number of requests in the network.
    #[must_use]
    pub fn in_system(&self) -> f64 {
        self.stations.iter().map(OpenStation::in_system).sum()
    }

    /// Mean time from entering the network to leaving it, by Little's law.
    #[must_use]
    pub fn sojourn_mean(&self) -> f64 {
        self.in_system() / self.arrival_rate
    }

    /// Mean time of a request in queues.
    #[must_use]
    pub fn waiting_mean(&self) -> f64 {
        let waiting = |station: &OpenStation| station.queue.map_or(0.0, |queue| queue.in_queue());
        self.stations.iter().map(waiting).sum::<f64>() / self.arrival_rate
    }

    /// Everything known of the network as a whole, by identifier.
    #[must_use]
    pub fn answer(&self) -> Answer {
        let values = [
            ("latency_mean", self.sojourn_mean()),
            ("waiting_mean", self.waiting_mean()),
            ("in_system", self.in_system()),
            ("throughput", self.arrival_rate),
            ("drop_rate", 0.0),
        ];
        let model = format!("open Jackson network of {} stations", self.stations.len());
        Answer::new(model, "Jackson 1957", &values, None)
    }
}

fn open_station(given: Servers, arrival_rate: f64) -> Result<OpenStation, TheoryError> {
    super::positive("service rate", given.service_rate)?;
    let queue = if arrival_rate > 0.0 {
        Some(Mmc::new(arrival_rate, given.service_rate, given.servers)?)
    } else {
        super::some("number of servers", given.servers)?;
        None
    };
    Ok(OpenStation { name: given.name, arrival_rate, queue })
}

/// Arrival rate at each station: the solution of rate_j = outside_j + sum over i of rate_i routing_ij, by Gaussian
/// elimination with partial pivoting.
fn traffic(outside: &[f64], routing: &[Vec<f64>]) -> Result<Vec<f64>, TheoryError> {
    let n = outside.len();
    // Row j: (1 - routing_jj) rate_j - sum of the others = outside_j.
    let mut rows: Vec<Vec<f64>> = (0..n)
        .map(|j| {
            let mut row: Vec<f64> = (0..n).map(|i| f64::from(u8::from(i == j)) - routing[i][j]).collect();
            row.push(outside[j]);
            row
        })
        .collect();
    for column in 0..n {
        let pivot =
            (column..n).max_by(|&a, &b| rows[a][column].abs().total_cmp(&rows[b][column].abs())).unwrap_or(column);
        rows.swap(column, pivot);
        let head = rows[column][column];
        if head.abs() < 1e-12 {
            let name = "chance of ever leaving some station";
            return Err(TheoryError::Invalid { name, value: 0.0, expected: "above 0" });
        }
        let (above, below) = rows.split_at_mut(column + 1);
        let source = &above[column];
        for row in below {
            let factor = row[column] / head;
            row.iter_mut().zip(source).skip(column).for_each(|(value, source)| *value -= factor * source);
        }
    }
    let mut rates = vec![0.0; n];
    for row in (0..n).rev() {
        let known: f64 = (row + 1..n).map(|other| rows[row][other] * rates[other]).sum();
        rates[row] = ((rows[row][n] - known) / rows[row][row]).max(0.0);
    }
    Ok(rates)
}

#[cfg(test)]
mod tests {
    use super::*;
    use approx::assert_relative_eq;

    fn servers(service_rate: f64, servers: usize) -> Servers {
        Servers { name: "s".to_owned(), service_rate, servers }
    }

    #[track_caller]
    fn agree(ours: impl IntoIterator<Item = f64>, theirs: &[f64]) {
        let ours: Vec<f64> = ours.into_iter().collect();
        assert_eq!(ours.len(), theirs.len());
        for (ours, theirs) in ours.iter().zip(theirs) {
            assert_relative_eq!(ours, theirs, max_relative = 1e-9);
        }
    }

    // The expected values of these three come from an independent program (product form by Erlang's C).

    #[test]
    fn web_app_and_database_agree() {
        let stations = vec![servers(100.0, 1), servers(20.0, 5), servers(60.0, 2)];
        let routing = vec![vec![0.0, 1.0, 0.0], vec![0.0, 0.0, 0.75], vec![0.0, 0.3, 0.0]];
        let network = Jackson::by_routing(stations, &[40.0, 0.0, 0.0], &routing).unwrap();
        let of = |f: fn(&OpenStation) -> f64| network.stations().iter().map(f).collect::<Vec<_>>();
        agree(of(|s| s.arrival_rate), &[40.0, 51.612_903_225_806_45, 38.709_677_419_354_84]);
        agree(of(OpenStation::in_system), &[0.666_666_666_666_666_6, 2.735_316_063_800_532, 0.720_092_915_214_866_4]);
        agree(of(OpenStation::utilization), &[0.4, 0.516_129_032_258_064_5, 0.322_580_645_161_290_3]);
        let times = network.stations().iter().map(|s| s.queue.unwrap().sojourn_mean());
        agree(times, &[0.016_666_666_666_666_666, 0.052_996_748_736_135_31, 0.018_602_400_309_717_382]);
        agree([network.in_system(), network.sojourn_mean()], &[4.122_075_645_682_065, 0.103_051_891_142_051_63]);
    }

    #[test]
    fn feedback_to_the_same_station_agrees() {
        let network = Jackson::by_routing(vec![servers(1.0, 1)], &[0.5], &[vec![0.3]]).unwrap();
        let station = &network.stations()[0];
        agree([station.arrival_rate, station.in_system()], &[0.714_285_714_285_714_3, 2.5]);
        agree([station.queue.unwrap().sojourn_mean(), network.sojourn_mean()], &[3.5, 5.0]);
    }

    #[test]
    fn two_ways_in_and_a_split_agree() {
        let stations = vec![servers(20.0, 1), servers(10.0, 1), servers(8.0, 1), servers(2.5, 2)];
        let routing = vec![vec![0.0, 0.0, 0.2, 0.0], vec![0.0, 0.0, 0.4, 0.0], vec![0.0, 0.0, 0.0, 0.5], vec![0.0; 4]];
        let network = Jackson::by_routing(stations, &[10.0, 5.0, 0.0, 0.0], &routing).unwrap();
        agree(network.stations().iter().map(|s| s.arrival_rate), &[10.0, 5.0, 4.0, 2.0]);
        agree(network.stations().iter().map(OpenStation::in_system), &[1.0, 1.0, 1.0, 0.952_380_952_380_952_3]);
        agree([network.sojourn_mean()], &[0.263_492_063_492_063_5]);
    }

    #[test]
    fn visits_and_routing_are_two_ways_to_say_the_same() {
        let stations = || vec![servers(100.0, 1), servers(20.0, 5)];
        // From the second station a third of the requests come back to it: 1 / (1 - 1/3) visits.
        let routed = Jackson::by_routing(stations(), &[40.0, 0.0], &[vec![0.0, 1.0], vec![0.0, 1.0 / 3.0]]).unwrap();
        let visited = Jackson::by_visits(40.0, stations().into_iter().zip([1.0, 1.5]).collect()).unwrap();
        agree([routed.sojourn_mean(), routed.waiting_mean()], &[visited.sojourn_mean(), visited.waiting_mean()]);
        // Five stations in a row, each M/M/1 at half of its capacity: Reich 1957.
        let row = (0..5).map(|_| (servers(1.0, 1), 1.0)).collect();
        agree([Jackson::by_visits(0.5, row).unwrap().sojourn_mean()], &[10.0]);
    }

    #[test]
    fn what_has_no_steady_state_or_makes_no_sense_is_refused() {
        let one = || vec![servers(1.0, 1)];
        assert!(matches!(Jackson::by_routing(one(), &[0.5], &[vec![0.5]]), Err(TheoryError::Overloaded { .. })));
        assert!(Jackson::by_routing(one(), &[0.5], &[vec![1.0]]).is_err(), "no request ever leaves");
        assert!(Jackson::by_routing(one(), &[0.5], &[vec![1.5]]).is_err());
        assert!(Jackson::by_routing(one(), &[0.5], &[vec![-0.5]]).is_err());
        assert!(Jackson::by_routing(one(), &[0.5], &[]).is_err());
        assert!(Jackson::by_routing(one(), &[f64::NAN], &[vec![0.0]]).is_err());
        assert!(Jackson::by_routing(vec![], &[], &[]).is_err());
        assert!(Jackson::by_visits(0.5, vec![(servers(1.0, 1), f64::INFINITY)]).is_err());
        assert!(Jackson::by_visits(0.5, vec![(servers(0.0, 1), 1.0)]).is_err());
        assert!(Jackson::by_visits(0.5, vec![(servers(1.0, 0), 0.0)]).is_err());
        let idle = Jackson::by_visits(0.5, vec![(servers(1.0, 1), 1.0), (servers(1.0, 1), 0.0)]).unwrap();
        assert_eq!(idle.stations()[1].in_system(), 0.0);
    }
}
