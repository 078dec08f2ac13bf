//! A binary heap of members in which a key can be changed: O(log n) a change, O(1) for the least.

const NONE: u32 = u32::MAX;

/// Members by a key, the least first. Ties are for the key to break.
#[derive(Clone, Debug)]
pub struct MemberHeap<K> {
    heap: Vec<(K, u32)>,
    /// Where each member stands; [`NONE`] if it does not.
    places: Vec<u32>,
}

impl<K: Copy + PartialOrd> MemberHeap<K> {
    /// An empty heap with room for this many members.
    #[must_use]
    pub fn new(members: usize) -> Self {
        Self { heap: Vec::with_capacity(members), places: vec![NONE; members] }
    }

    /// The member with the least key.
    #[inline]
    #[must_use]
    pub fn first(&self) -> Option<(K, usize)> {
        self.heap.first().map(|&(key, member)| (key, member as usize))
    }

    /// True if the member stands here.
    #[inline]
    #[must_use]
    pub fn contains(&self, member: usize) -> bool {
        self.places[member] != NONE
    }

    /// The member stands here under this key from now on.
    #[inline]
    pub fn set(&mut self, member: usize, key: K) {
        let place = self.places[member];
        if place == NONE {
            self.heap.push((key, member as u32));
            let last = self.heap.len() - 1;
            self.places[member] = last as u32;
            self.sift_up(last);
        } else {
            self.heap[place as usize].0 = key;
            let place = self.sift_up(place as usize);
            self.sift_down(place);
        }
    }

    /// Removes the member.
    pub fn remove(&mut self, member: usize) {
        let place = std::mem::replace(&mut self.places[member], NONE);
        if place == NONE {
            return;
        }
        let place = place as usize;
        self.heap.swap_remove(place);
        if let Some(&(_, moved)) = self.heap.get(place) {
            self.places[moved as usize] = place as u32;
            let place = self.sift_up(place);
            self.sift_down(place);
        }
    }

    #[inline]
    fn swap(&mut self, a: usize, b: usize) {
        self.heap.swap(a, b);
        self.places[self.heap[a].1 as usize] = a as u32;
        self.places[self.heap[b].1 as usize] = b as u32;
    }

    fn sift_up(&mut self, mut at: usize) -> usize {
        while at > 0 {
            let parent = (at - 1) / 2;
            if self.heap[at].0 >= self.heap[parent].0 {
                break;
            }
            self.swap(at, parent);
            at = parent;
        }
        at
    }

    fn sift_down(&mut self, mut at: usize) {
        loop {
            let mut least = at;
            for child in [2 * at + 1, 2 * at + 2] {
                if child < self.heap.len() && self.heap[child].0 < self.heap[least].0 {
                    least = child;
                }
            }
            if least == at {
                return;
            }
            self.swap(at, least);
            at = least;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn the_first_is_always_the_least(steps in proptest::collection::vec((0_usize..12, any::<Option<u8>>()), 1..200)) {
            let mut heap = MemberHeap::new(12);
            let mut keys = [None; 12];
            for (member, key) in steps {
                match key {
                    Some(key) => heap.set(member, (key, member)),
                    None => heap.remove(member),
                }
                keys[member] = key;
                let least = (0..12).filter_map(|member| keys[member].map(|key| (key, member))).min();
                prop_assert_eq!(heap.first().map(|(key, _)| key), least);
                prop_assert!((0..12).all(|member| heap.contains(member) == keys[member].is_some()));
            }
        }
    }
}
