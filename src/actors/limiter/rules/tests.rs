//! Rules against sequences from other implementations, and what must hold of each whatever comes.

use super::*;
use crate::actors::limiter::rule::{Admit, Describes, Verdict};
use crate::schema::quantity::{Percent, Rate, Span};
use adaptive::Adaptive;
use fixed_window::FixedWindow;
use gcra::Gcra;
use leaky_bucket::{Delay, Excess, LeakyBucket, NoDelay};
use proptest::prelude::*;
use sliding_counter::SlidingCounter;
use sliding_log::SlidingLog;
use token_bucket::TokenBucket;

fn per_second(rate: f64) -> Rate {
    Rate::from_per_second(rate).expect("a rate")
}

fn seconds(length: f64) -> Span {
    Span::from_seconds(length).expect("a length of time")
}

fn at_ms(ms: u64) -> Time {
    Time::from_nanos(ms * 1_000_000)
}

/// What becomes of requests at these milliseconds with these costs, all of one key.
fn verdicts<R: Describes>(rule: &R, requests: &[(u64, u32)]) -> Vec<Verdict> {
    let mut state = rule.build();
    let mut account = state.open(at_ms(requests[0].0));
    requests.iter().map(|&(ms, cost)| state.admit(&mut account, at_ms(ms), cost)).collect()
}

fn passes<R: Describes>(rule: &R, requests: &[(u64, u32)]) -> Vec<bool> {
    verdicts(rule, requests).into_iter().map(|verdict| !matches!(verdict, Verdict::Rejected { .. })).collect()
}

fn ones(times: &[u64]) -> Vec<(u64, u32)> {
    times.iter().map(|&ms| (ms, 1)).collect()
}

/// The test `TestLimiterBurst3` of golang.org/x/time/rate.
#[test]
fn the_token_bucket_decides_as_that_of_go() {
    let requests = [
        (0, 2),
        (0, 2),
        (0, 1),
        (0, 1),
        (100, 4),
        (200, 1),
        (300, 1),
        (400, 1),
        (400, 1),
        (400, 1),
        (400, 1),
        (900, 3),
        (900, 0),
    ];
    let expected = [true, false, true, false, false, true, true, true, true, false, false, true, true];
    assert_eq!(passes(&TokenBucket { capacity: 3, refill: per_second(10.0) }, &requests), expected);
    assert_eq!(passes(&Gcra { burst: 3, rate: per_second(10.0) }, &requests), expected);
}

/// `TestLongRunningQPS` there: 500/s are offered for 5 s, 100/s and a burst of 100 let through 600.
#[test]
fn in_the_long_run_the_rate_passes() {
    let requests: Vec<(u64, u32)> = (0..2500).map(|n| (n * 2, 1)).collect();
    let bucket = passes(&TokenBucket { capacity: 100, refill: per_second(100.0) }, &requests);
    assert!((599..=601).contains(&bucket.iter().filter(|&&pass| pass).count()));
}

/// The tests `direct.rs` of the crate governor.
#[test]
fn the_cell_rate_algorithm_decides_as_that_of_governor() {
    let four = Gcra { rate: per_second(4.0), burst: 4 };
    let requests = [(0, 2), (0, 2), (1, 2), (1001, 2), (1002, 2), (1003, 2)];
    assert_eq!(passes(&four, &requests), [true, true, false, true, true, false]);
    let twenty = Gcra { rate: per_second(20.0), burst: 20 };
    let mut requests = vec![(0, 1); 20];
    requests.extend([(2, 1), (1000, 1)]);
    let mut expected = vec![true; 20];
    expected.extend([false, true]);
    assert_eq!(passes(&twenty, &requests), expected);
}

/// By the arithmetic of `ngx_http_limit_req_module`.
#[test]
fn the_leaky_bucket_decides_as_that_of_nginx() {
    let strict = LeakyBucket { rate: per_second(10.0), burst: 0, excess: Excess::Delay(Delay { after: 0 }) };
    assert_eq!(passes(&strict, &[(0, 1); 10]), [[true, false].as_slice(), &[false; 8]].concat());
    let every = |ms: u64| ones(&(0..10).map(|n| n * ms).collect::<Vec<_>>());
    assert_eq!(passes(&strict, &every(100)), [true; 10]);
    assert_eq!(passes(&strict, &every(99)), [true, false].repeat(5));
    // Ten at once into a burst of 5: one at once, five a tenth of a second apart, four turned away.
    let burst = |excess| LeakyBucket { rate: per_second(10.0), burst: 5, excess };
    let delay = |ms: u64| Verdict::Delayed(Duration::from_nanos(ms * 1_000_000));
    let found = verdicts(&burst(Excess::Delay(Delay { after: 0 })), &[(0, 1); 10]);
    assert_eq!(found[..6], [Verdict::Admitted, delay(100), delay(200), delay(300), delay(400), delay(500)]);
    assert!(found[6..].iter().all(|verdict| matches!(verdict, Verdict::Rejected { .. })));
    let found = verdicts(&burst(Excess::Delay(Delay { after: 3 })), &[(0, 1); 6]);
    assert_eq!(found[..], [[Verdict::Admitted; 4].as_slice(), &[delay(100), delay(200)]].concat());
    assert_eq!(verdicts(&burst(Excess::NoDelay(NoDelay {})), &[(0, 1); 6]), [Verdict::Admitted; 6]);
    // One a minute is 16 thousandths a second: a minute later 40 thousandths are still there.
    let rate = Rate::parse("1/min").expect("a rate");
    let slow = LeakyBucket { rate, burst: 0, excess: Excess::Delay(Delay { after: 0 }) };
    assert_eq!(passes(&slow, &ones(&[0, 60_000, 120_000, 182_499, 182_500])), [true, false, true, false, true]);
}

#[test]
fn rates_by_minute_hour_and_day_are_exact() {
    for (rate, gap) in [("20/min", 3_000), ("7/min", 60_000), ("9/h", 400_000), ("1/d", 86_400_000), ("0.3/s", 10_000)]
    {
        let rate = Rate::parse(rate).expect("a rate");
        let burst = (rate.per_second() * gap as f64 / 1000.0).round() as u32;
        let times: Vec<(u64, u32)> = (0..50).map(|n| (n * gap, burst)).collect();
        assert_eq!(passes(&Gcra { rate, burst }, &times), [true; 50]);
        assert_eq!(passes(&TokenBucket { capacity: burst, refill: rate }, &times), [true; 50]);
        let times: Vec<(u64, u32)> = (0..50).map(|n| (n * (gap - 1), burst)).collect();
        assert_eq!(passes(&Gcra { rate, burst }, &times)[..2], [true, false]);
        assert_eq!(passes(&TokenBucket { capacity: burst, refill: rate }, &times)[..2], [true, false]);
    }
}

#[test]
fn a_fixed_window_lets_twice_its_limit_pass_around_its_end() {
    let rule = FixedWindow { limit: 3, window: seconds(1.0) };
    let times = [900, 950, 990, 999, 1000, 1010, 1020, 1030];
    assert_eq!(passes(&rule, &ones(&times)), [true, true, true, false, true, true, true, false]);
    assert_eq!(
        verdicts(&rule, &[(900, 3), (990, 1)])[1],
        Verdict::Rejected { retry_after: Duration::from_nanos(10_000_000) }
    );
}

/// The deque of times: what is exactly as old as the window still counts.
#[test]
fn a_sliding_log_counts_every_window() {
    let rule = SlidingLog { limit: 3, window: seconds(1.0) };
    let times = [900, 950, 990, 1000, 1899, 1900, 1901, 1950, 1951];
    assert_eq!(passes(&rule, &ones(&times)), [true, true, true, false, false, false, true, false, true]);
}

/// 5 in the minute before, 3 in this one, 30 % of which is over: 5 x 0.7 + 3 = 6.5 of 7, so one more passes.
#[test]
fn a_sliding_counter_estimates_from_two_windows() {
    let rule = SlidingCounter { limit: 7, window: seconds(60.0) };
    let found = verdicts(&rule, &[(59_000, 5), (60_000, 2), (69_000, 1), (78_000, 1), (78_000, 1)]);
    assert!(matches!(found[3], Verdict::Admitted) && matches!(found[4], Verdict::Rejected { .. }), "{found:?}");
}

fn adaptive() -> Adaptive {
    Adaptive {
        base: 100,
        least: 10,
        most: 1000,
        window: seconds(60.0),
        every: seconds(60.0),
        good: Percent::parse("95 %").expect("a share"),
        bad: Percent::parse("80 %").expect("a share"),
        up: 1.1,
        down: 0.9,
    }
}

#[test]
fn an_adaptive_limit_follows_success() {
    let rule = adaptive();
    let mut state = rule.build();
    let mut account = state.open(Time::ZERO);
    let mut limits = Vec::new();
    for minute in 1..=4 {
        // 99 of 99 good answers are 99 of 100 in its reckoning; then 60 of 99; then 90 of 99, which is neither.
        let good = [99, 60, 90, 99][minute as usize - 1];
        (0..99).for_each(|n| state.answered(n < good, Time::ZERO));
        state.admit(&mut account, at_ms(minute * 60_000), 1);
        limits.push(state.limit());
    }
    let grown = 100.0 * 1.1;
    assert_eq!(limits, [grown, grown * 0.9, grown * 0.9, grown * 0.9 * 1.1]);
}

#[test]
fn an_adaptive_limit_stays_within_its_bounds() {
    for (good, bound) in [(true, 1000.0), (false, 10.0)] {
        let mut state = adaptive().build();
        let mut account = state.open(Time::ZERO);
        for minute in 1..100 {
            (0..99).for_each(|_| state.answered(good, Time::ZERO));
            state.admit(&mut account, at_ms(minute * 60_000), 1);
        }
        assert_eq!(state.limit(), bound);
    }
}

/// Gaps in nanoseconds: many at once, some close, some far apart.
fn gaps() -> impl Strategy<Value = Vec<u64>> {
    let gap = prop_oneof![Just(0), 0_u64..50_000_000, 0_u64..3_000_000_000];
    proptest::collection::vec(gap, 1..200)
}

/// The times that pass of requests with these gaps.
fn passed<R: Describes>(rule: &R, gaps: &[u64]) -> Vec<u64> {
    let mut state = rule.build();
    let mut now = 0;
    let mut account = state.open(Time::ZERO);
    let mut passed = Vec::new();
    for gap in gaps {
        now += gap;
        if !matches!(state.admit(&mut account, Time::from_nanos(now), 1), Verdict::Rejected { .. }) {
            passed.push(now);
        }
    }
    passed
}

/// A request that is turned away and comes again when it was told to is let through, and not a nanosecond sooner.
fn check_retry_after<R: Describes>(rule: &R, gaps: &[u64], exact: bool) -> Result<(), TestCaseError> {
    let mut state = rule.build();
    let mut now = 0;
    let mut account = state.open(Time::ZERO);
    for gap in gaps {
        now += gap;
        let verdict = state.admit(&mut account, Time::from_nanos(now), 1);
        if let Verdict::Rejected { retry_after } = verdict {
            let again = |wait: u64| {
                let mut copy = account.clone();
                rule.build().admit(&mut copy, Time::from_nanos(now + wait), 1)
            };
            let wait = retry_after.as_nanos();
            prop_assert!(!matches!(again(wait), Verdict::Rejected { .. }), "{verdict:?} at {now}");
            prop_assert!(!exact || matches!(again(wait - 1), Verdict::Rejected { .. }), "{verdict:?} at {now}");
        }
    }
    Ok(())
}

proptest! {
    #[test]
    fn a_bucket_never_lets_more_pass_than_its_capacity_and_what_drips(
        gaps in gaps(),
        capacity in 1_u32..20,
        rate in 0.5_f64..30.0,
    ) {
        let rate = per_second(rate);
        let bucket = passed(&TokenBucket { capacity, refill: rate }, &gaps);
        let cells = passed(&Gcra { burst: capacity, rate }, &gaps);
        prop_assert_eq!(&bucket, &cells);
        for (first, start) in bucket.iter().enumerate() {
            for (count, end) in (1_u32..).zip(&bucket[first..]) {
                let dripped = rate.per_second() * (end - start) as f64 / 1e9;
                prop_assert!(f64::from(count) <= f64::from(capacity) + dripped + 1e-5);
            }
        }
    }

    #[test]
    fn no_window_of_a_sliding_log_holds_more_than_the_limit(gaps in gaps(), limit in 1_u32..20) {
        let passed = passed(&SlidingLog { limit, window: seconds(1.0) }, &gaps);
        for (first, start) in passed.iter().enumerate() {
            let within = passed[first..].iter().take_while(|&&end| end - start <= 1_000_000_000).count();
            prop_assert!(within <= limit as usize);
        }
    }

    #[test]
    fn no_window_of_the_clock_holds_more_than_the_limit(gaps in gaps(), limit in 1_u32..20) {
        let passed = passed(&FixedWindow { limit, window: seconds(1.0) }, &gaps);
        for second in 0..=passed.last().map_or(0, |last| last / 1_000_000_000) {
            prop_assert!(passed.iter().filter(|&&at| at / 1_000_000_000 == second).count() <= limit as usize);
        }
    }

    /// The estimate errs where the window before was uneven: by no more than its requests, times the share of this
    /// window that is over.
    #[test]
    fn a_sliding_counter_errs_by_no_more_than_the_window_before(gaps in gaps(), limit in 1_u32..20) {
        const SECOND: u64 = 1_000_000_000;
        let passed = passed(&SlidingCounter { limit, window: seconds(1.0) }, &gaps);
        for (last, end) in passed.iter().enumerate() {
            let within = passed[..=last].iter().filter(|&&at| end - at < SECOND).count() as f64;
            let before = passed.iter().filter(|&&at| at / SECOND + 1 == end / SECOND).count() as f64;
            let over = (end % SECOND) as f64 / SECOND as f64;
            prop_assert!(within < f64::from(limit) + 1.0 + before * over);
        }
    }

    #[test]
    fn who_comes_again_when_told_is_let_through(gaps in gaps(), limit in 1_u32..20, rate in 0.5_f64..30.0) {
        let rate = per_second(rate);
        check_retry_after(&TokenBucket { capacity: limit, refill: rate }, &gaps, true)?;
        check_retry_after(&Gcra { burst: limit, rate }, &gaps, true)?;
        check_retry_after(&FixedWindow { limit, window: seconds(1.0) }, &gaps, true)?;
        check_retry_after(&SlidingLog { limit, window: seconds(1.0) }, &gaps, true)?;
        check_retry_after(&SlidingCounter { limit, window: seconds(1.0) }, &gaps, true)?;
        // In whole milliseconds, as nginx counts.
        let excess = Excess::NoDelay(NoDelay {});
        check_retry_after(&LeakyBucket { rate, burst: limit, excess }, &gaps, false)?;
    }
}
