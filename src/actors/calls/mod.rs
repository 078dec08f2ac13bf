//! Calls: requests that a node makes and waits for. How a call consists of attempts, how attempts are sent and how they
//! end, with timeouts, retries and their budgets, hedges, throttling and cancellation; the upstream that is called,
//! with its open connections; and the words of the language.
//!
//! Why a call is made is the business of the node that makes it. A node whose calls have a single attempt and none of
//! these features needs an [`Upstream`] and no [`Caller`].

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
