//! The slab against a model that keeps every request in a list.

use super::*;
use proptest::prelude::*;

/// A request in a free slot, or in a new one.
fn create(requests: &mut Requests, number: u64, class: u16) -> (RequestId, &mut Request) {
    let id = requests.take_slot().unwrap_or_else(|| requests.grow());
    (id, requests.create(id, number, class))
}

#[derive(Clone, Debug)]
enum Step {
    Create,
    Enter(usize, u32),
    Leave(usize),
    Finish(usize),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        2 => Just(Step::Create),
        4 => (any::<usize>(), any::<u32>()).prop_map(|(which, tag)| Step::Enter(which, tag)),
        4 => any::<usize>().prop_map(Step::Leave),
        2 => any::<usize>().prop_map(Step::Finish),
    ]
}

proptest! {
    #[test]
    fn requests_keep_their_identity_and_find_their_way_back(
        depth in 1_usize..10,
        steps in proptest::collection::vec(step(), 0..300),
    ) {
        let mut requests = Requests::new(depth);
        let mut model: Vec<(RequestId, u64, Vec<Frame>)> = Vec::new();
        let mut number = 0;
        let mut peak = 0;
        for step in steps {
            match step {
                Step::Create => {
                    number += 1;
                    let (id, _) = create(&mut requests, number, 3);
                    prop_assert!(model.iter().all(|&(other, ..)| other != id));
                    model.push((id, number, Vec::new()));
                    peak = peak.max(model.len());
                }
                Step::Enter(which, tag) if !model.is_empty() => {
                    let place = which % model.len();
                    let (id, _, path) = &mut model[place];
                    if path.len() < depth {
                        let frame = Frame { actor: ActorId((tag ^ 7) & 0xFFFF), tag, entered: Time::from_nanos(u64::from(tag)) };
                        requests.enter(*id, frame.actor, frame.tag, frame.entered);
                        path.push(frame);
                    }
                }
                Step::Leave(which) if !model.is_empty() => {
                    let place = which % model.len();
                    let (id, _, path) = &mut model[place];
                    if let Some(frame) = path.pop() {
                        prop_assert_eq!(requests.leave(*id).frame, frame);
                    }
                }
                Step::Finish(which) if !model.is_empty() => {
                    let place = which % model.len();
                    if model[place].2.is_empty() {
                        let (id, ..) = model.swap_remove(place);
                        requests.finish(id);
                    }
                }
                _ => {}
            }
            for (id, number, path) in &model {
                prop_assert_eq!(requests[*id].number, *number);
                prop_assert_eq!(requests.last(*id), path.last().copied());
                prop_assert_eq!(requests.first(*id), path.first().copied());
            }
            let mut present: Vec<u64> = model.iter().map(|&(_, number, _)| number).collect();
            let mut found: Vec<u64> = requests.iter().map(|(_, request)| request.number).collect();
            present.sort_unstable();
            found.sort_unstable();
            prop_assert_eq!(found, present);
            // No slot is lost: there are as many as were ever in flight at once.
            prop_assert_eq!((requests.in_flight(), requests.peak()), (model.len(), peak));
        }
    }
}

#[test]
fn a_slot_used_again_remembers_nothing() {
    let mut requests = Requests::new(1);
    let (first, _) = create(&mut requests, 1, 5);
    *requests.describe(first) = Details { size: 9, key: 9, client: 9, ..Details::NONE };
    requests.decide(first, Outcome::Error, ActorId(3));
    requests[first].set_abandoned();
    assert_eq!(requests.details(first).size, 9);
    requests.finish(first);
    let (second, _) = create(&mut requests, 2, 6);
    assert_eq!(first, second);
    let request = &requests[second];
    assert_eq!((request.number, request.class), (2, 6));
    assert_eq!((request.outcome, request.is_abandoned()), (Outcome::Served, false));
    assert_eq!(requests.details(second), Details::NONE);
    assert_eq!(requests.describe(second), &Details::NONE);
}

#[test]
#[should_panic(expected = "ended twice")]
fn a_request_cannot_end_twice() {
    let mut requests = Requests::new(1);
    let (id, _) = create(&mut requests, 1, 0);
    requests.finish(id);
    requests.finish(id);
}

#[test]
#[should_panic(expected = "before its answer came home")]
fn a_request_cannot_end_while_a_node_waits_for_it() {
    let mut requests = Requests::new(1);
    let (id, _) = create(&mut requests, 1, 0);
    requests.enter(id, ActorId(0), 0, Time::ZERO);
    requests.finish(id);
}

#[test]
#[should_panic(expected = "does not wait for it")]
fn an_answer_cannot_come_to_who_did_not_ask() {
    let mut requests = Requests::new(1);
    let (id, _) = create(&mut requests, 1, 0);
    requests.leave(id);
}

#[test]
#[should_panic(expected = "longer than the system is deep")]
fn a_return_path_is_not_longer_than_the_system_is_deep() {
    let mut requests = Requests::new(5);
    let (id, _) = create(&mut requests, 1, 0);
    for stop in 0..6 {
        requests.enter(id, ActorId(stop), 0, Time::ZERO);
    }
}

#[test]
fn the_slot_of_a_request_that_is_held_is_not_used_again() {
    let mut requests = Requests::new(3);
    let (first, request) = create(&mut requests, 1, 0);
    request.set_out(ActorId(0), 0, Time::ZERO);
    requests.hold(first, Hold::Cancellation);
    requests.hold(first, Hold::Timer);
    requests.take_reply(first);
    assert_eq!((requests.in_flight(), requests.is_over(first)), (0, true));
    assert_ne!(create(&mut requests, 2, 0).0, first);
    requests.release(first, Hold::Timer);
    assert_ne!(create(&mut requests, 3, 0).0, first);
    requests.release(first, Hold::Cancellation);
    assert_eq!(create(&mut requests, 4, 0).0, first);
    assert!(!requests.is_held(first, Hold::Timer));
}

#[test]
fn who_abandons_a_request_abandons_what_was_asked_on_its_behalf() {
    let mut requests = Requests::new(3);
    let ids: Vec<RequestId> = (0..3).map(|number| create(&mut requests, number, 0).0).collect();
    requests.describe(ids[0]).child = ids[1];
    requests.describe(ids[1]).child = ids[2];
    requests.abandon(ids[1], Outcome::TimedOut, Time::ZERO);
    assert_eq!(ids.iter().map(|&id| requests[id].is_abandoned()).collect::<Vec<_>>(), [false, true, true]);
    assert_eq!(requests.details(ids[2]).given_up, Outcome::TimedOut);
}

#[test]
fn a_request_tells_of_the_way_from_where_it_comes_back_to() {
    let at = Time::from_nanos;
    let tells = |entered: u64, outcome: Outcome, given_up: Option<(Outcome, u64)>, deadline: u64| {
        let mut requests = Requests::new(3);
        let (id, request) = create(&mut requests, 1, 0);
        request.set_out(ActorId(0), 0, at(0));
        requests.enter(id, ActorId(1), 0, at(entered));
        requests[id].outcome = outcome;
        requests.describe(id).deadline = at(deadline);
        if let Some((why, when)) = given_up {
            requests.abandon(id, why, at(when));
        }
        requests.outcome_behind(id)
    };
    assert_eq!(tells(5, Outcome::Served, None, 99), Some(Outcome::Served));
    assert_eq!(tells(5, Outcome::Error, None, 99), Some(Outcome::Error));
    assert_eq!(tells(5, Outcome::Cancelled, None, 99), None);
    // It took too long from there, or had done so before.
    assert_eq!(tells(5, Outcome::Served, Some((Outcome::TimedOut, 7)), 99), Some(Outcome::TimedOut));
    assert_eq!(tells(5, Outcome::Served, Some((Outcome::TimedOut, 4)), 99), Some(Outcome::Served));
    assert_eq!(tells(5, Outcome::Error, Some((Outcome::GaveUp, 4)), 99), Some(Outcome::Error));
    assert_eq!(tells(5, Outcome::Served, Some((Outcome::Cancelled, 7)), 99), None);
    assert_eq!(tells(5, Outcome::DeadlinePassed, None, 6), Some(Outcome::DeadlinePassed));
    assert_eq!(tells(5, Outcome::DeadlinePassed, None, 5), None);
}
