//! Resources of requests in service, the lines before them, and how both are counted. How long a request holds a resource is
//! decided by the node.
//!
//! Which type is which resource:
//!
//! - Workers, one request each: [`Units`], as many as there are workers. A server of a fleet keeps its workers itself, with
//!   [`Busy`] and a queue through the requests, because every request touches it (`fleet/server`).
//! - Shared processors, on which all requests progress at once: [`Processors`].
//! - A device: `Units`, one or as many as its channels, that a request holds for a service time.
//! - Memory: `Units` of which a request holds many, such as pages.
//! - A lock: one unit.
//! - A pool (connections, threads): `Units` with a limit on how long a request waits, whose timer takes it out of the line.
//!
//! Requests wait in a [`fifo::Fifo`], or in [`Lines`] where several kinds of requests wait for the same: the line of a
//! balancer, the gate of a concurrency limiter. Disciplines of queues that are more than a FIFO belong in `fleet/queue`.
//!
//! What is held and for how long is counted by the resource, with `Busy` (of shared processors, by their server). The requests
//! at it are counted by [`Usage`], one for all resources that are read together. [`Station`] is how both are read and
//! checked, whatever the resource.

pub mod busy;
pub mod fifo;
pub mod lines;
pub mod processors;
pub mod station;
pub mod units;
pub mod usage;

pub use busy::Busy;
pub use lines::{Lines, Ticket};
pub use processors::Processors;
pub use station::Station;
pub use units::{Asked, Units};
pub use usage::{Figures, Usage};
