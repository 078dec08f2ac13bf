//! What a policy is: how a balancer chooses a member. Policies themselves, and the list of them, belong in `policies`.

use super::view::View;
use crate::engine::random::Draws;
use crate::engine::{Duration, Outcome, Time};

/// What a policy may know of the request it chooses a member for.
#[derive(Clone, Copy, Debug)]
pub struct Facts {
    /// The present instant.
    pub now: Time,
    /// The client's IPv4 address as a number.
    pub client: u32,
    /// What is asked for.
    pub key: u32,
}

/// What a policy may know of the answer to a request.
#[derive(Clone, Copy, Debug)]
pub struct Answer {
    /// The present instant.
    pub now: Time,
    /// Since the balancer sent the request; `None` where a connection was closed, which tells nothing of its member.
    pub response_time: Option<Duration>,
    /// What became of it.
    pub outcome: Outcome,
}

/// What a server has answered to a probe.
#[derive(Clone, Copy, Debug)]
pub struct Load {
    /// The present instant.
    pub now: Time,
    /// Requests at the server when the probe came, waiting and in service.
    pub in_flight: u32,
    /// How long a request would take, as the server thinks; zero if it knows nothing.
    pub latency: Duration,
}

/// What a policy wants to hear from servers, beside their answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hears {
    /// Nothing.
    Nothing,
    /// That they have become idle; see [`Choose::idle`].
    Idleness,
    /// Their load, when it asks; see [`Choose::probes`].
    Probes,
}

/// A policy at work, with whatever state it keeps. One belongs to one balancer.
pub trait Choose {
    /// The member the next request goes to; must be up in `view`. `None` only if no member is up.
    ///
    /// `draws` is the request's own stream: the same in every arm of an experiment.
    fn choose(&mut self, view: &View, facts: Facts, draws: &mut Draws) -> Option<usize>;

    /// The member that a request belongs to by its hash alone, whatever the load; must be up in `view`. `None` if no
    /// member is up, if the hash leaves it open, and of policies that do not [place by hash](Describes::places_by_hash).
    /// Choices do not depend on whether this was asked.
    fn owner(&mut self, _view: &View, _facts: Facts) -> Option<usize> {
        None
    }

    /// A request has gone to `member`; `view` counts it already.
    #[inline]
    fn sent(&mut self, _view: &View, _member: usize) {}

    /// A request has come back from `member`; `view` does not count it any more.
    #[inline]
    fn done(&mut self, _view: &View, _member: usize, _answer: Answer) {}

    /// A member has gone down or come up; `view` knows it already.
    #[inline]
    fn health_changed(&mut self, _view: &View, _member: usize) {}

    /// A member that is well is passed over for a while, or not any more: it is full, or the request has tried it. `view`
    /// knows it already, as if it were down.
    #[inline]
    fn passed_over(&mut self, view: &View, member: usize) {
        self.health_changed(view, member);
    }

    /// Effective weights have changed; `view` has them already. Policies that do not use weights need not care.
    fn weights_changed(&mut self, _view: &View) {}

    /// A member has told that it is idle; only policies that hear of [`Hears::Idleness`] are told.
    fn idle(&mut self, _view: &View, _member: usize) {}

    /// Puts the members to be probed now, with a request that is being sent, into `ask`; only of policies with
    /// [`Hears::Probes`].
    fn probes(&mut self, _view: &View, _draws: &mut Draws, _ask: &mut Vec<u32>) {}

    /// A member has answered a probe.
    fn probed(&mut self, _view: &View, _member: usize, _load: Load, _draws: &mut Draws) {}
}

/// The description of a policy, as the language reads it.
pub trait Describes {
    /// The policy at work.
    type State: Choose;

    /// The policy ready to choose among the members of `view`.
    fn build(&self, view: &View) -> Self::State;

    /// True if it places clients or keys by a hash; see [`Choose::owner`].
    fn places_by_hash(&self) -> bool {
        false
    }

    /// True if it looks at the client or the key of a request.
    fn looks_at_identity(&self) -> bool {
        self.places_by_hash()
    }

    /// True if it looks at the names of members.
    fn looks_at_names(&self) -> bool {
        self.places_by_hash()
    }

    /// What it wants to hear from servers.
    fn hears(&self) -> Hears {
        Hears::Nothing
    }

    /// What is wrong with this policy before members of these weights, in words; `None` if nothing is.
    fn problem(&self, _weights: &[u32]) -> Option<String> {
        None
    }

    /// True if a change of weights changes its choices; see [`Choose::weights_changed`].
    fn follows_weights(&self) -> bool {
        true
    }
}
