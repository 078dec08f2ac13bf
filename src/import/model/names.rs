//! Names of nodes, made of the names in the file.

use std::collections::{BTreeMap, BTreeSet};

/// Characters of a name in the file that are kept: a node's name has 60 at most, with what is put behind.
const KEPT: usize = 40;

/// Names that are taken.
#[derive(Debug, Default)]
pub struct Names {
    taken: BTreeSet<String>,
    /// The last number that was put behind each name: names are only ever taken.
    numbers: BTreeMap<String, usize>,
}

impl Names {
    /// Names for the clients, the balancer and the fleet of a group.
    pub fn three(&mut self, written: &str) -> (String, String, String) {
        let good = |c: char| if c.is_alphanumeric() || matches!(c, '_' | '-') { c } else { '-' };
        let kept: String = written.chars().map(good).take(KEPT).collect();
        let base = kept.trim_matches('-');
        let base = if base.is_empty() { "balancer" } else { base };
        let three = |base: &str| (format!("{base}-clients"), base.to_owned(), format!("{base}-servers"));
        let mut names = three(base);
        let number = self.numbers.entry(base.to_owned()).or_insert(1);
        while [&names.0, &names.1, &names.2].into_iter().any(|name| self.taken.contains(name)) {
            *number += 1;
            names = three(&format!("{base}-{number}"));
        }
        self.taken.extend([names.0.clone(), names.1.clone(), names.2.clone()]);
        names
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_good_and_never_the_same() {
        let mut names = Names::default();
        assert_eq!(names.three("api.shop:80").1, "api-shop-80");
        assert_eq!(names.three("api_shop").2, "api_shop-servers");
        assert_eq!(names.three("api-shop-80").1, "api-shop-80-2");
        assert_eq!(names.three("/").0, "balancer-clients");
        assert_eq!(names.three("balancer-clients").1, "balancer-clients-2");
    }
}
