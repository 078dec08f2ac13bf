//! Recorded requests: reading logs, putting them in order, and replaying them as arrivals.
//!
//! What clients do with a trace belongs in `actors::clients`; opening files belongs to whoever calls.

mod replay;

pub use replay::Replay;

/// One recorded request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Record {
    /// When it came, in nanoseconds since the first of the trace.
    pub at: u64,
    /// Its client: an IPv4 address as a number, or a hash of another name.
    pub client: u32,
    /// What it asked for, by order of first appearance.
    pub key: u32,
    /// Its size in bytes, or in the unit of the trace.
    pub size: u64,
}

/// A trace in order of time.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Trace {
    /// The requests, earliest first.
    pub records: Vec<Record>,
}

/// TEMPORARY
pub fn schedule(_trace: &Trace, _replay: &Replay, _key: crate::engine::random::StreamKey) -> Result<Vec<u64>, String> {
    Ok(vec![])
}
impl Replay {
    /// TEMPORARY
    pub fn reads_like(&self, other: &Self) -> bool { self == other }
}
pub struct ReadReport;
impl ReadReport { pub fn notices(&self) -> Vec<String> { vec![] } }
pub fn read(_i: impl std::io::Read, _r: &Replay) -> Result<(Trace, ReadReport), String> { Ok((Trace::default(), ReadReport)) }
