//! Requests that pass a shared limit, compared with the same commands on a real Redis 7.0.15 with redis-py 8.1.0.

use super::*;
use crate::actors::kit::commands::{
    Atomic, CheckThenAdd, Clock, Commands, EachRequest, FailOpen, Pipeline, TheTime, WhenDown,
};
use crate::actors::kit::route::RouteField;
use crate::schema::quantity::Span;
use crate::schema::{Decode, Kind, Node, Reader};

fn span(seconds: f64) -> Span {
    Span::from_seconds(seconds).expect("a length of time")
}

fn spec(limit: u32, window: f64, commands: Commands) -> Distributed {
    let store = Node::made(Kind::Text("store".to_owned()));
    Distributed {
        limit,
        window: span(window),
        store: RouteField::decode(&store, &mut Reader::default()).expect("a route"),
        commands,
        clock: Clock { step: span(1e-9), ahead: Vec::new() },
        timeout: span(1.0),
        when_down: WhenDown::FailOpen(FailOpen {}),
    }
}

fn pipeline(members: Members) -> Commands {
    Commands::Pipeline(Pipeline { members })
}

fn script(members: Members) -> Commands {
    Commands::Atomic(Atomic { members })
}

const TIMES: Members = Members::Times(TheTime {});
const EACH: Members = Members::Requests(EachRequest {});

fn sets(limit: u32) -> Sets {
    Sets::new(&spec(limit, 10.0, script(EACH)), 10)
}

fn at(seconds: f64) -> Time {
    Time::ZERO + Duration::from_secs_f64(seconds)
}

fn run(sets: &mut Sets, command: Command, seconds: u64) -> (bool, u64) {
    let reply = sets.run(command, Key::default(), at(seconds as f64), 1);
    (reply.has_room, reply.retry_after.as_nanos() / 1_000_000_000)
}

/// Which of requests at these seconds pass, each of the next copy in turn.
fn passes(spec: &Distributed, command: Command, times: &[f64]) -> Vec<f64> {
    let mut sets = Sets::new(spec, 10);
    let passes = |&(copy, &seconds): &(usize, &f64)| {
        let time = sets.time_by(copy, at(1000.0 + seconds));
        sets.run(command, Key::default(), time, 1).has_room
    };
    times.iter().enumerate().filter(passes).map(|(_, &seconds)| seconds).collect()
}

fn every(gap: f64, count: usize) -> Vec<f64> {
    (0..count).map(|n| n as f64 * gap).collect()
}

#[test]
fn a_script_adds_only_where_there_is_room() {
    let mut sets = sets(2);
    let found: Vec<_> = [0, 4, 5, 9, 10, 11].map(|t| run(&mut sets, Command::AddIfRoom, t)).to_vec();
    // The third may come again when the first is ten seconds old, which is exactly gone.
    assert_eq!(found, [(true, 0), (true, 0), (false, 5), (false, 1), (true, 0), (false, 3)]);
}

#[test]
fn requests_that_a_pipeline_rejects_keep_others_out() {
    let mut sets = sets(2);
    let found: Vec<_> = [0, 4, 5, 9, 10, 15, 26].map(|t| run(&mut sets, Command::CountAndAdd, t).0).to_vec();
    // At 15 the set holds 9 and 10, both rejected.
    assert_eq!(found, [true, true, false, false, false, false, true]);
    // A rejected request is in its own way, and passes if it is tried again after `retry_after`.
    let mut sets = self::sets(1);
    let found = [0, 1, 11].map(|t| run(&mut sets, Command::CountAndAdd, t));
    assert_eq!(found, [(true, 0), (false, 10), (true, 0)]);
}

#[test]
fn who_checks_before_others_have_added_finds_room() {
    let mut sets = sets(1);
    assert!(run(&mut sets, Command::Count, 0).0);
    assert!(run(&mut sets, Command::Count, 0).0);
    assert!(run(&mut sets, Command::Add, 0).0);
    assert!(run(&mut sets, Command::Add, 0).0);
    assert!(!run(&mut sets, Command::Count, 1).0);
    assert_eq!(sets.over_limit, 1);
}

/// All K clients read the count before any adds: K pass whatever the limit, if there is room for one.
#[test]
fn a_forced_race_lets_all_pass_who_counted_before_any_had_added() {
    for (clients, before) in [(2, 99), (5, 0), (5, 97), (10, 99), (20, 0), (20, 97)] {
        let commands = Commands::CheckThenAdd(CheckThenAdd { members: EACH });
        let mut sets = Sets::new(&spec(100, 60.0, commands), 10);
        let mut run = |command, seconds| sets.run(command, Key::default(), at(seconds), 1).has_room;
        (0..before).for_each(|_| assert!(run(Command::Add, 0.0)));
        let found = (0..clients).filter(|_| run(Command::Count, 1.0)).count();
        assert_eq!(found, clients);
        (0..clients).for_each(|_| assert!(run(Command::Add, 1.0)));
        assert!(!run(Command::Count, 1.0) || before + clients < 100);
        assert_eq!(sets.over_limit, (before + clients).saturating_sub(100) as u64);
    }
}

/// The member is the time as text. Of two requests at each of 200 instants both pass until 99 instants are there, then one.
#[test]
fn requests_of_one_instant_are_one_member_where_the_member_is_the_time() {
    let times: Vec<f64> = (0..400).map(|n| f64::from(n / 2) * 0.001).collect();
    let by_time = spec(100, 60.0, pipeline(TIMES));
    let found = passes(&by_time, Command::CountAndAdd, &times);
    assert_eq!(found.len(), 199);
    assert_eq!(found[..198], times[..198]);
    let by_request = passes(&spec(100, 60.0, pipeline(EACH)), Command::CountAndAdd, &times);
    assert_eq!(by_request, times[..100]);
    // Members beyond the limit are known as such.
    let mut sets = Sets::new(&by_time, 10);
    times.iter().for_each(|&time| _ = sets.run(Command::CountAndAdd, Key::default(), at(time), 1));
    assert_eq!(sets.over_limit, 99);
}

/// 400 requests in some 30 ms: a clock of 1 ms makes 30 members of them, one of 10 ms 4, and all pass. With members that
/// differ the clock does not matter.
#[test]
fn a_coarse_clock_makes_one_member_of_many_requests() {
    let times = every(75e-6, 400);
    for step in [1e-3, 10e-3] {
        let coarse = |commands| Distributed {
            clock: Clock { step: span(step), ahead: Vec::new() },
            ..spec(100, 60.0, commands)
        };
        assert_eq!(passes(&coarse(pipeline(TIMES)), Command::CountAndAdd, &times).len(), 400);
        assert_eq!(passes(&coarse(pipeline(EACH)), Command::CountAndAdd, &times).len(), 100);
    }
    let fine =
        Distributed { clock: Clock { step: span(238e-9), ahead: Vec::new() }, ..spec(100, 60.0, pipeline(TIMES)) };
    assert_eq!(passes(&fine, Command::CountAndAdd, &times).len(), 100);
}

fn in_each_second(times: &[f64], seconds: usize) -> Vec<usize> {
    (0..seconds).map(|second| times.iter().filter(|&&time| time as usize == second).count()).collect()
}

/// Limit 10 in 1 s, 50 a second for 6 s.
#[test]
fn a_script_lets_the_limit_pass_in_each_window_under_overload() {
    let found = passes(&spec(10, 1.0, script(EACH)), Command::AddIfRoom, &every(0.02, 300));
    assert_eq!(in_each_second(&found, 6), [10; 6]);
    assert_eq!(found[..12], [0.0, 0.02, 0.04, 0.06, 0.08, 0.1, 0.12, 0.14, 0.16, 0.18, 1.0, 1.02]);
    // 1.25 times the limit.
    let found = passes(&spec(10, 1.0, script(EACH)), Command::AddIfRoom, &every(0.08, 100));
    assert_eq!(in_each_second(&found, 8), [10, 10, 10, 10, 10, 10, 10, 9]);
    assert_eq!(found[..12], [0.0, 0.08, 0.16, 0.24, 0.32, 0.4, 0.48, 0.56, 0.64, 0.72, 1.04, 1.12]);
}

/// Two clients in turn, the clock of one 0.5 s ahead: it removes entries that are young for the other.
#[test]
fn a_clock_that_is_ahead_lets_more_pass() {
    let clock = Clock { step: span(1e-9), ahead: vec![Span::ZERO, span(0.5)] };
    let skewed = Distributed { clock, ..spec(10, 1.0, script(EACH)) };
    let found = passes(&skewed, Command::AddIfRoom, &every(0.02, 300));
    assert_eq!(in_each_second(&found, 6), [15, 10, 10, 10, 10, 10]);
    assert_eq!(found[..12], [0.0, 0.02, 0.04, 0.06, 0.08, 0.1, 0.12, 0.14, 0.16, 0.18, 0.5, 0.54]);
}

/// Limit 10 in 1 s; 50 a second for 3 s, then 5 a second.
#[test]
fn a_pipeline_admits_no_request_until_the_rejected_have_left_its_window() {
    let mut times = every(0.02, 150);
    times.extend(every(0.2, 20).iter().map(|time| 3.0 + time));
    let found = passes(&spec(10, 1.0, pipeline(TIMES)), Command::CountAndAdd, &times);
    assert_eq!(found.iter().filter(|&&time| time < 3.0).count(), 10);
    let after: Vec<f64> = found.iter().copied().filter(|&time| time >= 3.0).collect();
    assert_eq!((after[0], after.len()), (4.0, 15));
}

#[test]
fn what_costs_more_needs_more_room() {
    let mut sets = sets(5);
    let mut run = |seconds, cost| {
        let reply = sets.run(Command::AddIfRoom, Key::default(), at(seconds), cost);
        (reply.has_room, reply.retry_after.as_secs_f64())
    };
    assert_eq!([run(0.0, 2), run(1.0, 2), run(2.0, 2)], [(true, 0.0), (true, 0.0), (false, 8.0)]);
    // All five are free when the second has left too; six never are.
    assert_eq!([run(2.0, 1), run(3.0, 5), run(3.0, 6)], [(true, 0.0), (false, 9.0), (false, 0.0)]);
    assert_eq!([run(10.0, 2), run(12.0, 3)], [(true, 0.0), (true, 0.0)]);
}

/// Limit 100 in 60 s, 1000 requests in 10 s: a real Redis kept 1000 of the pipeline's members and 100 of the script's.
#[test]
fn the_store_keeps_requests_that_a_pipeline_rejected_and_not_those_of_a_script() {
    for (commands, command, kept) in [
        (pipeline(EACH), Command::CountAndAdd, 1000),
        (pipeline(TIMES), Command::CountAndAdd, 1000),
        (script(EACH), Command::AddIfRoom, 100),
    ] {
        let mut sets = Sets::new(&spec(100, 60.0, commands), 10);
        every(0.01, 1000).into_iter().for_each(|time| _ = sets.run(command, Key::default(), at(time), 1));
        assert_eq!(sets.members(at(10.0)), kept);
        // An idle set expires as a whole, a window after the last member was added; until then no member is removed.
        let last = if kept == 1000 { 9.99 } else { 0.99 };
        assert_eq!([sets.members(at(last + 59.9)), sets.members(at(last + 60.0))], [kept, 0]);
        // A command removes what is older than the window.
        sets.run(command, Key::default(), at(60.5), 1);
        let left = sets.members(at(60.5));
        assert!(if kept == 1000 { left.abs_diff(950) <= 60 } else { left == 50 }, "{left}");
    }
    // With a clock of 10 ms two requests a tick are one member.
    let mut sets = Sets::new(&spec(100, 60.0, pipeline(TIMES)), 10);
    every(0.01, 1000)
        .iter()
        .for_each(|&time| (0..2).for_each(|_| _ = sets.run(Command::CountAndAdd, Key::default(), at(time), 1)));
    assert_eq!(sets.members(at(10.0)), 1000);
    sets.clear(10);
    assert_eq!(sets.members(at(10.0)), 0);
}
