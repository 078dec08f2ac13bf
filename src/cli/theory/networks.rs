//! Several stations, fixed numbers of users, and Little's law for whatever there is.

use clap::Args;

use super::answer::{Line, Shown};
use super::quantities::{StationText, rate, span, station};
use super::say;
use crate::lab::results::Unit;
use crate::stats::theory::convolution::{Demand, convolution};
use crate::stats::theory::jackson::Servers;
use crate::stats::theory::{Interactive, Jackson, TheoryError, little, mean_value_analysis};

#[derive(Debug, Args)]
pub struct Closed {
    /// Users
    #[arg(long)]
    users: usize,
    /// Mean thinking, such as "1 s"
    #[arg(long, value_parser = span, value_name = "TIME")]
    think: f64,
    /// Mean service at the only station, such as "20 ms"
    #[arg(long, value_parser = span, value_name = "TIME", required_unless_present = "station", conflicts_with = "station")]
    service: Option<f64>,
    /// Servers of the only station
    #[arg(long, default_value_t = 1, conflicts_with = "station")]
    servers: usize,
    /// A station as NAME:SERVERS:SERVICE:VISITS; once for each
    #[arg(long, value_parser = station)]
    station: Vec<StationText>,
}

#[derive(Debug, Args)]
pub struct OpenNetwork {
    /// Requests from outside per unit of time, such as "40/s"
    #[arg(long, value_parser = rate)]
    rate: f64,
    /// A station as NAME:SERVERS:SERVICE:VISITS, such as "web:8:5ms:1.0"; once for each
    #[arg(long, value_parser = station, required = true)]
    station: Vec<StationText>,
}

#[derive(Debug, Args)]
pub struct TwoOfThree {
    /// Mean number inside
    #[arg(long, allow_negative_numbers = true)]
    number: Option<f64>,
    /// Requests per unit of time, such as "900/s"
    #[arg(long, value_parser = rate)]
    rate: Option<f64>,
    /// Mean time inside, such as "20 ms"
    #[arg(long, value_parser = span)]
    time: Option<f64>,
}

impl Closed {
    pub(super) fn answer(&self) -> Result<Shown, String> {
        if let Some(service) = self.service {
            let model = Interactive::new(self.users, self.think, service, self.servers).map_err(say)?;
            return Ok(Shown::of(&model.answer(), false, Vec::new()));
        }
        let demand = |station: &StationText| station.service * station.visits;
        // Mean value analysis takes any number of users, but only single servers.
        let (network, source) = if self.station.iter().all(|station| station.servers == 1) {
            let demands: Vec<f64> = self.station.iter().map(demand).collect();
            let network = mean_value_analysis(self.users, self.think, &demands).map_err(say)?;
            (network, "exact mean value analysis, Reiser and Lavenberg 1980")
        } else {
            let of = |station: &StationText| Demand { seconds: demand(station), servers: station.servers };
            let stations: Vec<Demand> = self.station.iter().map(of).collect();
            (convolution(self.users, self.think, &stations).map_err(say)?, "convolution algorithm, Buzen 1973")
        };
        let mut lines = vec![
            Line::new("throughput", "throughput", Unit::PerSecond, network.throughput),
            Line::new("latency_mean", "mean latency", Unit::Seconds, network.response),
            Line::new("in_system", "in system", Unit::Count, network.in_station.iter().sum()),
        ];
        for (place, station) in self.station.iter().enumerate() {
            lines.extend(of_station(&station.name, network.utilization[place], network.in_station[place]));
        }
        let model = format!("closed network of {} stations, {} users", self.station.len(), self.users);
        Ok(Shown { model, source: source.to_owned(), lines, relative: false })
    }
}

fn of_station(name: &str, utilization: f64, in_system: f64) -> [Line; 2] {
    [
        Line::new(&format!("utilization:{name}"), &format!("utilization of {name}"), Unit::Fraction, utilization),
        Line::new(&format!("in_system:{name}"), &format!("at {name}"), Unit::Count, in_system),
    ]
}

impl OpenNetwork {
    pub(super) fn answer(&self) -> Result<Shown, String> {
        let mut stations = Vec::new();
        for given in &self.station {
            if given.service == 0.0 {
                return Err(format!("the service at station \"{}\" must be above zero", given.name));
            }
            let rate = self.rate * given.visits;
            let load = rate * given.service / given.servers as f64;
            if given.servers > 0 && load >= 1.0 {
                let error = TheoryError::Overloaded { load };
                return Err(format!("station \"{}\": {error}", given.name));
            }
            let servers =
                Servers { name: given.name.clone(), service_rate: 1.0 / given.service, servers: given.servers };
            stations.push((servers, given.visits));
        }
        let network = Jackson::by_visits(self.rate, stations).map_err(say)?;
        let per_station = network
            .stations()
            .iter()
            .flat_map(|station| of_station(&station.name, station.utilization(), station.in_system()));
        Ok(Shown::of(&network.answer(), false, per_station.collect()))
    }
}

impl TwoOfThree {
    pub(super) fn answer(&self) -> Result<Shown, String> {
        let wrong = "Little's law needs two of --number, --rate and --time, and gives the third";
        let (number, rate, time) = match (self.number, self.rate, self.time) {
            (None, Some(rate), Some(time)) => (little::number(rate, time), rate, time),
            (Some(number), Some(rate), None) => (number, rate, little::time(number, rate)),
            (Some(_), None, Some(0.0)) => return Err("a time inside is above zero".to_owned()),
            (Some(number), None, Some(time)) => (number, number / time, time),
            _ => return Err(wrong.to_owned()),
        };
        if !(number >= 0.0 && number.is_finite()) {
            return Err(format!("a number inside is zero or more, found {number}"));
        }
        Ok(Shown {
            model: "Little's law".to_owned(),
            source: "Little 1961".to_owned(),
            lines: vec![
                Line::new("in_system", "number inside", Unit::Count, number),
                Line::new("throughput", "rate", Unit::PerSecond, rate),
                Line::new("latency_mean", "time inside", Unit::Seconds, time),
            ],
            relative: false,
        })
    }
}
