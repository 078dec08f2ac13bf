//! Conditions that select requests: by clients, by key, by size.
//!
//! What is done with the selected requests belongs to routers and limiters.

use crate::actors::kit::route::Targets;
use crate::engine::Details;
use crate::schema::quantity::Bytes;
use crate::schema::{choice, record};

record! {
    /// Keys from `from` to `to`, both included: for example a path and everything below it.
    pub struct KeyRange {
        /// The first.
        pub from: u32,
        /// The last.
        pub to: u32,
    }
    check(self, at) {
        if self.from > self.to {
            at.field("to").error(format!("no key lies between {} and {}", self.from, self.to));
        }
    }
}

record! {
    /// Any of a list of keys.
    pub struct KeySet {
        /// The keys.
        pub keys: Vec<u32>,
    }
    check(self, at) {
        if self.keys.is_empty() {
            at.field("keys").error("at least one key");
        }
    }
}

choice! {
    /// A set of keys.
    pub enum KeyMatch {
        Between(KeyRange),
        OneOf(KeySet),
    }
}

record! {
    /// Sizes from `at_least` to `at_most`, both included.
    pub struct SizeMatch {
        /// The smallest size.
        pub at_least: Bytes = Bytes::ZERO,
        /// The largest size; without it, there is no upper limit.
        pub at_most: Option<Bytes> = None,
    }
    check(self, at) {
        if self.at_most.is_some_and(|most| most < self.at_least) {
            at.field("at_most").error("no size lies between the two");
        }
    }
}

/// Conditions on a request, which fits if it fits all.
#[derive(Clone, Debug, Default)]
pub struct Conditions {
    /// Classes of clients; in order.
    pub classes: Option<Vec<u16>>,
    /// Keys.
    pub keys: Option<KeyMatch>,
    /// The least and the largest size.
    pub sizes: Option<(u64, u64)>,
}

impl Conditions {
    /// The conditions on clients, keys and sizes, where there are any; `class_of` knows the classes of clients.
    #[must_use]
    pub fn new(
        clients: Option<&Targets>,
        keys: Option<&KeyMatch>,
        size: Option<&SizeMatch>,
        class_of: impl Fn(&str) -> Option<u16>,
    ) -> Self {
        let classes = |names: &Targets| {
            let mut classes: Vec<u16> = names.0.iter().filter_map(|name| class_of(&name.text)).collect();
            classes.sort_unstable();
            classes
        };
        let mut keys = keys.cloned();
        if let Some(KeyMatch::OneOf(set)) = &mut keys {
            set.keys.sort_unstable();
        }
        Self {
            classes: clients.map(classes),
            keys,
            sizes: size.map(|size| (size.at_least.bytes(), size.at_most.map_or(u64::MAX, |most| most.bytes()))),
        }
    }

    /// True if a request of `class` fits.
    #[must_use]
    pub fn fit(&self, class: u16, details: &Details) -> bool {
        self.classes.as_ref().is_none_or(|classes| classes.binary_search(&class).is_ok())
            && self.keys.as_ref().is_none_or(|keys| match keys {
                KeyMatch::Between(range) => (range.from..=range.to).contains(&details.key),
                KeyMatch::OneOf(set) => set.keys.binary_search(&details.key).is_ok(),
            })
            && self.sizes.is_none_or(|(least, most)| (least..=most).contains(&details.size))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn details(key: u32, size: u64) -> Details {
        Details { key, size, ..Details::NONE }
    }

    #[test]
    fn a_rule_without_conditions_fits_all_and_one_with_several_only_what_fits_each() {
        assert!(Conditions::default().fit(7, &Details::NONE));
        let rule = Conditions {
            classes: Some(vec![1, 4]),
            keys: Some(KeyMatch::Between(KeyRange { from: 10, to: 20 })),
            sizes: Some((100, 200)),
        };
        assert!(rule.fit(4, &details(10, 100)) && rule.fit(1, &details(20, 200)));
        assert!(!rule.fit(2, &details(10, 100)), "another class");
        assert!(!rule.fit(4, &details(9, 100)) && !rule.fit(4, &details(21, 100)), "another key");
        assert!(!rule.fit(4, &details(10, 99)) && !rule.fit(4, &details(10, 201)), "another size");
    }

    #[test]
    fn a_set_of_keys_is_searched_whatever_its_order() {
        let keys = KeyMatch::OneOf(KeySet { keys: vec![9, 2, 5] });
        let rule = Conditions::new(None, Some(&keys), None, |_| None);
        let fits: Vec<u32> = (0..12).filter(|&key| rule.fit(0, &details(key, 0))).collect();
        assert_eq!(fits, [2, 5, 9]);
    }
}
