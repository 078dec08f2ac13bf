//! JSON lines.

use serde_json::Value;

use super::client::client;
use super::stamp::Stamps;
use super::{Fault, Fields, JsonLines, path};
use crate::trace::Known;

/// Usual names: of NGINX's variables, of the access logs of Caddy and Traefik, and of programs that write their own.
const TIMES: &[&str] =
    &["time", "timestamp", "@timestamp", "ts", "time_iso8601", "msec", "time_local", "StartUTC", "datetime", "date"];
const CLIENTS: &[&str] = &[
    "client",
    "remote_addr",
    "client_ip",
    "clientip",
    "remote_ip",
    "request.client_ip",
    "request.remote_ip",
    "ClientHost",
    "ip",
];
const KEYS: &[&str] = &["key", "path", "uri", "request_uri", "url", "request.uri", "RequestPath", "request"];
const SIZES: &[&str] = &["size", "bytes", "body_bytes_sent", "bytes_sent", "DownstreamContentSize", "response_size"];

/// Reads JSON lines.
#[derive(Debug)]
pub(in crate::trace) struct JsonParser {
    time: Field,
    client: Field,
    key: Field,
    size: Field,
    stamps: Stamps,
    /// The key of the line just read.
    text: Vec<u8>,
}

/// A field by its name.
#[derive(Debug)]
enum Field {
    /// As the user named it: every line must have it.
    Named(String),
    /// One of the usual names, that the first good line had.
    Found(&'static str),
    /// Any of the usual names.
    Any(&'static [&'static str]),
    /// The first good line had none.
    Absent,
}

impl Field {
    fn new(name: Option<&String>, usual: &'static [&'static str]) -> Self {
        name.map_or(Self::Any(usual), |name| Self::Named(name.clone()))
    }

    /// Its value in `line`; `None` if the line does not have it and need not.
    fn get<'a>(&self, line: &'a Value) -> Result<Option<&'a Value>, Fault> {
        match self {
            Self::Named(name) => find(line, name).map(Some).ok_or_else(|| format!("has no field \"{name}\"").into()),
            Self::Found(name) => Ok(find(line, name)),
            Self::Any(usual) => Ok(usual.iter().find_map(|name| scalar(line, name))),
            Self::Absent => Ok(None),
        }
    }

    /// Keeps to the name that this line, the first good one, has.
    fn settle(&mut self, line: &Value) {
        if let Self::Any(usual) = self {
            *self =
                usual.iter().find(|name| scalar(line, name).is_some()).map_or(Self::Absent, |name| Self::Found(name));
        }
    }

    fn is_known(&self) -> bool {
        matches!(self, Self::Named(_) | Self::Found(_))
    }
}

/// The value under a name: the whole name first, then as a path with dots.
fn find<'a>(line: &'a Value, name: &str) -> Option<&'a Value> {
    line.get(name).or_else(|| {
        let (first, rest) = name.split_once('.')?;
        find(line.get(first)?, rest)
    })
}

/// A string or a number; other values under a usual name mean something else.
fn scalar<'a>(line: &'a Value, name: &str) -> Option<&'a Value> {
    find(line, name).filter(|value| value.is_string() || value.is_number())
}

impl JsonParser {
    /// For fields as described.
    pub fn new(format: &JsonLines) -> Self {
        Self {
            time: Field::new(format.time.as_ref(), TIMES),
            client: Field::new(format.client.as_ref(), CLIENTS),
            key: Field::new(format.key.as_ref(), KEYS),
            size: Field::new(format.size.as_ref(), SIZES),
            stamps: Stamps::new(&format.unit),
            text: Vec::new(),
        }
    }

    /// The fields there are.
    pub fn known(&self) -> Known {
        Known { client: self.client.is_known(), key: self.key.is_known(), size: self.size.is_known() }
    }

    /// Reads a line.
    pub fn parse(&mut self, line: &[u8]) -> Result<Fields<'_>, Fault> {
        let line: Value = serde_json::from_slice(line).map_err(|_| "is not JSON")?;
        if !line.is_object() {
            return Err("is not a JSON object".into());
        }
        let time = self.time.get(&line)?.ok_or("has no field of a usual name for a time")?;
        let client_value = self.client.get(&line)?;
        let key = self.key.get(&line)?;
        let size = match self.size.get(&line)? {
            None | Some(Value::Null) => 0,
            Some(Value::String(text)) => super::size(text.as_bytes()).ok_or("has a size that is not a whole number")?,
            Some(value) => value.as_u64().ok_or("has a size that is not a whole number")?,
        };
        // Last, because the first good time stamp decides the unit of numbers.
        let time = with_text(time, |text| self.stamps.read(text)).flatten().ok_or("has a time that is not one")?;
        let client = client_value.and_then(|value| with_text(value, |text| client(text.as_bytes()))).unwrap_or(0);
        self.text.clear();
        let text = &mut self.text;
        if key.and_then(|key| with_text(key, |key| text.extend_from_slice(path(key.as_bytes())))).is_none() {
            text.push(b'-');
        }
        for field in [&mut self.time, &mut self.client, &mut self.key, &mut self.size] {
            field.settle(&line);
        }
        Ok(Fields { time, client, key: &self.text, size })
    }
}

/// Calls `f` with the text of a string or a number; numbers are written with as many digits as they need.
fn with_text<T>(value: &Value, f: impl FnOnce(&str) -> T) -> Option<T> {
    match value {
        Value::String(text) => Some(f(text)),
        Value::Number(number) => Some(f(&number.to_string())),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::super::stamp::{AutoUnit, TimeUnit};
    use super::*;

    fn format(time: Option<&str>, key: Option<&str>) -> JsonLines {
        let own = |name: Option<&str>| name.map(str::to_owned);
        JsonLines { time: own(time), client: None, key: own(key), size: None, unit: TimeUnit::Auto(AutoUnit {}) }
    }

    #[test]
    fn usual_names_are_found_and_kept() {
        let mut parser = JsonParser::new(&format(None, None));
        let nginx = br#"{"time_iso8601":"2024-01-01T00:00:01+00:00","remote_addr":"10.0.0.1","request":"GET /a HTTP/1.1","body_bytes_sent":"12"}"#;
        let expected = Fields { time: 1_704_067_201_000_000_000, client: 0x0A00_0001, key: b"/a".as_slice(), size: 12 };
        assert_eq!(parser.parse(nginx), Ok(expected));
        assert_eq!(parser.known(), Known { client: true, key: true, size: true });
        let other = br#"{"time":"2024-01-01T00:00:01+00:00"}"#;
        assert!(parser.parse(other).is_err(), "the name of the time is that of the first line");
        let caddy = br#"{"ts":1704067201.25,"request":{"remote_ip":"10.0.0.1","uri":"/a"},"size":7}"#;
        let expected = Fields { time: 1_704_067_201_250_000_000, size: 7, ..expected };
        assert_eq!(JsonParser::new(&format(None, None)).parse(caddy), Ok(expected));
    }

    #[test]
    fn named_fields_must_be_there_and_nothing_is_nothing() {
        let mut parser = JsonParser::new(&format(Some("a.b"), Some("k")));
        let fields = |time, key| Fields { time, client: 0, key, size: 0 };
        assert_eq!(parser.parse(br#"{"a": {"b": 2}, "k": null}"#), Ok(fields(2_000_000_000, b"-")));
        assert_eq!(parser.parse(br#"{"a.b": "3", "k": 17}"#), Ok(fields(3_000_000_000, b"17")));
        assert_eq!(parser.known(), Known { client: false, key: true, size: false });
        for (line, word) in [
            (r#"{"a": {"b": 2}}"#, "\"k\""),
            (r#"{"a": 2, "k": 1}"#, "\"a.b\""),
            (r#"{"a.b": true, "k": 1}"#, "time"),
            (r#"{"a.b": 2, "k": 1"#, "not JSON"),
            ("[1]", "object"),
        ] {
            let error = parser.parse(line.as_bytes()).expect_err(line);
            assert!(error.contains(word), "{line}: {error}");
        }
        let mut parser = JsonParser::new(&format(None, None));
        assert!(parser.parse(br#"{"ts": 1, "bytes": 1.5}"#).is_err_and(|error| error.contains("size")));
    }
}
