//! Recovery: the effect of a disturbance on goodput, and whether goodput recovers.

mod course;

use crate::lab::label::Label;
use crate::lab::measure::asked::Asked;
use crate::lab::measure::measured::{Called, GivenBy, Measured, Needs};
use crate::lab::measure::reading::{Reading, Told};
use crate::lab::measure::shape::term_of_clients;
use crate::lab::measure::{Quantity, Scope};
use crate::lab::results::Unit;
use crate::lab::trouble::Trouble;
use crate::lab::view::View;
use crate::schema::quantity::{Percent, Span};
use crate::schema::record;
use course::Course;

record! {
    /// The effect of a disturbance (a fault or a spike of arrivals) on goodput: goodput before, during and after it,
    /// the share of replications that recover, and the time they take.
    ///
    /// Goodput has recovered at the first window from which on, up to the end of the run, every mean over `smooth`
    /// reaches the goodput before the disturbance, minus `tolerance`. At least a quarter of the time after the
    /// disturbance must follow.
    pub struct Recovery {
        /// How far below the goodput before the disturbance still counts as recovered, as a share.
        pub tolerance: Percent = Percent::of(10.0),
        /// Start of the disturbance; without it, the first fault or spike.
        pub start: Option<Span> = None,
        /// End of the disturbance; without it, the end of the last fault or spike.
        pub end: Option<Span> = None,
        /// The time over which goodput is averaged. Without it, the time in which `16 / tolerance²` calls are answered
        /// before the disturbance (1600 at 10 %), so that the standard deviation of a mean is about a quarter of the
        /// tolerance; at most a quarter of the time after the disturbance.
        pub smooth: Option<Span> = None,
    }
    check(self, at) {
        if self.start.zip(self.end).is_some_and(|(start, end)| end < start) {
            at.field("end").error("the trouble ends after it began");
        }
        if self.tolerance == Percent::ZERO || self.tolerance == Percent::of(100.0) {
            at.field("tolerance").error("a tolerance is between 0 and 100 %, for chance moves goodput");
        }
    }
}

term_of_clients! {
    /// Share of replications in which goodput recovers after the disturbance, as defined by the measure `Recovery`.
    pub struct RecoveredOf => |scope| Number::of(RecoveryNumber::Recovered, &scope.recovery)
}

term_of_clients! {
    /// Time from the end of the disturbance until goodput has recovered, in replications where it does, as defined by
    /// the measure `Recovery`.
    pub struct RecoveryTimeOf => |scope| Number::of(RecoveryNumber::Time, &scope.recovery)
}

term_of_clients! {
    /// Goodput in the later half of the time after the disturbance, as a share of the goodput before it.
    pub struct GoodputLeftOf => |scope| Number::of(RecoveryNumber::Left, &scope.recovery)
}

impl Recovery {
    /// The disturbance that is measured: from `start` to `end` if they are set, otherwise `made`, that of the faults and
    /// spikes of the system. `None` if there is neither.
    #[must_use]
    pub fn trouble(&self, made: Option<Trouble>) -> Option<Trouble> {
        let start = self.start.map(Span::seconds).or(made.map(|trouble| trouble.start))?;
        let end = self.end.map(Span::seconds).or(made.and_then(|trouble| trouble.end));
        (self.end.is_some() || made.is_some()).then_some(Trouble { start, end })
    }
}

impl Asked for Recovery {
    fn quantities(&self, _scope: &Scope) -> Vec<Quantity> {
        RecoveryNumber::TABLE.iter().map(|&number| Quantity::recovery(number, self)).collect()
    }

    fn node(&self) -> Option<&Label> {
        None
    }
}

/// A number that says what a trouble does to goodput.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RecoveryNumber {
    /// Goodput from the end of the warm-up to the beginning of the trouble.
    Before,
    /// Goodput while the trouble lasts.
    During,
    /// Goodput in the later half of the time after the trouble: the level to which it settles.
    After,
    /// The same as a share of goodput before.
    Left,
    /// Whether goodput comes back: 1 or 0 in a replication, so a share of all.
    Recovered,
    /// Seconds from the end of the trouble until it is back; none where it does not come back.
    Time,
}

impl RecoveryNumber {
    /// The numbers of the measure, in the order of its table.
    pub const TABLE: [Self; 5] = [Self::Before, Self::During, Self::After, Self::Recovered, Self::Time];
}

/// The effect of a trouble on goodput.
#[derive(Clone, Debug, PartialEq)]
pub struct Number {
    which: RecoveryNumber,
    how: Recovery,
}

impl Number {
    fn of(which: RecoveryNumber, how: &Recovery) -> Self {
        Self { which, how: how.clone() }
    }

    /// The number in one replication.
    fn read(&self, view: &View<'_>, of: Option<&str>) -> Option<f64> {
        let rates = view.goodput_by_window(of);
        let trouble = self.how.trouble(view.trouble)?;
        let course = Course::of(&rates, view.window, view.warm_up.as_secs_f64(), trouble, &self.how)?;
        if view.overflowed { course.cut_off() } else { course }.number(self.which)
    }
}

impl Measured for Number {
    fn without_steady_state() -> &'static [&'static str] {
        &["goodput_before", "goodput_during", "goodput_after", "goodput_left", "recovered", "recovery_time"]
    }

    fn may_pass_one() -> &'static [&'static str] {
        // More may be served than before the trouble.
        &["goodput_left"]
    }

    fn called(&self) -> Called {
        match self.which {
            RecoveryNumber::Before => Called::new("goodput before", "goodput_before", Unit::PerSecond),
            RecoveryNumber::During => Called::new("goodput during", "goodput_during", Unit::PerSecond),
            RecoveryNumber::After => Called::new("goodput after", "goodput_after", Unit::PerSecond),
            RecoveryNumber::Left => Called::new("goodput left", "goodput_left", Unit::Fraction),
            RecoveryNumber::Recovered => Called::new("recovered", "recovered", Unit::Fraction),
            RecoveryNumber::Time => Called::new("recovery time", "recovery_time", Unit::Seconds),
        }
    }

    fn given_by(&self) -> GivenBy {
        GivenBy::Clients
    }

    fn grows_with_queues(&self) -> bool {
        false
    }

    fn reading(&self) -> Reading {
        let number = self.clone();
        let read = Box::new(move |view: &View<'_>, told: Told<'_>| number.read(view, told.of));
        if self.which == RecoveryNumber::Recovered { Reading::Verdict(read) } else { Reading::Whole(read) }
    }

    fn needs(&self) -> Option<Needs> {
        Some(Needs::Trouble)
    }

    fn without_bound(&self) -> Option<&'static str> {
        (self.which == RecoveryNumber::Time).then_some("no recovery")
    }
}

impl Quantity {
    /// The effect of a trouble on goodput.
    #[must_use]
    pub fn recovery(number: RecoveryNumber, recovery: &Recovery) -> Self {
        Self::new(Number::of(number, recovery))
    }
}
