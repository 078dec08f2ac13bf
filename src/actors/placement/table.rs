//! A table in which members take turns at claiming places, each in an order of its own (Maglev hashing).
//!
//! Eisenbud et al. 2016, "Maglev: a fast and reliable software network load balancer", NSDI; offsets, skips and weights
//! as in Envoy `MAGLEV`: xxHash64 of names with seeds 0 and 1, and the heaviest member claims one place a round.

use xxhash_rust::xxh64::xxh64;

use super::Members;

/// The order in which a member claims places: from `offset` on in steps of `skip`.
#[derive(Clone, Copy, Debug)]
struct Claims {
    member: u32,
    weight: u32,
    offset: u32,
    skip: u32,
}

/// A table of places, each of which belongs to a member.
#[derive(Clone, Debug)]
pub struct Table {
    /// By name: the order in a round must not depend on which members were down before.
    claims: Vec<Claims>,
    places: Vec<u32>,
}

const FREE: u32 = u32::MAX;

impl Table {
    /// The table of `members` with `size` places, which is a prime number, and no fewer than there are members.
    #[must_use]
    pub fn new(members: &(impl Members + ?Sized), size: u32) -> Self {
        let mut order: Vec<usize> = (0..members.count()).collect();
        order.sort_by_cached_key(|&member| members.name(member).into_owned());
        let claims = order.into_iter().map(|member| {
            let name = members.name(member);
            let hash = |seed| xxh64(name.as_bytes(), seed);
            let offset = (hash(0) % u64::from(size)) as u32;
            let skip = (hash(1) % u64::from(size - 1)) as u32 + 1;
            Claims { member: member as u32, weight: members.weight(member), offset, skip }
        });
        let mut table = Self { claims: claims.collect(), places: vec![FREE; size as usize] };
        table.fill(members);
        table
    }

    /// Rebuilds the table with the members that are up now. Takes O(size x log size).
    pub fn fill(&mut self, members: &(impl Members + ?Sized)) {
        let claims: Vec<Claims> = self.claims.iter().copied().filter(|c| members.is_up(c.member as usize)).collect();
        let total: f64 = claims.iter().map(|claims| f64::from(claims.weight)).sum();
        let shares: Vec<f64> = claims.iter().map(|c| f64::from(c.weight) / total).collect();
        let most = shares.iter().copied().fold(0.0, f64::max);
        let mut due = vec![0.0; claims.len()];
        let mut next: Vec<u32> = claims.iter().map(|claims| claims.offset).collect();
        self.places.fill(FREE);
        let size = self.places.len() as u32;
        let mut left = if claims.is_empty() { 0 } else { size };
        let mut round = 0.0;
        while left > 0 {
            round += 1.0;
            for (place, claims) in claims.iter().enumerate() {
                // A member of a third of the greatest weight claims a place every third round.
                if round * shares[place] < due[place] {
                    continue;
                }
                due[place] += most;
                let mut at = next[place];
                let step =
                    |at: u32| if at >= size - claims.skip { at - (size - claims.skip) } else { at + claims.skip };
                while self.places[at as usize] != FREE {
                    at = step(at);
                }
                self.places[at as usize] = claims.member;
                next[place] = step(at);
                left -= 1;
                if left == 0 {
                    break;
                }
            }
        }
    }

    /// The member to which a key of this hash belongs; `None` if none is up.
    #[inline]
    #[must_use]
    pub fn member(&self, hash: u64) -> Option<usize> {
        let member = self.places[(hash % self.places.len() as u64) as usize];
        (member != FREE).then_some(member as usize)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::actors::balancer::View;

    fn hosts(weights: &[u32]) -> View {
        let names: Vec<String> = (0..weights.len()).map(|n| format!("127.0.0.1:{}", 90 + n)).collect();
        View::new(weights.to_vec()).with_names(names.into())
    }

    fn table(view: &View, size: u32) -> Vec<u32> {
        Table::new(view, size).places
    }

    /// envoyproxy/envoy, maglev_lb_test.cc: Basic, BasicWithHostName, Weighted and LocalityWeighted....
    #[test]
    fn tables_are_those_of_the_tests_of_envoy() {
        assert_eq!(table(&hosts(&[1; 6]), 7), [2, 4, 0, 1, 5, 0, 3]);
        let names: Vec<String> = (90..96).map(|n| n.to_string()).collect();
        assert_eq!(table(&View::new(vec![1; 6]).with_names(names.into()), 7), [2, 5, 0, 3, 4, 1, 0]);
        assert_eq!(table(&hosts(&[1, 2]), 17), [1, 0, 0, 1, 0, 1, 1, 0, 1, 1, 1, 1, 1, 0, 1, 0, 1]);
        assert_eq!(table(&hosts(&[1, 1]), 17), [1, 0, 0, 1, 0, 1, 1, 0, 0, 1, 0, 1, 0, 0, 1, 0, 1]);
        assert_eq!(table(&hosts(&[8, 2]), 17), [1, 0, 0, 0, 0, 0, 1, 0, 0, 1, 0, 1, 0, 0, 0, 0, 0]);
        assert_eq!(table(&hosts(&[7]), 17), [0; 17]);
    }

    #[test]
    fn the_order_of_members_does_not_matter() {
        let names: Vec<String> = [93, 90, 95, 91, 94, 92].iter().map(|n| format!("127.0.0.1:{n}")).collect();
        let shuffled = table(&View::new(vec![1; 6]).with_names(names.into()), 7);
        let ports: Vec<u32> = shuffled.iter().map(|&member| [93, 90, 95, 91, 94, 92][member as usize] - 90).collect();
        assert_eq!(ports, [2, 4, 0, 1, 5, 0, 3]);
    }

    #[test]
    fn places_differ_by_one_at_most() {
        for members in [3, 10, 100] {
            let places = table(&View::new(vec![1; members]), 65_537);
            let counts: Vec<usize> =
                (0..members as u32).map(|member| places.iter().filter(|&&m| m == member).count()).collect();
            let (least, most) = (counts.iter().min().unwrap(), counts.iter().max().unwrap());
            assert!(most - least <= 1, "{least} to {most}");
        }
    }

    /// Figure 12 of the paper: with a table of 65537 and 1000 members, one going moves under two per cent of the others.
    #[test]
    fn few_places_of_others_move_when_a_member_goes() {
        let mut view = View::new(vec![1; 100]);
        let before = table(&view, 65_537);
        view.set_up(17, false);
        let after = table(&view, 65_537);
        assert!(!after.contains(&17));
        let others = before.iter().zip(&after).filter(|&(before, _)| *before != 17);
        let moved = others.filter(|(before, after)| before != after).count();
        assert!((1..65_537 / 20).contains(&moved), "{moved} places of others moved");
        view.set_up(17, true);
        assert_eq!(table(&view, 65_537), before);
    }
}
