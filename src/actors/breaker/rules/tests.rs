//! Transition tables, including those of resilience4j's own tests.

use super::consecutive_failures::ConsecutiveFailures;
use super::failure_rate::{Calls, FailureRate, Seconds, Window};
use crate::actors::breaker::rule::{Break, Describes, Ending, State};
use crate::engine::{Duration, Time};
use crate::schema::quantity::{Percent, Span};
use Ending::{Failure, Ignored, Success};
use State::{Closed, HalfOpen, Open};

fn at(seconds: f64) -> Time {
    Time::ZERO + Duration::from_secs_f64(seconds)
}

fn span(seconds: f64) -> Span {
    Span::from_seconds(seconds).expect("a length of time")
}

fn percent(text: &str) -> Percent {
    Percent::parse(text).expect("a share")
}

/// The configuration of `CircuitBreakerStateMachineTest`.
fn rule() -> FailureRate {
    FailureRate {
        failures: percent("50 %"),
        slow: percent("50 %"),
        slow_after: span(4.0),
        window: Window::Seconds(Seconds { count: 20 }),
        least: 5,
        wait: span(5.0),
        backoff: 1.0,
        trials: 4,
        longest_trial: None,
    }
}

/// Makes calls one after the other at `now` and tells the state after each.
fn states(circuit: &mut impl Break, now: f64, calls: &[(Ending, f64)]) -> Vec<State> {
    let call = |&(ending, took): &(Ending, f64)| {
        circuit.permit(at(now)).expect("permitted");
        circuit.ended(ending, Duration::from_secs_f64(took), at(now));
        circuit.state()
    };
    calls.iter().map(call).collect()
}

fn opened() -> impl Break {
    let mut circuit = rule().build();
    states(&mut circuit, 0.0, &[(Failure, 0.0); 5]);
    assert_eq!(circuit.state(), Open);
    circuit
}

#[test]
fn three_failures_of_five_open_the_circuit() {
    let mut circuit = rule().build();
    let calls = [(Failure, 0.0), (Failure, 0.0), (Failure, 0.0), (Success, 0.0), (Success, 0.0)];
    assert_eq!(states(&mut circuit, 0.0, &calls), [Closed, Closed, Closed, Closed, Open]);
    assert_eq!(circuit.permit(at(1.0)), Err(Duration::from_nanos(4_000_000_001)));
}

#[test]
fn slow_calls_open_the_circuit() {
    let mut circuit = rule().build();
    let calls = [5.0, 5.0, 1.0, 1.0, 5.0].map(|took| (Success, took));
    assert_eq!(states(&mut circuit, 0.0, &calls), [Closed, Closed, Closed, Closed, Open]);
}

#[test]
fn half_open_only_so_many_calls_go_through() {
    let mut circuit = opened();
    // Only after more than 5 s; then the end of the trial calls is not known.
    assert_eq!(circuit.permit(at(5.0)), Err(Duration::from_nanos(1)));
    let permits: Vec<_> = (0..6).map(|_| circuit.permit(at(5.001))).collect();
    assert_eq!(permits, [Ok(()), Ok(()), Ok(()), Ok(()), Err(Duration::ZERO), Err(Duration::ZERO)]);
    // An ignored call gives its permission back.
    circuit.ended(Ignored, Duration::ZERO, at(5.001));
    assert!(circuit.permit(at(5.001)).is_ok());
    assert_eq!(circuit.state(), HalfOpen);
}

#[test]
fn the_trials_decide() {
    let good = [(Failure, 0.0), (Success, 0.0), (Success, 0.0), (Success, 0.0)];
    assert_eq!(states(&mut opened(), 6.0, &good), [HalfOpen, HalfOpen, HalfOpen, Closed]);
    let slow = [(Success, 5.0), (Success, 5.0), (Success, 5.0), (Success, 1.0)];
    assert_eq!(states(&mut opened(), 6.0, &slow), [HalfOpen, HalfOpen, HalfOpen, Open]);
    let ignored = [(Success, 0.0), (Success, 0.0), (Success, 0.0), (Ignored, 0.0), (Failure, 0.0)];
    assert_eq!(states(&mut opened(), 6.0, &ignored), [HalfOpen, HalfOpen, HalfOpen, HalfOpen, Closed]);
}

#[test]
fn what_was_seen_before_is_forgotten_when_the_circuit_closes() {
    let mut circuit = opened();
    states(&mut circuit, 6.0, &[(Success, 0.0); 4]);
    let calls = [(Failure, 0.0); 5];
    assert_eq!(states(&mut circuit, 6.0, &calls), [Closed, Closed, Closed, Closed, Open]);
}

#[test]
fn the_wait_grows_each_time_the_circuit_opens_anew() {
    let mut circuit = FailureRate { backoff: 1.5, ..rule() }.build();
    states(&mut circuit, 0.0, &[(Failure, 0.0); 5]);
    assert!(circuit.permit(at(3.0)).is_err());
    let trials = states(&mut circuit, 6.0, &[(Failure, 0.0); 4]);
    assert_eq!(trials, [HalfOpen, HalfOpen, HalfOpen, Open]);
    // 7.5 s this time.
    assert!(circuit.permit(at(12.0)).is_err());
    assert!(circuit.permit(at(17.0)).is_ok());
    assert_eq!(circuit.state(), HalfOpen);
}

#[test]
fn a_circuit_that_stays_half_open_too_long_opens_anew() {
    let mut circuit = FailureRate { longest_trial: Some(span(1.0)), ..rule() }.build();
    states(&mut circuit, 0.0, &[(Failure, 0.0); 5]);
    assert_eq!(circuit.alarm(), None);
    assert!(circuit.permit(at(5.5)).is_ok());
    assert_eq!(circuit.alarm(), Some(at(6.5)));
    // A timer of an earlier state has no effect.
    circuit.rings(at(6.0));
    assert_eq!(circuit.state(), HalfOpen);
    circuit.rings(at(6.5));
    assert_eq!((circuit.state(), circuit.alarm()), (Open, None));
    assert_eq!(circuit.permit(at(7.5)), Err(Duration::from_nanos(4_000_000_001)));
}

#[test]
fn calls_slide_out_of_both_windows() {
    let seconds = FailureRate { least: 4, ..rule() };
    let mut circuit = seconds.build();
    states(&mut circuit, 0.5, &[(Failure, 0.0); 3]);
    // In second 20 the failures of second 0 are out of reach.
    assert_eq!(states(&mut circuit, 20.0, &[(Success, 0.0)]), [Closed]);
    let mut circuit = seconds.build();
    states(&mut circuit, 0.5, &[(Failure, 0.0); 3]);
    assert_eq!(states(&mut circuit, 19.9, &[(Success, 0.0)]), [Open]);
    // Of a window of four calls, the minimum is four too.
    let calls = FailureRate { window: Window::Calls(Calls { count: 4 }), least: 100, ..rule() };
    let mut circuit = calls.build();
    let ends = [Failure, Success, Success, Success, Success, Failure, Success, Failure].map(|ending| (ending, 0.0));
    let expected = [Closed, Closed, Closed, Closed, Closed, Closed, Closed, Open];
    assert_eq!(states(&mut circuit, 0.0, &ends), expected);
}

#[test]
fn failures_in_a_row_open_the_circuit_and_one_success_closes_it() {
    let rule = ConsecutiveFailures { failures: 5, recovery: span(60.0) };
    let mut circuit = rule.build();
    states(&mut circuit, 0.0, &[(Failure, 0.0); 4]);
    states(&mut circuit, 0.0, &[(Success, 0.0)]);
    let calls = [(Failure, 0.0); 5];
    assert_eq!(states(&mut circuit, 1.0, &calls), [Closed, Closed, Closed, Closed, Open]);
    // Only after more than 60 s.
    assert_eq!(circuit.permit(at(61.0)), Err(Duration::from_nanos(1)));
    // One failure is enough to open it again: the count continues.
    assert_eq!(states(&mut circuit, 61.1, &[(Failure, 0.0)]), [Open]);
    assert!(circuit.permit(at(121.0)).is_err());
    assert_eq!(states(&mut circuit, 121.2, &[(Success, 0.0), (Failure, 0.0)]), [Closed, Closed]);
}

#[test]
fn what_was_called_before_the_circuit_opened_says_nothing() {
    let rule = ConsecutiveFailures { failures: 2, recovery: span(10.0) };
    let mut circuit = rule.build();
    let seconds = Duration::from_secs_f64;
    let ended = |circuit: &mut dyn Break, ending, from: f64, to: f64| {
        circuit.ended(ending, seconds(to - from), at(to));
        circuit.state()
    };
    states(&mut circuit, 5.0, &[(Failure, 0.0); 2]);
    // Calls of before end, well or badly: it stays open, and its recovery is not put off.
    assert_eq!(ended(&mut circuit, Success, 4.0, 6.0), Open);
    assert_eq!(ended(&mut circuit, Failure, 4.5, 7.0), Open);
    assert_eq!(circuit.permit(at(15.0)), Err(Duration::from_nanos(1)));
    // One call is the trial; others wait for a time that is not known, and calls from before decide nothing.
    assert_eq!(circuit.permit(at(16.0)), Ok(()));
    assert_eq!(circuit.permit(at(16.5)), Err(Duration::ZERO));
    assert_eq!(ended(&mut circuit, Success, 3.0, 17.0), HalfOpen);
    assert_eq!(circuit.permit(at(17.0)), Err(Duration::ZERO));
    // It is ignored, so another call is the trial.
    assert_eq!(ended(&mut circuit, Ignored, 16.0, 18.0), HalfOpen);
    assert_eq!(circuit.permit(at(19.0)), Ok(()));
    assert_eq!(ended(&mut circuit, Success, 19.0, 20.0), Closed);
    // The failures of before it closed do not open it again.
    assert_eq!(ended(&mut circuit, Failure, 2.0, 21.0), Closed);
    assert_eq!(ended(&mut circuit, Failure, 2.0, 21.0), Closed);
}
