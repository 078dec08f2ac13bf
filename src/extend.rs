//! Write a balancing policy outside this crate.
//!
//! A policy is two types. The description has its parameters and implements [`Describes`]; each balancer builds the
//! state from it. The state implements [`Choose`] and holds what the policy remembers from one request to the next.
//! [`Policy::own`] turns the description into a policy for any [`Balancer`](crate::system::Balancer), in a system or in
//! an arm of an experiment.
//!
//! ```
//! use rushhour::extend::{Choose, Describes, Draws, Facts, Policy, View};
//! use rushhour::system::Balancer;
//!
//! /// Every request goes to the first member that is up and has fewer than `most` requests, or else to the first that is up.
//! #[derive(Clone, Debug)]
//! struct FillUp {
//!     most: u32,
//! }
//!
//! impl Describes for FillUp {
//!     type State = Self;
//!
//!     fn build(&self, _view: &View) -> Self {
//!         self.clone()
//!     }
//! }
//!
//! impl Choose for FillUp {
//!     fn choose(&mut self, view: &View, _facts: Facts, _draws: &mut Draws) -> Option<usize> {
//!         let mut up = (0..view.len()).filter(|&member| view.is_up(member));
//!         up.clone().find(|&member| view.active(member) < self.most).or_else(|| up.next())
//!     }
//! }
//!
//! let balancer = Balancer { policy: Policy::own("fill up to 8", FillUp { most: 8 }), ..Balancer::new("web") };
//! # let _ = balancer;
//! ```
//!
//! `examples/own_policy.rs` compares such a policy with those of the language.
//!
//! **What it costs.** A built-in policy is called directly, one of your own through a pointer. Round robin takes 8 ns for a
//! request, from its choice to its answer, and the same algorithm as a policy of your own 12 ns (`cargo bench --bench decisions`).
//!
//! **The rule.** A choice may depend only on what the policy was told and on the draws it was given: no clock, no other
//! random numbers, no iteration order of a `HashMap`. Then the same seed gives the same bits on any machine, and arms
//! of an experiment are compared with the same random numbers.
//!
//! **The limit.** The policy cannot be written in a file: a manifest holds only its name, and running that manifest is
//! an error that says so.

pub use crate::actors::balancer::policies::{Own, Policy};
pub use crate::actors::balancer::policy::{Answer, Choose, Describes, Facts, Load, Subscription};
pub use crate::actors::balancer::view::View;
pub use crate::engine::random::{Bits, Draws, StreamKey};
pub use crate::engine::{Duration, Outcome, Time};
