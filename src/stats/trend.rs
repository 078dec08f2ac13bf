//! Is a queue growing without end? Told from its length over time, for the name of an unstable system.
//!
//! The referee is the worst queue that does not grow: one with an offered load of exactly one, which wanders off like
//! a Brownian motion reflected at zero. A queue counts as growing if it has gone further than that one would.

use super::interval::{Interval, moments};
use super::student;

/// Chance of calling a queue with an offered load of one growing; with less load it is smaller still.
pub const FALSE_ALARM: f64 = 1e-4;

/// The mean of the absolute value of a standard normal variable: where a reflected walk is after one unit of time.
const REFLECTED_MEAN: f64 = 0.797_884_560_802_865_4;
/// A series is divided into at least so many steps, where it has the windows for it.
const FEWEST_STEPS: usize = 30;
/// Fewest windows that say anything.
const FEWEST_WINDOWS: usize = 6;
/// Growth of fewer requests than these is none.
const FEWEST_REQUESTS: f64 = 5.0;
/// Share of the growth that must fall into the last half of the run: a half when the queue grows steadily.
const LAST_HALF_SHARE: f64 = 0.25;

/// What became of the length of a queue over a run.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Trend {
    /// Growth in requests per second: least-squares slopes, mean over replications with its interval at 95 %.
    pub rate: Interval,
    /// How far the queue went, in units of how far a queue at a load of one would wander in that time (one standard
    /// deviation, of one replication). Infinite where it grows without any noise.
    pub distance: f64,
    /// What this means.
    pub verdict: Verdict,
}

/// Whether a queue grows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// No sign of growth beyond what any queue does.
    Settled,
    /// Longer at the end than at the start in nearly every replication, but no more than a queue at a load of one would
    /// be: the run or its warm-up is too short to tell a full queue from a growing one.
    Unsettled,
    /// Growing: more work comes in than is done.
    Growing,
}

/// The least-squares slope per second of `values`, means over windows of `width` seconds each; 0 of fewer than two.
#[must_use]
pub fn slope(values: &[f64], width: f64) -> f64 {
    let Some(mean) = moments(values).map(|m| m.mean) else { return 0.0 };
    let middle = 0.5 * (values.len() - 1) as f64;
    let (products, squares) = values.iter().enumerate().fold((0.0, 0.0), |(products, squares), (place, value)| {
        let off = place as f64 - middle;
        (products + off * (value - mean), squares + off * off)
    });
    if squares > 0.0 { products / (squares * width) } else { 0.0 }
}

/// Judges whether a queue grows, from the mean number in it in each window of `width` seconds, one series a replication.
///
/// Best given the number *waiting*, from the end of the warm-up or from an empty start: servers that fill up are no
/// growth. All series should be equally long; the shortest decides. `None` without series or with fewer than six
/// windows.
///
/// The rule. Each series is divided into 30 to 59 equal steps (or single windows, if it has fewer); let s be the standard deviation of the change over one
/// step, pooled over all R replications, and G the mean change from first to last window. Growth is *significant* if
/// G > s sqrt(steps) (m + (t - m) / sqrt(R)), where m = sqrt(2 / pi) is the mean of a half-normal variable and t
/// Student's factor at 1e-4 on two sides. Without drift a queue's change is at most that of a reflected Brownian
/// motion, half-normal with scale s sqrt(steps); for R = 1 the bound is its quantile, and for any R it lies above the
/// quantile of a mean of R of them. It is *material* if it comes to at least five requests, a quarter of which came in
/// the last half of the run, so that a queue that fills up to its level and stays there is not taken for growing.
///
/// Errors. A stable queue is called growing in fewer than one of 10,000 cases, whatever its load, its length of run or
/// its warm-up, provided the run holds many services and a step is longer than the bursts of the arrivals. With sigma^2
/// the variance of arrivals less services in a second and T the length of the run, a queue that grows by
/// 8 sigma / sqrt(T) a second is nearly always found in one replication, and by 3 sigma / sqrt(T) in ten; half as much is
/// missed as often as not. For M/M/1 with 1000 arrivals a second over a minute these are loads of 1.05 and 1.02.
#[must_use]
pub fn assess(series: &[&[f64]], width: f64) -> Option<Trend> {
    let windows = series.iter().map(|values| values.len()).min()?;
    if windows < FEWEST_WINDOWS || width <= 0.0 || width.is_nan() {
        return None;
    }
    let stride = ((windows - 1) / FEWEST_STEPS).max(1);
    let steps = (windows - 1) / stride;
    // What does not divide evenly is left out at the start.
    let at = |values: &[f64], step: usize| values[windows - 1 - (steps - step) * stride];
    let changes: Vec<f64> =
        series.iter().flat_map(|values| (0..steps).map(move |step| at(values, step + 1) - at(values, step))).collect();
    let spread = moments(&changes)?.variance?;
    // The mean over a window is smoother than the queue itself: for a Brownian motion the change of the mean over k
    // windows has the variance of k - 1/3 of them.
    let per_step = spread * stride as f64 / (stride as f64 - 1.0 / 3.0);
    let wandering = (per_step * steps as f64).sqrt();

    let growths: Vec<f64> = series.iter().map(|values| at(values, steps) - at(values, 0)).collect();
    let growth = moments(&growths)?.mean;
    let last_half = series.iter().map(|values| at(values, steps) - at(values, steps / 2)).sum::<f64>();

    let replications = series.len() as f64;
    let factor = student::quantile_two_sided(FALSE_ALARM, (changes.len() - 1) as f64);
    let limit = REFLECTED_MEAN + (factor - REFLECTED_MEAN) / replications.sqrt();
    let significant = growth > wandering * limit;
    let material = growth >= FEWEST_REQUESTS && last_half >= LAST_HALF_SHARE * growth * replications;

    let verdict = if significant && material {
        Verdict::Growing
    } else if material && differs_from_zero(&growths) {
        Verdict::Unsettled
    } else {
        Verdict::Settled
    };
    let slopes: Vec<f64> = series.iter().map(|values| slope(&values[..windows], width)).collect();
    let distance = if growth == 0.0 { 0.0 } else { growth / wandering };
    Some(Trend { rate: Interval::of(&slopes, 0.95)?, distance, verdict })
}

/// True if the mean of `growths` is above zero by Student's test at the rate of false alarms; never for one value.
fn differs_from_zero(growths: &[f64]) -> bool {
    Interval::of(growths, 1.0 - FALSE_ALARM).is_some_and(|interval| interval.mean > 0.0 && interval.excludes_zero())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::random::{Bits, StreamKey, exponential};
    use approx::assert_relative_eq;

    /// Mean number waiting in each window of an M/M/c queue that starts empty, with 1000 arrivals a second.
    fn waiting(load: f64, servers: u64, seconds: usize, windows_per_second: usize, replication: u32) -> Vec<f64> {
        let mut bits = StreamKey::root(5, replication).named("trend").sequence();
        let width = 1.0 / windows_per_second as f64;
        let mut areas = vec![0.0; seconds * windows_per_second];
        let (mut now, mut number) = (0.0, 0_u64);
        let service_rate = 1000.0 / load / servers as f64;
        loop {
            // The jump chain: without memory, the next event is an arrival or the end of a service.
            let rate = 1000.0 + number.min(servers) as f64 * service_rate;
            let next = now + exponential(&mut bits) / rate;
            let queue = number.saturating_sub(servers) as f64;
            let mut from = now;
            while let Some(area) = areas.get_mut((from / width) as usize) {
                let to = next.min((((from / width) as usize) + 1) as f64 * width);
                *area += queue * (to - from);
                if to >= next || to <= from {
                    break;
                }
                from = to;
            }
            now = next;
            if now >= seconds as f64 {
                return areas.into_iter().map(|area| area / width).collect();
            }
            if bits.uniform() * rate < 1000.0 { number += 1 } else { number -= 1 }
        }
    }

    fn judge(series: &[Vec<f64>], width: f64) -> Trend {
        let borrowed: Vec<&[f64]> = series.iter().map(Vec::as_slice).collect();
        assess(&borrowed, width).unwrap()
    }

    /// Verdicts over many runs: how often settled, unsettled and growing.
    fn verdicts(load: f64, seconds: usize, skip: usize, replications: u32, trials: u32) -> [u32; 3] {
        let mut counts = [0; 3];
        for trial in 0..trials {
            let runs: Vec<Vec<f64>> = (0..replications)
                .map(|run| waiting(load, 1, seconds, 1, trial * replications + run)[skip..].to_vec())
                .collect();
            counts[judge(&runs, 1.0).verdict as usize] += 1;
        }
        counts
    }

    #[test]
    fn an_overloaded_queue_is_found_in_one_run_or_many() {
        // Missed fewer than once in 1000 single runs at a load of 1.05: two of 20 would be a fault.
        assert!(verdicts(1.05, 60, 0, 1, 20)[2] >= 18);
        assert_eq!(verdicts(1.05, 60, 5, 5, 4), [0, 0, 4]);
        assert_eq!(verdicts(1.5, 60, 0, 1, 10), [0, 0, 10]);
        assert_eq!(verdicts(1.5, 60, 10, 5, 2), [0, 0, 2]);
        assert_eq!(verdicts(1.5, 10, 0, 1, 10), [0, 0, 10]);
    }

    #[test]
    fn a_stable_queue_is_not_called_growing_however_it_wanders() {
        for load in [0.5, 0.95, 0.98, 0.99] {
            for (skip, replications, trials) in [(0, 1, 20), (2, 1, 20), (2, 5, 4), (2, 20, 1)] {
                let [_, _, growing] = verdicts(load, 60, skip, replications, trials);
                assert_eq!(growing, 0, "load {load}, {skip} s left out, {replications} replications");
            }
        }
    }

    #[test]
    fn even_a_load_of_one_exactly_is_not_called_growing() {
        assert_eq!(verdicts(1.0, 60, 0, 1, 60)[2], 0);
        assert_eq!(verdicts(1.0, 60, 2, 20, 3)[2], 0);
    }

    #[test]
    fn a_run_too_short_for_its_queue_to_fill_is_unsettled_not_growing() {
        // At a load of one the queue is longer at the end in nearly every run.
        assert_eq!(verdicts(1.0, 60, 0, 100, 1), [0, 1, 0]);
    }

    #[test]
    fn the_rate_is_arrivals_less_services() {
        let runs: Vec<Vec<f64>> = (0..10).map(|run| waiting(1.5, 10, 60, 1, run)).collect();
        let rate = judge(&runs, 1.0).rate;
        // 1000 - 1000 / 1.5; the standard error of ten runs is below 2.
        assert!((rate.mean - 333.33).abs() < 10.0, "{rate:?}");
    }

    #[test]
    fn growth_without_noise_is_growth_and_rounding_is_none() {
        let line: Vec<f64> = (0..50).map(|i| 0.5 * f64::from(i)).collect();
        let trend = judge(&[line], 2.0);
        assert_eq!(trend.verdict, Verdict::Growing);
        assert_relative_eq!(trend.rate.mean, 0.25, max_relative = 1e-12);
        let flat: Vec<f64> = (0..50).map(|i| 0.3 + 1e-13 * f64::from(i)).collect();
        assert_eq!(judge(&[flat], 2.0).verdict, Verdict::Settled);
        assert_eq!(judge(&[vec![4.0; 50]], 2.0).verdict, Verdict::Settled);
    }

    #[test]
    fn a_queue_that_fills_up_and_stays_full_does_not_grow() {
        let filling: Vec<f64> = (0..60).map(|i| 9000.0 * (1.0 - libm::exp(-f64::from(i) / 10.0))).collect();
        assert_ne!(judge(&[filling.clone(), filling], 1.0).verdict, Verdict::Growing);
    }

    #[test]
    fn too_short_a_series_is_not_judged() {
        assert_eq!(assess(&[], 1.0), None);
        assert_eq!(assess(&[&[1.0; 5]], 1.0), None);
        assert_eq!(assess(&[&[1.0; 9], &[1.0; 5]], 1.0), None);
        assert_eq!(assess(&[&[1.0; 9]], 0.0), None);
    }

    #[test]
    fn the_slope_of_a_line_is_its_slope() {
        let line: Vec<f64> = (0..50).map(|i| 7.0 + 0.25 * f64::from(i)).collect();
        assert_relative_eq!(slope(&line, 0.5), 0.5, max_relative = 1e-12);
        assert_eq!(slope(&[3.0], 1.0), 0.0);
        assert_eq!(slope(&[], 1.0), 0.0);
    }
}
