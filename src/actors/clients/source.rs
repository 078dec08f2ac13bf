//! Where requests come from: open arrivals, users in a closed loop, sessions, or a recorded trace.

use std::sync::Arc;

use super::arrivals::Arrivals;
use crate::actors::calls::Origin;
use crate::distributions::Sampler;
use crate::engine::random::{Bits, StreamKey};
use crate::engine::{Duration, Time};
use crate::trace::Trace;

/// The event at a planned time.
#[derive(Clone, Copy, Debug)]
pub enum Next {
    /// The next arrival of an open process, a session or a trace.
    Arrival,
    /// The next request of a user who was thinking.
    User(u32),
}

/// A session under way.
#[derive(Clone, Copy, Debug)]
pub struct Session {
    number: u64,
    made: u32,
    length: u32,
}

/// A source of requests.
#[derive(Debug)]
pub enum Source {
    /// Arrivals that do not wait for answers.
    Open {
        /// Numbers of requests begin here.
        base: u64,
        /// Requests so far.
        made: u64,
        /// The process.
        arrivals: Arrivals,
    },
    /// A fixed number of users: each thinks, asks, waits for the answer, and thinks again.
    Users {
        /// Numbers of requests begin here.
        base: u64,
        /// Requests so far by user.
        made: Vec<u32>,
        /// How long a user thinks.
        think: Sampler,
        /// Draws of thinking times.
        key: StreamKey,
    },
    /// Visitors who come, send several requests with pauses in between, and leave.
    Sessions {
        /// Numbers of requests begin here.
        base: u64,
        /// Sessions so far.
        begun: u64,
        /// When sessions begin.
        arrivals: Arrivals,
        /// Mean number of requests in a session.
        mean_length: f64,
        /// Pause between an answer and the next request.
        think: Sampler,
        /// Draws of pauses.
        key: StreamKey,
        /// Draws of session lengths.
        lengths: StreamKey,
        /// Sessions under way, and places to use again.
        places: Vec<Session>,
        /// Places to use again.
        free: Vec<u32>,
    },
    /// Recorded requests.
    Replay {
        /// Numbers of requests begin here.
        base: u64,
        /// The log.
        trace: Arc<Trace>,
        /// When each is due, in nanoseconds: see `trace::schedule`.
        times: Arc<[u64]>,
        /// The next to come.
        next: usize,
    },
}

/// Requests of one session get numbers of their own: at most this many, a power of two.
const SESSION_STRIDE: u64 = 1 << 20;

impl Source {
    /// The first events.
    pub fn first(&mut self) -> Vec<(Time, Next)> {
        match self {
            Self::Users { made, think, key, .. } => (0..made.len() as u32)
                .map(|user| {
                    let seconds = think.sample(&mut key.draws(u64::from(user) << 32));
                    (Time::ZERO + Duration::from_secs_f64(seconds), Next::User(user))
                })
                .collect(),
            _ => self.next_arrival().map(|at| (at, Next::Arrival)).into_iter().collect(),
        }
    }

    /// When the next arrival is due; `None` if there are no more, or if arrivals depend on users.
    #[inline]
    pub fn next_arrival(&mut self) -> Option<Time> {
        match self {
            Self::Open { arrivals, .. } | Self::Sessions { arrivals, .. } => arrivals.next(),
            Self::Replay { times, next, .. } => times.get(*next).map(|&nanos| Time::from_nanos(nanos)),
            Self::Users { .. } => None,
        }
    }

    /// An arrival has come: the request it makes.
    #[inline]
    pub fn arrive(&mut self) -> Option<Origin> {
        match self {
            Self::Open { base, made, .. } => Some(Origin::open(*base, made)),
            Self::Replay { base, trace, next, .. } => {
                let record = trace.records.get(*next)?;
                let number = base.wrapping_add(*next as u64);
                *next += 1;
                Some(Origin {
                    number,
                    place: 0,
                    client: trace.known.client.then_some(record.client),
                    key: trace.known.key.then_some(record.key),
                    size: trace.known.size.then_some(record.size),
                })
            }
            Self::Sessions { begun, mean_length, lengths, places, free, .. } => {
                let number = *begun;
                *begun += 1;
                let length = geometric(*mean_length, lengths.draws(number).open_uniform());
                let session = Session { number, made: 0, length };
                let place = match free.pop() {
                    Some(place) => {
                        places[place as usize] = session;
                        place
                    }
                    None => {
                        places.push(session);
                        places.len() as u32 - 1
                    }
                };
                Some(self.act(place))
            }
            Self::Users { .. } => None,
        }
    }

    /// A user or session makes a request.
    #[inline]
    pub fn act(&mut self, place: u32) -> Origin {
        match self {
            Self::Users { base, made, .. } => {
                let count = &mut made[place as usize];
                let number = base.wrapping_add((u64::from(place) << 32) | u64::from(*count));
                *count = count.wrapping_add(1);
                Origin { number, place, client: Some(super::address_of(u64::from(place))), key: None, size: None }
            }
            Self::Sessions { base, places, .. } => {
                let session = &mut places[place as usize];
                let number = base
                    .wrapping_add(session.number.wrapping_mul(SESSION_STRIDE))
                    .wrapping_add(u64::from(session.made));
                session.made += 1;
                Origin { number, place, client: Some(super::address_of(session.number)), key: None, size: None }
            }
            Self::Open { base, .. } | Self::Replay { base, .. } => {
                Origin { number: *base, place, client: None, key: None, size: None }
            }
        }
    }

    /// True of open arrivals, which do not care how a request ends.
    #[inline(always)]
    #[must_use]
    pub fn is_open(&self) -> bool {
        matches!(self, Self::Open { .. })
    }

    /// True if there are no more arrivals: a log that was replayed to its end.
    #[must_use]
    pub fn is_over(&self) -> bool {
        matches!(self, Self::Replay { times, next, .. } if *next >= times.len())
    }

    /// A request of `place` has ended: when its user or session makes the next, if ever.
    #[inline(never)]
    pub fn ended(&mut self, now: Time, place: u32) -> Option<Time> {
        match self {
            Self::Open { .. } | Self::Replay { .. } => None,
            Self::Users { made, think, key, .. } => {
                let draw = (u64::from(place) << 32) | u64::from(made[place as usize]);
                Some(now + Duration::from_secs_f64(think.sample(&mut key.draws(draw))))
            }
            Self::Sessions { places, free, think, key, .. } => {
                let session = places[place as usize];
                if session.made >= session.length {
                    free.push(place);
                    return None;
                }
                let draw = session.number.wrapping_mul(SESSION_STRIDE).wrapping_add(u64::from(session.made));
                Some(now + Duration::from_secs_f64(think.sample(&mut key.draws(draw))))
            }
        }
    }
}

/// A geometric number, at least 1, of the given mean (at least 1), from a uniform draw in (0, 1).
fn geometric(mean: f64, uniform: f64) -> u32 {
    if mean <= 1.0 {
        return 1;
    }
    let trials = libm::ceil(libm::log(uniform) / libm::log1p(-1.0 / mean));
    trials.clamp(1.0, (SESSION_STRIDE - 1) as f64) as u32
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trace::{Known, Record};

    #[test]
    fn a_replay_says_only_what_the_log_does() {
        let known = Known { client: true, key: false, size: true };
        let records = vec![Record { at: 0, client: 7, key: 0, size: 512 }];
        let trace = Arc::new(Trace { records, known, ..Trace::default() });
        let mut source = Source::Replay { base: 100, trace, times: Arc::new([5]), next: 0 };
        assert_eq!(source.next_arrival(), Some(Time::from_nanos(5)));
        let origin = source.arrive().expect("one request");
        assert_eq!((origin.number, origin.client, origin.key, origin.size), (100, Some(7), None, Some(512)));
        assert_eq!(source.next_arrival(), None);
        assert!(source.arrive().is_none());
    }

    #[test]
    fn session_lengths_have_the_mean_asked_for() {
        let key = StreamKey::root(5, 0);
        let n = 200_000;
        let mean = 4.0;
        let sum: f64 = (0..n).map(|i| f64::from(geometric(mean, key.draws(i).open_uniform()))).sum();
        // Variance of a geometric number on 1, 2, ...: m (m - 1).
        let error = (mean * (mean - 1.0) / n as f64).sqrt();
        assert!((sum / n as f64 - mean).abs() < 5.5 * error);
        assert_eq!(geometric(1.0, 0.5), 1);
    }
}
