//! `balance` and what goes with it.

use super::settings::Settings;
use super::short;
use crate::import::Report;
use crate::import::group::{Balance, By, Hashing, Said, Tied};
use crate::import::report::Why;
use crate::import::source::At;

/// How a section that begins at `at` chooses; round robin is the default.
pub fn balance(settings: &Settings, at: At, report: &mut Report) -> Said<Balance> {
    let Some(said) = settings.get("balance", report) else { return Said::new(Balance::RoundRobin, at) };
    let at = said.at;
    let word = said.value.first().map_or("", String::as_str);
    let (name, argument) = word.split_once('(').map_or((word, None), |(n, a)| (n, Some(a.trim_end_matches(')'))));
    let balance = match name {
        "roundrobin" => Balance::RoundRobin,
        "static-rr" => Balance::RoundRobin,
        "leastconn" => Balance::LeastConnections(Tied::IdleFirst),
        "first" => Balance::First,
        // https://docs.haproxy.org/2.6/configuration.html#4.2-balance: two draws are the default.
        "random" => match argument.map_or(Ok(2), str::parse) {
            Ok(draws @ 1..) => Balance::Random(draws),
            _ => {
                report.note(at, Why::NotUnderstood, format!("`{}`: a number of draws belongs here", short(word)));
                Balance::Random(2)
            }
        },
        "source" => hash(By::Client, settings, report),
        "uri" | "url_param" | "hdr" | "hash" | "path" => {
            let written = said.value.join(" ");
            let of_client = matches!(written.as_str(), "hash src" | "hdr(x-forwarded-for)" | "hdr(X-Forwarded-For)");
            if !of_client && written != "uri" {
                report.note(at, Why::Approximated, format!("`{}` is the key of a request", short(&written)));
            }
            hash(if of_client { By::Client } else { By::Key }, settings, report)
        }
        "rdp-cookie" => {
            report.note(at, Why::NotExpressed, "cookies of RDP: taken as the client's address");
            hash(By::Client, settings, report)
        }
        _ => {
            report.note(at, Why::NotUnderstood, format!("`balance {}`: taken as round robin", short(word)));
            Balance::RoundRobin
        }
    };
    Said::new(balance, at)
}

/// `hash-type` and `hash-balance-factor`; by map and without bound are the defaults.
fn hash(by: By, settings: &Settings, report: &mut Report) -> Balance {
    let mut how = Hashing::Modulo;
    if let Some(said) = settings.get("hash-type", report) {
        let at = said.at;
        match said.value.first().map(String::as_str) {
            Some("consistent") => how = Hashing::HaproxyRing,
            Some("map-based") => {}
            _ => report.note(at, Why::NotUnderstood, "`consistent` or `map-based` belongs here"),
        }
        if said.value.len() > 1 {
            let function = short(&said.value[1..].join(" "));
            report.note(at, Why::Approximated, format!("`{function}`: the model has hash functions of its own"));
        }
    }
    let mut bound = None;
    if let Some(said) = settings.get("hash-balance-factor", report) {
        match said.value.first().and_then(|text| text.parse::<u32>().ok()) {
            Some(0) => {}
            Some(percent @ 101..=10_000) => bound = Some(f64::from(percent) / 100.0),
            _ => report.note(said.at, Why::NotUnderstood, "a percentage above 100 belongs here"),
        }
    }
    Balance::Hash { by, how, bound }
}
