//! The settings of `defaults`, which a section may override.

use std::collections::BTreeMap;

use super::sections::Line;
use crate::import::group::Said;
use crate::import::quantity::haproxy_time;
use crate::import::report::Why;
use crate::import::source::At;
use crate::import::{Report, haproxy::short};
use crate::schema::quantity::Span;

/// Settings by name.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    by_name: BTreeMap<&'static str, Said<Vec<String>>>,
    /// Settings that are switched off (`no option redispatch`).
    off: BTreeMap<&'static str, At>,
    /// `timeout connect`, which stands in for `timeout queue` where there is none.
    pub connect: Option<Span>,
    /// Parameters of `default-server`, which add up.
    pub default_server: Vec<Said<Vec<String>>>,
}

/// Names of settings: first words, or two of them.
const NAMES: &[&str] = &[
    "balance",
    "default_backend",
    "hash-balance-factor",
    "hash-type",
    "mode",
    "option allbackups",
    "option redispatch",
    "option tcpka",
    "redispatch",
    "retries",
    "retry-on",
    "timeout check",
    "timeout queue",
    "timeout server",
];

impl Settings {
    /// Takes a line in; false if it is no setting.
    pub fn set(&mut self, line: &Line) -> bool {
        let mut words = &line.words[..];
        if words[0] == "default-server" {
            self.default_server.push(Said::new(words[1..].to_vec(), line.at));
            return true;
        }
        if let [first, second, value, ..] = words
            && (first.as_str(), second.as_str()) == ("timeout", "connect")
        {
            // It is no setting of the model beside that.
            self.connect = haproxy_time(value).filter(|time| *time != Span::ZERO);
            return false;
        }
        let off = words[0] == "no" && words.len() > 1;
        if off {
            words = &words[1..];
        }
        let two = words.get(1).map(|second| format!("{} {second}", words[0]));
        for (name, length) in [(Some(words[0].clone()), 1), (two, 2)] {
            let known = NAMES.iter().find(|known| name.as_deref() == Some(**known));
            if let Some(known) = known {
                if off {
                    self.by_name.remove(known);
                    self.off.insert(known, line.at);
                } else {
                    self.off.remove(known);
                    self.by_name.insert(known, Said::new(words[length..].to_vec(), line.at));
                }
                return true;
            }
        }
        false
    }

    /// The words of a setting; it counts as used from then on.
    pub fn get(&self, name: &str, report: &mut Report) -> Option<&Said<Vec<String>>> {
        if let Some(at) = self.off.get(name) {
            report.used(*at);
        }
        let said = self.by_name.get(name)?;
        report.used(said.at);
        Some(said)
    }

    /// A setting that is a length of time.
    pub fn time(&self, name: &str, report: &mut Report) -> Option<Said<Span>> {
        let said = self.get(name, report)?;
        let at = said.at;
        let time = said.value.first().and_then(|text| haproxy_time(text));
        if time.is_none() {
            let written = short(&said.value.join(" "));
            report.note(at, Why::NotUnderstood, format!("`{written}` is not a length of time"));
        }
        time.filter(|time| *time != Span::ZERO).map(|time| Said::new(time, at))
    }

    /// Where a switch is turned on.
    pub fn switch(&self, name: &str, report: &mut Report) -> Option<At> {
        self.get(name, report).map(|said| said.at)
    }
}
