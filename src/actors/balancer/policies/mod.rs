//! The registry of balancing policies: one file here and one line below define a policy. What a policy is belongs in
//! `policy.rs` beside this folder.
//!
//! `cargo fmt` does not format files that are named only in a macro; `rustfmt FILE` does.

use super::policy::{Answer, Choose, Describes, Facts, Load, Subscription};
use super::view::View;
use crate::engine::random::{Draws, StreamKey};
use crate::schema::registry;

registry! {
    pub mod {
        round_robin::RoundRobin,
        weighted_round_robin::WeightedRoundRobin,
        random::Random,
        least_connections::LeastConnections,
        least_request::LeastRequest,
        power_of_choices::PowerOfChoices,
        ip_hash::IpHash,
        ring_hash::RingHash,
        bounded_load_hash::BoundedLoadHash,
        maglev::Maglev,
        rendezvous::Rendezvous,
        peak_ewma::PeakEwma,
        least_response_time::LeastResponseTime,
        join_idle_queue::JoinIdleQueue,
        prequal::Prequal,
        first::First,
    }
    given { own::Own }

    /// How a balancer chooses the member a request goes to.
    pub enum Policy;

    impl Policy {
        /// True if its choices depend on the client or the key of a request.
        #[must_use]
        pub fn uses_identity(&self) -> bool;
        /// True if it places clients or keys by a hash.
        #[must_use]
        pub fn places_by_hash(&self) -> bool;
        /// True if its choices depend on the names of members.
        #[must_use]
        pub fn uses_names(&self) -> bool;
        /// The signals from servers that it subscribes to.
        #[must_use]
        pub fn subscription(&self) -> Subscription;
        /// Checks the policy against the weights of the members; an error message, or `None` if it is valid.
        #[must_use]
        pub fn problem(&self, weights: &[u32]) -> Option<String>;
        /// True if its choices depend on weights.
        #[must_use]
        pub fn uses_weights(&self) -> bool;
    }

    /// The state of any policy. An explicit tag is read faster than a niche in a field.
    #[derive(Clone, Debug)]
    #[repr(u8)]
    pub enum Chooser: Describes;

    /// Builds the state for a balancer with the members of `view`.
    pub fn build(&self, view: &View) -> Chooser;

    impl Chooser {
        /// The member that request `number` goes to; see [`Choose::choose`]. Its draws are made only where a policy wants
        /// them.
        #[inline(always)]
        pub fn choose(&mut self, view: &View, facts: Facts, key: StreamKey, number: u64) -> Option<usize>
            => (view, facts, &mut key.draws(number));
        /// A request has gone to `member`; see [`Choose::sent`].
        #[inline(always)]
        pub fn sent(&mut self, view: &View, member: usize);
        /// A request has come back from `member`; see [`Choose::done`].
        #[inline(always)]
        pub fn done(&mut self, view: &View, member: usize, answer: Answer);
        /// The member that a request belongs to by its hash; see [`Choose::owner`].
        pub fn owner(&mut self, view: &View, facts: Facts) -> Option<usize>;
        /// A member became unavailable or available again; see [`Choose::availability_changed`].
        pub fn availability_changed(&mut self, view: &View, member: usize);
        /// Effective weights have changed; see [`Choose::weights_changed`].
        pub fn weights_changed(&mut self, view: &View);
        /// A member has gone down or come up; see [`Choose::health_changed`].
        pub fn health_changed(&mut self, view: &View, member: usize);
        /// A member reported that it is idle; see [`Choose::idle`].
        pub fn idle(&mut self, view: &View, member: usize);
        /// The members to be probed now; see [`Choose::probes`].
        pub fn probes(&mut self, view: &View, draws: &mut Draws, ask: &mut Vec<u32>);
        /// A member has answered a probe; see [`Choose::probed`].
        pub fn probed(&mut self, view: &View, member: usize, load: Load, draws: &mut Draws);
    }
}
