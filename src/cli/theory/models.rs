//! The models, one subcommand each.

use clap::{Args, Subcommand};

use super::answer::{Line, Shown};
use super::quantities::{Offered, StationText, Traffic, load, rate, span, station};
use crate::lab::results::Unit;
use crate::stats::theory::convolution::{Demand, convolution};
use crate::stats::theory::jackson::Servers;
use crate::stats::theory::{
    ErlangA, ErlangB, Gm1, Interactive, Interarrival, Jackson, Md1, Mg1, Mg1Ps, Mm1, Mmc, Mmck, Supermarket,
    TheoryError, little, mean_value_analysis,
};

/// A model of queueing theory.
#[derive(Debug, Subcommand)]
pub enum Model {
    /// One exponential server, Poisson arrivals
    #[command(after_help = "Example:\n  rushhour theory mm1 --rate 900/s --service \"1 ms\"")]
    Mm1(Traffic),
    /// Several exponential servers with one queue (Erlang C)
    #[command(
        visible_alias = "erlang-c",
        after_help = "Example:\n  rushhour theory mmc --servers 8 --load 0.9 --service \"8 ms\""
    )]
    Mmc(WithServers),
    /// The same with a bounded queue
    #[command(after_help = "Example:\n  rushhour theory mmck --servers 4 --queue 16 --load 0.95 --service \"10 ms\"")]
    Mmck(Bounded),
    /// No queue: who finds every server busy is refused
    #[command(after_help = "Example:\n  rushhour theory erlang-b --servers 10 --offered 8")]
    ErlangB(Loss),
    /// Waiting requests give up
    #[command(
        after_help = "Example:\n  rushhour theory erlang-a --servers 10 --load 1.2 --service \"8 ms\" --patience \"50 ms\""
    )]
    ErlangA(Patience),
    /// One server of constant service
    #[command(after_help = "Example:\n  rushhour theory md1 --load 0.9 --service \"8 ms\"")]
    Md1(Traffic),
    /// One server of any service, by its coefficient of variation
    #[command(after_help = "Example:\n  rushhour theory mg1 --load 0.8 --cv 2 --service \"8 ms\"")]
    Mg1(Varied),
    /// One processor shared by all requests, any service
    #[command(after_help = "Example:\n  rushhour theory mg1ps --load 0.8 --service \"8 ms\"")]
    Mg1ps(Traffic),
    /// One exponential server, arrivals steadier or burstier than Poisson
    #[command(
        after_help = "Examples:\n  rushhour theory gm1 --load 0.8 --cv 3      hyperexponential gaps\n  rushhour theory gm1 --load 0.8 --cv 0.5    gamma gaps (Erlang-4)\n  rushhour theory gm1 --load 0.8 --cv 0      evenly spaced"
    )]
    Gm1(Varied),
    /// A fleet of exponential servers under round robin
    #[command(after_help = "Example:\n  rushhour theory round-robin --servers 10 --load 0.9 --service \"8 ms\"")]
    RoundRobin(WithServers),
    /// Many exponential servers, each request to the shortest of d queues
    #[command(after_help = "Example:\n  rushhour theory supermarket --choices 2 --load 0.9")]
    Supermarket(Choices),
    /// A fixed number of users who think, ask and wait: one station, or several in a network
    #[command(
        after_help = "Examples:\n  rushhour theory closed --users 50 --think \"1 s\" --service \"20 ms\" --servers 1\n  rushhour theory closed --users 50 --think \"1 s\" --station web:1:5ms --station db:1:8ms:2.5"
    )]
    Closed(Closed),
    /// An open network of stations
    #[command(
        after_help = "Example:\n  rushhour theory jackson --rate 40/s --station web:1:10ms --station app:5:50ms:1.3 --station db:2:17ms:0.97"
    )]
    Jackson(OpenNetwork),
    /// Little's law: two of number, rate and time give the third
    #[command(after_help = "Example:\n  rushhour theory little --rate 900/s --time \"20 ms\"")]
    Little(TwoOfThree),
}

#[derive(Debug, Args)]
pub struct WithServers {
    /// Servers
    #[arg(long)]
    servers: usize,
    #[command(flatten)]
    traffic: Traffic,
}

#[derive(Debug, Args)]
pub struct Bounded {
    #[command(flatten)]
    station: WithServers,
    /// Places in the queue beside the servers
    #[arg(long)]
    queue: usize,
}

#[derive(Debug, Args)]
pub struct Loss {
    /// Servers
    #[arg(long)]
    servers: usize,
    /// Offered work in erlangs: rate times mean service
    #[arg(long, value_name = "ERLANGS", allow_negative_numbers = true, conflicts_with_all = ["rate", "load"], required_unless_present_any = ["rate", "load"])]
    offered: Option<f64>,
    /// Requests per unit of time, such as "900/s"
    #[arg(long, value_parser = rate, conflicts_with = "load", requires = "service")]
    rate: Option<f64>,
    /// Offered load of each server, such as 0.9 or "90 %"
    #[arg(long, value_parser = load, allow_negative_numbers = true)]
    load: Option<f64>,
    /// Mean service of a request, such as "8 ms"; without it, times are in mean services
    #[arg(long, value_parser = span, value_name = "TIME")]
    service: Option<f64>,
}

#[derive(Debug, Args)]
pub struct Patience {
    #[command(flatten)]
    station: WithServers,
    /// Mean time a request waits before it gives up, such as "50 ms" (in mean services, such as 2.5, without --service)
    #[arg(long, value_name = "TIME")]
    patience: String,
}

#[derive(Debug, Args)]
pub struct Varied {
    #[command(flatten)]
    traffic: Traffic,
    /// Coefficient of variation: standard deviation over mean
    #[arg(long, allow_negative_numbers = true)]
    cv: f64,
}

#[derive(Debug, Args)]
pub struct Choices {
    /// Servers looked at for each request
    #[arg(long)]
    choices: usize,
    /// Offered load of each server, such as 0.9 or "90 %"
    #[arg(long, value_parser = load, allow_negative_numbers = true)]
    load: f64,
    /// Mean service, such as "8 ms"; without it, times are in mean services
    #[arg(long, value_parser = span, value_name = "TIME")]
    service: Option<f64>,
}

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

/// An error of theory as the command line says it.
fn say(error: TheoryError) -> String {
    error.to_string()
}

impl Model {
    /// What theory says; an error in words where it says nothing.
    pub fn answer(&self) -> Result<Shown, String> {
        match self {
            Self::Mm1(traffic) => {
                let Offered { rate, service, relative } = traffic.at(1)?;
                Ok(Shown::of(&Mm1::new(rate, 1.0 / service).map_err(say)?.answer(), relative, Vec::new()))
            }
            Self::Mmc(WithServers { servers, traffic }) => {
                let Offered { rate, service, relative } = traffic.at(*servers)?;
                let model = Mmc::new(rate, 1.0 / service, *servers).map_err(say)?;
                let more = vec![
                    Line::new("waits", "chance of waiting", Unit::Fraction, model.chance_of_waiting()),
                    Line::new("waiting_p99", "p99 waiting", Unit::Seconds, model.waiting_quantile(0.99)),
                    Line::new("in_queue", "in queue", Unit::Count, model.in_queue()),
                ];
                Ok(Shown::of(&model.answer(), relative, more))
            }
            Self::Mmck(Bounded { station: WithServers { servers, traffic }, queue }) => {
                let Offered { rate, service, relative } = traffic.at(*servers)?;
                let model = Mmck::new(rate, 1.0 / service, *servers, *queue).map_err(say)?;
                let more = vec![Line::new("in_queue", "in queue", Unit::Count, model.in_queue())];
                Ok(Shown::of(&model.answer(), relative, more))
            }
            Self::ErlangB(loss) => loss.answer(),
            Self::ErlangA(patience) => patience.answer(),
            Self::Md1(traffic) => {
                let Offered { rate, service, relative } = traffic.at(1)?;
                let model = Md1::new(rate, service).map_err(say)?;
                let more = vec![Line::new("waiting_p99", "p99 waiting", Unit::Seconds, model.waiting_quantile(0.99))];
                Ok(Shown::of(&model.answer(), relative, more))
            }
            Self::Mg1(Varied { traffic, cv }) => {
                let Offered { rate, service, relative } = traffic.at(1)?;
                let model = Mg1::new(rate, service, variation(*cv)?).map_err(say)?;
                Ok(Shown::of(&model.answer(), relative, Vec::new()))
            }
            Self::Mg1ps(traffic) => {
                let Offered { rate, service, relative } = traffic.at(1)?;
                let model = Mg1Ps::new(rate, service).map_err(say)?;
                let more = vec![Line::new("slowdown", "slowdown", Unit::Count, model.slowdown())];
                Ok(Shown::of(&model.answer(), relative, more))
            }
            Self::Gm1(Varied { traffic, cv }) => {
                let Offered { rate, service, relative } = traffic.at(1)?;
                let (mean, scv) = (1.0 / rate, variation(*cv)?);
                let gaps = match scv {
                    0.0 => Interarrival::Deterministic { mean },
                    scv if scv <= 1.0 => Interarrival::Gamma { mean, shape: 1.0 / scv },
                    scv => Interarrival::balanced(mean, scv),
                };
                let model = Gm1::new(gaps, 1.0 / service).map_err(say)?;
                let waits = Line::new("waits", "chance of waiting", Unit::Fraction, model.chance_of_waiting());
                Ok(Shown::of(&model.answer(), relative, vec![waits]))
            }
            Self::RoundRobin(WithServers { servers, traffic }) => {
                let Offered { rate, service, relative } = traffic.at(*servers)?;
                let model = Gm1::round_robin(rate, 1.0 / service, *servers).map_err(say)?;
                let waits = Line::new("waits", "chance of waiting", Unit::Fraction, model.chance_of_waiting());
                Ok(Shown::of(&model.answer_round_robin(*servers), relative, vec![waits]))
            }
            Self::Supermarket(Choices { choices, load, service }) => {
                let model = Supermarket::new(*load, service.unwrap_or(1.0), *choices).map_err(say)?;
                let waits = Line::new("waits", "chance of waiting", Unit::Fraction, model.joins_behind(1));
                Ok(Shown::of(&model.answer(), service.is_none(), vec![waits]))
            }
            Self::Closed(closed) => closed.answer(),
            Self::Jackson(network) => network.answer(),
            Self::Little(three) => three.answer(),
        }
    }
}

/// The squared coefficient of variation.
fn variation(cv: f64) -> Result<f64, String> {
    let fine = cv >= 0.0 && cv.is_finite();
    fine.then_some(cv * cv).ok_or_else(|| format!("the coefficient of variation is {cv}, but must be zero or more"))
}

impl Loss {
    fn answer(&self) -> Result<Shown, String> {
        let service = self.service.unwrap_or(1.0);
        let rate = match (self.offered, self.rate, self.load) {
            (Some(erlangs), _, _) => erlangs / service,
            (_, Some(rate), _) => rate,
            (_, _, Some(load)) => load * self.servers as f64 / service,
            _ => return Err("--offered, --rate or --load is needed".to_owned()),
        };
        let model = ErlangB::new(rate, service, self.servers).map_err(say)?;
        Ok(Shown::of(&model.answer(None), self.service.is_none(), Vec::new()))
    }
}

impl Patience {
    fn answer(&self) -> Result<Shown, String> {
        let WithServers { servers, traffic } = &self.station;
        let Offered { rate, service, relative } = traffic.at(*servers)?;
        let patience = match self.patience.trim().parse::<f64>() {
            Ok(number) if relative => number,
            Ok(_) => return Err(format!("--patience {} needs a unit; write \"50 ms\"", self.patience)),
            Err(_) if relative => return Err("--patience is in mean services without --service; write 2.5".to_owned()),
            Err(_) => span(&self.patience).map_err(|why| format!("--patience: {why}"))?,
        };
        let model = ErlangA::new(rate, 1.0 / service, *servers, 1.0 / patience).map_err(say)?;
        Ok(Shown {
            model: format!("M/M/{servers}+M (Erlang A)"),
            source: "Palm 1957; Garnett, Mandelbaum and Reiman 2002".to_owned(),
            lines: vec![
                Line::new("utilization", "utilization", Unit::Fraction, model.utilization()),
                Line::new("throughput", "throughput", Unit::PerSecond, rate * (1.0 - model.gives_up())),
                Line::new("gives_up", "give up", Unit::Fraction, model.gives_up()),
                Line::new("waits", "chance of waiting", Unit::Fraction, model.chance_of_waiting()),
                Line::new("waiting_mean", "mean waiting", Unit::Seconds, model.waiting_mean()),
                Line::new("in_queue", "in queue", Unit::Count, model.in_queue()),
            ],
            relative,
        })
    }
}

impl Closed {
    fn answer(&self) -> Result<Shown, String> {
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
    fn answer(&self) -> Result<Shown, String> {
        let mut stations = Vec::new();
        for given in &self.station {
            if given.service == 0.0 {
                return Err(format!("the service at station \"{}\" must be above zero", given.name));
            }
            let rate = self.rate * given.visits;
            let load = rate * given.service / given.servers as f64;
            if load >= 1.0 {
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
    fn answer(&self) -> Result<Shown, String> {
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
