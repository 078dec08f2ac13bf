//! Runs jobs on several threads, with rayon.

use rayon::iter::{IndexedParallelIterator, IntoParallelIterator, ParallelIterator};
use rayon::{ThreadPool, ThreadPoolBuilder};

use super::execute::Executor;

/// Runs jobs on several threads; each takes the next job when it has finished one.
#[derive(Debug)]
pub struct Threads(Option<ThreadPool>);

impl Threads {
    /// One thread for each core, shared by the whole process: rayon's global pool, whose size a program may have set
    /// otherwise.
    #[must_use]
    pub const fn every_core() -> Self {
        Self(None)
    }

    /// A pool of `count` threads of its own, which ends with it; 0 means one for each core.
    ///
    /// # Errors
    /// If the operating system does not provide that many threads.
    pub fn new(count: usize) -> Result<Self, String> {
        let pool = ThreadPoolBuilder::new().num_threads(count).build();
        pool.map(|pool| Self(Some(pool))).map_err(|error| format!("cannot start {count} threads: {error}"))
    }
}

impl Executor for Threads {
    fn parallelism(&self) -> usize {
        self.0.as_ref().map_or_else(rayon::current_num_threads, ThreadPool::current_num_threads)
    }

    fn run(&self, count: usize, job: &(dyn Fn(usize) + Sync)) {
        // One job a piece: a replication may take a thousand times as long as its neighbour.
        let all = || (0..count).into_par_iter().with_max_len(1).for_each(job);
        match &self.0 {
            Some(pool) => pool.install(all),
            None => all(),
        }
    }
}
