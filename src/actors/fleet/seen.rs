//! Measurements at a fleet: the work of its servers, and its queues.

use super::Fleet;
use crate::actors::kit::seen::{Covered, Gauge, NANO, NodeInfo, NodeSeen, Times, ratio, word};
use crate::actors::resources::{Figures, Station, Usage};
use crate::engine::Time;
use crate::measure::{Latency, Unit};

/// The numbers and series of a fleet.
#[must_use]
pub fn seen(fleet: &Fleet, covered: &Covered<'_>, info: &NodeInfo) -> NodeSeen {
    let record = &fleet.record;
    let (span, since) = (covered.span(), fleet.since_warm_up(covered.over));
    let (mut waiting, mut service) = (Latency::default(), Latency::default());
    for times in &record.classes {
        waiting.merge(&times.waiting);
        service.merge(&times.service);
    }
    let (area, queue) = (since.population as f64 * NANO, since.waiting as f64 * NANO);
    let workers = fleet.workers() as f64;
    let per_server = workers / fleet.len() as f64;
    let share = |busy: u128, workers: f64| ratio(busy as f64 * NANO, workers * span);
    let servers = fleet.held_by_server(covered.over).into_iter();
    let wasted = ratio(since.wasted as f64, since.held as f64);
    let means = |figure: fn(&Figures) -> u128, divisor: f64| {
        covered.means(record.usage.windows.values().iter().map(figure), divisor)
    };
    let mut values = vec![
        (word("utilization"), word("utilization"), Unit::Fraction, share(since.held, workers)),
        (word("wasted work"), word("wasted_work"), Unit::Fraction, wasted),
        (word("departures"), word("departures"), Unit::PerSecond, ratio(since.departures as f64, span)),
        (word("mean waiting"), word("waiting_mean"), Unit::Seconds, waiting.mean()),
        (word("p99 waiting"), word("waiting_p99"), Unit::Seconds, waiting.quantile(0.99)),
        (word("mean service"), word("service_mean"), Unit::Seconds, service.mean()),
        (word("queue length"), word("queue"), Unit::Count, ratio(queue, span)),
        (word("in system"), word("in_system"), Unit::Count, ratio(area, span)),
    ];
    if fleet.is_checked() {
        let load = share(record.checks.busy, workers);
        values.push((word("utilization by checks"), word("check_load"), Unit::Fraction, load));
    }
    NodeSeen {
        values,
        weights: vec![(word("wasted_work"), since.held as f64)],
        times: vec![Times::of("waiting", &waiting), Times::of_mean("service", &service)],
        servers: servers.map(|busy| share(busy, per_server).unwrap_or(0.0)).collect(),
        heat: heat(fleet, covered.window, per_server),
        series: vec![
            (word("utilization"), Unit::Fraction, means(|window| window.held, workers)),
            (word("wasted"), Unit::Fraction, means(|window| window.wasted, workers)),
            (word("queue"), Unit::Count, means(|window| window.waiting, 1.0)),
            (word("in_system"), Unit::Count, means(|window| window.population, 1.0)),
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
    fn capacity(&self) -> u64 {
        self.workers()
    }

    fn held(&self, now: Time) -> u128 {
        self.servers.iter().map(|server| server.busy.area(now)).sum()
    }

    fn usage(&self) -> &Usage {
        &self.record.usage
    }

    fn held_by_server(&self, now: Time) -> Vec<u128> {
        let before = &self.record.at_warm_up;
        let servers = self.busy_by_server(now).into_iter().enumerate();
        servers.map(|(at, busy)| busy - before.get(at).copied().unwrap_or(0)).collect()
    }

    fn add_waiting(&self, all: &mut Latency) {
        self.record.classes.iter().for_each(|times| all.merge(&times.waiting));
    }
}
