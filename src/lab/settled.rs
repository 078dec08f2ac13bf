//! Whether a run was long enough to reach the steady state that follows from the flows of a system.

use crate::model::{Flows, StationLoad};
use crate::stats::settling::{Rise, bounded, relaxation};

/// By how much the mean level of a station may fall short of that of the steady state, because the run began empty, before
/// its numbers are marked. As much as people ask of intervals; without a warm-up a queue is there after five relaxation
/// times, and a warm-up of one makes it two.
pub const SHORTFALL: f64 = 0.05;

/// A node that has not settled.
#[derive(Clone, Debug, PartialEq)]
pub struct TooShort {
    /// The node.
    pub node: String,
    /// Seconds that a replication would have to last; infinite where none is long enough.
    pub needed: f64,
}

/// The node that takes longest to settle, of those that do not settle in a run that is measured from `from` to `to`.
#[must_use]
pub fn too_short(flows: &Flows, from: f64, to: f64) -> Option<TooShort> {
    let stations = flows.stations.iter().flat_map(|load| rises(load).into_iter().map(|rise| (&load.node, rise)));
    let delays = flows.delays.iter().map(|delay| (&delay.node, Rise::Delay(delay.mean)));
    let short = stations.chain(delays).filter(|(_, rise)| rise.shortfall(from, to) > SHORTFALL);
    let needed = short.map(|(node, rise)| TooShort { node: node.clone(), needed: rise.needed(from, SHORTFALL) });
    needed.max_by(|a, b| a.needed.total_cmp(&b.needed))
}

/// How a station rises to its steady level; empty if its load is unknown, or too high for a steady level.
fn rises(load: &StationLoad) -> Vec<Rise> {
    let StationLoad { least, most, room, service, workers, variability, .. } = *load;
    if !load.is_known() && room.is_finite() && most > 1.0 && !load.leaves {
        // As much arrives as can be served, from users who wait for their answers: the queue builds up soon, but a
        // request that is answered before a whole queue has been served once had a shorter queue before it.
        return vec![Rise::Filling(room * service / workers * (1.0 - 1.0 / most))];
    }
    if load.is_overloaded() || !(load.is_known() || load.is_stable()) || service == 0.0 {
        return Vec::new();
    }
    if variability.is_infinite() {
        // If a variance is infinite, the mean queue of one worker is infinite; that of many workers may be finite.
        return if workers > 1.0 || room.is_finite() { Vec::new() } else { vec![Rise::Queue(f64::INFINITY)] };
    }
    let open = relaxation(least, service, workers, variability);
    if room.is_infinite() {
        return vec![Rise::Queue(open)];
    }
    let between = bounded(open, room, service, workers, variability);
    if least <= 1.0 {
        return vec![Rise::Queue(between)];
    }
    // Filled by the excess of arrivals, or by chance, whichever is sooner.
    let by_drift = room * service / ((least - 1.0) * workers);
    let by_chance = room * room * service / (2.0 * variability * workers);
    vec![Rise::Queue(between), Rise::Filling(by_drift.min(by_chance))]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn queue(load: f64, room: f64) -> StationLoad {
        StationLoad {
            node: "web".to_owned(),
            line: false,
            least: load,
            most: load,
            growth: 0.0,
            room,
            leaves: false,
            service: 1e-3,
            workers: 1.0,
            gather: 1.0,
            variability: 1.0,
        }
    }

    fn needed(load: StationLoad, to: f64) -> Option<f64> {
        let flows = Flows { stations: vec![load], ..Flows::default() };
        too_short(&flows, 0.0, to).map(|short| short.needed)
    }

    #[test]
    fn a_queue_settles_in_five_relaxation_times() {
        // M/M/1 at 0.9 with 1000 services a second: a relaxation time of 0.38 s.
        assert_eq!(needed(queue(0.9, f64::INFINITY), 2.0), None);
        let short = needed(queue(0.9, f64::INFINITY), 1.0).expect("too short");
        assert!((short - 1.9).abs() < 0.01, "{short}");
    }

    #[test]
    fn a_room_that_fills_slowly_takes_as_long_as_it_takes_to_fill() {
        // A million requests at a hundred a second: 10,000 s, of which half are missing on average.
        let short = needed(queue(1.1, 1e6), 20.0).expect("too short");
        assert!((short - 100_000.0).abs() < 2000.0, "{short}");
        assert_eq!(needed(queue(2.0, 10.0), 20.0), None);
        assert_eq!(needed(queue(1.0, 10.0), 20.0), None);
    }

    #[test]
    fn the_queue_of_many_users_is_settled_when_it_has_been_served_some_times() {
        // 100,000 users with a think time of one second, served in 10 ms: 999 s each.
        let users = StationLoad { least: 0.0, most: 1000.0, service: 0.01, ..queue(0.0, 1e5) };
        let short = needed(users.clone(), 200.0).expect("too short");
        assert!((short - 9990.0).abs() < 1.0, "{short}");
        assert_eq!(needed(users, 10_000.0), None);
        // Ten users without a pause.
        let few = StationLoad { least: 0.0, most: f64::INFINITY, service: 0.01, ..queue(0.0, 10.0) };
        assert_eq!(needed(few, 2.0), None);
    }

    #[test]
    fn what_has_no_level_and_what_is_not_known_is_not_judged() {
        assert_eq!(needed(queue(1.2, f64::INFINITY), 1.0), None);
        assert_eq!(needed(StationLoad { most: 3.0, ..queue(0.9, f64::INFINITY) }, 1.0), None);
        let heavy = StationLoad { variability: f64::INFINITY, ..queue(0.5, f64::INFINITY) };
        assert_eq!(needed(heavy, 1e9), Some(f64::INFINITY));
    }
}
