//! From the bytes of a log to a trace in order of time.

use std::io::Read;

use super::format::Parser;
use super::lines::{LONGEST_LINE, Line, Lines};
use super::names::Names;
use super::report::{ReadReport, Tally, grouped};
use super::{Record, Replay, Trace, TraceError};

/// Lines after which a format that is not found by itself is given up.
const PATIENCE: u64 = 1000;

/// The memory that reading a log may use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Room {
    /// Bytes that the trace may take, while it is read and put in order.
    pub bytes: u64,
    /// Whether the names of keys are kept, which a replay does not need.
    pub names: bool,
}

impl Default for Room {
    fn default() -> Self {
        Self { bytes: u64::MAX, names: true }
    }
}

/// Like [`read_within`], with room for anything.
#[cfg(test)]
pub fn read(input: impl Read, replay: &Replay) -> Result<(Trace, ReadReport), TraceError> {
    read_within(input, replay, Room::default())
}

/// Reads a log as `replay` describes it: its format, how late a line may be, and whether all lines must be good. The
/// input need not be a file; memory is in proportion to the requests and the names of keys, not to the lines.
///
/// # Errors
/// See [`TraceError`]: above all, no line that is a request, and with `strict` any line that had to be left out; and
/// [`TraceError::TooLarge`] before more memory is taken than there is `room` for.
pub fn read_within(input: impl Read, replay: &Replay, room: Room) -> Result<(Trace, ReadReport), TraceError> {
    let mut lines = Lines::new(input).map_err(|source| TraceError::Read { line: 0, source })?;
    if lines.is_binary().map_err(|source| TraceError::Read { line: 0, source })? {
        return Err(TraceError::Binary);
    }
    let mut reading = Reading::new(replay, room);
    loop {
        let number = lines.number;
        match lines.next().map_err(|source| TraceError::Read { line: number, source })? {
            Some(line) => reading.line(number + 1, line)?,
            None => return reading.finish(replay.strict),
        }
    }
}

/// A log, half read.
struct Reading {
    parser: Parser,
    report: ReadReport,
    horizon: u64,
    /// Until the end, `at` counts from the earliest time there is, so that no sign is needed.
    records: Vec<Record>,
    names: Names,
    /// Bytes that all may take.
    most: u64,
    newest: u64,
    previous: u64,
    resolution: u64,
    /// The beginning of the first line, for the error if no line is good.
    first: String,
}

impl Reading {
    fn new(replay: &Replay, room: Room) -> Self {
        let parser = Parser::new(&replay.format);
        let report = ReadReport {
            format: parser.name(),
            lines: 0,
            parsed: 0,
            malformed: Tally::default(),
            late: Tally::default(),
            blank: 0,
            header: 0,
            out_of_order: 0,
            horizon: replay.horizon,
        };
        Self {
            parser,
            report,
            horizon: replay.horizon.duration().as_nanos(),
            records: Vec::new(),
            names: Names::new(room.names),
            most: room.bytes,
            newest: 0,
            previous: 0,
            resolution: 1_000_000_000,
            first: String::new(),
        }
    }

    fn line(&mut self, number: u64, line: Line<'_>) -> Result<(), TraceError> {
        let report = &mut self.report;
        report.lines += 1;
        let line = match line {
            Line::Whole(line) => line,
            Line::TooLong => {
                report.malformed.add(number, format!("is longer than {} bytes", grouped(LONGEST_LINE as u64)).into());
                return Ok(());
            }
        };
        if line.trim_ascii().is_empty() {
            report.blank += 1;
            return Ok(());
        }
        if self.first.is_empty() {
            self.first = String::from_utf8_lossy(&line[..line.len().min(400)]).into_owned();
            if self.parser.header(line)? {
                report.header = 1;
                return Ok(());
            }
        }
        if !self.parser.settle(line) && number >= PATIENCE {
            return Err(self.unrecognized());
        }
        let fields = match self.parser.parse(line) {
            Ok(fields) => fields,
            Err(why) => {
                report.malformed.add(number, why);
                return Ok(());
            }
        };
        let at = fields.time.wrapping_sub(i64::MIN) as u64;
        report.out_of_order += u64::from(at < self.previous);
        self.previous = at;
        if at < self.newest.saturating_sub(self.horizon) {
            report.late.add(number, "is too late".into());
            return Ok(());
        }
        self.newest = self.newest.max(at);
        while fields.time.unsigned_abs() % self.resolution != 0 {
            self.resolution /= 10;
        }
        let key = self.names.number(fields.key).ok_or(TraceError::TooManyKeys { line: number })?;
        let is_full = self.records.len() == self.records.capacity();
        // By a quarter: of a large log, little room is left over.
        let more = if is_full { (self.records.len() / 4).max(1024) } else { 0 };
        let capacity = self.records.capacity() + more;
        // Requests out of order are sorted in the end, which needs half of their memory again.
        let sorted = if report.out_of_order > 0 { capacity / 2 } else { 0 };
        let bytes = (capacity + sorted) * size_of::<Record>() + self.names.bytes();
        if bytes as u64 > self.most {
            let requests = self.records.len() as u64;
            return Err(TraceError::TooLarge { line: number, requests, most: self.most });
        }
        self.records.reserve_exact(more);
        self.records.push(Record { at, client: fields.client, key, size: fields.size });
        report.parsed += 1;
        Ok(())
    }

    fn finish(mut self, strict: bool) -> Result<(Trace, ReadReport), TraceError> {
        self.report.format = self.parser.name();
        if self.report.lines == self.report.blank {
            return Err(TraceError::Empty);
        }
        if matches!(self.parser, Parser::Auto) {
            return Err(self.unrecognized());
        }
        // All requests are kept, so sorting them in the end takes no more memory than a heap of those within the
        // horizon. The sort is stable: requests of one stamp stay in the order of the log.
        if self.report.out_of_order > 0 {
            self.records.sort_by_key(|record| record.at);
        }
        self.records.shrink_to_fit();
        let Some(first) = self.records.first().map(|record| record.at) else {
            return Err(TraceError::NoRequests { report: Box::new(self.report) });
        };
        if strict && self.report.malformed.count + self.report.late.count > 0 {
            return Err(TraceError::Strict { report: Box::new(self.report) });
        }
        for record in &mut self.records {
            record.at -= first;
        }
        let known = self.parser.known();
        let trace = Trace {
            records: self.records,
            keys: if known.key { self.names.into_texts() } else { Vec::new() },
            known,
            start: (first as i64).wrapping_add(i64::MIN),
            resolution: self.resolution,
        };
        Ok((trace, self.report))
    }

    fn unrecognized(&self) -> TraceError {
        let clean: String = self.first.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
        let column = clean.split([',', ';', ' ']).next().map(|word| word.trim_matches(['"', '\'']));
        let is_name = |word: &&str| {
            (1..=40).contains(&word.len()) && word.chars().all(|c| c.is_alphanumeric() || "_-.@".contains(c))
        };
        TraceError::Unrecognized {
            lines: self.report.lines,
            first: if clean.chars().count() > 100 {
                clean.chars().take(100).chain("...".chars()).collect()
            } else {
                clean.clone()
            },
            column: column.filter(is_name).unwrap_or("time").to_owned(),
        }
    }
}

#[cfg(test)]
mod tests;
