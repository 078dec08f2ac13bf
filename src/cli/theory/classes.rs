//! Several classes of requests at one queue.

use clap::Args;

use super::answer::{Line, Shown};
use super::quantities::{rate, span};
use super::say;
use crate::lab::results::Unit;
use crate::stats::theory::Priorities;
use crate::stats::theory::priority::Class;

#[derive(Debug, Args)]
pub struct ByClass {
    /// A class as RATE:SERVICE or RATE:SERVICE:CV, where CV is the coefficient of variation of service (1 without it);
    /// the most important first
    #[arg(long, value_parser = class, required = true)]
    class: Vec<Class>,
    /// Servers; with more than one, all classes have the same exponential service
    #[arg(long, default_value_t = 1)]
    servers: usize,
}

/// Reads a class.
fn class(text: &str) -> Result<Class, String> {
    let wrong = || format!("\"{text}\" is not a class; write RATE:SERVICE:CV, such as \"20/s:10ms:1\"");
    let parts: Vec<&str> = text.split(':').map(str::trim).collect();
    let (arrivals, service, cv) = match parts[..] {
        [arrivals, service] => (arrivals, service, "1"),
        [arrivals, service, cv] => (arrivals, service, cv),
        _ => return Err(wrong()),
    };
    let cv: f64 = cv.parse().map_err(|_| wrong())?;
    Ok(Class { arrival_rate: rate(arrivals)?, service_mean: span(service)?, service_scv: cv * cv })
}

impl ByClass {
    pub(super) fn answer(&self) -> Result<Shown, String> {
        let (model, name) = if self.servers == 1 {
            (Priorities::single_server(&self.class).map_err(say)?, "M/G/1 with priorities".to_owned())
        } else {
            let first = self.class[0].service_mean;
            if self.class.iter().any(|class| class.service_mean != first || class.service_scv != 1.0) {
                return Err("with several servers all classes have the same service, with a CV of 1".to_owned());
            }
            let rates: Vec<f64> = self.class.iter().map(|class| class.arrival_rate).collect();
            let model = Priorities::several_servers(&rates, first, self.servers).map_err(say)?;
            (model, format!("M/M/{} with priorities", self.servers))
        };
        let load = self.class.iter().map(|class| class.arrival_rate * class.service_mean).sum::<f64>();
        let mut lines = vec![
            Line::new("utilization", "utilization", Unit::Fraction, load / self.servers as f64),
            Line::new("waiting_mean", "mean waiting", Unit::Seconds, model.waiting_mean_of_all()),
        ];
        for place in 0..self.class.len() {
            let at = place + 1;
            let (waiting, latency) = (model.waiting_mean(place), model.sojourn_mean(place));
            let name = |what: &str| format!("{what} of class {at}");
            lines.push(Line::new(&format!("waiting_mean:{at}"), &name("mean waiting"), Unit::Seconds, waiting));
            lines.push(Line::new(&format!("latency_mean:{at}"), &name("mean latency"), Unit::Seconds, latency));
        }
        Ok(Shown { model: name, source: "Cobham 1954".to_owned(), lines, relative: false })
    }
}
