//! A `server` of an upstream.

use super::tree::{Directive, short};
use crate::import::Report;
use crate::import::group::{Said, Server, Watch};
use crate::import::quantity::nginx_time;
use crate::import::report::Why;
use crate::schema::quantity::Span;

/// The heaviest server of a model.
const HEAVIEST: u32 = 65_535;

/// Reads `server ADDRESS [parameters]`; `None` for one that gets no requests.
pub fn server(directive: &Directive, report: &mut Report) -> Option<Server> {
    let at = directive.at;
    let Some((address, parameters)) = directive.arguments.split_first() else {
        report.note(at, Why::NotUnderstood, "a `server` without an address");
        return None;
    };
    report.used(at);
    let mut server = Server {
        // As it is written: a ring of hashes is made of it.
        name: address.clone(),
        at,
        weight: 1,
        backup: false,
        max_connections: None,
        max_queue: None,
        slow_start: None,
        watch: Said::new(Watch::Never, at),
    };
    let mut serves = true;
    // https://nginx.org/en/docs/http/ngx_http_upstream_module.html#server
    let (mut max_fails, mut fail_timeout) = (1, default_fail_timeout());
    for parameter in parameters {
        let (name, value) = parameter.split_once('=').map_or((parameter.as_str(), None), |(n, v)| (n, Some(v)));
        let number = value.and_then(|value| value.parse::<u32>().ok());
        let time = value.and_then(nginx_time);
        match (name, number, time) {
            ("weight", Some(weight @ 1..=HEAVIEST), _) => server.weight = weight,
            ("weight", Some(weight), _) if weight > HEAVIEST => {
                server.weight = HEAVIEST;
                report.note(at, Why::Approximated, format!("a weight is at most {HEAVIEST} in the model"));
            }
            ("max_conns", Some(0), _) => {}
            ("max_conns", Some(most), _) => server.max_connections = Some(Said::new(most, at)),
            ("max_fails", Some(fails), _) => max_fails = fails,
            ("fail_timeout", _, Some(time)) => fail_timeout = time,
            ("slow_start", _, Some(Span::ZERO)) => {}
            ("slow_start", _, Some(time)) => server.slow_start = Some(Said::new(time, at)),
            ("backup", ..) if value.is_none() => server.backup = true,
            ("down", ..) if value.is_none() => {
                serves = false;
                report.note(at, Why::Approximated, "`down`: the server is left out");
            }
            ("drain", ..) if value.is_none() => {
                serves = false;
                report.note(at, Why::Approximated, "`drain`: the server is left out");
            }
            ("resolve", ..) | ("service" | "route", ..) => {
                let message = format!("`{}`: names are not looked up, this is one server", short(parameter));
                report.note(at, Why::NotExpressed, message);
            }
            _ => report.note(at, Why::NotUnderstood, format!("the parameter `{}`", short(parameter))),
        }
    }
    server.watch.value = match (max_fails, fail_timeout) {
        // No time to be out for is the same as never.
        (0, _) | (_, Span::ZERO) => Watch::Never,
        (max_fails, fail_timeout) => Watch::Passive { max_fails, fail_timeout },
    };
    serves.then_some(server)
}

fn default_fail_timeout() -> Span {
    Span::from_seconds(10.0).unwrap_or(Span::ZERO)
}

/// An address with the port it has, or else the default one.
pub fn with_port(address: &str, port: u16) -> String {
    let host_ends = address.rfind(']').map_or(0, |bracket| bracket + 1);
    if address.starts_with("unix:") || address[host_ends..].contains(':') {
        address.to_owned()
    } else {
        format!("{address}:{port}")
    }
}
