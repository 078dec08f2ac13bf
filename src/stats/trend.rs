//! Does the work that waits grow without end? A test on observed time series, for systems whose description does not
//! tell.
//!
//! Requests at a station less the requests that it could have served while workers were idle: arrivals less possible
//! services. That difference is a random walk, whatever the policy, the number of queues and their order, and its drift
//! is the rate of arrivals less the capacity. The number of requests alone is not: a hundred queues that fill up to
//! their steady level together rise with hardly any noise.

use super::interval::{Interval, moments};
use super::student;

/// Chance of calling a station with an offered load of one growing; with less load it is smaller still.
pub const FALSE_ALARM: f64 = 0.015;

/// A series is divided into at least this many steps, if it has enough windows.
const FEWEST_STEPS: usize = 30;
/// Fewest windows that say anything.
const FEWEST_WINDOWS: usize = 6;
/// Growth of fewer requests than these is none.
const FEWEST_REQUESTS: f64 = 5.0;
/// Share of the growth that must fall into the last half of the run: a half when a queue grows steadily.
const LAST_HALF_SHARE: f64 = 0.1;
/// How many standard deviations the drift comes to when a run lasts ten relaxation times: sqrt(20).
const TEN_RELAXATIONS: f64 = 4.472_135_954_999_579;

/// The growth of the requests at a station over a run.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Trend {
    /// Growth in requests per second: least-squares slopes, mean over replications with its interval at 95 %.
    pub rate: Interval,
    /// How far arrivals less possible services have drifted, in standard deviations of its mean over the replications:
    /// Student's t of its steps. Infinite if it drifts without any noise.
    pub distance: f64,
    /// The meaning of these numbers.
    pub verdict: Verdict,
    /// How many times as long a run would have to be to span ten relaxation times, by the drift that was seen.
    pub longer: f64,
}

/// Whether requests gather.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// More could be served than came, beyond chance; or, where requests may leave unserved, they do not grow in number.
    Settled,
    /// The run is too short to tell.
    Unsettled,
    /// Growing: more comes than can be served.
    Growing,
}

/// The observations of a station in one replication, by windows.
#[derive(Clone, Copy, Debug)]
pub struct Seen<'a> {
    /// Mean number of requests.
    pub requests: &'a [f64],
    /// Requests that idle workers could have served, from the start to the middle of the window; empty if unknown, or
    /// if requests may leave without having been served, so that the count has no meaning.
    pub missed: &'a [f64],
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

/// Judges whether requests gather without end at a station that was empty at the start, from windows of `width` seconds,
/// one series a replication. The shortest decides. `None` without series or with fewer than six windows.
///
/// The rule. Each series is divided into 30 to 59 equal steps (or single windows, if it has fewer), and t is Student's,
/// of the mean change over a step of arrivals less possible services. A series is *growing* if it drifts up beyond
/// Student's quantile at 1.5 % on one side, if the number of requests has grown by five at least, a tenth of that in
/// the last half of the run, so that a queue that fills up to a bound and stays there is not taken for growing. It is
/// *settled* if it drifts down beyond the same quantile. In between the run is too short to tell. If idle workers are
/// unknown, the number of requests is used in place of the difference, and a series that does not grow is settled.
///
/// Errors. With a load of exactly one t is Student's, so that it is called growing in fewer than 1.5 % of cases; a load
/// of less than one shifts it down. A run of ten relaxation times, 10 / (mu (1 - sqrt(load))^2) for M/M/1, shifts t by 4.5
/// for each replication, to either side: overload is missed in 2 % of single runs, and never in ten.
#[must_use]
pub fn assess(series: &[Seen<'_>], width: f64) -> Option<Trend> {
    let windows = series.iter().map(|seen| seen.requests.len()).min()?;
    if windows < FEWEST_WINDOWS || width <= 0.0 || width.is_nan() {
        return None;
    }
    let knows_idle = series.iter().all(|seen| seen.missed.len() >= windows);
    let stride = ((windows - 1) / FEWEST_STEPS).max(1);
    let steps = (windows - 1) / stride;
    // Windows that do not divide evenly are left out at the start.
    let place = |step: usize| windows - 1 - (steps - step) * stride;
    let walk = |seen: &Seen<'_>, step: usize| {
        let at = place(step);
        seen.requests[at] - if knows_idle { seen.missed[at] } else { 0.0 }
    };
    let changes: Vec<f64> =
        series.iter().flat_map(|seen| (0..steps).map(move |step| walk(seen, step + 1) - walk(seen, step))).collect();
    let found = moments(&changes)?;
    // The mean over a window is smoother than the walk itself: for a Brownian motion the change of the mean over k windows
    // has the variance of k - 1/3 of them.
    let per_step = found.variance? * stride as f64 / (stride as f64 - 1.0 / 3.0);
    let error = (per_step / changes.len() as f64).sqrt();
    let distance = if found.mean == 0.0 { 0.0 } else { found.mean / error };

    let growth = |from: usize| -> f64 {
        series.iter().map(|seen| seen.requests[place(steps)] - seen.requests[place(from)]).sum()
    };
    let (whole, last_half) = (growth(0), growth(steps / 2));
    let material = whole >= FEWEST_REQUESTS * series.len() as f64 && last_half >= LAST_HALF_SHARE * whole;
    let factor = student::quantile_two_sided(2.0 * FALSE_ALARM, (changes.len() - 1) as f64);
    let verdict = if distance > factor && material {
        Verdict::Growing
    } else if distance < -factor || !knows_idle {
        Verdict::Settled
    } else {
        Verdict::Unsettled
    };
    let slopes: Vec<f64> = series.iter().map(|seen| slope(&seen.requests[..windows], width)).collect();
    let single = distance / (series.len() as f64).sqrt();
    let longer = (TEN_RELAXATIONS / single) * (TEN_RELAXATIONS / single);
    Some(Trend { rate: Interval::of(&slopes, 0.95)?, distance, verdict, longer })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::random::{Bits, StreamKey, exponential};
    use approx::assert_relative_eq;

    /// Requests, and those that idle workers could have served, by window.
    type Station = (Vec<f64>, Vec<f64>);

    /// A station of `queues` M/M/c queues, each with 1000 / queues arrivals a second, that starts empty.
    fn station(load: f64, servers: u64, queues: usize, seconds: usize, replication: u32) -> Station {
        let (mut requests, mut missed) = (vec![0.0; seconds], vec![0.0; seconds]);
        for queue in 0..queues {
            let mut bits = StreamKey::root(5, replication).named("trend").named(&queue.to_string()).sequence();
            let arrivals = 1000.0 / queues as f64;
            let (mut now, mut number) = (0.0, 0_u64);
            let service_rate = arrivals / load / servers as f64;
            while now < seconds as f64 {
                // The jump chain: without memory, the next event is an arrival or the end of a service.
                let rate = arrivals + number.min(servers) as f64 * service_rate;
                let next = now + exponential(&mut bits) / rate;
                let idle = servers.saturating_sub(number) as f64 * service_rate;
                let mut from: f64 = now;
                while from < next && from < seconds as f64 {
                    let window = from as usize;
                    let to = next.min((window + 1) as f64);
                    requests[window] += number as f64 * (to - from);
                    missed[window] += idle * (to - from);
                    from = to;
                }
                now = next;
                if bits.uniform() * rate < arrivals { number += 1 } else { number -= 1 }
            }
        }
        let mut before = 0.0;
        for idle in &mut missed {
            let middle = before + 0.5 * *idle;
            before += *idle;
            *idle = middle;
        }
        (requests, missed)
    }

    fn judge(runs: &[Station], width: f64) -> Trend {
        let seen: Vec<Seen<'_>> = runs.iter().map(|(requests, missed)| Seen { requests, missed }).collect();
        assess(&seen, width).unwrap()
    }

    /// The trend of a series if only the number of requests is known.
    fn alone(series: &[Vec<f64>], width: f64) -> Trend {
        let seen: Vec<Seen<'_>> = series.iter().map(|requests| Seen { requests, missed: &[] }).collect();
        assess(&seen, width).unwrap()
    }

    /// Verdicts over many runs: how often settled, unsettled and growing.
    fn verdicts(load: f64, servers: u64, queues: usize, seconds: usize, replications: u32, trials: u32) -> [u32; 3] {
        let mut counts = [0; 3];
        for trial in 0..trials {
            let runs: Vec<Station> = (0..replications)
                .map(|run| station(load, servers, queues, seconds, trial * replications + run))
                .collect();
            counts[judge(&runs, 1.0).verdict as usize] += 1;
        }
        counts
    }

    #[test]
    fn an_overloaded_queue_is_found_in_one_run_or_many() {
        // A drift of 8.7 standard deviations in a minute: never missed.
        assert_eq!(verdicts(1.05, 1, 1, 60, 1, 20), [0, 0, 20]);
        assert_eq!(verdicts(1.02, 1, 1, 60, 10, 4), [0, 0, 4]);
        assert_eq!(verdicts(1.05, 8, 1, 60, 1, 10), [0, 0, 10]);
        assert_eq!(verdicts(1.5, 1, 1, 10, 1, 10), [0, 0, 10]);
    }

    #[test]
    fn a_stable_queue_is_not_called_growing_however_it_wanders() {
        for load in [0.5, 0.9, 0.95, 0.98, 0.99] {
            for (seconds, replications, trials) in [(60, 1, 20), (10, 1, 20), (60, 5, 4), (30, 20, 1)] {
                let [_, _, growing] = verdicts(load, 1, 1, seconds, replications, trials);
                assert_eq!(growing, 0, "load {load}, {seconds} s, {replications} replications");
            }
        }
    }

    #[test]
    fn many_queues_that_fill_up_together_are_not_called_growing() {
        // A hundred M/M/1 queues at 0.9 with ten arrivals a second each: a relaxation time of 35 s, so that after 30 s they
        // rise steadily, and with hardly any noise.
        for replications in [1, 5] {
            assert_eq!(verdicts(0.9, 1, 100, 30, replications, 4)[2], 0);
        }
        assert_eq!(verdicts(1.05, 1, 100, 60, 1, 4), [0, 0, 4]);
    }

    #[test]
    fn a_load_of_one_exactly_is_hardly_ever_called_growing() {
        // 1.5 of a hundred: more than eight are one in 30,000.
        assert!(verdicts(1.0, 1, 1, 60, 1, 100)[2] <= 8);
        assert!(verdicts(1.0, 1, 1, 60, 10, 10)[2] <= 2);
    }

    #[test]
    fn a_run_too_short_to_tell_says_so_and_how_long_would_do() {
        // Half a relaxation time at 0.99: 100 s with 1000 services a second is 2.5 of them, 20 s are half of one.
        let [settled, unsettled, growing] = verdicts(0.99, 1, 1, 20, 1, 20);
        assert_eq!((settled + unsettled, growing), (20, 0));
        assert!(unsettled >= 15, "{unsettled}");
        let runs: Vec<Station> = (0..40).map(|run| station(0.98, 1, 1, 100, run)).collect();
        let Trend { longer, verdict, .. } = judge(&runs, 1.0);
        assert_eq!(verdict, Verdict::Settled);
        // A relaxation time is 9.8 s: a hundred are spanned, and ten would do.
        assert!((0.5..2.0).contains(&longer), "{longer}");
    }

    #[test]
    fn the_rate_is_arrivals_less_services() {
        let runs: Vec<Station> = (0..10).map(|run| station(1.5, 10, 1, 60, run)).collect();
        let rate = judge(&runs, 1.0).rate;
        // 1000 - 1000 / 1.5; the standard error of ten runs is below 2.
        assert!((rate.mean - 333.33).abs() < 10.0, "{rate:?}");
    }

    #[test]
    fn growth_without_noise_is_growth_and_rounding_is_none() {
        let line: Vec<f64> = (0..50).map(|i| 0.5 * f64::from(i)).collect();
        let trend = alone(&[line], 2.0);
        assert_eq!(trend.verdict, Verdict::Growing);
        assert_relative_eq!(trend.rate.mean, 0.25, max_relative = 1e-12);
        let flat: Vec<f64> = (0..50).map(|i| 0.3 + 1e-13 * f64::from(i)).collect();
        assert_eq!(alone(&[flat], 2.0).verdict, Verdict::Settled);
        assert_eq!(alone(&[vec![4.0; 50]], 2.0).verdict, Verdict::Settled);
    }

    #[test]
    fn a_queue_that_fills_up_and_stays_full_does_not_grow() {
        let filling: Vec<f64> = (0..60).map(|i| 9000.0 * (1.0 - libm::exp(-f64::from(i) / 10.0))).collect();
        assert_ne!(alone(&[filling.clone(), filling], 1.0).verdict, Verdict::Growing);
    }

    #[test]
    fn too_short_a_series_is_not_judged() {
        let seen = |requests| Seen { requests, missed: &[] };
        assert_eq!(assess(&[], 1.0), None);
        assert_eq!(assess(&[seen(&[1.0; 5])], 1.0), None);
        assert_eq!(assess(&[seen(&[1.0; 9]), seen(&[1.0; 5])], 1.0), None);
        assert_eq!(assess(&[seen(&[1.0; 9])], 0.0), None);
    }

    #[test]
    fn the_slope_of_a_line_is_its_slope() {
        let line: Vec<f64> = (0..50).map(|i| 7.0 + 0.25 * f64::from(i)).collect();
        assert_relative_eq!(slope(&line, 0.5), 0.5, max_relative = 1e-12);
        assert_eq!(slope(&[3.0], 1.0), 0.0);
        assert_eq!(slope(&[], 1.0), 0.0);
    }
}
