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

/// Bits of a hash that are looked at in one pass of sorting.
const DIGIT: u32 = 8;
/// So few points are sorted by comparing them.
const FEW: usize = 1024;

/// Sorts points whose hashes agree above the digit at `shift`. A ring of servers with weights may have 64 million points:
/// in place, digit by digit from the highest (McIlroy, Bostic and McIlroy 1993, "Engineering radix sort").
fn sort(points: &mut [(u64, u32)], shift: u32) {
    if points.len() <= FEW {
        points.sort_unstable();
        return;
    }
    let digit = |point: &(u64, u32)| (point.0 >> shift) as usize % (1 << DIGIT);
    let mut ends = [0_usize; 1 << DIGIT];
    points.iter().for_each(|point| ends[digit(point)] += 1);
    let (mut next, mut sum) = ([0_usize; 1 << DIGIT], 0);
    for (next, end) in next.iter_mut().zip(&mut ends) {
        *next = sum;
        sum += *end;
        *end = sum;
    }
    for place in 0..1 << DIGIT {
        while next[place] < ends[place] {
            let belongs = digit(&points[next[place]]);
            points.swap(next[place], next[belongs]);
            next[belongs] += 1;
        }
    }
    let mut rest = points;
    let mut start = 0;
    for end in ends {
        let (slot, others) = rest.split_at_mut(end - start);
        match shift.checked_sub(DIGIT) {
            Some(lower) => sort(slot, lower),
            // Of points at one place, the member named first comes first.
            None => slot.sort_unstable(),
        }
        (rest, start) = (others, end);
    }
}

impl Ring {
    /// The ring of these points: hash, member. Of points at one place the member named first keeps it.
    #[must_use]
    pub fn new(mut points: Vec<(u64, u32)>) -> Self {
        sort(&mut points, u64::BITS - DIGIT);
        points.dedup_by_key(|point| point.0);
        let bits = points.len().next_power_of_two().trailing_zeros().clamp(1, 26);
        let shift = u64::BITS - bits;
        let hashes: Vec<u64> = points.iter().map(|point| point.0).collect();
        let (mut starts, mut before) = (Vec::with_capacity(1 << bits), 0);
        for high in 0..1_u64 << bits {
            while hashes.get(before).is_some_and(|&hash| hash < high << shift) {
                before += 1;
            }
            starts.push(before as u32);
        }
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
    fn many_points_are_sorted_wherever_they_lie() {
        let mut bits = 1_u64;
        let mut some = |spread: u32| {
            bits = bits.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            bits >> spread
        };
        // Spread evenly, all close together, and many at one place.
        for spread in [0, 40, 62] {
            let mut points: Vec<(u64, u32)> = (0..50_000).map(|member| (some(spread), 50_000 - member)).collect();
            let mut expected = points.clone();
            expected.sort_unstable();
            sort(&mut points, u64::BITS - DIGIT);
            assert!(points == expected, "{spread}");
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
