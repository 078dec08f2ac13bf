//! Time series in fixed windows, with bounded memory: when there are too many windows, neighbours are merged.

use crate::engine::{Duration, Time};

/// Windows kept at most; beyond it, pairs are merged and the width doubles.
pub const MAX_WINDOWS: usize = 256;

/// The boundaries of windows: the k-th ends at (k + 1) x width.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    width: Duration,
    closed: usize,
}

impl Clock {
    /// Windows of `width`, the first beginning at zero.
    #[must_use]
    pub fn new(width: Duration) -> Self {
        Self { width: width.max(Duration::from_nanos(1)), closed: 0 }
    }

    /// The width now.
    #[must_use]
    pub fn width(&self) -> Duration {
        self.width
    }

    /// Windows closed so far.
    #[must_use]
    pub fn closed(&self) -> usize {
        self.closed
    }

    /// Where the current window ends.
    #[must_use]
    pub fn next_boundary(&self) -> Time {
        Time::from_nanos(self.width.as_nanos().saturating_mul(self.closed as u64 + 1))
    }

    /// The current window is over; true if all series must now merge pairs, which halves their number.
    pub fn close(&mut self) -> bool {
        self.closed += 1;
        if self.closed < MAX_WINDOWS {
            return false;
        }
        self.closed /= 2;
        self.width = Duration::from_nanos(self.width.as_nanos().saturating_mul(2));
        true
    }
}

/// One value a window, merged in pairs by `merge` when the windows double.
#[derive(Clone, Debug, Default)]
pub struct Windows<T> {
    values: Vec<T>,
}

impl<T> Windows<T> {
    /// No windows yet.
    #[must_use]
    pub fn new() -> Self {
        Self { values: Vec::new() }
    }

    /// The value of the window that has just closed.
    pub fn push(&mut self, value: T) {
        self.values.push(value);
    }

    /// The values, oldest first.
    #[must_use]
    pub fn values(&self) -> &[T] {
        &self.values
    }

    /// A window has closed, at whose end the cumulative figures are these; `halve` says that pairs of windows are now
    /// merged.
    pub fn close(&mut self, cumulative: T, halve: bool) {
        self.push(cumulative);
        if halve {
            self.halve(|first, second| *first = second);
        }
    }

    /// Merges windows (0, 1), (2, 3), ...; an odd one at the end stays as it is.
    pub fn halve(&mut self, mut merge: impl FnMut(&mut T, T)) {
        let mut merged = Vec::with_capacity(self.values.len().div_ceil(2));
        let mut values = std::mem::take(&mut self.values).into_iter();
        while let Some(mut first) = values.next() {
            if let Some(second) = values.next() {
                merge(&mut first, second);
            }
            merged.push(first);
        }
        self.values = merged;
    }
}
