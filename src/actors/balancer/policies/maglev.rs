//! Maglev hashing.

use xxhash_rust::xxh64::xxh64;

use crate::actors::balancer::policy::{Choose, Describes, Facts};
use crate::actors::balancer::view::View;
use crate::actors::placement::{ClientAddress, HashBy, Table};
use crate::engine::random::Draws;
use crate::schema::record;

record! {
    /// Sends the same client, or the same key, always to the same member, by a lookup table. Members take turns at
    /// claiming slots of the table, each in its own order.
    ///
    /// Eisenbud et al. 2016, "Maglev: a fast and reliable software network load balancer", NSDI; offsets, skips and
    /// weights as in Envoy `MAGLEV` (xxHash64 with seeds 0 and 1; the heaviest member claims one place a round). Shares
    /// are more even than with a ring; when a member leaves or joins, a few keys of other members move too. A choice
    /// costs O(1); the table is rebuilt, in O(table x log table), before the first choice after a change of members.
    pub struct Maglev {
        /// Size of the table, a prime from 2 to 5,000,011; best at least a hundred times the number of members.
        pub table: u32 = 65_537,
        /// Which part of a request is hashed.
        pub by: HashBy = HashBy::Client(ClientAddress {}),
    }
    check(self, at) {
        if self.table > 5_000_011 {
            at.field("table").error("5,000,011 places at most");
        } else if !is_prime(self.table) {
            at.field("table").error("the size of the table must be a prime number, such as 65537");
        }
    }
}

fn is_prime(number: u32) -> bool {
    number >= 2
        && (2..).take_while(|divisor| divisor * divisor <= number).all(|divisor| !number.is_multiple_of(divisor))
}

/// The table, and the part of a request that is hashed.
#[derive(Clone, Debug)]
pub struct Places {
    table: Table,
    by: HashBy,
    /// True while members have gone or come that the table does not know of.
    stale: bool,
}

impl Describes for Maglev {
    type State = Places;

    fn build(&self, view: &View) -> Places {
        Places { table: Table::new(view, self.table), by: self.by.clone(), stale: false }
    }

    fn places_by_hash(&self) -> bool {
        true
    }

    fn uses_weights(&self) -> bool {
        false
    }

    fn problem(&self, weights: &[u32]) -> Option<String> {
        let (members, table) = (weights.len(), self.table);
        (members > table as usize).then(|| format!("{members} members find no place in a table of {table}"))
    }
}

impl Choose for Places {
    #[inline]
    fn choose(&mut self, view: &View, facts: Facts, _draws: &mut Draws) -> Option<usize> {
        self.owner(view, facts)
    }

    #[inline]
    fn owner(&mut self, view: &View, facts: Facts) -> Option<usize> {
        if std::mem::take(&mut self.stale) {
            self.table.fill(view);
        }
        self.table.member(xxh64(self.by.text(facts.client, facts.key).bytes(), 0))
    }

    fn health_changed(&mut self, _view: &View, _member: usize) {
        self.stale = true;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_primes_make_a_permutation_of_every_skip() {
        assert!([2, 3, 17, 65_537, 5_000_011].into_iter().all(is_prime));
        assert!([0, 1, 4, 8, 65_535].into_iter().all(|number| !is_prime(number)));
    }
}
