//! Arrivals that are steadier or burstier than Poisson: G/M/1.

use super::{Family, Run, Suite, queue};
use crate::stats::theory::{Gm1, Interarrival, TheoryError};

/// Mean service in seconds.
const SERVICE: f64 = 0.01;

/// The times between arrivals.
#[derive(Clone, Copy)]
enum Gaps {
    Constant,
    Erlang(u32),
    Hyperexponential(f64),
}

impl Gaps {
    fn name(self) -> String {
        match self {
            Self::Constant => "evenly spaced".to_owned(),
            Self::Erlang(shape) => format!("Erlang-{shape} gaps"),
            Self::Hyperexponential(cv) => format!("hyperexponential gaps, cv {cv}"),
        }
    }

    fn scv(self) -> f64 {
        match self {
            Self::Constant => 0.0,
            Self::Erlang(shape) => 1.0 / f64::from(shape),
            Self::Hyperexponential(cv) => cv * cv,
        }
    }

    /// As the language has it.
    fn text(self, mean: f64) -> String {
        let mean = format!("{} ms", mean * 1000.0);
        match self {
            Self::Constant => format!(r#"Constant("{mean}")"#),
            Self::Erlang(shape) => format!(r#"Erlang(shape: {shape}, mean: "{mean}")"#),
            Self::Hyperexponential(cv) => format!(r#"Hyperexponential(mean: "{mean}", cv: {cv})"#),
        }
    }

    /// As theory has it.
    fn theory(self, mean: f64) -> Interarrival {
        match self {
            Self::Constant => Interarrival::Deterministic { mean },
            Self::Erlang(shape) => Interarrival::Gamma { mean, shape: f64::from(shape) },
            Self::Hyperexponential(cv) => Interarrival::balanced(mean, cv * cv),
        }
    }
}

pub(super) fn gm1(suite: &mut Suite) -> Result<(), TheoryError> {
    let systems = [
        (Gaps::Constant, 0.7),
        (Gaps::Constant, 0.95),
        (Gaps::Erlang(2), 0.9),
        (Gaps::Erlang(4), 0.5),
        (Gaps::Erlang(4), 0.8),
        (Gaps::Erlang(4), 0.9),
        (Gaps::Hyperexponential(2.0), 0.5),
        (Gaps::Hyperexponential(2.0), 0.8),
        (Gaps::Hyperexponential(3.0), 0.6),
    ];
    for (gaps, load) in systems {
        let mean = SERVICE / load;
        let answer = Gm1::new(gaps.theory(mean), 1.0 / SERVICE)?.answer();
        let arrivals = format!("Renewal(gap: {})", gaps.text(mean));
        let system = queue(&arrivals, r#"service: Exponential(mean: "10 ms")"#);
        let run = Run::steady(load, SERVICE, 1, 0.5 * (gaps.scv() + 1.0));
        let ids = ["latency_mean", "latency_p50", "latency_p99", "waiting_mean", "in_system", "utilization"];
        suite.push(Family::Gm1, format!("{}, load {load}", gaps.name()), &system, run, &answer, &ids);
    }
    Ok(())
}
