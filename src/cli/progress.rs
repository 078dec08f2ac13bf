//! The progress bar: replications done, requests a second, time left. On standard error, and only for people.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use indicatif::{HumanDuration, ProgressBar, ProgressState, ProgressStyle};

use crate::lab::Progress;
use crate::lab::observe::Observation;

/// Shows how far a run has come.
#[derive(Debug)]
pub struct Bar {
    bar: ProgressBar,
    requests: AtomicU64,
}

impl Bar {
    /// A bar; invisible where standard error is no terminal, or if `quiet`.
    #[must_use]
    pub fn new(quiet: bool) -> Self {
        let bar = if quiet { ProgressBar::hidden() } else { ProgressBar::new(0) };
        let style = ProgressStyle::with_template("{bar:30} {pos}/{len} replications{left} {msg}");
        let style = style.unwrap_or_else(|_| ProgressStyle::default_bar());
        bar.set_style(style.with_key("left", |state: &ProgressState, out: &mut dyn std::fmt::Write| {
            // If it cannot be written it has no reader.
            let _ = out.write_str(&left(state.pos(), state.len().unwrap_or(0), state.eta()));
        }));
        bar.enable_steady_tick(Duration::from_millis(250));
        Self { bar, requests: AtomicU64::new(0) }
    }

    /// Takes the bar away.
    pub fn finish(&self) {
        self.bar.finish_and_clear();
    }

    /// Requests simulated so far.
    #[must_use]
    pub fn requests(&self) -> u64 {
        self.requests.load(Ordering::Relaxed)
    }
}

impl Progress for Bar {
    fn planned(&self, replications: usize) {
        // Further rounds depend on the results: the rest is known better with each round.
        self.bar.set_length(self.bar.position() + replications as u64);
    }

    fn replication_done(&self, observation: &Observation) {
        let requests = self.requests.fetch_add(observation.completed, Ordering::Relaxed) + observation.completed;
        let seconds = self.bar.elapsed().as_secs_f64();
        if seconds > 0.0 {
            self.bar.set_message(format!("({:.1} million requests a second)", requests as f64 / seconds / 1e6));
        }
        self.bar.inc(1);
    }

    fn replication_recalled(&self, _observation: &Observation) {
        // It took no time, so it says nothing about the time of others.
        self.bar.inc(1);
        self.bar.reset_eta();
    }
}

/// An estimate of the time that is left.
fn left(done: u64, all: u64, estimate: Duration) -> String {
    match (done, estimate.is_zero()) {
        // Nothing is known before the first is done.
        (0, _) => String::new(),
        (done, _) if done >= all => ", putting the results together".to_owned(),
        (_, true) => String::new(),
        _ => format!(", about {} left", HumanDuration(estimate)),
    }
}

/// Says that files are being written.
#[derive(Debug)]
pub struct Writing(ProgressBar);

impl Writing {
    /// A reporter of progress; silent if standard error is not a terminal, or if `quiet`.
    #[must_use]
    pub fn new(quiet: bool) -> Self {
        let bar = if quiet { ProgressBar::hidden() } else { ProgressBar::new_spinner() };
        bar.set_message("drawing plots and writing files");
        bar.enable_steady_tick(Duration::from_millis(250));
        Self(bar)
    }

    /// Takes it away.
    pub fn finish(&self) {
        self.0.finish_and_clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_said_of_the_time_left_before_anything_is_known() {
        let minute = Duration::from_secs(61);
        assert_eq!(left(0, 70, Duration::ZERO), "");
        assert_eq!(left(0, 70, minute), "");
        assert_eq!(left(5, 70, Duration::ZERO), "");
        assert_eq!(left(5, 70, minute), ", about 61 seconds left");
        assert_eq!(left(70, 70, Duration::ZERO), ", putting the results together");
    }
}
