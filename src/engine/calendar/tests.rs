//! The calendar against a model that sorts a list.

use super::*;
use proptest::prelude::*;

/// The next event; a timer stands for a message of the same number.
fn pop<M: Copy + From<u32>>(calendar: &mut Calendar<M>, end: Time) -> Option<M> {
    calendar.pop(end).map(|event| match event {
        Event::Message(message) => message,
        Event::Timer(number) => M::from(number),
    })
}

/// Every event that waits, as (time, rank, sequence number, message).
#[derive(Default)]
struct Model {
    now: u64,
    sequence: u64,
    waiting: Vec<(u64, Rank, u64, u32)>,
}

impl Model {
    fn add(&mut self, at: u64, rank: Rank, message: u32) {
        self.waiting.push((at.max(self.now), rank, self.sequence, message));
        self.sequence += 1;
    }

    fn pop(&mut self, end: u64) -> Option<u32> {
        let first = (0..self.waiting.len()).min_by_key(|&i| self.waiting[i])?;
        if self.waiting[first].0 >= end {
            return None;
        }
        let (time, _, _, message) = self.waiting.swap_remove(first);
        self.now = time;
        Some(message)
    }

    fn cancel(&mut self, message: u32) {
        self.waiting.retain(|&(_, _, _, waiting)| waiting != message);
    }
}

#[derive(Clone, Debug)]
enum Step {
    Send(Rank),
    Schedule(u64, Rank),
    /// At a point that may have passed.
    ScheduleAt(u64, Rank),
    Lane(usize),
    /// An event of an owner in a lane, unless it has one.
    Owned(usize, u32),
    CancelOwned(u32),
    Timer(u64),
    Alarm(u64),
    /// Cancels the timers whose number leaves this remainder.
    TakeTimers(u32),
    Pop(u64),
    /// One of all handles ever given: most have happened or were cancelled before.
    CancelAny(usize),
    /// One of the latest handles: most still wait.
    CancelLate(usize),
}

const DELAYS: [u64; 4] = [0, 3, 3, 50];
const RANKS: [Rank; 4] = [Rank::Second, Rank::First, Rank::Second, Rank::Second];

fn rank() -> impl Strategy<Value = Rank> {
    prop_oneof![Just(Rank::First), Just(Rank::Second)]
}

fn step() -> impl Strategy<Value = Step> {
    // Short times, so that ties are common.
    prop_oneof![
        2 => rank().prop_map(Step::Send),
        4 => (0_u64..20, rank()).prop_map(|(delay, rank)| Step::Schedule(delay, rank)),
        1 => (0_u64..200, rank()).prop_map(|(at, rank)| Step::ScheduleAt(at, rank)),
        3 => (0..DELAYS.len()).prop_map(Step::Lane),
        3 => (0..DELAYS.len(), 0_u32..5).prop_map(|(lane, owner)| Step::Owned(lane, owner)),
        1 => (0_u32..5).prop_map(Step::CancelOwned),
        3 => (0_u64..20).prop_map(Step::Timer),
        3 => (0_u64..20).prop_map(Step::Alarm),
        1 => (0_u32..4).prop_map(Step::TakeTimers),
        9 => (1_u64..40).prop_map(Step::Pop),
        1 => any::<usize>().prop_map(Step::CancelAny),
        3 => (0_usize..8).prop_map(Step::CancelLate),
    ]
}

proptest! {
    #[test]
    fn events_come_by_time_then_by_rank_and_then_as_scheduled(steps in proptest::collection::vec(step(), 0..400)) {
        let mut calendar = Calendar::new();
        let mut model = Model::default();
        let mut lane = |place: usize| calendar.ranked_lane(Duration::from_nanos(DELAYS[place]), RANKS[place]);
        let lanes = [lane(0), lane(1), lane(2), lane(3)];
        let mut handles: Vec<(Handle, u32)> = Vec::new();
        let mut timers: Vec<u32> = Vec::new();
        let mut message = 0;
        let (mut laned, mut most_by_handle, mut owned) = (Vec::new(), 0, [0; 5]);
        for step in steps {
            message += 1;
            match step {
                Step::Send(rank) => {
                    calendar.send(rank, message);
                    model.add(model.now, rank, message);
                }
                Step::Schedule(delay, rank) => {
                    handles.push((calendar.schedule_after(Duration::from_nanos(delay), rank, message), message));
                    model.add(model.now + delay, rank, message);
                }
                Step::ScheduleAt(at, rank) => {
                    handles.push((calendar.schedule(Time::from_nanos(at), rank, message), message));
                    model.add(at, rank, message);
                }
                Step::Lane(lane) => {
                    handles.push((calendar.schedule_in_lane(lanes[lane], message), message));
                    laned.push((message, DELAYS[lane] > 0));
                    model.add(model.now + DELAYS[lane], RANKS[lane], message);
                }
                Step::Owned(lane, owner) => {
                    let own = &mut owned[owner as usize];
                    if !model.waiting.iter().any(|(_, _, _, waits)| waits == own) {
                        calendar.schedule_owned(lanes[lane], owner, message);
                        laned.push((message, true));
                        model.add(model.now + DELAYS[lane], RANKS[lane], message);
                        *own = message;
                    }
                }
                Step::CancelOwned(owner) => {
                    calendar.cancel_owned(owner);
                    model.cancel(owned[owner as usize]);
                }
                Step::Timer(delay) => {
                    calendar.set_timer(calendar.now() + Duration::from_nanos(delay), message);
                    timers.push(message);
                    model.add(model.now + delay, Rank::First, message);
                }
                Step::Alarm(delay) => {
                    calendar.set_alarm(calendar.now() + Duration::from_nanos(delay), message);
                    timers.push(message);
                    model.add(model.now + delay, Rank::Second, message);
                }
                Step::TakeTimers(remainder) => {
                    let wanted = |number: u32| number % 4 == remainder;
                    let mut expected: Vec<_> = model.waiting.clone();
                    expected.retain(|(_, _, _, message)| timers.contains(message) && wanted(*message));
                    expected.sort_unstable();
                    let expected: Vec<_> =
                        expected.into_iter().map(|(at, _, _, number)| (Time::from_nanos(at), number)).collect();
                    prop_assert_eq!(calendar.take_timers(wanted), &expected[..]);
                    expected.iter().for_each(|&(_, number)| model.cancel(number));
                }
                Step::Pop(ahead) => {
                    let end = model.now + ahead;
                    prop_assert_eq!(pop(&mut calendar, Time::from_nanos(end)), model.pop(end));
                    prop_assert_eq!(calendar.now().as_nanos(), model.now);
                }
                Step::CancelAny(which) if !handles.is_empty() => {
                    let (handle, message) = handles[which % handles.len()];
                    calendar.cancel(handle);
                    model.cancel(message);
                }
                Step::CancelLate(back) if !handles.is_empty() => {
                    let (handle, message) = handles[handles.len() - 1 - back.min(handles.len() - 1)];
                    calendar.cancel(handle);
                    model.cancel(message);
                }
                Step::CancelAny(_) | Step::CancelLate(_) => {}
            }
            // Slots are in the heap, in the present or free: none is lost.
            let in_heap = calendar.heap.iter().filter(|&key| slot_of(key) < FIRST_TIMER).count();
            let present = calendar.present.iter().chain(&calendar.firsts).filter(|event| matches!(event, Present::Slot(_))).count();
            prop_assert_eq!(calendar.slots.len(), in_heap + present + calendar.free_slots());
            // Lanes hold the events that wait, and no others.
            let [made, taken] = calendar.lanes.tickets();
            most_by_handle = most_by_handle.max(taken);
            prop_assert_eq!(made, most_by_handle);
            let alive = |(number, _): &&(u32, bool)| model.waiting.iter().any(|(_, _, _, message)| message == number);
            prop_assert_eq!(calendar.lanes.len(), laned.iter().filter(alive).filter(|(_, lane)| *lane).count());
        }
        while let Some(message) = model.pop(u64::MAX) {
            prop_assert_eq!(pop(&mut calendar, Time::MAX), Some(message));
        }
        prop_assert_eq!(pop(&mut calendar, Time::MAX), None);
        prop_assert_eq!((calendar.next_time(), calendar.waiting(), calendar.stale), (None, 0, 0));
        prop_assert_eq!(calendar.slots.len(), calendar.free_slots());
    }
}

#[test]
fn an_event_taken_back_at_this_instant_does_not_let_a_later_one_overtake() {
    let mut calendar: Calendar<u32> = Calendar::new();
    calendar.schedule(Time::from_nanos(5), Rank::Second, 1);
    let second = calendar.schedule(Time::from_nanos(5), Rank::Second, 2);
    calendar.schedule(Time::from_nanos(9), Rank::Second, 4);
    assert_eq!(pop(&mut calendar, Time::MAX), Some(1));
    calendar.send(Rank::Second, 3);
    calendar.cancel(second);
    assert_eq!(pop(&mut calendar, Time::MAX), Some(3));
    assert_eq!(calendar.now(), Time::from_nanos(5));
    assert_eq!(pop(&mut calendar, Time::MAX), Some(4));
}

#[test]
fn a_handle_outlives_its_event_without_harm() {
    let mut calendar: Calendar<u32> = Calendar::new();
    let old = calendar.schedule(Time::from_nanos(1), Rank::Second, 1);
    assert_eq!(pop(&mut calendar, Time::MAX), Some(1));
    // The slot is used again, by an event of its own generation.
    let new = calendar.schedule(Time::from_nanos(2), Rank::Second, 2);
    assert_ne!(old, new);
    calendar.cancel(old);
    calendar.cancel(Handle::NONE);
    assert_eq!(pop(&mut calendar, Time::MAX), Some(2));
    calendar.cancel(new);
    calendar.cancel(new);
    assert_eq!(calendar.stale, 0);
}

#[test]
fn generations_wrap_around() {
    let mut calendar: Calendar<u32> = Calendar::new();
    calendar.schedule(Time::from_nanos(1), Rank::Second, 1);
    pop(&mut calendar, Time::MAX);
    calendar.slots[0].generation = u32::MAX - 3;
    let last = calendar.schedule(Time::from_nanos(2), Rank::Second, 2);
    calendar.cancel(last);
    assert_eq!(pop(&mut calendar, Time::MAX), None);
    assert_eq!(calendar.slots[0].generation, 0);
    let next = calendar.schedule(Time::from_nanos(3), Rank::Second, 3);
    calendar.cancel(last);
    assert_eq!(pop(&mut calendar, Time::MAX), Some(3));
    calendar.cancel(next);
    assert_eq!(calendar.free_slots(), calendar.slots.len());
}

#[test]
fn a_lane_puts_one_entry_into_the_heap_however_many_wait() {
    let mut calendar: Calendar<u64> = Calendar::new();
    let lane = calendar.lane(Duration::from_nanos(1_000_000));
    assert_eq!(lane, calendar.lane(Duration::from_nanos(1_000_000)));
    let mut handles = Vec::new();
    for n in 0..10_000_u64 {
        handles.push(calendar.schedule_in_lane(lane, n));
        assert_eq!(calendar.heap_len(), 1);
        // Most timeouts are cancelled before they happen.
        if n % 10 != 0 {
            calendar.cancel(handles[n as usize]);
        }
    }
    for n in (0..10_000).step_by(10) {
        assert_eq!(pop(&mut calendar, Time::MAX), Some(n));
    }
    assert_eq!(pop(&mut calendar, Time::MAX), None);
    assert!(calendar.heap_peak() <= 2);
}

#[test]
fn a_lane_has_no_more_entries_than_twice_the_events_that_wait() {
    let mut calendar: Calendar<u64> = Calendar::new();
    let lane = calendar.lane(Duration::from_nanos(1_000_000));
    // The first stays, so that none behind it comes to the front.
    calendar.schedule_in_lane(lane, 0);
    let mut live = VecDeque::new();
    for n in 1..100_000_u64 {
        live.push_back((calendar.schedule_in_lane(lane, n), n));
        if live.len() > 100 {
            let (handle, _) = live.pop_front().expect("many");
            calendar.cancel(handle);
        }
        assert!(calendar.lanes.entries(0) <= 2 * 102 + 32, "{}", calendar.lanes.entries(0));
    }
    assert_eq!((calendar.lanes.tickets(), calendar.lanes.len()), ([102, 101], 101));
    let expected: Vec<u64> = [0].into_iter().chain(live.into_iter().map(|(_, n)| n)).collect();
    let found: Vec<u64> = std::iter::from_fn(|| pop(&mut calendar, Time::MAX)).collect();
    assert_eq!(found, expected);
}

#[test]
fn stale_entries_never_outnumber_the_live_ones_for_long() {
    let mut calendar = Calendar::new();
    for n in 0..100_000_u64 {
        let handle = calendar.schedule_after(Duration::from_nanos(1_000_000 - n), Rank::Second, n);
        if n % 100 != 0 {
            calendar.cancel(handle);
        }
    }
    assert!(calendar.heap_peak() < 4 * TIDY_ABOVE, "{}", calendar.heap_peak());
    // The later they were scheduled the sooner they are due.
    for n in (0..1000).rev() {
        assert_eq!(pop(&mut calendar, Time::MAX), Some(n * 100));
    }
    assert_eq!(pop(&mut calendar, Time::MAX), None);
}
