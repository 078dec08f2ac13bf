//! The books of calls: they are checked after every replication.

use super::{Caller, Upstream};
use crate::engine::Outcome;

/// Every call has one outcome, every attempt that was sent has an outcome or is waited for, and the calls under way are
/// those that are counted.
///
/// # Errors
/// A ledger of `name` that does not balance: a defect of the program, in words.
pub fn check(upstream: &Upstream, caller: Option<&Caller>, name: &str) -> Result<(), String> {
    let record = &upstream.record;
    let lost: u64 = record.losses.values().sum();
    let ended: u64 = record.outcomes.iter().sum();
    if ended != lost + record.outcomes[Outcome::Served as usize] {
        return Err(format!("the ledger of \"{name}\" does not balance: {record:?}"));
    }
    let ended: u64 = record.attempt_outcomes.iter().sum();
    let waited = caller.map_or(record.population.count(), Caller::waits_for);
    if record.attempts != ended + waited {
        let sent = record.attempts;
        return Err(format!(
            "the ledger of \"{name}\" does not balance: {sent} attempts were sent, {ended} ended, {waited} are waited for"
        ));
    }
    if let Some(caller) = caller {
        let (counted, there) = (record.population.count(), caller.begun().count() as u64);
        if counted != there {
            return Err(format!("\"{name}\" counts {counted} calls under way, but there are {there}"));
        }
    }
    Ok(())
}
