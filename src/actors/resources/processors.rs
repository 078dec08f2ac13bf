//! Processor sharing: every request on a server progresses at once, each at an equal share of its processors.
//!
//! Works in virtual time (the work each present request has received), in which finishing times never change when
//! others come and go: Parekh and Gallager 1993, section III, for equal weights.

use std::collections::BTreeMap;

use crate::engine::{Duration, Handle, RequestId, Time};

/// A request that is being served.
#[derive(Clone, Copy, Debug)]
pub struct Job {
    finish: f64,
    /// Seconds of work it needs in all.
    pub demand: f64,
    /// The request.
    pub id: RequestId,
}

/// The processors of one server, which its requests share.
#[derive(Debug)]
pub struct Processors {
    /// The total work of present requests, in seconds, by virtual finishing time. The bits of times, which are not
    /// negative, are in the order of the times.
    jobs: BTreeMap<(u64, RequestId), f64>,
    /// Seconds of work that a request present since the last idle time would have received.
    attained: f64,
    updated: Time,
    /// The timer that wakes the server, and when it does.
    pub timer: Option<(Handle, Time)>,
}

impl Default for Processors {
    fn default() -> Self {
        Self { jobs: BTreeMap::new(), attained: 0.0, updated: Time::ZERO, timer: None }
    }
}

fn job(((finish, id), demand): ((u64, RequestId), f64)) -> Job {
    Job { finish: f64::from_bits(finish), demand, id }
}

impl Processors {
    /// Requests present.
    #[must_use]
    pub fn len(&self) -> usize {
        self.jobs.len()
    }

    /// Seconds of work each present request receives per second of time.
    fn rate(&self, workers: u32, speed: f64) -> f64 {
        let present = self.jobs.len() as f64;
        if present <= f64::from(workers) { speed } else { speed * f64::from(workers) / present }
    }

    /// Brings the state up to `now`; must be called before any change of speed or of the requests present.
    pub fn advance(&mut self, now: Time, workers: u32, speed: f64) {
        if self.jobs.is_empty() {
            // Starting afresh keeps the numbers small, and so exact, however long the run.
            self.attained = 0.0;
        } else {
            self.attained += now.since(self.updated).as_secs_f64() * self.rate(workers, speed);
        }
        self.updated = now;
    }

    /// A request joins; gives its virtual finishing time, by which it can be found.
    pub fn join(&mut self, id: RequestId, demand: f64) -> f64 {
        let finish = self.attained + demand;
        self.jobs.insert((finish.to_bits(), id), demand);
        finish
    }

    /// Time until the next request finishes if no other arrives; `None` if there is none.
    #[must_use]
    pub fn until_next(&self, workers: u32, speed: f64) -> Option<Duration> {
        let (&(finish, _), _) = self.jobs.first_key_value()?;
        Some(Duration::from_secs_f64((f64::from_bits(finish) - self.attained).max(0.0) / self.rate(workers, speed)))
    }

    /// Takes a request that is finished: less than half a nanosecond is left to do.
    pub fn take_finished(&mut self, workers: u32, speed: f64) -> Option<Job> {
        if self.until_next(workers, speed)?.is_zero() { self.jobs.pop_first().map(job) } else { None }
    }

    /// Takes the request of this virtual finishing time, with the seconds of work it has received; `None` if it is not
    /// here. The books must be up to date.
    pub fn take(&mut self, id: RequestId, finish: f64) -> Option<f64> {
        let demand = self.jobs.remove(&(finish.to_bits(), id))?;
        Some(self.received(&Job { finish, demand, id }))
    }

    /// Seconds of work that a present request has received.
    #[must_use]
    pub fn received(&self, job: &Job) -> f64 {
        (self.attained - (job.finish - job.demand)).clamp(0.0, job.demand)
    }

    /// Takes every request, in order of their virtual finishing times.
    pub fn take_all(&mut self) -> Vec<Job> {
        std::mem::take(&mut self.jobs).into_iter().map(job).collect()
    }
}
