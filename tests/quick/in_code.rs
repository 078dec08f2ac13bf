//! Systems and experiments made in code: they are what the same text is, and their mistakes are told as those of text are.

use crate::answers::{planned, run_plan};
use rushhour::experiment::claims::{Above, Less, P99, Utilization as UtilizationOf};
use rushhour::experiment::measures::{Answered, Latency, Utilization};
use rushhour::experiment::{Arm, Experiment, Replications, RunSpec, WarmUp};
use rushhour::extend::{Answer, Choose, Describes, Draws, Facts, Policy, View};
use rushhour::lab::{Problems, plan_text};
use rushhour::report::{Format, Terminal, render};
use rushhour::system::arrivals::{Keys, Poisson, UniformKeys};
use rushhour::system::calls::{Exponential as ExponentialBackoff, FullJitter, Retry};
use rushhour::system::faults::{FaultSpec, SlowDown};
use rushhour::system::laws::{Constant, Exponential, LogNormal};
use rushhour::system::limits::TokenBucket;
use rushhour::system::policies::{PowerOfChoices, Random, RoundRobin};
use rushhour::system::routes::Route;
use rushhour::system::{Balancer, Clients, Fleet, Limiter, Percent, Rate, Span, System};

const TEXT: &str = r#"
Experiment(
    title: "the same",
    system: System(
        nodes: {
            "users": Clients(
                arrivals: Poisson(rate: "300/s"),
                to: (to: "limit", delay: Constant("250 us")),
                timeout: "2 s",
                keys: Uniform(n: 50),
                retry: (attempts: 3, backoff: Exponential(base: "10 ms", jitter: Full)),
            ),
            "limit": Limiter(limit: TokenBucket(refill: "400/s", capacity: 40), to: "lb"),
            "lb": Balancer(policy: Random, to: "web"),
            "web": Fleet(servers: 4, speeds: [1, 1, 0.5, 2], service: LogNormal(mean: "9 ms", cv: 1.5)),
        },
        faults: [(at: "4 s", node: "web", fault: SlowDown(factor: 3), servers: [2], lasts: "1 s")],
    ),
    run: (duration: "8 s", warm_up: "1 s", replications: 3, seed: 7),
    arms: {"random": {}, "two": {"lb.policy": PowerOfChoices(d: 2), "web.workers": 2}},
    sweep: ("users.arrivals.rate", ["200/s", "300/s"]),
    measure: [Latency([0.5, 0.99]), Answered, Utilization],
    claims: [Less(P99("two"), P99("random"), at: "300/s"), Above(Utilization("random"), "10 %")],
)
"#;

fn system() -> System {
    System::default()
        .node(
            "users",
            Clients {
                timeout: Some(Span::whole(2)),
                keys: Keys::Uniform(UniformKeys::new(50)),
                retry: Some(Retry {
                    attempts: 3,
                    backoff: ExponentialBackoff {
                        base: Span::milliseconds(10),
                        jitter: FullJitter::new().into(),
                        ..ExponentialBackoff::new()
                    }
                    .into(),
                    ..Retry::new()
                }),
                ..Clients::new(
                    Poisson::new(Rate::of(300.0)),
                    Route { delay: Some(Constant::new(Span::of(0.000_25)).into()), ..Route::new("limit") },
                )
            },
        )
        .node(
            "limit",
            Limiter { limit: Some(TokenBucket { capacity: 40, refill: Rate::of(400.0) }.into()), ..Limiter::new("lb") },
        )
        .node("lb", Balancer { policy: Random::new().into(), ..Balancer::new("web") })
        .node(
            "web",
            Fleet {
                servers: 4,
                speeds: vec![1.0, 1.0, 0.5, 2.0],
                ..Fleet::of(LogNormal::new(Span::milliseconds(9), 1.5))
            },
        )
        .fault(FaultSpec {
            servers: Some(vec![2]),
            lasts: Some(Span::whole(1)),
            ..FaultSpec::new(Span::whole(4), "web", SlowDown::new(3.0))
        })
}

fn run() -> RunSpec {
    RunSpec {
        duration: Some(Span::whole(8)),
        warm_up: WarmUp::Fixed(Span::whole(1)),
        replications: Replications::Fixed(3),
        seed: 7,
        ..RunSpec::new()
    }
}

fn experiment() -> Experiment {
    let p99 = |arm: &str| P99 { arm: Some(arm.into()), ..P99::new() };
    let busy = UtilizationOf { arm: Some("random".into()), ..UtilizationOf::new() };
    Experiment {
        title: "the same".to_owned(),
        run: run(),
        measure: vec![Latency::new().into(), Answered::new().into(), Utilization::new().into()],
        claims: vec![
            Less { at: Some("300/s".into()), ..Less::new(p99("two"), p99("random")) }.into(),
            Above::new(busy, Percent::of(10.0)).into(),
        ],
        ..Experiment::new(system())
    }
    .arm("random", Arm::default())
    .arm("two", Arm::default().set("lb.policy", Policy::from(PowerOfChoices { d: 2 })).set("web.workers", 2_u32))
    .sweep("users.arrivals.rate", [Rate::of(200.0), Rate::of(300.0)])
}

fn json(results: &rushhour::lab::results::Results) -> String {
    render(results, Format::Json, Terminal::default())
}

#[test]
fn an_experiment_in_code_is_the_same_as_its_text() {
    let (text, code) = (planned(TEXT), experiment().plan().unwrap_or_else(|problems| panic!("{problems}")));
    assert_eq!(text.manifest(), code.manifest());
    assert_eq!(json(&run_plan(&text)), json(&run_plan(&code)));
}

fn wrong(experiment: Experiment) -> Problems {
    experiment.plan().expect_err("it is wrong")
}

#[test]
fn all_mistakes_are_told_by_node_and_field() {
    let system = System::default()
        .node(
            "users",
            Clients { timeout: Some(Span::of(-1.0)), ..Clients::new(Poisson::new(Rate::of(f64::NAN)), "nobody") },
        )
        .node("web", Fleet { servers: 0, weights: vec![0], ..Fleet::of(Exponential::new(Span::of(1e12))) })
        .node("web", Fleet { speeds: vec![f64::INFINITY], ..Fleet::of(Exponential::new(Span::ZERO)) });
    let told = wrong(Experiment::new(system)).to_string();
    for part in [
        "`users.timeout`: a length of time is not negative",
        "`users.arrivals.rate`: ",
        "`web.service.mean`: ",
        "`web.speeds`: ",
        "the name \"web\" is given twice",
        "--> experiment in code:",
    ] {
        assert!(told.contains(part), "{part} is not in\n{told}");
    }
    // What does not fit together is found where each part is right by itself.
    let system = System::default()
        .node("users", Clients::new(Poisson::new(Rate::of(1.0)), "wed"))
        .node("web", Fleet { servers: 0, ..Fleet::of(Exponential::new(Span::whole(1))) });
    let told = wrong(Experiment::new(system)).to_string();
    assert!(told.contains("`web.servers`: a fleet has 1 to 1,000,000 servers"), "{told}");
    let system = System::default()
        .node("users", Clients::new(Poisson::new(Rate::of(1.0)), "wed"))
        .node("web", Fleet::of(Exponential::new(Span::whole(1))));
    let told = wrong(Experiment { run: run(), ..Experiment::new(system) }).to_string();
    assert!(told.contains("`users.to.to`: there is no node \"wed\""), "{told}");
    assert!(told.contains("did you mean `web`?"), "{told}");
}

#[test]
fn mistakes_of_arms_sweeps_and_claims_are_told() {
    let wrong = wrong(experiment().arm("third", Arm::default().set("web.wokers", 2_u32)).sweep("lb.no", [1_u32]));
    let told = wrong.to_string();
    assert!(told.contains("wokers"), "{told}");
    assert!(told.contains("`no`"), "{told}");
    let none = Experiment { measure: Vec::new(), ..experiment() };
    let told = none.plan().expect_err("nothing is measured").to_string();
    assert!(told.contains("`measure`: at least one measure"), "{told}");
}

/// Each member in turn, as written outside the crate.
#[derive(Clone, Debug)]
struct InTurn {
    next: usize,
}

impl Describes for InTurn {
    type State = Self;

    fn build(&self, _view: &View) -> Self {
        self.clone()
    }

    fn problem(&self, _weights: &[u32]) -> Option<String> {
        (self.next > 1_000).then(|| "it begins beyond all members".to_owned())
    }
}

impl Choose for InTurn {
    fn choose(&mut self, view: &View, _facts: Facts, _draws: &mut Draws) -> Option<usize> {
        let member = (0..view.len()).map(|place| (self.next + place) % view.len()).find(|&at| view.is_up(at))?;
        self.next = (member + 1) % view.len();
        Some(member)
    }

    fn done(&mut self, view: &View, member: usize, answer: Answer) {
        assert!(member < view.len() && answer.response_time.is_some());
    }
}

fn with_policy(policy: Policy) -> Experiment {
    let system = System::default()
        .node("users", Clients::new(Poisson::new(Rate::of(300.0)), "lb"))
        .node("lb", Balancer { policy, ..Balancer::new("web") })
        .node("web", Fleet { servers: 4, ..Fleet::of(Exponential::new(Span::milliseconds(9))) });
    Experiment { run: run(), ..Experiment::new(system) }
}

fn own() -> Policy {
    Policy::own("in \"turn\"", InTurn { next: 0 })
}

#[test]
fn a_policy_from_outside_gives_the_bits_of_the_same_one_inside() {
    let inside = with_policy(RoundRobin::new().into()).plan().unwrap_or_else(|problems| panic!("{problems}"));
    let outside = with_policy(own()).plan().unwrap_or_else(|problems| panic!("{problems}"));
    let both = [run_plan(&inside), run_plan(&outside)];
    assert_eq!(both[0].cells[0].estimates, both[1].cells[0].estimates);
    // So does an arm, and a default policy that it replaces.
    let arm = with_policy(Random::new().into()).arm("own", Arm::default().set("lb.policy", own()));
    let by_arm = run_plan(&arm.plan().unwrap_or_else(|problems| panic!("{problems}")));
    assert_eq!(both[0].cells[0].estimates, by_arm.cells[0].estimates);
}

#[test]
fn a_manifest_says_that_a_policy_was_given_in_code_and_is_not_read_back() {
    let plan = with_policy(own()).plan().unwrap_or_else(|problems| panic!("{problems}"));
    let manifest = plan.manifest();
    assert!(manifest.contains(r#"policy: GivenInCode("in \"turn\"")"#), "{manifest}");
    let told = plan_text(&manifest).expect_err("the policy is missing").to_string();
    assert!(told.contains(r#"the policy "in \"turn\"" was given in code: no file holds it"#), "{told}");
}

#[test]
fn the_language_has_no_word_for_a_policy_from_outside() {
    let text = TEXT.replace("policy: Random", "policy: Own");
    let told = plan_text(&text).expect_err("there is no such policy").to_string();
    assert!(told.contains("unknown policy: `Own`"), "{told}");
    assert!(!told.contains("GivenInCode"), "{told}");
}

#[test]
fn what_a_policy_from_outside_finds_wrong_is_told() {
    let told = wrong(with_policy(Policy::own("far", InTurn { next: 5_000 }))).to_string();
    assert!(told.contains("it begins beyond all members"), "{told}");
}
