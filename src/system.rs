//! Systems in code: the words of the language as types of Rust.
//!
//! Each word of the language is a struct with public fields, or an enum whose variants are such structs. Their
//! documentation states meaning, units and ranges. `new` takes the fields that have no default, and struct update
//! syntax sets others:
//!
//! ```
//! use rushhour::system::arrivals::Poisson;
//! use rushhour::system::laws::LogNormal;
//! use rushhour::system::policies::PowerOfChoices;
//! use rushhour::system::{Balancer, Clients, Fleet, Rate, Span, System};
//!
//! let system = System::default()
//!     .node("users", Clients {
//!         timeout: Some(Span::whole(2)),
//!         ..Clients::new(Poisson::new(Rate::of(900.0)), "lb")
//!     })
//!     .node("lb", Balancer { policy: PowerOfChoices::new().into(), ..Balancer::new("web") })
//!     .node("web", Fleet {
//!         servers: 10,
//!         workers: 2,
//!         ..Fleet::of(LogNormal::new(Span::milliseconds(15), 2.0))
//!     });
//! assert_eq!(system.nodes.get("web").map(|node| node.kind()), Some("Fleet"));
//! ```
//!
//! Nothing is checked while a system is put together. All mistakes are reported together, by node and field, when an
//! experiment with it is [planned](crate::experiment::Experiment::plan).
//!
//! This module has the nodes and what most systems need; other words are in submodules, one for each field in which
//! they are written.

pub use crate::actors::words::*;
pub use crate::model::System;
pub use crate::schema::quantity::{Bytes, Percent, Rate, Span};
pub use crate::schema::{Fills, Map};

// Where words stand that modules below take from.
use crate::actors::calls::connections as connecting;
use crate::actors::{calls as calling, placement};

/// Where requests go, and over what network.
pub mod routes {
    pub use crate::actors::kit::route::{AtRandom, InTurn, PerClient, Route, RouteField, Spread, Targets};
}

/// When requests come, and what they ask for.
pub mod arrivals {
    pub use crate::actors::clients::arrivals::words::*;
    pub use crate::actors::clients::arrivals::{Interpolation, Linear, Sessions, State, Step, StepRate, Users};
    pub use crate::actors::clients::spec::{Keys, OneKey, UniformKeys, ZipfKeys};
    pub use crate::trace::Replay;
}

/// Logs to replay: their formats, and how requests with the same time stamp are spread over the clock tick.
pub mod logs {
    pub use crate::trace::{
        Auto, AutoUnit, Combined, Common, Csv, Even, Format, JsonLines, Microseconds, Milliseconds, Nanoseconds,
        NoSpread, Seconds, Spread, TimeUnit, Uniform,
    };
}

/// Distributions of times: service times, network delays, pauses.
pub mod laws {
    pub use crate::distributions::words::*;
    pub use crate::distributions::{Factors, Part};
}

/// How clients try again: retries, hedges, budgets, throttling, reloads.
pub mod calls {
    pub use super::calling::backoff::{Backoff, Jitter};
    pub use super::calling::backoff::{
        DecorrelatedJitter, EqualJitter, Exponential, Fixed, FullJitter, Immediate, NoJitter,
    };
    pub use super::calling::spec::{
        FixedDelay, HedgeDelay, ObservedQuantile, RateLimitedFailure, RetryOn, TimedOutFailure,
    };
    pub use super::calling::{AdaptiveThrottling, Hedge, Reload, Retry};
    pub use crate::actors::calls::budget::words::*;
    pub use crate::actors::kit::failure::{CrashedFailure, ErrorFailure, RefusedFailure, UnavailableFailure};
}

/// How clients hold connections, and what it takes to open one.
pub mod connections {
    pub use super::calling::{Connections, Handshake};

    pub use super::connecting::spec::{KeepAlive, Multiplexed, NoHandshake, PerRequest, Quic, Tcp, Tls12, Tls13};
}

/// How a balancer chooses. For a policy of your own see [`extend`](crate::extend).
pub mod policies {
    pub use super::placement::{
        ClientAddress, EnvoyPoints, HashBy, KetamaPoints, NginxPoints, Placement, RequestedKey,
    };
    pub use crate::actors::balancer::policies::least_connections::{IdleFirst, InTurn, Ties, Weighted};
    pub use crate::actors::balancer::policies::least_request::{FullScan, NChoices, Selection};
    pub use crate::actors::balancer::policies::round_robin::{FirstMember, RandomMember, Start};
    pub use crate::actors::balancer::policies::words::*;
}

/// How a balancer finds out which servers are healthy, and how it treats those that are not.
pub mod health {
    pub use crate::actors::balancer::health::spec::{AllButLast, Among, AnyMember, UntriedMembers};
    pub use crate::actors::balancer::health::{
        Active, Health, Notified, OutlierEjection, Passive, RetryElsewhere, SuccessRate, Unaware,
    };
    pub use crate::actors::kit::failure::{
        CrashedFailure, ErrorFailure, Failure, RefusedFailure, TimedOutFailure, UnavailableFailure,
    };
}

/// Layer 4 or layer 7, the capacity of a proxy, and its queue.
pub mod proxies {
    pub use crate::actors::balancer::layer::spec::{Layer, Layer4, Layer7, ProxySpec as Proxy};
    pub use crate::actors::balancer::queue::Queue;
}

/// Queues of servers: the service discipline, what happens when the queue is full, and load shedding before that.
pub mod queues {
    pub use crate::actors::fleet::queue::disciplines::weighted_fair::{Cost, Requests, Size, Work};
    pub use crate::actors::fleet::queue::disciplines::words::*;
    pub use crate::actors::fleet::queue::full::{
        DropLatestDeadline, DropLeastTimeLeft, DropNewest, DropOldest, Wait, WhenFull,
    };
    pub use crate::actors::fleet::queue::shedders::words::*;
}

/// Rate limits: their rules, which requests share a count, what requests cost.
pub mod limits {
    pub use crate::actors::limiter::cost::CostSpec as Cost;
    pub use crate::actors::limiter::rules::leaky_bucket::{
        Arithmetic, Delay, Excess, InMilliseconds, NoDelay, Unrounded,
    };
    pub use crate::actors::limiter::rules::words::*;
    pub use crate::actors::limiter::spec::{By, EachClient, EachRoute, EachTier};
}

/// Limits that several nodes share in a [`Store`].
pub mod shared_limits {
    pub use crate::actors::kit::commands::{
        Atomic, CheckThenAdd, Clock, Commands, Distributed, EachRequest, FailClosed, FailOpen, FailWithError, Members,
        Pipeline, TheTime, WhenDown,
    };
}

/// Rules of circuit breakers.
pub mod breakers {
    pub use crate::actors::breaker::rules::failure_rate::{Calls, Seconds, Window};
    pub use crate::actors::breaker::rules::words::*;
    pub use crate::actors::kit::passage::{EachServer, Per, WholeService};
}

/// Rules of concurrency limiters.
pub mod concurrency {
    pub use crate::actors::concurrency::rules::words::*;
    pub use crate::actors::kit::passage::{EachServer, Per, WholeService};
}

/// Which failures a fallback replaces, and what it answers instead.
pub mod fallbacks {
    pub use crate::actors::fallback::spec::{
        AnswerSpec as Answer, AnyRejection, Cover, Default, ErrorAnswer, OpenCircuit, RateLimit, RefusedConnection,
        ServerCrash, Smaller, Stale,
    };
}

/// Rules of routers.
pub mod rules {
    pub use crate::actors::kit::conditions::{KeyMatch, KeyRange, KeySet, SizeMatch};
    pub use crate::actors::router::spec::RuleSpec as Rule;
}

/// Faults of servers and of the network, and when they occur.
pub mod faults {
    pub use crate::actors::kit::faults::spec::{BothWays, Delay, Loss, Partition, WayBack, WayThere};
    pub use crate::actors::kit::faults::{Crash, Errors, Fault, FaultSpec, NodeName, Recurs, Restart, SlowDown, Way};
}
