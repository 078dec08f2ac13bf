//! Backoff: how long a client waits before a retry.
//!
//! Whether it retries belongs in `ending`.

use crate::engine::Duration;
use crate::engine::random::Bits;
use crate::schema::quantity::Span;
use crate::schema::{choice, record};

record! {
    /// No jitter: clients that failed together retry together.
    pub struct NoJitter {}
}

record! {
    /// Full jitter (Brooker 2015): uniform from 0 to the exponential wait.
    pub struct FullJitter {}
}

record! {
    /// Equal jitter (Brooker 2015): half of the exponential wait plus a uniform draw from 0 to the other half.
    pub struct EqualJitter {}
}

record! {
    /// Decorrelated jitter (Brooker 2015): uniform from `base` to three times the previous wait, and at most `cap`. The
    /// first wait is uniform from `base` to three times `base`; `factor` is not used.
    pub struct DecorrelatedJitter {}
}

choice! {
    /// How a wait is randomized. Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog, 2015.
    pub enum Jitter {
        None(NoJitter),
        Full(FullJitter),
        Equal(EqualJitter),
        Decorrelated(DecorrelatedJitter),
    }
}

record! {
    /// Retries at once.
    pub struct Immediate {}
}

record! {
    /// The same wait before each retry.
    pub struct Fixed {
        /// How long.
        pub wait: Span = Span::from_seconds(0.1).unwrap_or(Span::ZERO),
    }
}

record! {
    /// The wait before the n-th retry is min(cap, base x factor^(n - 1)), then jitter, as in Brooker 2015. The default
    /// of `cap` is that of the standard mode of the AWS SDKs, which however applies the cap after the jitter; the
    /// default of `base` is the initial backoff in the examples of gRPC.
    pub struct Exponential {
        /// The first wait; above zero.
        pub base: Span = Span::from_seconds(0.1).unwrap_or(Span::ZERO),
        /// How many times longer each wait is than the one before; 1 to 100.
        pub factor: f64 = 2.0,
        /// The longest wait; at least `base`.
        pub cap: Span = Span::whole(20),
        /// How a wait is randomized.
        pub jitter: Jitter = Jitter::Full(FullJitter {}),
    }
    check(self, at) {
        if self.base == Span::ZERO {
            at.field("base").error("the first wait is above zero; for none, write `Immediate`");
        }
        if !(1.0..=100.0).contains(&self.factor) {
            at.field("factor").error("a factor from 1 to 100");
        }
        if self.cap < self.base {
            at.field("cap").error("the longest wait is at least as long as the first");
        }
    }
}

choice! {
    /// How long a client waits before a retry.
    pub enum Backoff {
        Immediate(Immediate),
        Fixed(Fixed),
        Exponential(Exponential),
    }
}

impl Backoff {
    /// The wait before a retry of a call that has had `retries` retries, the last of them after the wait `before` (zero
    /// if there was none).
    #[must_use]
    pub fn wait(&self, retries: u32, before: Duration, draws: &mut impl Bits) -> Duration {
        match self {
            Self::Immediate(_) => Duration::ZERO,
            Self::Fixed(fixed) => fixed.wait.duration(),
            Self::Exponential(exponential) => exponential.wait(retries, before, draws),
        }
    }
}

impl Exponential {
    fn wait(&self, retries: u32, before: Duration, draws: &mut impl Bits) -> Duration {
        let (base, cap) = (self.base.seconds(), self.cap.seconds());
        let exponential = cap.min(base * libm::pow(self.factor, f64::from(retries)));
        Duration::from_secs_f64(match self.jitter {
            Jitter::None(_) => exponential,
            Jitter::Full(_) => exponential * draws.uniform(),
            Jitter::Equal(_) => exponential / 2.0 * (1.0 + draws.uniform()),
            Jitter::Decorrelated(_) => {
                let most = 3.0 * before.as_secs_f64().max(base);
                cap.min(base + (most - base) * draws.uniform())
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::random::StreamKey;
    use proptest::prelude::*;

    fn exponential(jitter: Jitter) -> Exponential {
        let span = |text: &str| Span::parse(text).expect("a length of time");
        Exponential { base: span("100 ms"), factor: 2.0, cap: span("1 s"), jitter }
    }

    #[test]
    fn the_exponential_wait_doubles_up_to_its_cap() {
        let backoff = Backoff::Exponential(exponential(Jitter::None(NoJitter {})));
        let mut draws = StreamKey::root(1, 0).draws(0);
        let waits: Vec<f64> = [0, 1, 2, 3, 4, 5, 1000]
            .into_iter()
            .map(|retries| backoff.wait(retries, Duration::ZERO, &mut draws).as_secs_f64())
            .collect();
        assert_eq!(waits, [0.1, 0.2, 0.4, 0.8, 1.0, 1.0, 1.0]);
    }

    proptest! {
        #[test]
        fn jitter_stays_in_its_bounds(
            base in 1_u64..1_000_000_000, factor in 1.0..10.0_f64, times in 1_u64..1000, retries in 0_u32..50,
            before in 0_u64..100_000_000_000, number in any::<u64>(),
        ) {
            let span = |nanos: u64| Span::from_seconds(nanos as f64 / 1e9).expect("in range");
            let cap = base * times;
            let of = |jitter| Exponential { base: span(base), factor, cap: span(cap), jitter };
            let wait = |jitter| {
                let mut draws = StreamKey::root(7, 0).draws(number);
                of(jitter).wait(retries, Duration::from_nanos(before), &mut draws).as_nanos()
            };
            let whole = wait(Jitter::None(NoJitter {}));
            prop_assert!(whole <= cap + 1 && whole + 1 >= base);
            let full = wait(Jitter::Full(FullJitter {}));
            prop_assert!(full <= whole);
            let equal = wait(Jitter::Equal(EqualJitter {}));
            prop_assert!(equal + 1 >= whole / 2 && equal <= whole);
            let decorrelated = wait(Jitter::Decorrelated(DecorrelatedJitter {}));
            prop_assert!(decorrelated + 1 >= base && decorrelated <= cap.min(3 * before.max(base)) + 1);
        }
    }

    #[test]
    fn full_jitter_is_uniform() {
        let key = StreamKey::root(3, 0).named("backoff");
        let backoff = Backoff::Exponential(exponential(Jitter::Full(FullJitter {})));
        let n = 40_000_u64;
        let mut quarters = [0_u32; 4];
        for number in 0..n {
            let wait = backoff.wait(1, Duration::ZERO, &mut key.draws(number)).as_secs_f64();
            quarters[((wait / 0.05) as usize).min(3)] += 1;
        }
        let (mean, sd) = (n as f64 / 4.0, (n as f64 * 3.0 / 16.0).sqrt());
        assert!(quarters.iter().all(|&here| (f64::from(here) - mean).abs() < 5.5 * sd), "{quarters:?}");
    }
}
