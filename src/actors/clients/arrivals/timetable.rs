//! Arrivals by timetable.

use super::Process;
use super::profile::{Inversion, Piece, Shape};
use crate::engine::random::StreamKey;
use crate::schema::quantity::{Rate, Span};
use crate::schema::{choice, record};

record! {
    /// A step of a timetable: a rate from a time on.
    pub struct StepRate {
        /// When the rate begins; times must increase, and the first is zero.
        pub at: Span,
        /// Arrival rate; without it, there are no arrivals.
        pub rate: Option<Rate>,
    }
}

record! {
    /// Each rate holds until the next.
    pub struct Step {}
}

record! {
    /// Rates are interpolated linearly from each step to the next.
    pub struct Linear {}
}

choice! {
    /// How the rate changes between the steps of a timetable.
    pub enum Interpolation {
        Step(Step),
        Linear(Linear),
    }
}

record! {
    /// Poisson arrivals at a rate that follows a timetable; the last rate holds to the end, or the table starts again.
    pub struct Timetable {
        /// The rates and when they begin.
        pub steps: Vec<StepRate>,
        /// How the rate changes between the steps.
        pub interpolation: Interpolation = Interpolation::Step(Step {}),
        /// The timetable repeats with this period, which must be longer than its last time. Without it, the last rate
        /// holds to the end.
        pub period: Option<Span> = None,
    }
    check(self, at) {
        if self.steps.first().is_none_or(|first| first.at != Span::ZERO) {
            at.field("steps").error("a timetable begins with `at: \"0 s\"`");
        } else if self.steps.windows(2).any(|pair| pair[1].at <= pair[0].at) {
            at.field("steps").error("the times of a timetable rise");
        } else if self.steps.iter().all(|step| step.rate.is_none()) {
            at.field("steps").error("a timetable without any arrivals");
        } else if self.period.is_some_and(|period| self.steps.last().is_some_and(|last| period <= last.at)) {
            at.field("period").error("the period must be later than the last time of the table");
        }
    }
}

impl Timetable {
    fn pieces(&self) -> Vec<Piece> {
        let rate = |step: &StepRate| step.rate.map_or(0.0, Rate::per_second);
        let end = self.period.map_or(f64::INFINITY, Span::seconds);
        let linear = matches!(self.interpolation, Interpolation::Linear(_));
        let steps = &self.steps;
        (0..steps.len())
            .map(|place| {
                let start = steps[place].at.seconds();
                let next = steps.get(place + 1);
                let from = rate(&steps[place]);
                let to = match next {
                    Some(next) if linear => rate(next),
                    // A linear table that starts again returns to where it began.
                    None if linear && end.is_finite() => steps.first().map_or(from, rate),
                    _ => from,
                };
                Piece { start, length: next.map_or(end, |next| next.at.seconds()) - start, from, to }
            })
            .collect()
    }
}

impl Process for Timetable {
    type State = Inversion;

    fn mean_rate(&self) -> f64 {
        let pieces = self.pieces();
        let finite = || pieces.iter().filter(|piece| piece.length.is_finite());
        match (self.period, pieces.last()) {
            (None, Some(last)) => last.from,
            _ => {
                let total: f64 = finite().map(|piece| piece.length).sum();
                finite().map(|piece| (piece.from + piece.to) / 2.0 * piece.length).sum::<f64>() / total
            }
        }
    }

    fn is_stationary(&self) -> bool {
        false
    }

    fn arrivals(&self, key: StreamKey) -> Inversion {
        let period = self.period.map_or(f64::INFINITY, Span::seconds);
        Inversion::new(Shape::Pieces { pieces: self.pieces(), period }, key)
    }
}
