//! Deterministic subsetting: each of many balancers sees a few members only.

use crate::engine::random::{Bits, StreamKey};

/// The members of balancer number `copy`, in order, out of `members`, in subsets of `size`.
///
/// Beyer et al. 2016, "Site Reliability Engineering", chapter 20: balancers go in rounds of as many as there are subsets;
/// each round shuffles the members in its own way, the same for all its balancers, and deals them out. So each member is
/// in one subset a round, and those of one balancer do not meet again at another. Where `size` does not divide the
/// members, some subsets are larger by one or a few, as the book's text has it.
#[must_use]
pub fn subset(members: usize, copy: usize, size: usize) -> Vec<u32> {
    let subsets = (members / size.max(1)).max(1);
    let (round, place) = (copy / subsets, copy % subsets);
    let mut shuffled: Vec<u32> = (0..members as u32).collect();
    let mut draws = StreamKey::root(round as u64, 0).named("subset").draws(0);
    for last in (1..members).rev() {
        shuffled.swap(last, draws.below(last as u64 + 1) as usize);
    }
    let mut subset = shuffled[place * members / subsets..(place + 1) * members / subsets].to_vec();
    subset.sort_unstable();
    subset
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Figure 20-5 of the book.
    #[test]
    fn three_hundred_balancers_on_ten_of_three_hundred_members_meet_each_ten_times() {
        let mut balancers = vec![0; 300];
        for copy in 0..300 {
            let subset = subset(300, copy, 10);
            assert_eq!(subset.len(), 10);
            subset.into_iter().for_each(|member| balancers[member as usize] += 1);
        }
        assert_eq!(balancers, [10; 300]);
    }

    #[test]
    fn one_round_deals_out_every_member_once_and_the_next_shuffles_anew() {
        let round = |first: usize| (first..first + 3).map(|copy| subset(11, copy, 3)).collect::<Vec<_>>();
        let mut all = round(0).concat();
        all.sort_unstable();
        assert_eq!(all, (0..11).collect::<Vec<_>>());
        assert!(round(0).iter().all(|subset| (3..=4).contains(&subset.len())));
        assert_ne!(round(0), round(3));
        assert_eq!(subset(5, 7, 20), [0, 1, 2, 3, 4]);
    }
}
