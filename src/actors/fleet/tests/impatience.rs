//! Requests that are cancelled, that have a deadline, or that have a limit on their wait.

use super::super::queue::disciplines::ProcessorSharing;
use super::super::queue::full::{DropNewest, Wait, WhenFull};
use super::*;
use crate::distributions::{Constant, Distribution};
use crate::engine::{Hold, Requests};

/// One request: its number is its place in the list.
#[derive(Clone, Copy, Default)]
struct Sent {
    /// When it comes, in seconds.
    at: u64,
    /// Its deadline, in seconds.
    deadline: Option<u64>,
    /// When its client gives it up, and takes it back.
    cancelled: Option<u64>,
    /// How many seconds its cancellation travels.
    travels: u64,
    /// When its client gives it up without saying so.
    abandoned: Option<u64>,
}

/// A fleet that is sent requests and told of cancellations, as clients and links would.
struct Scene {
    bench: Bench,
    sent: Vec<Sent>,
    ids: Vec<RequestId>,
}

const DRIVER: ActorId = ActorId(2);

impl World for Scene {
    type Message = Message;

    fn handle(&mut self, core: &mut Core, to: ActorId, message: Message) -> Passed {
        let Message::User { user } = message else { return self.bench.handle(core, to, message) };
        assert_eq!(to, DRIVER);
        let (number, what) = (user as usize / 3, user % 3);
        let id = self.ids[number];
        match what {
            0 => {
                let (id, _) = core.create_request(number as u64, 0);
                if let Some(deadline) = self.sent[number].deadline {
                    core.requests.describe(id).deadline = second(deadline);
                }
                core.requests.enter(id, CALLER, 0, core.now());
                core.requests[id].set_port(0);
                self.ids[number] = id;
                return Some((FLEET, Message::Request { id }));
            }
            1 => {
                core.requests.abandon(id, Outcome::TimedOut, core.now());
                core.requests.hold(id, Hold::Cancellation);
                let at = second(self.sent[number].travels + core.now().as_nanos() / 1_000_000_000);
                core.send_at(at, FLEET, Message::Cancel { id });
            }
            _ => core.requests.abandon(id, Outcome::TimedOut, core.now()),
        }
        None
    }

    fn ring(&mut self, core: &mut Core, id: RequestId) -> Passed {
        if core.requests.is_held(id, Hold::Timer) {
            core.requests.release(id, Hold::Timer);
            return None;
        }
        self.bench.ring(core, id)
    }

    fn wake(&mut self, _core: &mut Core, _actor: ActorId) -> Passed {
        None
    }

    fn tick(&mut self, _requests: &Requests, _at: Time) -> Time {
        Time::MAX
    }
}

fn second(seconds: u64) -> Time {
    Time::from_nanos(seconds * 1_000_000_000)
}

/// The outcomes of requests at a server of one worker with a service time of ten seconds; and the seconds of work
/// wasted and done.
fn play(change: impl FnOnce(&mut FleetSpec), sent: &[Sent]) -> (Vec<(u64, f64, Outcome)>, u64, u128) {
    let mut spec = queue::tests::spec(Discipline::Fifo(spec::Fifo {}), WhenFull::DropNewest(DropNewest {}));
    spec.service = constant(10.0);
    change(&mut spec);
    let (mut core, key) = (Core::new(2), StreamKey::root(1, 0));
    let mut fleet = Fleet::new(FLEET, &spec, &Classes::NONE, key, Timetable::default());
    fleet.expect_impatience(&spec, &Classes::NONE, key);
    fleet.start(&mut core);
    for (number, sent) in (0_u32..).zip(sent) {
        for (what, when) in [(0, Some(sent.at)), (1, sent.cancelled), (2, sent.abandoned)] {
            if let Some(when) = when {
                core.send_at(second(when), DRIVER, Message::User { user: 3 * number + what });
            }
        }
    }
    let bench = Bench { fleet, answers: Vec::new() };
    let mut scene = Scene { bench, sent: sent.to_vec(), ids: vec![RequestId::NONE; sent.len()] };
    assert_eq!(run(&mut scene, &mut core, Limits::default(), Time::MAX), Ended::Drained);
    let fleet = &scene.bench.fleet;
    assert_eq!(core.requests.in_flight(), 0);
    assert_eq!((fleet.record.usage.population.count(), fleet.record.usage.waiting.count()), (0, 0));
    assert_eq!((fleet.in_flight(0), fleet.record.usage.arrivals), (0, fleet.record.usage.departures));
    let wasted = (fleet.record.usage.wasted / 1_000_000_000) as u64;
    (scene.bench.answers, wasted, fleet.busy_by_server(core.now())[0] / 1_000_000_000)
}

fn constant(seconds: f64) -> Distribution {
    Distribution::Constant(Constant { value: Span::from_seconds(seconds).expect("a length of time") })
}

fn at(at: u64) -> Sent {
    Sent { at, ..Sent::default() }
}

#[test]
fn a_request_taken_back_leaves_the_queue_or_its_worker_at_once() {
    // The first is in service when it is cancelled, the second waits; the third begins at 4 s.
    let sent = [Sent { cancelled: Some(4), ..at(0) }, Sent { cancelled: Some(2), ..at(1) }, at(1)];
    let (answers, wasted, busy) = play(|_| {}, &sent);
    assert_eq!(answers, [(1, 2.0, Outcome::Cancelled), (0, 4.0, Outcome::Cancelled), (2, 14.0, Outcome::Served)]);
    assert_eq!((wasted, busy), (4, 14));
}

#[test]
fn word_that_comes_after_the_answer_changes_nothing() {
    // The cancellation is sent in time and arrives after the answer has left; meanwhile the slot is not used again.
    let sent = [Sent { cancelled: Some(9), travels: 4, ..at(0) }, at(11), at(12)];
    let (answers, wasted, busy) = play(|_| {}, &sent);
    assert_eq!(answers, [(0, 10.0, Outcome::Served), (1, 21.0, Outcome::Served), (2, 31.0, Outcome::Served)]);
    assert_eq!((wasted, busy), (10, 30));
}

#[test]
fn the_slot_of_a_request_taken_back_is_not_used_while_its_timer_runs() {
    // Cancelled at 1 s; its timer would ring at 10 s, amid the service of the next.
    let sent = [Sent { cancelled: Some(1), ..at(0) }, at(2), at(3)];
    let (answers, ..) = play(|_| {}, &sent);
    assert_eq!(answers, [(0, 1.0, Outcome::Cancelled), (1, 12.0, Outcome::Served), (2, 22.0, Outcome::Served)]);
}

#[test]
fn a_client_that_leaves_without_a_word_costs_the_whole_service() {
    let sent = [Sent { abandoned: Some(4), ..at(0) }, Sent { abandoned: Some(5), ..at(1) }, at(1)];
    let (answers, wasted, busy) = play(|_| {}, &sent);
    assert_eq!(answers.iter().map(|&(_, when, _)| when).collect::<Vec<_>>(), [10.0, 20.0, 30.0]);
    assert_eq!((wasted, busy), (20, 30));
}

#[test]
fn a_shared_server_goes_on_with_the_rest() {
    // Two at half speed each until 4 s, when one leaves with two seconds of work; the other then needs eight alone.
    let sent = [Sent { cancelled: Some(4), ..at(0) }, at(0)];
    let share = |spec: &mut FleetSpec| spec.discipline = Discipline::ProcessorSharing(ProcessorSharing {});
    let (answers, wasted, busy) = play(share, &sent);
    assert_eq!(answers, [(0, 4.0, Outcome::Cancelled), (1, 12.0, Outcome::Served)]);
    assert_eq!((wasted, busy), (2, 12));
}

#[test]
fn a_deadline_that_has_passed_costs_no_work() {
    // The second comes when its deadline passes; that of the third passes while it waits, that of the fourth when its turn
    // comes; the fifth begins in time and is served, though late.
    let by = |when, deadline| Sent { deadline: Some(deadline), ..at(when) };
    let (answers, _, busy) = play(|_| {}, &[at(0), by(1, 1), by(1, 5), by(2, 10), by(2, 11)]);
    let expected = [
        (1, 1.0, Outcome::DeadlinePassed),
        (2, 10.0, Outcome::DeadlinePassed),
        (3, 10.0, Outcome::DeadlinePassed),
        (0, 10.0, Outcome::Served),
        (4, 20.0, Outcome::Served),
    ];
    let mut answers = answers;
    answers.sort_by(|a, b| a.1.total_cmp(&b.1).then((a.2 == Outcome::Served).cmp(&(b.2 == Outcome::Served))));
    assert_eq!((answers.as_slice(), busy), (expected.as_slice(), 20));
}

#[test]
fn who_waits_longer_than_allowed_leaves_at_that_moment() {
    let (answers, _, busy) = play(|spec| spec.longest_wait = Some(constant(7.0)), &[at(0), at(1), at(4), at(9)]);
    // At 10 s the third is next, after six seconds; the fourth leaves at 16 s.
    let expected = [
        (1, 8.0, Outcome::WaitedTooLong),
        (0, 10.0, Outcome::Served),
        (3, 16.0, Outcome::WaitedTooLong),
        (2, 20.0, Outcome::Served),
    ];
    assert_eq!((answers.as_slice(), busy), (expected.as_slice(), 20));
}

#[test]
fn a_put_waits_for_a_place_and_no_longer() {
    // One in service, one place; the third waits for it from 2 s on, gets it at 10 s; the fourth gives up at 11 s.
    let wait = |spec: &mut FleetSpec| {
        spec.queue = Some(1);
        spec.when_full = WhenFull::Wait(Wait { longest: Span::whole(9) });
    };
    let (answers, ..) = play(wait, &[at(0), at(1), at(2), at(2)]);
    let expected = [
        (0, 10.0, Outcome::Served),
        (3, 11.0, Outcome::WaitedTooLong),
        (1, 20.0, Outcome::Served),
        (2, 30.0, Outcome::Served),
    ];
    assert_eq!(answers, expected);
}

#[test]
fn who_is_taken_back_before_a_full_queue_lets_the_next_in() {
    let wait = |spec: &mut FleetSpec| {
        spec.queue = Some(1);
        spec.when_full = WhenFull::Wait(Wait { longest: Span::whole(50) });
    };
    let gone = |when| Sent { cancelled: Some(when), ..at(1) };
    let (answers, ..) = play(wait, &[at(0), gone(3), gone(2), at(1)]);
    let expected = [
        (2, 2.0, Outcome::Cancelled),
        (1, 3.0, Outcome::Cancelled),
        (0, 10.0, Outcome::Served),
        (3, 20.0, Outcome::Served),
    ];
    assert_eq!(answers, expected);
}
