//! Executors, which run the jobs of a run: replications and their evaluation.
//!
//! A job is identified by its number. Results are taken in the order of these numbers, so they are the same bits with
//! any [`Executor`], whatever the order and the threads on which the jobs run.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Runs jobs, in any order and on any threads.
pub trait Executor: Sync {
    /// How many jobs it runs at once.
    fn parallelism(&self) -> usize;

    /// Runs `job(0)` to `job(count - 1)`, each once, in any order and on any thread. Returns when all are done.
    fn run(&self, count: usize, job: &(dyn Fn(usize) + Sync));
}

/// Runs one job after the other on the calling thread.
#[derive(Clone, Copy, Debug, Default)]
pub struct Serial;

impl Executor for Serial {
    fn parallelism(&self) -> usize {
        1
    }

    fn run(&self, count: usize, job: &(dyn Fn(usize) + Sync)) {
        (0..count).for_each(job);
    }
}

/// The results of the jobs, each with its number and in the order of the numbers. A job without a result is left out,
/// and takes no memory: a run that is stopped may have a hundred thousand of them before it.
///
/// # Errors
/// The error of the first job by number that failed, whatever the order in which they were done; no job behind a failed
/// one is begun. Or a defect of the executor: it did not do each job once.
pub(super) fn gather<R: Send>(
    executor: &dyn Executor,
    count: usize,
    job: impl Fn(usize) -> Result<Option<R>, String> + Sync,
) -> Result<Vec<(usize, R)>, String> {
    let calls = AtomicUsize::new(0);
    let failed = AtomicUsize::new(count);
    let given: Mutex<Vec<(usize, Result<R, String>)>> = Mutex::new(Vec::new());
    executor.run(count, &|number| {
        calls.fetch_add(1, Ordering::Relaxed);
        // A job before the failed one may fail too, and then its error is the one that counts.
        if number > failed.load(Ordering::Relaxed) {
            return;
        }
        if let Some(gave) = job(number).transpose() {
            if gave.is_err() {
                failed.fetch_min(number, Ordering::Relaxed);
            }
            given.lock().expect("nothing fails while it is held").push((number, gave));
        }
    });
    let calls = calls.into_inner();
    if calls != count {
        return Err(format!("an executor was given {count} jobs and did {calls}"));
    }
    let mut given = given.into_inner().expect("nothing fails while it is held");
    given.sort_unstable_by_key(|(number, _)| *number);
    given.into_iter().map(|(number, gave)| Ok((number, gave?))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The last job first.
    struct Backwards;

    impl Executor for Backwards {
        fn parallelism(&self) -> usize {
            3
        }

        fn run(&self, count: usize, job: &(dyn Fn(usize) + Sync)) {
            (0..count).rev().for_each(job);
        }
    }

    /// All but the last job.
    struct Lazy;

    impl Executor for Lazy {
        fn parallelism(&self) -> usize {
            1
        }

        fn run(&self, count: usize, job: &(dyn Fn(usize) + Sync)) {
            (1..count).for_each(job);
        }
    }

    #[test]
    fn what_jobs_gave_comes_in_their_order() {
        let odd = |number: usize| Ok((number % 2 == 1).then_some(number * 10));
        for executor in [&Serial as &dyn Executor, &Backwards, crate::lab::run::usual()] {
            assert_eq!(gather(executor, 6, odd), Ok(vec![(1, 10), (3, 30), (5, 50)]));
            assert_eq!(gather(executor, 0, odd), Ok(vec![]));
        }
    }

    #[test]
    fn the_error_is_that_of_the_first_job_that_fails() {
        let fails = |number: usize| if number % 3 == 2 { Err(format!("{number}")) } else { Ok(Some(())) };
        for executor in [&Serial as &dyn Executor, &Backwards, crate::lab::run::usual()] {
            assert_eq!(gather(executor, 9, fails), Err("2".to_owned()));
        }
    }

    #[test]
    fn no_job_is_begun_behind_one_that_failed() {
        let begun = Mutex::new(Vec::new());
        let fails = |number: usize| {
            begun.lock().expect("whole").push(number);
            if number == 2 { Err(String::new()) } else { Ok(Some(())) }
        };
        assert!(gather(&Serial, 100, fails).is_err());
        assert_eq!(*begun.lock().expect("whole"), [0, 1, 2]);
    }

    #[test]
    fn an_executor_that_leaves_a_job_out_is_found_out() {
        assert!(gather(&Lazy, 3, |number| Ok(Some(number))).is_err_and(|why| why.contains("3 jobs and did 2")));
    }
}
