//! Arrival processes against their own rates.

use super::*;
use crate::schema::{Body, Reader, parse};

fn read<T: Body>(text: &str) -> T {
    let mut reader = Reader::default();
    let value = T::decode_body(&parse(0, text).expect("valid RON"), &mut reader);
    assert!(reader.diagnostics.is_empty(), "{:?}", reader.diagnostics);
    value.expect("readable")
}

fn count(arrivals: &mut impl Arrive, until: f64) -> (f64, Vec<f64>) {
    let mut times = Vec::new();
    while let Some(at) = arrivals.next() {
        if at.as_secs_f64() >= until {
            break;
        }
        assert!(times.last().is_none_or(|last| *last <= at.as_secs_f64()), "arrivals go backwards");
        times.push(at.as_secs_f64());
    }
    (times.len() as f64, times)
}

/// Poisson counts: off by five and a half standard deviations once in thirty million.
fn assert_count(found: f64, expected: f64, dispersion: f64, what: &str) {
    assert!((found - expected).abs() < 5.5 * (expected * dispersion).sqrt() + 1.0, "{what}: {found} for {expected}");
}

const KEY: StreamKey = StreamKey::root(31, 0);

#[test]
fn a_poisson_process_has_its_rate_even_at_nine_arrivals_a_microsecond() {
    let mut slow = read::<Poisson>(r#"(rate: "900/s")"#).arrivals(KEY);
    assert_count(count(&mut slow, 100.0).0, 90_000.0, 1.0, "900/s");
    let mut arrivals = read::<Poisson>(r#"(rate: "1000000000/s")"#).arrivals(KEY);
    assert_count(count(&mut arrivals, 0.001).0, 1_000_000.0, 1.0, "1e9/s");
}

#[test]
fn scaling_the_rate_scales_the_arrivals() {
    let (mut slow, mut fast) =
        (read::<Poisson>(r#"(rate: "100/s")"#).arrivals(KEY), read::<Poisson>(r#"(rate: "200/s")"#).arrivals(KEY));
    for _ in 0..1000 {
        let (slow, fast) = (slow.next().expect("endless"), fast.next().expect("endless"));
        assert!((slow.as_nanos() as f64 - 2.0 * fast.as_nanos() as f64).abs() <= 3.0);
    }
}

#[test]
fn deterministic_arrivals_do_not_drift() {
    let mut arrivals = read::<Deterministic>(r#"(rate: "3/s")"#).arrivals(KEY);
    let last = (0..3_000_000).map(|_| arrivals.next().expect("endless")).last().expect("many");
    assert!((last.as_secs_f64() - 1_000_000.0).abs() < 1e-6, "{last}");
}

#[test]
fn a_renewal_process_has_the_rate_of_its_gaps() {
    let process = read::<Renewal>(r#"(gap: Erlang(shape: 4, mean: "10 ms"))"#);
    assert_eq!(process.mean_rate(), 100.0);
    assert_count(count(&mut process.arrivals(KEY), 1000.0).0, 100_000.0, 0.25, "Erlang gaps");
}

#[test]
fn counts_follow_a_timetable() {
    let process = read::<Timetable>(
        r#"(steps: [(at: "0 s", rate: "100/s"), (at: "10 s"), (at: "20 s", rate: "500/s")], period: "30 s")"#,
    );
    let (_, times) = count(&mut process.arrivals(KEY), 3000.0);
    let within = |low: f64, high: f64| times.iter().filter(|t| (low..high).contains(&(**t % 30.0))).count() as f64;
    assert_count(within(0.0, 10.0), 100_000.0, 1.0, "first step");
    assert_eq!(within(10.000_001, 20.0), 0.0);
    assert_count(within(20.0, 30.0), 500_000.0, 1.0, "last step");
    assert!((process.mean_rate() - 200.0).abs() < 1e-9);
}

#[test]
fn counts_follow_a_ramp_a_line_and_a_spike() {
    let ramp = read::<Ramp>(r#"(from: "100/s", to: "900/s", start: "100 s", length: "200 s")"#);
    let (_, times) = count(&mut ramp.arrivals(KEY), 500.0);
    let within = |times: &[f64], low: f64, high: f64| times.iter().filter(|t| (low..high).contains(*t)).count() as f64;
    assert_count(within(&times, 0.0, 100.0), 10_000.0, 1.0, "before");
    assert_count(within(&times, 100.0, 200.0), 30_000.0, 1.0, "first half");
    assert_count(within(&times, 200.0, 300.0), 70_000.0, 1.0, "second half");
    assert_count(within(&times, 300.0, 500.0), 180_000.0, 1.0, "after");
    let line = read::<Timetable>(
        r#"(steps: [(at: "0 s", rate: "100/s"), (at: "100 s", rate: "900/s")], interpolation: Linear)"#,
    );
    let (_, times) = count(&mut line.arrivals(KEY), 200.0);
    assert_count(within(&times, 0.0, 50.0), 15_000.0, 1.0, "line");
    assert_count(within(&times, 100.0, 200.0), 90_000.0, 1.0, "after the line");
    let spike = read::<Spike>(r#"(base: "100/s", peak: "1000/s", at: "50 s", length: "10 s")"#);
    let (_, times) = count(&mut spike.arrivals(KEY), 100.0);
    assert_count(within(&times, 50.0, 60.0), 10_000.0, 1.0, "spike");
    assert_count(within(&times, 60.0, 100.0), 4_000.0, 1.0, "after the spike");
}

#[test]
fn counts_follow_a_wave() {
    let wave = read::<Sinusoid>(r#"(mean: "200/s", amplitude: "100 %", period: "100 s")"#);
    let (_, times) = count(&mut wave.arrivals(KEY), 10_000.0);
    let within = |low: f64, high: f64| times.iter().filter(|t| (low..high).contains(&(**t % 100.0))).count() as f64;
    let half = 2.0 * 50.0 / core::f64::consts::PI;
    assert_count(within(0.0, 50.0), 100.0 * 200.0 * (50.0 + half), 1.0, "upper half");
    assert_count(within(50.0, 100.0), 100.0 * 200.0 * (50.0 - half), 1.0, "lower half");
}

#[test]
fn bursts_have_the_rate_of_their_states() {
    let process = read::<Mmpp>(r#"(states: [(rate: "1000/s", stay: "1 s"), (stay: "4 s")])"#);
    assert_eq!(process.mean_rate(), 200.0);
    // Index of dispersion of a two-state process: 1 + 2 p q (r1 - r2)^2 / (rate (s1 + s2)), with s the switching rates.
    let dispersion = 1.0 + 2.0 * 0.2 * 0.8 * 1e6 / (200.0 * (1.0 + 0.25));
    assert_count(count(&mut process.arrivals(KEY), 20_000.0).0, 4_000_000.0, dispersion, "bursts");
}
