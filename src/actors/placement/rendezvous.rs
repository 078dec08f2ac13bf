//! Rendezvous hashing: a key belongs to the member that scores highest with it.
//!
//! Thaler and Ravishankar 1998, "Using name-based mappings to increase hit rates" (highest random weight). Member and
//! key are hashed together to a number u between 0 and 1; the score is -weight / ln(u) (Schindelhauer and Schomaker
//! 2005), so that shares are exactly those of the weights.

use xxhash_rust::xxh64::xxh64;

use super::Members;
use crate::engine::random::mix;

/// The hashed names of members.
#[derive(Clone, Debug)]
pub struct HighestWeight {
    names: Vec<u64>,
    equal_weights: bool,
}

/// True if all weights are the same.
fn equal_weights(members: &(impl Members + ?Sized)) -> bool {
    (1..members.count()).all(|member| members.weight(member) == members.weight(0))
}

/// The score of a member from the bits of its hash with the key.
fn score(bits: u64, weight: u32) -> f64 {
    let between_0_and_1 = ((bits >> 12) as f64 + 0.5) * (1.0 / 4_503_599_627_370_496.0);
    -f64::from(weight) / libm::log(between_0_and_1)
}

impl HighestWeight {
    /// Of these members.
    #[must_use]
    pub fn new(members: &(impl Members + ?Sized)) -> Self {
        let names = (0..members.count()).map(|member| xxh64(members.name(member).as_bytes(), 0)).collect();
        Self { names, equal_weights: equal_weights(members) }
    }

    /// Weights have changed.
    pub fn weights_changed(&mut self, members: &(impl Members + ?Sized)) {
        self.equal_weights = equal_weights(members);
    }

    /// The member among `available`, in any order, to which a key of this hash belongs; `None` if there is none. Takes
    /// O(n), by definition.
    #[must_use]
    pub fn highest(&self, hash: u64, available: &[u32], weight: impl Fn(usize) -> u32) -> Option<usize> {
        let key = mix(hash);
        let mut best: Option<(f64, u64, u32)> = None;
        for &member in available {
            let bits = mix(key ^ self.names[member as usize]);
            // With equal weights the greater number scores higher, and no logarithm is needed.
            let score = if self.equal_weights { 0.0 } else { score(bits, weight(member as usize)) };
            // The order of `available` must not matter: the first of equals is the one first in the list.
            let better = best.is_none_or(|(s, b, m)| (score, bits) > (s, b) || ((score, bits) == (s, b) && member < m));
            if better {
                best = Some((score, bits, member));
            }
        }
        best.map(|(_, _, member)| member as usize)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_keys_of_a_member_that_is_gone_move() {
        let shards: &[&str] = &["a", "b", "c", "d"];
        let placed = HighestWeight::new(shards);
        let owner = |hash: u64, available: &[u32]| placed.highest(hash, available, |_| 1).expect("some are there");
        let mut shares = [0; 4];
        for hash in 0..4000 {
            let (before, after) = (owner(hash, &[0, 1, 2, 3]), owner(hash, &[3, 1, 0]));
            assert!(if before == 2 { after != 2 } else { after == before });
            shares[before] += 1;
        }
        // Five and a half standard deviations of 1000 are 150.
        assert!(shares.iter().all(|share| (850..1150).contains(share)), "{shares:?}");
        assert_eq!(placed.highest(1, &[], |_| 1), None);
    }
}
