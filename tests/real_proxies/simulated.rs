//! What the simulator's policies choose.

use rushhour::extend::{Answer, Choose, Describes, Facts, Outcome, StreamKey, Time, View};

/// What a policy may know of a request.
pub fn facts(client: u32, key: u32) -> Facts {
    Facts { now: Time::ZERO, client, key }
}

/// The members that a policy chooses for requests that are answered one by one.
pub fn one_by_one(policy: &impl Describes, view: View, requests: impl IntoIterator<Item = Facts>) -> Vec<usize> {
    let mut state = policy.build(&view);
    let mut number = 0;
    let mut choose = |facts| {
        number += 1;
        state.choose(&view, facts, &mut StreamKey::root(1, 0).draws(number)).expect("all members are up")
    };
    requests.into_iter().map(&mut choose).collect()
}

/// The members that a policy chooses for requests each of which is sent and answered before the next.
pub fn answered(policy: &impl Describes, mut view: View, requests: usize) -> Vec<usize> {
    let mut state = policy.build(&view);
    let answer = Answer { now: Time::ZERO, response_time: None, outcome: Outcome::Served };
    let mut choose = |number| {
        let draws = &mut StreamKey::root(1, 0).draws(number);
        let member = state.choose(&view, facts(0, 0), draws).expect("all members are up");
        view.sent(member);
        state.sent(&view, member);
        view.done(member);
        state.done(&view, member, answer);
        member
    };
    (0..requests as u64).map(&mut choose).collect()
}

/// The members that a policy chooses for requests none of which is answered.
pub fn held(policy: &impl Describes, mut view: View, requests: usize) -> Vec<usize> {
    let mut state = policy.build(&view);
    let mut choose = |number| {
        let draws = &mut StreamKey::root(1, 0).draws(number);
        let member = state.choose(&view, facts(0, 0), draws).expect("all members are up");
        view.sent(member);
        state.sent(&view, member);
        member
    };
    (0..requests as u64).map(&mut choose).collect()
}

/// How often each of `members` was chosen.
pub fn counts(chosen: &[usize], members: usize) -> Vec<usize> {
    (0..members).map(|member| chosen.iter().filter(|&&other| other == member).count()).collect()
}
