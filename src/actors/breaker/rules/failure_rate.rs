//! The share of failures and of slow calls in a sliding window, after resilience4j.

use std::collections::VecDeque;

use crate::actors::breaker::rule::{Break, Describes, Ending, State};
use crate::engine::{Duration, Time};
use crate::schema::quantity::{Percent, Share, Span};
use crate::schema::{choice, record};

record! {
    /// The last `count` calls.
    pub struct Calls {
        /// Number of calls; 1 to 100,000.
        pub count: u32 = 100,
    }
    check(self, at) {
        if self.count == 0 || self.count > 100_000 {
            at.field("count").error("1 to 100,000 calls");
        }
    }
}

record! {
    /// The calls of the last `count` seconds, including the current second.
    pub struct Seconds {
        /// Number of seconds; 1 to 3,600.
        pub count: u32 = 100,
    }
    check(self, at) {
        if self.count == 0 || self.count > 3600 {
            at.field("count").error("1 to 3,600 seconds");
        }
    }
}

choice! {
    /// The sliding window of calls.
    pub enum Window {
        Calls(Calls),
        Seconds(Seconds),
    }
}

record! {
    /// The circuit opens when too many calls in a window failed or were slow. After a wait it is half open: a few trial
    /// calls go through, and once all of them have ended, their failure and slow rates decide whether it closes or
    /// opens again.
    ///
    /// The state machine and the defaults of resilience4j `CircuitBreakerConfig`. A call that ends in another state of
    /// the circuit than it began in counts in the state in which it ends.
    pub struct FailureRate {
        /// The circuit opens at this share of failures or more.
        pub failures: Percent = Percent::parse("50 %").expect("a share"),
        /// The circuit opens at this share of slow calls or more.
        pub slow: Percent = Percent::parse("100 %").expect("a share"),
        /// A call that takes longer is slow.
        pub slow_after: Span = Span::from_seconds(60.0).expect("a length of time"),
        /// The sliding window of calls.
        pub window: Window = Window::Calls(Calls { count: 100 }),
        /// The fewest calls in the window for the circuit to open; if the window counts calls, at most its size is
        /// needed.
        pub least: u32 = 100,
        /// How long the circuit stays open.
        pub wait: Span = Span::from_seconds(60.0).expect("a length of time"),
        /// Factor on the wait each time the circuit opens again from half open; 1 to 10.
        pub backoff: f64 = 1.0,
        /// Trial calls in the half-open state; 1 to 100,000.
        pub trials: u32 = 10,
        /// How long the circuit may stay half open before it opens again; without it, until the trial calls have ended.
        pub longest_trial: Option<Span> = None,
    }
    check(self, at) {
        if self.least == 0 {
            at.field("least").error("at least 1 call");
        }
        if self.trials == 0 || self.trials > 100_000 {
            at.field("trials").error("1 to 100,000 calls");
        }
        if !(1.0..=10.0).contains(&self.backoff) {
            at.field("backoff").error("1 to 10");
        }
        if self.failures.fraction() <= 0.0 {
            at.field("failures").error("more than 0 %");
        }
        if self.slow.fraction() <= 0.0 {
            at.field("slow").error("more than 0 %");
        }
    }
}

/// Calls, and how many of them failed or were slow.
#[derive(Clone, Copy, Debug, Default)]
struct Tally {
    calls: u32,
    failed: u32,
    slow: u32,
}

impl Tally {
    fn add(&mut self, other: Self) {
        self.calls += other.calls;
        self.failed += other.failed;
        self.slow += other.slow;
    }

    fn take(&mut self, other: Self) {
        self.calls -= other.calls;
        self.failed -= other.failed;
        self.slow -= other.slow;
    }
}

/// A window that slides, with the sum of its calls.
#[derive(Clone, Debug)]
enum Sliding {
    /// The last calls.
    Calls { most: usize, each: VecDeque<Tally>, sum: Tally },
    /// The last seconds in which there were calls, each with its number.
    Seconds { most: u64, each: VecDeque<(u64, Tally)>, sum: Tally },
}

impl Sliding {
    fn of(window: &Window) -> Self {
        match window {
            Window::Calls(calls) => Self::calls(calls.count),
            Window::Seconds(seconds) => {
                Self::Seconds { most: u64::from(seconds.count), each: VecDeque::new(), sum: Tally::default() }
            }
        }
    }

    fn calls(most: u32) -> Self {
        Self::Calls { most: most as usize, each: VecDeque::new(), sum: Tally::default() }
    }

    /// Adds a call; returns the sum of the window.
    fn record(&mut self, call: Tally, now: Time) -> Tally {
        match self {
            Self::Calls { most, each, sum } => {
                if each.len() == *most
                    && let Some(oldest) = each.pop_front()
                {
                    sum.take(oldest);
                }
                each.push_back(call);
                sum.add(call);
                *sum
            }
            Self::Seconds { most, each, sum } => {
                let second = now.as_nanos() / 1_000_000_000;
                while let Some(&(first, tally)) = each.front()
                    && first + *most <= second
                {
                    sum.take(tally);
                    each.pop_front();
                }
                match each.back_mut() {
                    Some((last, tally)) if *last == second => tally.add(call),
                    _ => each.push_back((second, call)),
                }
                sum.add(call);
                *sum
            }
        }
    }
}

/// A circuit.
#[derive(Clone, Debug)]
pub struct Rates {
    rule: FailureRate,
    /// The shares from which on it opens.
    failures: Share,
    slow: Share,
    state: State,
    window: Sliding,
    /// With fewer calls than this the state does not change.
    least: u32,
    /// Permissions left while half open.
    permits: u32,
    /// When it opened, or became half open.
    since: Time,
    /// How often it opened since it was last closed.
    openings: u32,
}

impl Describes for FailureRate {
    type State = Rates;

    fn build(&self) -> Rates {
        let mut rates = Rates {
            rule: self.clone(),
            failures: self.failures.exact(),
            slow: self.slow.exact(),
            state: State::Closed,
            window: Sliding::of(&self.window),
            least: 0,
            permits: 0,
            since: Time::ZERO,
            openings: 0,
        };
        rates.close();
        rates
    }
}

impl Rates {
    fn close(&mut self) {
        self.state = State::Closed;
        self.window = Sliding::of(&self.rule.window);
        self.least = match &self.rule.window {
            Window::Calls(calls) => self.rule.least.min(calls.count),
            Window::Seconds(_) => self.rule.least,
        };
        self.openings = 0;
    }

    fn open(&mut self, now: Time) {
        self.state = State::Open;
        self.since = now;
        self.openings += 1;
    }

    /// The wait until it is half open: longer each time it opens anew.
    fn wait(&self) -> Duration {
        let factor = libm::pow(self.rule.backoff, f64::from(self.openings.saturating_sub(1).min(100)));
        Duration::from_secs_f64((self.rule.wait.seconds() * factor).min(1e9))
    }

    fn is_too_bad(&self, seen: Tally) -> bool {
        let reached = |share: Share, part: u32| share.is_reached(u64::from(part), u64::from(seen.calls));
        // A threshold of zero is not allowed, so a window without failures needs no product.
        (seen.failed | seen.slow != 0)
            && seen.calls >= self.least
            && (reached(self.failures, seen.failed) || reached(self.slow, seen.slow))
    }
}

impl Break for Rates {
    #[inline]
    fn permit(&mut self, now: Time) -> Result<(), Duration> {
        if self.state == State::Closed {
            return Ok(());
        }
        if self.state == State::Open {
            let (wait, since) = (self.wait(), now.since(self.since));
            // Only when more than the wait has passed.
            if since <= wait {
                return Err(Duration::from_nanos(wait.as_nanos() - since.as_nanos() + 1));
            }
            self.state = State::HalfOpen;
            self.since = now;
            self.window = Sliding::calls(self.rule.trials);
            self.least = self.rule.least.min(self.rule.trials);
            self.permits = self.rule.trials;
        }
        if self.permits == 0 {
            // The end of the trial calls is not known.
            return Err(Duration::ZERO);
        }
        self.permits -= 1;
        Ok(())
    }

    #[inline]
    fn ended(&mut self, ending: Ending, took: Duration, now: Time) {
        let failed = match ending {
            Ending::Success => 0,
            Ending::Failure => 1,
            Ending::Ignored => {
                self.permits += u32::from(self.state == State::HalfOpen);
                return;
            }
        };
        if self.state == State::Open {
            return;
        }
        let slow = u32::from(took > self.rule.slow_after.duration());
        let seen = self.window.record(Tally { calls: 1, failed, slow }, now);
        match self.state {
            _ if self.is_too_bad(seen) => self.open(now),
            State::HalfOpen if seen.calls >= self.least => self.close(),
            _ => {}
        }
    }

    fn alarm(&self) -> Option<Time> {
        let longest = self.rule.longest_trial.filter(|_| self.state == State::HalfOpen)?;
        Some(self.since + longest.duration())
    }

    fn rings(&mut self, now: Time) {
        if self.alarm().is_some_and(|at| at <= now) {
            self.open(now);
        }
    }

    #[inline]
    fn state(&self) -> State {
        self.state
    }
}
