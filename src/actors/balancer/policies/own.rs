//! Policies from outside this crate, given in code.

use std::fmt::Debug;
use std::sync::Arc;

use super::Policy;
use crate::actors::balancer::policy::{Answer, Choose, Describes, Facts, Load, Subscription};
use crate::actors::balancer::view::View;
use crate::engine::random::Draws;
use crate::schema::Given;

/// A policy given in code: any type that implements [`Describes`], under a name of its own.
///
/// It is called through a pointer, which costs a few nanoseconds per request; built-in policies are called directly. It
/// cannot be written in a file: a manifest shows it as `GivenInCode("name")`, and reading that manifest is an error
/// that says the policy is missing.
#[derive(Clone, Debug)]
pub struct Own(Arc<Named>);

/// The name and the description.
#[derive(Debug)]
struct Named {
    name: String,
    policy: Box<dyn AnyPolicy>,
}

impl Own {
    /// Wraps `policy` under a `name`, which manifests and messages show.
    #[must_use]
    pub fn new<P>(name: &str, policy: P) -> Self
    where
        P: Describes + Debug + Send + Sync + 'static,
        P::State: Clone + Debug + Send + 'static,
    {
        Self(Arc::new(Named { name: name.to_owned(), policy: Box::new(policy) }))
    }

    /// The name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.0.name
    }

    /// The value in a tree.
    pub(crate) fn given(&self) -> Given {
        Given { name: self.0.name.clone(), value: Arc::clone(&self.0) as _ }
    }

    /// The policy that stands in a tree; `None` if something else does.
    pub(crate) fn of(given: &Given) -> Option<Self> {
        Arc::clone(&given.value).downcast().ok().map(Self)
    }
}

impl Policy {
    /// A policy from outside this crate, under a name that manifests and messages show; see [`Own`].
    #[must_use]
    pub fn own<P>(name: &str, policy: P) -> Self
    where
        P: Describes + Debug + Send + Sync + 'static,
        P::State: Clone + Debug + Send + 'static,
    {
        Self::Own(Own::new(name, policy))
    }
}

impl PartialEq for Own {
    /// The same policy object: two that were made separately are different, because they cannot be compared.
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

/// [`Describes`] of any policy, behind a pointer.
trait AnyPolicy: Debug + Send + Sync {
    fn build(&self, view: &View) -> Box<dyn AnyState>;
    fn places_by_hash(&self) -> bool;
    fn uses_identity(&self) -> bool;
    fn uses_names(&self) -> bool;
    fn subscription(&self) -> Subscription;
    fn problem(&self, weights: &[u32]) -> Option<String>;
    fn uses_weights(&self) -> bool;
}

impl<P> AnyPolicy for P
where
    P: Describes + Debug + Send + Sync,
    P::State: Clone + Debug + Send + 'static,
{
    fn build(&self, view: &View) -> Box<dyn AnyState> {
        Box::new(Describes::build(self, view))
    }

    fn places_by_hash(&self) -> bool {
        Describes::places_by_hash(self)
    }

    fn uses_identity(&self) -> bool {
        Describes::uses_identity(self)
    }

    fn uses_names(&self) -> bool {
        Describes::uses_names(self)
    }

    fn subscription(&self) -> Subscription {
        Describes::subscription(self)
    }

    fn problem(&self, weights: &[u32]) -> Option<String> {
        Describes::problem(self, weights)
    }

    fn uses_weights(&self) -> bool {
        Describes::uses_weights(self)
    }
}

/// [`Choose`] of any policy, behind a pointer.
trait AnyState: Choose + Debug + Send {
    fn copy(&self) -> Box<dyn AnyState>;
}

impl<S: Choose + Clone + Debug + Send + 'static> AnyState for S {
    fn copy(&self) -> Box<dyn AnyState> {
        Box::new(self.clone())
    }
}

/// A policy from outside at work.
#[derive(Debug)]
pub struct OwnState(Box<dyn AnyState>);

impl Clone for OwnState {
    fn clone(&self) -> Self {
        Self(self.0.copy())
    }
}

impl Describes for Own {
    type State = OwnState;

    fn build(&self, view: &View) -> OwnState {
        OwnState(self.0.policy.build(view))
    }

    fn places_by_hash(&self) -> bool {
        self.0.policy.places_by_hash()
    }

    fn uses_identity(&self) -> bool {
        self.0.policy.uses_identity()
    }

    fn uses_names(&self) -> bool {
        self.0.policy.uses_names()
    }

    fn subscription(&self) -> Subscription {
        self.0.policy.subscription()
    }

    fn problem(&self, weights: &[u32]) -> Option<String> {
        self.0.policy.problem(weights)
    }

    fn uses_weights(&self) -> bool {
        self.0.policy.uses_weights()
    }
}

/// The policies of the language are tested to choose only members that are up; of others it is looked at.
fn up(view: &View, member: Option<usize>) -> Option<usize> {
    if let Some(member) = member
        && (member >= view.len() || !view.is_up(member))
    {
        wrong(view, member);
    }
    member
}

#[cold]
#[inline(never)]
fn wrong(view: &View, member: usize) -> ! {
    panic!(
        "a policy given in code chose member {member}, which is not one of the {} that are up",
        view.available().len()
    )
}

impl Choose for OwnState {
    // A function of its own, to keep the code that balancers inline for the policies of the language short.
    #[inline(never)]
    fn choose(&mut self, view: &View, facts: Facts, draws: &mut Draws) -> Option<usize> {
        up(view, self.0.choose(view, facts, draws))
    }

    fn owner(&mut self, view: &View, facts: Facts) -> Option<usize> {
        up(view, self.0.owner(view, facts))
    }

    #[inline]
    fn sent(&mut self, view: &View, member: usize) {
        self.0.sent(view, member);
    }

    #[inline]
    fn done(&mut self, view: &View, member: usize, answer: Answer) {
        self.0.done(view, member, answer);
    }

    fn health_changed(&mut self, view: &View, member: usize) {
        self.0.health_changed(view, member);
    }

    fn availability_changed(&mut self, view: &View, member: usize) {
        self.0.availability_changed(view, member);
    }

    fn weights_changed(&mut self, view: &View) {
        self.0.weights_changed(view);
    }

    fn idle(&mut self, view: &View, member: usize) {
        self.0.idle(view, member);
    }

    fn probes(&mut self, view: &View, draws: &mut Draws, ask: &mut Vec<u32>) {
        self.0.probes(view, draws, ask);
    }

    fn probed(&mut self, view: &View, member: usize, load: Load, draws: &mut Draws) {
        self.0.probed(view, member, load, draws);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::actors::balancer::policies::Chooser;
    use crate::engine::Time;
    use crate::engine::random::StreamKey;

    /// Always the same member.
    #[derive(Clone, Debug)]
    struct Always(usize);

    impl Describes for Always {
        type State = Self;

        fn build(&self, _view: &View) -> Self {
            self.clone()
        }
    }

    impl Choose for Always {
        fn choose(&mut self, _view: &View, _facts: Facts, _draws: &mut Draws) -> Option<usize> {
            Some(self.0)
        }
    }

    fn chosen(member: usize) -> Option<usize> {
        let mut view = View::new(vec![1; 3]);
        view.set_up(1, false);
        let facts = Facts { now: Time::ZERO, client: 0, key: 0 };
        Policy::own("always", Always(member)).build(&view).choose(&view, facts, StreamKey::root(1, 0), 1)
    }

    #[test]
    fn a_member_that_is_up_is_chosen() {
        assert_eq!(chosen(2), Some(2));
    }

    #[test]
    #[should_panic(expected = "chose member 1, which is not one of the 2 that are up")]
    fn a_member_that_is_down_is_a_defect_of_the_policy() {
        chosen(1);
    }

    #[test]
    #[should_panic(expected = "chose member 3")]
    fn so_is_one_that_is_not_there() {
        chosen(3);
    }

    #[test]
    fn it_takes_no_room_from_others() {
        assert!(size_of::<OwnState>() <= 16);
        assert!(size_of::<Chooser>() > size_of::<OwnState>());
    }

    #[test]
    fn a_copy_goes_on_by_itself() {
        let (policy, view) = (Policy::own("always", Always(2)), View::new(vec![1; 3]));
        assert_eq!(policy, policy.clone());
        assert_ne!(policy, Policy::own("always", Always(2)));
        let facts = Facts { now: Time::ZERO, client: 0, key: 0 };
        let mut copy = policy.build(&view).clone();
        assert_eq!(copy.choose(&view, facts, StreamKey::root(1, 0), 1), Some(2));
    }
}
