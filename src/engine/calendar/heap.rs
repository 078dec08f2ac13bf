//! A 4-ary heap of keys by their times, each with its three siblings in one cache line. Keys of one time are in no
//! particular order: they are rare, so whoever takes them sorts them.
//!
//! The meaning of keys does not belong here.

use std::cmp::Ordering;

/// When, and in which order at one time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C, align(16))]
pub struct Key {
    /// Nanoseconds.
    pub time: u64,
    /// Sequence number, then slot, from high bits to low.
    pub order: u64,
}

impl Ord for Key {
    fn cmp(&self, other: &Self) -> Ordering {
        (self.time, self.order).cmp(&(other.time, other.order))
    }
}

impl PartialOrd for Key {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// Stands at every place of the heap that is not taken; no event has this key.
pub const NOTHING: Key = Key { time: u64::MAX, order: u64::MAX };

const ARITY: usize = 4;
/// The root is the last of the first family, so that the children of place p are the family p - 2, for every p.
const ROOT: usize = ARITY - 1;

/// Siblings: the four children of one place.
#[derive(Clone, Copy, Debug)]
#[repr(align(64))]
struct Family([Key; ARITY]);

impl Family {
    const EMPTY: Self = Self([NOTHING; ARITY]);

    /// Which of the four has the least time, the first of equals.
    #[inline(always)]
    fn least(&self) -> usize {
        let [a, b, c, d] = [self.0[0].time, self.0[1].time, self.0[2].time, self.0[3].time];
        let (left, left_time) = if b < a { (1, b) } else { (0, a) };
        let (right, right_time) = if d < c { (3, d) } else { (2, c) };
        if right_time < left_time { right } else { left }
    }

    /// The least time of the four.
    #[inline(always)]
    fn least_time(&self) -> u64 {
        let [a, b, c, d] = [self.0[0].time, self.0[1].time, self.0[2].time, self.0[3].time];
        a.min(b).min(c.min(d))
    }
}

/// The keys of events to come, least first.
#[derive(Clone, Debug)]
pub struct Heap {
    families: Vec<Family>,
    /// Places taken, the root's included while it is a hole.
    len: usize,
    /// True while the root has been taken and not yet replaced: a push then costs one sift instead of two.
    hole: bool,
    /// The least time of all keys but the root, while that is a hole.
    second: u64,
    peak: usize,
}

impl Default for Heap {
    fn default() -> Self {
        // The root and its children always have places.
        Self { families: vec![Family::EMPTY; 2], len: 0, hole: false, second: u64::MAX, peak: 0 }
    }
}

impl Heap {
    /// Keys in the heap.
    #[inline]
    pub fn len(&self) -> usize {
        self.len - usize::from(self.hole)
    }

    /// The most keys the heap ever held.
    pub fn peak(&self) -> usize {
        self.peak
    }

    /// The keys, in no particular order.
    pub fn iter(&self) -> impl Iterator<Item = Key> {
        let root_is_there = !self.hole;
        let keys = self.families.iter().flat_map(|family| family.0).enumerate();
        keys.filter(move |&(place, key)| key != NOTHING && (place != ROOT || root_is_there)).map(|(_, key)| key)
    }

    /// The time of the least key; that of [`NOTHING`] if there is none.
    #[inline(always)]
    pub fn least_time(&self) -> u64 {
        if self.hole { self.second } else { self.families[0].0[ROOT].time }
    }

    /// A key of the least time, ready to be taken; [`NOTHING`] if there is none.
    #[inline]
    pub fn first(&mut self) -> Key {
        if self.hole {
            self.fill_hole();
        }
        self.families[0].0[ROOT]
    }

    /// Takes the key that [`Heap::first`] has just shown.
    #[inline]
    pub fn take_first(&mut self) {
        debug_assert!(!self.hole && self.len > 0);
        self.hole = true;
        // The children of a root that is alone need not be compared.
        self.second = if self.len == 1 { u64::MAX } else { self.families[1].least_time() };
    }

    /// Puts a key in.
    #[inline(always)]
    pub fn push(&mut self, key: Key) {
        if self.hole {
            self.hole = false;
            if self.len == 1 {
                // It has no children to compare with.
                self.families[0].0[ROOT] = key;
            } else {
                self.sift_down(key);
            }
        } else {
            self.append(key.time, key.order);
        }
    }

    #[inline(never)]
    fn append(&mut self, time: u64, order: u64) {
        let key = Key { time, order };
        let place = ROOT + self.len;
        self.len += 1;
        self.peak = self.peak.max(self.len);
        if place / ARITY == self.families.len() {
            self.families.push(Family::EMPTY);
        }
        self.sift_up(place, key);
    }

    #[inline(always)]
    fn fill_hole(&mut self) {
        self.hole = false;
        self.len -= 1;
        let place = ROOT + self.len;
        let last = std::mem::replace(&mut self.families[place / ARITY].0[place % ARITY], NOTHING);
        if self.len > 0 {
            self.sift_down(last);
        }
    }

    #[inline]
    fn sift_up(&mut self, mut place: usize, key: Key) {
        let families = &mut self.families[..];
        while place > ROOT {
            let parent = place / ARITY + 2;
            let above = families[parent / ARITY].0[parent % ARITY];
            if above.time <= key.time {
                break;
            }
            families[place / ARITY].0[place % ARITY] = above;
            place = parent;
        }
        families[place / ARITY].0[place % ARITY] = key;
    }

    /// Puts `key` where the root was.
    #[inline(always)]
    fn sift_down(&mut self, key: Key) {
        let families = &mut self.families[..];
        let (mut family, mut child) = (0, ROOT);
        // Places beyond the end hold NOTHING, which is never less.
        while let Some(children) = families.get(family * ARITY + child - 2) {
            let least = children.least();
            let least_key = children.0[least];
            if key.time <= least_key.time {
                break;
            }
            families[family].0[child] = least_key;
            (family, child) = (family * ARITY + child - 2, least);
        }
        families[family].0[child] = key;
    }

    /// Drops every key that `keep` does not want.
    pub fn retain(&mut self, keep: impl FnMut(&Key) -> bool) {
        let keys: Vec<Key> = self.iter().filter(keep).collect();
        let peak = self.peak;
        *self = Self::default();
        for key in keys {
            self.append(key.time, key.order);
        }
        self.peak = peak;
    }
}
