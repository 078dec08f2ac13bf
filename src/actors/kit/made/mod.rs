//! Records of the calls that a node makes, whatever its kind.
//!
//! How calls are made belongs in `actors::calls`.

pub mod attempts;
pub mod calls;

pub use attempts::AttemptsRecord;
pub use calls::CallsRecord;

/// The records of a node that makes calls.
#[derive(Clone, Copy, Debug)]
pub struct Made<'a> {
    /// The calls.
    pub calls: &'a CallsRecord,
    /// Their attempts, where a call may be more than one request.
    pub attempts: Option<&'a AttemptsRecord>,
}
