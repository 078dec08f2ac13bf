//! Calls in their slab, and the numbers of their attempts.

use super::call::{Attempt, Calls, State, attempt_number, reload_number};
use super::origin::Origin;
use super::spec::RetryOn;
use crate::engine::{Outcome, RequestId, Time};

fn origin(number: u64) -> Origin {
    Origin { number, place: 0, client: Some(0), key: Some(0), size: Some(0) }
}

#[test]
fn attempts_and_calls_made_anew_have_numbers_of_their_own() {
    let numbers = (0..1000_u64).flat_map(|call| {
        let attempts = (0..10).map(move |k| attempt_number(call, k));
        let anew = reload_number(call);
        attempts.chain((0..10).map(move |k| attempt_number(anew, k)))
    });
    let mut numbers: Vec<u64> = numbers.collect();
    assert_eq!(numbers[..1], [0], "the first attempt has the number of its call");
    numbers.sort_unstable();
    numbers.dedup();
    assert_eq!(numbers.len(), 20_000);
}

#[test]
fn a_place_is_used_again_and_keeps_nothing_of_the_call_before() {
    let mut calls = Calls::default();
    let first = calls.begin(origin(1), Time::from_nanos(5), 0);
    calls.at(first).waiting.push(Attempt { id: RequestId(3), is_hedge: true, is_again: true });
    assert!(calls.at(first).take(RequestId(3)).is_hedge);
    calls.at(first).tries = 7;
    assert_eq!(calls.under_way().count(), 1);
    calls.end(first);
    assert_eq!(calls.under_way().count(), 0);
    let second = calls.begin(origin(2), Time::from_nanos(9), 1);
    assert_eq!(first, second);
    let call = calls.at(second);
    assert_eq!((call.tries, call.reloads, call.begun, call.state), (0, 1, Time::from_nanos(9), State::UnderWay));
    assert!(call.waiting.is_empty());
}

#[test]
fn nothing_that_is_an_answer_or_held_back_is_tried_again() {
    let covers = |outcome| RetryOn::all().iter().any(|on| on.covers(outcome));
    let retried: Vec<Outcome> = Outcome::ALL.into_iter().filter(|&outcome| covers(outcome)).collect();
    use Outcome::*;
    assert_eq!(
        retried,
        [
            QueueFull,
            WaitedTooLong,
            Shed,
            RateLimited,
            TooManyInFlight,
            CircuitOpen,
            NoServer,
            Refused,
            Crashed,
            GatewayTimeout,
            Error,
            TimedOut
        ]
    );
}
