//! Reads the numbers of measures: the measure says which counts it needs, the other files where they are kept.

use super::clients::within;
use super::{NANO, View, node, ratio};
use crate::actors::kit::made::attempts::Counts as CallCounts;
use crate::actors::kit::made::calls::Snapshot as Calls;
use crate::actors::kit::watch::{Snapshot as Requests, Stays};
use crate::actors::resources::Station;
use crate::lab::measure::Quantity;
use crate::lab::measure::reading::{Count, Counted, Reading, WorkTime, ended, served};
use crate::lab::results::Unit;
use crate::measure::Latency;
use crate::schema::quantity::Span;

impl View<'_> {
    /// A quantity of the plan.
    pub fn value(&self, quantity: &Quantity) -> Option<f64> {
        if !self.measured {
            return None;
        }
        let (reading, station) = (quantity.what.reading(), quantity.station.as_deref().unwrap_or_default());
        match &reading {
            Reading::Counts { .. } | Reading::Answered { .. } | Reading::Calling { .. } => {
                let (part, whole) = self.sums(quantity, &reading)?;
                ratio(part as f64, whole.map_or_else(|| self.span(), |whole| whole as f64))
            }
            Reading::LatencyMean => self.latency_of(&quantity.source()).mean(),
            Reading::LatencyQuantile(p) => self.latency_of(&quantity.source()).quantile(*p),
            Reading::Population => ratio(self.population(quantity) as f64 * NANO, self.span()),
            Reading::Work { part, whole: None } => {
                ratio(self.work(station, *part) as f64 * NANO, self.workers(station) as f64 * self.span())
            }
            Reading::Work { part, whole: Some(whole) } => {
                ratio(self.work(station, *part) as f64, self.work(station, *whole) as f64)
            }
            Reading::Waiting => self.waiting(station).mean(),
            Reading::Whole(read) | Reading::Verdict(read) => read(self, quantity.told()),
        }
    }

    /// The size of the denominator of a quantity in this replication, which is the weight of its value among
    /// replications. The same for every replication if the quantity is no ratio of sums.
    pub fn weight(&self, quantity: &Quantity) -> f64 {
        if !self.measured {
            return 0.0;
        }
        let (reading, station) = (quantity.what.reading(), quantity.station.as_deref().unwrap_or_default());
        match &reading {
            Reading::Counts { .. } | Reading::Answered { .. } | Reading::Calling { .. } => {
                let sums = self.sums(quantity, &reading);
                sums.map_or(1.0, |(_, whole)| whole.map_or_else(|| self.span(), |whole| whole as f64))
            }
            Reading::LatencyMean => self.latency_of(&quantity.source()).count() as f64,
            Reading::Population | Reading::Work { whole: None, .. } => self.span(),
            Reading::Work { whole: Some(whole), .. } => self.work(station, *whole) as f64 * NANO,
            Reading::Waiting => self.waiting(station).count() as f64,
            Reading::LatencyQuantile(_) | Reading::Whole(_) | Reading::Verdict(_) => 1.0,
        }
    }

    /// Numerator and denominator, in calls, if a quantity is a share of calls; 1 of 1 or 0 of 1 if it is true or false
    /// of a replication.
    pub fn counts(&self, quantity: &Quantity) -> Option<(u64, u64)> {
        if quantity.unit != Unit::Fraction || !self.measured {
            return None;
        }
        match quantity.what.reading() {
            Reading::Verdict(read) => read(self, quantity.told()).map(|value| (u64::from(value > 0.5), 1)),
            reading => {
                let (part, whole) = self.sums(quantity, &reading)?;
                Some((part, whole?))
            }
        }
    }

    /// Numerators and denominators of a quantity by window after the warm-up; empty if it is no ratio of sums.
    pub fn windows(&self, quantity: &Quantity) -> Vec<(f64, f64)> {
        if !self.measured {
            return Vec::new();
        }
        // A quotient that is a whole number but for rounding is that number.
        let skip = (self.warm_up.as_secs_f64() / self.window + 1e-9) as usize;
        self.all_windows(quantity).into_iter().skip(skip).collect()
    }

    /// The same from time zero on.
    fn all_windows(&self, quantity: &Quantity) -> Vec<(f64, f64)> {
        let (of, stays) = (quantity.of.as_deref(), self.stays(quantity));
        let (width, station) = (self.window, quantity.station.as_deref().unwrap_or_default());
        match (quantity.what.reading(), stays) {
            (Reading::Counts { requests, .. }, Some(stays)) => {
                requests.map_or_else(Vec::new, |Counted { part, whole }| {
                    self.by_window(self.windows_of_stays(stays, &part), whole.map(|w| self.windows_of_stays(stays, &w)))
                })
            }
            (Reading::Counts { calls: Counted { part, whole }, .. }, None) => {
                self.by_window(self.windows_of_count(of, &part), whole.map(|whole| self.windows_of_count(of, &whole)))
            }
            (Reading::Answered { within }, Some(stays)) => {
                let (part, whole) = answered_at(stays, within);
                self.by_window(self.windows_of_stays(stays, &part), Some(self.windows_of_stays(stays, &whole)))
            }
            (Reading::Answered { within }, None) => self.answered(of, within).map_or_else(Vec::new, |(part, whole)| {
                self.by_window(self.windows_of_count(of, &part), Some(self.windows_of_count(of, &whole)))
            }),
            (Reading::Calling { part, whole }, _) => {
                self.by_window(self.windows_of_calling(of, part), Some(self.windows_of_calling(of, whole)))
            }
            (Reading::LatencyMean, None) => self.latencies_by_window(of),
            (Reading::Population, stays) => {
                let areas = match stays {
                    Some(stays) => self.steps(std::iter::once(stays.windows.values().iter().map(|w| w.population))),
                    None => self.steps(self.clients(of).map(|c| c.calls.windows.values().iter().map(|w| w.population))),
                };
                areas.into_iter().map(|area| (area * NANO, width)).collect()
            }
            (Reading::Work { part, whole: None }, _) => {
                let whole = self.workers(station) as f64 * width;
                self.work_by_window(station, part).into_iter().map(|part| (part * NANO, whole)).collect()
            }
            (Reading::Work { part, whole: Some(whole) }, _) => {
                self.by_window(self.work_by_window(station, part), Some(self.work_by_window(station, whole)))
            }
            (Reading::Waiting, _) => {
                // Mean waiting by Little's law: the area of those that wait over the arrivals.
                let areas = self.stations(station).map(|s| s.usage().windows.values().iter().map(|w| w.waiting));
                let came = self.stations(station).map(|s| s.waited_by_window().into_iter().map(u128::from));
                let came = self.steps(came);
                self.steps(areas).into_iter().map(|area| area * NANO).zip(came).collect()
            }
            (Reading::LatencyMean, Some(_))
            | (Reading::LatencyQuantile(_) | Reading::Whole(_) | Reading::Verdict(_), _) => Vec::new(),
        }
    }

    /// Parts by window with their wholes; with the width of windows where there are none.
    fn by_window(&self, parts: Vec<f64>, wholes: Option<Vec<f64>>) -> Vec<(f64, f64)> {
        match wholes {
            Some(wholes) => parts.into_iter().zip(wholes).collect(),
            None => parts.into_iter().map(|part| (part, self.window)).collect(),
        }
    }

    /// The count of a number after the warm-up, and the count of its denominator if that is not time; `None` if the
    /// number is no count, or if it is not counted.
    fn sums(&self, quantity: &Quantity, reading: &Reading) -> Option<(u64, Option<u64>)> {
        let (of, stays) = (quantity.of.as_deref(), self.stays(quantity));
        match (reading, stays) {
            (Reading::Counts { requests, .. }, Some(stays)) => {
                let Counted { part, whole } = requests.as_ref()?;
                let since = |count| self.since_warm_up(stays, count);
                Some((since(part), whole.as_ref().map(since)))
            }
            (Reading::Counts { calls: Counted { part, whole }, .. }, None) => {
                Some((self.sum(of, part), whole.as_ref().map(|whole| self.sum(of, whole))))
            }
            // Requests that still wait at the end count if they are over the limit.
            (Reading::Answered { within }, Some(stays)) => {
                let (part, whole) = answered_at(stays, *within);
                let overdue = within.map_or(0, |limit| self.overdue_at(stays, limit.duration()));
                Some((self.since_warm_up(stays, &part), Some(self.since_warm_up(stays, &whole) + overdue)))
            }
            (Reading::Answered { within }, None) => {
                let (part, whole) = self.answered(of, *within)?;
                let overdue = within.map_or(0, |limit| self.overdue(of, limit.duration()));
                Some((self.sum(of, &part), Some(self.sum(of, &whole) + overdue)))
            }
            (Reading::Calling { part, whole }, _) => {
                Some((self.sum_of_calling(of, *part), Some(self.sum_of_calling(of, *whole))))
            }
            _ => None,
        }
    }

    /// The counts of calls answered in time and as asked, perhaps within a limit, and of calls that ended; `None` if
    /// there are no such clients.
    fn answered(&self, of: Option<&str>, limit: Option<Span>) -> Option<(Count<Calls>, Count<Calls>)> {
        let part = match limit {
            Some(limit) => within(self.clients(of).next()?, limit.duration())?,
            None => Box::new(served),
        };
        Some((part, Box::new(ended)))
    }

    /// A count of calls that may be more than one request, after the warm-up.
    fn sum_of_calling(&self, of: Option<&str>, count: fn(&CallCounts) -> u64) -> u64 {
        let records = self.clients(of).filter_map(|clients| clients.attempts);
        records.map(|record| count(&record.counts) - count(&record.at_warm_up)).sum()
    }

    /// The same by window, from time zero on.
    fn windows_of_calling(&self, of: Option<&str>, count: fn(&CallCounts) -> u64) -> Vec<f64> {
        let attempts = self.clients(of).filter_map(|clients| clients.attempts);
        self.steps(attempts.map(|record| record.windows.values().iter().map(move |w| u128::from(count(w)))))
    }

    /// Sums and numbers of latencies by window, from time zero on.
    fn latencies_by_window(&self, of: Option<&str>) -> Vec<(f64, f64)> {
        let mut sums: Vec<(f64, f64)> = Vec::new();
        for clients in self.clients(of) {
            let windows = clients.calls.latencies.values();
            sums.resize(sums.len().max(windows.len()), (0.0, 0.0));
            for (sum, latency) in sums.iter_mut().zip(windows) {
                let count = latency.count() as f64;
                *sum = (sum.0 + latency.mean().unwrap_or(0.0) * count, sum.1 + count);
            }
        }
        sums
    }

    /// Request-nanoseconds after the warm-up at the node a quantity is told of, or of the calls of clients.
    fn population(&self, quantity: &Quantity) -> u128 {
        match self.stays(quantity) {
            Some(stays) => stays.snapshot(self.over).population - stays.at_warm_up.population,
            None => self
                .clients(quantity.of.as_deref())
                .map(|c| c.calls.population.area(self.over) - c.calls.at_warm_up.population)
                .sum(),
        }
    }

    /// Workers at a station.
    fn workers(&self, station: &str) -> u64 {
        self.stations(station).map(Station::capacity).sum()
    }

    /// Worker-nanoseconds at a station after the warm-up.
    fn work(&self, station: &str, time: WorkTime) -> u128 {
        self.stations(station).map(|station| time(&station.since_warm_up(self.over))).sum()
    }

    /// The same by window, from time zero on.
    fn work_by_window(&self, station: &str, time: WorkTime) -> Vec<f64> {
        self.steps(self.stations(station).map(|station| station.usage().windows.values().iter().map(time)))
    }

    /// Waiting times at a station after the warm-up.
    fn waiting(&self, station: &str) -> Latency {
        let mut all = Latency::default();
        self.stations(station).for_each(|station| station.add_waiting(&mut all));
        all
    }

    /// Worker-nanoseconds of work by server of a station after the warm-up.
    pub fn busy_by_server(&self, station: &str) -> Vec<u128> {
        self.stations(station).flat_map(|station| station.held_by_server(self.over)).collect()
    }
}

/// The counts of requests at a node that were answered as asked, perhaps within a limit, and of those that left.
fn answered_at(stays: &Stays, limit: Option<Span>) -> (Count<Requests>, Count<Requests>) {
    let part =
        limit.map_or_else(|| -> Count<Requests> { Box::new(|s| s.served) }, |l| node::within(stays, l.duration()));
    (part, Box::new(|s| s.left))
}
