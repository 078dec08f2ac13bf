//! How the lines of logs are written: one file a format, and one each for what they share, stamps and clients.

mod clf;
mod client;
mod csv;
mod json;
mod stamp;

use std::borrow::Cow;

use self::csv::CsvParser;
use self::json::JsonParser;
use super::{Known, TraceError};
use crate::schema::{choice, record};

pub use stamp::{AutoUnit, Microseconds, Milliseconds, Nanoseconds, Seconds, TimeUnit};

record! {
    /// Detects the format from the first readable line: Combined or Common Log Format, or JSON lines with fields of the
    /// usual names. CSV is not detected, because its columns have to be named.
    pub struct Auto {}
}

record! {
    /// Common Log Format of Apache and NGINX: `client - user [time] "request" status bytes`. Anything after that is
    /// ignored.
    pub struct Common {}
}

record! {
    /// Combined Log Format of Apache and NGINX: the common one followed by `"referer" "agent"`. Anything after the
    /// referer is ignored.
    pub struct Combined {}
}

record! {
    /// One JSON object a line. A field of a nested object is named with dots: "request.uri". Where no name is given,
    /// the usual ones are tried, such as "timestamp", "remote_addr", "request_uri" and "body_bytes_sent".
    pub struct JsonLines {
        /// The field of the time: a date and time, or a number counted from 1970 or any other origin.
        pub time: Option<String> = None,
        /// The field of the client.
        pub client: Option<String> = None,
        /// The field of the key that was requested.
        pub key: Option<String> = None,
        /// The field of the size, a whole number.
        pub size: Option<String> = None,
        /// The unit of times that are numbers.
        pub unit: TimeUnit = TimeUnit::Auto(AutoUnit {}),
    }
}

record! {
    /// Comma-separated values, one record a line, with quotes as in RFC 4180.
    pub struct Csv {
        /// The column of the time: a date and time, or a number counted from 1970 or any other origin.
        pub time: String,
        /// The column of the client.
        pub client: Option<String> = None,
        /// The column of the key that was requested.
        pub key: Option<String> = None,
        /// The column of the size, a whole number.
        pub size: Option<String> = None,
        /// The separator of columns: one ASCII character.
        pub delimiter: String = ",".to_owned(),
        /// The first line names the columns. Without such a line, columns are named by their numbers, from "1".
        pub header: bool = true,
        /// The unit of times that are numbers.
        pub unit: TimeUnit = TimeUnit::Auto(AutoUnit {}),
    }
    check(self, at) {
        if !matches!(self.delimiter.as_bytes(), [byte] if byte.is_ascii() && !b"\"\r\n\0".contains(byte)) {
            at.field("delimiter").error("a delimiter is one ASCII character, no quote and no line end");
        }
        if !self.header {
            let columns = [Some(&self.time), self.client.as_ref(), self.key.as_ref(), self.size.as_ref()];
            if columns.into_iter().flatten().any(|column| csv::number(column).is_none()) {
                at.error("without a header, columns are named by their numbers: \"1\" is the first");
            }
        }
    }
}

choice! {
    /// The format of the lines of a log.
    pub enum Format {
        Auto(Auto),
        Common(Common),
        Combined(Combined),
        JsonLines(JsonLines),
        Csv(Csv),
    }
}

/// The fields of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Fields<'a> {
    /// Nanoseconds since 1970, or since another beginning.
    pub time: i64,
    /// The client as a number.
    pub client: u32,
    /// The resource that was requested.
    pub key: &'a [u8],
    /// The size.
    pub size: u64,
}

/// A mistake in a line, as the end of a sentence that begins "line 4".
pub(super) type Fault = Cow<'static, str>;

/// Reads lines of one format.
pub(super) enum Parser {
    /// The format is not known yet.
    Auto,
    /// Common or, if true, Combined Log Format.
    Clf { combined: bool },
    /// JSON lines.
    Json(Box<JsonParser>),
    /// Comma-separated values.
    Csv(Box<CsvParser>),
}

impl Parser {
    /// For lines in `format`.
    pub fn new(format: &Format) -> Self {
        match format {
            Format::Auto(_) => Self::Auto,
            Format::Common(_) => Self::Clf { combined: false },
            Format::Combined(_) => Self::Clf { combined: true },
            Format::JsonLines(json) => Self::Json(Box::new(JsonParser::new(json))),
            Format::Csv(csv) => Self::Csv(Box::new(CsvParser::new(csv))),
        }
    }

    /// The format's name in the language.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Auto => "Auto",
            Self::Clf { combined: false } => "Common",
            Self::Clf { combined: true } => "Combined",
            Self::Json(_) => "JsonLines",
            Self::Csv(_) => "Csv",
        }
    }

    /// What lines in this format record beside the time.
    pub fn known(&self) -> Known {
        match self {
            Self::Auto => Known::default(),
            Self::Clf { .. } => Known { client: true, key: true, size: true },
            Self::Json(json) => json.known(),
            Self::Csv(csv) => csv.known(),
        }
    }

    /// Takes the first line that is not blank, if it is no request but names the columns.
    ///
    /// # Errors
    /// If a column that is needed is not among them.
    pub fn header(&mut self, line: &[u8]) -> Result<bool, TraceError> {
        match self {
            Self::Csv(csv) => csv.header(line),
            _ => Ok(false),
        }
    }

    /// Decides on the format if it is not known yet and this line can be read in one; true if it is known.
    pub fn settle(&mut self, line: &[u8]) -> bool {
        if !matches!(self, Self::Auto) {
            return true;
        }
        let found = if line.trim_ascii_start().starts_with(b"{") {
            let mut json = Box::new(JsonParser::new(&JsonLines {
                time: None,
                client: None,
                key: None,
                size: None,
                unit: TimeUnit::Auto(AutoUnit {}),
            }));
            let good = json.parse(line).is_ok();
            good.then_some(Self::Json(json))
        } else {
            [true, false]
                .into_iter()
                .find(|&combined| clf::parse(line, combined).is_ok())
                .map(|combined| Self::Clf { combined })
        };
        let known = found.is_some();
        *self = found.unwrap_or(Self::Auto);
        known
    }

    /// Reads a line.
    pub fn parse<'a>(&'a mut self, line: &'a [u8]) -> Result<Fields<'a>, Fault> {
        match self {
            Self::Auto => Err("is in no format that is known by itself".into()),
            Self::Clf { combined } => clf::parse(line, *combined).map_err(Fault::Borrowed),
            Self::Json(json) => json.parse(line),
            Self::Csv(csv) => csv.parse(line),
        }
    }
}

/// The path of a request line `METHOD path HTTP/version`, with its query; all of any other text.
fn path(request: &[u8]) -> &[u8] {
    let parts = || {
        let method = request.iter().position(|&byte| byte == b' ')?;
        let version = request.iter().rposition(|&byte| byte == b' ')?;
        let path = request.get(method + 1..version)?;
        (request[version + 1..].starts_with(b"HTTP/") && !path.is_empty()).then_some(path)
    };
    parts().unwrap_or(request)
}

/// A size: a whole number; `-` or no text is 0.
fn size(text: &[u8]) -> Option<u64> {
    if text.is_empty() || text == b"-" {
        return Some(0);
    }
    text.iter().try_fold(0_u64, |size, &byte| match byte {
        b'0'..=b'9' => size.checked_mul(10)?.checked_add(u64::from(byte - b'0')),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_path_of_a_request_is_its_key() {
        for (request, key) in [
            ("GET /a?b=c HTTP/1.1", "/a?b=c"),
            ("GET /a b HTTP/2.0", "/a b"),
            ("GET /", "GET /"),
            ("-", "-"),
            ("", ""),
            ("GET  HTTP/1.1", "GET  HTTP/1.1"),
            ("GET HTTP/1.1", "GET HTTP/1.1"),
            ("\\x16\\x03\\x01", "\\x16\\x03\\x01"),
        ] {
            assert_eq!(path(request.as_bytes()), key.as_bytes(), "{request}");
        }
    }

    #[test]
    fn a_size_is_a_whole_number() {
        assert_eq!(size(b"203023"), Some(203_023));
        assert_eq!((size(b"-"), size(b"")), (Some(0), Some(0)));
        for text in ["1.5", "-3", " 3", "99999999999999999999999"] {
            assert_eq!(size(text.as_bytes()), None, "{text}");
        }
    }

    #[test]
    fn the_format_is_that_of_the_first_line_that_can_be_read() {
        let common = b"h - - [17/May/2015:10:05:03 +0000] \"GET / HTTP/1.1\" 200 5".as_slice();
        let combined = [common, b" \"-\" \"curl\""].concat();
        for (line, name) in [
            (common, "Common"),
            (combined.as_slice(), "Combined"),
            (b"{\"ts\": 1.5, \"path\": \"/\"}", "JsonLines"),
            (b"{\"nothing\": 1}", "Auto"),
            (b"time,size", "Auto"),
        ] {
            let mut parser = Parser::Auto;
            assert!(!parser.settle(b"rubbish"));
            assert_eq!(parser.settle(line), name != "Auto");
            assert_eq!(parser.name(), name);
        }
    }
}
