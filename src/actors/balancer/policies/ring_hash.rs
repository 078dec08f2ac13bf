//! Consistent hashing on a ring.

use crate::actors::balancer::policy::{Choose, Describes, Facts};
use crate::actors::balancer::view::View;
use crate::actors::placement::{ClientAddress, HashBy, KetamaPoints, Placement, Ring};
use crate::engine::random::Draws;
use crate::schema::record;

record! {
    /// Sends the same client, or the same key, always to the same member: the one with the next point on a hash ring.
    ///
    /// Karger et al. 1997; libketama, nginx `hash ... consistent`, Envoy `RING_HASH`. While a member is down its points
    /// are skipped, so only its own clients or keys move. A choice costs O(1) and the hash of a short text.
    pub struct RingHash {
        /// How points are placed on the ring.
        pub placement: Placement = Placement::Ketama(KetamaPoints { points: 160 }),
        /// Which part of a request is hashed.
        pub by: HashBy = HashBy::Client(ClientAddress {}),
    }
}

/// A ring and how to look into it.
#[derive(Clone, Debug)]
pub struct Points {
    ring: Ring,
    spec: RingHash,
}

impl Points {
    /// The ring of `spec` with the members of `view`.
    #[must_use]
    pub fn new(spec: RingHash, view: &View) -> Self {
        Self { ring: spec.placement.ring(view), spec }
    }

    /// The first member on the way from the request's place that is up and will do.
    #[inline]
    pub fn first(&self, view: &View, facts: Facts, will_do: impl Fn(usize) -> bool) -> Option<usize> {
        let hash = self.spec.placement.hash(self.spec.by.text(facts.client, facts.key).bytes());
        let will_do = |member: usize| view.is_up(member) && will_do(member);
        // A member may be too light for a point; it serves when all others are down.
        let without_points = || view.available().iter().map(|&member| member as usize).filter(|&m| will_do(m)).min();
        self.ring.first(hash, will_do).or_else(without_points)
    }
}

impl Describes for RingHash {
    type State = Points;

    fn build(&self, view: &View) -> Points {
        Points::new(self.clone(), view)
    }

    fn places_by_hash(&self) -> bool {
        true
    }

    fn uses_weights(&self) -> bool {
        false
    }

    fn problem(&self, weights: &[u32]) -> Option<String> {
        self.placement.problem(weights)
    }
}

impl Choose for Points {
    #[inline]
    fn choose(&mut self, view: &View, facts: Facts, _draws: &mut Draws) -> Option<usize> {
        self.owner(view, facts)
    }

    #[inline]
    fn owner(&mut self, view: &View, facts: Facts) -> Option<usize> {
        if view.available().is_empty() { None } else { self.first(view, facts, |_| true) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::actors::placement::NginxPoints;
    use crate::engine::random::{Bits, StreamKey};

    /// Shares of a ring with v points for each of n members are Beta(v, (n - 1) v): their relative standard deviation is
    /// sqrt((n - 1) / (n v + 1)).
    #[test]
    fn shares_spread_as_those_of_an_ideal_hash() {
        for (members, points, placement) in [
            (10, 160, Placement::Ketama(KetamaPoints { points: 160 })),
            (100, 100, Placement::Ketama(KetamaPoints { points: 100 })),
            (10, 160, Placement::Nginx(NginxPoints { points: 160 })),
        ] {
            let mut deviations = 0.0;
            let rings = 40;
            for fleet in 0..rings {
                let names: Vec<String> = (0..members).map(|n| format!("10.{fleet}.0.{n}:80")).collect();
                let ring = placement.ring(&View::new(vec![1; members]).with_names(names.into()));
                let mut shares = vec![0.0; members];
                let all: Vec<(u64, usize)> = ring.points().collect();
                let mut before = all.last().map_or(0, |point| point.0);
                for &(hash, member) in &all {
                    shares[member] += hash.wrapping_sub(before) as f64 / (u64::MAX as f64);
                    before = hash;
                }
                let squares: f64 = shares.iter().map(|share| share * members as f64 - 1.0).map(|off| off * off).sum();
                deviations += squares / members as f64;
            }
            let found = (deviations / f64::from(rings)).sqrt();
            let ideal = ((members as f64 - 1.0) / (members as f64 * f64::from(points) + 1.0)).sqrt();
            // The mean of 40 rings; one ring of ten members strays by a quarter.
            assert!((found / ideal - 1.0).abs() < 0.25, "{found} against {ideal}");
        }
    }

    #[test]
    fn keys_are_hashed_where_asked() {
        let view = View::new(vec![1; 50]);
        let by = |by| RingHash { placement: Placement::Nginx(NginxPoints { points: 160 }), by }.build(&view);
        let mut by_client = by(HashBy::Client(ClientAddress {}));
        let mut by_key = by(HashBy::Key(crate::actors::placement::RequestedKey {}));
        let mut draws = StreamKey::root(1, 0).draws(0);
        let mut differ = [false; 2];
        for _ in 0..20 {
            let facts = |client, key| Facts { now: crate::engine::Time::ZERO, client, key };
            let (other, mut unused) = (draws.bits() as u32, draws);
            let (fixed, client, key) = (facts(1, 1), facts(other, 1), facts(1, other));
            assert_eq!(by_client.choose(&view, fixed, &mut unused), by_client.choose(&view, key, &mut unused));
            assert_eq!(by_key.choose(&view, fixed, &mut unused), by_key.choose(&view, client, &mut unused));
            differ[0] |= by_client.choose(&view, fixed, &mut unused) != by_client.choose(&view, client, &mut unused);
            differ[1] |= by_key.choose(&view, fixed, &mut unused) != by_key.choose(&view, key, &mut unused);
        }
        assert_eq!(differ, [true; 2]);
    }
}
