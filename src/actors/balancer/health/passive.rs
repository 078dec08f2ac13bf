//! Passive health as nginx has it: `max_fails` and `fail_timeout`, by the arithmetic of
//! `ngx_http_upstream_get_peer` and `ngx_http_upstream_free_round_robin_peer`, to the nanosecond where nginx counts whole
//! seconds. Its `effective_weight`, which lowers the weight of a member that has failed, is left out.

use super::spec::{Failure, Passive};
use crate::engine::{Duration, Outcome, Time};

/// State of one member. `None` is long ago.
#[derive(Clone, Copy, Debug, Default)]
struct Peer {
    fails: u32,
    /// When it last failed.
    accessed: Option<Time>,
    /// When it last failed or was given a request after a while.
    checked: Option<Time>,
}

/// The consequence of an answer for a member.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Finding {
    /// Nothing new.
    Nothing,
    /// It has failed too often: out for a while.
    Out,
    /// It has answered a probe: back.
    Back,
}

/// The failures of all members.
#[derive(Debug)]
pub struct Failures {
    max_fails: u32,
    /// How long a failure counts, and how long a member stays out.
    pub fail_timeout: Duration,
    on: Vec<Failure>,
    peers: Vec<Peer>,
}

impl Failures {
    /// All `members` without a failure.
    #[must_use]
    pub fn new(spec: &Passive, members: usize) -> Self {
        // With a single member there is no alternative, and failures are not counted.
        let max_fails = if members == 1 { 0 } else { spec.max_fails };
        let fail_timeout = spec.fail_timeout.duration();
        Self { max_fails, fail_timeout, on: spec.on.clone(), peers: vec![Peer::default(); members] }
    }

    fn is_spent(&self, peer: &Peer) -> bool {
        self.max_fails > 0 && peer.fails >= self.max_fails
    }

    fn was_long_ago(&self, when: Option<Time>, now: Time) -> bool {
        when.is_none_or(|when| now.since(when) >= self.fail_timeout)
    }

    /// A request goes to `member`; true if it probes a member that is out, to which no other request may go meanwhile.
    pub fn sent(&mut self, member: usize, now: Time) -> bool {
        if !self.was_long_ago(self.peers[member].checked, now) {
            return false;
        }
        self.peers[member].checked = Some(now);
        self.is_spent(&self.peers[member])
    }

    /// An attempt at `member` has ended.
    pub fn ended(&mut self, member: usize, outcome: Outcome, now: Time) -> Finding {
        let failed = self.on.iter().any(|failure| failure.covers(outcome));
        let spent = self.is_spent(&self.peers[member]);
        let peer = &mut self.peers[member];
        if failed {
            *peer = Peer { fails: peer.fails.saturating_add(1), accessed: Some(now), checked: Some(now) };
            return if self.is_spent(&self.peers[member]) { Finding::Out } else { Finding::Nothing };
        }
        if peer.accessed < peer.checked {
            peer.fails = 0;
            if spent {
                return Finding::Back;
            }
        }
        Finding::Nothing
    }

    /// True if `member`, which is out, may be probed at `now`.
    #[must_use]
    pub fn may_be_probed(&self, member: usize, now: Time) -> bool {
        let peer = &self.peers[member];
        self.is_spent(peer) && self.was_long_ago(peer.checked, now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::quantity::Span;

    fn failures(max_fails: u32, members: usize) -> Failures {
        let fail_timeout = Span::from_seconds(10.0).expect("a length of time");
        Failures::new(&Passive { max_fails, fail_timeout, on: Failure::usual() }, members)
    }

    fn at(seconds: u64) -> Time {
        Time::from_nanos(seconds * 1_000_000_000)
    }

    #[test]
    fn one_failure_takes_a_member_out_and_one_probe_decides() {
        let mut all = failures(1, 2);
        assert!(!all.sent(0, at(1)));
        assert_eq!(all.ended(0, Outcome::Refused, at(2)), Finding::Out);
        assert!(!all.may_be_probed(0, at(11)));
        assert!(all.may_be_probed(0, at(12)));
        // The probe: no other request until it is answered or another timeout has passed.
        assert!(all.sent(0, at(13)));
        assert!(!all.may_be_probed(0, at(22)));
        assert_eq!(all.ended(0, Outcome::Refused, at(14)), Finding::Out);
        assert!(!all.may_be_probed(0, at(23)));
        assert!(all.sent(0, at(24)));
        assert_eq!(all.ended(0, Outcome::Served, at(25)), Finding::Back);
        assert!(!all.sent(0, at(26)));
    }

    #[test]
    fn failures_count_while_the_next_comes_in_time() {
        let mut all = failures(3, 2);
        for second in [1, 9, 18] {
            all.sent(0, at(second));
            let finding = all.ended(0, Outcome::Crashed, at(second));
            assert_eq!(finding, if second == 18 { Finding::Out } else { Finding::Nothing });
        }
    }

    #[test]
    fn a_success_long_after_the_last_failure_forgives_it_and_an_early_one_does_not() {
        let mut all = failures(2, 2);
        all.sent(0, at(1));
        all.ended(0, Outcome::Refused, at(1));
        // Within the timeout: the failure stays on the books.
        all.sent(0, at(5));
        all.ended(0, Outcome::Served, at(5));
        all.sent(0, at(6));
        assert_eq!(all.ended(0, Outcome::Refused, at(6)), Finding::Out);
        let mut all = failures(2, 2);
        all.sent(0, at(1));
        all.ended(0, Outcome::Refused, at(1));
        all.sent(0, at(12));
        all.ended(0, Outcome::Served, at(12));
        all.sent(0, at(13));
        assert_eq!(all.ended(0, Outcome::Refused, at(13)), Finding::Nothing);
    }

    #[test]
    fn a_single_member_and_a_count_of_zero_are_never_out() {
        for mut all in [failures(1, 1), failures(0, 2)] {
            for second in 1..20 {
                assert!(!all.sent(0, at(second)));
                assert_eq!(all.ended(0, Outcome::Refused, at(second)), Finding::Nothing);
            }
        }
    }

    #[test]
    fn an_error_answer_is_no_failure_unless_it_is_listed() {
        let mut all = failures(1, 2);
        assert_eq!(all.ended(0, Outcome::Error, at(1)), Finding::Nothing);
        all.on.push(Failure::Error(crate::actors::kit::failure::ErrorFailure {}));
        assert_eq!(all.ended(0, Outcome::Error, at(1)), Finding::Out);
    }
}
