//! For the tests and benchmarks of this project alone: internal parts that they inspect or put together by hand. Other
//! code should not use them; they change without notice.

pub use crate::actors::balancer::Balancer;
pub use crate::actors::clients::arrivals::Accumulator;
pub use crate::actors::clients::{Clients, ClientsParts, Source};
pub use crate::actors::fleet::{Classes, Fleet};
pub use crate::actors::kit::faults::Timetable;
pub use crate::actors::kit::link::{Endpoint, Link};
pub use crate::actors::kit::message::Core;
pub use crate::actors::{Actor, Actors, Measuring};
pub use crate::lab::memory::{Need, need};
pub use crate::lab::observe::observe;
pub use crate::lab::replication::Job;
pub use crate::lab::validation::{Family, Length, Verdict, bound, cases, comparisons};
pub use crate::measure::{CoarseLatency, CountIntegral, Latency, LatencyWindow, Sum, Windows};
pub use crate::model::{Blueprint, build, check};
pub use crate::schema::{Choice, Decode, Reader, parse, render};
pub use crate::trace::Inputs;
