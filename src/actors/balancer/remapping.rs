//! Remapping: how many clients or keys get another member when members leave, come back or change their weight, with
//! policies that place them by a hash.
//!
//! Counted on a fixed sample of clients or keys at each change, so requests cost nothing extra. The changes themselves
//! belong in `watched`.

use super::health::slow_start::PARTS;
use super::policies::Chooser;
use super::policy::Facts;
use super::view::View;
use crate::engine::Time;
use crate::engine::random::mix;
use crate::measure::{Begin, Begun, Windows};

/// Identities in the sample: the standard error of a share of them is 0.8 % at most.
pub const IDENTITIES: u32 = 4096;

/// Cumulative counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Times that members went, came back or changed their weight.
    pub changes: u64,
    /// Identities that got another member, summed over the changes.
    pub moved: u64,
    /// The moves that were necessary: from a member that left or lost weight, or to one that joined or gained weight.
    /// The others were moves between members that had not changed.
    pub least: u64,
}

/// A count as a share of the sample.
#[must_use]
pub fn share(count: u64) -> f64 {
    count as f64 / f64::from(IDENTITIES)
}

/// The member of an identity that has none.
const NO_OWNER: u32 = u32::MAX;

/// The members of a sample of identities, and how often they have changed.
#[derive(Clone, Debug)]
pub struct Remapping {
    /// How much of its full weight each member has, in [`PARTS`]; 0 of one that is out.
    shares: Vec<u32>,
    /// The member of each identity; empty until something changes.
    owners: Vec<u32>,
    /// Counts from time zero on.
    pub counts: Counts,
    /// Counts at the end of the warm-up.
    pub at_warm_up: Begun<Counts>,
    /// Counts at each boundary of windows.
    pub windows: Windows<Counts>,
}

impl Remapping {
    /// All of `members` in, with their full weights.
    #[must_use]
    pub fn new(members: usize) -> Self {
        Self {
            shares: vec![PARTS; members],
            owners: Vec::new(),
            counts: Counts::default(),
            at_warm_up: Begun::default(),
            windows: Windows::new(),
        }
    }

    /// Before anything has changed, these are the shares; see [`Remapping::change`].
    pub fn begin_with(&mut self, shares: Vec<u32>) {
        self.shares = shares;
    }

    /// From now on each member has these parts of its full weight, 0 if it is out. `view` and `policy` know it already,
    /// and are left as they were: some members may be in that are full at the moment.
    pub fn change(&mut self, shares: Vec<u32>, view: &mut View, policy: &mut Chooser) {
        if shares == self.shares {
            return;
        }
        if self.owners.is_empty() {
            self.owners = owners(&self.shares, view, policy);
        }
        let before = std::mem::replace(&mut self.shares, shares);
        self.counts.changes += 1;
        for (owner, new) in self.owners.iter_mut().zip(owners(&self.shares, view, policy)) {
            let old = std::mem::replace(owner, new);
            if old == new {
                continue;
            }
            let fell = old == NO_OWNER || self.shares[old as usize] < before[old as usize];
            let rose = new == NO_OWNER || self.shares[new as usize] > before[new as usize];
            self.counts.moved += 1;
            self.counts.least += u64::from(fell || rose);
        }
    }

    /// The counts after the warm-up.
    #[must_use]
    pub fn since_warm_up(&self) -> Counts {
        let (now, before) = (self.counts, *self.at_warm_up);
        Counts {
            changes: now.changes - before.changes,
            moved: now.moved - before.moved,
            least: now.least - before.least,
        }
    }

    /// Called when measuring begins.
    pub fn measure(&mut self, begin: Begin) {
        self.at_warm_up.begin(begin, self.counts, ());
    }

    /// A window has closed; `halve` says that pairs of windows must now be merged.
    pub fn window(&mut self, halve: bool) {
        self.windows.close(self.counts, halve);
    }
}

/// The owner of each identity while the members with a share are in and no others.
fn owners(shares: &[u32], view: &mut View, policy: &mut Chooser) -> Vec<u32> {
    let other: Vec<usize> = (0..shares.len()).filter(|&member| view.is_up(member) != (shares[member] > 0)).collect();
    let flip = |view: &mut View, policy: &mut Chooser, member: usize| {
        view.set_up(member, !view.is_up(member));
        policy.availability_changed(view, member);
    };
    other.iter().for_each(|&member| flip(view, policy, member));
    let owner = |identity: u32| {
        let bits = mix(u64::from(identity));
        let facts = Facts { now: Time::ZERO, client: bits as u32, key: (bits >> 32) as u32 };
        policy.owner(view, facts).map_or(NO_OWNER, |member| member as u32)
    };
    let owners = (0..IDENTITIES).map(owner).collect();
    other.iter().rev().for_each(|&member| flip(view, policy, member));
    owners
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::actors::balancer::policies::bounded_load_hash::BoundedLoadHash;
    use crate::actors::balancer::policies::ip_hash::IpHash;
    use crate::actors::balancer::policies::maglev::Maglev;
    use crate::actors::balancer::policies::rendezvous::Rendezvous;
    use crate::actors::balancer::policies::ring_hash::RingHash;
    use crate::actors::balancer::{Describes, Policy};
    use crate::actors::placement::{ClientAddress, EnvoyPoints, HashBy, KetamaPoints, Placement, RequestedKey};

    const MEMBERS: usize = 10;

    fn by_key() -> HashBy {
        HashBy::Key(RequestedKey {})
    }

    fn by_client() -> HashBy {
        HashBy::Client(ClientAddress {})
    }

    fn ketama() -> Placement {
        Placement::Ketama(KetamaPoints { points: 160 })
    }

    fn maglev() -> Policy {
        Policy::Maglev(Maglev { table: 65_537, by: by_client() })
    }

    fn rendezvous() -> Policy {
        Policy::Rendezvous(Rendezvous { by: by_key() })
    }

    /// Policies that make only necessary moves.
    fn minimal() -> [Policy; 5] {
        let envoy = Placement::Envoy(EnvoyPoints { minimum_ring_size: 1024, maximum_ring_size: 8_388_608 });
        [
            Policy::RingHash(RingHash { placement: ketama(), by: by_client() }),
            Policy::RingHash(RingHash { placement: envoy, by: by_key() }),
            Policy::BoundedLoadHash(BoundedLoadHash { c: 1.25, placement: ketama(), by: by_key() }),
            rendezvous(),
            Policy::IpHash(IpHash {}),
        ]
    }

    struct Bench {
        view: View,
        policy: Chooser,
        remapping: Remapping,
    }

    impl Bench {
        fn new(policy: &Policy) -> Self {
            let view = View::new(vec![1; MEMBERS]);
            Self { policy: policy.build(&view), remapping: Remapping::new(MEMBERS), view }
        }

        fn set_up(&mut self, member: usize, up: bool) -> Counts {
            assert!(self.view.set_up(member, up));
            self.policy.health_changed(&self.view, member);
            let shares = (0..MEMBERS).map(|member| PARTS * u32::from(self.view.is_up(member))).collect();
            self.change(shares)
        }

        /// The counts of one change.
        fn change(&mut self, shares: Vec<u32>) -> Counts {
            let before = self.remapping.counts;
            self.remapping.change(shares, &mut self.view, &mut self.policy);
            let now = self.remapping.counts;
            Counts {
                changes: now.changes - before.changes,
                moved: now.moved - before.moved,
                least: now.least - before.least,
            }
        }

        fn owned_by(&self, member: u32) -> u64 {
            self.remapping.owners.iter().filter(|&&owner| owner == member).count() as u64
        }
    }

    #[test]
    fn only_what_a_member_owned_moves_when_it_goes_and_only_that_comes_back() {
        for policy in minimal() {
            let mut bench = Bench::new(&policy);
            let went = bench.set_up(3, false);
            assert_eq!(went.changes, 1);
            assert_eq!(went.moved, went.least, "{policy:?}");
            // A tenth of the sample; the share of a member of a ring strays by a tenth, ten times that is never met.
            assert!((150..800).contains(&went.moved), "{policy:?}: {went:?}");
            assert_eq!(bench.owned_by(3), 0);
            let other = bench.set_up(7, false);
            assert_eq!(other.moved, other.least, "{policy:?}");
            assert_eq!(bench.set_up(7, true), other, "{policy:?}");
            assert_eq!(bench.set_up(3, true), went, "{policy:?}");
            assert_eq!(bench.owned_by(3), went.moved, "{policy:?}");
        }
    }

    #[test]
    fn maglev_moves_a_little_more_than_it_must() {
        let mut bench = Bench::new(&maglev());
        let went = bench.set_up(3, false);
        let needless = went.moved - went.least;
        assert!((1..u64::from(IDENTITIES) / 20).contains(&needless), "{went:?}");
        assert_eq!(bench.set_up(3, true), went);
    }

    #[test]
    fn a_change_that_changes_nothing_is_none() {
        let mut bench = Bench::new(&maglev());
        assert_eq!(bench.change(vec![PARTS; MEMBERS]), Counts::default());
        assert!(bench.remapping.owners.is_empty());
    }

    #[test]
    fn all_clients_move_when_the_last_member_goes() {
        for policy in minimal() {
            let mut bench = Bench::new(&policy);
            (1..MEMBERS).for_each(|member| _ = bench.set_up(member, false));
            let all = u64::from(IDENTITIES);
            let last = bench.set_up(0, false);
            // In `ip_hash`, an address whose hash is rehashed 20 times in vain belongs to no member before.
            assert!(last.moved == last.least && last.moved <= all, "{policy:?}");
            assert!(last.moved == all || matches!(policy, Policy::IpHash(_)), "{policy:?}");
            assert_eq!(bench.set_up(0, true), last, "{policy:?}");
        }
    }

    #[test]
    fn a_member_that_is_full_keeps_its_own() {
        for policy in minimal().into_iter().chain([maglev()]) {
            let mut bench = Bench::new(&policy);
            let mut same = Bench::new(&policy);
            // Full, and so not in the view.
            bench.view.set_up(5, false);
            bench.policy.availability_changed(&bench.view, 5);
            let mut shares = vec![PARTS; MEMBERS];
            shares[3] = 0;
            bench.view.set_up(3, false);
            bench.policy.health_changed(&bench.view, 3);
            assert_eq!(bench.change(shares), same.set_up(3, false), "{policy:?}");
            assert!(!bench.view.is_up(5));
            for client in 0..1000 {
                let facts = Facts { now: Time::ZERO, client: client << 8, key: client };
                let owner = bench.policy.owner(&bench.view, facts);
                assert!(owner.is_none_or(|member| member != 5 && member != 3), "{policy:?}");
            }
        }
    }

    #[test]
    fn on_a_ramp_keys_come_back_by_and_by() {
        let mut bench = Bench::new(&rendezvous());
        let went = bench.set_up(3, false);
        bench.view.set_up(3, true);
        let mut moved = 0;
        for parts in [10, 50, 100] {
            let mut shares = vec![PARTS; MEMBERS];
            shares[3] = parts;
            (0..MEMBERS).for_each(|member| bench.view.set_weight(member, shares[member]));
            bench.policy.weights_changed(&bench.view);
            let step = bench.change(shares);
            assert!(step.moved > 0 && step.moved == step.least, "{step:?}");
            moved += step.moved;
        }
        assert_eq!(moved, went.moved);
    }

    #[test]
    fn the_policies_that_place_by_a_hash_are_those_that_look_at_who_asks() {
        for policy in minimal().into_iter().chain([maglev()]) {
            assert!(policy.places_by_hash() && policy.uses_identity());
        }
        let least =
            Policy::LeastConnections(crate::actors::balancer::policies::least_connections::LeastConnections::default());
        assert!(!least.places_by_hash());
        assert!(Rendezvous { by: by_client() }.places_by_hash());
    }
}
