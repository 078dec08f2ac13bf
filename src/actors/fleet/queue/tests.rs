//! Disciplines and drop policies: sequences by hand, and any sequence against a plain list.

use proptest::prelude::*;

use super::discipline::Facts;
use super::disciplines::adaptive_lifo::AdaptiveLifo;
use super::disciplines::earliest_deadline::EarliestDeadline;
use super::disciplines::fifo::Fifo;
use super::disciplines::lifo::Lifo;
use super::disciplines::priority::Priority;
use super::disciplines::weighted_fair::{Cost, Requests, Size, WeightedFair, Work};
use super::full::{DropLatestDeadline, DropLeastTimeLeft, DropNewest, DropOldest, Wait, WhenFull};
use super::line::WaitToken;
use super::queues::{Joined, Queues};
use super::{Classes, Discipline};
use crate::actors::fleet::FleetSpec;
use crate::actors::kit::route::Targets;
use crate::distributions::{Constant, Distribution};
use crate::engine::random::StreamKey;
use crate::engine::{RequestId, Time};
use crate::schema::quantity::{Bytes, Span};
use crate::schema::{Map, Name};

/// Three classes called "a", "b" and "c".
const CLASSES: Classes<'static> = Classes {
    count: 3,
    class_of: &|name: &str| ["a", "b", "c"].iter().position(|other| *other == name).map(|at| at as u16),
};

fn name(text: &str) -> Name {
    Name { text: text.to_owned(), region: Default::default() }
}

pub(in crate::actors::fleet) fn spec(discipline: Discipline, when_full: WhenFull) -> FleetSpec {
    FleetSpec {
        servers: 1,
        workers: 1,
        discipline,
        queue: None,
        queue_bytes: None,
        longest_wait: None,
        when_full,
        shed: None,
        service: Distribution::Constant(Constant { value: Span::whole(1) }),
        demand: None,
        slowness: None,
        service_per_unit: Span::ZERO,
        speeds: Vec::new(),
        weights: Vec::new(),
        names: Vec::new(),
        backups: Vec::new(),
        max_connections: Vec::new(),
        copies: 1,
    }
}

fn newest() -> WhenFull {
    WhenFull::DropNewest(DropNewest {})
}

fn queues(spec: &FleetSpec) -> Queues {
    Queues::new(spec, &CLASSES, StreamKey::root(1, 0))
}

fn priority() -> Discipline {
    Discipline::Priority(Priority { order: vec![Targets(vec![name("b")]), Targets(vec![name("c")])] })
}

fn fair(weights: [f64; 3], by: Cost) -> Discipline {
    let entries = ["a", "b", "c"].map(name).into_iter().zip(weights).collect();
    Discipline::WeightedFair(WeightedFair { weights: Map::new(entries), by })
}

/// A request with number `id`: its class, size and deadline.
fn token(id: u32, class: u16, bytes: u64, deadline: u64) -> WaitToken {
    let facts = Facts { class, bytes, deadline: Time::from_nanos(deadline), work: bytes as f64 };
    WaitToken::new(RequestId(id), 0, Time::ZERO, facts)
}

/// Takes all that wait, in order.
fn drain(queues: &mut Queues) -> Vec<u32> {
    let mut order = Vec::new();
    while let Some(number) = queues.take(0) {
        let token = queues.give_back(number);
        queues.begins(&token);
        order.push(token.id.0);
    }
    assert!(queues.is_empty());
    order
}

/// The order in which requests of these (class, size, deadline) are served that all wait.
fn order(discipline: Discipline, requests: &[(u16, u64, u64)]) -> Vec<u32> {
    let mut queues = queues(&spec(discipline, newest()));
    for (id, &(class, bytes, deadline)) in (0..).zip(requests) {
        assert!(matches!(queues.join(token(id, class, bytes, deadline)), Joined::Line(..)));
    }
    drain(&mut queues)
}

#[test]
fn each_discipline_serves_a_sequence_in_its_order() {
    const NEVER: u64 = u64::MAX;
    let requests = [
        (0, 1, 50),
        (1, 1, NEVER),
        (2, 1, 30),
        (1, 1, 30),
        (0, 1, NEVER),
        (crate::actors::kit::message::CHECK_CLASS, 1, 10),
    ];
    assert_eq!(order(Discipline::Fifo(Fifo {}), &requests), [0, 1, 2, 3, 4, 5]);
    assert_eq!(order(Discipline::Lifo(Lifo {}), &requests), [5, 4, 3, 2, 1, 0]);
    // Six wait, then five: the last first; from four on the first first.
    let adaptive = Discipline::AdaptiveLifo(AdaptiveLifo { above: Some(4) });
    assert_eq!(order(adaptive, &requests), [5, 4, 0, 1, 2, 3]);
    assert_eq!(order(priority(), &requests), [1, 3, 2, 0, 4, 5]);
    assert_eq!(order(Discipline::EarliestDeadline(EarliestDeadline {}), &requests), [5, 2, 3, 0, 1, 4]);
}

#[test]
fn self_clocked_fair_queueing_by_hand() {
    let by_count = Cost::Requests(Requests {});
    // Weights 2, 1, 1. Tags of a: 0.5, 1, 1.5, 2; of b: 1, 2; of c: 1. Equal tags in the order of coming.
    let requests = [(0, 1, 0), (0, 1, 0), (0, 1, 0), (0, 1, 0), (1, 1, 0), (1, 1, 0), (2, 1, 0)];
    assert_eq!(order(fair([2.0, 1.0, 1.0], by_count.clone()), &requests), [0, 1, 4, 6, 2, 3, 5]);
    // By size: a sends 10 each, b and c 1: tags of a 5, 10, 15, 20; of b 1, 2; of c 1.
    let requests = [(0, 10, 0), (0, 10, 0), (0, 10, 0), (0, 10, 0), (1, 1, 0), (1, 1, 0), (2, 1, 0)];
    assert_eq!(order(fair([2.0, 1.0, 1.0], Cost::Size(Size {})), &requests), [4, 6, 5, 0, 1, 2, 3]);
    assert_eq!(order(fair([2.0, 1.0, 1.0], Cost::Work(Work {})), &requests), [4, 6, 5, 0, 1, 2, 3]);
    // A late arrival begins at the clock, without debt or credit: after two of a the clock is at 2.
    let mut queues = queues(&spec(fair([1.0, 1.0, 1.0], by_count), newest()));
    (0..4).for_each(|id| drop(queues.join(token(id, 0, 1, 0))));
    for expected in [0, 1] {
        let number = queues.take(0).expect("four wait");
        let token = queues.give_back(number);
        queues.begins(&token);
        assert_eq!(token.id.0, expected);
    }
    // Its tags are 3 and 4, like those of the two of a that are left.
    (4..6).for_each(|id| drop(queues.join(token(id, 1, 1, 0))));
    assert_eq!(drain(&mut queues), [2, 4, 3, 5]);
}

#[test]
fn backlogged_classes_share_in_proportion_to_their_weights() {
    for (by, of_a) in [(Cost::Requests(Requests {}), 7), (Cost::Work(Work {}), 1)] {
        let mut queues = queues(&spec(fair([3.0, 1.0, 1.0], by.clone()), newest()));
        let mut served = [0.0_f64; 3];
        // Every class always has five waiting; a's requests are seven times as large where work is shared.
        let size = |class: u16| if class == 0 && of_a == 1 { 7 } else { 1 };
        for id in 0..15 {
            drop(queues.join(token(id, (id % 3) as u16, size((id % 3) as u16), 0)));
        }
        let counts = matches!(by, Cost::Requests(_));
        for id in 15..20_015 {
            let number = queues.take(0).expect("all are backlogged");
            let taken = queues.give_back(number);
            queues.begins(&taken);
            let class = taken.facts.class;
            served[usize::from(class)] += if counts { 1.0 } else { taken.facts.work };
            drop(queues.join(token(id, class, size(class), 0)));
        }
        // Golestani 1994: two backlogged classes differ in service over weight by one largest request of each at most.
        let normal = [served[0] / 3.0, served[1], served[2]];
        let most = 7.0 / 3.0 + 1.0;
        assert!(normal.iter().all(|share| (share - normal[1]).abs() <= most), "{by:?}: {served:?}");
    }
}

#[test]
fn a_full_queue_drops_whom_its_rule_says() {
    let join = |when_full: WhenFull, deadlines: [u64; 3], deadline: u64| {
        let mut queues = queues(&FleetSpec { queue: Some(3), ..spec(Discipline::Lifo(Lifo {}), when_full) });
        for (id, deadline) in (0..).zip(deadlines) {
            drop(queues.join(token(id, 0, 1, deadline)));
        }
        match queues.join(token(3, 0, 1, deadline)) {
            Joined::Line(_, victims) => victims.iter().map(|&victim| queues.give_back(victim).id.0).collect(),
            Joined::TurnedAway => vec![3],
            Joined::Outside(_) => Vec::new(),
        }
    };
    assert_eq!(join(newest(), [9, 9, 9], 1), [3]);
    assert_eq!(join(WhenFull::DropOldest(DropOldest {}), [9, 9, 9], 1), [0]);
    let latest = || WhenFull::DropLatestDeadline(DropLatestDeadline {});
    assert_eq!(join(latest(), [5, 9, 9], 7), [2]);
    assert_eq!(join(latest(), [5, 9, u64::MAX], 7), [2]);
    assert_eq!(join(latest(), [5, 9, 9], 9), [3]);
    assert_eq!(join(latest(), [5, 9, 9], u64::MAX), [3]);
    let least = || WhenFull::DropLeastTimeLeft(DropLeastTimeLeft {});
    assert_eq!(join(least(), [5, 4, 4], 7), [1]);
    assert_eq!(join(least(), [5, 4, 4], 4), [3]);
    assert_eq!(join(least(), [u64::MAX; 3], u64::MAX), [3]);
    assert!(join(WhenFull::Wait(Wait { longest: Span::whole(1) }), [9, 9, 9], 1).is_empty());
}

#[test]
fn a_queue_full_of_bytes_makes_room_for_as_many() {
    let bytes = |text| Some(Bytes::parse(text).expect("a size"));
    let when_full = WhenFull::DropOldest(DropOldest {});
    let mut queues = queues(&FleetSpec { queue_bytes: bytes("10 B"), ..spec(Discipline::Fifo(Fifo {}), when_full) });
    (0..3).for_each(|id| drop(queues.join(token(id, 0, 3, 0))));
    assert!(matches!(queues.join(token(3, 0, 1, 0)), Joined::Line(_, victims) if victims.is_empty()));
    // Two of three bytes must go for one of five; one of more than all never fits.
    let Joined::Line(_, victims) = queues.join(token(4, 0, 5, 0)) else { panic!("there is room") };
    let gone: Vec<u32> = victims.iter().map(|&victim| queues.give_back(victim).id.0).collect();
    assert_eq!(gone, [0, 1]);
    assert_eq!(queues.join(token(5, 0, 11, 0)), Joined::TurnedAway);
    assert_eq!(drain(&mut queues), [2, 3, 4]);
}

#[test]
fn who_waits_for_a_place_comes_in_by_turn_and_not_around_others() {
    let when_full = WhenFull::Wait(Wait { longest: Span::whole(1) });
    let size = Some(Bytes::parse("10 B").expect("a size"));
    let mut queues = queues(&FleetSpec { queue_bytes: size, ..spec(Discipline::Lifo(Lifo {}), when_full) });
    assert!(matches!(queues.join(token(0, 0, 6, 0)), Joined::Line(..)));
    assert!(matches!(queues.join(token(1, 0, 6, 0)), Joined::Outside(_)));
    // It would fit, but another was there before.
    assert!(matches!(queues.join(token(2, 0, 1, 0)), Joined::Outside(_)));
    assert_eq!(queues.admit(0), None);
    let first = queues.take(0).expect("one is in line");
    assert_eq!(queues.give_back(first).id.0, 0);
    let inside: Vec<u32> = std::iter::from_fn(|| queues.admit(0).map(|number| queues.token(number).id.0)).collect();
    assert_eq!(inside, [1, 2]);
    assert_eq!(drain(&mut queues), [2, 1]);
}

#[test]
fn what_a_crash_finds_is_in_the_order_of_coming() {
    let when_full = WhenFull::Wait(Wait { longest: Span::whole(1) });
    let mut queues = queues(&FleetSpec { queue: Some(2), ..spec(priority(), when_full) });
    for (id, class) in [(0, 0), (1, 1), (2, 1), (3, 2)] {
        drop(queues.join(token(id, class, 1, 0)));
    }
    let all = queues.clear(0);
    let all: Vec<u32> = all.into_iter().map(|number| queues.give_back(number).id.0).collect();
    assert_eq!(all, [0, 1, 2, 3]);
    assert!(queues.is_empty());
    assert_eq!(queues.take(0), None);
}

/// A queue as a plain list, without any cleverness.
struct Model {
    discipline: Discipline,
    when_full: WhenFull,
    places: usize,
    bytes: u64,
    line: Vec<(WaitToken, f64)>,
    outside: Vec<WaitToken>,
    /// Fair queueing: the clock, and from where each class is charged.
    clock: f64,
    tags: [f64; 3],
}

impl Model {
    fn fits(&self, bytes: u64) -> bool {
        let held: u64 = self.line.iter().map(|(token, _)| token.facts.bytes).sum();
        self.line.len() < self.places && held + bytes <= self.bytes
    }

    fn rank(&mut self, token: &WaitToken) -> f64 {
        let class = usize::from(token.facts.class);
        match &self.discipline {
            Discipline::Priority(_) => [2.0, 0.0, 1.0][class],
            Discipline::EarliestDeadline(_) => token.facts.deadline.as_nanos() as f64,
            _ => 0.0,
        }
    }

    /// A class that begins to wait is charged from the clock on.
    fn wakes(&mut self, class: usize) {
        if self.line.iter().all(|(token, _)| usize::from(token.facts.class) != class) {
            self.tags[class] = self.tags[class].max(self.clock);
        }
    }

    /// The tag of a request that is the first of its class.
    fn tag(&self, token: &WaitToken) -> f64 {
        let class = usize::from(token.facts.class);
        self.tags[class] + token.facts.bytes as f64 / [4.0, 2.0, 1.0][class]
    }

    fn push(&mut self, token: WaitToken) {
        self.wakes(usize::from(token.facts.class));
        let rank = self.rank(&token);
        self.line.push((token, rank));
    }

    /// The requests that leave for the request that came: that request, others, or none.
    fn join(&mut self, token: WaitToken) -> Vec<u32> {
        if self.outside.is_empty() && self.fits(token.facts.bytes) {
            self.push(token);
            return Vec::new();
        }
        let whole = self.line.clone();
        let mut gone = Vec::new();
        while !self.fits(token.facts.bytes) && token.facts.bytes <= self.bytes {
            let deadline = |place: &usize| self.line[*place].0.facts.deadline;
            let places = 0..self.line.len();
            let victim = match self.when_full {
                WhenFull::DropNewest(_) => None,
                WhenFull::Wait(_) => {
                    self.outside.push(token);
                    return Vec::new();
                }
                WhenFull::DropOldest(_) => places.min(),
                WhenFull::DropLatestDeadline(_) => {
                    places.max_by_key(deadline).filter(|place| deadline(place) > token.facts.deadline)
                }
                WhenFull::DropLeastTimeLeft(_) => {
                    places.min_by_key(deadline).filter(|place| deadline(place) < token.facts.deadline)
                }
            };
            let Some(victim) = victim else { break };
            gone.push(self.line.remove(victim).0);
        }
        if self.fits(token.facts.bytes) && (self.outside.is_empty()) {
            self.push(token);
            return gone.iter().map(|token| token.id.0).collect();
        }
        if matches!(self.when_full, WhenFull::Wait(_)) && token.facts.bytes <= self.bytes {
            self.outside.push(token);
            return Vec::new();
        }
        self.line = whole;
        vec![token.id.0]
    }

    fn admit(&mut self) {
        while !self.outside.is_empty() && self.fits(self.outside[0].facts.bytes) {
            let token = self.outside.remove(0);
            self.push(token);
        }
    }

    fn take(&mut self) -> Option<u32> {
        let places = 0..self.line.len();
        let place = match self.discipline {
            Discipline::Lifo(_) => places.max(),
            Discipline::AdaptiveLifo(_) if self.line.len() > 3 => places.max(),
            Discipline::Fifo(_) | Discipline::AdaptiveLifo(_) => places.min(),
            Discipline::WeightedFair(_) => {
                let is_first = |&place: &usize| {
                    let token = &self.line[place].0;
                    let same = |(other, _): &&(WaitToken, f64)| other.facts.class == token.facts.class;
                    self.line.iter().filter(same).all(|(other, _)| other.id.0 >= token.id.0)
                };
                let of = |place: usize| (self.tag(&self.line[place].0), self.line[place].0.id.0);
                places.filter(is_first).min_by(|&a, &b| of(a).0.total_cmp(&of(b).0).then(of(a).1.cmp(&of(b).1)))
            }
            // The first among the least ranks; the earliest arrival has the least identity.
            _ => places.min_by(|&a, &b| {
                let of = |place: usize| (self.line[place].1, self.line[place].0.id.0);
                of(a).0.total_cmp(&of(b).0).then(of(a).1.cmp(&of(b).1))
            }),
        };
        let taken = match place {
            Some(place) => self.line.remove(place),
            None if self.outside.is_empty() => return None,
            None => {
                let token = self.outside.remove(0);
                self.wakes(usize::from(token.facts.class));
                (token, 0.0)
            }
        };
        let tag = self.tag(&taken.0);
        self.tags[usize::from(taken.0.facts.class)] = tag;
        self.clock = self.clock.max(tag);
        Some(taken.0.id.0)
    }
}

#[derive(Clone, Debug)]
enum Step {
    Join(u16, u64, u64),
    Take,
    /// One of the waiting requests, by its place among all of them in order of arrival.
    Leave(usize),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (0_u16..3, 0_u64..5, prop_oneof![Just(u64::MAX), 0_u64..20]).prop_map(|(class, bytes, deadline)| Step::Join(class, bytes, deadline)),
        2 => Just(Step::Take),
        1 => (0_usize..20).prop_map(Step::Leave),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_discipline_with_every_bound_is_what_a_plain_list_does(
        discipline in 0_usize..6,
        when_full in 0_usize..5,
        places in prop::option::of(0_usize..6),
        bytes in prop::option::of(0_u64..12),
        steps in prop::collection::vec(step(), 0..80),
    ) {
        let discipline = [
            Discipline::Fifo(Fifo {}),
            Discipline::Lifo(Lifo {}),
            Discipline::AdaptiveLifo(AdaptiveLifo { above: Some(3) }),
            priority(),
            Discipline::EarliestDeadline(EarliestDeadline {}),
            fair([4.0, 2.0, 1.0], Cost::Work(Work {})),
        ][discipline].clone();
        let when_full = [
            newest(),
            WhenFull::DropOldest(DropOldest {}),
            WhenFull::DropLatestDeadline(DropLatestDeadline {}),
            WhenFull::DropLeastTimeLeft(DropLeastTimeLeft {}),
            WhenFull::Wait(Wait { longest: Span::whole(1) }),
        ][when_full].clone();
        let mut words = spec(discipline.clone(), when_full.clone());
        words.queue = places;
        words.queue_bytes = bytes.map(|bytes| Bytes::parse(&format!("{bytes} B")).expect("a size"));
        let mut queues = queues(&words);
        let mut model = Model {
            discipline,
            when_full,
            places: places.unwrap_or(usize::MAX),
            bytes: bytes.unwrap_or(u64::MAX),
            line: Vec::new(),
            outside: Vec::new(),
            clock: 0.0,
            tags: [0.0; 3],
        };
        // The wait tokens of waiting requests, in order of arrival.
        let mut tokens: Vec<u32> = Vec::new();
        for (id, step) in (0..).zip(steps) {
            match step {
                Step::Join(class, bytes, deadline) => {
                    let token = token(id, class, bytes, deadline);
                    let gone = match queues.join(token) {
                        Joined::Line(number, victims) => {
                            tokens.retain(|token| !victims.contains(token));
                            tokens.push(number);
                            victims.into_iter().map(|victim| queues.give_back(victim).id.0).collect()
                        }
                        Joined::Outside(number) => {
                            tokens.push(number);
                            Vec::new()
                        }
                        Joined::TurnedAway => vec![id],
                    };
                    prop_assert_eq!(gone, model.join(token));
                }
                Step::Take => {
                    let taken = queues.take(0).map(|number| {
                        tokens.retain(|&token| token != number);
                        let token = queues.give_back(number);
                        queues.begins(&token);
                        token.id.0
                    });
                    prop_assert_eq!(taken, model.take());
                }
                Step::Leave(place) => {
                    if let Some(number) = tokens.get(place).copied() {
                        tokens.remove(place);
                        queues.remove(number);
                        queues.leaves_unserved(number);
                        let id = queues.give_back(number).id.0;
                        model.line.retain(|(token, _)| token.id.0 != id);
                        model.outside.retain(|token| token.id.0 != id);
                    }
                }
            }
            while queues.admit(0).is_some() {}
            model.admit();
            prop_assert_eq!(queues.waiting(0) as usize, model.line.len() + model.outside.len());
            prop_assert_eq!(queues.len(), tokens.len());
        }
    }
}
