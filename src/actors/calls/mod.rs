//! Calls: what a node asks of another and waits for. How one is made of attempts, how those are sent and how they end, with
//! timeouts, retries and their budgets, hedges, throttling and cancellation; the way to who is called, with the connections
//! held open; and the words of the language.
//!
//! Why a call is made belongs to the node that makes it. One that makes calls of one attempt each, without any of this, needs
//! an [`Upstream`] and no [`Caller`].

pub mod backoff;
pub mod behalf;
pub mod books;
pub mod budget;
pub mod call;
pub mod caller;
pub mod connections;
mod ending;
pub mod hedge;
pub mod origin;
pub mod recent;
pub mod seen;
mod sending;
pub mod spec;
#[cfg(test)]
mod tests;
pub mod throttle;
pub mod upstream;
mod writes;

pub use super::kit::made::{AttemptsRecord, CallsRecord};
pub use behalf::OnBehalf;
pub use caller::{Caller, Over, Rules, Step};
pub use connections::{Connections, Handshake};
pub use origin::Origin;
pub use spec::{AdaptiveThrottling, Hedge, Reload, Retry};
pub use upstream::Upstream;
