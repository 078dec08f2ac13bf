//! Whether runs cover their question: replications that ended too early, and scheduled events that they did not reach.
//!
//! The consequences for claims belong in `claim`.

use super::moments::moments;
use super::number;
use super::observe::{Observation, is_measured};
use super::results::Unit;
use super::spec::RunSpec;
use crate::engine::{Duration, Ended, Time};
use crate::model::System;

/// A year of 365.25 days.
const SECONDS_OF_A_YEAR: f64 = 31_557_600.0;

/// Why the replications of a cell do not cover the requested time, for the first that does not; `None` if all do.
#[must_use]
pub fn cut_short(run: &RunSpec, warm_up: Duration, done: &[&Observation]) -> Option<String> {
    let first = |ended: Ended| done.iter().find(|observation| observation.ended == ended);
    if let Some(full) = first(Ended::InFlight) {
        return Some(format!("more than {} requests in flight at {}", run.in_flight, seconds(full.over)));
    }
    if let Some(still) = first(Ended::Standstill) {
        let cycle = "a cycle without delay (users who ask again, or calls tried again, at once?)";
        return Some(format!("time stands still at {}: {cycle}", still.over));
    }
    if let Some(last) = first(Ended::EndOfTime) {
        let years = number::plain(Time::MAX.as_secs_f64() / SECONDS_OF_A_YEAR, 3);
        let (at, rest) = (seconds(last.over), "what is left to do lies beyond the end of time");
        return Some(format!("{rest}, {years} years, at {at}"));
    }
    if let Some(spent) = first(Ended::Events) {
        let of = run.duration.map_or_else(String::new, |duration| format!(" of {duration}"));
        return Some(format!("its budget of {} events was used up at {}{of}", run.events, seconds(spent.over)));
    }
    let early = |observation: &&&Observation| !is_measured(observation.over, warm_up);
    let count = done.iter().filter(early).count();
    done.iter().find(early).map(|observation| {
        let (at, warm_up) = (seconds(observation.over), seconds(Time::ZERO + warm_up));
        let those = if count < done.len() { format!("{count} of {} replications ", done.len()) } else { String::new() };
        format!("{those}ended at {at}, within the warm-up of {warm_up}")
    })
}

fn seconds(at: Time) -> String {
    number::with_interval(Some(at.as_secs_f64()), None, Unit::Seconds)
}

/// The first event scheduled for a moment that did not happen in all runs of `system`, which ended at these times and
/// were planned to end at `planned`; `None` if all happened. A run without the fault that it asks about gives no
/// answer.
#[must_use]
pub fn uncovered(system: &System, ends: &[Time], planned: f64) -> Option<String> {
    let missed = |at: f64| at >= planned || ends.iter().any(|end| ended_before(*end, at));
    let (_, what) = moments(system).into_iter().find(|&(at, _)| missed(at))?;
    Some(match ends.len() {
        1 => format!("{what} did not happen"),
        _ => format!("{what} did not happen in all replications"),
    })
}

/// True if an event scheduled for time `at` did not happen in a run that ended at `end`: an event at the very end does
/// not happen, except at time zero.
fn ended_before(end: Time, at: f64) -> bool {
    end.as_secs_f64() <= at && at > 0.0
}

/// The scheduled events of `system` that did not happen in all of its runs, which ended at these times, although they
/// would have before `planned`.
#[must_use]
pub fn did_not_happen(system: &System, ends: &[Time], planned: f64) -> Vec<String> {
    let missed = moments(system).into_iter().filter(|(at, _)| *at < planned).filter_map(|(at, what)| {
        let count = ends.iter().filter(|end| ended_before(**end, at)).count();
        let last = ends.iter().max().filter(|_| count > 0)?;
        let all = ends.len();
        Some(match count == all {
            true => format!("{what} never happened: all replications ended by {}", seconds(*last)),
            false => format!("{what} did not happen in {count} of {all} replications, which ended before"),
        })
    });
    missed.collect()
}
