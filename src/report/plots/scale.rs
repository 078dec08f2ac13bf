//! From quantities to pixels: linear and logarithmic scales with ticks at round numbers.

use crate::lab::number::{self, Prefix};
use crate::lab::results::Unit;

/// A range of numbers laid out over a range of pixels.
#[derive(Clone, Debug)]
pub(super) struct Scale {
    low: f64,
    high: f64,
    from: f64,
    to: f64,
    log: bool,
    /// Where ticks stand, ascending.
    pub ticks: Vec<f64>,
}

impl Scale {
    /// Evenly divided, from a round number at or below `low` to one at or above `high`, with about `count` ticks.
    pub fn linear((low, high): (f64, f64), (from, to): (f64, f64), count: usize) -> Self {
        let step = round_step((high - low) / count.max(1) as f64, high.abs().max(low.abs()));
        let (first, last) = (libm::floor(low / step + 1e-9), libm::ceil(high / step - 1e-9));
        let last = last.max(first + 1.0);
        let ticks = (0..=(last - first) as usize).map(|k| (first + k as f64) * step).collect();
        Self { low: first * step, high: last * step, from, to, log: false, ticks }
    }

    /// Evenly divided, exactly from `low` to `high`.
    pub fn linear_exact((low, high): (f64, f64), (from, to): (f64, f64), count: usize) -> Self {
        let mut scale = Self::linear((low, high), (from, to), count);
        (scale.low, scale.high) = if high > low { (low, high) } else { (scale.low, scale.high) };
        let (low, high) = (scale.low, scale.high);
        scale.ticks.retain(|tick| *tick >= low && *tick <= high);
        scale
    }

    /// Each decade as long as the next; both ends positive. Ticks at powers of ten, and between them if those are few.
    pub fn log((low, high): (f64, f64), (from, to): (f64, f64), count: usize) -> Self {
        let (low, high) = (low.max(f64::MIN_POSITIVE), high.max(f64::MIN_POSITIVE));
        let first = libm::floor(libm::log10(low)) as i32;
        let last = (libm::ceil(libm::log10(high)) as i32).max(first + 1);
        let decades = (last - first) as usize;
        let steps: &[f64] = match decades {
            0..=1 => &[1.0, 2.0, 3.0, 5.0],
            2 => &[1.0, 2.0, 5.0],
            3 if count > 5 => &[1.0, 3.0],
            _ => &[1.0],
        };
        let stride = decades.div_ceil(count.max(1)).max(1) as i32;
        let at = |steps: &[f64], stride: i32| -> Vec<f64> {
            let exponents = (first..=last).filter(|exponent| (exponent - first) % stride == 0);
            exponents.flat_map(|exponent| steps.iter().map(move |step| decimal(*step, exponent))).collect()
        };
        // The scale ends at a round number, which need not bear a tick.
        let (ends, slack) = (at(&[1.0, 2.0, 3.0, 5.0], 1), 1.0 + 1e-9);
        let low = ends.iter().copied().rfind(|end| *end <= low * slack).unwrap_or(low);
        let high = ends.iter().copied().find(|end| *end * slack >= high && *end > low).unwrap_or(low * 10.0);
        let within =
            |ticks: Vec<f64>| -> Vec<f64> { ticks.into_iter().filter(|tick| (low..=high).contains(tick)).collect() };
        let ticks = [within(at(steps, stride)), within(at(&[1.0], 1))].into_iter().find(|ticks| ticks.len() > 1);
        let ticks = ticks.unwrap_or_else(|| within(ends));
        Self { low, high, from, to, log: true, ticks }
    }

    /// Logarithmic if all values are positive and spread over more than a factor of thirty, else linear and from zero.
    pub fn choose(values: impl Iterator<Item = f64>, pixels: (f64, f64), count: usize) -> Self {
        let (low, high) = extent(values).unwrap_or((0.0, 1.0));
        if low > 0.0 && high > 30.0 * low {
            Self::log((low, high), pixels, count)
        } else {
            let (low, high) = (low.min(0.0), if low == 0.0 && high == 0.0 { 1.0 } else { high.max(0.0) });
            // A little air, so that a line at the edge is seen.
            let air = (high - low) * 0.04;
            let (low, high) = (if low < 0.0 { low - air } else { low }, if high > 0.0 { high + air } else { high });
            Self::linear_exact((low, high), pixels, count)
        }
    }

    /// The pixel of a number; numbers outside stand at the nearer end.
    pub fn at(&self, value: f64) -> f64 {
        let share = if self.log {
            let (low, high) = (libm::log10(self.low), libm::log10(self.high));
            (libm::log10(value.max(f64::MIN_POSITIVE)) - low) / (high - low)
        } else {
            (value - self.low) / (self.high - self.low)
        };
        self.from + (self.to - self.from) * share.clamp(0.0, 1.0)
    }

    /// True if equal steps are equal factors.
    pub fn is_log(&self) -> bool {
        self.log
    }

    /// The labels of the ticks, and the unit they leave for the axis's name ("" if each carries its own).
    pub fn labels(&self, unit: Unit) -> (Vec<String>, &'static str) {
        if self.log && unit == Unit::Seconds || unit == Unit::Fraction {
            return (self.ticks.iter().map(|tick| number::tick(*tick, unit)).collect(), "");
        }
        let Prefix { factor, symbol } = match unit {
            Unit::Seconds => number::prefix(self.high.abs().max(self.low.abs()) * 0.5, unit),
            Unit::PerSecond => Prefix { factor: 1.0, symbol: "requests/s" },
            Unit::Count | Unit::Fraction => Prefix { factor: 1.0, symbol: "" },
        };
        (self.ticks.iter().map(|tick| number::short(tick / factor)).collect(), symbol)
    }
}

/// The least and the greatest of the finite values, if there are any.
pub(super) fn extent(values: impl Iterator<Item = f64>) -> Option<(f64, f64)> {
    values.filter(|value| value.is_finite()).fold(None, |range, value| {
        Some(range.map_or((value, value), |(low, high): (f64, f64)| (low.min(value), high.max(value))))
    })
}

/// The round number (1, 2 or 5 times a power of ten) above a step or little below it; never lost in numbers of this size.
fn round_step(step: f64, size: f64) -> f64 {
    let least = if size > 0.0 { size * 1e-12 } else { 1e-12 };
    let step = step.max(least);
    let exponent = libm::floor(libm::log10(step)) as i32;
    let candidates = [1.0, 2.0, 5.0, 10.0].map(|digit| decimal(digit, exponent));
    candidates.into_iter().find(|candidate| *candidate >= step * 0.8).unwrap_or(step)
}

/// `digit` x 10^`exponent`, as the decimal number would be read.
fn decimal(digit: f64, exponent: i32) -> f64 {
    format!("{digit}e{exponent}").parse().unwrap_or(digit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_round_and_hold_the_data() {
        let scale = Scale::linear((0.0, 0.0437), (400.0, 0.0), 5);
        assert_eq!(scale.ticks, [0.0, 0.01, 0.02, 0.03, 0.04, 0.05]);
        assert_eq!(scale.labels(Unit::Seconds), (["0", "10", "20", "30", "40", "50"].map(str::to_owned).into(), "ms"));
        assert_eq!((scale.at(0.0), scale.at(0.05)), (400.0, 0.0));
    }

    #[test]
    fn a_logarithmic_scale_ticks_at_decades() {
        let scale = Scale::log((0.0011, 9.0), (0.0, 400.0), 8);
        assert_eq!(scale.ticks, [0.001, 0.01, 0.1, 1.0, 10.0]);
        assert!((scale.at(0.1) - 200.0).abs() < 1e-9);
        assert_eq!(scale.labels(Unit::Seconds).0, ["1 ms", "10 ms", "100 ms", "1 s", "10 s"]);
        assert_eq!(Scale::log((0.0012, 0.0019), (0.0, 1.0), 8).ticks, [0.001, 0.002]);
    }

    #[test]
    fn a_wide_range_is_logarithmic() {
        assert!(Scale::choose([0.001, 0.5].into_iter(), (0.0, 1.0), 5).is_log());
        assert!(!Scale::choose([0.0, 0.5].into_iter(), (0.0, 1.0), 5).is_log());
        assert!(!Scale::choose([0.1, 0.5].into_iter(), (0.0, 1.0), 5).is_log());
    }

    #[test]
    fn strange_ranges_still_give_ticks() {
        for range in [(0.0, 0.0), (5.0, 5.0), (-3.0, -3.0), (1e-300, 1e300), (0.0, 1e300), (-1e-320, 1e-320)] {
            let linear = Scale::linear(range, (0.0, 100.0), 5);
            assert!((2..=40).contains(&linear.ticks.len()), "{range:?} {linear:?}");
            assert!(linear.at(range.1).is_finite());
            let log = Scale::log((range.0.abs(), range.1.abs()), (0.0, 100.0), 5);
            assert!(!log.ticks.is_empty() && log.ticks.len() < 40, "{range:?} {log:?}");
            assert!(log.at(range.1).is_finite());
        }
    }
}
