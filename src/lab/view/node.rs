//! What a node other than clients gave, of any kind, by what was seen of the requests that came to it.

use super::{NANO, View, ratio};
use crate::actors::kit::watch::{Snapshot, Stays};
use crate::engine::Duration;
use crate::lab::measure::{Quantity, What};

/// A count of requests.
type Count = Box<dyn Fn(&Snapshot) -> u64>;

/// What a quantity counts, and what it is a share of, if not of time; `place` is that of its limit.
fn counts(what: &What, place: usize) -> Option<(Count, Option<Count>)> {
    let left = || -> Option<Count> { Some(Box::new(|s| s.left)) };
    Some(match what {
        What::Throughput => (Box::new(|s| s.answered), None),
        What::OfferedRate => (Box::new(|s| s.came), None),
        What::DropRate => (Box::new(|s| s.lost), left()),
        What::Answered => (Box::new(|s| s.served), left()),
        What::Within(_) => (Box::new(move |s| s.within.get(place).copied().unwrap_or(0)), left()),
        _ => return None,
    })
}

fn place(what: &What, stays: &Stays) -> usize {
    match what {
        What::Within(time) => stays.within.place(time.duration()).unwrap_or(usize::MAX),
        _ => 0,
    }
}

impl View<'_> {
    /// What was seen of the node that a quantity is told of, if it is not one of clients.
    pub(super) fn stays(&self, quantity: &Quantity) -> Option<&Stays> {
        self.watch.node(quantity.of.as_deref()?)
    }

    /// The requests that a share counts and those it is a share of. What still waits at the end counts where it is over a
    /// limit.
    pub(super) fn counts_of_node(&self, quantity: &Quantity, stays: &Stays) -> Option<(u64, u64)> {
        let (part, whole) = counts(&quantity.what, place(&quantity.what, stays))?;
        let (whole, now) = (whole?, stays.snapshot(self.over));
        let since = |count: &Count| count(&now) - count(&stays.at_warm_up);
        let longer = |limit: Duration| self.measured_of(&stays.ages).filter(|age| *age > limit).count() as u64;
        let overdue = match quantity.what {
            What::Within(time) => longer(time.duration()),
            _ => 0,
        };
        Some((since(&part), since(&whole) + overdue))
    }

    pub(super) fn value_of_node(&self, quantity: &Quantity, stays: &Stays) -> Option<f64> {
        match &quantity.what {
            What::LatencyMean => stays.latency.mean(),
            What::LatencyQuantile(p) => stays.latency.quantile(*p),
            What::InSystem => {
                let area = stays.snapshot(self.over).population - stays.at_warm_up.population;
                ratio(area as f64 * NANO, self.span())
            }
            what => match self.counts_of_node(quantity, stays) {
                Some((part, whole)) => ratio(part as f64, whole as f64),
                None => {
                    let (part, _) = counts(what, 0)?;
                    let since = part(&stays.snapshot(self.over)) - part(&stays.at_warm_up);
                    ratio(since as f64, self.span())
                }
            },
        }
    }

    /// Parts and wholes of a number of a node by window, from time zero on; empty of what is no ratio of sums.
    pub(super) fn windows_of_node(&self, quantity: &Quantity) -> Vec<(f64, f64)> {
        let Some(stays) = self.stays(quantity) else { return Vec::new() };
        let windows = stays.windows.values();
        if quantity.what == What::InSystem {
            let areas = self.steps(std::iter::once(windows.iter().map(|window| window.population)));
            return areas.into_iter().map(|area| (area * NANO, self.window)).collect();
        }
        let Some((part, whole)) = counts(&quantity.what, place(&quantity.what, stays)) else { return Vec::new() };
        let steps = |count: &Count| self.steps(std::iter::once(windows.iter().map(|w| u128::from(count(w)))));
        let parts = steps(&part);
        match whole {
            Some(whole) => parts.into_iter().zip(steps(&whole)).collect(),
            None => parts.into_iter().map(|part| (part, self.window)).collect(),
        }
    }
}
