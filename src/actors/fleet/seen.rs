//! What is measured at a fleet: the work of its servers, and its queues.

use super::Fleet;
use super::record::Snapshot;
use crate::actors::kit::seen::{Covered, Gauge, NANO, NodeInfo, NodeSeen, Times, ratio, word};
use crate::actors::resources::{Station, Window};
use crate::engine::Time;
use crate::measure::{Latency, Unit};

/// What a fleet gave.
#[must_use]
pub fn seen(fleet: &Fleet, covered: &Covered<'_>, info: &NodeInfo) -> NodeSeen {
    let record = &fleet.record;
    let windows = record.windows.values();
    let (span, busy) = (covered.span(), Station::busy(fleet, covered.over));
    let (mut waiting, mut service) = (Latency::default(), Latency::default());
    for times in &record.classes {
        waiting.merge(&times.waiting);
        service.merge(&times.service);
    }
    let area = (record.population.area(covered.over) - record.at_warm_up.figures.population) as f64 * NANO;
    let queue = (record.waiting.area(covered.over) - record.at_warm_up.figures.waiting) as f64 * NANO;
    let per_server = fleet.workers() as f64 / fleet.len() as f64;
    let before = &record.at_warm_up.busy_by_server;
    let servers = fleet.busy_by_server(covered.over);
    let servers = servers.iter().enumerate().map(|(place, &busy)| {
        let busy = busy - before.get(place).copied().unwrap_or(0);
        ratio(busy as f64 * NANO, per_server * span).unwrap_or(0.0)
    });
    let utilization = ratio(busy as f64 * NANO, fleet.workers() as f64 * span);
    let wasted = ratio(Station::wasted(fleet) as f64, busy as f64);
    let departures = record.departures - record.at_warm_up.figures.departures;
    let mut values = vec![
        (word("utilization"), word("utilization"), Unit::Fraction, utilization),
        (word("wasted work"), word("wasted_work"), Unit::Fraction, wasted),
        (word("departures"), word("departures"), Unit::PerSecond, ratio(departures as f64, span)),
        (word("mean waiting"), word("waiting_mean"), Unit::Seconds, waiting.mean()),
        (word("p99 waiting"), word("waiting_p99"), Unit::Seconds, waiting.quantile(0.99)),
        (word("mean service"), word("service_mean"), Unit::Seconds, service.mean()),
        (word("queue length"), word("queue"), Unit::Count, ratio(queue, span)),
        (word("in system"), word("in_system"), Unit::Count, ratio(area, span)),
    ];
    if fleet.is_checked() {
        let load = ratio(record.checks.busy as f64 * NANO, fleet.workers() as f64 * span);
        values.push((word("utilization by checks"), word("check_load"), Unit::Fraction, load));
    }
    NodeSeen {
        values,
        weights: vec![(word("wasted_work"), busy as f64)],
        times: vec![Times::of("waiting", &waiting), Times::of_mean("service", &service)],
        servers: servers.collect(),
        heat: heat(fleet, covered.window, per_server),
        series: vec![
            (
                word("utilization"),
                Unit::Fraction,
                covered.means(windows.iter().map(|snapshot| snapshot.busy), fleet.workers() as f64),
            ),
            (
                word("wasted"),
                Unit::Fraction,
                covered.means(windows.iter().map(|snapshot| snapshot.wasted), fleet.workers() as f64),
            ),
            (word("queue"), Unit::Count, covered.means(windows.iter().map(|snapshot| snapshot.waiting), 1.0)),
            (word("in_system"), Unit::Count, covered.means(windows.iter().map(|snapshot| snapshot.population), 1.0)),
        ],
        gauges: vec![Gauge::new("queue", "requests waiting", 9)],
        ..NodeSeen::of(info)
    }
}

/// Utilization by row of servers and window, from cumulative busy times.
fn heat(fleet: &Fleet, width: f64, per_server: f64) -> Vec<Vec<f64>> {
    let windows = fleet.record.rows.values();
    let rows = windows.first().map_or(0, Vec::len);
    let servers_in_row = fleet.len().div_ceil(rows.max(1));
    (0..rows)
        .map(|row| {
            let servers = servers_in_row.min(fleet.len() - row * servers_in_row) as f64;
            let mut before = 0;
            let step = |window: &Vec<u128>| {
                let busy = window[row] - before;
                before = window[row];
                busy as f64 * NANO / (width * servers * per_server)
            };
            windows.iter().map(step).collect()
        })
        .collect()
}

impl Station for Fleet {
    fn workers(&self) -> u64 {
        self.workers()
    }

    fn busy(&self, now: Time) -> u128 {
        let total: u128 = self.busy_by_server(now).iter().sum();
        total - self.record.at_warm_up.figures.busy
    }

    fn wasted(&self) -> u128 {
        self.record.wasted - self.record.at_warm_up.figures.wasted
    }

    fn busy_by_server(&self, now: Time) -> Vec<u128> {
        let before = &self.record.at_warm_up.busy_by_server;
        let servers = self.busy_by_server(now).into_iter().enumerate();
        servers.map(|(at, busy)| busy - before.get(at).copied().unwrap_or(0)).collect()
    }

    fn add_waiting(&self, all: &mut Latency) {
        self.record.classes.iter().for_each(|times| all.merge(&times.waiting));
    }

    fn windows(&self) -> Vec<Window> {
        let window = |w: &Snapshot| Window { arrivals: w.arrivals, busy: w.busy, wasted: w.wasted, waiting: w.waiting };
        self.record.windows.values().iter().map(window).collect()
    }
}
