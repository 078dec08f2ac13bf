//! Systems in code: the words of the language as types of Rust.
//!
//! Each word is a struct with public fields, or an enum whose variants are such structs. Their documentation says what they
//! mean, in what units, and what a field is where nothing is said. `new` takes the fields that have no default, and struct
//! update syntax sets others:
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
//! Nothing is checked while a system is put together. It is when an [experiment](crate::experiment) with it is planned: then
//! every mistake is told at once, by node and field.
//!
//! Nodes and what most systems have stand here; other words stand in a module for each field they are written in.

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

/// Logs that are replayed: their formats, and how requests within a unit of the clock are spread.
pub mod logs {
    pub use crate::trace::{
        Auto, AutoUnit, Combined, Common, Csv, Even, Format, JsonLines, Microseconds, Milliseconds, Nanoseconds,
        NoSpread, Seconds, Spread, TimeUnit, Uniform,
    };
}

/// Laws of lengths of time: how long a request takes, a network, a pause.
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

/// How a balancer finds out which servers are well, and what it does about those that are not.
pub mod health {
    pub use crate::actors::balancer::health::spec::{AllButLast, Among, AnyMember, UntriedMembers};
    pub use crate::actors::balancer::health::{
        Active, Health, Notified, OutlierEjection, Passive, RetryElsewhere, SuccessRate, Unaware,
    };
    pub use crate::actors::kit::failure::{
        CrashedFailure, ErrorFailure, Failure, RefusedFailure, TimedOutFailure, UnavailableFailure,
    };
}

/// What a balancer chooses for, what it can do itself, and who waits at it.
pub mod proxies {
    pub use crate::actors::balancer::layer::spec::{Layer, Layer4, Layer7, ProxySpec as Proxy};
    pub use crate::actors::balancer::queue::Queue;
}

/// Queues of servers: in what order requests are served, what a full one does, and who is turned away before.
pub mod queues {
    pub use crate::actors::fleet::queue::disciplines::weighted_fair::{Cost, Requests, Size, Work};
    pub use crate::actors::fleet::queue::disciplines::words::*;
    pub use crate::actors::fleet::queue::full::{
        DropLatestDeadline, DropLeastTimeLeft, DropNewest, DropOldest, Wait, WhenFull,
    };
    pub use crate::actors::fleet::queue::shedders::words::*;
}

/// Rate limits: their rules, what has an account, what requests cost.
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

/// Rules of limits of concurrency.
pub mod concurrency {
    pub use crate::actors::concurrency::rules::words::*;
    pub use crate::actors::kit::passage::{EachServer, Per, WholeService};
}

/// What a fallback stands in for, and what it answers.
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

/// What goes wrong, and when.
pub mod faults {
    pub use crate::actors::kit::faults::spec::{BothWays, Delay, Loss, Partition, WayBack, WayThere};
    pub use crate::actors::kit::faults::{Crash, Errors, Fault, FaultSpec, NodeName, Recurs, Restart, SlowDown, Way};
}
