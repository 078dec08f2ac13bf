//! Nanoseconds per decision of each policy: a choice, what the policy notes of it, and an answer. With as many requests
//! held as there are members.

use std::collections::VecDeque;
use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use rushhour::extend::{
    Answer, Bits, Choose, Describes, Draws, Duration, Facts, Load, Outcome, Policy, StreamKey, Subscription, Time, View,
};
use rushhour::internals::{Choice, Decode, Reader, parse};
use rushhour::lab::Sources;
use rushhour::system::policies::{LeastConnections, RoundRobin};

fn policy(text: &str) -> Policy {
    let file = Sources::default().add("bench", text);
    let node = parse(file, text).expect("a word");
    Policy::decode(&node, &mut Reader::default()).expect("every policy has defaults")
}

/// A policy of the language as one given in code: what it takes more is the price of the pointer.
#[derive(Debug)]
struct Outside<P>(P);

/// The same at work, forwarding as a policy written outside would be compiled.
#[derive(Clone, Debug)]
struct AtWork<S>(S);

impl<P: Describes> Describes for Outside<P> {
    type State = AtWork<P::State>;

    fn build(&self, view: &View) -> Self::State {
        AtWork(self.0.build(view))
    }
}

impl<S: Choose> Choose for AtWork<S> {
    fn choose(&mut self, view: &View, facts: Facts, draws: &mut Draws) -> Option<usize> {
        self.0.choose(view, facts, draws)
    }

    fn sent(&mut self, view: &View, member: usize) {
        self.0.sent(view, member);
    }

    fn done(&mut self, view: &View, member: usize, answer: Answer) {
        self.0.done(view, member, answer);
    }
}

fn decisions(criterion: &mut Criterion) {
    let others = ["LeastConnections(ties: Weighted)", "RingHash(placement: Nginx)", "RingHash(placement: Envoy)"];
    let named = Policy::variants().into_iter().map(|(name, _)| name).chain(others).map(|name| (name, policy(name)));
    let own = [
        ("own RoundRobin", Policy::own("round robin", Outside(RoundRobin::new()))),
        ("own LeastConnections", Policy::own("least connections", Outside(LeastConnections::new()))),
    ];
    for (name, policy) in named.chain(own) {
        let subscription = policy.subscription();
        let mut group = criterion.benchmark_group(name);
        for members in [10, 1_000, 10_000] {
            let mut view = View::new(vec![1; members]);
            let mut state = policy.build(&view);
            let key = StreamKey::root(1, 0);
            let mut draws = key.named("client").draws(0);
            let mut held: VecDeque<usize> = VecDeque::new();
            let (mut number, mut ask) = (0, Vec::new());
            let mut decide = move || {
                number += 1;
                let now = Time::from_nanos(number * 1_000);
                let facts = Facts { now, client: draws.bits() as u32, key: number as u32 };
                let member = state.choose(&view, facts, key, number).expect("all are up");
                view.sent(member);
                state.sent(&view, member);
                held.push_back(member);
                if subscription == Subscription::Probes {
                    ask.clear();
                    state.probes(&view, &mut draws, &mut ask);
                    for &member in &ask {
                        let in_flight = view.active(member as usize);
                        let latency = Duration::from_nanos(u64::from(in_flight) * 1_000_000);
                        state.probed(&view, member as usize, Load { now, in_flight, latency }, &mut draws);
                    }
                }
                if held.len() > members {
                    let back = held.pop_front().expect("a request is held");
                    view.done(back);
                    let response_time = Some(Duration::from_nanos(draws.below(100_000_000)));
                    state.done(&view, back, Answer { now, response_time, outcome: Outcome::Served });
                    if subscription == Subscription::Idleness && view.active(back) == 0 {
                        state.idle(&view, back);
                    }
                }
                member
            };
            (0..2 * members).for_each(|_| {
                decide();
            });
            group.bench_function(BenchmarkId::from_parameter(members), |bencher| bencher.iter(|| black_box(decide())));
        }
        group.finish();
    }
}

criterion_group! {
    name = benches;
    config = Criterion::default().sample_size(20).measurement_time(std::time::Duration::from_secs(1)).warm_up_time(std::time::Duration::from_millis(300));
    targets = decisions
}
criterion_main!(benches);
