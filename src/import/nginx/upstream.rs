//! `upstream` blocks.

use std::collections::BTreeMap;

use super::server::{server, with_port};
use super::settings::Applied;
use super::tree::{Directive, short};
use crate::import::Report;
use crate::import::group::{Balance, By, Group, Hashing, MOST_GROUPS, Said, Tied};
use crate::import::report::Why;
use crate::import::source::At;

/// An upstream on the way to a group.
#[derive(Clone, Debug)]
pub struct Upstream {
    pub group: Group,
    /// Its state is shared by all worker processes.
    zone: bool,
    /// How requests are passed to it: the settings of the first place that does so.
    pub applied: Option<Applied>,
}

/// All upstreams: the blocks of that name, and the addresses that requests are passed to directly.
#[derive(Clone, Debug, Default)]
pub struct Upstreams {
    list: Vec<Upstream>,
    /// Where each stands in the list, by its name in small letters and whether it is one of `stream`.
    places: BTreeMap<(String, bool), usize>,
}

impl Upstreams {
    /// Takes in the `upstream` blocks among these directives and in `http` and `stream`.
    pub fn collect(&mut self, directives: &[Directive], stream: bool, report: &mut Report) {
        for directive in directives {
            match (directive.name.as_str(), &directive.block) {
                ("http", Some(block)) => self.collect(block, false, report),
                ("stream", Some(block)) => self.collect(block, true, report),
                ("upstream", Some(block)) => self.add(directive, block, stream, report),
                _ => {}
            }
        }
    }

    fn add(&mut self, directive: &Directive, block: &[Directive], stream: bool, report: &mut Report) {
        let at = directive.at;
        let name = directive.first().unwrap_or_default();
        report.used(at);
        if self.list.len() >= MOST_GROUPS {
            report.note(at, Why::NotExpressed, format!("more than {MOST_GROUPS} upstreams: left out"));
            note_inside(directive, report);
            return;
        }
        if self.find(name, stream).is_some() {
            report.note(at, Why::NotUnderstood, format!("a second upstream \"{}\": left out", short(name)));
            note_inside(directive, report);
            return;
        }
        let group = Group {
            name: name.to_owned(),
            what: format!("upstream \"{}\"", short(name)),
            at,
            balance: Said::new(Balance::SmoothRoundRobin, at),
            servers: Vec::new(),
            copies: None,
            layer4: stream.then_some(at),
            retry: None,
            timeout: None,
            queue: None,
            entrances: Vec::new(),
        };
        let mut upstream = Upstream { group, zone: false, applied: None };
        for inside in block {
            upstream.directive(inside, report);
        }
        self.push(upstream);
    }

    /// The upstream of that name.
    pub fn find(&mut self, name: &str, stream: bool) -> Option<&mut Upstream> {
        self.places.get(&(name.to_ascii_lowercase(), stream)).map(|&place| &mut self.list[place])
    }

    fn push(&mut self, upstream: Upstream) {
        let name = (upstream.group.name.to_ascii_lowercase(), upstream.group.layer4.is_some());
        self.places.insert(name, self.list.len());
        self.list.push(upstream);
    }

    /// The upstream of that name; else one that is made of the address itself. `None` if there are too many.
    pub fn find_or_make(&mut self, name: &str, port: u16, stream: bool, at: At) -> Option<&mut Upstream> {
        if self.find(name, stream).is_none() {
            if self.list.len() >= MOST_GROUPS {
                return None;
            }
            let address = with_port(name, port);
            let direct = Directive { name: "server".to_owned(), arguments: vec![address], at, block: None };
            let server = server(&direct, &mut Report::default());
            let group = Group {
                name: name.to_owned(),
                what: format!("the address {}", short(name)),
                at,
                balance: Said::new(Balance::SmoothRoundRobin, at),
                servers: server.into_iter().collect(),
                copies: None,
                layer4: stream.then_some(at),
                retry: None,
                timeout: None,
                queue: None,
                entrances: Vec::new(),
            };
            self.push(Upstream { group, zone: true, applied: None });
        }
        self.find(name, stream)
    }

    /// The groups that have servers.
    pub fn finish(self, workers: Option<Said<usize>>, report: &mut Report) -> Vec<Group> {
        let mut groups = Vec::new();
        for Upstream { mut group, zone, applied } in self.list {
            if group.servers.is_empty() {
                report.note(group.at, Why::NotExpressed, format!("{} has no servers: left out", group.what));
                continue;
            }
            let applied = applied.unwrap_or_else(|| Applied::by_default(group.layer4.is_some(), group.at));
            group.retry = applied.retry;
            group.timeout = applied.timeout;
            if let Some(check) = applied.check {
                for server in &mut group.servers {
                    server.watch = check.clone();
                }
            }
            if !zone {
                group.copies = workers.clone().filter(|workers| workers.value > 1);
            }
            let names = group.servers.iter().map(|server| server.name.as_str()).filter(|name| is_host_name(name));
            let names: Vec<&str> = names.take(4).collect();
            if !names.is_empty() {
                let list = names.iter().map(|name| short(name)).collect::<Vec<_>>().join(", ");
                report.note(group.at, Why::Assumed, format!("names are not looked up, each is one server: {list}"));
            }
            groups.push(group);
        }
        groups
    }
}

fn is_host_name(address: &str) -> bool {
    let host = address.rsplit_once(':').map_or(address, |(host, _)| host);
    !address.starts_with("unix:") && !address.starts_with('[') && host.parse::<std::net::Ipv4Addr>().is_err()
}

impl Upstream {
    /// A directive of the block: one arm each.
    fn directive(&mut self, directive: &Directive, report: &mut Report) {
        let at = directive.at;
        if directive.block.is_some() {
            report.note(
                at,
                Why::NotUnderstood,
                format!("the block `{}` in {}", short(&directive.name), self.group.what),
            );
            note_inside(directive, report);
            return;
        }
        match directive.name.as_str() {
            "server" => self.group.servers.extend(server(directive, report)),
            "least_conn" => self.balance(Balance::LeastConnections(Tied::ByWeight), directive, report),
            "ip_hash" => {
                let balance = Balance::Hash { by: By::Client, how: Hashing::NginxIp, bound: None };
                self.balance(balance, directive, report);
            }
            "hash" => self.hash(directive, report),
            "random" => self.random(directive, report),
            "least_time" => {
                report.note(at, Why::Approximated, "`least_time`: the time to the last byte counts");
                self.balance(Balance::LeastTime, directive, report);
            }
            "zone" => {
                self.zone = true;
                report.used(at);
            }
            "keepalive" => {
                let message = "connections to servers cost nothing in the model, so keeping them gains nothing";
                report.note(at, Why::NotExpressed, message);
            }
            "keepalive_requests" | "keepalive_timeout" | "keepalive_time" => {
                report.note(at, Why::NotExpressed, "connections to servers cost nothing in the model");
            }
            "sticky" | "sticky_cookie_insert" => {
                report.note(at, Why::NotExpressed, "clients do not stick to a server by cookie in the model");
            }
            "queue" => report.note(at, Why::NotExpressed, "a balancer holds no queue of its own in the model"),
            "state" => report.note(at, Why::NotExpressed, "servers in a file of state are not read"),
            "resolver" | "resolver_timeout" => report.aside(&directive.name, at),
            name => {
                report.note(at, Why::NotUnderstood, format!("`{}` in {}", short(name), self.group.what));
            }
        }
    }

    fn balance(&mut self, balance: Balance, directive: &Directive, report: &mut Report) {
        let at = directive.at;
        let first = self.group.at == self.group.balance.at;
        if !first {
            report.note(at, Why::Assumed, "a second method of balancing: the last one counts, as in nginx");
        }
        if let (Balance::LeastConnections(_) | Balance::Hash { how: Hashing::NginxIp, .. }, Some(argument)) =
            (&balance, directive.first())
        {
            report.note(at, Why::NotUnderstood, format!("the parameter `{}`", short(argument)));
        }
        report.used(at);
        self.group.balance = Said::new(balance, at);
    }

    /// `hash KEY [consistent]`.
    fn hash(&mut self, directive: &Directive, report: &mut Report) {
        let at = directive.at;
        let Some((key, options)) = directive.arguments.split_first() else {
            report.note(at, Why::NotUnderstood, "`hash` without a key");
            return;
        };
        let by = match key.as_str() {
            "$remote_addr" | "${remote_addr}" | "$binary_remote_addr" | "$http_x_forwarded_for" => By::Client,
            "$uri" | "$request_uri" => By::Key,
            _ => {
                report.note(at, Why::Approximated, format!("`{}` is the key of a request in the model", short(key)));
                By::Key
            }
        };
        let mut how = Hashing::Modulo;
        for option in options {
            match option.as_str() {
                "consistent" => how = Hashing::NginxRing,
                other => report.note(at, Why::NotUnderstood, format!("the parameter `{}`", short(other))),
            }
        }
        self.balance(Balance::Hash { by, how, bound: None }, directive, report);
    }

    /// `random [two [least_conn | least_time=...]]`.
    fn random(&mut self, directive: &Directive, report: &mut Report) {
        let words: Vec<&str> = directive.arguments.iter().map(String::as_str).collect();
        let choices = match words[..] {
            [] => 1,
            ["two"] | ["two", "least_conn"] => 2,
            ["two", method] if method.starts_with("least_time") => {
                let message = "the better of two is the one with fewer connections in the model";
                report.note(directive.at, Why::Approximated, message);
                2
            }
            _ => {
                let message = format!("the parameters `{}` of `random`", short(&words.join(" ")));
                report.note(directive.at, Why::NotUnderstood, message);
                if words.first() == Some(&"two") { 2 } else { 1 }
            }
        };
        self.balance(Balance::Random(choices), directive, report);
    }
}

/// Lists all that stands in the block of a directive that is not understood.
fn note_inside(directive: &Directive, report: &mut Report) {
    for inside in directive.inside() {
        report.note(
            inside.at,
            Why::NotUnderstood,
            format!("`{}` in `{}`", short(&inside.name), short(&directive.name)),
        );
        note_inside(inside, report);
    }
}
