//! Every distribution against its own moments, on fixed seeds.

use super::*;
use crate::engine::random::StreamKey;
use crate::schema::{Choice, Decode, Encode, Reader, parse, print};

fn read(text: &str) -> Distribution {
    let node = parse(0, text).expect("valid RON");
    let mut reader = Reader::default();
    let law = Distribution::decode(&node, &mut reader);
    assert!(reader.diagnostics.is_empty(), "{text}: {:?}", reader.diagnostics);
    law.expect("readable")
}

const LAWS: &[&str] = &[
    r#"Constant("8 ms")"#,
    r#"Exponential(mean: "10 ms")"#,
    r#"Uniform(low: "1 ms", high: "5 ms")"#,
    r#"Erlang(shape: 4, mean: "10 ms")"#,
    r#"Gamma(mean: "10 ms", cv: 1.5)"#,
    r#"LogNormal(mean: "10 ms", cv: 1.2)"#,
    r#"LogNormalPercentiles(p50: "10 ms", p99: "40 ms")"#,
    r#"Weibull(mean: "10 ms", shape: 0.8)"#,
    r#"Pareto(mean: "10 ms", shape: 6)"#,
    r#"BoundedPareto(low: "1 ms", high: "100 ms", shape: 1.5)"#,
    r#"Hyperexponential(mean: "10 ms", cv: 2)"#,
    r#"Bimodal(fast: "1 ms", slow: "100 ms", slow_share: "5 %")"#,
    r#"Empirical(values: ["1 ms", "2 ms", "10 ms"], weights: [5, 3, 2])"#,
    r#"Mixture([(weight: 3, law: Exponential("1 ms")), (weight: 1, law: Constant("9 ms"))])"#,
];

#[test]
fn every_law_has_an_example() {
    for (name, _) in Distribution::variants() {
        assert!(LAWS.iter().any(|text| text.starts_with(&format!("{name}("))), "{name} is missing in LAWS");
    }
}

#[test]
fn draws_have_the_mean_and_the_second_moment_they_claim() {
    for text in LAWS {
        let law = read(text);
        let sampler = law.sampler();
        let mut s = StreamKey::root(21, 0).named(text).sequence();
        let n = 400_000;
        let draws: Vec<f64> = (0..n).map(|_| sampler.sample(&mut s)).collect();
        for (claimed, power) in [(law.mean(), 1), (law.second_moment(), 2)] {
            let values: Vec<f64> = draws.iter().map(|x| if power == 1 { *x } else { x * x }).collect();
            let mean = values.iter().sum::<f64>() / f64::from(n);
            let variance = values.iter().map(|x| (x - mean) * (x - mean)).sum::<f64>() / f64::from(n);
            let error = (variance / f64::from(n)).sqrt();
            assert!(
                (mean - claimed).abs() <= 6.0 * error + 1e-12,
                "{text}, moment {power}: {mean} for {claimed} ± {error}"
            );
        }
    }
}

#[test]
fn the_bits_of_every_distribution_never_change() {
    let bits: Vec<(&str, u64)> = LAWS
        .iter()
        .map(|text| (*text, read(text).sampler().sample(&mut StreamKey::root(1, 0).draws(5)).to_bits()))
        .collect();
    insta::assert_debug_snapshot!(bits);
}

#[test]
fn what_is_printed_reads_back_equal() {
    for text in LAWS {
        let law = read(text);
        assert_eq!(read(&print(&law.encode())), law);
    }
}

#[test]
fn scaling_the_mean_scales_every_draw() {
    let (slow, fast) =
        (read(r#"Gamma(mean: "20 ms", cv: 2)"#).sampler(), read(r#"Gamma(mean: "10 ms", cv: 2)"#).sampler());
    let key = StreamKey::root(2, 0);
    for number in 0..100 {
        assert_eq!(slow.sample(&mut key.draws(number)), 2.0 * fast.sample(&mut key.draws(number)));
    }
}

#[test]
fn heavy_tails_say_that_they_have_no_variance() {
    assert_eq!(read(r#"Pareto(mean: "10 ms", shape: 1.5)"#).scv(), f64::INFINITY);
}
