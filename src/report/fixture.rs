//! Results made by arithmetic, plausible enough to look at: for tests only.

use crate::lab::results::{
    Cell, ClaimResult, Comparison, Estimate, Gauge, IntervalKind, LedgerRow, NodeResult, Results, RunSummary, Series,
    Stability, Sweep, SweepPoint, TailPoint, Theory, Trouble, Unit, Verdict,
};
use crate::stats::proportion::wilson;

/// How much of an experiment to make up.
#[derive(Clone)]
pub(crate) struct Shape {
    /// Names of the arms.
    pub arms: Vec<String>,
    /// Arrival rates of the sweep; empty for none. The system's capacity is 1000/s.
    pub rates: Vec<f64>,
    /// Windows in time.
    pub windows: usize,
    /// Servers of the fleet.
    pub servers: usize,
    /// Whether something goes wrong for a while, from which only some arms recover.
    pub storm: bool,
}

impl Default for Shape {
    fn default() -> Self {
        Self {
            arms: ["round robin", "least connections", "two choices"].map(str::to_owned).into(),
            rates: vec![500.0, 700.0, 800.0, 900.0, 950.0, 1050.0],
            windows: 60,
            servers: 12,
            storm: false,
        }
    }
}

/// A number from 0 to 1 that looks random and is always the same.
fn noise(seed: usize) -> f64 {
    let mut x = (seed as u64).wrapping_add(0x9E37_79B9_7F4A_7C15).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    x = (x ^ (x >> 29)).wrapping_mul(0x94D0_49BB_1331_11EB);
    ((x ^ (x >> 32)) >> 11) as f64 / (1_u64 << 53) as f64
}

/// The three arms by six points that most tests look at.
pub(crate) fn results() -> Results {
    make(&Shape::default())
}

/// Results of a given shape.
pub(crate) fn make(shape: &Shape) -> Results {
    let rates = if shape.rates.is_empty() { vec![900.0] } else { shape.rates.clone() };
    let mut cells = Vec::new();
    for arm in 0..shape.arms.len() {
        for (point, rate) in rates.iter().enumerate() {
            cells.push(cell(shape, arm, point, *rate));
        }
    }
    compare(&mut cells, rates.len());
    Results {
        version: "0.1.0".to_owned(),
        title: "Which balancer keeps the tail short?".to_owned(),
        question: "Does knowing the load of two random servers help as much as knowing all?".to_owned(),
        chapter: "load-balancing".to_owned(),
        seed: 1,
        run: RunSummary {
            duration: Some(600.0),
            requests: None,
            warm_up: 10.0,
            replications: 16,
            target: None,
            confidence: 0.95,
        },
        arms: shape.arms.clone(),
        baseline: (shape.arms.len() > 1).then_some(0),
        sweep: (!shape.rates.is_empty()).then(|| Sweep {
            path: "users.arrivals.rate".to_owned(),
            label: String::new(),
            unit: "/s".to_owned(),
            points: rates.iter().map(|rate| SweepPoint { label: format!("{rate}/s"), value: Some(*rate) }).collect(),
        }),
        cells,
        rankings: Vec::new(),
        claims: vec![
            ClaimResult {
                claim: "p99 of two choices is less than p99 of round robin at 950/s".to_owned(),
                verdict: Verdict::Holds,
                evidence: "difference −41.2 ± 3.1 ms".to_owned(),
            },
            ClaimResult {
                claim: "p99 of two choices is less than p99 of least connections at 950/s".to_owned(),
                verdict: Verdict::Fails,
                evidence: "difference +6.4 ± 1.2 ms".to_owned(),
            },
            ClaimResult {
                claim: "utilization of two choices equals that of round robin".to_owned(),
                verdict: Verdict::Undecided,
                evidence: "difference +0.1 ± 0.4 pp".to_owned(),
            },
        ],
        interrupted: false,
        notices: vec!["3 lines of the log were left out".to_owned()],
    }
}

fn cell(shape: &Shape, arm: usize, point: usize, rate: f64) -> Cell {
    let load = rate / 1000.0;
    let unstable = load > 1.0 || (arm == 0 && load > 0.94);
    // The mean grows like 1 / (1 - load); a better arm has a gentler slope.
    let spread = [1.0, 0.45, 0.55, 0.8, 0.7, 0.62][arm % 6] * (1.0 + 0.03 * (arm / 6) as f64);
    let mean = 0.008 * (1.0 + spread * load / (1.0 - load).max(0.03));
    let width = if shape.windows == 0 { 600.0 } else { 600.0 / shape.windows as f64 };
    let estimate = |k: usize, id: &str, name: &str, unit, value: f64, relative: f64| {
        let jitter = 1.0 + 0.4 * relative * (noise(arm * 1000 + point * 10 + k) - 0.5);
        Estimate {
            interval: Default::default(),
            name: name.to_owned(),
            id: id.to_owned(),
            unit,
            value: (!unstable || k >= 4).then_some(value * jitter),
            half_width: (!unstable || k >= 4).then_some(value * relative),
            replicates: (0..3).map(|r| (!unstable).then(|| value * (1.0 + relative * (noise(r + k) - 0.5)))).collect(),
            influences: Vec::new(),
            of_all: None,
        }
    };
    let served = rate.min(1000.0);
    let mut estimates = vec![
        estimate(0, "latency_mean", "mean latency", Unit::Seconds, mean, 0.02 + 0.05 * load * load),
        estimate(1, "latency_p50", "p50 latency", Unit::Seconds, mean * 0.7, 0.015 + 0.04 * load * load),
        estimate(2, "latency_p99", "p99 latency", Unit::Seconds, mean * 4.6, 0.04 + 0.1 * load * load),
        estimate(3, "latency_p99.9", "p99.9 latency", Unit::Seconds, mean * 6.9, 0.06 + 0.15 * load * load),
        estimate(4, "throughput", "throughput", Unit::PerSecond, served, 0.004),
        estimate(5, "drop_rate", "drop rate", Unit::Fraction, 0.0004 * spread + (load - 1.0).max(0.0), 0.12),
        estimate(6, "utilization", "utilization", Unit::Fraction, load.min(1.0), 0.005),
    ];
    let goodput = Estimate { id: "goodput".to_owned(), name: "goodput".to_owned(), ..estimates[4].clone() };
    estimates.insert(5, goodput);
    if shape.storm {
        storm(arm, served, &mut estimates);
    }
    let tail = (0..=40).map(|k| {
        let above = libm::pow(10.0, -f64::from(k) / 10.0);
        TailPoint { latency: 0.002 + mean * (-libm::log(above)).max(0.02) * (1.0 + 0.1 * spread), above }
    });
    let theory = (arm == 0 && !unstable).then(|| Theory {
        model: "M/M/3".to_owned(),
        source: "Kleinrock, Queueing Systems I, 1975".to_owned(),
        values: vec![
            ("latency_mean".to_owned(), mean * 0.98),
            ("latency_p50".to_owned(), mean * 0.71),
            ("latency_p99".to_owned(), mean * 4.7),
            ("utilization".to_owned(), load),
        ],
    });
    let window = |k: usize, s: usize| noise(arm * 7919 + point * 104_729 + k * 31 + s * 611) - 0.5;
    let series = |node: &str, quantity: &str, unit, s: usize, level: &dyn Fn(f64) -> f64, wobble: f64| Series {
        node: node.to_owned(),
        quantity: quantity.to_owned(),
        unit,
        mean: (0..shape.windows)
            .map(|k| {
                let time = (k as f64 + 0.5) / shape.windows as f64;
                (k != shape.windows / 2 || shape.windows < 10).then(|| level(time) * (1.0 + wobble * window(k, s)))
            })
            .collect(),
        half_width: (0..shape.windows)
            .map(|k| Some(level((k as f64 + 0.5) / shape.windows as f64) * wobble * (0.6 + window(k, s + 9))))
            .collect(),
    };
    let warm = |time: f64| 1.0 - libm::exp(-time * 30.0);
    // The share that is left during the trouble; the second arm never recovers.
    let left = |time: f64, loss: f64| match time {
        time if !shape.storm || time < 0.3 => 1.0,
        time if arm % 3 == 1 || time < 0.4 + 0.1 * (arm % 3) as f64 => 1.0 - loss,
        _ => 1.0,
    };
    let grow = |time: f64| if unstable { 1.0 + 40.0 * time } else { 1.0 };
    Cell {
        changes: false,
        warm_up: 10.0,
        trouble: shape.storm.then_some(Trouble { start: 180.0, end: Some(240.0) }),
        arm,
        point,
        replications: 16,
        unfinished: false,
        steady: Vec::new(),
        uncovered: None,
        stability: if unstable {
            Stability::Unstable { node: "web".to_owned(), growth: rate - 1000.0 + 55.0 * spread, load: None }
        } else {
            Stability::Stable
        },
        estimates,
        comparisons: Vec::new(),
        never_answered: 0.0,
        tail: if unstable { Vec::new() } else { tail.collect() },
        theory,
        ledger: vec![
            LedgerRow { clients: "users".to_owned(), outcome: "served".to_owned(), count: (served * 9600.0) as u64 },
            LedgerRow { clients: "users".to_owned(), outcome: "in flight at the end".to_owned(), count: 31 },
        ],
        nodes: vec![
            NodeResult {
                name: "users".to_owned(),
                kind: "Clients".to_owned(),
                makes_requests: true,
                gauges: Vec::new(),
                estimates: Vec::new(),
                servers: Vec::new(),
                heat: Vec::new(),
            },
            NodeResult {
                name: "web".to_owned(),
                kind: "Fleet".to_owned(),
                makes_requests: false,
                gauges: vec![Gauge::new("queue", "requests waiting", 9)],
                estimates: vec![estimate(7, "waiting_mean", "mean waiting", Unit::Seconds, mean - 0.008, 0.04)],
                servers: (0..shape.servers).map(|s| (load * (0.9 + 0.2 * noise(s))).min(1.0)).collect(),
                heat: (0..shape.servers)
                    .map(|s| {
                        (0..shape.windows)
                            .map(|k| {
                                let time = (k as f64 + 0.5) / shape.windows as f64;
                                let wave = 0.12 * libm::sin(time * 9.0 + s as f64);
                                (load * warm(time) + spread * (wave + 0.25 * window(k, s))).clamp(0.0, 1.0)
                            })
                            .collect()
                    })
                    .collect(),
            },
        ],
        window: width,
        series: vec![
            series("users", "offered", Unit::PerSecond, 0, &|_| rate, 0.04),
            series("users", "throughput", Unit::PerSecond, 1, &|time| served * warm(time) * left(time, 0.7), 0.04),
            series("users", "goodput", Unit::PerSecond, 1, &|time| served * warm(time) * left(time, 0.9), 0.04),
            series("users", "attempts", Unit::PerSecond, 0, &|time| rate * (3.0 - 2.0 * left(time, 1.0)), 0.04),
            series("users", "rejected", Unit::PerSecond, 2, &|time| (rate - served + 0.4 * spread) * warm(time), 0.5),
            series("users", "timed_out", Unit::PerSecond, 3, &|_| 0.0, 0.0),
            series("users", "latency_p50", Unit::Seconds, 4, &|time| mean * 0.7 * warm(time) * grow(time), 0.1),
            series("users", "latency_p99", Unit::Seconds, 5, &|time| mean * 4.6 * warm(time) * grow(time), 0.3),
            series("users", "in_system", Unit::Count, 6, &|time| served * mean * warm(time) * grow(time), 0.2),
            series(
                "web",
                "queue",
                Unit::Count,
                9,
                &|time| served * mean * warm(time) * (9.0 - 8.0 * left(time, 1.0)),
                0.2,
            ),
            series("web", "in_system", Unit::Count, 7, &|time| served * mean * warm(time) * grow(time), 0.2),
            series("web", "utilization", Unit::Fraction, 8, &|time| load.min(1.0) * warm(time), 0.03),
        ],
    }
}

/// The effect of a trouble: the first arm recovers, the second does not, and of the third some replications do.
fn storm(arm: usize, served: f64, estimates: &mut Vec<Estimate>) {
    let recovered = [1.0, 0.0, 0.6875][arm % 3];
    let number = |id: &str, name: &str, unit, value: Option<f64>, half: f64| Estimate {
        name: name.to_owned(),
        id: id.to_owned(),
        unit,
        value,
        half_width: value.map(|_| half),
        interval: IntervalKind::Replications,
        replicates: vec![value; 3],
        influences: Vec::new(),
        of_all: None,
    };
    let goodput = estimates.iter_mut().find(|estimate| estimate.id == "goodput").expect("it is there");
    goodput.value = goodput.value.map(|value| value * (0.4 + 0.5 * recovered));
    goodput.replicates.iter_mut().for_each(|value| *value = value.map(|value| value * (0.4 + 0.5 * recovered)));
    let share = wilson((recovered * 16.0) as u64, 16, 0.95).expect("of sixteen");
    estimates.extend([
        number("goodput_before", "goodput before", Unit::PerSecond, Some(served), 0.01 * served),
        number("goodput_during", "goodput during", Unit::PerSecond, Some(0.1 * served), 0.003 * served),
        number(
            "goodput_after",
            "goodput after",
            Unit::PerSecond,
            Some(served * (0.1 + 0.9 * recovered)),
            0.02 * served,
        ),
        Estimate {
            interval: IntervalKind::Wilson { low: share.low, high: share.high },
            ..number("recovered", "recovered", Unit::Fraction, Some(recovered), (share.high - share.low) / 2.0)
        },
        number("recovery_time", "recovery time", Unit::Seconds, (arm % 3 != 1).then_some(60.0 * (arm % 3) as f64), 2.5),
    ]);
}

/// Fills in the differences to arm 0.
fn compare(cells: &mut [Cell], points: usize) {
    let baseline: Vec<Vec<Estimate>> = cells[..points].iter().map(|cell| cell.estimates.clone()).collect();
    for cell in &mut cells[points..] {
        cell.comparisons = cell
            .estimates
            .iter()
            .zip(&baseline[cell.point])
            .map(|(mine, base)| {
                let difference = mine.value.zip(base.value).map(|(mine, base)| mine - base);
                let half_width = mine.half_width.zip(base.half_width).map(|(a, b)| (a * a + b * b).sqrt());
                Comparison {
                    ratio: None,
                    ratio_half_width: None,
                    p_value: difference.zip(half_width).map(|(d, half)| libm::exp(-3.0 * (d / half) * (d / half))),
                    variance_saved: difference.map(|_| 0.95 - 0.3 * noise(cell.point + 7 * cell.arm)),
                    id: mine.id.clone(),
                    difference,
                    half_width,
                    relative: difference.zip(base.value).map(|(difference, base)| difference / base),
                    significant: difference.zip(half_width).is_some_and(|(d, half)| d.abs() > half),
                }
            })
            .collect();
    }
}

/// Results of every shape, with their names.
pub fn shapes() -> Vec<(&'static str, Results)> {
    let names = |count: usize| (0..count).map(|k| format!("arm number {k}")).collect::<Vec<_>>();
    let shape = Shape::default();
    let mut nothing = results();
    for cell in &mut nothing.cells {
        cell.estimates.iter_mut().for_each(|estimate| (estimate.value, estimate.half_width) = (None, None));
        cell.series.iter_mut().for_each(|series| series.mean.fill(None));
        cell.tail.clear();
        cell.theory = None;
    }
    let mut unstable = results();
    for cell in &mut unstable.cells {
        cell.stability = Stability::Overflow { limit: "10 million requests in flight".to_owned(), overloaded: None };
    }
    let mut categories = results();
    let labels =
        ["RoundRobin", "LeastConnections", "PowerOfChoices(d: 2)", "Random", "ConsistentHash(replicas: 160)", "x"];
    for (point, label) in categories.sweep.as_mut().unwrap().points.iter_mut().zip(labels) {
        (point.label, point.value) = (label.to_owned(), None);
    }
    let mut decades = results();
    for (k, cell) in decades.cells.iter_mut().enumerate() {
        let factor = libm::pow(10.0, (k as f64 - 9.0) * 2.0);
        for estimate in &mut cell.estimates {
            estimate.value = estimate.value.map(|value| value * factor);
        }
        cell.tail.iter_mut().for_each(|point| point.latency *= factor);
    }
    let long = [
        "an alternative whose name goes on for much longer than anyone would like it to (d = 2)",
        "b < c & \"d\"",
        "ζ µ é",
    ];
    vec![
        ("three-arms", results()),
        ("one-arm", make(&Shape { arms: vec!["system".to_owned()], ..shape.clone() })),
        ("twelve-arms", make(&Shape { arms: names(12), ..shape.clone() })),
        ("long-names", make(&Shape { arms: long.map(str::to_owned).into(), ..shape.clone() })),
        ("no-sweep", make(&Shape { rates: vec![], ..shape.clone() })),
        ("no-sweep-one-arm", make(&Shape { rates: vec![], arms: vec!["system".to_owned()], ..shape.clone() })),
        ("no-sweep-twelve-arms", make(&Shape { rates: vec![], arms: names(12), ..shape.clone() })),
        ("one-window", make(&Shape { windows: 1, ..shape.clone() })),
        ("no-windows", make(&Shape { windows: 0, ..shape.clone() })),
        ("storm", make(&Shape { rates: vec![], storm: true, ..shape.clone() })),
        ("storm-sweep", make(&Shape { storm: true, ..shape.clone() })),
        ("one-point", make(&Shape { rates: vec![700.0], ..shape.clone() })),
        ("huge-fleet", make(&Shape { servers: 64, windows: 256, ..shape })),
        ("nothing", nothing),
        ("unstable", unstable),
        ("categories", categories),
        ("decades", decades),
    ]
}
