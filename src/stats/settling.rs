//! How long a system that starts empty takes to settle, and how much a run that is shorter misses.
//!
//! What flows where, and how much work that is, belongs in `model`.

/// How a level rises from zero to its steady mean.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Rise {
    /// A queue, by its relaxation time in seconds. The mean of a reflected Brownian motion that starts at the origin, the
    /// heavy-traffic limit of all queues (Abate and Whitt, "Transient behavior of regulated Brownian motion, I", Advances
    /// in Applied Probability 19, 1987); a relaxation time is two of its units of time.
    Queue(f64),
    /// A delay of this many seconds in the mean, which does not depend on the load: a network, a pause. The number of
    /// requests in it approaches its mean exponentially.
    Delay(f64),
    /// A room that is filled at a constant rate in this many seconds.
    Filling(f64),
}

impl Rise {
    /// Seconds of the steady mean that are missing from a time on: the area between the level and its steady mean, over
    /// that mean.
    #[must_use]
    pub fn missing_from(self, time: f64) -> f64 {
        match self {
            Self::Queue(relaxation) => {
                let unit = 0.5 * relaxation;
                if unit.is_infinite() {
                    return f64::INFINITY;
                }
                if unit <= 0.0 { 0.0 } else { unit * reflected_area(time / unit) }
            }
            Self::Delay(mean) if mean.is_infinite() => f64::INFINITY,
            Self::Delay(mean) => {
                if mean <= 0.0 {
                    0.0
                } else {
                    mean * libm::exp(-time / mean)
                }
            }
            Self::Filling(length) if length.is_infinite() => f64::INFINITY,
            Self::Filling(length) => {
                if time >= length {
                    0.0
                } else {
                    0.5 * (length - time) * (length - time) / length
                }
            }
        }
    }

    /// The share of its steady mean that the mean level from one time to another falls short of.
    #[must_use]
    pub fn shortfall(self, from: f64, to: f64) -> f64 {
        let missing = self.missing_from(from);
        if missing.is_infinite() {
            return 1.0;
        }
        if to <= from { 1.0 } else { ((missing - self.missing_from(to)) / (to - from)).clamp(0.0, 1.0) }
    }

    /// How long a run that is measured from a given time on must last to fall short by at most a share; infinite if no
    /// run is long enough.
    #[must_use]
    pub fn needed(self, from: f64, share: f64) -> f64 {
        from + self.missing_from(from) / share
    }
}

/// Area from `time` on between one and the mean of the canonical reflected Brownian motion (drift -1, variance 1) that
/// starts at zero, over its steady mean. The integral of 2 (1 + t) Q(sqrt t) - 2 sqrt(t) phi(sqrt t), by parts.
fn reflected_area(time: f64) -> f64 {
    if time > 60.0 {
        return 0.0;
    }
    let root = time.max(0.0).sqrt();
    let density = libm::exp(-0.5 * time) / (2.0 * std::f64::consts::PI).sqrt();
    ((1.0 - 2.0 * time - time * time) * normal_tail(root) + root * (1.0 + time) * density).max(0.0)
}

/// The chance of a standard normal variable above `x`.
fn normal_tail(x: f64) -> f64 {
    0.5 * libm::erfc(x / std::f64::consts::SQRT_2)
}

/// The relaxation time in seconds of a queue with an offered `load` before `workers` that each serve a request in `service`
/// seconds: that of M/M/1, 1 / (mu (1 - sqrt(load))^2), with mu the rate of all workers, times the `variability`, half the
/// sum of the squared coefficients of variation of the gaps between arrivals and of services. Never shorter than a service.
/// Above a load of one that of the mirrored load, 1 / load; at one it is infinite. Cohen, "The Single Server Queue", 1982,
/// for M/M/1; the scale is that of the diffusion.
#[must_use]
pub fn relaxation(load: f64, service: f64, workers: f64, variability: f64) -> f64 {
    let mirrored = if load > 1.0 { 1.0 / load } else { load };
    let gap = 1.0 - mirrored.max(0.0).sqrt();
    if variability == 0.0 {
        return service;
    }
    (service / workers / (gap * gap) * variability).max(service)
}

/// The relaxation time of a queue that holds at most `room` requests beside the one in service: the spectral gap of
/// Brownian motion between two barriers, (drift^2 / variance + pi^2 variance / room^2) / 2, in place of the first term
/// alone, which `relaxation` stands for. At most that.
#[must_use]
pub fn bounded(relaxation: f64, room: f64, service: f64, workers: f64, variability: f64) -> f64 {
    let variance = 2.0 * variability * workers / service;
    let between = 2.0 * room * room / (std::f64::consts::PI * std::f64::consts::PI * variance);
    if between.is_nan() {
        return relaxation;
    }
    if relaxation.is_infinite() { between } else { relaxation * between / (relaxation + between) }.max(service)
}

#[cfg(test)]
mod tests {
    use super::*;
    use approx::assert_relative_eq;

    #[test]
    fn the_relaxation_of_a_queue_is_that_of_the_books() {
        // M/M/1 at 0.9 with 1000 services a second.
        assert_relative_eq!(relaxation(0.9, 1e-3, 1.0, 1.0), 0.379_8, max_relative = 1e-3);
        assert_relative_eq!(relaxation(0.9, 1e-3, 1.0, 2.5), 0.949_5, max_relative = 1e-3);
        // Ten workers, and the mirrored load.
        assert_relative_eq!(relaxation(0.9, 1e-2, 10.0, 1.0), 0.379_8, max_relative = 1e-3);
        assert_relative_eq!(relaxation(1.0 / 0.9, 1e-3, 1.0, 1.0), 0.379_8, max_relative = 1e-3);
        assert_eq!(relaxation(1.0, 1e-3, 1.0, 1.0), f64::INFINITY);
        assert_eq!(relaxation(0.1, 1e-3, 100.0, 1.0), 1e-3);
        assert_eq!(relaxation(1.0, 1e-3, 1.0, 0.0), 1e-3);
    }

    #[test]
    fn the_missing_area_is_what_numerical_integration_finds() {
        // Half a unit in all: the mean of the stationary excess.
        assert_relative_eq!(reflected_area(0.0), 0.5, max_relative = 1e-12);
        let density = |t: f64| libm::exp(-0.5 * t) / (2.0 * std::f64::consts::PI).sqrt();
        let short = |t: f64| 2.0 * (1.0 + t) * normal_tail(t.sqrt()) - 2.0 * t.sqrt() * density(t);
        for from in [0.1, 0.5, 1.0, 3.0, 10.0] {
            let step = 1e-3;
            let sum: f64 = (0..60_000).map(|k| short(from + (f64::from(k) + 0.5) * step) * step).sum();
            assert_relative_eq!(reflected_area(from), sum, max_relative = 1e-4);
        }
    }

    #[test]
    fn a_queue_that_starts_empty_falls_short_as_theory_says() {
        // Ten relaxation times are twenty units: half a unit of twenty is missing.
        assert_relative_eq!(Rise::Queue(1.0).shortfall(0.0, 10.0), 0.025, max_relative = 1e-3);
        assert!(Rise::Queue(1.0).shortfall(2.0, 10.0) < 0.002);
        assert_eq!(Rise::Queue(f64::INFINITY).shortfall(0.0, 10.0), 1.0);
        assert_relative_eq!(Rise::Delay(1.0).shortfall(0.0, 20.0), 0.05, max_relative = 1e-6);
        assert_relative_eq!(Rise::Filling(10.0).shortfall(0.0, 100.0), 0.05, max_relative = 1e-12);
        assert_relative_eq!(Rise::Filling(10.0).shortfall(10.0, 20.0), 0.0);
    }

    #[test]
    fn a_run_as_long_as_needed_falls_short_by_no_more_than_was_asked() {
        for rise in [Rise::Queue(3.0), Rise::Delay(2.0), Rise::Filling(5.0)] {
            for from in [0.0, 1.0] {
                let needed = rise.needed(from, 0.05);
                assert!(rise.shortfall(from, needed) <= 0.05 + 1e-9, "{rise:?} from {from}");
                assert!(rise.shortfall(from, from + 0.5 * (needed - from)) > 0.05, "{rise:?} from {from}");
            }
        }
        assert_eq!(Rise::Queue(f64::INFINITY).needed(0.0, 0.05), f64::INFINITY);
    }

    #[test]
    fn a_small_room_is_filled_soon_however_near_the_load_is_to_one() {
        // Room for ten: 2 x 100 / (pi^2 x 2000) s.
        assert_relative_eq!(bounded(f64::INFINITY, 10.0, 1e-3, 1.0, 1.0), 0.010_13, max_relative = 1e-3);
        assert_relative_eq!(bounded(0.38, 1e9, 1e-3, 1.0, 1.0), 0.38, max_relative = 1e-6);
        assert!(bounded(0.38, 10.0, 1e-3, 1.0, 1.0) < 0.010_2);
    }
}
