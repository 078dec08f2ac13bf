//! Scheduled events of a system: its faults, and the steps and spikes of its arrivals; and which of them a planned run
//! would not reach.
//!
//! What finished runs did not reach belongs in `covered`.

use super::number;
use super::results::Unit;
use crate::actors::kit::facts::Moment;
use crate::model::{FaultSpec, System};

/// The effects of faults and arrivals of `system` that begin at a given moment, each with the moment.
pub fn moments(system: &System) -> Vec<(f64, String)> {
    let faults = system.faults.iter().map(|fault| {
        let at = fault.at.seconds();
        (at, format!("the fault of \"{}\" at {}", fault.node.0.text, fault.at))
    });
    faults.chain(of_nodes(system, false)).collect()
}

/// Effects of nodes that begin at a given moment: if `steps`, the steps of timetables, which a run may leave out and
/// still answer; otherwise all others.
fn of_nodes(system: &System, steps: bool) -> impl Iterator<Item = (f64, String)> {
    system.nodes.entries.iter().flat_map(move |(name, node)| {
        let moments = node.moments().into_iter().filter(move |moment| moment.is_step == steps);
        moments.map(move |Moment { at, what, .. }| (at.seconds(), format!("the {what} of \"{}\" at {at}", name.text)))
    })
}

/// Scheduled events of `system` that never happen in a run that is planned to end at `end`, a sentence each.
#[must_use]
pub fn never_happens(system: &System, end: f64) -> Vec<String> {
    // Of several steps the first says enough.
    let steps = of_nodes(system, true).filter(|(at, _)| *at >= end).take(1);
    let late = moments(system).into_iter().filter(|(at, _)| *at >= end).chain(steps);
    late.map(|(_, what)| format!("{what} never happens in this run, which ends at {}", seconds_of(end))).collect()
}

/// Faults of `system` that are over when measuring begins after a warm-up of this many seconds, a sentence each.
#[must_use]
pub fn is_over_before(system: &System, warm_up: f64) -> Vec<String> {
    let ends = |fault: &FaultSpec| fault.lasts.map(|lasts| fault.at.seconds() + lasts.seconds());
    let over = system.faults.iter().filter(|fault| ends(fault).is_some_and(|end| end <= warm_up));
    let words = |fault: &FaultSpec| {
        let node = &fault.node.0.text;
        format!("the fault of \"{node}\" at {} is over before the warm-up of {}", fault.at, seconds_of(warm_up))
    };
    over.map(words).collect()
}

fn seconds_of(end: f64) -> String {
    number::with_interval(Some(end), None, Unit::Seconds)
}
