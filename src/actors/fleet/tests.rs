//! Faults affect exactly the requests that are at a server at that instant.

mod impatience;
mod overlaps;

use super::queue::disciplines::ProcessorSharing;
use super::*;
use crate::actors::kit::faults::{Crash, Errors, FaultEvent, Restart, SlowDown};
use crate::actors::kit::message::Message;
use crate::distributions::{Constant, Distribution};
use crate::engine::random::StreamKey;
use crate::engine::{Ended, Limits, Requests, World, run};
use crate::schema::quantity::{Percent, Span};

const CALLER: ActorId = ActorId(0);
const FLEET: ActorId = ActorId(1);

/// A fleet, and a sender of requests that notes which answers come back and when, in seconds.
struct Bench {
    fleet: Fleet,
    answers: Vec<(u64, f64, Outcome)>,
}

impl World for Bench {
    type Message = Message;

    fn handle(&mut self, core: &mut Core, to: ActorId, message: Message) -> Passed {
        if to == FLEET {
            return self.fleet.handle(core, message);
        }
        if let Message::Reply { id } = message {
            core.requests.leave(id);
            self.answers.push((core.requests[id].number, core.now().as_secs_f64(), core.requests[id].outcome));
            core.requests.finish(id);
        }
        None
    }

    fn ring(&mut self, core: &mut Core, id: RequestId) -> Passed {
        self.fleet.service_end(core, id)
    }

    fn wake(&mut self, _core: &mut Core, _actor: ActorId) -> Passed {
        None
    }

    fn tick(&mut self, _requests: &Requests, _at: Time) -> Time {
        Time::MAX
    }
}

/// Servers of the given discipline with one worker each and requests of ten seconds; `ports` says where each request
/// goes at time zero.
fn bench(discipline: Discipline, servers: usize, ports: &[u32], faults: Vec<FaultEvent>) -> (Bench, Core) {
    let ten = Span::from_seconds(10.0).expect("a length of time");
    let spec = FleetSpec {
        servers,
        workers: 1,
        discipline,
        queue: None,
        queue_bytes: None,
        longest_wait: None,
        when_full: queue::WhenFull::DropNewest(spec::DropNewest {}),
        shed: None,
        service: Distribution::Constant(Constant { value: ten }),
        demand: None,
        slowness: None,
        service_per_unit: Span::ZERO,
        speeds: Vec::new(),
        weights: Vec::new(),
        names: Vec::new(),
        backups: Vec::new(),
        max_connections: Vec::new(),
        copies: 1,
    };
    let mut core = Core::new(2);
    let faults = Timetable::new(faults, servers, StreamKey::root(2, 0));
    let mut fleet = Fleet::new(FLEET, &spec, &Classes::NONE, StreamKey::root(1, 0), faults);
    fleet.start(&mut core);
    for (number, &port) in (0..).zip(ports) {
        let (id, request) = core.create_request(number, 0);
        request.set_port(port);
        core.requests.enter(id, CALLER, 0, Time::ZERO);
        core.send(FLEET, Message::Request { id });
    }
    let mut bench = Bench { fleet, answers: Vec::new() };
    assert_eq!(run(&mut bench, &mut core, Limits::default(), Time::MAX), Ended::Drained);
    assert_eq!(core.requests.in_flight(), 0);
    (bench, core)
}

fn disciplines() -> [Discipline; 2] {
    [Discipline::Fifo(spec::Fifo {}), Discipline::ProcessorSharing(ProcessorSharing {})]
}

fn at(seconds: f64, servers: Option<Vec<usize>>, fault: Fault) -> FaultEvent {
    FaultEvent { at: Time::ZERO + Duration::from_secs_f64(seconds), lasts: None, servers, fault, recurs: None }
}

fn lasting(event: FaultEvent, seconds: f64) -> FaultEvent {
    FaultEvent { lasts: Some(Duration::from_secs_f64(seconds)), ..event }
}

#[test]
fn a_crash_loses_what_its_server_holds_and_nothing_else() {
    for discipline in disciplines() {
        let faults = vec![at(3.0, Some(vec![1]), Fault::Crash(Crash {}))];
        let (bench, core) = bench(discipline, 3, &[0, 1, 1, 1, 2], faults);
        let mut answers = bench.answers.clone();
        answers.sort_by_key(|&(number, ..)| number);
        let expected = [
            (0, 10.0, Outcome::Served),
            (1, 3.0, Outcome::Crashed),
            (2, 3.0, Outcome::Crashed),
            (3, 3.0, Outcome::Crashed),
            (4, 10.0, Outcome::Served),
        ];
        assert_eq!(answers, expected);
        let now = core.now();
        assert_eq!((bench.fleet.record.usage.population.count(), bench.fleet.record.usage.waiting.count()), (0, 0));
        assert_eq!(bench.fleet.busy_by_server(now), [10_000_000_000, 3_000_000_000, 10_000_000_000]);
    }
}

#[test]
fn a_server_that_is_down_refuses_until_it_restarts() {
    for discipline in disciplines() {
        let faults = vec![
            at(0.0, Some(vec![0]), Fault::Crash(Crash {})),
            at(0.0, Some(vec![1]), Fault::Crash(Crash {})),
            at(0.0, Some(vec![1]), Fault::Restart(Restart {})),
        ];
        let (bench, _) = bench(discipline, 2, &[0, 1], faults);
        assert_eq!(bench.answers, [(0, 0.0, Outcome::Refused), (1, 10.0, Outcome::Served)]);
    }
}

#[test]
fn a_slow_down_stretches_what_is_left() {
    for discipline in disciplines() {
        // Four of ten seconds are done at full speed; the other six take twelve; from 10 s on it is fast again.
        let faults = vec![
            lasting(at(4.0, Some(vec![0, 0]), Fault::SlowDown(SlowDown { factor: 2.0 })), 6.0),
            at(10.0, None, Fault::SlowDown(SlowDown { factor: 1.0 })),
        ];
        let (bench, _) = bench(discipline, 2, &[0, 1], faults);
        let mut answers = bench.answers.clone();
        answers.sort_by_key(|&(number, ..)| number);
        assert_eq!(answers, [(0, 13.0, Outcome::Served), (1, 10.0, Outcome::Served)]);
    }
}

#[test]
fn an_error_answer_takes_its_own_work_even_if_the_fault_has_ended() {
    let two = Span::from_seconds(2.0).expect("a length of time");
    let errors = |after| Fault::Errors(Errors { rate: Percent::of(100.0), after });
    for discipline in disciplines() {
        // Server 0 fails in two seconds, server 1 in the ten of an answer, if it still fails then.
        let faults = vec![
            lasting(at(0.0, Some(vec![0]), errors(Some(two))), 1.0),
            lasting(at(0.0, Some(vec![1]), errors(None)), 1.0),
            at(0.0, Some(vec![2]), errors(None)),
        ];
        let (bench, _) = bench(discipline, 3, &[0, 1, 2], faults);
        let mut answers = bench.answers.clone();
        answers.sort_by_key(|&(number, ..)| number);
        assert_eq!(answers, [(0, 2.0, Outcome::Error), (1, 10.0, Outcome::Served), (2, 10.0, Outcome::Error)]);
        assert_eq!(bench.fleet.record.outcomes[Outcome::Error as usize], 2);
    }
}

#[test]
fn an_outage_knows_who_sent_requests_there_and_when() {
    let faults = vec![
        at(0.0, Some(vec![0]), Fault::Crash(Crash {})),
        at(4.0, Some(vec![0]), Fault::Restart(Restart {})),
        at(5.0, Some(vec![1]), Fault::Crash(Crash {})),
    ];
    let (bench, _) = bench(Discipline::Fifo(spec::Fifo {}), 2, &[0, 0, 1], faults);
    let [first, second] = &bench.fleet.record.outages[..] else { panic!("two outages") };
    assert_eq!((first.server, first.down, first.up), (0, Time::ZERO, Some(Time::from_nanos(4_000_000_000))));
    let [sent] = first.misdirected[..] else { panic!("one sender") };
    assert_eq!((sent.by, sent.last, sent.count), (CALLER, Time::ZERO, 2));
    // A request that a server held when it went down was not sent to a server that was down.
    assert_eq!((second.server, second.up, second.misdirected.len()), (1, None, 0));
}

#[test]
fn a_crash_of_a_whole_large_fleet_is_one_look_at_the_calendar() {
    let servers = 50_000;
    let ports: Vec<u32> = (0..servers).chain(0..servers).collect();
    let faults = vec![at(1.0, None, Fault::Crash(Crash {}))];
    let (bench, _) = bench(Discipline::Fifo(spec::Fifo {}), servers as usize, &ports, faults);
    assert_eq!(bench.answers.len(), ports.len());
    assert!(bench.answers.iter().all(|&(_, when, outcome)| (when, outcome) == (1.0, Outcome::Crashed)));
    // Server by server; at each the one in service first.
    let order: Vec<u64> = bench.answers.iter().map(|&(number, ..)| number).collect();
    assert_eq!(order[..4], [0, u64::from(servers), 1, u64::from(servers) + 1]);
}
