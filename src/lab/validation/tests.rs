//! The suite is what it says: its cases can be run, and a wrong number is found.

use std::sync::atomic::AtomicBool;

use super::*;
use crate::lab::results::Results;
use crate::lab::{NoProgress, run};

/// The answer to a short case, and the case.
fn answered() -> (Case, Results) {
    let case = cases(Length::Quick).into_iter().find(|case| case.name == "load 0.5").expect("listed");
    let plan = case.plan().expect("well formed");
    let results = run(&plan, &NoProgress, &AtomicBool::new(false)).expect("no defect");
    (case, results)
}

#[test]
fn there_are_at_least_sixty_cases_and_every_family_has_some() {
    let cases = cases(Length::Full);
    assert!(cases.len() >= 60, "{}", cases.len());
    for family in Family::ALL {
        assert!(cases.iter().filter(|case| case.family == family).count() >= 3, "{family:?}");
    }
    assert!(cases.iter().all(|case| !case.expected.is_empty()));
    let mut names: Vec<_> = cases.iter().map(|case| (case.family, &case.name)).collect();
    names.sort();
    assert!(names.windows(2).all(|pair| pair[0] != pair[1]), "a name twice");
}

#[test]
fn every_case_is_a_well_formed_experiment() {
    for case in cases(Length::Full) {
        if let Err(problems) = case.plan() {
            panic!("{} {}: {problems}", case.family.name(), case.name);
        }
    }
}

#[test]
fn the_program_recognises_what_the_suite_calls_by_name() {
    // Two ways to the same theory: the suite's own, and the one that draws dashed lines.
    for case in cases(Length::Full) {
        let plan = case.plan().expect("well formed");
        let Some(theory) = crate::lab::theory::theory(plan.cells[0].system(), &plan.quantities) else { continue };
        for expected in &case.expected {
            let What::Measure(id) = &expected.what else { continue };
            let Some(known) = theory.value(id) else { continue };
            let off = (known - expected.value).abs();
            assert!(off <= 1e-9 * expected.value.abs() + 1e-15, "{}: {id} {known} {}", case.name, expected.value);
        }
    }
}

#[test]
fn a_right_number_agrees_and_a_wrong_one_does_not() {
    let (mut case, results) = answered();
    let limit = bound(1000, 40);
    let findings = case.judge(&results, limit);
    assert_eq!(findings.len(), case.expected.len());
    assert!(findings.iter().all(|finding| finding.verdict == Verdict::Agrees), "{findings:#?}");
    for expected in &mut case.expected {
        expected.value *= 1.2;
    }
    let findings = case.judge(&results, limit);
    assert!(findings.iter().all(|finding| finding.verdict == Verdict::Disagrees), "{findings:#?}");
    assert!(findings.iter().all(|finding| finding.deviation < -1.0));
}

#[test]
fn what_is_not_measured_or_not_settled_never_agrees() {
    let (mut case, mut results) = answered();
    case.expected.truncate(1);
    case.expected[0].what = What::Measure("latency_p98".to_owned());
    assert_eq!(case.judge(&results, 7.0)[0].verdict, Verdict::Disagrees);
    case.expected[0].what = What::Measure("utilization".to_owned());
    case.expected[0].value = 0.5;
    assert_eq!(case.judge(&results, 7.0)[0].verdict, Verdict::Agrees);
    results.cells[0].stability =
        crate::lab::results::Stability::Unstable { node: "q".to_owned(), growth: 1.0, load: None };
    assert_eq!(case.judge(&results, 7.0)[0].verdict, Verdict::Disagrees);
}

#[test]
fn the_bound_is_that_of_students_t() {
    // A single comparison of 20 replications: 7.07 is exceeded once in a million.
    assert!((bound(1, 20) - 7.07).abs() < 0.01, "{}", bound(1, 20));
    assert!(bound(400, 40) < 8.0 && bound(400, 40) > bound(1, 40));
}
