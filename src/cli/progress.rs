//! The progress bar: replications done, requests a second, time left. On standard error, and only for people.

use std::sync::atomic::{AtomicU64, Ordering};

use indicatif::{ProgressBar, ProgressStyle};

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
        let style = ProgressStyle::with_template("{bar:30} {pos}/{len} replications, about {eta} left {msg}");
        bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
        bar.enable_steady_tick(std::time::Duration::from_millis(250));
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
        // Further rounds depend on what is found: what is still to come is known better with each.
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
}
