//! When each request of a trace is due in a replay.

use super::{Replay, Spread, Trace};
use crate::engine::random::{Bits, StreamKey};
use crate::engine::time::NANOS_PER_SECOND;

/// Why a trace cannot be replayed at the speed asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ScheduleError {
    /// All requests come at one time.
    #[error("all requests of the log come at one time, so they have no mean rate that could be scaled: use `speed`")]
    NoSpan,
    /// So slow that the last is beyond the end of simulated time.
    #[error("so slow a replay would last longer than simulated time, which ends after 292 years")]
    TooLong,
}

/// Half the range of the clock: room for whatever comes behind.
const LATEST: f64 = (u64::MAX / 2) as f64;

/// When each record is due, in nanoseconds from the start of the run; never earlier than the one before. Requests are
/// spread over the time their stamp stands for ([`Trace::resolution`]), then long gaps are cut, then the whole is
/// scaled. The first is due at 0, or as far behind it as its spread takes it. Draws are those of `key`, and the same
/// whatever else is in the system.
///
/// # Errors
/// See [`ScheduleError`].
pub fn schedule(trace: &Trace, replay: &Replay, key: StreamKey) -> Result<Vec<u64>, ScheduleError> {
    let mut times = spread(trace, &replay.spread, key);
    if let Some(longest) = replay.longest_gap {
        cut_gaps(&mut times, longest.duration().as_nanos());
    }
    let (Some(first), Some(last)) = (times.first().copied(), times.last().copied()) else { return Ok(times) };
    let factor = match replay.rate {
        Some(_) if first == last => return Err(ScheduleError::NoSpan),
        Some(rate) => times.len() as f64 / rate.per_second() / ((last - first) as f64 / NANOS_PER_SECOND),
        None => 1.0 / replay.speed,
    };
    if last as f64 * factor > LATEST {
        return Err(ScheduleError::TooLong);
    }
    if factor != 1.0 {
        for time in &mut times {
            // Adding one half rounds, as times are never negative.
            *time = (*time as f64 * factor + 0.5) as u64;
        }
    }
    Ok(times)
}

/// Times within their stamps. A stamp was cut off, so it stands for the time from it up to the next possible one.
fn spread(trace: &Trace, how: &Spread, key: StreamKey) -> Vec<u64> {
    let mut times: Vec<u64> = trace.records.iter().map(|record| record.at).collect();
    let resolution = trace.resolution.max(1);
    let mut number = 0;
    for same in times.chunk_by_mut(|a, b| a == b) {
        let count = same.len() as u64;
        for (place, time) in same.iter_mut().enumerate() {
            *time = time.saturating_add(match how {
                Spread::None(_) => 0,
                // In the middle of equal parts, so that two seconds of equal counts keep their distance.
                Spread::Even(_) => (u128::from(resolution) * (2 * place as u128 + 1) / (2 * u128::from(count))) as u64,
                Spread::Uniform(_) => key.draws(number + place as u64).below(resolution),
            });
        }
        if matches!(how, Spread::Uniform(_)) {
            same.sort_unstable();
        }
        number += count;
    }
    times
}

/// Moves the requests behind a gap longer than `longest` forward.
fn cut_gaps(times: &mut [u64], longest: u64) {
    let mut cut = 0;
    let mut previous = times.first().copied().unwrap_or_default();
    for time in times {
        cut += (*time - previous).saturating_sub(longest);
        previous = *time;
        *time -= cut;
    }
}

#[cfg(test)]
mod tests {
    use super::super::replay::{Even, NoSpread, Uniform};
    use super::super::{Known, Record};
    use super::*;
    use crate::schema::quantity::{Rate, Span};
    use proptest::prelude::*;

    const SECOND: u64 = 1_000_000_000;

    fn trace(seconds: &[u64]) -> Trace {
        let records = seconds.iter().map(|at| Record { at: at * SECOND, client: 0, key: 0, size: 0 }).collect();
        Trace { records, keys: Vec::new(), known: Known::default(), start: 0, resolution: SECOND }
    }

    fn replay(spread: Spread) -> Replay {
        Replay { spread, ..Replay::of("a").expect("a name") }
    }

    fn due(seconds: &[u64], replay: &Replay) -> Vec<u64> {
        schedule(&trace(seconds), replay, StreamKey::root(1, 0)).expect("can be replayed")
    }

    #[test]
    fn equal_seconds_are_spread_evenly_or_not_at_all() {
        let even = due(&[0, 0, 3, 3, 3, 3], &replay(Spread::Even(Even {})));
        assert_eq!(even, [250, 750, 3125, 3375, 3625, 3875].map(|ms| ms * 1_000_000));
        let none = due(&[0, 0, 3], &replay(Spread::None(NoSpread {})));
        assert_eq!(none, [0, 0, 3 * SECOND]);
    }

    #[test]
    fn uniform_spread_fills_the_second_like_a_poisson_process() {
        let stamps: Vec<u64> = (0..20_000).map(|request| request / 10).collect();
        let times = due(&stamps, &replay(Spread::Uniform(Uniform {})));
        assert!(times.is_sorted());
        assert!(times.iter().zip(&stamps).all(|(time, stamp)| time / SECOND == *stamp));
        let mut bins = [0_f64; 20];
        times.iter().for_each(|time| bins[(time % SECOND * 20 / SECOND) as usize] += 1.0);
        let statistic: f64 = bins.iter().map(|count| (count - 1000.0) * (count - 1000.0) / 1000.0).sum();
        // The 1 - 1e-7 quantile of chi-square with 19 degrees of freedom is 68.4.
        assert!(statistic < 68.4, "{statistic}");
        let again = schedule(&trace(&stamps), &replay(Spread::Uniform(Uniform {})), StreamKey::root(1, 0));
        assert_eq!(again, Ok(times.clone()));
        let other = schedule(&trace(&stamps), &replay(Spread::Uniform(Uniform {})), StreamKey::root(1, 1));
        assert_ne!(other, Ok(times));
    }

    #[test]
    fn long_gaps_are_cut_and_short_ones_are_not() {
        let mut replay = replay(Spread::None(NoSpread {}));
        replay.longest_gap = Span::from_seconds(5.0);
        assert_eq!(due(&[0, 4, 9, 109, 110, 1000], &replay), [0, 4, 9, 14, 15, 20].map(|at| at * SECOND));
    }

    #[test]
    fn time_can_be_scaled_by_a_factor_or_to_a_mean_rate() {
        let mut replay = replay(Spread::None(NoSpread {}));
        replay.speed = 4.0;
        assert_eq!(due(&[0, 2, 4], &replay), [0, SECOND / 2, SECOND]);
        replay.speed = 1.0;
        replay.rate = Rate::from_per_second(100.0);
        let stamps: Vec<u64> = (0..1000).map(|request| request * request / 50).collect();
        for spread in [Spread::Even(Even {}), Spread::Uniform(Uniform {}), Spread::None(NoSpread {})] {
            replay.spread = spread;
            let times = due(&stamps, &replay);
            let seconds = (times[999] - times[0]) as f64 / NANOS_PER_SECOND;
            assert!((1000.0 / seconds - 100.0).abs() < 1e-6, "{seconds}");
        }
    }

    #[test]
    fn what_cannot_be_scaled_is_an_error() {
        let mut replay = replay(Spread::None(NoSpread {}));
        replay.rate = Rate::from_per_second(1.0);
        let key = StreamKey::root(1, 0);
        assert_eq!(schedule(&trace(&[0, 0]), &replay, key), Err(ScheduleError::NoSpan));
        assert_eq!(schedule(&trace(&[]), &replay, key), Ok(Vec::new()));
        replay.rate = None;
        replay.speed = 1e-9;
        assert_eq!(schedule(&trace(&[0, 60]), &replay, key), Err(ScheduleError::TooLong));
    }

    proptest! {
        #[test]
        fn due_times_never_fall(
            mut stamps in prop::collection::vec(0..100_000_u64, 0..200),
            how in 0..3_usize,
            speed in 0.001..1000.0_f64,
            gap in prop::option::of(0.001..100.0_f64),
        ) {
            stamps.sort_unstable();
            let spread = [Spread::Even(Even {}), Spread::Uniform(Uniform {}), Spread::None(NoSpread {})][how].clone();
            let mut replay = replay(spread);
            replay.speed = speed;
            replay.longest_gap = gap.and_then(Span::from_seconds);
            let times = due(&stamps, &replay);
            prop_assert_eq!(times.len(), stamps.len());
            prop_assert!(times.is_sorted());
        }
    }
}
