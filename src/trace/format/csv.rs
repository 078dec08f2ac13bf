//! Comma-separated values. A record is one line, so that a quote that is never closed spoils only its own.

use std::io::{Cursor, SeekFrom};

use csv::{ByteRecord, Position, Reader, ReaderBuilder};

use super::client::client;
use super::stamp::Stamps;
use super::{Csv, Fault, Fields, path};
use crate::schema::suggest;
use crate::trace::{Known, TraceError};

/// Reads lines of comma-separated values.
#[derive(Debug)]
pub(in crate::trace) struct CsvParser {
    format: Csv,
    columns: Columns,
    stamps: Stamps,
    /// Splits one line at a time.
    splitter: Reader<Cursor<Vec<u8>>>,
    record: ByteRecord,
}

/// Where the columns stand, from 0.
#[derive(Debug, Default)]
struct Columns {
    time: usize,
    client: Option<usize>,
    key: Option<usize>,
    size: Option<usize>,
}

/// The place, from 0, of a column that is named by its number, from 1.
pub(super) fn number(column: &str) -> Option<usize> {
    column.parse::<usize>().ok()?.checked_sub(1)
}

impl CsvParser {
    /// For columns as described.
    pub fn new(format: &Csv) -> Self {
        let delimiter = format.delimiter.bytes().next().unwrap_or(b',');
        let columns = Columns {
            time: number(&format.time).unwrap_or_default(),
            client: format.client.as_deref().and_then(number),
            key: format.key.as_deref().and_then(number),
            size: format.size.as_deref().and_then(number),
        };
        Self {
            format: format.clone(),
            columns,
            stamps: Stamps::new(&format.unit),
            splitter: ReaderBuilder::new()
                .delimiter(delimiter)
                .has_headers(false)
                .flexible(true)
                .from_reader(Cursor::new(Vec::new())),
            record: ByteRecord::new(),
        }
    }

    /// The columns there are.
    pub fn known(&self) -> Known {
        let Csv { client, key, size, .. } = &self.format;
        Known { client: client.is_some(), key: key.is_some(), size: size.is_some() }
    }

    /// Takes the line that names the columns; false if there is to be none.
    pub fn header(&mut self, line: &[u8]) -> Result<bool, TraceError> {
        if !self.format.header {
            return Ok(false);
        }
        self.split(line).map_err(|why| TraceError::Column { column: self.format.time.clone(), help: why.into() })?;
        let names: Vec<String> =
            self.record.iter().map(|name| String::from_utf8_lossy(name.trim_ascii()).into_owned()).collect();
        let find = |column: &str| {
            names.iter().position(|name| name == column).ok_or_else(|| {
                // A line of data in place of the names can be long.
                let shown: Vec<&str> =
                    names.iter().take(30).map(|name| name.as_str().get(..40).unwrap_or(name)).collect();
                TraceError::Column { column: column.to_owned(), help: suggest(column, &shown) }
            })
        };
        let optional = |column: &Option<String>| column.as_deref().map(find).transpose();
        self.columns = Columns {
            time: find(&self.format.time)?,
            client: optional(&self.format.client)?,
            key: optional(&self.format.key)?,
            size: optional(&self.format.size)?,
        };
        Ok(true)
    }

    fn split(&mut self, line: &[u8]) -> Result<(), &'static str> {
        let text = self.splitter.get_mut().get_mut();
        text.clear();
        text.extend_from_slice(line);
        self.splitter
            .seek_raw(SeekFrom::Start(0), Position::new())
            .and_then(|()| self.splitter.read_byte_record(&mut self.record))
            .map(|_| ())
            .map_err(|_| "is not CSV")
    }

    /// Reads a line.
    pub fn parse(&mut self, line: &[u8]) -> Result<Fields<'_>, Fault> {
        self.split(line)?;
        let record = &self.record;
        let get = |column: usize| {
            record
                .get(column)
                .ok_or_else(|| Fault::from(format!("has {} of at least {} columns", record.len(), column + 1)))
        };
        let optional = |column: Option<usize>| column.map(get).transpose();
        let (time, client_text) = (get(self.columns.time)?, optional(self.columns.client)?);
        let (key, size) = (optional(self.columns.key)?, optional(self.columns.size)?);
        let size = super::size(size.unwrap_or_default().trim_ascii()).ok_or("has a size that is not a whole number")?;
        let time = std::str::from_utf8(time)
            .ok()
            .and_then(|text| self.stamps.read(text))
            .ok_or("has a time that is not one")?;
        Ok(Fields {
            time,
            client: client_text.map_or(0, |text| client(text.trim_ascii())),
            key: key.map_or(b"-", path),
            size,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::stamp::{AutoUnit, TimeUnit};
    use super::*;

    fn format(columns: [&str; 4], delimiter: &str, header: bool) -> Csv {
        let some = |name: &str| (!name.is_empty()).then(|| name.to_owned());
        let [time, client, key, size] = columns;
        Csv {
            time: time.to_owned(),
            client: some(client),
            key: some(key),
            size: some(size),
            delimiter: delimiter.to_owned(),
            header,
            unit: TimeUnit::Auto(AutoUnit {}),
        }
    }

    #[test]
    fn columns_are_found_by_their_names() {
        let mut parser = CsvParser::new(&format(["when", "who", "what", "how much"], ";", true));
        assert!(parser.header(b"how much; who ;\"when\";what").is_ok_and(|taken| taken));
        let expected = Fields { time: 5_000_000_000, client: 0x0A00_0001, key: b"a;\"b\"".as_slice(), size: 3 };
        assert_eq!(parser.parse(br#"3;10.0.0.1;5;"a;""b""";more"#), Ok(expected));
        assert_eq!(parser.parse(b" 3 ;10.0.0.1; 5 ;x"), Ok(Fields { key: b"x", ..expected }));
        assert!(parser.parse(b"3;10.0.0.1;5").is_err_and(|why| why.contains("3 of at least 4")));
        assert!(parser.parse(b"3;10.0.0.1;soon;x").is_err_and(|why| why.contains("time")));
        assert!(parser.parse(b"x;10.0.0.1;5;x").is_err_and(|why| why.contains("size")));
    }

    #[test]
    fn a_quote_that_is_not_closed_spoils_one_line() {
        let mut parser = CsvParser::new(&format(["1", "", "2", ""], ",", false));
        assert!(parser.header(b"1,a").is_ok_and(|taken| !taken));
        assert!(parser.parse(b"\"1,a").is_err());
        assert_eq!(parser.parse(b"2,b"), Ok(Fields { time: 2_000_000_000, client: 0, key: b"b", size: 0 }));
        assert_eq!(parser.known(), Known { client: false, key: true, size: false });
    }

    #[test]
    fn a_column_that_is_missing_is_an_error_with_the_nearest_name() {
        let mut parser = CsvParser::new(&format(["timestmp", "", "", ""], ",", true));
        let error = parser.header(b"TIMESTAMP,size").expect_err("misspelt").to_string();
        assert!(error.contains("did you mean `TIMESTAMP`"), "{error}");
    }
}
