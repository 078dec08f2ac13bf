//! The registry of rules by which a concurrency limit moves. One line here and one file in `rules` make a rule.

use std::fmt::Debug;

use crate::engine::Duration;
use crate::engine::random::StreamKey;

/// What an answer says of the service behind the limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sample {
    /// From when the request went on until its answer was back.
    pub round_trip: Duration,
    /// Requests in flight when it went on, itself among them.
    pub in_flight: u32,
    /// True if the service had too much to do for it.
    pub dropped: bool,
}

/// A rule at work.
pub trait Limit {
    /// Requests that may be in flight now; at least 1.
    fn limit(&self) -> u32;

    /// An answer has come back.
    fn sample(&mut self, sample: Sample);
}

/// The description of a rule, as the language reads it.
pub trait Describes {
    /// The rule at work.
    type State: Limit + Debug;

    /// The rule at its first limit; `key` names its random stream.
    fn build(&self, key: StreamKey) -> Self::State;
}

macro_rules! registry {
    ($($file:ident :: $rule:ident),+ $(,)?) => {
        $( use super::rules::$file::$rule; )+

        crate::schema::choice! {
            /// How many requests may be in flight at once.
            pub enum Rule {
                $( $rule($rule), )+
            }
        }

        /// A rule at work.
        #[derive(Debug)]
        pub enum Limiting {
            $(
                #[doc = concat!("[`", stringify!($rule), "`] at work.")]
                $rule(<$rule as Describes>::State),
            )+
        }

        impl Rule {
            /// The rule at its first limit; `key` names its random stream.
            #[must_use]
            pub fn build(&self, key: StreamKey) -> Limiting {
                match self {
                    $( Self::$rule(rule) => Limiting::$rule(rule.build(key)), )+
                }
            }
        }

        impl Limit for Limiting {
            #[inline]
            fn limit(&self) -> u32 {
                match self {
                    $( Self::$rule(state) => state.limit(), )+
                }
            }

            #[inline]
            fn sample(&mut self, sample: Sample) {
                match self {
                    $( Self::$rule(state) => state.sample(sample), )+
                }
            }
        }
    };
}

registry! {
    fixed::Fixed,
    aimd::Aimd,
    vegas::Vegas,
    gradient2::Gradient2,
}
