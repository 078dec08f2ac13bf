//! The places that pass requests on: `proxy_pass` and its kin in servers and locations.

use super::settings::{Applied, PROTOCOLS, Settings};
use super::tree::{Directive, short};
use super::upstream::Upstreams;
use crate::import::Report;
use crate::import::group::Said;
use crate::import::report::Why;

/// Directives that bear on load and have no counterpart in the model, by the beginning of their names.
const NOT_EXPRESSED: &[(&str, &str)] = &[
    ("limit_req", "limits of rate are not in the model of a proxy"),
    ("limit_conn", "limits of connections are not in the model of a proxy"),
    ("limit_rate", "limits of bandwidth are not in the model"),
    ("proxy_cache", "a proxy has no cache in the model: all requests go to the servers"),
    ("fastcgi_cache", "a proxy has no cache in the model: all requests go to the servers"),
    ("uwsgi_cache", "a proxy has no cache in the model: all requests go to the servers"),
    ("scgi_cache", "a proxy has no cache in the model: all requests go to the servers"),
    ("proxy_connect_timeout", "a connection is made at once or refused at once in the model"),
    ("proxy_store", "a proxy keeps nothing in the model: all requests go to the servers"),
    ("proxy_bind", "the model knows no addresses of the proxy"),
    ("worker_connections", "a proxy holds any number of connections in the model"),
    ("mirror", "requests are not doubled in the model"),
    ("auth_request", "no second request is made for leave in the model"),
    ("split_clients", "shares of clients are not split in the model: give each part clients of its own"),
];

/// Blocks whose contents are data, not directives.
const DATA: &[&str] = &["types", "map", "geo", "split_clients", "match", "charset_map"];

/// The settings of the blocks around a directive.
#[derive(Clone, Debug, Default)]
pub struct Scope {
    stream: bool,
    server: String,
    location: String,
    settings: Settings,
}

/// Goes through a configuration and collects the directives that pass requests on.
#[derive(Debug)]
pub struct Walk {
    pub upstreams: Upstreams,
    pub report: Report,
}

impl Walk {
    /// The directives of a block. Settings hold for the whole of it, wherever they stand.
    pub fn block(&mut self, directives: &[Directive], around: &Scope) {
        let mut scope = around.clone();
        for directive in directives.iter().filter(|directive| Settings::knows(&directive.name)) {
            scope.settings.set(&directive.name, &directive.arguments, directive.at);
        }
        for directive in directives {
            self.directive(directive, &scope);
        }
    }

    fn directive(&mut self, directive: &Directive, scope: &Scope) {
        let at = directive.at;
        let name = directive.name.as_str();
        let passing = PROTOCOLS.iter().find(|(protocol, _)| name.strip_suffix("_pass") == Some(protocol));
        let not_expressed = NOT_EXPRESSED.iter().find(|(beginning, _)| name.starts_with(beginning));
        match (name, &directive.block) {
            // Upstreams of `http` and `stream` have been read before everything else.
            ("upstream", Some(block)) => {
                if !self.report.used.contains(&at) {
                    self.report.note(at, Why::NotUnderstood, "an upstream belongs in `http` or `stream`: left out");
                    for inside in block {
                        self.directive(inside, scope);
                    }
                }
            }
            // Read after all else.
            ("worker_processes", None) => self.report.setting(name, at),
            ("http" | "stream", Some(block)) => {
                self.report.used(at);
                self.block(block, &Scope { stream: name == "stream", ..scope.clone() });
            }
            ("server", Some(block)) => {
                self.report.used(at);
                let inner = Scope { server: server_name(block), location: String::new(), ..scope.clone() };
                self.block(block, &inner);
            }
            ("location", Some(block)) => {
                self.report.used(at);
                let path = directive.arguments.join(" ");
                self.block(block, &Scope { location: path, ..scope.clone() });
            }
            _ if not_expressed.is_some() => {
                if let Some((_, why)) = not_expressed {
                    self.report.note(at, Why::NotExpressed, *why);
                }
                if !DATA.contains(&name) {
                    self.block(directive.inside(), scope);
                }
            }
            (name, Some(_)) if DATA.contains(&name) => self.report.aside(name, at),
            (name, Some(block)) => {
                self.report.aside(name, at);
                self.block(block, scope);
            }
            _ => match passing {
                Some(&(protocol, port)) => self.pass(directive, protocol, port, scope),
                None if Settings::knows(name) => self.report.setting(name, at),
                None => self.report.aside(name, at),
            },
        }
    }

    /// `proxy_pass ADDRESS` and its kin.
    fn pass(&mut self, directive: &Directive, protocol: &str, port: u16, scope: &Scope) {
        let at = directive.at;
        let Some(written) = directive.first() else {
            self.report.note(at, Why::NotUnderstood, "an address belongs here");
            return;
        };
        let (scheme, rest) = written.split_once("://").unwrap_or(("", written));
        let port = if matches!(scheme, "https" | "grpcs" | "suwsgi") { 443 } else { port };
        let Some(target) = target(rest) else {
            let message = format!("`{}`: variables decide where requests go", short(written));
            self.report.note(at, Why::NotExpressed, message);
            return;
        };
        let applied = Applied::of(&scope.settings, protocol, scope.stream, at, &mut self.report);
        let Some(upstream) = self.upstreams.find_or_make(target, port, scope.stream, at) else {
            self.report.note(at, Why::NotExpressed, "there are more upstreams than the model holds: left out");
            return;
        };
        let entrance = match (scope.location.as_str(), scope.server.as_str()) {
            ("", "") => format!("`{}`", short(written)),
            ("", server) => server.to_owned(),
            (location, "") => format!("location {}", short(location)),
            (location, server) => format!("location {} of {server}", short(location)),
        };
        upstream.group.entrances.push(Said::new(entrance, at));
        self.report.used(at);
        match &upstream.applied {
            None => upstream.applied = Some(applied),
            Some(first) if first.same_as(&applied) => {}
            Some(_) => {
                let message = format!(
                    "{} is asked with other timeouts or retries elsewhere: those of the first place hold",
                    upstream.group.what
                );
                self.report.note(at, Why::Approximated, message);
            }
        }
    }
}

/// Host and port, or socket, of an address; `None` if variables decide it.
fn target(rest: &str) -> Option<&str> {
    if let Some(path) = rest.strip_prefix("unix:") {
        let end = path.find(':').map_or(rest.len(), |at| at + "unix:".len());
        return (!rest[..end].contains('$')).then_some(&rest[..end]);
    }
    let end = rest.find(['/', '?']).unwrap_or(rest.len());
    let authority = &rest[..end];
    match authority.find('$') {
        None => (!authority.is_empty()).then_some(authority),
        // `http://shop$request_uri`: the variable begins with the slash.
        Some(at) if at > 0 && ["$request_uri", "$uri"].iter().any(|known| authority[at..].starts_with(known)) => {
            Some(&authority[..at])
        }
        Some(_) => None,
    }
}

/// The name of a `server` block: its first name, else the address that it listens on.
fn server_name(block: &[Directive]) -> String {
    let first =
        |name: &str| block.iter().filter(|d| d.name == name).find_map(|d| d.first()).filter(|word| *word != "_");
    match (first("server_name"), first("listen")) {
        (Some(name), _) if !name.is_empty() => short(name),
        (_, Some(listen)) => format!("the server at {}", short(listen)),
        _ => String::new(),
    }
}
