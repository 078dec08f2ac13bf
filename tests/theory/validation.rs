//! The simulator against queueing theory: every case of the validation suite, one test a family.
//!
//! All comparisons together fail a right program less than once in a million, by Student's t over 40 replications.

use std::fmt::Write as _;

use crate::answers::run_plan;
use rushhour::internals::{Family, Length, Verdict, bound, cases, comparisons};

/// Runs the cases of one family and reports all that is wrong at once. An interval wider than a share of `widest` would
/// agree with anything.
fn validate(family: Family, widest: f64) {
    let all = cases(Length::Full);
    let comparisons = comparisons(&all);
    let mut wrong = String::new();
    for case in all.iter().filter(|case| case.family == family) {
        let results = run_plan(&case.plan().unwrap_or_else(|problems| panic!("{problems}")));
        for finding in case.judge(&results, bound(comparisons, results.cells[0].replications)) {
            let half_width = finding.half_width.unwrap_or(f64::INFINITY);
            let too_wide = half_width > widest * finding.theory.abs();
            if finding.verdict != Verdict::Agrees || too_wide {
                let _ = writeln!(
                    wrong,
                    "{}, {}: {} is {:?} ± {half_width}, theory says {} (t = {:.1})",
                    family.name(),
                    case.name,
                    finding.quantity,
                    finding.measured,
                    finding.theory,
                    finding.t
                );
            }
        }
    }
    assert!(wrong.is_empty(), "\n{wrong}");
}

#[test]
fn an_m_m_1_queue_has_an_exponential_sojourn_time() {
    validate(Family::Mm1, 0.1);
}

#[test]
fn m_m_c_queues_agree_with_erlang_c() {
    // At a load of 0.98 the interval of the p99 is as wide as a ninth of it.
    validate(Family::Mmc, 0.12);
}

#[test]
fn a_bounded_queue_drops_what_m_m_c_k_says() {
    validate(Family::Mmck, 0.1);
}

#[test]
fn a_loss_system_drops_what_erlang_b_says_whatever_the_distribution() {
    validate(Family::ErlangB, 0.1);
}

#[test]
fn single_server_queues_agree_with_pollaczek_khinchine() {
    validate(Family::Mg1, 0.1);
}

#[test]
fn constant_service_has_the_tail_of_m_d_1() {
    validate(Family::Md1, 0.1);
}

#[test]
fn processor_sharing_depends_on_the_mean_alone() {
    validate(Family::ProcessorSharing, 0.1);
}

#[test]
fn arrivals_steadier_or_burstier_than_poisson_agree_with_g_m_1() {
    validate(Family::Gm1, 0.1);
}

#[test]
fn a_random_split_makes_independent_queues() {
    validate(Family::RandomSplit, 0.1);
}

#[test]
fn round_robin_over_exponential_servers_is_an_erlang_k_queue() {
    validate(Family::RoundRobin, 0.1);
}

#[test]
fn two_and_three_choices_among_five_hundred_servers_wait_as_the_supermarket_model_says() {
    validate(Family::Supermarket, 0.008);
}

#[test]
fn least_connections_join_the_shortest_queue() {
    validate(Family::JoinShortest, 0.1);
}

#[test]
fn users_in_a_closed_loop_follow_the_machine_repairman() {
    validate(Family::Closed, 0.1);
}

#[test]
fn littles_law_holds_at_every_node() {
    validate(Family::LittlesLaw, 0.003);
}
