//! A balancing policy written outside the crate, compared with two of the language.
//!
//! The policy is "least work left, as far as one can guess": of each server it learns how long answers take, smoothed,
//! and sends a request where the requests already there would be done first.
//!
//! ```sh
//! cargo run --release --example own_policy
//! ```

use std::error::Error;

use rushhour::experiment::measures::Latency;
use rushhour::experiment::{Arm, Experiment, Replications, RunSpec, WarmUp};
use rushhour::extend::{Answer, Choose, Describes, Draws, Facts, Policy, View};
use rushhour::report::{Format, Terminal, render};
use rushhour::system::arrivals::Poisson;
use rushhour::system::laws::Exponential;
use rushhour::system::policies::{LeastConnections, RoundRobin};
use rushhour::system::{Balancer, Clients, Fleet, Rate, Span, System};

/// What the policy is: its parameters. Each balancer builds a state of its own from it.
#[derive(Debug)]
struct LeastBacklog {
    /// How much of what was learnt before an answer leaves: between 0 and 1.
    keeps: f64,
}

/// What one balancer has learnt of its servers.
#[derive(Clone, Debug)]
struct Learnt {
    keeps: f64,
    /// Smoothed seconds that each server takes for a request when it has only that one.
    pace: Vec<f64>,
    /// Requests that each server had when a request was last sent there.
    sent_behind: Vec<f64>,
}

impl Describes for LeastBacklog {
    type State = Learnt;

    fn build(&self, view: &View) -> Learnt {
        // Nothing is known of a server at first, so each is tried soon.
        Learnt { keeps: self.keeps, pace: vec![0.0; view.len()], sent_behind: vec![1.0; view.len()] }
    }

    fn problem(&self, _weights: &[u32]) -> Option<String> {
        // Told when the experiment is planned, with the node's name.
        (!(0.0..1.0).contains(&self.keeps)).then(|| "`keeps` is from 0 to below 1".to_owned())
    }
}

impl Choose for Learnt {
    fn choose(&mut self, view: &View, _facts: Facts, draws: &mut Draws) -> Option<usize> {
        use rushhour::extend::Bits;
        // Random draws come from the request's own stream alone, so that all arms see the same.
        let first = draws.below(view.len() as u64) as usize;
        let backlog = |member: usize| (f64::from(view.active(member)) + 1.0) * self.pace[member];
        let turn = (0..view.len()).map(|place| (first + place) % view.len());
        turn.filter(|&member| view.is_up(member)).min_by(|&a, &b| backlog(a).total_cmp(&backlog(b)))
    }

    fn sent(&mut self, view: &View, member: usize) {
        self.sent_behind[member] = f64::from(view.active(member));
    }

    fn done(&mut self, _view: &View, member: usize, answer: Answer) {
        if let Some(time) = answer.response_time {
            let pace = time.as_secs_f64() / self.sent_behind[member].max(1.0);
            self.pace[member] = self.keeps * self.pace[member] + (1.0 - self.keeps) * pace;
        }
    }
}

/// Compares the policy with two of the language.
pub fn main() -> Result<(), Box<dyn Error>> {
    // Six fast servers and two that are three times as slow. The balancer is not told.
    let speeds = [vec![3.0; 6], vec![1.0; 2]].concat();
    let system = System::default()
        .node("users", Clients::new(Poisson::new(Rate::of(1200.0)), "lb"))
        .node("lb", Balancer::new("web"))
        .node("web", Fleet { servers: 8, speeds, ..Fleet::of(Exponential::new(Span::milliseconds(12))) });

    let own = Policy::own("least backlog", LeastBacklog { keeps: 0.95 });
    let plan = Experiment {
        title: "Does it pay to learn how fast servers are?".to_owned(),
        run: RunSpec {
            duration: Some(Span::whole(20)),
            warm_up: WarmUp::Fixed(Span::whole(2)),
            replications: Replications::Fixed(5),
            ..RunSpec::new()
        },
        measure: vec![Latency::new().into()],
        ..Experiment::new(system)
    }
    .arm("least connections", Arm::default().set("lb.policy", Policy::from(LeastConnections::new())))
    .arm("round robin", Arm::default().set("lb.policy", Policy::from(RoundRobin::new())))
    .arm("least backlog", Arm::default().set("lb.policy", own))
    .plan()?;

    let results = plan.run()?;
    print!("{}", render(&results, Format::Table, Terminal { width: 120, ..Terminal::default() }));

    let mean = |arm: usize| results.cell(arm, 0).and_then(|cell| cell.value("latency_mean"));
    assert!(mean(2) < mean(0), "what is learnt of the servers shortens the wait");
    // The language has no word for the policy, and a manifest says so.
    assert!(plan.manifest().contains("GivenInCode(\"least backlog\")"));
    Ok(())
}
