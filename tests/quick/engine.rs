//! The loop: when a run ends, and that nothing is left out on the way.

use std::sync::atomic::AtomicBool;

use rushhour::engine::{ActorId, Core, Duration, Ended, Limits, Packed, Passed, RequestId, Requests, Time, World, run};

/// Requests come every ten nanoseconds and take `service` of them; a request of no length is answered at once.
struct Shop {
    service: u64,
    /// Requests that still come.
    to_come: u64,
    handled: Vec<u64>,
    ticks: Vec<u64>,
}

#[derive(Clone, Copy)]
enum Step {
    Arrive,
    Leave(RequestId),
}

impl Packed for Step {
    fn pack(self) -> (u8, u32) {
        match self {
            Self::Arrive => (0, 0),
            Self::Leave(id) => (1, id.0),
        }
    }

    fn unpack(kind: u8, number: u32) -> Self {
        if kind == 0 { Self::Arrive } else { Self::Leave(RequestId(number)) }
    }
}

const ME: ActorId = ActorId(3);
const WINDOW: u64 = 25;

impl World for Shop {
    type Message = Step;

    fn handle(&mut self, core: &mut Core<Step>, to: ActorId, step: Step) -> Passed<Step> {
        assert_eq!(to, ME);
        self.handled.push(core.now().as_nanos());
        match step {
            Step::Arrive => {
                let (id, _) = core.create_request(self.to_come, 0);
                core.send_after(Duration::from_nanos(self.service), ME, Step::Leave(id));
                self.to_come -= 1;
                if self.to_come > 0 {
                    core.send_after(Duration::from_nanos(10), ME, Step::Arrive);
                }
            }
            Step::Leave(id) => {
                core.requests.finish(id);
                core.complete();
            }
        }
        None
    }

    fn ring(&mut self, _core: &mut Core<Step>, _id: RequestId) -> Passed<Step> {
        None
    }

    fn wake(&mut self, _core: &mut Core<Step>, _actor: ActorId) -> Passed<Step> {
        None
    }

    fn tick(&mut self, _requests: &Requests, at: Time) -> Time {
        self.ticks.push(at.as_nanos());
        Time::from_nanos(at.as_nanos() + WINDOW)
    }
}

fn open(service: u64, to_come: u64, limits: Limits<'_>) -> (Ended, Shop, Core<Step>) {
    let mut shop = Shop { service, to_come, handled: Vec::new(), ticks: Vec::new() };
    let mut core = Core::new(1);
    core.send_at(Time::from_nanos(10), ME, Step::Arrive);
    let ended = run(&mut shop, &mut core, limits, Time::from_nanos(WINDOW));
    (ended, shop, core)
}

#[test]
fn a_run_covers_the_time_before_its_end() {
    let (ended, shop, core) = open(5, 1000, Limits { end: Time::from_nanos(100), ..Limits::default() });
    assert_eq!(ended, Ended::Duration);
    // Arrivals at 10, 20, ... 90 and departures at 15, 25, ... 95; what is due at 100 does not happen.
    assert_eq!((shop.handled.len(), shop.handled.last()), (18, Some(&95)));
    assert_eq!(core.events(), 18);
    assert_eq!((core.completed(), core.requests.in_flight()), (9, 0));
}

#[test]
fn windows_close_before_what_happens_at_their_boundary() {
    let (_, shop, _) = open(5, 1000, Limits { end: Time::from_nanos(100), ..Limits::default() });
    assert_eq!(shop.ticks, [25, 50, 75]);
    let (_, shop, _) = open(5, 1000, Limits { end: Time::from_nanos(101), ..Limits::default() });
    assert_eq!(shop.ticks, [25, 50, 75, 100]);
}

#[test]
fn a_run_of_no_time_does_nothing() {
    let (ended, shop, _) = open(0, 1000, Limits { end: Time::ZERO, ..Limits::default() });
    assert_eq!((ended, shop.handled.len()), (Ended::Duration, 0));
}

#[test]
fn a_run_ends_with_the_last_of_the_requests_asked_for() {
    let (ended, _, core) = open(25, 1000, Limits { requests: 7, ..Limits::default() });
    assert_eq!((ended, core.completed(), core.now().as_nanos()), (Ended::Requests, 7, 95));
}

#[test]
fn a_run_ends_when_its_event_budget_is_used_up() {
    let (ended, shop, core) = open(25, 1000, Limits { events: 11, ..Limits::default() });
    assert_eq!((ended, core.events(), shop.handled.len()), (Ended::Events, 11, 11));
}

#[test]
fn a_run_ends_when_more_is_in_flight_than_allowed() {
    let (ended, _, core) = open(1_000_000, 1000, Limits { in_flight: 20, ..Limits::default() });
    assert_eq!((ended, core.requests.in_flight()), (Ended::InFlight, 21));
    // Twenty are allowed: a system that never holds more runs on.
    let (ended, _, _) = open(195, 1000, Limits { in_flight: 20, ..Limits::default() });
    assert_eq!(ended, Ended::Drained);
}

#[test]
fn a_run_ends_when_nothing_is_left_to_do() {
    for service in [0, 25] {
        let (ended, shop, core) = open(service, 40, Limits::default());
        assert_eq!((ended, core.completed(), core.requests.in_flight()), (Ended::Drained, 40, 0));
        assert_eq!(shop.handled.len(), 80);
        assert!(shop.handled.is_sorted());
    }
}

#[test]
fn what_is_sent_now_comes_after_what_was_scheduled_for_now() {
    struct Log(Vec<u32>);
    impl World for Log {
        type Message = Number;

        fn handle(&mut self, core: &mut Core<Number>, to: ActorId, Number(n): Number) -> Passed<Number> {
            self.0.push(n);
            if n == 1 {
                core.send(to, Number(10));
                core.send_after(Duration::ZERO, to, Number(11));
                core.send(to, Number(12));
                return Some((to, Number(13)));
            }
            (n == 13).then_some((to, Number(14)))
        }

        fn ring(&mut self, _core: &mut Core<Number>, _id: RequestId) -> Passed<Number> {
            None
        }

        fn wake(&mut self, _core: &mut Core<Number>, _actor: ActorId) -> Passed<Number> {
            None
        }

        fn tick(&mut self, _requests: &Requests, _at: Time) -> Time {
            Time::MAX
        }
    }
    #[derive(Clone, Copy)]
    struct Number(u32);
    impl Packed for Number {
        fn pack(self) -> (u8, u32) {
            (0, self.0)
        }

        fn unpack(_kind: u8, number: u32) -> Self {
            Self(number)
        }
    }
    let mut core = Core::new(1);
    for n in 1..4 {
        core.send_at(Time::from_nanos(5), ActorId(0), Number(n));
    }
    let mut log = Log(Vec::new());
    assert_eq!(run(&mut log, &mut core, Limits::default(), Time::MAX), Ended::Drained);
    assert_eq!(log.0, [1, 2, 3, 10, 11, 12, 13, 14]);
}

/// Visitors who come back the moment they are served; the last of `rounds` is their last. All come at one instant.
struct Roundabout {
    rounds: u64,
}

impl World for Roundabout {
    type Message = Step;

    fn handle(&mut self, core: &mut Core<Step>, to: ActorId, step: Step) -> Passed<Step> {
        match step {
            Step::Arrive => {
                let (id, _) = core.create_request(0, 0);
                Some((to, Step::Leave(id)))
            }
            Step::Leave(id) => {
                core.requests.finish(id);
                core.complete();
                if core.completed() < self.rounds {
                    core.send(to, Step::Arrive);
                }
                None
            }
        }
    }

    fn ring(&mut self, _core: &mut Core<Step>, _id: RequestId) -> Passed<Step> {
        None
    }

    fn wake(&mut self, _core: &mut Core<Step>, _actor: ActorId) -> Passed<Step> {
        None
    }

    fn tick(&mut self, _requests: &Requests, _at: Time) -> Time {
        Time::MAX
    }
}

#[test]
fn a_run_that_is_to_stop_ends_after_a_few_thousand_events() {
    let stop = AtomicBool::new(true);
    let (ended, _, core) = open(5, u64::MAX, Limits { stop: Some(&stop), ..Limits::default() });
    assert_eq!(ended, Ended::Stopped);
    assert!((1..10_000).contains(&core.events()), "{}", core.events());
}

#[test]
fn a_run_ends_where_the_clock_does() {
    // Two visits of 400 years each; the clock ends after 584.
    let years = 400 * 31_557_600 * 1_000_000_000;
    let mut core = Core::new(1);
    core.send_at(Time::from_nanos(years), ME, Step::Arrive);
    let mut shop = Shop { service: years, to_come: 1, handled: Vec::new(), ticks: Vec::new() };
    let ended = run(&mut shop, &mut core, Limits::default(), Time::MAX);
    assert_eq!((ended, core.now().as_nanos(), core.completed()), (Ended::EndOfTime, years, 0));
    // So it does if windows close until the very end.
    let mut core = Core::new(1);
    core.send_at(Time::MAX, ME, Step::Arrive);
    let ended = run(&mut Decades, &mut core, Limits::default(), Time::from_nanos(1 << 58));
    assert_eq!((ended, core.events()), (Ended::EndOfTime, 0));
}

/// Windows of nine years.
struct Decades;

impl World for Decades {
    type Message = Step;

    fn handle(&mut self, _core: &mut Core<Step>, _to: ActorId, _step: Step) -> Passed<Step> {
        None
    }

    fn ring(&mut self, _core: &mut Core<Step>, _id: RequestId) -> Passed<Step> {
        None
    }

    fn wake(&mut self, _core: &mut Core<Step>, _actor: ActorId) -> Passed<Step> {
        None
    }

    fn tick(&mut self, _requests: &Requests, at: Time) -> Time {
        at + Duration::from_nanos(1 << 58)
    }
}

/// One visitor who never gets in, and tries again at once.
struct Revolving {
    tries: u64,
}

impl World for Revolving {
    type Message = Step;

    fn handle(&mut self, core: &mut Core<Step>, to: ActorId, _step: Step) -> Passed<Step> {
        if core.events() < self.tries {
            core.send(to, Step::Arrive);
        }
        None
    }

    fn ring(&mut self, _core: &mut Core<Step>, _id: RequestId) -> Passed<Step> {
        None
    }

    fn wake(&mut self, _core: &mut Core<Step>, _actor: ActorId) -> Passed<Step> {
        None
    }

    fn tick(&mut self, _requests: &Requests, _at: Time) -> Time {
        Time::MAX
    }
}

#[test]
fn tries_without_end_at_one_instant_are_time_that_stands_still() {
    let go = |tries| {
        let mut core = Core::new(1);
        core.send_at(Time::from_nanos(7), ME, Step::Arrive);
        (run(&mut Revolving { tries }, &mut core, Limits::default(), Time::MAX), core.events())
    };
    let (ended, events) = go(u64::MAX);
    assert_eq!(ended, Ended::Standstill);
    assert!(events < 20_000_000, "{events}");
    // Many tries that come to an end are no standstill.
    assert_eq!(go(10_000_000).0, Ended::Drained);
}

#[test]
fn a_run_in_which_time_stands_still_is_ended() {
    let go = |rounds, visitors| {
        let mut core = Core::new(1);
        for _ in 0..visitors {
            core.send_at(Time::from_nanos(7), ME, Step::Arrive);
        }
        let ended = run(&mut Roundabout { rounds }, &mut core, Limits::default(), Time::MAX);
        (ended, core.now().as_nanos())
    };
    assert_eq!(go(u64::MAX, 1), (Ended::Standstill, 7));
    assert_eq!(go(u64::MAX, 1000), (Ended::Standstill, 7));
    // Many at one instant are no standstill, as long as they come to an end.
    assert_eq!(go(1_000_000, 1), (Ended::Drained, 7));
    assert_eq!(go(0, 3_000_000), (Ended::Drained, 7));
}
