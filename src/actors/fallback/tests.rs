//! Requests that are cancelled, and slots that are reused.

use super::*;
use crate::actors::kit::link::Endpoint;
use crate::actors::kit::route::{AtRandom, Route, RouteField, Spread, Targets, made_name};
use crate::engine::random::StreamKey;
use crate::schema::quantity::Span;

const CLIENT: ActorId = ActorId(0);
const ME: ActorId = ActorId(1);
const NEXT: ActorId = ActorId(2);

fn seconds(length: f64) -> Span {
    Span::from_seconds(length).expect("a length of time")
}

fn fallback(core: &mut Core, answers: Vec<AnswerSpec>) -> Fallback {
    fallback_over(Link::Direct, core, answers)
}

fn fallback_over(link: Link, core: &mut Core, answers: Vec<AnswerSpec>) -> Fallback {
    let spread = || Spread::Random(AtRandom {});
    let to = Route { to: Targets(vec![made_name("next")]), delay: None, spread: spread() };
    let on = vec![Cover::Error(spec::ErrorAnswer {})];
    let spec = FallbackSpec { on, timeout: Some(seconds(1.0)), answers, to: RouteField(to), copies: 1 };
    let copies = Copies::new(vec![Endpoint { actor: NEXT, port: 0 }], spread(), StreamKey::root(1, 0));
    let lane = core.calendar.lane(seconds(1.0).duration());
    Fallback::new(&spec, StreamKey::root(1, 0), Passage::new(ME, copies, link), [], Some(lane))
}

fn default(takes: f64) -> Vec<AnswerSpec> {
    vec![AnswerSpec::Default(spec::Default { takes: seconds(takes) })]
}

fn request(core: &mut Core, number: u64) -> RequestId {
    let now = core.now();
    let (id, request) = core.create_request(number, 3);
    request.set_out(CLIENT, 0, now);
    request.set_port(5);
    id
}

/// A request arrives; returns the request made on its behalf, which has come to the next node.
fn arrive(core: &mut Core, fallback: &mut Fallback, id: RequestId) -> RequestId {
    let Some((NEXT, Message::Request { id: child })) = fallback.handle(core, Message::Request { id }) else {
        panic!("nothing was asked")
    };
    let now = core.now();
    core.requests.enter(child, NEXT, 0, now);
    child
}

/// The next node answers.
fn reply_with(core: &mut Core, fallback: &mut Fallback, child: RequestId, outcome: Outcome) -> Passed {
    core.requests.leave(child);
    core.requests[child].outcome = outcome;
    fallback.handle(core, Message::Reply { id: child })
}

#[test]
fn what_is_asked_is_like_what_came() {
    let mut core = Core::new(3);
    let mut fallback = fallback(&mut core, default(0.0));
    let id = request(&mut core, 77);
    core.requests.describe(id).key = 9;
    let Some((NEXT, Message::Request { id: child })) = fallback.handle(&mut core, Message::Request { id }) else {
        panic!("nothing was asked")
    };
    let asked = &core.requests[child];
    assert_eq!((asked.number, asked.class, asked.port()), (77, 3, 5));
    assert_eq!((core.requests.details(child).key, core.requests.details(id).child), (9, child));
    // Abandoning the one abandons the other.
    core.requests.abandon(id, Outcome::GaveUp, core.now());
    assert!(core.requests[child].is_abandoned());
}

#[test]
fn a_late_answer_does_not_touch_whoever_has_the_slot_now() {
    let mut core = Core::new(3);
    let mut fallback = fallback(&mut core, default(0.0));
    let first = request(&mut core, 1);
    let child = arrive(&mut core, &mut fallback, first);
    let passed = fallback.handle(&mut core, Message::FallbackTimeout { id: first });
    assert_eq!(passed, Some((CLIENT, Message::Reply { id: first })));
    assert_eq!(core.requests[first].outcome, Outcome::Degraded);
    assert!(core.requests[child].is_abandoned() && !core.requests[first].is_abandoned());
    core.requests.take_reply(first);
    // Another request gets the slot, and waits for an answer of its own.
    let second = request(&mut core, 2);
    assert_eq!(second, first);
    let other = arrive(&mut core, &mut fallback, second);
    assert_ne!(other, child);
    assert_eq!(reply_with(&mut core, &mut fallback, child, Outcome::Error), None);
    assert_eq!((fallback.record.counts.late, fallback.record.counts.overdue), (1, 1));
    assert_eq!(core.requests.last(second).map(|stop| stop.actor), Some(ME));
    let passed = reply_with(&mut core, &mut fallback, other, Outcome::Served);
    assert_eq!(passed, Some((CLIENT, Message::Reply { id: second })));
    assert_eq!(core.requests[second].outcome, Outcome::Served);
}

#[test]
fn word_of_cancellation_goes_on_to_what_was_asked() {
    let mut core = Core::new(3);
    let mut fallback = fallback(&mut core, default(0.0));
    let id = request(&mut core, 1);
    let child = arrive(&mut core, &mut fallback, id);
    core.requests.abandon(id, Outcome::Cancelled, core.now());
    core.requests.hold(id, Hold::Cancellation);
    assert_eq!(fallback.handle(&mut core, Message::Cancel { id }), None);
    assert!(core.requests.is_held(child, Hold::Cancellation) && !core.requests.is_held(id, Hold::Cancellation));
    core.requests.release(child, Hold::Cancellation);
    // It waits for the answer, and there is no fallback for a client that no longer wants one.
    let passed = reply_with(&mut core, &mut fallback, child, Outcome::Cancelled);
    assert_eq!(passed, Some((CLIENT, Message::Reply { id })));
    assert_eq!(core.requests[id].outcome, Outcome::Cancelled);
    assert_eq!(fallback.record.counts.given, [0; 3]);
}

#[test]
fn an_answer_that_is_being_made_is_not_needed_after_a_cancellation() {
    let mut core = Core::new(3);
    let mut fallback = fallback(&mut core, default(0.5));
    let id = request(&mut core, 1);
    let child = arrive(&mut core, &mut fallback, id);
    assert_eq!(reply_with(&mut core, &mut fallback, child, Outcome::Error), None);
    core.requests.abandon(id, Outcome::Cancelled, core.now());
    core.requests.hold(id, Hold::Cancellation);
    let passed = fallback.handle(&mut core, Message::Cancel { id });
    assert_eq!(passed, Some((CLIENT, Message::Reply { id })));
    // Its timer is still in the calendar.
    assert!(core.requests.is_held(id, Hold::Timer));
    let record = &fallback.passage.record;
    assert_eq!((record.arrivals, record.departures, record.population.count()), (1, 1, 0));
}

#[test]
fn the_note_of_who_sent_a_health_check_is_not_touched() {
    let mut core = Core::new(3);
    let link = Link::fixed(&mut core, [seconds(0.25).duration(); 2]);
    let mut fallback = fallback_over(link, &mut core, default(0.0));
    let (id, check) = core.create_request(1, CHECK_CLASS);
    check.set_out(CLIENT, 7, Time::ZERO);
    assert_eq!(fallback.handle(&mut core, Message::Request { id }), None);
    assert!(core.calendar.pop(Time::MAX).is_some(), "the check is on the link");
    assert_eq!(fallback.handle(&mut core, Message::Reply { id }), None);
    let stops: Vec<_> = core.requests.stops(id).map(|stop| (stop.actor, stop.tag, stop.entered)).collect();
    assert_eq!(stops, [(CLIENT, 7, Time::ZERO), (ME, 0, Time::ZERO)]);
    assert!(core.calendar.pop(Time::MAX).is_some(), "its answer is on the link back");
    let passed = fallback.handle(&mut core, Message::Returned { id });
    assert_eq!(passed, Some((CLIENT, Message::Reply { id })));
    assert_eq!(fallback.passage.record.sojourn, u128::from(seconds(0.5).duration().as_nanos()));
}
