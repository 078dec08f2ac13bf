//! The list of measures: one file here and one line below define a measure, with its terms in claims. What a measure is
//! belongs in `measured.rs` beside this folder; `CONTRIBUTING.md` says how to add one.
//!
//! `cargo fmt` does not format files that are named only in a macro; `rustfmt FILE` does.

use super::asked::{Asked, Claimed};
use super::measured::Measured;
use super::{Answers, Quantity, Scope};
use crate::lab::label::Label;
use crate::schema::{choice, delegate};

/// Makes the modules, what a file can ask for, and what claims can speak of. A line names the file, the record
/// with which a file asks for the measure, and its terms in claims, each with its record.
macro_rules! measures {
    ($($file:ident $(:: $measure:ident)? { $($term:ident($claimed:ident)),* $(,)? })+) => {
        $(
            $(
                pub mod $file;
                pub use $file::$measure;
            )?
            $( pub use $file::$claimed; )*
        )+

        /// The measures, for experiments written in code.
        pub mod words {
            pub use super::{Measure, $( $( $measure, )? )+};
        }

        /// The numbers that claims speak of, by their words.
        pub mod terms {
            pub use super::Term;
            $( $( pub use super::$claimed as $term; )* )+
        }

        choice! {
            /// Something to measure.
            pub enum Measure {
                $( $( $measure($measure), )? )+
            }
        }

        choice! {
            /// A number that a claim compares.
            pub enum Term {
                $( $( $term($claimed), )* )+
            }
        }

        impl Measure {
            delegate! {
                [$( $( $measure )? )+]
                /// The quantities that it measures in `scope`.
                #[must_use]
                pub fn quantities(&self, scope: &Scope) -> Vec<Quantity>;
                /// The node that it names, if any.
                #[must_use]
                pub fn node(&self) -> Option<&Label>;
            }
        }

        impl Term {
            delegate! {
                [$( $( $term )* )+]
                /// The arm it names.
                #[must_use]
                pub fn arm(&self) -> Option<&Label>;
                /// The node it names with `node`.
                #[must_use]
                pub fn node(&self) -> Option<&Label>;
                /// The node of clients it names.
                #[must_use]
                pub fn of(&self) -> Option<&Label>;
                /// For a latency: for which calls it is measured, if given.
                #[must_use]
                pub fn answers(&self) -> Option<Answers>;
                /// The number in `scope`, for all clients together.
                #[must_use]
                pub fn number(&self, scope: &Scope) -> Quantity;
            }
        }

        /// True if a number speaks of a steady state, by its identifier without a node.
        #[must_use]
        pub fn speaks_of_steady_state(id: &str) -> bool {
            ![$( $( (stringify!($measure), $file::Number::without_steady_state()), )? )+].iter().any(|(_, ids)| ids.contains(&id))
        }

        /// True if a number is counted as a share and may pass one, by its identifier without a node.
        #[must_use]
        pub fn may_pass_one(id: &str) -> bool {
            [$( $( (stringify!($measure), $file::Number::may_pass_one()), )? )+].iter().any(|(_, ids)| ids.contains(&id))
        }
    };
}

// Messages list the names in this order. Two measures stand elsewhere among the measures than among the terms, and so have
// two lines.
measures! {
    latency::Latency {
        Mean(MeanOf), P50(P50Of), P90(P90Of), P95(P95Of), P99(P99Of), P999(P999Of), Quantile(QuantileOf),
    }
    throughput::Throughput { Throughput(ThroughputOf) }
    goodput::Goodput { Goodput(GoodputOf) }
    offered_rate::OfferedRate { OfferedRate(OfferedRateOf) }
    attempts::Attempts { Attempts(AttemptsOf) }
    late_answers::LateAnswers { LateAnswers(LateAnswersOf) }
    degraded::Degraded { Degraded(DegradedOf) }
    duplicate_writes::DuplicateWrites { DuplicateWrites(DuplicateWritesOf) }
    drop_rate::DropRate { DropRate(DropRateOf) }
    answered::Answered { Answered(AnsweredOf) }
    within::Within { Within(WithinOf) }
    outcomes::Outcomes { Share(ShareOf) }
    fairness::Fairness { Fairness(FairnessOf) }
    in_system { InSystem(InSystemOf) }
    recovery::Recovery { Recovered(RecoveredOf), RecoveryTime(RecoveryTimeOf), GoodputLeft(GoodputLeftOf) }
    failover_time { FailoverTime(FailoverTimeOf) }
    utilization::Utilization { Utilization(UtilizationOf) }
    wasted_work::WastedWork { WastedWork(WastedWorkOf) }
    waiting::Waiting { Waiting(WaitingOf) }
    in_system::InSystem {}
    failover_time::FailoverTime {}
    imbalance::Imbalance { Imbalance(ImbalanceOf) }
    remapped::Remapped { Remapped(RemappedOf), RemappedNeedlessly(RemappedNeedlesslyOf) }
}
