//! Which rule fits.

use super::spec::{KeyRange, KeySet};
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
    let spec = RuleSpec {
        clients: None,
        keys: Some(KeyMatch::OneOf(KeySet { keys: vec![9, 2, 5] })),
        size: None,
        to: crate::actors::route::RouteField(crate::actors::route::Route {
            to: super::super::route::Targets(Vec::new()),
            delay: None,
            spread: crate::actors::route::Spread::Random(crate::actors::route::AtRandom {}),
        }),
    };
    let rule = Conditions::new(&spec, |_| None);
    let fits: Vec<u32> = (0..12).filter(|&key| rule.fit(0, &details(key, 0))).collect();
    assert_eq!(fits, [2, 5, 9]);
}
