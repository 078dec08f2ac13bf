//! `server` and `server-template` with their parameters.

use super::sections::Line;
use super::settings::Settings;
use super::short;
use crate::import::Report;
use crate::import::group::{Said, Server, Watch};
use crate::import::quantity::haproxy_time;
use crate::import::report::Why;
use crate::import::source::At;
use crate::schema::quantity::Span;

/// Servers of one `server-template` at most.
const MOST: u32 = 10_000;

/// Parameters that stand alone and are about the way to a server, not about choosing it.
const ALONE: &[&str] = &[
    "allow-0rtt",
    "check-send-proxy",
    "check-ssl",
    "check-via-socks4",
    "enabled",
    "no-check-send-proxy",
    "no-check-ssl",
    "no-send-proxy",
    "no-send-proxy-v2",
    "no-send-proxy-v2-ssl",
    "no-send-proxy-v2-ssl-cn",
    "no-ssl",
    "no-ssl-reuse",
    "no-sslv3",
    "no-tls-tickets",
    "no-tlsv10",
    "no-tlsv11",
    "no-tlsv12",
    "no-tlsv13",
    "no-verifyhost",
    "force-sslv3",
    "force-tlsv10",
    "force-tlsv11",
    "force-tlsv12",
    "force-tlsv13",
    "send-proxy",
    "send-proxy-v2",
    "send-proxy-v2-ssl",
    "send-proxy-v2-ssl-cn",
    "ssl",
    "ssl-reuse",
    "sslv3",
    "tfo",
    "no-tfo",
    "tls-tickets",
    "tlsv10",
    "tlsv11",
    "tlsv12",
    "tlsv13",
];

/// The same with a value.
const WITH_VALUE: &[&str] = &[
    "addr",
    "alpn",
    "ca-file",
    "check-alpn",
    "check-proto",
    "check-sni",
    "ciphers",
    "ciphersuites",
    "client-sigalgs",
    "crl-file",
    "crt",
    "curves",
    "id",
    "init-addr",
    "interface",
    "log-bufsize",
    "log-proto",
    "namespace",
    "npn",
    "port",
    "proto",
    "proxy-v2-options",
    "resolve-net",
    "resolve-opts",
    "resolve-prefer",
    "resolvers",
    "sigalgs",
    "sni",
    "socks4",
    "source",
    "ssl-max-ver",
    "ssl-min-ver",
    "tcp-ut",
    "usesrc",
    "verify",
    "verifyhost",
    "ws",
];

/// Parameters that bear on balancing and are not in the model, with their number of values.
const NOT_EXPRESSED: &[(&str, usize, &str)] = &[
    ("agent-addr", 1, "agents are not in the model"),
    ("agent-check", 0, "agents are not in the model"),
    ("agent-inter", 1, "agents are not in the model"),
    ("agent-port", 1, "agents are not in the model"),
    ("agent-send", 1, "agents are not in the model"),
    ("cookie", 1, "clients do not stick to a server by cookie in the model"),
    ("downinter", 1, "checks come at one pace in the model"),
    ("error-limit", 1, "requests that fail do not count beside checks in the model"),
    ("fastinter", 1, "checks come at one pace in the model"),
    ("max-reuse", 1, "connections to servers cost nothing in the model"),
    ("minconn", 1, "limits do not move with the load in the model"),
    ("non-stick", 0, "clients do not stick to a server in the model"),
    ("observe", 1, "requests that fail do not count beside checks in the model"),
    ("on-error", 1, "requests that fail do not count beside checks in the model"),
    ("on-marked-down", 1, "requests at a server that goes down stay there in the model"),
    ("on-marked-up", 1, "requests at other servers stay there in the model"),
    ("pool-low-conn", 1, "connections to servers cost nothing in the model"),
    ("pool-max-conn", 1, "connections to servers cost nothing in the model"),
    ("pool-purge-delay", 1, "connections to servers cost nothing in the model"),
    ("redir", 1, "clients are not sent elsewhere in the model"),
    ("shard", 1, "shards of peers are not in the model"),
    ("stick", 0, "clients do not stick to a server in the model"),
    ("track", 1, "each server is watched by itself in the model"),
];

/// The parameters of a server read so far.
#[derive(Clone, Debug)]
pub struct Parameters {
    weight: u32,
    backup: bool,
    disabled: bool,
    max_connections: Option<Said<u32>>,
    max_queue: Option<u32>,
    slow_start: Option<Said<Span>>,
    checked: Option<At>,
    interval: Span,
    fall: u32,
    rise: u32,
    timeout: Option<Span>,
}

/// Reads a line `server NAME ADDRESS [parameters]` or `server-template PREFIX NUMBER ADDRESS [parameters]`; gives the
/// servers that get requests.
pub fn servers(line: &Line, mut parameters: Parameters, report: &mut Report) -> Vec<Server> {
    let at = line.at;
    let template = line.words[0] == "server-template";
    let fixed = if template { 4 } else { 3 };
    if line.words.len() < fixed {
        report.note(at, Why::NotUnderstood, "a server without a name or an address");
        return Vec::new();
    }
    report.used(at);
    let names = if template {
        match template_names(&line.words[1], &line.words[2]) {
            Some(names) => names,
            None => {
                let message = format!("`{}`: a number of servers up to {MOST} belongs here", short(&line.words[2]));
                report.note(at, Why::NotUnderstood, message);
                return Vec::new();
            }
        }
    } else {
        vec![line.words[1].clone()]
    };
    parameters.read(&line.words[fixed..], at, report);
    if parameters.disabled || parameters.weight == 0 {
        let why = if parameters.disabled { "`disabled`" } else { "`weight 0`" };
        report.note(at, Why::Approximated, format!("{why}: the server is left out"));
        return Vec::new();
    }
    let watch = parameters.watch(at);
    let server = |name| Server {
        name,
        at,
        weight: parameters.weight,
        backup: parameters.backup,
        max_connections: parameters.max_connections.clone(),
        max_queue: parameters.max_queue,
        slow_start: parameters.slow_start.clone(),
        watch: watch.clone(),
    };
    names.into_iter().map(server).collect()
}

/// Names from a prefix and a number or a range: `web 3`, `web 4-6`.
fn template_names(prefix: &str, range: &str) -> Option<Vec<String>> {
    let (first, last) = match range.split_once('-') {
        None => (1, range.parse().ok()?),
        Some((first, last)) => (first.parse().ok()?, last.parse().ok()?),
    };
    let fits = first <= last && last - first < MOST;
    fits.then(|| (first..=last).map(|number: u32| format!("{prefix}{number}")).collect())
}

impl Parameters {
    /// The defaults for the servers of a section.
    pub fn by_default(settings: &Settings, report: &mut Report) -> Self {
        // https://docs.haproxy.org/2.6/configuration.html#5.2: inter 2s, fall 3, rise 2.
        let mut parameters = Self {
            weight: 1,
            backup: false,
            disabled: false,
            max_connections: None,
            max_queue: None,
            slow_start: None,
            checked: None,
            interval: Span::from_seconds(2.0).unwrap_or(Span::ZERO),
            fall: 3,
            rise: 2,
            timeout: settings.time("timeout check", report).map(|said| said.value),
        };
        for said in &settings.default_server {
            report.used(said.at);
            parameters.read(&said.value, said.at, report);
        }
        parameters
    }

    /// One arm each.
    fn read(&mut self, words: &[String], at: At, report: &mut Report) {
        let mut words = words.iter().map(String::as_str);
        while let Some(name) = words.next() {
            if let Some((_, values, why)) = NOT_EXPRESSED.iter().find(|(known, ..)| *known == name) {
                let value = if *values > 0 { words.next() } else { None };
                let written = value.map_or_else(|| name.to_owned(), |value| format!("{name} {}", short(value)));
                report.note(at, Why::NotExpressed, format!("`{written}`: {why}"));
                continue;
            }
            if ALONE.contains(&name) || WITH_VALUE.contains(&name) {
                if WITH_VALUE.contains(&name) {
                    words.next();
                }
                report.aside(&format!("server ... {name}"), at);
                continue;
            }
            match name {
                "backup" => self.backup = true,
                "no-backup" => self.backup = false,
                "check" => self.checked = Some(at),
                "no-check" => self.checked = None,
                "no-agent-check" => {}
                "disabled" => self.disabled = true,
                "weight" | "maxconn" | "maxqueue" | "fall" | "rise" | "inter" | "slowstart" => {
                    let value = words.next().unwrap_or_default();
                    if self.value(name, value, at).is_none() {
                        let message = format!("`{name} {}` has no value that fits", short(value));
                        report.note(at, Why::NotUnderstood, message);
                    }
                }
                _ => report.note(at, Why::NotUnderstood, format!("the parameter `{}`", short(name))),
            }
        }
    }

    /// A parameter with a number or a time; `None` if it is neither.
    fn value(&mut self, name: &str, value: &str, at: At) -> Option<()> {
        let number = value.parse::<u32>().ok();
        let time = haproxy_time(value);
        match name {
            "weight" => self.weight = number.filter(|weight| *weight <= 256)?,
            "maxconn" => self.max_connections = Some(Said::new(number?, at)).filter(|most| most.value > 0),
            "maxqueue" => self.max_queue = Some(number?).filter(|most| *most > 0),
            "fall" => self.fall = number.filter(|checks| (1..=1000).contains(checks))?,
            "rise" => self.rise = number.filter(|checks| (1..=1000).contains(checks))?,
            "inter" => self.interval = time.filter(|time| time.seconds() >= 0.001)?,
            _ => self.slow_start = Some(Said::new(time?, at)).filter(|time| time.value != Span::ZERO),
        }
        Some(())
    }

    fn watch(&self, at: At) -> Said<Watch> {
        let Some(checked) = self.checked else { return Said::new(Watch::Never, at) };
        // A check that outlasts the interval is no part of the model.
        let timeout =
            self.timeout.filter(|timeout| timeout.seconds() < self.interval.seconds()).unwrap_or(self.interval);
        Said::new(Watch::Checked { interval: self.interval, timeout, fall: self.fall, rise: self.rise }, checked)
    }
}
