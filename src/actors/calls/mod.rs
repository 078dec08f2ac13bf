//! Calls, whoever makes them: what is recorded of them by those who wait for their answers, and what bounds their retries.

pub mod attempts;
pub mod budget;
pub mod recent;
pub mod record;

pub use attempts::AttemptsRecord;
pub use record::CallsRecord;

/// What somebody who makes calls has recorded of them.
#[derive(Clone, Copy, Debug)]
pub struct Made<'a> {
    /// The calls.
    pub calls: &'a CallsRecord,
    /// Their attempts, where a call may be more than one request.
    pub attempts: Option<&'a AttemptsRecord>,
}
