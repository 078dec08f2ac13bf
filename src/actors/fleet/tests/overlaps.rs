//! Faults that overlap: the state of a server follows from all that are active, whatever begins and ends in between.

use super::*;
use crate::actors::kit::faults::Moments;
use proptest::prelude::*;

const DRIVER: ActorId = ActorId(2);
const SERVERS: usize = 3;

/// Whether a server is up, its speed, and its shares of usual and of quick errors.
type State = (bool, f64, f64, f64);

/// A fleet that is looked at now and then.
struct Looks {
    fleet: Fleet,
    /// When, and the state of each server.
    seen: Vec<(Time, Vec<State>)>,
}

impl World for Looks {
    type Message = Message;

    fn handle(&mut self, core: &mut Core, to: ActorId, message: Message) -> Passed {
        if to == FLEET {
            return self.fleet.handle(core, message);
        }
        let look = |port: usize| {
            let condition = &self.fleet.conditions[port];
            let quick = condition.quick_errors.last().map_or(0.0, |&(up_to, _)| up_to);
            (self.fleet.servers[port].up, condition.speed, condition.error_rate, quick)
        };
        self.seen.push((core.now(), (0..SERVERS).map(look).collect()));
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

fn look_at(faults: &[FaultEvent], times: impl Iterator<Item = u64>) -> Looks {
    let spec = queue::tests::spec(Discipline::Fifo(spec::Fifo {}), queue::WhenFull::DropNewest(spec::DropNewest {}));
    let spec = FleetSpec { servers: SERVERS, ..spec };
    let mut core = Core::new(2);
    let timetable = Timetable::new(faults.to_vec(), SERVERS, StreamKey::root(2, 0));
    let mut fleet = Fleet::new(FLEET, &spec, &Classes::NONE, StreamKey::root(1, 0), timetable);
    fleet.start(&mut core);
    for at in times {
        core.send_at(second(at), DRIVER, Message::Restarted);
    }
    let mut looks = Looks { fleet, seen: Vec::new() };
    run(&mut looks, &mut core, Limits { end: second(1000), ..Limits::default() }, Time::MAX);
    looks
}

fn second(at: u64) -> Time {
    Time::from_nanos(at * 1_000_000_000)
}

/// The state of a server by the definition, without a memory: what is active now.
fn expected(faults: &[FaultEvent], port: usize, now: Time) -> State {
    let here: Vec<(usize, &FaultEvent)> = faults
        .iter()
        .enumerate()
        .filter(|(_, event)| event.servers.as_ref().is_none_or(|servers| servers.contains(&port)))
        .collect();
    let is_active = |event: &FaultEvent| event.at <= now && event.lasts.is_none_or(|lasts| now < event.at + lasts);
    let restarted = |place: usize, crash: &FaultEvent| {
        here.iter().any(|(later, event)| {
            matches!(event.fault, Fault::Restart(_)) && event.at <= now && (crash.at, place) < (event.at, *later)
        })
    };
    let (mut up, mut factor, mut usual, mut quick) = (true, 1.0, 1.0, 1.0);
    for &(place, event) in here.iter().filter(|(_, event)| is_active(event)) {
        match &event.fault {
            Fault::Crash(_) => up &= restarted(place, event),
            Fault::SlowDown(slow) => factor *= slow.factor,
            Fault::Errors(errors) if errors.after.is_none() => usual *= 1.0 - errors.rate.fraction(),
            Fault::Errors(errors) => quick *= 1.0 - errors.rate.fraction(),
            _ => {}
        }
    }
    (up, 1.0 / factor, 1.0 - usual, 1.0 - quick)
}

fn fault() -> impl Strategy<Value = FaultEvent> {
    let errors = |after| (0.0..=100.0).prop_map(move |rate| Fault::Errors(Errors { rate: Percent::of(rate), after }));
    let kind = prop_oneof![
        3 => Just(Fault::Crash(Crash {})),
        1 => Just(Fault::Restart(Restart {})),
        2 => (0.1..10.0).prop_map(|factor| Fault::SlowDown(SlowDown { factor })),
        1 => errors(None),
        1 => errors(Span::from_seconds(1.0)),
    ];
    let servers = prop::option::of(prop::collection::vec(0..SERVERS, 1..3));
    // Even seconds, and looks at odd ones.
    (0_u64..20, kind, prop::option::of(0_u64..20), servers).prop_map(|(at, fault, lasts, servers)| {
        let lasts = lasts.map(|lasts| Duration::from_secs_f64(lasts as f64 * 2.0));
        FaultEvent { at: second(at * 2), lasts, servers, fault, recurs: None }
    })
}

proptest! {
    #[test]
    fn the_state_of_a_server_follows_from_all_faults_that_are_active(faults in prop::collection::vec(fault(), 0..12)) {
        let looks = look_at(&faults, (0..45).map(|at| 2 * at + 1));
        prop_assert_eq!(looks.seen.len(), 45);
        for (now, servers) in looks.seen {
            for (port, &(up, speed, usual, quick)) in servers.iter().enumerate() {
                let wanted = expected(&faults, port, now);
                prop_assert_eq!(up, wanted.0, "server {} at {}", port, now);
                for (found, wanted) in [(speed, wanted.1), (usual, wanted.2), (quick, wanted.3)] {
                    prop_assert!((found - wanted).abs() <= 1e-12 * wanted.max(1.0), "{} for {}", found, wanted);
                }
            }
        }
        // An outage for each time that a server went down, and none is left open that is over.
        let up = looks.fleet.servers.iter().filter(|server| server.up).count();
        let open = looks.fleet.record.outages.iter().filter(|outage| outage.up.is_none()).count();
        prop_assert_eq!(open, SERVERS - up);
    }
}

#[test]
fn from_one_crash_to_the_next_there_is_no_moment_up() {
    let crash = |at_second: f64| lasting(at(at_second, None, Fault::Crash(Crash {})), 10.0);
    for faults in [[crash(10.0), crash(20.0)], [crash(20.0), crash(10.0)]] {
        let looks = look_at(&faults, std::iter::empty());
        let [outage, ..] = &looks.fleet.record.outages[..] else { panic!("an outage") };
        assert_eq!((looks.fleet.record.outages.len(), outage.down, outage.up), (SERVERS, second(10), Some(second(30))));
    }
}

#[test]
fn a_fault_that_recurs_is_there_for_the_share_of_its_mean_lengths() {
    use crate::actors::kit::faults::Recurs;
    use crate::distributions::Exponential;
    let mean = |seconds: f64| {
        Distribution::Exponential(Exponential { mean: Span::from_seconds(seconds).expect("a length of time") })
    };
    let recurs = Recurs { mtbf: mean(0.9), mttr: mean(0.1), zone: None };
    let event = FaultEvent { recurs: Some((recurs, Moments::Own(0))), ..at(0.0, None, Fault::Crash(Crash {})) };
    let looks = look_at(&[event], std::iter::empty());
    let mut down = [0.0; SERVERS];
    for outage in &looks.fleet.record.outages {
        down[outage.server] += outage.up.unwrap_or(second(1000)).since(outage.down).as_secs_f64();
    }
    // The time down in 1000 cycles of exponential lengths: the standard deviation of the share is
    // sqrt(2 a^2 b^2 / ((a + b)^3 T)) = 0.0040 with a = 0.9, b = 0.1, T = 1000; five and a half of them.
    for down in down {
        assert!((down / 1000.0 - 0.1).abs() < 0.022, "{down} s of 1000 s");
    }
    assert!(down[0] != down[1] && down[1] != down[2], "each server fails by itself");
}
