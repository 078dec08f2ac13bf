//! Rates, times and loads as the command line takes them.

use crate::schema::quantity::{Rate, Span};

/// A rate per second such as "900/s".
pub fn rate(text: &str) -> Result<f64, String> {
    Rate::parse(text).map(Rate::per_second).map_err(|why| format!("{why}; write \"900/s\""))
}

/// Seconds of a length of time such as "8 ms".
pub fn span(text: &str) -> Result<f64, String> {
    Span::parse(text).map(Span::seconds).map_err(|why| format!("{why}; write \"8 ms\""))
}

/// A load such as "0.9" or "90 %".
pub fn load(text: &str) -> Result<f64, String> {
    let (number, whole) = match text.trim().strip_suffix('%') {
        Some(percent) => (percent.trim(), 100.0),
        None => (text.trim(), 1.0),
    };
    let number: f64 = number.parse().map_err(|_| format!("\"{text}\" is not a load; write 0.9 or \"90 %\""))?;
    if number.is_finite() && number > 0.0 { Ok(number / whole) } else { Err("a load is above zero".to_owned()) }
}

/// How much work arrives at a station, said in one of three ways.
#[derive(Clone, Copy, Debug, clap::Args)]
pub struct Traffic {
    /// Requests per unit of time, such as "900/s"
    #[arg(long, value_parser = rate, required_unless_present = "load", conflicts_with = "load", requires = "service")]
    rate: Option<f64>,
    /// Offered load of each server, such as 0.9 or "90 %"
    #[arg(long, value_parser = load, allow_negative_numbers = true)]
    load: Option<f64>,
    /// Mean service of a request on one server, such as "8 ms"; without it, times are in mean services
    #[arg(long, value_parser = span, value_name = "TIME")]
    service: Option<f64>,
}

/// The same, worked out.
#[derive(Clone, Copy, Debug)]
pub struct Offered {
    /// Requests per second, or per mean service.
    pub rate: f64,
    /// Mean service in seconds, or 1.
    pub service: f64,
    /// True if times are in mean services.
    pub relative: bool,
}

impl Traffic {
    /// Rate and service of a station of `servers` servers.
    pub fn at(&self, servers: usize) -> Result<Offered, String> {
        if servers == 0 {
            return Err("the number of servers must be at least 1".to_owned());
        }
        let service = self.service.unwrap_or(1.0);
        if service == 0.0 {
            return Err("a mean service is above zero".to_owned());
        }
        let rate = match (self.rate, self.load) {
            (Some(rate), _) => rate,
            (None, Some(load)) => load * servers as f64 / service,
            (None, None) => return Err("--rate or --load is needed".to_owned()),
        };
        Ok(Offered { rate, service, relative: self.service.is_none() })
    }
}

/// A station of an open network: "web:8:5ms:1.0" for name, servers, mean service, mean visits of a request (1 without).
#[derive(Clone, Debug)]
pub struct StationText {
    /// Its name.
    pub name: String,
    /// Its servers.
    pub servers: usize,
    /// Mean service in seconds.
    pub service: f64,
    /// Visits of a request.
    pub visits: f64,
}

/// Reads a station.
pub fn station(text: &str) -> Result<StationText, String> {
    let wrong = || format!("\"{text}\" is not a station; write NAME:SERVERS:SERVICE:VISITS, such as \"web:8:5ms:1.0\"");
    let parts: Vec<&str> = text.split(':').map(str::trim).collect();
    let (name, servers, service, visits) = match parts[..] {
        [name, servers, service] => (name, servers, service, "1"),
        [name, servers, service, visits] => (name, servers, service, visits),
        _ => return Err(wrong()),
    };
    let servers = servers.parse().map_err(|_| wrong())?;
    let visits = visits.parse().map_err(|_| wrong())?;
    Ok(StationText { name: name.to_owned(), servers, service: span(service)?, visits })
}
