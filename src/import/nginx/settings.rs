//! How requests are passed on: timeouts and retries, which blocks inherit from those around them.

use std::collections::BTreeMap;

use super::tree::short;
use crate::import::Report;
use crate::import::group::{Retry, Said, Trouble, Watch};
use crate::import::quantity::nginx_time;
use crate::import::report::Why;
use crate::import::source::At;
use crate::schema::quantity::Span;

/// Modules that pass requests on, with directives of the same names behind theirs; the port of an address without one.
pub const PROTOCOLS: [(&str, u16); 6] =
    [("proxy", 80), ("grpc", 80), ("fastcgi", 80), ("uwsgi", 80), ("scgi", 80), ("memcached", 80)];

/// Settings of a block and those around it, by name.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    by_name: BTreeMap<String, Said<Vec<String>>>,
}

impl Settings {
    /// True if a directive is a setting that a place of passing looks at.
    pub fn knows(name: &str) -> bool {
        let of_protocol = PROTOCOLS.iter().any(|(protocol, _)| {
            let rest = name.strip_prefix(protocol).and_then(|rest| rest.strip_prefix('_'));
            matches!(
                rest,
                Some("read_timeout" | "next_upstream" | "next_upstream_tries" | "next_upstream_timeout" | "timeout")
            )
        });
        of_protocol || name == "health_check"
    }

    /// A setting of this block.
    pub fn set(&mut self, name: &str, arguments: &[String], at: At) {
        self.by_name.insert(name.to_owned(), Said::new(arguments.to_vec(), at));
    }

    fn get(&self, protocol: &str, name: &str) -> Option<&Said<Vec<String>>> {
        self.by_name.get(&format!("{protocol}_{name}"))
    }
}

/// The settings that apply to one place of passing.
#[derive(Clone, Debug, PartialEq)]
pub struct Applied {
    pub timeout: Option<Said<(Span, String)>>,
    pub retry: Option<Said<Retry>>,
    pub check: Option<Said<Watch>>,
}

impl Applied {
    /// The defaults of nginx.
    pub fn by_default(stream: bool, at: At) -> Self {
        Self::of(&Settings::default(), "proxy", stream, at, &mut Report::default())
    }

    /// The settings that apply to a place at `at` that passes requests on.
    pub fn of(settings: &Settings, protocol: &str, stream: bool, at: At, report: &mut Report) -> Self {
        Self {
            timeout: timeout(settings, protocol, stream, at, report),
            retry: retry(settings, protocol, stream, at, report),
            check: settings.by_name.get("health_check").map(|said| check(said, report)),
        }
    }

    /// True if requests are passed on in the same way, wherever that is said.
    pub fn same_as(&self, other: &Self) -> bool {
        let timeout = |applied: &Self| applied.timeout.as_ref().map(|said| said.value.0);
        let retry = |applied: &Self| applied.retry.as_ref().map(|said| said.value.clone());
        let check = |applied: &Self| applied.check.as_ref().map(|said| said.value);
        timeout(self) == timeout(other) && retry(self) == retry(other) && check(self) == check(other)
    }
}

/// A time that stands alone in a setting.
fn time(said: &Said<Vec<String>>, report: &mut Report) -> Option<Span> {
    report.used(said.at);
    let time = if let [text] = &said.value[..] { nginx_time(text) } else { None };
    if time.is_none() {
        let written = short(&said.value.join(" "));
        report.note(said.at, Why::NotUnderstood, format!("`{written}` is not a length of time"));
    }
    time
}

/// `proxy_read_timeout`, 60 s by default. A stream's `proxy_timeout` is about silence, not about answers.
fn timeout(
    settings: &Settings,
    protocol: &str,
    stream: bool,
    at: At,
    report: &mut Report,
) -> Option<Said<(Span, String)>> {
    if let Some(said) = settings.get(protocol, "timeout") {
        report.note(said.at, Why::NotExpressed, "how long a connection may be silent");
    }
    if stream {
        return None;
    }
    let name = format!("{protocol}_read_timeout");
    let said = settings.get(protocol, "read_timeout").and_then(|said| {
        let time = time(said, report).filter(|time| *time != Span::ZERO)?;
        Some(Said::new((time, format!("`{name}`")), said.at))
    });
    said.or_else(|| {
        let default = Span::from_seconds(60.0)?;
        Some(Said::new((default, format!("`{name}`, nginx's default")), at))
    })
}

/// `proxy_next_upstream` with its tries and timeout; `error timeout` without limits by default.
fn retry(settings: &Settings, protocol: &str, stream: bool, at: At, report: &mut Report) -> Option<Said<Retry>> {
    let mut retry = Said::new(
        Retry { tries: 0, timeout: None, on: vec![Trouble::Connection, Trouble::Timeout], comes_back: false },
        at,
    );
    if let Some(said) = settings.get(protocol, "next_upstream") {
        report.used(said.at);
        retry.at = said.at;
        if !stream {
            retry.value.on.clear();
        }
        for word in &said.value {
            match word.as_str() {
                "off" => return None,
                "on" if stream => {}
                "error" => retry.value.on.push(Trouble::Connection),
                "http_500" => retry.value.on.push(Trouble::Error),
                "http_503" => retry.value.on.push(Trouble::Unavailable),
                "non_idempotent" => {}
                "timeout" => retry.value.on.push(Trouble::Timeout),
                "invalid_header" | "http_502" | "http_504" | "http_403" | "http_404" | "http_429" => {
                    report.note(said.at, Why::NotExpressed, format!("`{word}`: no server of the model answers so"));
                }
                other => report.note(said.at, Why::NotUnderstood, format!("the parameter `{}`", short(other))),
            }
        }
    }
    if let Some(said) = settings.get(protocol, "next_upstream_tries") {
        report.used(said.at);
        match said.value.first().and_then(|text| text.parse().ok()) {
            Some(tries) => retry.value.tries = tries,
            None => report.note(said.at, Why::NotUnderstood, "a number of tries belongs here"),
        }
    }
    if let Some(said) = settings.get(protocol, "next_upstream_timeout") {
        retry.value.timeout = time(said, report).filter(|time| *time != Span::ZERO);
    }
    (!retry.value.on.is_empty()).then_some(retry)
}

/// `health_check` of NGINX Plus: interval 5 s, one failure takes a server out and one success brings it back.
fn check(said: &Said<Vec<String>>, report: &mut Report) -> Said<Watch> {
    report.used(said.at);
    let mut interval = Span::from_seconds(5.0).unwrap_or(Span::ZERO);
    let (mut fall, mut rise) = (1, 1);
    for parameter in &said.value {
        let (name, value) = parameter.split_once('=').unwrap_or((parameter, ""));
        match (name, value.parse::<u32>(), nginx_time(value)) {
            ("interval", _, Some(time)) if time != Span::ZERO => interval = time,
            ("fails", Ok(fails @ 1..=1000), _) => fall = fails,
            ("passes", Ok(passes @ 1..=1000), _) => rise = passes,
            ("uri" | "port" | "match" | "type", ..) => {}
            _ => {
                let message = format!("the parameter `{}` of `health_check`", short(parameter));
                report.note(said.at, Why::NotExpressed, message);
            }
        }
    }
    Said::new(Watch::Checked { interval, timeout: interval, fall, rise }, said.at)
}
