//! Which connection a request gets, and when one is closed.

use super::pool::{Closed, Limits, Pool, Taken};
use crate::actors::kit::message::Core;
use crate::engine::{ActorId, Connection, Duration, Event, Time};

const ME: ActorId = ActorId(3);

fn pool(core: &mut Core, streams: u32, requests: u32) -> Pool {
    let idle = Some(core.calendar.lane(Duration::from_secs_f64(75.0)));
    Pool::new(Limits { streams, requests, idle, survives_timeouts: streams > 1 }, 0, 1)
}

/// The number of the connection of the next request of `holder`, and whether it is new.
fn request(pool: &mut Pool, core: &mut Core, holder: u32) -> (u32, bool) {
    let taken = pool.take(core, holder).unwrap_or_else(|| pool.open(holder, 0, core.now(), core.now()));
    (taken.connection.number().expect("numbered"), taken.connection.is_new())
}

#[test]
fn a_kept_connection_carries_one_request_at_a_time() {
    let mut core = Core::new(3);
    let mut pool = pool(&mut core, 1, 0);
    assert_eq!(request(&mut pool, &mut core, 7), (0, true));
    assert_eq!(request(&mut pool, &mut core, 7), (1, true), "the first is busy");
    assert_eq!(request(&mut pool, &mut core, 8), (2, true), "of another client");
    assert_eq!(pool.give_back(&mut core, 0, true, ME), None);
    assert_eq!(pool.give_back(&mut core, 1, true, ME), None);
    assert_eq!(request(&mut pool, &mut core, 7), (1, false), "the one used last");
    assert_eq!(request(&mut pool, &mut core, 7), (0, false));
    assert_eq!((pool.opened, pool.open.count()), (3, 3));
}

#[test]
fn a_multiplexed_connection_carries_as_many_as_it_has_streams() {
    let mut core = Core::new(3);
    let mut pool = pool(&mut core, 100, 0);
    assert_eq!(request(&mut pool, &mut core, 7), (0, true));
    for _ in 1..100 {
        assert_eq!(request(&mut pool, &mut core, 7), (0, false));
    }
    assert_eq!(request(&mut pool, &mut core, 7), (1, true), "all streams are taken");
    assert_eq!(pool.give_back(&mut core, 0, true, ME), None);
    assert_eq!(request(&mut pool, &mut core, 7), (0, false), "a stream has become free");
}

#[test]
fn a_connection_is_closed_after_its_last_request() {
    let mut core = Core::new(3);
    let mut pool = pool(&mut core, 1, 2);
    for round in 0..3 {
        assert_eq!(request(&mut pool, &mut core, 7), (0, true), "round {round}");
        assert_eq!(pool.give_back(&mut core, 0, true, ME), None);
        assert_eq!(request(&mut pool, &mut core, 7), (0, false));
        assert_eq!(pool.give_back(&mut core, 0, true, ME), Some(Closed { number: 0, target: 0 }));
    }
    assert_eq!((pool.opened, pool.open.count()), (3, 0));
}

#[test]
fn an_idle_connection_is_closed_in_time_and_one_in_use_is_not() {
    let mut core = Core::new(3);
    let mut pool = pool(&mut core, 1, 0);
    request(&mut pool, &mut core, 7);
    request(&mut pool, &mut core, 7);
    pool.give_back(&mut core, 0, true, ME);
    pool.give_back(&mut core, 1, true, ME);
    request(&mut pool, &mut core, 7);
    let mut rung = Vec::new();
    while let Some(event) = core.calendar.pop(Time::MAX) {
        rung.push((core.now().as_secs_f64(), event));
    }
    let [(75.0, Event::Message(word))] = rung[..] else { panic!("{rung:?}") };
    assert_eq!(word as u32, 0);
    assert_eq!(pool.idle(&mut core, 0), Closed { number: 0, target: 0 });
    assert_eq!(request(&mut pool, &mut core, 7), (0, true), "its number is used again");
}

#[test]
fn a_client_that_gives_up_closes_a_kept_connection_and_resets_a_stream() {
    let mut core = Core::new(3);
    let mut kept = pool(&mut core, 1, 0);
    request(&mut kept, &mut core, 7);
    assert!(kept.abandon(&mut core, 0, ME).is_some());
    let mut streams = pool(&mut core, 100, 0);
    request(&mut streams, &mut core, 7);
    assert_eq!(streams.abandon(&mut core, 0, ME), None);
    assert_eq!(request(&mut streams, &mut core, 7), (0, false));
}

#[test]
fn a_broken_connection_ends_with_the_requests_on_it() {
    let mut core = Core::new(3);
    let mut pool = pool(&mut core, 100, 0);
    request(&mut pool, &mut core, 7);
    request(&mut pool, &mut core, 7);
    assert_eq!(pool.break_off(&mut core, 0), None);
    assert_eq!(request(&mut pool, &mut core, 7), (1, true));
    assert_eq!(pool.give_back(&mut core, 0, true, ME), None);
    assert_eq!(pool.give_back(&mut core, 0, true, ME), Some(Closed { number: 0, target: 0 }));
    assert_eq!(pool.break_off(&mut core, 0), None, "it is closed already");
    assert_eq!(pool.give_back(&mut core, 1, true, ME), None);
    assert_eq!(pool.break_off(&mut core, 1), Some(Closed { number: 1, target: 0 }), "idle ones at once");
}

#[test]
fn at_the_end_of_a_log_no_client_holds_a_connection() {
    let mut core = Core::new(3);
    let mut pool = pool(&mut core, 1, 0);
    for holder in 0..3 {
        request(&mut pool, &mut core, holder);
    }
    pool.give_back(&mut core, 1, true, ME);
    assert_eq!(pool.last_call(&mut core), [Closed { number: 1, target: 0 }]);
    assert!(pool.give_back(&mut core, 0, true, ME).is_some());
    assert!(pool.give_back(&mut core, 2, true, ME).is_some());
    assert_eq!(core.calendar.pop(Time::MAX), None);
}

#[test]
fn clients_of_several_nodes_never_share_a_number() {
    let limits = Limits { streams: 1, requests: 0, idle: None, survives_timeouts: false };
    let mut pools: Vec<Pool> = (0..3).map(|offset| Pool::new(limits, offset, 3)).collect();
    let mut numbers: Vec<Option<u32>> = Vec::new();
    for holder in 0..50 {
        for pool in &mut pools {
            let Taken { connection, .. } = pool.open(holder, 0, Time::ZERO, Time::ZERO);
            numbers.push(Connection::number(connection));
        }
    }
    numbers.sort_unstable();
    numbers.dedup();
    assert_eq!(numbers.len(), 150);
}
