//! The machine: time, the event calendar, requests in flight, random streams, the loop.
//!
//! It knows no component: what a client, a balancer or a server is belongs in `actors`.

pub mod calendar;
pub mod random;
pub mod requests;
pub mod simulation;
pub mod time;

pub use calendar::{Calendar, Event, Handle, LaneId, Rank};
pub use requests::{
    ActorId, BySlot, Connection, Details, Frame, Hold, Left, Outcome, Request, RequestId, Requests, Write,
};
pub use simulation::{Core, Ended, Limits, Packed, Passed, World, run};
pub use time::{Duration, Time};
