//! Hash of the client's address.

use crate::actors::balancer::policy::{Choose, Describes, Facts};
use crate::actors::balancer::view::View;
use crate::engine::random::Draws;
use crate::schema::record;

record! {
    /// Sends the same client always to the same member, by the first three octets of its IPv4 address and the weights.
    ///
    /// The algorithm of nginx `ip_hash`: hash = (hash x 113 + octet) mod 6271 from 89 on, then the member by weight.
    /// While that member is down the request is hashed again, up to 20 times, so only the member's own clients move;
    /// after that round robin decides. Full weights are used even during `slow_start`; nginx Plus does not allow slow
    /// start with `ip_hash`.
    pub struct IpHash {}
}

const SEED: u32 = 89;
const FACTOR: u32 = 113;
const MODULUS: u32 = 6271;
const TRIES: u32 = 20;

/// All members with the running sum of their weights, up or not: a member that is down keeps its share.
#[derive(Clone, Debug)]
pub struct Ring {
    up_to: Vec<u64>,
    fallback: usize,
}

impl Describes for IpHash {
    type State = Ring;

    fn build(&self, view: &View) -> Ring {
        let mut sum = 0;
        let up_to = (0..view.len())
            .map(|member| {
                sum += u64::from(view.weight(member));
                sum
            })
            .collect();
        Ring { up_to, fallback: 0 }
    }

    fn places_by_hash(&self) -> bool {
        true
    }

    fn uses_names(&self) -> bool {
        false
    }

    fn uses_weights(&self) -> bool {
        false
    }
}

impl Choose for Ring {
    #[inline]
    fn choose(&mut self, view: &View, facts: Facts, _draws: &mut Draws) -> Option<usize> {
        if view.available().is_empty() {
            return None;
        }
        if let Some(member) = self.owner(view, facts) {
            return Some(member);
        }
        loop {
            let member = self.fallback;
            self.fallback = (member + 1) % view.len();
            if view.is_up(member) {
                return Some(member);
            }
        }
    }

    #[inline]
    fn owner(&mut self, view: &View, facts: Facts) -> Option<usize> {
        let total = *self.up_to.last()?;
        let octets = facts.client.to_be_bytes();
        let mut hash = SEED;
        for _ in 0..TRIES {
            for octet in &octets[..3] {
                hash = (hash * FACTOR + u32::from(*octet)) % MODULUS;
            }
            let at = u64::from(hash) % total;
            let member = self.up_to.partition_point(|&sum| sum <= at);
            if view.is_up(member) {
                return Some(member);
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::Time;
    use crate::engine::random::StreamKey;

    fn member(state: &mut Ring, view: &View, client: [u8; 4]) -> usize {
        let facts = Facts { now: Time::ZERO, client: u32::from_be_bytes(client), key: 0 };
        state.choose(view, facts, &mut StreamKey::root(1, 0).draws(0)).expect("some member is up")
    }

    #[test]
    fn clients_of_one_network_share_a_member() {
        let view = View::new(vec![1; 7]);
        let mut state = IpHash {}.build(&view);
        let first = member(&mut state, &view, [10, 1, 2, 3]);
        assert!((0..=255).all(|last| member(&mut state, &view, [10, 1, 2, last]) == first));
    }

    #[test]
    fn the_hash_is_that_of_nginx() {
        // ((89 x 113 + 127) x 113 + 0) x 113 + 0, each step mod 6271: 3913, 3199, 4040; 4040 mod 3 = 2.
        let view = View::new(vec![1; 3]);
        assert_eq!(member(&mut IpHash {}.build(&view), &view, [127, 0, 0, 1]), 4040 % 3);
    }

    #[test]
    fn only_the_clients_of_a_member_that_is_down_move() {
        let mut view = View::new(vec![3, 2, 1]);
        let mut state = IpHash {}.build(&view);
        let clients: Vec<[u8; 4]> = (0..1000_u32).map(|n| [10, (n >> 8) as u8, n as u8, 1]).collect();
        let before: Vec<usize> = clients.iter().map(|&client| member(&mut state, &view, client)).collect();
        view.set_up(1, false);
        for (client, before) in clients.iter().zip(before) {
            let after = member(&mut state, &view, *client);
            assert!(if before == 1 { after != 1 } else { after == before });
        }
    }
}
