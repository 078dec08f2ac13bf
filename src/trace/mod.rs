//! Recorded requests: reads logs, sorts them, schedules their replay, and profiles their traffic.
//!
//! The replay by clients belongs in `actors::clients`; opening files belongs to the caller.

mod error;
mod format;
mod inputs;
mod lines;
mod names;
mod profile;
mod read;
mod replay;
mod report;
mod schedule;

pub use error::TraceError;
pub use format::{
    Auto, AutoUnit, Combined, Common, Csv, Format, JsonLines, Microseconds, Milliseconds, Nanoseconds, Seconds,
    TimeUnit,
};
pub use inputs::Inputs;
pub use profile::Profile;
#[cfg(test)]
pub use read::read;
pub use read::{Room, read_within};
pub use replay::{Even, NoSpread, Replay, Spread, Uniform};
pub use report::ReadReport;
pub use schedule::schedule;

/// One recorded request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Record {
    /// When it came, in nanoseconds since the first of the trace.
    pub at: u64,
    /// Its client: an IPv4 address as a number, or a hash of another name; 0 if the log does not say.
    pub client: u32,
    /// The resource that was requested: an index into [`Trace::keys`]; 0 if the log does not record it.
    pub key: u32,
    /// Its size in bytes, or in the unit of the trace; 0 if the log does not say.
    pub size: u64,
}

/// What a log records of each request, beside its time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Known {
    /// The client.
    pub client: bool,
    /// The resource that was requested.
    pub key: bool,
    /// How large the answer was.
    pub size: bool,
}

/// A trace in order of time.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Trace {
    /// The requests, earliest first; requests of one stamp in the order of the log.
    pub records: Vec<Record>,
    /// The names of keys by their number, in order of first appearance in the log; empty if it has none, or if they were
    /// not kept.
    pub keys: Vec<String>,
    /// What the log records of each request.
    pub known: Known,
    /// When the first request came, in nanoseconds since 1970-01-01 UTC; of a log with a clock of its own, on that clock.
    pub start: i64,
    /// How coarse the stamps are, in nanoseconds: the largest power of ten, up to a second, that divides every stamp;
    /// 0 for a trace without requests.
    pub resolution: u64,
}

impl Trace {
    /// Nanoseconds from the first request to the last.
    #[must_use]
    pub fn span(&self) -> u64 {
        self.records.last().map_or(0, |last| last.at)
    }

    /// Bytes of memory it takes.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        let names = self.keys.iter().map(|name| name.capacity() + size_of::<String>()).sum::<usize>();
        (self.records.capacity() * size_of::<Record>() + names) as u64
    }
}
