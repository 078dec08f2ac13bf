//! Rules against sequences from other implementations, and what must hold of each whatever comes.

use super::*;
use crate::actors::clients::arrivals::{Arrive, Deterministic, Process};
use crate::actors::limiter::rule::{Admit, Describes, Verdict};
use crate::engine::random::StreamKey;
use crate::schema::quantity::{Percent, Rate, Span};
use adaptive::Adaptive;
use fixed_window::FixedWindow;
use gcra::Gcra;
use leaky_bucket::{Arithmetic, Delay, Excess, InMilliseconds, LeakyBucket, NoDelay, Unrounded};
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

/// The verdicts on requests at these milliseconds with these costs, all of one key.
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
    let arithmetic = Arithmetic::Nginx(InMilliseconds {});
    let excess = Excess::Delay(Delay { after: 0 });
    let strict = LeakyBucket { rate: per_second(10.0), burst: 0, excess, arithmetic: arithmetic.clone() };
    assert_eq!(passes(&strict, &[(0, 1); 10]), [[true, false].as_slice(), &[false; 8]].concat());
    let every = |ms: u64| ones(&(0..10).map(|n| n * ms).collect::<Vec<_>>());
    assert_eq!(passes(&strict, &every(100)), [true; 10]);
    assert_eq!(passes(&strict, &every(99)), [true, false].repeat(5));
    // Ten at once into a burst of 5: one at once, five a tenth of a second apart, four rejected.
    let burst = |excess| LeakyBucket { burst: 5, excess, ..strict.clone() };
    let delay = |ms: u64| Verdict::Delayed(Duration::from_nanos(ms * 1_000_000));
    let found = verdicts(&burst(Excess::Delay(Delay { after: 0 })), &[(0, 1); 10]);
    assert_eq!(found[..6], [Verdict::Admitted, delay(100), delay(200), delay(300), delay(400), delay(500)]);
    assert!(found[6..].iter().all(|verdict| matches!(verdict, Verdict::Rejected { .. })));
    let found = verdicts(&burst(Excess::Delay(Delay { after: 3 })), &[(0, 1); 6]);
    assert_eq!(found[..], [[Verdict::Admitted; 4].as_slice(), &[delay(100), delay(200)]].concat());
    assert_eq!(verdicts(&burst(Excess::NoDelay(NoDelay {})), &[(0, 1); 6]), [Verdict::Admitted; 6]);
    // One a minute is 16 thousandths a second: a minute later 40 thousandths are still there.
    let rate = Rate::parse("1/min").expect("a rate");
    let slow = LeakyBucket { rate, ..strict };
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

/// The first requests of a process at this rate.
fn ticking(rate: &str, count: usize) -> Vec<Time> {
    let rate = Rate::parse(rate).expect("a rate");
    let mut arrivals = Deterministic { rate }.arrivals(StreamKey::root(0, 0));
    (0..count).map(|_| arrivals.next().expect("endless")).collect()
}

/// Places of the requests that do not pass at once.
fn refused<R: Describes>(rule: &R, times: &[Time]) -> Vec<usize> {
    let mut state = rule.build();
    let mut account = state.open(times[0]);
    let refused = |&(_, &now): &(usize, &Time)| state.admit(&mut account, now, 1) != Verdict::Admitted;
    times.iter().enumerate().filter(refused).map(|(place, _)| place).collect()
}

const NONE: [usize; 0] = [];

/// Rates whose gap is a whole number of nanoseconds, and such where it is not.
const RATES: [&str; 14] = [
    "1/s",
    "3/s",
    "7/s",
    "10/s",
    "300/s",
    "999/s",
    "44100/s",
    "999983/s",
    "300000007/s",
    "0.7/s",
    "999.999999/s",
    "20/min",
    "7/h",
    "1/d",
];

fn leaky(rate: Rate, burst: u32) -> LeakyBucket {
    let (excess, arithmetic) = (Excess::Delay(Delay { after: 0 }), Arithmetic::Exact(Unrounded {}));
    LeakyBucket { rate, burst, excess, arithmetic }
}

#[test]
fn requests_exactly_at_the_rate_all_pass() {
    for text in RATES {
        let rate = Rate::parse(text).expect("a rate");
        let times = ticking(text, 20_000);
        for capacity in [1, 5] {
            assert_eq!(refused(&TokenBucket { capacity, refill: rate }, &times), NONE, "{text}");
            assert_eq!(refused(&Gcra { burst: capacity, rate }, &times), NONE, "{text}");
            assert_eq!(refused(&leaky(rate, capacity - 1), &times), NONE, "{text}");
        }
    }
    // Nor do they add up to an error later on.
    let rate = per_second(7.0);
    assert_eq!(refused(&TokenBucket { capacity: 1, refill: rate }, &ticking("7/s", 3_000_000)), NONE);
}

#[test]
fn requests_a_little_above_the_rate_lose_what_is_above() {
    for (slow, fast) in [("3/s", "3.003/s"), ("999/s", "999.999/s"), ("20/min", "20.02/min"), ("300000/s", "300300/s")]
    {
        let rate = Rate::parse(slow).expect("a rate");
        let times = ticking(fast, 20_020);
        // A thousandth above, and one for each time that the bucket is found empty by a little.
        for lost in
            [refused(&TokenBucket { capacity: 10, refill: rate }, &times), refused(&Gcra { burst: 10, rate }, &times)]
        {
            assert!((10..=11).contains(&lost.len()), "{slow}: {lost:?}");
        }
        let rejected = |state: &mut <LeakyBucket as Describes>::State, account: &mut _, now| {
            matches!(state.admit(account, now, 1), Verdict::Rejected { .. })
        };
        let mut state = leaky(rate, 9).build();
        let mut account = state.open(times[0]);
        let lost = times.iter().filter(|&&now| rejected(&mut state, &mut account, now)).count();
        assert!((10..=11).contains(&lost), "{slow}: {lost}");
    }
}

/// Three a second are 333, 333 and 334 ms apart, in which 999 or 1002 thousandths leak: a request after 333 ms is too
/// early.
#[test]
fn nginx_rejects_requests_at_exactly_a_rate_that_is_no_whole_number_of_milliseconds() {
    let nginx = |rate: &str, burst| {
        let (excess, arithmetic) = (Excess::NoDelay(NoDelay {}), Arithmetic::Nginx(InMilliseconds {}));
        let rule = LeakyBucket { rate: Rate::parse(rate).expect("a rate"), burst, excess, arithmetic };
        refused(&rule, &ticking(rate, 12))
    };
    assert_eq!(nginx("3/s", 0), [1, 3, 6, 9]);
    assert_eq!(nginx("3/s", 1), NONE);
    assert_eq!(nginx("4/s", 0), NONE);
}

/// Evenly and exactly at the limit, by the definition of each: of a window that both of its ends belong to, one in
/// limit + 1 is too many; the estimate from two windows is at the limit at the beginning of every second one.
#[test]
fn windows_at_their_limit_reject_as_their_definition_says() {
    for (limit, rate, window) in [
        (3, "3/s", 1.0),
        (7, "7/s", 1.0),
        (300, "300/s", 1.0),
        (999, "999/s", 1.0),
        (20, "20/min", 60.0),
        (7, "7/h", 3600.0),
    ] {
        let (count, window) = (limit as usize * 20, seconds(window));
        let times = ticking(rate, count);
        assert_eq!(refused(&FixedWindow { limit, window }, &times), NONE, "{rate}");
        let every = |first: usize, step: usize| (first..count).step_by(step).collect::<Vec<_>>();
        let limit_of = limit as usize;
        assert_eq!(refused(&SlidingLog { limit, window }, &times), every(limit_of, limit_of + 1), "{rate}");
        // The first window has one less, as no request comes at its beginning.
        let estimated = every(2 * limit_of - 1, 2 * limit_of);
        assert_eq!(refused(&SlidingCounter { limit, window }, &times), estimated, "{rate}");
        let adaptive = Adaptive { base: limit, least: 1, most: limit, window, every: seconds(1e6), ..adaptive() };
        assert_eq!(refused(&adaptive, &times), estimated, "{rate}");
    }
}

#[test]
fn what_costs_more_than_the_limit_never_passes_and_is_not_told_to_come_again() {
    fn check<R: Describes>(rule: &R) {
        let found = verdicts(rule, &[(0, 6), (0, 5), (100_000, 6), (100_000, 5)]);
        let never = Verdict::Rejected { retry_after: Duration::ZERO };
        assert_eq!((found[0], found[2]), (never, never));
        assert!([1, 3].iter().all(|&place| found[place] == Verdict::Admitted), "{found:?}");
    }
    check(&TokenBucket { capacity: 5, refill: per_second(3.0) });
    check(&Gcra { burst: 5, rate: per_second(3.0) });
    check(&FixedWindow { limit: 5, window: seconds(10.0) });
    check(&SlidingLog { limit: 5, window: seconds(10.0) });
    check(&SlidingCounter { limit: 5, window: seconds(10.0) });
    check(&LeakyBucket { excess: Excess::NoDelay(NoDelay {}), ..leaky(per_second(3.0), 4) });
    let arithmetic = Arithmetic::Nginx(InMilliseconds {});
    check(&LeakyBucket { excess: Excess::NoDelay(NoDelay {}), arithmetic, ..leaky(per_second(3.0), 4) });
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

/// The deque of times: a request exactly as old as the window still counts.
#[test]
fn a_sliding_log_counts_every_window() {
    let rule = SlidingLog { limit: 3, window: seconds(1.0) };
    let times = [900, 950, 990, 1000, 1899, 1900, 1901, 1950, 1951];
    assert_eq!(passes(&rule, &ones(&times)), [true, true, true, false, false, false, true, false, true]);
}

/// 5 in the minute before, 3 in this one, 30 % of which is over: 5 x 0.7 + 3 = 6.5 of 7, so one more passes. Whole
/// nanoseconds are coarse from some 40,000 requests in a window of a second on: one more in every second window is
/// lost.
#[test]
fn a_sliding_counter_at_its_limit_loses_one_in_a_window_at_most() {
    for (limit, most) in [(9_999, 3), (39_000, 6), (200_003, 6), (999_983, 6)] {
        let times = ticking(&format!("{limit}/s"), limit as usize * 6);
        let lost = refused(&SlidingCounter { limit, window: seconds(1.0) }, &times).len();
        assert!((1..=most).contains(&lost), "{limit}: {lost}");
    }
}

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

/// A request that is rejected and tried again after `retry_after` is admitted, and not a nanosecond earlier.
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
                // The nanosecond of the last counts as a whole one.
                let dripped = rate.per_second() * (end - start + 1) as f64 / 1e9;
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
        let arithmetic = Arithmetic::Nginx(InMilliseconds {});
        let nginx = LeakyBucket { rate, burst: limit, excess, arithmetic };
        check_retry_after(&nginx, &gaps, false)?;
        check_retry_after(&LeakyBucket { arithmetic: Arithmetic::Exact(Unrounded {}), ..nginx }, &gaps, true)?;
    }
}
