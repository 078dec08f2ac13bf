//! The RON language of systems: what a file may say, whether its parts fit together, and building actors from it.
//!
//! How text becomes values belongs in `schema`; what the actors do belongs in `actors`; experiments belong in `lab`.

mod advice;
mod blueprint;
mod build;
mod check;
mod flow;
mod system;

pub use crate::actors::NodeSpec;
pub use crate::actors::kit::build::named_copies;
pub use crate::actors::kit::faults::FaultSpec;
pub use crate::actors::kit::flow::{Flows, StationLoad};
pub use crate::actors::kit::seen::NodeInfo;
pub use crate::actors::kit::site::Site;
pub use crate::trace::Inputs;
pub use advice::advice;
pub use blueprint::Blueprint;
pub use build::{Built, build};
pub use check::check;
pub use flow::flows;
pub use system::{System, VERSION};
