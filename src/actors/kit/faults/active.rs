//! The active faults of one server, and its state, which follows from all of them together.

use super::spec::{Errors, Fault};
use super::timetable::{Timetable, Turn};
use crate::distributions::Sampler;
use crate::engine::random::StreamKey;

/// The faults that are active at a server, in the order they began. The order makes no difference to its state.
#[derive(Clone, Debug, Default)]
pub struct Active(Vec<u32>);

impl Active {
    /// A fault of `timetable` begins or ends here.
    pub fn take(&mut self, timetable: &Timetable, turn: Turn) {
        match timetable.fault(turn.number) {
            Fault::Restart(_) if turn.begins => {
                self.0.retain(|&number| !matches!(timetable.fault(number), Fault::Crash(_)));
            }
            Fault::Restart(_) => {}
            _ if turn.begins => self.0.push(turn.number),
            _ => self.0.retain(|&number| number != turn.number),
        }
    }

    /// True while a crash is under way.
    #[must_use]
    pub fn is_down(&self, timetable: &Timetable) -> bool {
        self.0.iter().any(|&number| matches!(timetable.fault(number), Fault::Crash(_)))
    }

    /// How many times longer work takes: slow-downs multiply, like causes that each leave a part of the speed.
    #[must_use]
    pub fn factor(&self, timetable: &Timetable) -> f64 {
        // In the order of the timetable, so that the product is the same to the last bit whatever began first.
        let mut active = self.0.clone();
        active.sort_unstable();
        let factors = active.into_iter().map(|number| match timetable.fault(number) {
            Fault::SlowDown(slow) => slow.factor,
            _ => 1.0,
        });
        factors.product()
    }

    /// By how much requests are late: each delay with draws of its own, under `key`.
    #[must_use]
    pub fn delays(&self, timetable: &Timetable, key: StreamKey) -> Vec<(Sampler, StreamKey)> {
        let delays = self.0.iter().filter_map(|&number| match timetable.fault(number) {
            Fault::Delay(delay) => Some((delay.by.sampler(), key.named(&format!("fault {number}")))),
            _ => None,
        });
        delays.collect()
    }

    /// The errors that are made.
    fn errors<'a>(&self, timetable: &'a Timetable) -> Vec<&'a Errors> {
        let mut active = self.0.clone();
        active.sort_unstable();
        let errors = active.into_iter().filter_map(|number| match timetable.fault(number) {
            Fault::Errors(errors) => Some(errors),
            _ => None,
        });
        errors.collect()
    }

    /// The share of requests that fail after their usual work: each fault fails a request independently of the others.
    #[must_use]
    pub fn error_rate(&self, timetable: &Timetable) -> f64 {
        let errors = self.errors(timetable).into_iter().filter(|errors| errors.after.is_none());
        errors.fold(0.0, |rate, errors| either(rate, errors.rate.fraction()))
    }

    /// The shares of requests that fail after work of its own length, added up, each with that length in seconds.
    #[must_use]
    pub fn quick_errors(&self, timetable: &Timetable) -> Vec<(f64, f64)> {
        let mut up_to = 0.0;
        let errors = self.errors(timetable).into_iter();
        let quick = errors.filter_map(|errors| Some((errors.rate.fraction(), errors.after?.seconds())));
        let quick = quick.map(|(rate, after)| {
            up_to = either(up_to, rate);
            (up_to, after)
        });
        quick.collect()
    }
}

/// The chance that at least one of two independent things happens.
fn either(a: f64, b: f64) -> f64 {
    // In this form either alone is kept to the bit.
    if a == 0.0 { b } else { a + b * (1.0 - a) }
}
