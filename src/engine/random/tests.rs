//! Samplers against the distributions they claim to follow, and against other implementations.

use rand_distr::Distribution;
use statrs::distribution::{ContinuousCDF, Exp, Gamma as GammaLaw, Normal};

use super::zipf::Zipf;
use super::*;

/// Kolmogorov-Smirnov distance of `n` draws from a law, times the root of n: above 2.9 once in ten million.
fn distance(mut draws: Vec<f64>, law: impl Fn(f64) -> f64) -> f64 {
    draws.sort_by(f64::total_cmp);
    let n = draws.len() as f64;
    let worst = draws
        .iter()
        .enumerate()
        .map(|(place, &x)| (law(x) - place as f64 / n).abs().max((law(x) - (place as f64 + 1.0) / n).abs()))
        .fold(0.0, f64::max);
    worst * n.sqrt()
}

const N: usize = 200_000;
const LIMIT: f64 = 2.9;

#[test]
fn the_bits_of_the_samplers_never_change() {
    let key = StreamKey::root(1, 0);
    let mut s = key.sequence();
    let (gamma, zipf) = (Gamma::new(0.5), Zipf::new(1000, 1.1));
    let bits: Vec<u64> = (0..4)
        .flat_map(|_| {
            [
                exponential(&mut s).to_bits(),
                normal(&mut s).to_bits(),
                gamma.sample(&mut s).to_bits(),
                zipf.sample(&mut s),
            ]
        })
        .collect();
    insta::assert_debug_snapshot!(bits);
}

#[test]
fn the_tables_are_what_the_method_says() {
    for i in 1..255 {
        let (x, next) = (tables::EXPONENTIAL_X[i], tables::EXPONENTIAL_X[i + 1]);
        let area = x * (libm::exp(-next) - libm::exp(-x));
        assert!((area - 0.003_949_659_822_581_557).abs() < 1e-15, "layer {i}: {area}");
        assert!((tables::EXPONENTIAL_F[i] - libm::exp(-x)).abs() < 1e-15);
        let (x, next) = (tables::NORMAL_X[i], tables::NORMAL_X[i + 1]);
        let area = x * (libm::exp(-next * next / 2.0) - libm::exp(-x * x / 2.0));
        assert!((area - 0.004_928_673_233_99).abs() < 1e-12, "layer {i}: {area}");
        assert!((tables::NORMAL_F[i] - libm::exp(-x * x / 2.0)).abs() < 1e-15);
    }
}

#[test]
fn exponential_draws_follow_the_law_and_agree_with_rand_distr() {
    let law = Exp::new(1.0).expect("valid");
    let mut s = StreamKey::root(11, 0).sequence();
    assert!(distance((0..N).map(|_| exponential(&mut s)).collect(), |x| law.cdf(x)) < LIMIT);
    let key = StreamKey::root(12, 0);
    assert!(distance((0..N).map(|n| exponential(&mut key.draws(n as u64))).collect(), |x| law.cdf(x)) < LIMIT);
    assert!(distance((0..N).map(|_| rand_distr::Exp1.sample(&mut s)).collect(), |x| law.cdf(x)) < LIMIT);
    assert!(distance((0..N).map(|_| StandardExponential.sample(&mut s)).collect(), |x| law.cdf(x)) < LIMIT);
}

#[test]
fn the_exponential_tail_is_reached() {
    let mut s = StreamKey::root(13, 0).sequence();
    let n = 4_000_000;
    let beyond = (0..n).filter(|_| exponential(&mut s) > 9.0).count() as f64;
    let p = libm::exp(-9.0);
    assert!((beyond - f64::from(n) * p).abs() < 5.5 * (f64::from(n) * p).sqrt());
}

#[test]
fn normal_draws_follow_the_law() {
    let law = Normal::new(0.0, 1.0).expect("valid");
    let mut s = StreamKey::root(14, 0).sequence();
    assert!(distance((0..N).map(|_| normal(&mut s)).collect(), |x| law.cdf(x)) < LIMIT);
    let n = 4_000_000;
    let beyond = (0..n).filter(|_| normal(&mut s).abs() > 3.9).count() as f64;
    let p = 2.0 * (1.0 - law.cdf(3.9));
    assert!((beyond - f64::from(n) * p).abs() < 5.5 * (f64::from(n) * p).sqrt());
}

#[test]
fn gamma_draws_follow_the_law() {
    let mut s = StreamKey::root(15, 0).sequence();
    for shape in [0.2, 0.9, 1.0, 2.5, 40.0] {
        let (gamma, law) = (Gamma::new(shape), GammaLaw::new(shape, 1.0).expect("valid"));
        assert!(distance((0..N).map(|_| gamma.sample(&mut s)).collect(), |x| law.cdf(x)) < LIMIT, "shape {shape}");
    }
}

#[test]
fn zipf_draws_follow_the_law() {
    let mut s = StreamKey::root(16, 0).sequence();
    for exponent in [0.0, 0.7, 1.0, 1.3] {
        let n = 50;
        let zipf = Zipf::new(n, exponent);
        let weights: Vec<f64> = (1..=n).map(|k| libm::pow(k as f64, -exponent)).collect();
        let total: f64 = weights.iter().sum();
        let mut counts = vec![0.0; n as usize];
        for _ in 0..N {
            counts[zipf.sample(&mut s) as usize - 1] += 1.0;
        }
        for (count, weight) in counts.iter().zip(&weights) {
            let p = weight / total;
            let error = (N as f64 * p * (1.0 - p)).sqrt();
            assert!((count - N as f64 * p).abs() < 5.8 * error, "exponent {exponent}: {count} for {p}");
        }
    }
    assert_eq!(Zipf::new(1, 1.0).sample(&mut s), 1);
}
