//! Build experiments in code: a system, what to vary, what to measure, what to claim.
//!
//! ```
//! use rushhour::experiment::claims::{Less, P99};
//! use rushhour::experiment::measures::{Latency, Utilization};
//! use rushhour::experiment::{Arm, Experiment, Replications, RunSpec};
//! use rushhour::system::arrivals::Poisson;
//! use rushhour::system::laws::Exponential;
//! use rushhour::system::policies::{LeastConnections, Policy};
//! use rushhour::system::{Balancer, Clients, Fleet, Rate, Span, System};
//!
//! let system = System::default()
//!     .node("users", Clients::new(Poisson::new(Rate::of(160.0)), "lb"))
//!     .node("lb", Balancer::new("web"))
//!     .node("web", Fleet { servers: 2, ..Fleet::of(Exponential::new(Span::milliseconds(10))) });
//!
//! let of = |arm: &str| P99 { arm: Some(arm.into()), ..P99::new() };
//! let experiment = Experiment {
//!     run: RunSpec { duration: Some(Span::whole(60)), replications: Replications::Fixed(5), ..RunSpec::new() },
//!     measure: vec![Latency::new().into(), Utilization::new().into()],
//!     claims: vec![Less::new(of("least connections"), of("in turn")).into()],
//!     ..Experiment::new(system)
//! }
//! .arm("in turn", Arm::default())
//! .arm("least connections", Arm::default().set("lb.policy", Policy::from(LeastConnections::new())))
//! .sweep("users.arrivals.rate", [Rate::of(120.0), Rate::of(160.0)]);
//!
//! let results = experiment.plan()?.run()?;
//! assert_eq!(results.cells.len(), 4);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! [`Experiment::plan`] reports all mistakes together, by node and field. The same experiment as text gives the same
//! bits: [`Plan::manifest`](crate::lab::Plan::manifest) is that text.

pub use crate::lab::in_code::Arm;
pub use crate::lab::label::{Label, Raw};
pub use crate::lab::spec::{AtMost, Experiment, Replications, RunSpec, SweepSpec, WarmUp};
pub use crate::schema::Encode;

/// What can be measured.
pub mod measures {
    pub use crate::lab::measure::measures::words::*;
    pub use crate::lab::measure::{AllTogether, Answers, EachClients, EachNode, Grouping, OutcomeName};
}

/// Claims about the results, and the numbers that claims compare.
pub mod claims {
    pub use crate::lab::claim::{
        AboveClaim as Above, BelowClaim as Below, Bound, ByGoodput, ByInFlight, Claim, FallsClaim as Falls, Gauge,
        GreaterClaim as Greater, LessClaim as Less, RecoversClaim as Recovers, RisesClaim as Rises,
        StaysDownClaim as StaysDown, TheoryClaim as EqualsTheory, TimesClaim as Times, UnstableClaim as Unstable,
    };
    pub use crate::lab::measure::measures::terms::*;
}
