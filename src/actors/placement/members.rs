//! The members on which keys are placed.

use std::borrow::Cow;

/// Members by their places, from 0 on.
pub trait Members {
    /// How many there are, up or down.
    fn count(&self) -> usize;

    /// The weight of a member, at least 1.
    fn weight(&self, member: usize) -> u32;

    /// The name of a member, which is hashed.
    fn name(&self, member: usize) -> Cow<'_, str>;

    /// True if keys may be placed on it now.
    fn is_up(&self, member: usize) -> bool;
}

/// Members of these names, all alike and up.
impl Members for [&str] {
    fn count(&self) -> usize {
        self.len()
    }

    fn weight(&self, _member: usize) -> u32 {
        1
    }

    fn name(&self, member: usize) -> Cow<'_, str> {
        Cow::Borrowed(self[member])
    }

    fn is_up(&self, _member: usize) -> bool {
        true
    }
}
