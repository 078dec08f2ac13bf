//! The traits of a policy, which is how a balancer chooses a member. The policies and their list belong in `policies`.

use super::view::View;
use crate::engine::random::Draws;
use crate::engine::{Duration, Outcome, Time};

/// The facts on which a policy may base its choice of a member for a request.
#[derive(Clone, Copy, Debug)]
pub struct Facts {
    /// The present instant.
    pub now: Time,
    /// The client's IPv4 address as a number.
    pub client: u32,
    /// The key that is requested.
    pub key: u32,
}

/// The facts about the answer to a request, for a policy.
#[derive(Clone, Copy, Debug)]
pub struct Answer {
    /// The present instant.
    pub now: Time,
    /// Time since the balancer sent the request; `None` if a connection was closed, which says nothing about the
    /// member's speed.
    pub response_time: Option<Duration>,
    /// The outcome of the request.
    pub outcome: Outcome,
}

/// A server's answer to a probe.
#[derive(Clone, Copy, Debug)]
pub struct Load {
    /// The present instant.
    pub now: Time,
    /// Requests at the server when the probe arrived, waiting and in service.
    pub in_flight: u32,
    /// The server's estimate of how long a request would take; zero if it has none.
    pub latency: Duration,
}

/// Signals from servers that a policy subscribes to, in addition to answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subscription {
    /// Nothing.
    None,
    /// Servers report when they become idle; see [`Choose::idle`].
    Idleness,
    /// Servers report their load when probed; see [`Choose::probes`].
    Probes,
}

/// The state of a policy at one balancer, and how it chooses.
pub trait Choose {
    /// Chooses the member for a request; it must be up in `view`. `None` only if no member is up.
    ///
    /// `draws` is the request's own stream: the same in every arm of an experiment.
    fn choose(&mut self, view: &View, facts: Facts, draws: &mut Draws) -> Option<usize>;

    /// The member that a request hashes to, whatever the load; it must be up in `view`. `None` if no member is up, if
    /// the hash does not decide, or if the policy does not [place by hash](Describes::places_by_hash). Calling this
    /// must not change later choices.
    fn owner(&mut self, _view: &View, _facts: Facts) -> Option<usize> {
        None
    }

    /// A request was sent to `member`; `view` already counts it.
    #[inline]
    fn sent(&mut self, _view: &View, _member: usize) {}

    /// A request was answered by `member`; `view` no longer counts it.
    #[inline]
    fn done(&mut self, _view: &View, _member: usize, _answer: Answer) {}

    /// A member went down or came up; `view` already shows it.
    #[inline]
    fn health_changed(&mut self, _view: &View, _member: usize) {}

    /// A healthy member became unavailable for now, or available again: it is full, or the current request has already
    /// tried it. `view` already shows it as down or up.
    #[inline]
    fn availability_changed(&mut self, view: &View, member: usize) {
        self.health_changed(view, member);
    }

    /// Effective weights changed; `view` already has the new ones.
    fn weights_changed(&mut self, _view: &View) {}

    /// A member reported that it is idle. Called only for policies that subscribe to [`Subscription::Idleness`].
    fn idle(&mut self, _view: &View, _member: usize) {}

    /// Adds the members to probe now, while a request is being sent, to `ask`. Called only for policies that subscribe
    /// to [`Subscription::Probes`].
    fn probes(&mut self, _view: &View, _draws: &mut Draws, _ask: &mut Vec<u32>) {}

    /// A member answered a probe.
    fn probed(&mut self, _view: &View, _member: usize, _load: Load, _draws: &mut Draws) {}
}

/// The parameters of a policy, and what a balancer must know about it.
pub trait Describes {
    /// The state that a balancer keeps for the policy.
    type State: Choose;

    /// Builds the state for a balancer with the members of `view`.
    fn build(&self, view: &View) -> Self::State;

    /// True if the policy maps clients or keys to members by a hash; see [`Choose::owner`].
    fn places_by_hash(&self) -> bool {
        false
    }

    /// True if its choices depend on the client or the key of a request.
    fn uses_identity(&self) -> bool {
        self.places_by_hash()
    }

    /// True if its choices depend on the names of members.
    fn uses_names(&self) -> bool {
        self.places_by_hash()
    }

    /// The signals from servers that it subscribes to.
    fn subscription(&self) -> Subscription {
        Subscription::None
    }

    /// Checks the policy against the weights of the members; an error message, or `None` if it is valid.
    fn problem(&self, _weights: &[u32]) -> Option<String> {
        None
    }

    /// True if its choices depend on weights; see [`Choose::weights_changed`].
    fn uses_weights(&self) -> bool {
        true
    }
}
