//! Requests that are cancelled, wherever they are.

use super::*;
use crate::actors::kit::link::{Endpoint, Link};
use crate::actors::kit::passage::{Per, WholeService};
use crate::actors::kit::route::{AtRandom, RouteField, Spread};
use crate::actors::kit::{copies::Copies, route};
use crate::engine::{ActorId, Hold};
use crate::schema::Map;
use rules::fixed::Fixed;

const CLIENT: ActorId = ActorId(0);
const ME: ActorId = ActorId(1);
const NEXT: ActorId = ActorId(2);

/// One permit, and a queue of two.
fn limiter(core: &mut Core) -> ConcurrencyLimiter {
    let key = StreamKey::root(1, 0);
    let spread = || Spread::Random(AtRandom {});
    let to = route::Route { to: route::Targets(vec![route::made_name("next")]), delay: None, spread: spread() };
    let spec = ConcurrencyLimiterSpec {
        limit: rules::Rule::Fixed(Fixed { limit: 1 }),
        per: Per::Service(WholeService {}),
        window: None,
        shares: Map::default(),
        wait: crate::schema::quantity::Span::whole(1),
        queue: 2,
        to: RouteField(to),
        copies: 1,
    };
    let copies = Copies::new(vec![Endpoint { actor: NEXT, port: 0 }], spread(), key);
    let wait = core.calendar.lane(spec.wait.duration());
    ConcurrencyLimiter::new(&spec, 1, Passage::new(ME, copies, Link::Direct), |_| None, Some(wait), key)
}

fn request(core: &mut Core, number: u64) -> RequestId {
    let now = core.now();
    let (id, request) = core.create_request(number, 0);
    request.set_out(CLIENT, 0, now);
    request.set_port(0);
    id
}

fn cancel(core: &mut Core, id: RequestId) -> Message {
    core.requests.abandon(id, Outcome::Cancelled, core.now());
    core.requests.hold(id, Hold::Cancellation);
    Message::Cancel { id }
}

#[test]
fn a_request_that_waits_and_is_taken_back_leaves_its_place_at_once() {
    let mut core = Core::new(3);
    let mut limiter = limiter(&mut core);
    let ids: Vec<RequestId> = (0..4).map(|number| request(&mut core, number)).collect();
    let mut arrive = |core: &mut Core, id| limiter.handle(core, Message::Request { id });
    assert_eq!(arrive(&mut core, ids[0]), Some((NEXT, Message::Request { id: ids[0] })));
    assert_eq!((arrive(&mut core, ids[1]), arrive(&mut core, ids[2])), (None, None));
    // The queue has no place left.
    assert_eq!(arrive(&mut core, ids[3]), Some((CLIENT, Message::Reply { id: ids[3] })));
    assert_eq!(core.requests[ids[3]].outcome, Outcome::QueueFull);

    let message = cancel(&mut core, ids[1]);
    assert_eq!(limiter.handle(&mut core, message), Some((CLIENT, Message::Reply { id: ids[1] })));
    assert_eq!(core.requests[ids[1]].outcome, Outcome::Cancelled);
    assert!(!core.requests.is_held(ids[1], Hold::Cancellation));
    assert_eq!((limiter.record.usage.waiting.count(), limiter.gates[0].permits.in_flight().count()), (1, 1));

    // The cancellation of the request under way follows it, and it keeps its permit until it is back; then the next one
    // goes on.
    core.requests.enter(ids[0], NEXT, 0, Time::ZERO);
    let message = cancel(&mut core, ids[0]);
    assert_eq!(limiter.handle(&mut core, message), None);
    assert_eq!((limiter.record.usage.waiting.count(), limiter.gates[0].permits.in_flight().count()), (1, 1));
    core.requests.leave(ids[0]);
    core.requests[ids[0]].outcome = Outcome::Cancelled;
    let passed = limiter.handle(&mut core, Message::Reply { id: ids[0] });
    assert_eq!(passed, Some((CLIENT, Message::Reply { id: ids[0] })));
    assert_eq!((limiter.record.usage.waiting.count(), limiter.gates[0].permits.in_flight().count()), (0, 1));
    assert_eq!(core.requests.last(ids[2]).map(|stop| stop.actor), Some(ME));
    // No request waits any more, and the one that goes on is not rejected later.
    assert_eq!(limiter.record.drops, 0);
    assert_eq!(limiter.handle(&mut core, Message::WaitedOut { id: ids[2] }), None);
    let record = &limiter.passage.record;
    assert_eq!((record.arrivals, record.departures, record.population.count()), (4, 3, 1));
}

#[test]
fn a_request_that_was_taken_back_before_it_came_is_answered_at_once() {
    let mut core = Core::new(3);
    let mut limiter = limiter(&mut core);
    let id = request(&mut core, 0);
    core.requests[id].outcome = Outcome::Cancelled;
    assert_eq!(limiter.handle(&mut core, Message::Request { id }), Some((CLIENT, Message::Reply { id })));
    assert_eq!((limiter.gates[0].permits.in_flight().count(), limiter.passage.record.departures), (0, 1));
}

#[test]
fn drops_are_what_says_that_there_is_too_much_to_do() {
    let mut core = Core::new(3);
    let id = request(&mut core, 0);
    for outcome in Outcome::ALL {
        core.requests[id].outcome = outcome;
        let expected = match outcome {
            Outcome::Served | Outcome::Degraded => Some(false),
            Outcome::Error | Outcome::Cancelled => None,
            _ => Some(true),
        };
        assert_eq!(is_drop(core.requests.outcome_behind(id)), expected);
    }
    // An answer that no client waited for is what its request was given up for.
    core.requests[id].outcome = Outcome::Served;
    core.requests.abandon(id, Outcome::TimedOut, Time::ZERO);
    assert_eq!(is_drop(core.requests.outcome_behind(id)), Some(true));
}

#[test]
fn who_cannot_be_answered_in_time_any_more_gets_no_permit() {
    let mut core = Core::new(3);
    let mut limiter = limiter(&mut core);
    let ids: Vec<RequestId> = (0..4).map(|number| request(&mut core, number)).collect();
    let deadline = |core: &mut Core, id, deadline| core.requests.describe(id).deadline = deadline;
    deadline(&mut core, ids[1], Time::ZERO + Duration::from_nanos(1));
    deadline(&mut core, ids[3], Time::ZERO);
    for &id in &ids {
        limiter.handle(&mut core, Message::Request { id });
    }
    // There is no permit for the last, and no time left.
    assert_eq!(core.requests[ids[3]].outcome, Outcome::DeadlinePassed);
    assert_eq!(limiter.record.usage.waiting.count(), 2);
    // The clock goes on.
    core.send_at(Time::from_nanos(10), ME, Message::Restarted);
    assert!(core.calendar.pop(Time::MAX).is_some());
    assert_eq!(limiter.handle(&mut core, Message::Reply { id: ids[0] }), Some((CLIENT, Message::Reply { id: ids[0] })));
    assert_eq!(core.requests[ids[1]].outcome, Outcome::DeadlinePassed);
    assert_eq!(
        (limiter.record.usage.waiting.count(), limiter.gates[0].permits.in_flight().count(), limiter.record.drops),
        (0, 1, 0)
    );
    assert_eq!(core.requests[ids[2]].outcome, Outcome::Served);
    // Two waited for 10 ns, and one is in flight since then.
    let account = Station::account(&limiter, Time::from_nanos(15));
    assert_eq!((account.came, account.left, account.inside, account.area, account.sojourn), (2, 2, 0, 20, 20));
    assert_eq!((limiter.capacity(), limiter.held(Time::from_nanos(15))), (1, 10 + 5));
}

#[test]
fn a_note_holds_the_gate_and_as_many_in_flight_as_fit() {
    for (gates, place, in_flight, kept) in [
        (1, 0, 1_000_000, 1_000_000),
        (2, 1, 1_000_000, 1_000_000),
        (1000, 999, 5_000_000, (1 << 22) - 1),
        (1_000_000, 999_999, 4095, 4095),
        (1_000_000, 999_999, 9999, 4095),
    ] {
        let notes = Notes::new(gates);
        let note = notes.note(place, in_flight);
        assert_eq!((notes.place(note), notes.in_flight(note)), (place as usize, kept), "{gates} gates");
    }
}
