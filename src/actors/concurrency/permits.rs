//! Permits: which requests may be in flight under a moving limit, by class. They are units of a resource whose number moves
//! with a rule, so they stand with their rules.
//!
//! Waiting for a permit belongs to the limiter.

use super::rule::{Limit, Sample};
use super::rules::Limiting;
use super::window::Gathering;
use crate::actors::resources::Busy;
use crate::engine::{Duration, Time};
use crate::schema::quantity::Share;

/// The parts of a limit that are kept for classes of clients; the other classes have none.
///
/// A class may hold more than its share while the limit is not reached; then only classes that have not used up their
/// share get a permit, so that more than the limit may be in flight for a while. As the partitions of Netflix
/// concurrency-limits.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Shares(Vec<Share>);

impl Shares {
    /// Keeps a share of the limit for `class`.
    pub fn keep(&mut self, class: u16, share: Share) {
        let class = usize::from(class);
        if self.0.len() <= class {
            self.0.resize(class + 1, Share::ZERO);
        }
        self.0[class] = share;
    }

    /// True if nothing is kept for any class.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Permits of `limit` that are kept for `class`: rounded up, and at least one where any are.
    #[must_use]
    pub fn of(&self, class: u16, limit: u32) -> u32 {
        match self.0.get(usize::from(class)) {
            Some(share) if !share.is_zero() => share.ceil_of(u64::from(limit)).max(1) as u32,
            _ => 0,
        }
    }
}

/// The permits under one limit.
#[derive(Debug)]
pub struct Permits {
    limiting: Limiting,
    /// The answers gathered before the limit learns of them; `None` if it learns from each answer by itself.
    gathering: Option<Gathering>,
    /// Requests in flight.
    in_flight: Busy,
    /// In flight by class; only counted where there are shares.
    by_class: Vec<u32>,
}

impl Permits {
    /// All permits that `limiting` gives.
    #[must_use]
    pub fn new(limiting: Limiting) -> Self {
        Self { limiting, gathering: None, in_flight: Busy::default(), by_class: Vec::new() }
    }

    /// The same, but the limit learns of many answers at once.
    #[must_use]
    pub fn with_window(self, length: Option<Duration>) -> Self {
        Self { gathering: length.map(Gathering::new), ..self }
    }

    /// Requests that may be in flight now.
    #[inline]
    #[must_use]
    pub fn limit(&self) -> u32 {
        self.limiting.limit()
    }

    /// Requests in flight.
    #[inline]
    #[must_use]
    pub fn in_flight(&self) -> Busy {
        self.in_flight
    }

    /// True if there is a permit for a request of `class`.
    #[inline]
    #[must_use]
    pub fn has_one(&self, class: u16, shares: &Shares) -> bool {
        let limit = self.limiting.limit();
        let own = || self.by_class.get(usize::from(class)).copied().unwrap_or(0);
        self.in_flight.count() < limit || (!shares.is_empty() && own() < shares.of(class, limit))
    }

    /// A permit for a request of `class`, if there is one: gives how many are in flight with it.
    #[inline]
    pub fn take(&mut self, class: u16, shares: &Shares, now: Time) -> Option<u32> {
        if !self.has_one(class, shares) {
            return None;
        }
        if !shares.is_empty() {
            let class = usize::from(class);
            if self.by_class.len() <= class {
                self.by_class.resize(class + 1, 0);
            }
            self.by_class[class] += 1;
        }
        self.in_flight.up(now);
        Some(self.in_flight.count())
    }

    /// A request of `class` is no longer in flight.
    #[inline]
    pub fn give_back(&mut self, class: u16, now: Time) {
        debug_assert!(self.in_flight.count() > 0, "a permit is given back that no request took");
        self.in_flight.down(now);
        if let Some(busy) = self.by_class.get_mut(usize::from(class)) {
            *busy -= 1;
        }
    }

    /// Adapts the limit to an answer.
    #[inline]
    pub fn learn(&mut self, sample: Sample, now: Time) {
        match &mut self.gathering {
            None => self.limiting.sample(sample),
            Some(gathering) => {
                if let Some(all) = gathering.add(sample, now) {
                    self.limiting.sample(all);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::actors::concurrency::rules::Rule;
    use crate::actors::concurrency::rules::fixed::Fixed;
    use crate::engine::random::StreamKey;
    use crate::schema::quantity::Percent;
    use proptest::prelude::*;

    fn permits(limit: u32) -> Permits {
        Permits::new(Rule::Fixed(Fixed { limit }).build(StreamKey::root(1, 0)))
    }

    fn shares(percentages: &[(u16, f64)]) -> Shares {
        let mut shares = Shares::default();
        percentages.iter().for_each(|&(class, percent)| shares.keep(class, Percent::of(percent).exact()));
        shares
    }

    #[test]
    fn a_share_of_a_hundred_is_as_many_permits() {
        assert!((1..=100_u32).all(|percent| shares(&[(0, f64::from(percent))]).of(0, 100) == percent));
    }

    /// The cases of `AbstractPartitionedLimiterTest` of Netflix concurrency-limits: a limit of 10, and parts of 30 %
    /// and 70 %.
    #[test]
    fn a_class_exceeds_its_share_only_below_the_limit() {
        let shares = shares(&[(0, 30.0), (1, 70.0)]);
        assert_eq!((shares.of(0, 10), shares.of(1, 10), shares.of(2, 10)), (3, 7, 0));
        assert_eq!((shares.of(0, 1), shares.of(1, 1)), (1, 1));
        let mut permits = permits(10);
        // The first class takes all permits that are free, and no more.
        assert!((1..=10).all(|held| permits.take(0, &shares, Time::ZERO) == Some(held)));
        assert_eq!(permits.take(0, &shares, Time::ZERO), None);
        // The other class still gets its share, and a class without a share gets none.
        assert!((11..=17).all(|held| permits.take(1, &shares, Time::ZERO) == Some(held)));
        assert_eq!((permits.take(1, &shares, Time::ZERO), permits.take(2, &shares, Time::ZERO)), (None, None));
        // The limit is still reached: the first class must come below its part before it gets another.
        (0..7).for_each(|_| permits.give_back(0, Time::ZERO));
        assert_eq!((permits.in_flight().count(), permits.take(0, &shares, Time::ZERO)), (10, None));
        permits.give_back(0, Time::ZERO);
        assert_eq!((permits.take(2, &shares, Time::ZERO), permits.take(2, &shares, Time::ZERO)), (Some(10), None));
    }

    proptest! {
        #[test]
        fn permits_are_neither_lost_nor_made(
            limit in 1_u32..12,
            percentages in proptest::collection::vec(0.0_f64..33.0, 0..3),
            steps in proptest::collection::vec((any::<bool>(), 0_u16..4), 0..200),
        ) {
            let percentages: Vec<(u16, f64)> = (0..).zip(percentages).collect();
            let shares = shares(&percentages);
            let mut permits = permits(limit);
            let mut held = [0_u32; 4];
            for (takes, class) in steps {
                let (all, own) = (held.iter().sum::<u32>(), &mut held[usize::from(class)]);
                if takes {
                    let expected = all < limit || *own < shares.of(class, limit);
                    let taken = permits.take(class, &shares, Time::ZERO);
                    prop_assert_eq!(taken, expected.then_some(all + 1));
                    *own += u32::from(expected);
                } else if *own > 0 {
                    permits.give_back(class, Time::ZERO);
                    *own -= 1;
                }
                prop_assert_eq!(permits.in_flight().count(), held.iter().sum::<u32>());
                if shares.is_empty() {
                    prop_assert!(permits.in_flight().count() <= limit);
                }
            }
        }
    }
}
