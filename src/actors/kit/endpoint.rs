//! Where a request can be sent to.

use crate::engine::ActorId;

/// An address a request can be sent to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Endpoint {
    /// The actor.
    pub actor: ActorId,
    /// Which of the actor's servers; 0 where it has none.
    pub port: u32,
}
