//! Whether and when goodput recovers after a disturbance, from its windows in one replication.

use super::{Recovery, RecoveryNumber};
use crate::lab::trouble::Trouble;
use crate::schema::quantity::Span;

/// The part of the time after a trouble, counted from its end, that is ignored for the level to which goodput settles.
const SETTLING: f64 = 0.5;
/// Means may be over at most this part of the time after the trouble.
const LONGEST_MEAN: f64 = 0.25;
/// A return must last for at least this part of the time after the trouble: goodput that comes and goes is not back.
const LASTING: f64 = 0.25;
/// So many standard deviations of a count of independent calls make up the tolerance.
const DEVIATIONS: f64 = 4.0;

/// The course of goodput in one replication with a trouble.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Course {
    /// Calls served per second before it.
    pub before: f64,
    /// While it lasted.
    pub during: Option<f64>,
    /// In the later half of the time after it.
    pub after: Option<f64>,
    /// Whether goodput came back; `None` if the run ends before one can tell.
    pub recovered: Option<bool>,
    /// Seconds from the end of the trouble until goodput was back.
    pub time: Option<f64>,
}

impl Course {
    /// The course of goodput by windows of `width` seconds, the first beginning at 0. `None` if there is no whole window
    /// between the warm-up and the trouble, or no goodput.
    #[must_use]
    pub fn of(goodput: &[f64], width: f64, warm_up: f64, trouble: Trouble, how: &Recovery) -> Option<Self> {
        // Boundaries are sums of a width that may be rounded.
        let slack = width * 1e-6;
        let begin = |place: usize| place as f64 * width;
        let whole = |from: f64, to: f64| -> Vec<f64> {
            let inside = |place: &usize| begin(*place) >= from - slack && begin(place + 1) <= to + slack;
            (0..goodput.len()).filter(inside).map(|place| goodput[place]).collect()
        };
        let before = mean(&whole(warm_up, trouble.start)).filter(|before| *before > 0.0)?;
        let end = trouble.end.unwrap_or(f64::INFINITY);
        let during = mean(&whole(trouble.start, end)).or_else(|| {
            // A trouble shorter than a window is in the one in which it begins.
            goodput.get((trouble.start / width) as usize).copied()
        });
        let after = whole(end, f64::INFINITY);
        let settled = &after[(after.len() as f64 * SETTLING) as usize..];
        let first = goodput.len() - after.len();
        let back = (!after.is_empty()).then(|| {
            let span = how.smooth.map_or_else(|| span(before, how.tolerance.fraction()), Span::seconds);
            let most = if how.smooth.is_some() { after.len() } else { (after.len() as f64 * LONGEST_MEAN) as usize };
            let windows = (libm::ceil(span / width).max(1.0) as usize).min(most.max(1));
            back(&after, windows, before * (1.0 - how.tolerance.fraction()))
        });
        Some(Self {
            before,
            during,
            after: mean(settled),
            recovered: back.map(|back| back.is_some()),
            time: back.flatten().map(|place| (begin(first + place) - end).max(0.0)),
        })
    }

    /// The same for a run that was stopped early because too many requests were in flight: it did not recover.
    #[must_use]
    pub fn cut_off(self) -> Self {
        Self { after: Some(0.0), recovered: Some(false), time: None, ..self }
    }

    /// One of its numbers.
    #[must_use]
    pub fn number(&self, number: RecoveryNumber) -> Option<f64> {
        match number {
            RecoveryNumber::Before => Some(self.before),
            RecoveryNumber::During => self.during,
            RecoveryNumber::After => self.after,
            RecoveryNumber::Left => self.after.map(|after| after / self.before),
            RecoveryNumber::Recovered => self.recovered.map(|recovered| f64::from(u8::from(recovered))),
            RecoveryNumber::Time => self.time,
        }
    }
}

/// Seconds in which enough calls are served, at `rate`, that chance moves their number by a quarter of the tolerance if
/// calls are independent.
fn span(rate: f64, tolerance: f64) -> f64 {
    (DEVIATIONS / tolerance) * (DEVIATIONS / tolerance) / rate
}

/// The first window at the level or above it from which on all means over `windows` windows reach the level, up to the
/// end; `None` if that is in the last quarter.
fn back(goodput: &[f64], windows: usize, level: f64) -> Option<usize> {
    let reaches = |means: &[f64]| means.iter().sum::<f64>() >= level * means.len() as f64;
    let last_below = goodput.windows(windows).rposition(|window| !reaches(window));
    let from = last_below.map_or(0, |place| place + 1);
    if from + windows > goodput.len() {
        return None;
    }
    // A mean looks ahead: it may begin before goodput is back.
    let place = (from..goodput.len()).find(|&place| goodput[place] >= level)?;
    (place as f64 <= goodput.len() as f64 * (1.0 - LASTING)).then_some(place)
}

fn mean(values: &[f64]) -> Option<f64> {
    (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::quantity::Percent;

    const TROUBLE: Trouble = Trouble { start: 20.0, end: Some(30.0) };

    /// A hundred windows of a second.
    fn course(goodput: impl Fn(usize) -> f64) -> Course {
        let windows: Vec<f64> = (0..100).map(goodput).collect();
        Course::of(&windows, 1.0, 5.0, TROUBLE, &Recovery::default()).expect("there is a time before")
    }

    #[test]
    fn goodput_that_comes_back_has_a_time() {
        // Served at 1000 a second, so that means are over two windows; back after 12 seconds.
        let course = course(|at| if (20..42).contains(&at) { 100.0 } else { 1000.0 });
        assert_eq!((course.before, course.during, course.after), (1000.0, Some(100.0), Some(1000.0)));
        assert_eq!((course.recovered, course.time), (Some(true), Some(12.0)));
        assert_eq!(course.number(RecoveryNumber::Left), Some(1.0));
    }

    #[test]
    fn goodput_that_stays_down_has_none() {
        let course = course(|at| if at >= 20 { 100.0 } else { 1000.0 });
        assert_eq!((course.recovered, course.time), (Some(false), None));
        assert_eq!(course.number(RecoveryNumber::Left), Some(0.1));
    }

    #[test]
    fn a_trouble_that_costs_nothing_is_over_at_once() {
        let course = course(|_| 1000.0);
        assert_eq!((course.recovered, course.time), (Some(true), Some(0.0)));
    }

    #[test]
    fn a_relapse_counts_and_one_bad_window_does_not() {
        let relapse = course(|at| if (20..30).contains(&at) || (60..70).contains(&at) { 0.0 } else { 1000.0 });
        assert_eq!(relapse.time, Some(40.0));
        let late = course(|at| if (20..30).contains(&at) || at >= 95 { 0.0 } else { 1000.0 });
        assert_eq!(late.recovered, Some(false));
        // At 80 a second, means are over 17 windows (a quarter of the 70 that follow); one bad second is noise.
        let noise = course(|at| if (20..35).contains(&at) || at == 60 { 20.0 } else { 80.0 });
        assert_eq!(noise.time, Some(5.0));
    }

    #[test]
    fn goodput_that_comes_and_goes_is_not_back() {
        let swings = course(|at| if at >= 20 && at % 10 < 5 { 0.0 } else { 1000.0 });
        assert_eq!((swings.recovered, swings.time), (Some(false), None));
    }

    #[test]
    fn what_is_made_up_for_is_not_taken_for_an_early_return() {
        // A backlog served at twice the rate after the return must not move its time ahead.
        let course = course(|at| match at {
            20..40 => 0.0,
            40..50 => 160.0,
            _ => 80.0,
        });
        assert_eq!(course.time, Some(10.0));
    }

    #[test]
    fn without_a_time_before_or_after_there_is_nothing_to_say() {
        let how = Recovery::default();
        let early = Trouble { start: 3.0, end: Some(9.0) };
        assert_eq!(Course::of(&[10.0; 50], 1.0, 5.0, early, &how), None);
        assert_eq!(Course::of(&[0.0; 50], 1.0, 5.0, TROUBLE, &how), None);
        let lasting = Course::of(&[10.0; 50], 1.0, 5.0, Trouble { start: 20.0, end: None }, &how).expect("before");
        assert_eq!((lasting.during, lasting.after, lasting.recovered), (Some(10.0), None, None));
    }

    #[test]
    fn a_trouble_within_a_window_is_that_window() {
        let windows: Vec<f64> = (0..20).map(|at| if at == 10 { 3.0 } else { 10.0 }).collect();
        let trouble = Trouble { start: 20.3, end: Some(20.9) };
        let course = Course::of(&windows, 2.0, 0.0, trouble, &Recovery::default()).expect("before");
        assert_eq!(course.during, Some(3.0));
        // The first whole window after it begins at 22 seconds.
        assert!((course.time.expect("back") - 1.1).abs() < 1e-9);
    }

    #[test]
    fn the_tolerance_and_the_span_can_be_set() {
        let windows: Vec<f64> = (0..100).map(|at| if at >= 20 { 700.0 } else { 1000.0 }).collect();
        let how = |percent, seconds| Recovery {
            tolerance: Percent::of(percent),
            smooth: Span::from_seconds(seconds),
            ..Recovery::default()
        };
        let recovered = |how| Course::of(&windows, 1.0, 0.0, TROUBLE, &how).and_then(|course| course.recovered);
        assert_eq!(recovered(how(20.0, 5.0)), Some(false));
        assert_eq!(recovered(how(40.0, 5.0)), Some(true));
    }
}
