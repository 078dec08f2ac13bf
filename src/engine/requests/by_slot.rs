//! Values that an actor keeps for requests that will return to it, by slot.
//!
//! Only requests with a value take memory, so many actors may each keep values for a few requests.

use hashbrown::HashTable;

use super::RequestId;

/// A map from requests to values. It is never iterated, so its order does not matter.
#[derive(Clone, Debug)]
pub struct BySlot<T>(HashTable<(RequestId, T)>);

impl<T> Default for BySlot<T> {
    fn default() -> Self {
        Self(HashTable::new())
    }
}

/// Neighbours go to places far apart: the fraction of the golden ratio.
#[inline]
fn hash(id: RequestId) -> u64 {
    u64::from(id.0).wrapping_mul(0x9e37_79b9_7f4a_7c15)
}

impl<T> BySlot<T> {
    /// Stores a value for a request that has none.
    #[inline]
    pub fn put(&mut self, id: RequestId, value: T) {
        debug_assert!(self.get_mut(id).is_none(), "something of this request is kept already");
        self.0.insert_unique(hash(id), (id, value), |&(other, _)| hash(other));
    }

    /// The value of a request.
    #[inline]
    pub fn get_mut(&mut self, id: RequestId) -> Option<&mut T> {
        self.0.find_mut(hash(id), |&(other, _)| other == id).map(|(_, value)| value)
    }

    /// Removes and returns the value of a request.
    #[inline]
    pub fn take(&mut self, id: RequestId) -> Option<T> {
        let entry = self.0.find_entry(hash(id), |&(other, _)| other == id).ok()?;
        Some(entry.remove().0.1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_of_a_request_is_there_until_it_is_taken() {
        let mut kept = BySlot::default();
        for id in 0..1000 {
            kept.put(RequestId(id), id + 1);
        }
        if let Some(value) = kept.get_mut(RequestId(5)) {
            *value = 7;
        }
        assert_eq!((kept.take(RequestId(5)), kept.take(RequestId(5))), (Some(7), None));
        assert_eq!(kept.take(RequestId(999)), Some(1000));
        assert!(kept.get_mut(RequestId(1000)).is_none());
        kept.put(RequestId(5), 1);
        assert_eq!(kept.take(RequestId(5)), Some(1));
    }
}
