//! Budgets step by step, and that none allows more than it should.

use super::*;
use proptest::prelude::*;

/// An event for a budget.
#[derive(Clone, Copy, Debug)]
enum Step {
    Call,
    Fail,
    /// A retry is wanted, after a timeout or not.
    Retry(bool),
    /// A call is answered; the cost of its last retry.
    Succeed(u32),
    /// An attempt sets out.
    Send,
    /// An attempt is over.
    End,
    /// A retry is over.
    Release,
}
use Step::{Call, End, Fail, Release, Retry, Send, Succeed};

fn at(millis: u64) -> Time {
    Time::from_nanos(millis * 1_000_000)
}

/// The decisions of the budget for each retry.
fn told(budget: &mut BudgetState, now: Time, steps: &[Step]) -> Vec<Option<u32>> {
    let mut answers = Vec::new();
    for step in steps {
        match *step {
            Call => budget.called(now),
            Fail => budget.failed(now),
            Retry(timed_out) => answers.push(budget.withdraw(now, timed_out)),
            Succeed(cost) => budget.succeeded(cost),
            Send => budget.sent(),
            End => budget.ended(),
            Release => budget.released(),
        }
    }
    answers
}

fn allowed(budget: &mut BudgetState, now: Time, wanted: u32) -> usize {
    told(budget, now, &vec![Retry(false); wanted as usize]).into_iter().flatten().count()
}

fn finagle() -> RetryBudget {
    RetryBudget {
        ratio: crate::schema::quantity::Percent::of(20.0),
        minimum: crate::schema::quantity::Rate::from_per_second(10.0),
        ttl: crate::schema::quantity::Span::whole(10),
    }
}

#[test]
fn finagle_allows_ten_a_second_and_a_fifth_of_the_calls_of_ten_seconds() {
    let mut budget = Budget::RetryBudget(finagle()).build();
    assert_eq!(allowed(&mut budget, at(0), 1000), 100, "the reserve of ten seconds");
    told(&mut budget, at(500), &[Call; 50]);
    assert_eq!(allowed(&mut budget, at(500), 1000), 10, "a fifth of fifty");
    assert_eq!(allowed(&mut budget, at(9999), 1000), 0);
    assert_eq!(allowed(&mut budget, at(10_000), 1000), 100, "calls and retries of the first second are forgotten");
    told(&mut budget, at(10_500), &[Call; 4]);
    assert_eq!(allowed(&mut budget, at(10_500), 1000), 0, "four calls are less than a retry");
    told(&mut budget, at(10_600), &[Call; 1]);
    assert_eq!(allowed(&mut budget, at(10_600), 1000), 1);
}

#[test]
fn grpc_retries_while_more_than_half_of_the_tokens_are_there() {
    // As in the test of gRPC: at most 4 tokens, a success gives back 1.6.
    let mut budget = Budget::RetryThrottling(RetryThrottling { max_tokens: 4, token_ratio: 1.6 }).build();
    let fail = |budget: &mut BudgetState| told(budget, at(0), &[Fail, Retry(false)])[0].is_some();
    assert!(fail(&mut budget), "3 are left");
    told(&mut budget, at(0), &[Succeed(0)]);
    assert!(fail(&mut budget), "3 again: never more than 4");
    assert!(!fail(&mut budget), "2 are half");
    assert!(!fail(&mut budget), "1");
    assert!(!fail(&mut budget), "0");
    assert!(!fail(&mut budget), "never less than 0");
    told(&mut budget, at(0), &[Succeed(0), Succeed(0)]);
    assert!(told(&mut budget, at(0), &[Retry(false)])[0].is_some(), "3.2");
    assert!(fail(&mut budget), "2.2 are more than half");
    assert!(!fail(&mut budget), "1.2");
}

#[test]
fn grpc_with_its_defaults_stops_after_five_failures() {
    let mut budget = Budget::RetryThrottling(RetryThrottling { max_tokens: 10, token_ratio: 0.1 }).build();
    let steps: Vec<Step> = (0..6).flat_map(|_| [Fail, Retry(false)]).collect();
    let answers: Vec<bool> = told(&mut budget, at(0), &steps).iter().map(Option::is_some).collect();
    assert_eq!(answers, [true, true, true, true, false, false]);
    told(&mut budget, at(0), &[Succeed(0); 10]);
    assert_eq!(told(&mut budget, at(0), &[Retry(false)]), [None], "4 + 1 are half");
    told(&mut budget, at(0), &[Succeed(0)]);
    assert_eq!(told(&mut budget, at(0), &[Retry(false)]), [Some(1)]);
}

#[test]
fn the_quota_of_the_sdk_takes_five_or_ten_and_gives_back_the_last() {
    let rules = RetryQuota { tokens: 500, cost: 5, timeout_cost: 10, no_retry_increment: 1 };
    let mut budget = Budget::RetryQuota(rules).build();
    assert_eq!(allowed(&mut budget, at(0), 1000), 100);
    assert_eq!(told(&mut budget, at(0), &[Succeed(0), Retry(false)]), [None], "1 token");
    assert_eq!(told(&mut budget, at(0), &[Succeed(5), Retry(true)]), [None], "6 are too few after a timeout");
    assert_eq!(told(&mut budget, at(0), &[Succeed(0); 4]), []);
    assert_eq!(told(&mut budget, at(0), &[Retry(true), Retry(false)]), [Some(10), None]);
    told(&mut budget, at(0), &[Succeed(10); 100]);
    assert_eq!(allowed(&mut budget, at(0), 1000), 100, "never more than 500");
}

#[test]
fn the_bucket_adds_a_tenth_for_each_call() {
    let mut budget = Budget::RetryBucket(RetryBucket { capacity: 5, ratio: 0.1 }).build();
    told(&mut budget, at(0), &[Call; 100]);
    assert_eq!(allowed(&mut budget, at(0), 100), 4, "it was full, and the last token stays");
    assert_eq!(told(&mut budget, at(0), &[Call, Retry(false)]), [Some(1)], "1.1 are more than one");
    told(&mut budget, at(0), &[Call; 9]);
    assert_eq!(allowed(&mut budget, at(0), 100), 0, "0.1 and nine tenths are one");
    told(&mut budget, at(0), &[Call]);
    assert_eq!(allowed(&mut budget, at(0), 100), 1);
}

#[test]
fn the_failure_rate_counts_from_the_beginning() {
    let most = crate::schema::quantity::Percent::of(10.0);
    let mut budget = Budget::FailureRate(FailureRate { most }).build();
    told(&mut budget, at(0), &[Call; 10]);
    assert_eq!(told(&mut budget, at(0), &[Fail, Retry(false), Fail, Retry(false)]), [Some(1), None]);
    told(&mut budget, at(0), &[Call; 9]);
    assert_eq!(told(&mut budget, at(0), &[Retry(false)]), [None]);
    told(&mut budget, at(0), &[Call]);
    assert_eq!(told(&mut budget, at(0), &[Retry(false)]), [Some(1)]);
}

/// `max(budget_percent / 100 * active, min_retry_concurrency)` of Envoy's `resource_manager_impl.h`, rounded down.
#[test]
fn envoy_allows_a_fifth_of_what_is_under_way_and_three_at_least() {
    let percent = crate::schema::quantity::Percent::of;
    for (under_way, most) in [(0, 3), (14, 3), (19, 3), (20, 4), (24, 4), (25, 5), (100, 20), (1000, 200)] {
        let mut budget = Budget::ActiveBudget(ActiveBudget { share: percent(20.0), minimum: 3 }).build();
        told(&mut budget, at(0), &vec![Send; under_way]);
        assert_eq!(allowed(&mut budget, at(0), 1000), most, "{under_way}");
        // One is over, and makes room for one.
        told(&mut budget, at(1), &[Release]);
        assert_eq!(allowed(&mut budget, at(1), 1000), 1, "{under_way}");
    }
    // Shares are exact: 7 % of a hundred are seven, 29 % of a hundred are 29.
    for (share, most) in [(7.0, 7), (14.0, 14), (28.0, 28), (29.0, 29), (0.1, 0)] {
        let mut budget = Budget::ActiveBudget(ActiveBudget { share: percent(share), minimum: 0 }).build();
        told(&mut budget, at(0), &[Send; 100]);
        assert_eq!(allowed(&mut budget, at(0), 1000), most, "{share} %");
    }
    // An attempt that has ended no longer counts.
    let mut budget = Budget::ActiveBudget(ActiveBudget { share: percent(50.0), minimum: 0 }).build();
    told(&mut budget, at(0), &[Send, Send, Send, Send, End, End]);
    assert_eq!(allowed(&mut budget, at(0), 1000), 1);
}

/// Steps with the milliseconds between them.
fn story() -> impl Strategy<Value = Vec<(u64, Step)>> {
    let step = prop_oneof![4 => Just(Call), 4 => any::<bool>().prop_map(Retry)];
    prop::collection::vec((prop_oneof![3 => Just(0_u64), 1 => 0_u64..3000], step), 1..600)
}

proptest! {
    #[test]
    fn the_bucket_never_exceeds_its_capacity_and_ratio(story in story(), capacity in 1_u32..20, tenths in 0_u32..10) {
        let mut budget = Budget::RetryBucket(RetryBucket { capacity, ratio: f64::from(tenths) / 10.0 }).build();
        let (mut calls, mut retries) = (0, 0);
        for (_, step) in story {
            retries += told(&mut budget, at(0), &[step]).into_iter().flatten().count() as u32;
            calls += u32::from(matches!(step, Call));
            prop_assert!(10 * retries <= 10 * capacity + tenths * calls);
        }
    }

    #[test]
    fn finagle_never_exceeds_its_share_of_what_counts(story in story(), percent in 0_u32..100, minimum in 0_u32..5) {
        let rules = RetryBudget {
            ratio: crate::schema::quantity::Percent::of(f64::from(percent)),
            minimum: crate::schema::quantity::Rate::from_per_second(f64::from(minimum)),
            ..finagle()
        };
        let mut budget = Budget::RetryBudget(rules).build();
        let mut now = 0;
        let (mut calls, mut retries) = (Vec::new(), Vec::new());
        for (gap, step) in story {
            now += gap;
            if matches!(step, Call) {
                calls.push(now);
            }
            if told(&mut budget, at(now), &[step]).into_iter().flatten().count() > 0 {
                retries.push(now);
                // The window consists of whole seconds: this one and the nine before.
                let counts = |times: &[u64]| times.iter().filter(|&&time| time / 1000 + 10 > now / 1000).count() as u32;
                prop_assert!(100 * counts(&retries) <= 1000 * minimum + percent * counts(&calls));
            }
        }
    }
}
