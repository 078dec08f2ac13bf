//! Messages between actors, and timers that actors send to themselves.

use crate::engine::{self, ActorId, Packed, Rank, RequestId};

/// The engine's core (calendar, clock, requests) with the messages of actors.
pub type Core = engine::Core<Message>;

/// A message that an actor passes on at the present instant.
pub type Passed = engine::Passed<Message>;

/// The class of health checks, which are not made by clients.
pub const CHECK_CLASS: u16 = u16::MAX;

/// Sends the answer to a request to the previous actor on its return path.
#[inline(always)]
pub fn reply(back: Option<ActorId>, id: RequestId) -> Passed {
    back.map(|actor| (actor, Message::Reply { id }))
}

/// The size of a request. It is 0 for a health check, which stores its service time in that field.
#[must_use]
pub fn size_of(requests: &engine::Requests, id: RequestId) -> u64 {
    if requests[id].class == CHECK_CLASS { 0 } else { requests.details(id).size }
}

/// A message to an actor. Each carries at most one number, so that it fits into a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Message {
    /// A request arrives, at the server named by its port.
    Request {
        /// The request.
        id: RequestId,
    },
    /// The answer to a request is sent to this actor, before the delay of the link.
    Reply {
        /// The request.
        id: RequestId,
    },
    /// The answer to a request arrives, after the delay of the link.
    Returned {
        /// The request.
        id: RequestId,
    },
    /// Clients: a user's think time is over.
    User {
        /// The user, or the slot of the session.
        user: u32,
    },
    /// Clients: a request has taken too long.
    Timeout {
        /// The request.
        id: RequestId,
    },
    /// Fleet: a server that shares its processors may have finished a request.
    SharedEnd {
        /// The server.
        server: u32,
    },
    /// Nodes with a fault timetable: an entry begins or ends.
    Fault {
        /// See `faults::timetable`.
        index: u32,
    },
    /// Balancer: a report that a member has come up.
    MemberUp {
        /// The member.
        member: u32,
    },
    /// Balancer: a report that a member has gone down.
    MemberDown {
        /// The member.
        member: u32,
    },
    /// Balancer: a timer of its health monitoring.
    Health {
        /// See `balancer::health::Timer`.
        timer: u32,
    },
    /// Balancer: a member has become idle.
    MemberIdle {
        /// The member.
        member: u32,
    },
    /// Fleet: a balancer asks for the load of the server named by its port.
    Probe {
        /// The request that stands for the probe.
        id: RequestId,
    },
    /// Balancer: the answer to a probe is sent, before the delay of the link.
    ProbeAnswer {
        /// The request that stands for the probe.
        id: RequestId,
    },
    /// Balancer: the answer to a probe has travelled the link.
    ProbeReturned {
        /// The request that stands for the probe.
        id: RequestId,
    },
    /// A connection has been closed by the clients that opened it.
    Closed {
        /// Its number.
        connection: u32,
    },
    /// Clients: a connection was broken off on the way.
    Broken {
        /// Its number.
        connection: u32,
    },
    /// Clients: the connection that a request waits for is open.
    Connected {
        /// The request.
        id: RequestId,
    },
    /// Clients: a connection has been idle for too long.
    Idle {
        /// Its place among the connections of these clients.
        place: u32,
    },
    /// The client cancels a request; the message follows the request from stop to stop. See `Actors`.
    Cancel {
        /// The request, which is held for it.
        id: RequestId,
    },
    /// Clients: an attempt has taken too long, though its request may go on.
    AttemptTimeout {
        /// The attempt.
        id: RequestId,
    },
    /// Clients: it is time for the next attempt of a call.
    NextAttempt {
        /// The call's place among the calls of these clients.
        call: u32,
    },
    /// Clients: a call has been under way long enough for a hedge.
    Hedge {
        /// The call's place among the calls of these clients.
        call: u32,
    },
    /// Clients: a call, all of its attempts together, has taken too long.
    Overdue {
        /// The call's place among the calls of these clients.
        call: u32,
    },
    /// Fleet, concurrency limiter, balancer: a request has waited too long in its queue, or for a place in it.
    WaitedOut {
        /// The request.
        id: RequestId,
    },
    /// Limiter to its store: a command for the account that a request is charged to.
    Command {
        /// The request.
        id: RequestId,
    },
    /// Limiter: the answer of its store sets out; the delay of the link is still ahead of it.
    CommandAnswer {
        /// The request.
        id: RequestId,
    },
    /// Limiter: the answer of its store has travelled the link.
    CommandReturned {
        /// The request.
        id: RequestId,
    },
    /// Limiter: its store has not answered in time.
    CommandTimeout {
        /// The request.
        id: RequestId,
    },
    /// Store: a command is done.
    CommandDone {
        /// Which of its commands, by a number of its own.
        number: u32,
    },
    /// Fallback: a request has taken too long, and gets the fallback.
    FallbackTimeout {
        /// The request as it came.
        id: RequestId,
    },
    /// Breaker: a call has taken so long that it counts as failed. Balancer: so has an attempt.
    CallTimeout {
        /// The request.
        id: RequestId,
    },
    /// Clients: an abandoned request of a call that writes goes on.
    WorkGoesOn {
        /// The index of the call among those that write.
        write: u32,
    },
    /// Clients: such a request has done the work of its call.
    WorkDone {
        /// The index of the call among those that write.
        write: u32,
    },
    /// Clients: such a request has ended.
    WorkOver {
        /// The index of the call among those that write.
        write: u32,
    },
    /// A node: its host has crashed; it loses its state, and the requests that wait in it are lost.
    Crashed,
    /// A node: its host is up again.
    Restarted,
    /// Breaker: a circuit changes its state by itself, unless it has changed it before.
    CircuitAlarm {
        /// Which of its circuits.
        circuit: u32,
    },
}

impl Packed for Message {
    /// At one instant, ends come before beginnings: first ends of service (timers of requests, and the messages listed
    /// here), answers and reports of servers, then new requests and timeouts. So a request that arrives when another
    /// leaves finds its slot free, at every kind of node, and an answer at the last moment is in time.
    #[inline(always)]
    fn rank(&self) -> Rank {
        match self {
            Self::Reply { .. }
            | Self::Returned { .. }
            | Self::SharedEnd { .. }
            | Self::Fault { .. }
            | Self::WorkGoesOn { .. }
            | Self::WorkDone { .. }
            | Self::WorkOver { .. }
            | Self::Crashed
            | Self::Restarted
            | Self::MemberUp { .. }
            | Self::MemberDown { .. }
            | Self::MemberIdle { .. }
            | Self::ProbeAnswer { .. }
            | Self::ProbeReturned { .. }
            | Self::CommandAnswer { .. }
            | Self::CommandReturned { .. }
            | Self::CommandDone { .. } => Rank::First,
            _ => Rank::Second,
        }
    }

    #[inline]
    fn pack(self) -> (u8, u32) {
        match self {
            Self::Request { id } => (0, id.0),
            Self::Reply { id } => (1, id.0),
            Self::Returned { id } => (2, id.0),
            Self::User { user } => (3, user),
            Self::Timeout { id } => (4, id.0),
            Self::SharedEnd { server } => (5, server),
            Self::Fault { index } => (6, index),
            Self::MemberUp { member } => (7, member),
            Self::MemberDown { member } => (8, member),
            Self::Health { timer } => (9, timer),
            Self::MemberIdle { member } => (10, member),
            Self::Probe { id } => (11, id.0),
            Self::ProbeAnswer { id } => (12, id.0),
            Self::ProbeReturned { id } => (13, id.0),
            Self::Restarted => (14, 0),
            Self::Closed { connection } => (15, connection),
            Self::Broken { connection } => (16, connection),
            Self::Connected { id } => (17, id.0),
            Self::Idle { place } => (18, place),
            Self::Cancel { id } => (19, id.0),
            Self::AttemptTimeout { id } => (20, id.0),
            Self::NextAttempt { call } => (21, call),
            Self::Hedge { call } => (22, call),
            Self::Overdue { call } => (23, call),
            Self::WaitedOut { id } => (24, id.0),
            Self::Command { id } => (25, id.0),
            Self::CommandAnswer { id } => (26, id.0),
            Self::CommandReturned { id } => (27, id.0),
            Self::CommandTimeout { id } => (28, id.0),
            Self::CommandDone { number } => (29, number),
            Self::FallbackTimeout { id } => (30, id.0),
            Self::CallTimeout { id } => (31, id.0),
            Self::CircuitAlarm { circuit } => (32, circuit),
            Self::Crashed => (33, 0),
            Self::WorkGoesOn { write } => (34, write),
            Self::WorkDone { write } => (35, write),
            Self::WorkOver { write } => (36, write),
        }
    }

    #[inline]
    fn unpack(kind: u8, number: u32) -> Self {
        match kind {
            0 => Self::Request { id: RequestId(number) },
            1 => Self::Reply { id: RequestId(number) },
            2 => Self::Returned { id: RequestId(number) },
            3 => Self::User { user: number },
            4 => Self::Timeout { id: RequestId(number) },
            5 => Self::SharedEnd { server: number },
            6 => Self::Fault { index: number },
            7 => Self::MemberUp { member: number },
            8 => Self::MemberDown { member: number },
            9 => Self::Health { timer: number },
            10 => Self::MemberIdle { member: number },
            11 => Self::Probe { id: RequestId(number) },
            12 => Self::ProbeAnswer { id: RequestId(number) },
            13 => Self::ProbeReturned { id: RequestId(number) },
            15 => Self::Closed { connection: number },
            16 => Self::Broken { connection: number },
            17 => Self::Connected { id: RequestId(number) },
            18 => Self::Idle { place: number },
            19 => Self::Cancel { id: RequestId(number) },
            20 => Self::AttemptTimeout { id: RequestId(number) },
            21 => Self::NextAttempt { call: number },
            22 => Self::Hedge { call: number },
            23 => Self::Overdue { call: number },
            24 => Self::WaitedOut { id: RequestId(number) },
            25 => Self::Command { id: RequestId(number) },
            26 => Self::CommandAnswer { id: RequestId(number) },
            27 => Self::CommandReturned { id: RequestId(number) },
            28 => Self::CommandTimeout { id: RequestId(number) },
            29 => Self::CommandDone { number },
            30 => Self::FallbackTimeout { id: RequestId(number) },
            31 => Self::CallTimeout { id: RequestId(number) },
            32 => Self::CircuitAlarm { circuit: number },
            33 => Self::Crashed,
            34 => Self::WorkGoesOn { write: number },
            35 => Self::WorkDone { write: number },
            36 => Self::WorkOver { write: number },
            _ => Self::Restarted,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_put_together_as_it_was_taken_apart() {
        let id = RequestId(u32::MAX - 1);
        let all = [
            Message::Request { id },
            Message::Reply { id },
            Message::Returned { id },
            Message::User { user: 11 },
            Message::Timeout { id },
            Message::SharedEnd { server: 14 },
            Message::Fault { index: 15 },
            Message::MemberUp { member: 16 },
            Message::MemberDown { member: 17 },
            Message::Health { timer: 18 },
            Message::MemberIdle { member: 19 },
            Message::Probe { id },
            Message::ProbeAnswer { id },
            Message::ProbeReturned { id },
            Message::Restarted,
            Message::Closed { connection: 18 },
            Message::Broken { connection: 19 },
            Message::Connected { id },
            Message::Idle { place: 20 },
            Message::Cancel { id },
            Message::AttemptTimeout { id },
            Message::NextAttempt { call: 21 },
            Message::Hedge { call: 22 },
            Message::Overdue { call: 23 },
            Message::WaitedOut { id },
            Message::Command { id },
            Message::CommandAnswer { id },
            Message::CommandReturned { id },
            Message::CommandTimeout { id },
            Message::CommandDone { number: 24 },
            Message::FallbackTimeout { id },
            Message::CallTimeout { id },
            Message::CircuitAlarm { circuit: 7 },
            Message::Crashed,
            Message::WorkGoesOn { write: 8 },
            Message::WorkDone { write: 9 },
            Message::WorkOver { write: 10 },
        ];
        for (place, message) in all.into_iter().enumerate() {
            let (kind, number) = message.pack();
            assert_eq!(Message::unpack(kind, number), message);
            assert_eq!(usize::from(kind), place);
        }
    }
}
