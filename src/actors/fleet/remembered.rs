//! What a server remembers of the requests that it has served: how long one would take at the load of now.

use crate::engine::{Duration, Time};

/// A request that was served: how many others were there when it came, how long it took, and when it was done.
#[derive(Clone, Copy, Debug)]
pub(super) struct Served {
    pub in_flight: u32,
    pub took: Duration,
    pub at: Time,
}

/// Requests that a server remembers at most.
const REMEMBERED: usize = 64;
/// How long they are remembered. A server that never forgot might never get work again after a slow spell: its own
/// estimate would stay as bad as it was.
const RECENT: Duration = Duration::from_nanos(1_000_000_000);
/// How many of them, nearest in load, an estimate is the median of.
const NEAREST: usize = 9;

/// The last requests that a server has served.
///
/// There are several probes for each request, so what they look for is kept in order.
#[derive(Clone, Debug, Default)]
pub(super) struct Remembered {
    /// In a ring, of which `next` is the oldest once it is full.
    served: Vec<Served>,
    next: usize,
    /// Places in the ring, by how many others a request found and, of equals, by how long it took.
    order: Vec<u8>,
}

impl Remembered {
    pub fn note(&mut self, new: Served) {
        if self.served.len() < REMEMBERED {
            self.served.push(new);
        } else {
            let oldest = self.order.iter().position(|&place| usize::from(place) == self.next);
            oldest.map(|oldest| self.order.remove(oldest));
            self.served[self.next] = new;
        }
        let key = |served: &Served| (served.in_flight, served.took);
        let place = self.order.partition_point(|&place| key(&self.served[usize::from(place)]) < key(&new));
        self.order.insert(place, self.next as u8);
        self.next = (self.next + 1) % REMEMBERED;
    }

    /// The expected time of a request that finds `in_flight` others there: the median of recent ones that found about
    /// as many, each scaled in proportion to the number it found; zero if there were none.
    pub fn estimate(&self, in_flight: u32, now: Time) -> Duration {
        let served = |place: &u8| &self.served[usize::from(*place)];
        let distance = |place: &u8| served(place).in_flight.abs_diff(in_flight);
        let here = self.order.partition_point(|place| served(place).in_flight < in_flight);
        let (mut below, mut above) = self.order.split_at(here);
        let mut nearest = [0; 2 * NEAREST];
        let mut count = 0;
        while count < NEAREST {
            let Some(next) = below.last().into_iter().chain(above.first()).map(distance).min() else { break };
            let (fewer, more);
            (below, fewer) =
                below.split_at(below.iter().rposition(|place| distance(place) > next).map_or(0, |k| k + 1));
            (more, above) =
                above.split_at(above.iter().position(|place| distance(place) > next).unwrap_or(above.len()));
            // The quickest of those that are equally near.
            let from = count;
            for group in [fewer, more] {
                let recent = group.iter().map(served).filter(|served| now.since(served.at) <= RECENT);
                for served in recent.take(NEAREST - from) {
                    nearest[count] = in_proportion(served, in_flight);
                    count += 1;
                }
            }
            nearest[from..count].sort_unstable();
            count = count.min(NEAREST);
        }
        let nearest = &mut nearest[..count];
        nearest.sort_unstable();
        nearest.get(count / 2).map_or(Duration::ZERO, |&took| Duration::from_nanos(took))
    }
}

/// How long `served` would have taken if it had found `in_flight` others, in nanoseconds. An idle server whose last requests
/// all waited long would otherwise look slow, and stay idle.
fn in_proportion(served: &Served, in_flight: u32) -> u64 {
    let share = (f64::from(in_flight) + 1.0) / (f64::from(served.in_flight) + 1.0);
    (served.took.as_nanos() as f64 * share) as u64
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn an_estimate_is_the_median_of_answers_at_about_that_load() {
        let mut memory = Remembered::default();
        assert_eq!(memory.estimate(3, Time::ZERO), Duration::ZERO);
        for in_flight in 0..20 {
            for took in 1..=3 {
                memory.note(Served {
                    in_flight,
                    took: Duration::from_nanos(u64::from(in_flight) * 100 + took),
                    at: Time::ZERO,
                });
            }
        }
        // Loads 9, 10 and 11, three answers each: 902 x 11 / 10, 1002, 1102 x 11 / 12.
        assert_eq!(memory.estimate(10, Time::ZERO), Duration::from_nanos(1002));
        for _ in 0..REMEMBERED {
            memory.note(Served { in_flight: 0, took: Duration::from_nanos(5), at: Time::ZERO });
        }
        assert_eq!(memory.estimate(10, Time::ZERO), Duration::from_nanos(55));
        assert_eq!(memory.estimate(10, Time::ZERO + RECENT + Duration::from_nanos(1)), Duration::ZERO);
    }

    /// The same by sorting all that there is.
    fn by_sorting(memory: &Remembered, in_flight: u32, now: Time) -> Duration {
        let recent = memory.served.iter().filter(|served| now.since(served.at) <= RECENT);
        let about = |served: &Served| (served.in_flight.abs_diff(in_flight), in_proportion(served, in_flight));
        let mut all: Vec<(u32, u64)> = recent.map(about).collect();
        all.sort_unstable();
        all.truncate(NEAREST);
        all.sort_unstable_by_key(|&(_, took)| took);
        all.get(all.len() / 2).map_or(Duration::ZERO, |&(_, took)| Duration::from_nanos(took))
    }

    proptest! {
        #[test]
        fn the_nearest_in_order_are_those_that_sorting_finds(
            served in proptest::collection::vec((0_u32..12, 1_u64..40, 0_u64..50_000_000), 0..150),
            in_flight in 0_u32..16,
            later in 0_u64..1_200_000_000,
        ) {
            let mut memory = Remembered::default();
            let mut now = Time::ZERO;
            for (in_flight, took, gap) in served {
                now += Duration::from_nanos(gap);
                memory.note(Served { in_flight, took: Duration::from_nanos(took), at: now });
                prop_assert_eq!(memory.estimate(in_flight, now), by_sorting(&memory, in_flight, now));
            }
            now += Duration::from_nanos(later);
            prop_assert_eq!(memory.estimate(in_flight, now), by_sorting(&memory, in_flight, now));
        }
    }
}
