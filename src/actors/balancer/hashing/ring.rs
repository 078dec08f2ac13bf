//! A ring of points, each belonging to a member (Karger et al. 1997, "Consistent hashing and random trees").

/// Points in order of their hashes. A key belongs to the first point at or after its own hash.
#[derive(Clone, Debug)]
pub struct Ring {
    hashes: Vec<u64>,
    members: Vec<u32>,
    /// Where to look first, by the highest bits of a hash: the points before it. Hashes are spread evenly, so it is at
    /// most a few points away, however many there are.
    starts: Vec<u32>,
    /// The other bits.
    shift: u32,
}

impl Ring {
    /// The ring of these points: hash, member. Of points at one place the member named first keeps it.
    #[must_use]
    pub fn new(mut points: Vec<(u64, u32)>) -> Self {
        points.sort_unstable();
        points.dedup_by_key(|point| point.0);
        let bits = points.len().next_power_of_two().trailing_zeros().clamp(1, 26);
        let shift = u64::BITS - bits;
        let hashes: Vec<u64> = points.iter().map(|point| point.0).collect();
        let start = |high: u64| hashes.partition_point(|&hash| hash < high << shift) as u32;
        let starts = (0..1 << bits).map(start).collect();
        Self { members: points.into_iter().map(|point| point.1).collect(), starts, shift, hashes }
    }

    /// Points of the ring.
    #[must_use]
    pub fn len(&self) -> usize {
        self.hashes.len()
    }

    /// True of a ring without points.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.hashes.is_empty()
    }

    /// The points in order: hash and member.
    pub fn points(&self) -> impl Iterator<Item = (u64, usize)> + '_ {
        self.hashes.iter().copied().zip(self.members.iter().map(|&member| member as usize))
    }

    /// The member of the first point at or after `hash`, going round, whose member will do. `None` if none will.
    #[inline]
    pub fn first(&self, hash: u64, mut will_do: impl FnMut(usize) -> bool) -> Option<usize> {
        let mut place = self.starts[(hash >> self.shift) as usize] as usize;
        while place < self.hashes.len() && self.hashes[place] < hash {
            place += 1;
        }
        let (before, after) = self.members.split_at(place);
        after.iter().chain(before).map(|&member| member as usize).find(|&member| will_do(member))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn the_first_point_is_the_one_that_a_search_through_all_finds(
            points in proptest::collection::vec((any::<u64>(), 0_u32..50), 0..200),
            hash in any::<u64>(),
        ) {
            let ring = Ring::new(points.clone());
            let mut sorted = points;
            sorted.sort_unstable();
            let at = sorted.iter().find(|point| point.0 >= hash).or(sorted.first());
            prop_assert_eq!(ring.first(hash, |_| true), at.map(|point| point.1 as usize));
            for &(hash, member) in &sorted {
                if sorted.iter().filter(|point| point.0 == hash).count() == 1 {
                    prop_assert_eq!(ring.first(hash, |_| true), Some(member as usize));
                }
            }
        }
    }

    #[test]
    fn the_way_leads_round_and_ends() {
        let ring = Ring::new(vec![(10, 0), (20, 1), (u64::MAX - 5, 2)]);
        assert_eq!(ring.first(u64::MAX, |_| true), Some(0));
        assert_eq!(ring.first(11, |member| member != 1), Some(2));
        assert_eq!(ring.first(11, |member| member == 0), Some(0));
        assert_eq!(ring.first(11, |_| false), None);
        assert_eq!(Ring::new(Vec::new()).first(11, |_| true), None);
    }
}
