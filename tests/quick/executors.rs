//! Who does the replications, and in which order, changes no bit of the results.

use std::sync::Mutex;

use rushhour::lab::Observation;
use rushhour::lab::{Executor, JobId, Journal, Plan, Run, Serial, Threads};

use crate::answers::planned;

/// Says that it does several jobs at once, and does the last one first.
struct Backwards;

impl Executor for Backwards {
    fn parallelism(&self) -> usize {
        7
    }

    fn run(&self, count: usize, job: &(dyn Fn(usize) + Sync)) {
        (0..count).rev().for_each(job);
    }
}

/// Keeps the names of replications in the order in which they finish.
#[derive(Default)]
struct Order(Mutex<Vec<JobId>>);

impl Journal for Order {
    fn record(&self, job: JobId, _observation: &Observation) {
        self.0.lock().expect("nothing fails while it is held").push(job);
    }
}

/// Two arms at three loads, with a warm-up to be found and rounds of replications.
fn plan() -> Plan {
    planned(
        r#"Experiment(
            system: System(nodes: {
                "users": Clients(arrivals: Poisson(rate: "500/s"), to: "lb"),
                "lb": Balancer(policy: Random, to: "web"),
                "web": Fleet(servers: 2, service: Exponential(mean: "2 ms")),
            }),
            run: (duration: "4 s", warm_up: Auto, replications: AtMost(30, half_width: "5 %"), seed: 3),
            arms: {"random": {}, "round robin": {"lb.policy": RoundRobin}},
            sweep: ("users.arrivals.rate", ["300/s", "500/s", "700/s"]),
            measure: [Latency([0.5, 0.99]), Utilization],
            claims: [Less(P99("round robin"), P99("random"), at: "700/s")],
        )"#,
    )
}

#[test]
fn every_executor_gives_the_same_results() {
    let plan = plan();
    let first = Run::new(&plan).executor(&Serial).go().expect("no defect");
    assert!(first.cells.iter().any(|cell| cell.replications > 10), "one round was enough");
    let text = serde_json::to_string(&first).expect("plain data");
    let three = Threads::new(3).expect("three threads");
    for executor in [&Backwards as &dyn Executor, &three, &Threads::every_core()] {
        let results = Run::new(&plan).executor(executor).go().expect("no defect");
        assert_eq!(results, first);
        assert_eq!(serde_json::to_string(&results).expect("plain data"), text);
    }
}

#[test]
fn replications_finish_in_the_order_of_the_executor() {
    let plan = plan();
    let order = |executor: &dyn Executor| {
        let order = Order::default();
        Run::new(&plan).executor(executor).journal(&order).go().expect("no defect");
        order.0.into_inner().expect("nothing fails while it is held")
    };
    let (forwards, backwards) = (order(&Serial), order(&Backwards));
    assert_ne!(forwards, backwards);
    let sorted = |mut jobs: Vec<JobId>| {
        jobs.sort_unstable();
        jobs
    };
    assert_eq!(sorted(forwards), sorted(backwards));
}
