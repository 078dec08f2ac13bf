//! Processor sharing: every request on a server progresses at once, each at an equal share of its processors.
//!
//! Works in virtual time (the work each present request has received), in which finishing times never change when
//! others come and go: Parekh and Gallager 1993, section III, for equal weights.

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

/// What one server shares among its requests.
#[derive(Debug)]
pub struct Shared {
    /// Present requests as a binary heap, least virtual finishing time first.
    jobs: Vec<Job>,
    /// Seconds of work that a request present since the last idle time would have received.
    attained: f64,
    updated: Time,
    /// The timer that wakes the server, and when it does.
    pub timer: Option<(Handle, Time)>,
}

impl Default for Shared {
    fn default() -> Self {
        Self { jobs: Vec::new(), attained: 0.0, updated: Time::ZERO, timer: None }
    }
}

fn before(a: &Job, b: &Job) -> bool {
    a.finish.total_cmp(&b.finish).then(a.id.cmp(&b.id)).is_lt()
}

impl Shared {
    /// Requests present.
    #[must_use]
    pub fn len(&self) -> usize {
        self.jobs.len()
    }

    /// True of an idle server.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.jobs.is_empty()
    }

    /// Seconds of work each present request receives per second of time.
    fn rate(&self, workers: u32, speed: f64) -> f64 {
        let present = self.jobs.len() as f64;
        if present <= f64::from(workers) { speed } else { speed * f64::from(workers) / present }
    }

    /// Brings the books up to `now`; must come before any change of speed or of who is present.
    pub fn advance(&mut self, now: Time, workers: u32, speed: f64) {
        if self.jobs.is_empty() {
            // Starting afresh keeps the numbers small, and so exact, however long the run.
            self.attained = 0.0;
        } else {
            self.attained += now.since(self.updated).as_secs_f64() * self.rate(workers, speed);
        }
        self.updated = now;
    }

    /// A request joins.
    pub fn join(&mut self, id: RequestId, demand: f64) {
        self.jobs.push(Job { finish: self.attained + demand, demand, id });
        let mut at = self.jobs.len() - 1;
        while at > 0 {
            let parent = (at - 1) / 2;
            if !before(&self.jobs[at], &self.jobs[parent]) {
                break;
            }
            self.jobs.swap(at, parent);
            at = parent;
        }
    }

    /// How long until the next request finishes if nobody else comes; `None` if nobody is there.
    #[must_use]
    pub fn until_next(&self, workers: u32, speed: f64) -> Option<Duration> {
        let job = self.jobs.first()?;
        Some(Duration::from_secs_f64((job.finish - self.attained).max(0.0) / self.rate(workers, speed)))
    }

    /// Takes a request that is finished: less than half a nanosecond is left to do.
    pub fn take_finished(&mut self, workers: u32, speed: f64) -> Option<Job> {
        self.until_next(workers, speed)?.is_zero().then(|| self.take_first())
    }

    /// Takes a request that is not finished, with the seconds of work it has received; `None` if it is not here. The books
    /// must be up to date.
    pub fn take(&mut self, id: RequestId) -> Option<(Job, f64)> {
        let place = self.jobs.iter().position(|job| job.id == id)?;
        let job = self.jobs.swap_remove(place);
        let received = self.received(&job);
        // Cancellations of a shared server are few, and its requests not many: the heap is made anew.
        let mut rest = std::mem::take(&mut self.jobs);
        rest.sort_by(|a, b| a.finish.total_cmp(&b.finish).then(a.id.cmp(&b.id)));
        self.jobs = rest;
        Some((job, received))
    }

    /// Seconds of work that a present request has received.
    #[must_use]
    pub fn received(&self, job: &Job) -> f64 {
        (self.attained - (job.finish - job.demand)).clamp(0.0, job.demand)
    }

    /// Takes every request, in order of their virtual finishing times.
    pub fn take_all(&mut self) -> Vec<Job> {
        let mut all = std::mem::take(&mut self.jobs);
        all.sort_by(|a, b| a.finish.total_cmp(&b.finish).then(a.id.cmp(&b.id)));
        all
    }

    fn take_first(&mut self) -> Job {
        let first = self.jobs.swap_remove(0);
        let mut at = 0;
        loop {
            let mut least = at;
            for child in [2 * at + 1, 2 * at + 2] {
                if child < self.jobs.len() && before(&self.jobs[child], &self.jobs[least]) {
                    least = child;
                }
            }
            if least == at {
                return first;
            }
            self.jobs.swap(at, least);
            at = least;
        }
    }
}
