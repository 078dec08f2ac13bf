//! What actors send one another, and themselves as timers.

use crate::engine::{self, RequestId};

/// The calendar, the clock and the requests, as actors see them.
pub type Core = engine::Core<Message>;

/// An event for an actor.
#[derive(Clone, Copy, Debug)]
pub enum Message {
    /// A request arrives at `port` (the server of a fleet; 0 elsewhere).
    Request {
        /// The request.
        id: RequestId,
        /// Which of the actor's servers it is for.
        port: u32,
    },
    /// The answer to a request sets out to this actor; the delay of the link is still ahead of it.
    Reply {
        /// The request.
        id: RequestId,
    },
    /// The answer to a request has travelled the link.
    Returned {
        /// The request.
        id: RequestId,
    },
    /// Clients: the next arrival is due.
    Arrival,
    /// Clients: a user has thought long enough.
    User {
        /// Which user, or which session's place.
        user: u32,
    },
    /// Clients: a request has taken too long.
    Timeout {
        /// The request.
        id: RequestId,
    },
    /// Fleet: the service of a request ends.
    ServiceEnd {
        /// The request.
        id: RequestId,
    },
    /// Fleet: a server that shares its processors may have finished a request.
    SharedEnd {
        /// The server.
        server: u32,
    },
    /// Fleet: an entry of the fault timetable begins or ends.
    Fault {
        /// Index into the fleet's timetable.
        index: u32,
    },
    /// Balancer: news of a member has arrived.
    Health {
        /// The member.
        member: u32,
        /// True if it is up.
        up: bool,
    },
    /// Everybody: the warm-up is over, measuring begins.
    WarmUpOver,
}
