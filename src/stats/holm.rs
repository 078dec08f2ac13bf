//! Holm's correction for many tests at once.

/// The p-values of a family of tests, each adjusted by Holm's step-down method, in the order given.
///
/// Calling significant what is then at most alpha keeps the chance of even one false alarm in the family below alpha,
/// however the tests depend on each other (Holm 1979). Uniformly more powerful than Bonferroni's.
#[must_use]
pub fn adjust(p_values: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..p_values.len()).collect();
    order.sort_by(|a, b| p_values[*a].total_cmp(&p_values[*b]));
    let mut adjusted = vec![0.0; p_values.len()];
    let mut largest = 0.0_f64;
    for (rank, place) in order.into_iter().enumerate() {
        let left = (p_values.len() - rank) as f64;
        largest = largest.max((p_values[place] * left).min(1.0));
        adjusted[place] = largest;
    }
    adjusted
}

#[cfg(test)]
mod tests {
    use super::*;
    use approx::assert_relative_eq;
    use proptest::prelude::*;

    #[test]
    fn the_usual_example_comes_out_as_in_r() {
        // R: p.adjust(c(0.01, 0.04, 0.03, 0.005), "holm") gives 0.03 0.06 0.06 0.02.
        let adjusted = adjust(&[0.01, 0.04, 0.03, 0.005]);
        for (ours, r) in adjusted.iter().zip([0.03, 0.06, 0.06, 0.02]) {
            assert_relative_eq!(*ours, r, max_relative = 1e-12);
        }
    }

    #[test]
    fn a_single_test_and_no_test_stay_as_they_are() {
        assert_eq!(adjust(&[0.03]), [0.03]);
        assert!(adjust(&[]).is_empty());
    }

    proptest! {
        #[test]
        fn between_the_raw_value_and_bonferroni(p in proptest::collection::vec(0.0..=1.0_f64, 1..20)) {
            let adjusted = adjust(&p);
            for (raw, holm) in p.iter().zip(&adjusted) {
                prop_assert!(holm >= raw);
                prop_assert!(*holm <= 1.0);
            }
            let smallest = p.iter().copied().fold(1.0, f64::min);
            let least = adjusted.iter().copied().fold(1.0, f64::min);
            prop_assert_eq!(least, (smallest * p.len() as f64).min(1.0));
        }

        #[test]
        fn the_order_of_the_tests_does_not_matter(p in proptest::collection::vec(0.0..=1.0_f64, 1..20)) {
            let mut backwards = p.clone();
            backwards.reverse();
            let mut there_and_back = adjust(&backwards);
            there_and_back.reverse();
            prop_assert_eq!(there_and_back, adjust(&p));
        }
    }
}
