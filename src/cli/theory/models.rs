//! The models, one subcommand each.

use clap::{Args, Subcommand};

use super::answer::{Line, Shown};
use super::classes::ByClass;
use super::networks::{Closed, OpenNetwork, TwoOfThree};
use super::quantities::{Offered, Traffic, load, rate, span};
use super::say;
use crate::lab::results::Unit;
use crate::stats::theory::{
    ErlangA, ErlangB, Gm1, Interarrival, JoinShortestOfTwo, Md1, Mg1, Mg1Ps, Mm1, Mmc, Mmck, Supermarket,
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
    /// Classes with priority over others, without interrupting who is in service
    #[command(
        after_help = "Examples:\n  rushhour theory priorities --class 20/s:10ms --class 30/s:10ms       the first before the second\n  rushhour theory priorities --class 40/s:10ms:0 --class 40/s:10ms:0   constant services\n  rushhour theory priorities --servers 4 --class 100/s:10ms --class 250/s:10ms"
    )]
    Priorities(ByClass),
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
    /// Two exponential servers, each request to the one with fewer: least connections
    #[command(after_help = "Example:\n  rushhour theory jsq --load 0.9 --service \"8 ms\"")]
    Jsq(OfTwo),
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
pub struct OfTwo {
    /// Offered load of each of the two servers, such as 0.9 or "90 %"
    #[arg(long, value_parser = load, allow_negative_numbers = true)]
    load: f64,
    /// Mean service, such as "8 ms"; without it, times are in mean services
    #[arg(long, value_parser = span, value_name = "TIME")]
    service: Option<f64>,
}

impl Model {
    /// The answer of theory; an error in words if theory has none.
    pub fn answer(&self) -> Result<Shown, String> {
        match self {
            Self::Mm1(traffic) => mm1(traffic),
            Self::Mmc(station) => station.mmc(),
            Self::Mmck(bounded) => bounded.answer(),
            Self::ErlangB(loss) => loss.answer(),
            Self::ErlangA(patience) => patience.answer(),
            Self::Priorities(classes) => classes.answer(),
            Self::Md1(traffic) => md1(traffic),
            Self::Mg1(varied) => varied.mg1(),
            Self::Mg1ps(traffic) => mg1ps(traffic),
            Self::Gm1(varied) => varied.gm1(),
            Self::RoundRobin(station) => station.round_robin(),
            Self::Supermarket(choices) => choices.answer(),
            Self::Jsq(of_two) => of_two.answer(),
            Self::Closed(closed) => closed.answer(),
            Self::Jackson(network) => network.answer(),
            Self::Little(three) => three.answer(),
        }
    }
}

fn mm1(traffic: &Traffic) -> Result<Shown, String> {
    let Offered { rate, service, relative } = traffic.at(1)?;
    Ok(Shown::of(&Mm1::new(rate, 1.0 / service).map_err(say)?.answer(), relative, Vec::new()))
}

fn md1(traffic: &Traffic) -> Result<Shown, String> {
    let Offered { rate, service, relative } = traffic.at(1)?;
    let model = Md1::new(rate, service).map_err(say)?;
    let more = vec![Line::new("waiting_p99", "p99 waiting", Unit::Seconds, model.waiting_quantile(0.99))];
    Ok(Shown::of(&model.answer(), relative, more))
}

fn mg1ps(traffic: &Traffic) -> Result<Shown, String> {
    let Offered { rate, service, relative } = traffic.at(1)?;
    let model = Mg1Ps::new(rate, service).map_err(say)?;
    let more = vec![Line::new("slowdown", "slowdown", Unit::Count, model.slowdown())];
    Ok(Shown::of(&model.answer(), relative, more))
}

/// The probability that a request waits, which is printed below the numbers that all models have.
fn waits(chance: f64) -> Vec<Line> {
    vec![Line::new("waits", "chance of waiting", Unit::Fraction, chance)]
}

impl WithServers {
    fn mmc(&self) -> Result<Shown, String> {
        let Offered { rate, service, relative } = self.traffic.at(self.servers)?;
        let model = Mmc::new(rate, 1.0 / service, self.servers).map_err(say)?;
        let mut more = waits(model.chance_of_waiting());
        more.push(Line::new("waiting_p99", "p99 waiting", Unit::Seconds, model.waiting_quantile(0.99)));
        more.push(Line::new("in_queue", "in queue", Unit::Count, model.in_queue()));
        Ok(Shown::of(&model.answer(), relative, more))
    }

    fn round_robin(&self) -> Result<Shown, String> {
        let Offered { rate, service, relative } = self.traffic.at(self.servers)?;
        let model = Gm1::round_robin(rate, 1.0 / service, self.servers).map_err(say)?;
        let waits = waits(model.chance_of_waiting());
        Ok(Shown::of(&model.answer_round_robin(self.servers), relative, waits))
    }
}

impl Bounded {
    fn answer(&self) -> Result<Shown, String> {
        let WithServers { servers, traffic } = &self.station;
        let Offered { rate, service, relative } = traffic.at(*servers)?;
        let model = Mmck::new(rate, 1.0 / service, *servers, self.queue).map_err(say)?;
        let more = vec![Line::new("in_queue", "in queue", Unit::Count, model.in_queue())];
        Ok(Shown::of(&model.answer(), relative, more))
    }
}

impl Varied {
    fn mg1(&self) -> Result<Shown, String> {
        let Offered { rate, service, relative } = self.traffic.at(1)?;
        let model = Mg1::new(rate, service, variation(self.cv)?).map_err(say)?;
        Ok(Shown::of(&model.answer(), relative, Vec::new()))
    }

    fn gm1(&self) -> Result<Shown, String> {
        let Offered { rate, service, relative } = self.traffic.at(1)?;
        let (mean, scv) = (1.0 / rate, variation(self.cv)?);
        let gaps = match scv {
            0.0 => Interarrival::Deterministic { mean },
            scv if scv <= 1.0 => Interarrival::Gamma { mean, shape: 1.0 / scv },
            scv => Interarrival::balanced(mean, scv),
        };
        let model = Gm1::new(gaps, 1.0 / service).map_err(say)?;
        let waits = waits(model.chance_of_waiting());
        Ok(Shown::of(&model.answer(), relative, waits))
    }
}

impl Choices {
    fn answer(&self) -> Result<Shown, String> {
        let model = Supermarket::new(self.load, self.service.unwrap_or(1.0), self.choices).map_err(say)?;
        let waits = waits(model.joins_behind(1));
        Ok(Shown::of(&model.answer(), self.service.is_none(), waits))
    }
}

impl OfTwo {
    fn answer(&self) -> Result<Shown, String> {
        let model = JoinShortestOfTwo::new(self.load, self.service.unwrap_or(1.0)).map_err(say)?;
        let waits = waits(model.joins_behind(1));
        Ok(Shown::of(&model.answer(), self.service.is_none(), waits))
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
                Line::new("throughput", "throughput", Unit::PerSecond, rate * (1.0 - model.abandonment())),
                Line::new("gives_up", "give up", Unit::Fraction, model.abandonment()),
                Line::new("waits", "chance of waiting", Unit::Fraction, model.chance_of_waiting()),
                Line::new("waiting_mean", "mean waiting", Unit::Seconds, model.waiting_mean()),
                Line::new("in_queue", "in queue", Unit::Count, model.in_queue()),
            ],
            relative,
        })
    }
}
