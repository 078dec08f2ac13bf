//! The accounts of a rule: one for each key, in a table of bounded size that evicts the least recently used.

use hashbrown::HashTable;

/// The key of the account to which a request is charged. Fields that a limiter does not use are 0.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Key {
    /// The client's address.
    pub client: u32,
    /// The key that is requested.
    pub route: u32,
    /// The server it is for.
    pub server: u32,
    /// The class of the clients.
    pub class: u16,
}

impl Key {
    /// One multiplication of two halves, folded: enough for a table whose order does not matter.
    #[inline]
    fn hash(self) -> u64 {
        let one = (u64::from(self.client) << 32) | u64::from(self.route);
        let other = (u64::from(self.server) << 16) | u64::from(self.class);
        // Any odd numbers with as many ones as zeros, about; these are fractions of the square roots of 2 and 3.
        let product = u128::from(one ^ 0x6a09_e667_f3bc_c909) * u128::from(other ^ 0xbb67_ae85_84ca_a73b);
        (product >> 64) as u64 ^ product as u64
    }
}

const NONE: u32 = u32::MAX;

#[derive(Clone, Debug)]
struct Place<A> {
    key: Key,
    hash: u64,
    account: A,
    /// The neighbours in the order of use.
    newer: u32,
    older: u32,
}

/// Accounts by key. Where all places are taken, the account that was used longest ago makes room, as in the shared
/// memory zones of nginx `limit_req_zone`.
#[derive(Clone, Debug)]
pub struct Accounts<A> {
    most: usize,
    places: Vec<Place<A>>,
    /// Only ever asked for one key, so its order does not matter.
    index: HashTable<u32>,
    newest: u32,
    oldest: u32,
    forgotten: u64,
}

impl<A> Accounts<A> {
    /// Removes all accounts.
    pub fn clear(&mut self) {
        let forgotten = self.forgotten;
        *self = Self { forgotten, ..Self::new(self.most) };
    }

    /// Room for `most` accounts, at least one.
    #[must_use]
    pub fn new(most: usize) -> Self {
        let most = most.clamp(1, NONE as usize - 1);
        Self { most, places: Vec::new(), index: HashTable::new(), newest: NONE, oldest: NONE, forgotten: 0 }
    }

    /// The account of `key`; opened if there is none.
    #[inline]
    pub fn of(&mut self, key: Key, open: impl FnOnce() -> A) -> &mut A {
        // The account used last is often the one used next; with a single key it always is.
        if self.newest == NONE || self.places[self.newest as usize].key != key {
            self.find(key, open);
        }
        &mut self.places[self.newest as usize].account
    }

    /// The account of `key`, if there is one; that counts as use.
    pub fn get(&mut self, key: Key) -> Option<&mut A> {
        let places = &self.places;
        let place = *self.index.find(key.hash(), |&place| places[place as usize].key == key)?;
        self.unlink(place);
        self.link(place);
        Some(&mut self.places[place as usize].account)
    }

    /// The accounts that are kept, in no particular order.
    pub fn iter(&self) -> impl Iterator<Item = &A> {
        self.places.iter().map(|place| &place.account)
    }

    /// Accounts that had to make room.
    #[must_use]
    pub fn forgotten(&self) -> u64 {
        self.forgotten
    }

    /// Brings the account of `key` to the front.
    fn find(&mut self, key: Key, open: impl FnOnce() -> A) {
        let hash = key.hash();
        let places = &self.places;
        let found = self.index.find(hash, |&place| places[place as usize].key == key).copied();
        let place = match found {
            Some(place) => {
                self.unlink(place);
                place
            }
            None => self.settle(key, hash, open()),
        };
        self.link(place);
    }

    /// A place for a new account, not yet in the order of use.
    fn settle(&mut self, key: Key, hash: u64, account: A) -> u32 {
        let fresh = Place { key, hash, account, newer: NONE, older: NONE };
        let place = if self.places.len() < self.most {
            self.places.push(fresh);
            (self.places.len() - 1) as u32
        } else {
            let place = self.oldest;
            self.unlink(place);
            let old = std::mem::replace(&mut self.places[place as usize], fresh);
            if let Ok(entry) = self.index.find_entry(old.hash, |&other| other == place) {
                entry.remove();
            }
            self.forgotten += 1;
            place
        };
        let places = &self.places;
        self.index.insert_unique(hash, place, |&place| places[place as usize].hash);
        place
    }

    fn unlink(&mut self, place: u32) {
        let Place { newer, older, .. } = self.places[place as usize];
        match newer {
            NONE => self.newest = older,
            newer => self.places[newer as usize].older = older,
        }
        match older {
            NONE => self.oldest = newer,
            older => self.places[older as usize].newer = newer,
        }
    }

    fn link(&mut self, place: u32) {
        let before = std::mem::replace(&mut self.newest, place);
        let entry = &mut self.places[place as usize];
        (entry.newer, entry.older) = (NONE, before);
        match before {
            NONE => self.oldest = place,
            before => self.places[before as usize].newer = place,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn accounts_are_those_of_a_list_in_order_of_use(most in 1_usize..6, keys in proptest::collection::vec(0_u32..9, 0..200)) {
            let mut accounts = Accounts::new(most);
            // From the oldest to the newest.
            let mut model: Vec<(u32, usize)> = Vec::new();
            let mut forgotten = 0;
            for (step, client) in keys.into_iter().enumerate() {
                let found = *accounts.of(Key { client, ..Key::default() }, || step);
                let entry = match model.iter().position(|&(other, _)| other == client) {
                    Some(place) => model.remove(place),
                    None => {
                        if model.len() == most {
                            model.remove(0);
                            forgotten += 1;
                        }
                        (client, step)
                    }
                };
                model.push(entry);
                prop_assert_eq!((found, accounts.forgotten()), (entry.1, forgotten));
            }
        }
    }
}
