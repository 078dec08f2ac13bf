//! Queues of servers that are more than a FIFO: other disciplines, bounds other than a count, load shedding, and
//! requests that leave before they are served.
//!
//! One file a discipline in `disciplines`, one file a way to shed load in `shedders`; `line` holds what waits, `queues`
//! the rules of a fleet. When a fleet uses its queues belongs in `waiting` beside this folder. Plain fleets have none
//! of this: their servers have a simple list. The FIFOs of `resources` are not enough here: disciplines order requests by
//! ranks and bytes, and move them between lines.

pub mod discipline;
pub mod disciplines;
pub mod full;
pub mod line;
pub mod queues;
pub mod shedder;
pub mod shedders;
#[cfg(test)]
pub(super) mod tests;

pub use discipline::Facts;
pub use disciplines::Discipline;
pub use full::WhenFull;
pub use queues::{Joined, Queues};
pub use shedders::Shed;

use crate::schema::Name;

/// The classes of requests: each node of `Clients` is one.
pub struct Classes<'a> {
    /// How many.
    pub count: usize,
    /// The class of the clients called so.
    pub class_of: &'a dyn Fn(&str) -> Option<u16>,
}

impl Classes<'_> {
    /// Of a fleet that tells no classes apart.
    pub const NONE: Self = Self { count: 0, class_of: &|_| None };

    /// A table with a value for each class: `other`, except for the classes that `named` lists.
    fn table<'n, T: Clone>(&self, other: T, named: impl Iterator<Item = (&'n Name, T)>) -> Vec<T> {
        let mut table = vec![other; self.count];
        for (name, value) in named {
            if let Some(place) = (self.class_of)(&name.text).and_then(|class| table.get_mut(usize::from(class))) {
                *place = value;
            }
        }
        table
    }
}

/// The first name that is there twice.
fn named_twice<'a>(names: &[&'a Name]) -> Option<&'a str> {
    let twice = (1..names.len()).find(|&place| names[..place].iter().any(|name| name.text == names[place].text))?;
    Some(&names[twice].text)
}
