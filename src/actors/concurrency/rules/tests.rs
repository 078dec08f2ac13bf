//! Rules against known sequences, and what must hold of every rule.

use proptest::prelude::*;

use crate::actors::concurrency::rule::{Limit, Sample};
use crate::actors::concurrency::rules::Rule;
use crate::engine::Duration;
use crate::engine::random::StreamKey;
use crate::schema::{Decode, Reader, parse};

fn read(text: &str) -> Result<Rule, Vec<String>> {
    let mut reader = Reader::default();
    let rule = Rule::decode(&parse(0, text).unwrap_or_else(|errors| panic!("{text}: {errors:?}")), &mut reader);
    let messages = |reader: Reader| reader.diagnostics.into_iter().map(|diagnostic| diagnostic.message).collect();
    if reader.diagnostics.is_empty() { Ok(rule.expect("a rule")) } else { Err(messages(reader)) }
}

fn rule(text: &str) -> Rule {
    read(text).unwrap_or_else(|errors| panic!("{text}: {errors:?}"))
}

/// An answer after so many milliseconds.
fn answer(millis: f64, in_flight: u32) -> Sample {
    Sample { round_trip: Duration::from_secs_f64(millis / 1e3), in_flight, dropped: false }
}

fn drop(millis: f64, in_flight: u32) -> Sample {
    Sample { dropped: true, ..answer(millis, in_flight) }
}

/// The limits after each answer.
fn limits(text: &str, samples: &[Sample]) -> Vec<u32> {
    let mut limiting = rule(text).build(StreamKey::root(1, 0));
    let step = |&sample: &Sample| {
        limiting.sample(sample);
        limiting.limit()
    };
    samples.iter().map(step).collect()
}

#[test]
fn a_fixed_limit_stays() {
    assert_eq!(limits("Fixed", &[answer(1.0, 25), drop(0.0, 25)]), [25, 25]);
    assert_eq!(limits("Fixed(7)", &[drop(9e3, 7)]), [7]);
}

/// The cases of `AIMDLimitTest` of Netflix concurrency-limits.
#[test]
fn aimd_steps_as_the_original() {
    assert_eq!(limits("Aimd(initial: 30)", &[drop(0.0, 0)]), [27]);
    assert_eq!(limits("Aimd(initial: 10, least: 1)", &[answer(1.0, 10)]), [11]);
    assert_eq!(limits("Aimd(initial: 10, least: 1)", &[drop(1.0, 0)]), [9]);
}

#[test]
fn aimd_takes_a_late_answer_for_a_drop_and_stays_while_less_than_half_is_used() {
    let samples = [answer(5000.0, 50), answer(5000.001, 50), answer(1.0, 45), answer(1.0, 45), drop(1.0, 1)];
    assert_eq!(limits("Aimd(initial: 100)", &samples), [101, 90, 91, 91, 81]);
    assert_eq!(limits("Aimd", &[drop(1.0, 20)]), [20]);
    assert_eq!(limits("Aimd(initial: 200)", &[answer(1.0, 200)]), [200]);
}

/// The cases of `VegasLimitTest` of Netflix concurrency-limits.
#[test]
fn vegas_moves_as_the_original() {
    let wide = "Vegas(initial: 10000, most: 20000)";
    assert_eq!(limits(wide, &[answer(10_000.0, 5000), answer(10_000.0, 6000)]), [10_000, 10_024]);
    let narrow = "Vegas(initial: 10, most: 20)";
    assert_eq!(limits(narrow, &[answer(10.0, 10), answer(10.0, 11)]), [10, 16]);
    assert_eq!(limits(narrow, &[answer(10.0, 10), answer(50.0, 11)]), [10, 9]);
    assert_eq!(limits(narrow, &[answer(10.0, 10), answer(14.0, 14)]), [10, 10]);
}

#[test]
fn vegas_grows_slowly_with_a_short_queue_and_shrinks_with_drops() {
    // 40 x (1 - 10 / 10.5) is a queue of 2: more than one unit, less than three.
    let rule = "Vegas(initial: 40)";
    assert_eq!(limits(rule, &[answer(10.0, 40), answer(10.5, 40)]), [40, 41]);
    assert_eq!(limits(rule, &[answer(10.0, 40), answer(10.0, 19)]), [40, 40]);
    assert_eq!(limits(rule, &[answer(10.0, 40), drop(10.0, 1)]), [40, 39]);
    // An answer that sets the shortest round trip does not move the limit, as in the original.
    assert_eq!(limits(rule, &[answer(10.0, 40), drop(1.0, 40)]), [40, 40]);
    // Half of a change at a time; at 100 the unit is two, and below that it is one.
    let samples = [answer(10.0, 100), answer(50.0, 100), answer(50.0, 100), answer(50.0, 100)];
    assert_eq!(limits("Vegas(initial: 100, smoothing: 0.5)", &samples), [100, 99, 98, 98]);
}

#[test]
fn vegas_probes_after_fifteen_to_thirty_times_its_limit() {
    // Few are in flight, so the limit stays at 20 until something else is asked of it.
    let after = |answers: usize| {
        let mut samples = vec![answer(1.0, 1)];
        samples.extend(std::iter::repeat_n(answer(100.0, 1), answers));
        samples.push(answer(100.0, 20));
        *limits("Vegas", &samples).last().expect("a limit")
    };
    // Against the old round trip nearly all wait; against the new one, none.
    assert_eq!(after(297), 19);
    assert_eq!(after(600), 26);
    let first = (298..600).find(|&answers| after(answers) == 26).expect("a probe");
    // The answer before is the probe itself, which does not move the limit.
    assert_eq!((after(first - 1), after(first - 2)), (20, 19));
}

/// Against the sequence of a reference of ten lines.
#[test]
fn gradient2_follows_the_original() {
    let mut samples = vec![answer(10.0, 20); 10];
    samples.push(answer(100.0, 28));
    samples.extend([answer(2.0, 10), answer(2.0, 20), answer(2.0, 20)]);
    samples.extend(std::iter::repeat_n(answer(200.0, 100), 6));
    let expected = [20, 21, 22, 23, 24, 24, 25, 26, 27, 28, 26, 26, 26, 27, 25, 23, 22, 20, 20, 20];
    assert_eq!(limits("Gradient2", &samples), expected);
}

#[test]
fn gradient2_lets_go_of_a_long_mean_after_an_overload() {
    // A hundred times the usual round trip, then the usual again. Each answer takes a twentieth off the mean, so after 60
    // answers it has come from 1 s to below 1 s x 0.95^60 = 46 ms; by the average alone it would be at 0.82 s.
    let mut limiting = rule("Gradient2(initial: 100)").build(StreamKey::root(1, 0));
    for sample in std::iter::repeat_n(answer(1000.0, 1), 10).chain(std::iter::repeat_n(answer(10.0, 1), 60)) {
        limiting.sample(sample);
    }
    // 1.5 x 46 ms is what is tolerated now.
    limiting.sample(answer(140.0, 100));
    assert!(limiting.limit() < 100, "{}", limiting.limit());
}

#[test]
fn rules_refuse_what_makes_no_sense() {
    for text in [
        "Fixed(0)",
        "Fixed(1000001)",
        "Aimd(initial: 10)",
        "Aimd(least: 0)",
        "Aimd(most: 10)",
        "Aimd(backoff: 1.0)",
        "Aimd(backoff: 0.4)",
        "Aimd(timeout: \"0 s\")",
        "Vegas(initial: 0)",
        "Vegas(initial: 2000)",
        "Vegas(alpha: 0)",
        "Vegas(alpha: 7)",
        "Vegas(probe: 0)",
        "Vegas(smoothing: 0)",
        "Gradient2(smoothing: 1.1)",
        "Gradient2(tolerance: 0.9)",
        "Gradient2(window: 0)",
        "Gradient2(queue: 2000000)",
        "Gradient2(initial: 300)",
    ] {
        assert_eq!(read(text).expect_err(text).len(), 1, "{text}");
    }
}

fn samples() -> impl Strategy<Value = Vec<Sample>> {
    let sample = (0_u64..20_000_000_000, 0_u32..2000, any::<bool>());
    let sample = sample.prop_map(|(nanos, in_flight, dropped)| Sample {
        round_trip: Duration::from_nanos(nanos),
        in_flight,
        dropped,
    });
    proptest::collection::vec(sample, 0..300)
}

proptest! {
    #[test]
    fn limits_stay_within_their_bounds(samples in samples()) {
        for (text, least, most) in [
            ("Fixed(9)", 9, 9),
            ("Aimd(initial: 7, least: 3, most: 40)", 3, 40),
            ("Vegas(initial: 7, most: 40)", 1, 40),
            ("Vegas(initial: 7, most: 40, smoothing: 0.3, probe: 1)", 1, 40),
            ("Gradient2(initial: 7, least: 3, most: 40)", 3, 40),
        ] {
            let limits = limits(text, &samples);
            prop_assert!(limits.iter().all(|limit| (least..=most).contains(limit)), "{}: {:?}", text, limits);
        }
    }
}
