//! Frontends, backends and what leads from one to the other.

use std::collections::BTreeMap;

use super::balance::balance;
use super::retry::retry;
use super::sections::{Line, Section};
use super::server::{Parameters, servers};
use super::settings::Settings;
use super::short;
use crate::import::Report;
use crate::import::group::{Group, MOST_GROUPS, Queue, Said, Server};
use crate::import::report::Why;
use crate::import::source::At;

/// The number of servers of a section from which on further ones are left out; twice as many for all sections together.
const MOST_SERVERS: usize = 100_000;

/// First words of lines that bear on load and are not in the model.
const NOT_EXPRESSED: &[(&str, &str)] = &[
    ("cookie", "clients do not stick to a server by cookie in the model"),
    ("dispatch", "an address for all requests: write it as a `server`"),
    ("fullconn", "limits do not move with the load in the model"),
    ("maxconn", "a proxy holds any number of connections in the model"),
    ("max-session-srv-conns", "a proxy holds any number of connections in the model"),
    ("rate-limit", "limits of rate are not in the model of a proxy"),
    ("stick", "clients do not stick to a server in the model"),
    ("use-server", "a server is chosen by the policy alone in the model"),
    ("http-reuse", "connections to servers cost nothing in the model"),
    ("timeout connect", "a connection is made at once or refused at once in the model"),
    ("force-persist", "clients do not stick to a server in the model"),
    ("nbproc", "several processes: set `copies` of each balancer"),
];

/// First words of lines that are not about balancing.
const ASIDE: &[&str] = &[
    "acl",
    "backlog",
    "bind",
    "bind-process",
    "capture",
    "clitcpka-cnt",
    "clitcpka-idle",
    "clitcpka-intvl",
    "compression",
    "declare",
    "default",
    "description",
    "email-alert",
    "enabled",
    "errorfile",
    "errorfiles",
    "errorloc",
    "errorloc302",
    "errorloc303",
    "error-log-format",
    "external-check",
    "filter",
    "grace",
    "hash-preserve-affinity",
    "http-after-response",
    "http-check",
    "http-error",
    "http-request",
    "http-response",
    "http-send-name-header",
    "id",
    "ignore-persist",
    "load-server-state-from-file",
    "log",
    "log-format",
    "log-format-sd",
    "log-steps",
    "log-tag",
    "max-keep-alive-queue",
    "monitor",
    "monitor-net",
    "monitor-uri",
    "no",
    "option",
    "persist",
    "quic-initial",
    "redirect",
    "server-state-file-name",
    "source",
    "srvtcpka-cnt",
    "srvtcpka-idle",
    "srvtcpka-intvl",
    "stats",
    "stick-table",
    "tcp-check",
    "tcp-request",
    "tcp-response",
    "timeout",
    "transparent",
    "unique-id-format",
    "unique-id-header",
    "use-fcgi-app",
];

/// The balancers of a configuration.
pub fn groups(sections: &[Section], report: &mut Report) -> Vec<Group> {
    let mut defaults = Settings::default();
    let mut named: BTreeMap<&str, Settings> = BTreeMap::new();
    let mut groups: Vec<Group> = Vec::new();
    // Where frontends lead, to be looked up when all backends are known.
    let mut ways: Vec<(Said<String>, String)> = Vec::new();
    for section in sections {
        let mut settings = match &section.from {
            None => defaults.clone(),
            Some(from) => named.get(from.as_str()).cloned().unwrap_or_else(|| {
                report.note(section.at, Why::NotUnderstood, format!("there are no defaults `{}`", short(from)));
                Settings::default()
            }),
        };
        match section.kind.as_str() {
            "defaults" => {
                // Other defaults count only where they are asked for.
                if section.from.is_none() {
                    settings = Settings::default();
                }
                for line in &section.lines {
                    if settings.set(line) {
                        report.setting(&label(line), line.at);
                    } else {
                        other(line, "defaults", report);
                    }
                }
                named.insert(&section.name, settings.clone());
                defaults = settings;
                report.used(section.at);
            }
            "frontend" | "backend" | "listen" => {
                report.used(section.at);
                proxy(section, settings, &mut groups, &mut ways, report);
            }
            kind => {
                report.aside(&format!("section {kind}"), section.at);
                for line in &section.lines {
                    let expressed = kind != "global" || !not_expressed(line, report);
                    if expressed {
                        report.aside(&label(line), line.at);
                    }
                }
            }
        }
    }
    for (way, entrance) in ways {
        match groups.iter_mut().find(|group| group.name == way.value) {
            Some(group) => {
                report.used(way.at);
                group.entrances.push(Said::new(entrance, way.at));
            }
            None => {
                let message = format!("there is no backend `{}` with servers", short(&way.value));
                report.note(way.at, Why::NotExpressed, message);
            }
        }
    }
    groups
}

/// A frontend, a backend, or both in one: where it leads, and the balancer that it is.
fn proxy(
    section: &Section,
    mut settings: Settings,
    groups: &mut Vec<Group>,
    ways: &mut Vec<(Said<String>, String)>,
    report: &mut Report,
) {
    let what = format!("{} \"{}\"", section.kind, short(&section.name));
    let (settings_lines, lines): (Vec<&Line>, Vec<&Line>) = section.lines.iter().partition(|line| settings.set(line));
    let parameters = Parameters::by_default(&settings, report);
    let mut members = Vec::new();
    let mut disabled = false;
    for line in lines {
        match line.words[0].as_str() {
            "server" | "server-template" if members.len() >= MOST_SERVERS => {
                report.note(line.at, Why::NotExpressed, format!("more than {MOST_SERVERS} servers: left out"));
            }
            "server" | "server-template" => members.extend(servers(line, parameters.clone(), report)),
            "use_backend" => use_backend(line, &what, ways, report),
            "disabled" => {
                disabled = true;
                report.note(line.at, Why::Approximated, format!("{what} is disabled: left out"));
            }
            _ => other(line, &what, report),
        }
    }
    if let Some(backend) = settings.get("default_backend", report).filter(|_| section.kind != "backend") {
        let name = backend.value.first().cloned().unwrap_or_default();
        ways.push((Said::new(name, backend.at), what.clone()));
    }
    for line in settings_lines {
        report.setting(&label(line), line.at);
    }
    if section.kind == "frontend" || disabled {
        return;
    }
    match left_out(section, &what, &members, groups) {
        Some((why, message)) => report.note(section.at, why, message),
        None => groups.push(group(section, what, members, &settings, report)),
    }
}

/// Why a proxy with these servers is not in the model, if it is not.
fn left_out(section: &Section, what: &str, members: &[Server], groups: &[Group]) -> Option<(Why, String)> {
    let known: usize = groups.iter().map(|group| group.servers.len()).sum();
    if members.is_empty() {
        Some((Why::NotExpressed, format!("{what} has no servers: left out")))
    } else if groups.len() >= MOST_GROUPS || known + members.len() > 2 * MOST_SERVERS {
        Some((Why::NotExpressed, format!("{what} is more than the model holds: left out")))
    } else if groups.iter().any(|group| group.name == section.name) {
        Some((Why::NotUnderstood, format!("a second {what}: left out")))
    } else {
        None
    }
}

/// The balancer that a proxy with these servers is.
fn group(section: &Section, what: String, members: Vec<Server>, settings: &Settings, report: &mut Report) -> Group {
    let backups = members.iter().filter(|server| server.backup).count();
    if settings.switch("option allbackups", report).is_none() && backups > 1 {
        report.note(section.at, Why::Approximated, "of several backups HAProxy uses one at a time, the model all");
    }
    // https://docs.haproxy.org/2.6/configuration.html#4.2-mode: TCP is the default.
    let mode = settings.get("mode", report);
    let layer4 = match mode {
        Some(said) if said.value.first().is_some_and(|mode| mode == "http") => None,
        Some(said) => Some(said.at),
        None => Some(section.at),
    };
    let timeout = settings.time("timeout server", report);
    let timeout = timeout.map(|said| Said::new((said.value, "`timeout server`".to_owned()), said.at));
    let limits: Vec<Limits> = members.iter().filter_map(Limits::of).collect();
    Group {
        name: section.name.clone(),
        what: what.clone(),
        at: section.at,
        balance: balance(settings, section.at, report),
        servers: members,
        copies: None,
        layer4,
        retry: retry(settings, report),
        timeout,
        queue: queue(settings, &limits, report),
        entrances: if section.kind == "listen" { vec![Said::new(what, section.at)] } else { Vec::new() },
    }
}

/// `maxconn` and `maxqueue` of a server that has the first.
struct Limits {
    at: At,
    per_server: Option<u32>,
}

impl Limits {
    fn of(server: &Server) -> Option<Self> {
        let most = server.max_connections.as_ref()?;
        Some(Self { at: most.at, per_server: server.max_queue })
    }
}

/// The queue at `maxconn`: requests wait for `timeout queue`, or for `timeout connect` if the former is missing.
fn queue(settings: &Settings, limits: &[Limits], report: &mut Report) -> Option<Said<Queue>> {
    let timeout = settings.time("timeout queue", report);
    let first = limits.first()?;
    for other in limits.iter().filter(|other| other.per_server != first.per_server) {
        let message = "servers have a different `maxqueue`: all as the first one in the model";
        report.note(other.at, Why::Approximated, message);
    }
    let timeout = timeout.map(|said| said.value).or(settings.connect);
    Some(Said::new(Queue { timeout, per_server: first.per_server }, first.at))
}

/// `use_backend NAME [if CONDITION]`.
fn use_backend(line: &Line, what: &str, ways: &mut Vec<(Said<String>, String)>, report: &mut Report) {
    let Some(name) = line.words.get(1) else {
        report.note(line.at, Why::NotUnderstood, "the name of a backend belongs here");
        return;
    };
    if name.contains("%[") {
        let message = format!("`{}`: what a request holds decides where it goes", short(name));
        report.note(line.at, Why::NotExpressed, message);
        return;
    }
    let condition = short(&line.words[2..].join(" "));
    let entrance = if condition.is_empty() { what.to_owned() } else { format!("{what} {condition}") };
    ways.push((Said::new(name.clone(), line.at), entrance));
}

/// The name of a line: its first word, or two if one says too little.
fn label(line: &Line) -> String {
    let words = if ["option", "timeout", "no", "stats"].contains(&line.words[0].as_str()) { 2 } else { 1 };
    line.words.iter().take(words).map(String::as_str).collect::<Vec<_>>().join(" ")
}

/// A line that has no counterpart in a group.
fn other(line: &Line, what: &str, report: &mut Report) {
    if not_expressed(line, report) {
        return;
    }
    let name = line.words[0].as_str();
    if ASIDE.contains(&name) {
        report.aside(&label(line), line.at);
    } else {
        report.note(line.at, Why::NotUnderstood, format!("`{}` in {what}", short(name)));
    }
}

/// Notes a line that bears on load and is not in the model.
fn not_expressed(line: &Line, report: &mut Report) -> bool {
    let one = line.words[0].as_str();
    let two = line.words.iter().take(2).map(String::as_str).collect::<Vec<_>>().join(" ");
    let found = NOT_EXPRESSED.iter().find(|(name, _)| *name == one || *name == two);
    if let Some((name, why)) = found {
        report.note(line.at, Why::NotExpressed, format!("`{name}`: {why}"));
    }
    found.is_some()
}
