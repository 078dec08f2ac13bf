//! With `warm_up: Auto`, the first replications are looked at from time zero on, and what came before the cut is forgotten
//! afterwards. That gives the same bits as if measuring had begun there.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use crate::answers::{planned, planned_from, run_plan};
use rushhour::engine::{Duration, Time};
use rushhour::internals::{Job, Measuring, observe};
use rushhour::lab::results::Results;
use rushhour::lab::{Files, JobId, Journal, Observation, Plan, Progress, Replication, Run, Running, Serial};

/// Windows from one moment at which measuring may have begun to the next.
const EVERY: usize = 5;

#[test]
fn a_pilot_that_is_cut_afterwards_is_a_replication_that_began_there() {
    let mut cut = 0;
    for name in experiments() {
        let plan = shipped(&name);
        let last = plan.cells.len() - 1;
        for (place, share) in [(0, 0.1), (last / 2, 0.5), (last, 0.9)] {
            let cell = &plan.cells[place];
            let mut run = plan.experiment.run.clone();
            // Enough to pass what is described, and not all of a long run.
            run.events = run.events.min(300_000);
            let never = AtomicBool::new(false);
            let job = Job {
                blueprint: &cell.blueprint,
                inputs: &plan.inputs,
                run: &run,
                window: cell.window,
                alone: true,
                quantities: &plan.quantities,
                stop: &never,
            };
            let done =
                |measuring| Replication::run(&job, 3, measuring).expect("the books balance").expect("not stopped");
            let mut pilot = done(Measuring::AtEvery(EVERY));
            let clock = pilot.actors.clock();
            let moments = clock.closed() / EVERY;
            if moments == 0 {
                continue;
            }
            let moment = 1 + (share * (moments - 1) as f64) as u64;
            let warm_up = Duration::from_nanos(moment * EVERY as u64 * clock.width().as_nanos());
            // From time zero on it is like any other.
            let whole = done(Measuring::After(Duration::ZERO));
            assert_eq!(text(&observe(&job, &pilot)), text(&observe(&job, &whole)), "{name}, cell {place}");
            assert!(
                !pilot.begun(Duration::from_nanos(warm_up.as_nanos() + 1)),
                "no moment at which measuring may have begun"
            );
            assert!(pilot.begun(warm_up), "{name}, cell {place}: {moment} of {moments}");
            let began = done(Measuring::After(warm_up));
            assert_eq!(text(&observe(&job, &pilot)), text(&observe(&job, &began)), "{name}, cell {place}, {warm_up:?}");
            assert!(!pilot.begun(warm_up), "one moment is chosen at most");
            cut += 1;
        }
    }
    assert!(cut > 100, "{cut}");
}

#[test]
fn a_replication_that_is_advanced_step_by_step_finds_the_same() {
    for name in ["uneven-costs.ron", "failover.ron", "hedging.ron", "limiter-race.ron", "replay.ron"] {
        let plan = shipped(name);
        let cell = &plan.cells[0];
        let mut run = plan.experiment.run.clone();
        run.events = run.events.min(200_000);
        let never = AtomicBool::new(false);
        let job = Job {
            blueprint: &cell.blueprint,
            inputs: &plan.inputs,
            run: &run,
            window: cell.window,
            alone: true,
            quantities: &plan.quantities,
            stop: &never,
        };
        let measuring = Measuring::After(Duration::from_nanos(1_500_000_000));
        let whole = Replication::run(&job, 1, measuring).expect("the books balance").expect("not stopped");
        let mut running = Running::new(&job, 1, measuring).expect("built");
        let (mut until, mut steps) = (Time::ZERO, 0);
        // Steps that meet boundaries of windows, and steps that do not.
        while running.advance(until).is_none() {
            assert!(running.now() <= until);
            until = Time::from_nanos(until.as_nanos() + if steps % 2 == 0 { 1_000_000_000 } else { 333_333_333 });
            steps += 1;
        }
        assert!(steps > 2, "{name}");
        let stepped = running.finish().expect("the books balance").expect("not stopped");
        assert_eq!(text(&observe(&job, &stepped)), text(&observe(&job, &whole)), "{name}");
    }
}

/// Every number, to the last bit.
fn text(observation: &Observation) -> String {
    format!("{observation:?}")
}

/// The files of the experiments that are shipped.
struct Shipped;

impl Files for Shipped {
    fn open(&self, path: &str) -> Result<Box<dyn Read + '_>, String> {
        let file = File::open(Path::new("experiments").join(path));
        file.map(|file| Box::new(file) as Box<dyn Read>).map_err(|error| error.to_string())
    }

    fn beside(&self, _base: &str, relative: &str) -> String {
        relative.to_owned()
    }
}

fn experiments() -> Vec<String> {
    let files = std::fs::read_dir("experiments").expect("there").map(|entry| entry.expect("readable").file_name());
    let names = files.filter_map(|name| name.into_string().ok());
    let mut names: Vec<String> = names.filter(|name| name.ends_with(".ron")).collect();
    names.sort_unstable();
    names
}

fn shipped(name: &str) -> Plan {
    planned_from(&Shipped, name)
}

/// A slow start in one arm, none in the other, windows that double as often as they must, and two rounds.
const SLOW: &str = r#"Experiment(
    title: "slow start",
    system: System(nodes: {
        "users": Clients(arrivals: Poisson(rate: "20/s"), to: "web"),
        "web": Fleet(workers: 1000, service: Exponential(mean: "20 s")),
    }),
    run: (requests: 6000, warm_up: Auto, replications: AtMost(24, half_width: "3 %", batch: 4), seed: 4),
    arms: {"slow": {}, "quick": {"web.service.mean": "10 ms"}},
)"#;

fn slow(warm_up: &str) -> Plan {
    planned(&SLOW.replace("warm_up: Auto", warm_up))
}

#[test]
fn with_auto_the_numbers_are_those_of_the_same_warm_up_by_hand() {
    let auto = run_plan(&slow("warm_up: Auto"));
    let slow_one = &auto.cells[0];
    assert!(slow_one.warm_up > 0.0 && slow_one.replications >= 10, "{}, {}", slow_one.warm_up, slow_one.replications);
    let nanos = (slow_one.warm_up * 1e9).round();
    let by_hand = slow(&format!("warm_up: \"{nanos} ns\""));
    let by_hand = run_plan(&by_hand);
    let replicates = |results: &Results| -> Vec<(String, Vec<Option<f64>>)> {
        let most = slow_one.replications.min(by_hand.cells[0].replications) as usize;
        let of = |estimate: &rushhour::lab::results::Estimate| {
            (estimate.id.clone(), estimate.replicates.iter().copied().take(most).collect())
        };
        results.cells[0].estimates.iter().map(of).collect()
    };
    assert_eq!(replicates(&auto), replicates(&by_hand));
}

/// Remembers what it is given, and counts.
#[derive(Default)]
struct Notebook {
    kept: Mutex<BTreeMap<JobId, Observation>>,
}

impl Journal for Notebook {
    fn recall(&self, job: JobId) -> Option<Observation> {
        self.kept.lock().expect("whole").get(&job).cloned()
    }

    fn record(&self, job: JobId, observation: &Observation) {
        self.kept.lock().expect("whole").insert(job, observation.clone());
    }
}

#[derive(Default)]
struct Count {
    run: AtomicUsize,
    recalled: AtomicUsize,
}

impl Progress for Count {
    fn replication_done(&self, _observation: &Observation) {
        self.run.fetch_add(1, Ordering::Relaxed);
    }

    fn replication_recalled(&self, _observation: &Observation) {
        self.recalled.fetch_add(1, Ordering::Relaxed);
    }
}

#[test]
fn pilots_are_run_once_and_what_an_earlier_run_left_of_them_makes_no_difference() {
    let plan = slow("warm_up: Auto");
    let run = |journal: &Notebook| {
        let count = Count::default();
        let results = Run::new(&plan).progress(&count).journal(journal).go().expect("no defect");
        (format!("{results:?}"), count.run.into_inner(), count.recalled.into_inner())
    };
    let notebook = Notebook::default();
    let (whole, ran, _) = run(&notebook);
    let kept = std::mem::take(&mut *notebook.kept.lock().expect("whole"));
    let replications: usize = kept.keys().filter(|job| job.pilot).count()
        + kept.keys().filter(|job| !job.pilot && job.replication >= 10).count();
    // Both arms begin with ten pilots, and no replication is run twice.
    assert_eq!(ran, replications);
    assert!(kept.keys().any(|job| !job.pilot && job.replication < 10), "nothing was cut");
    // Killed at any moment: only some are left, of either kind.
    type Left = fn(&JobId) -> bool;
    let left: [Left; 4] = [
        |job| job.pilot,
        |job| job.pilot && job.replication % 2 == 0,
        |job| job.pilot || job.replication % 3 == 0,
        |_| true,
    ];
    for (moment, left) in left.into_iter().enumerate() {
        let notebook = Notebook::default();
        let some = kept.iter().filter(|(job, _)| left(job)).map(|(job, seen)| (*job, seen.clone()));
        notebook.kept.lock().expect("whole").extend(some);
        let (again, ran, recalled) = run(&notebook);
        assert!(again == whole, "moment {moment}");
        assert!(recalled > 0 && (moment < 3 || ran == 0), "moment {moment}: {ran} run, {recalled} recalled");
    }
}

#[test]
fn a_run_that_is_stopped_among_pilots_says_which_cells_are_not_cut() {
    /// Stops when the pilots of the first cell are done.
    struct Stop<'a>(AtomicUsize, &'a AtomicBool);
    impl Progress for Stop<'_> {
        fn replication_done(&self, _observation: &Observation) {
            if self.0.fetch_add(1, Ordering::Relaxed) == 10 {
                self.1.store(true, Ordering::Relaxed);
            }
        }
    }
    let plan = slow("warm_up: Auto");
    let stop = AtomicBool::new(false);
    let progress = Stop(AtomicUsize::new(0), &stop);
    let results = Run::new(&plan).progress(&progress).stop(&stop).executor(&Serial).go().expect("no defect");
    let done: Vec<u32> = results.cells.iter().map(|cell| cell.replications).collect();
    assert_eq!(done, [10, 1]);
    assert!(results.cells[0].warm_up > 0.0 && results.cells[1].warm_up == 0.0);
    let note = "numbers of 1 of 2 cells are of the whole runs";
    assert!(results.notices.iter().any(|notice| notice.contains(note)), "{:?}", results.notices);
    assert!(results.cells[1].unfinished);
}
