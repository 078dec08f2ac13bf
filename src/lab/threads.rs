//! Jobs on several threads: those of rayon.

use rayon::iter::{IndexedParallelIterator, IntoParallelIterator, ParallelIterator};
use rayon::{ThreadPool, ThreadPoolBuilder};

use super::execute::Executor;

/// Does jobs on several threads, each of which takes the next job when it is done with one.
#[derive(Debug)]
pub struct Threads(Option<ThreadPool>);

impl Threads {
    /// One thread for each core, those of the whole process: rayon's global pool, in which a program may have set another
    /// number.
    #[must_use]
    pub const fn every_core() -> Self {
        Self(None)
    }

    /// So many threads of its own, which end with it; 0 is one for each core.
    ///
    /// # Errors
    /// The system does not give that many, in words.
    pub fn new(count: usize) -> Result<Self, String> {
        let pool = ThreadPoolBuilder::new().num_threads(count).build();
        pool.map(|pool| Self(Some(pool))).map_err(|error| format!("cannot start {count} threads: {error}"))
    }
}

impl Executor for Threads {
    fn at_once(&self) -> usize {
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
