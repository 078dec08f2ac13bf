//! Outlier ejection by the arithmetic of Envoy (`outlier_detection_impl.cc`): which members are ejected, for how long,
//! and how many at once. Panic mode, which ignores ejections, belongs in `rotation`.

use std::cmp::Ordering;

use super::spec::{OutlierEjection, SuccessRate};
use crate::engine::{Duration, Outcome, Time};
use crate::schema::quantity::Share;

/// State of one member.
#[derive(Clone, Copy, Debug, Default)]
struct Host {
    consecutive_5xx: u32,
    consecutive_gateway_failure: u32,
    /// When it was ejected; `None` while it is not.
    ejected: Option<Time>,
    /// When its last ejection ended.
    returned: Option<Time>,
    /// How many times the base its ejection lasts.
    backoff: u32,
    /// Answers since the last sweep, and how many of them were successes.
    answers: u64,
    successes: u64,
}

/// Members that are ejected, and members that are about to be.
#[derive(Debug)]
pub struct Outliers {
    consecutive_5xx: u32,
    consecutive_gateway_failure: u32,
    interval: Duration,
    base: Duration,
    longest: Duration,
    most: Share,
    always_one: bool,
    success_rate: Option<SuccessRate>,
    hosts: Vec<Host>,
    ejected: usize,
    /// True while a sweep stands in the calendar.
    pub armed: bool,
    /// Ejections that the limit forbade.
    pub overflow: u64,
}

/// A member was ejected or came back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Change {
    /// The member.
    pub member: usize,
    /// True if it was ejected.
    pub ejected: bool,
}

impl Outliers {
    /// All `members` in.
    #[must_use]
    pub fn new(spec: &OutlierEjection, members: usize) -> Self {
        let base = spec.base_ejection.duration();
        Self {
            consecutive_5xx: spec.consecutive_5xx,
            consecutive_gateway_failure: spec.consecutive_gateway_failure,
            interval: spec.interval.duration(),
            base,
            longest: spec.max_ejection_time.duration().max(base),
            most: spec.max_ejection.exact(),
            always_one: spec.always_eject_one,
            success_rate: spec.success_rate.clone(),
            hosts: vec![Host::default(); members],
            ejected: 0,
            armed: false,
            overflow: 0,
        }
    }

    /// An attempt at `member` has ended; true if that ejects it.
    pub fn ended(&mut self, member: usize, outcome: Outcome, now: Time) -> bool {
        let host = &mut self.hosts[member];
        host.answers += 1;
        let gateway = match outcome {
            // The client cancelled the request, which is no information about the member.
            Outcome::Cancelled => {
                host.answers -= 1;
                return false;
            }
            // A rate limit (429) is no failure of the server.
            Outcome::Served
            | Outcome::Degraded
            | Outcome::RateLimited
            | Outcome::Throttled
            | Outcome::TimedOut
            | Outcome::GaveUp => {
                host.successes += 1;
                host.consecutive_5xx = 0;
                host.consecutive_gateway_failure = 0;
                return false;
            }
            Outcome::Error => false,
            Outcome::QueueFull
            | Outcome::WaitedTooLong
            | Outcome::Shed
            | Outcome::TooManyInFlight
            | Outcome::CircuitOpen
            | Outcome::DeadlinePassed
            | Outcome::NoServer
            | Outcome::Refused
            | Outcome::Crashed
            | Outcome::GatewayTimeout => true,
        };
        host.consecutive_gateway_failure = if gateway { host.consecutive_gateway_failure + 1 } else { 0 };
        host.consecutive_5xx += 1;
        let by_gateway = host.consecutive_gateway_failure == self.consecutive_gateway_failure && gateway;
        let by_5xx = host.consecutive_5xx == self.consecutive_5xx;
        if host.ejected.is_some() || !(by_gateway || by_5xx) {
            return false;
        }
        if by_gateway {
            host.consecutive_gateway_failure = 0;
        }
        if by_5xx {
            host.consecutive_5xx = 0;
        }
        self.eject(member, now)
    }

    /// Ejects `member` unless too many are ejected already.
    fn eject(&mut self, member: usize, now: Time) -> bool {
        let share = self.most.compare(self.ejected as u64 + 1, self.hosts.len() as u64);
        let is_the_one = self.always_one && self.ejected == 0;
        if !is_the_one && share == Ordering::Greater {
            self.overflow += 1;
            return false;
        }
        self.ejected += 1;
        let host = &mut self.hosts[member];
        host.ejected = Some(now);
        // It grows no further once it is beyond the longest.
        if self.base.as_nanos().saturating_mul(u64::from(host.backoff))
            < self.longest.as_nanos().saturating_add(self.base.as_nanos())
        {
            host.backoff += 1;
        }
        true
    }

    /// How long the present ejection of `member` lasts at least.
    fn sentence(&self, member: usize) -> Duration {
        let backoff = u64::from(self.hosts[member].backoff);
        Duration::from_nanos(self.base.as_nanos().saturating_mul(backoff)).min(self.longest)
    }

    /// Ends the ejection of `member`; true if there was one.
    pub fn forgive(&mut self, member: usize, now: Time) -> bool {
        let host = &mut self.hosts[member];
        if host.ejected.take().is_none() {
            return false;
        }
        host.returned = Some(now);
        host.consecutive_5xx = 0;
        host.consecutive_gateway_failure = 0;
        self.ejected -= 1;
        true
    }

    /// The sweep at `now`: which members come back, which are ejected for a low success rate, and whose count of
    /// ejections falls.
    pub fn sweep(&mut self, now: Time) -> Vec<Change> {
        let mut changes = Vec::new();
        for member in 0..self.hosts.len() {
            let served = self.hosts[member].ejected.is_some_and(|since| now.since(since) >= self.sentence(member));
            if served && self.forgive(member, now) {
                changes.push(Change { member, ejected: false });
            }
        }
        for member in self.below_the_others() {
            if self.eject(member, now) {
                changes.push(Change { member, ejected: true });
            }
        }
        for host in &mut self.hosts {
            (host.answers, host.successes) = (0, 0);
            let well = host.returned.is_some_and(|when| now.since(when) >= self.interval);
            if host.ejected.is_none() && well {
                host.backoff = host.backoff.saturating_sub(1);
            }
        }
        changes
    }

    /// Members whose success rate in the interval that ends is an outlier, in order.
    fn below_the_others(&self) -> Vec<usize> {
        let Some(spec) = &self.success_rate else { return Vec::new() };
        let rates: Vec<(usize, f64)> = self
            .hosts
            .iter()
            .enumerate()
            .filter(|(_, host)| host.ejected.is_none())
            .filter(|(_, host)| host.answers > 0 && host.answers >= u64::from(spec.request_volume))
            .map(|(member, host)| (member, host.successes as f64 * 100.0 / host.answers as f64))
            .collect();
        if rates.is_empty() || rates.len() < spec.minimum_hosts as usize {
            return Vec::new();
        }
        let values: Vec<f64> = rates.iter().map(|&(_, rate)| rate).collect();
        let threshold = success_rate_threshold(&values, spec.stdev_factor);
        rates.into_iter().filter(|&(_, rate)| rate < threshold).map(|(member, _)| member).collect()
    }

    /// When the next sweep would be: at a whole multiple of the interval.
    #[must_use]
    pub fn next_sweep(&self, now: Time) -> Time {
        let interval = self.interval.as_nanos().max(1);
        Time::from_nanos((now.as_nanos() / interval + 1).saturating_mul(interval))
    }

    /// True if there is something to sweep: without it, sweeps may pause, so that a run can end.
    #[must_use]
    pub fn is_busy(&self) -> bool {
        let busy = |host: &Host| host.ejected.is_some() || host.backoff > 0;
        self.hosts.iter().any(busy)
    }

    /// True if every answer counts for the next sweep.
    #[must_use]
    pub fn looks_at_rates(&self) -> bool {
        self.success_rate.is_some()
    }

    /// Members ejected now.
    #[must_use]
    #[cfg(test)]
    pub fn ejected(&self) -> usize {
        self.ejected
    }
}

/// The success rate in percent below which a member is an outlier: the mean less `factor` standard deviations.
#[must_use]
pub fn success_rate_threshold(rates: &[f64], factor: f64) -> f64 {
    let n = rates.len() as f64;
    let mean = rates.iter().sum::<f64>() / n;
    let variance = rates.iter().map(|rate| (rate - mean) * (rate - mean)).sum::<f64>() / n;
    mean - factor * variance.sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::quantity::Percent;
    use crate::schema::{Body, Kind, Node, Reader};

    /// Envoy's defaults.
    fn outliers(members: usize) -> Outliers {
        let node = Node::made(Kind::Struct(None, Vec::new()));
        let spec = OutlierEjection::decode_body(&node, &mut Reader::default()).expect("every field has a default");
        Outliers::new(&spec, members)
    }

    fn at(seconds: u64) -> Time {
        Time::from_nanos(seconds * 1_000_000_000)
    }

    fn fail(all: &mut Outliers, member: usize, times: usize, now: Time) -> bool {
        (0..times).any(|_| all.ended(member, Outcome::Error, now))
    }

    /// Sweeps every ten seconds from `from` on; gives the second at which `member` comes back.
    fn comes_back(all: &mut Outliers, member: usize, from: u64) -> u64 {
        (from / 10 + 1..)
            .map(|k| k * 10)
            .find(|&second| all.sweep(at(second)).contains(&Change { member, ejected: false }))
            .expect("some time")
    }

    #[test]
    fn five_failures_in_a_row_eject_and_a_success_breaks_the_row() {
        let mut all = outliers(10);
        assert!(!fail(&mut all, 3, 4, at(1)));
        assert!(!all.ended(3, Outcome::Served, at(1)));
        assert!(!fail(&mut all, 3, 4, at(1)));
        assert!(fail(&mut all, 3, 1, at(1)));
    }

    #[test]
    fn ejections_last_30_60_90_seconds_and_300_at_most() {
        let mut all = outliers(10);
        let mut now = 0;
        let mut lengths = Vec::new();
        for _ in 0..12 {
            assert!(fail(&mut all, 0, 5, at(now)));
            let back = comes_back(&mut all, 0, now);
            lengths.push(back - now);
            now = back;
        }
        assert_eq!(lengths, [30, 60, 90, 120, 150, 180, 210, 240, 270, 300, 300, 300]);
    }

    #[test]
    fn an_ejection_ends_at_the_first_sweep_after_it_is_served() {
        let mut all = outliers(10);
        assert!(fail(&mut all, 0, 5, at(7)));
        assert_eq!(comes_back(&mut all, 0, 7), 40);
    }

    #[test]
    fn each_interval_of_good_conduct_takes_one_ejection_off() {
        let mut all = outliers(10);
        assert!(fail(&mut all, 0, 5, at(0)));
        assert_eq!(comes_back(&mut all, 0, 0), 30);
        assert!(fail(&mut all, 0, 5, at(30)));
        assert_eq!(comes_back(&mut all, 0, 30), 90);
        // The sweep at 100 s takes one off, so the third ejection is a second one.
        all.sweep(at(100));
        assert!(fail(&mut all, 0, 5, at(101)));
        assert_eq!(comes_back(&mut all, 0, 101), 170);
    }

    #[test]
    fn a_tenth_may_be_ejected_and_one_where_that_is_said() {
        for (members, tenth) in [(1, 0), (2, 0), (9, 0), (10, 1), (19, 1), (20, 2), (100, 10)] {
            for always_one in [false, true] {
                let most = if always_one { tenth.max(1) } else { tenth };
                let mut all = outliers(members);
                all.always_one = always_one;
                let ejected = (0..members).filter(|&member| fail(&mut all, member, 5, at(1))).count();
                assert_eq!((ejected, all.ejected()), (most, most), "{members}");
                assert_eq!(all.overflow, (members - most) as u64);
            }
        }
    }

    #[test]
    fn any_share_of_a_hundred_may_be_ejected_exactly() {
        for percent in 1..=100 {
            let mut all = outliers(100);
            all.most = Percent::of(f64::from(percent)).exact();
            let ejected = (0..100).filter(|&member| fail(&mut all, member, 5, at(1))).count();
            assert_eq!(ejected, percent as usize);
        }
    }

    #[test]
    fn gateway_failures_are_counted_apart_where_asked() {
        let told = |outcomes: &[Outcome]| -> Vec<bool> {
            let mut all = outliers(10);
            all.consecutive_gateway_failure = 3;
            outcomes.iter().map(|&outcome| all.ended(0, outcome, at(1))).collect()
        };
        let (error, refused) = (Outcome::Error, Outcome::Refused);
        assert_eq!(told(&[refused, refused, refused]), [false, false, true]);
        // An error is no gateway failure and breaks their row, but five of either are five.
        assert_eq!(told(&[refused, refused, error, refused, refused]), [false, false, false, false, true]);
    }

    #[test]
    fn the_threshold_is_that_of_envoys_own_example() {
        assert!((success_rate_threshold(&[50.0, 100.0, 100.0, 100.0, 100.0], 1.9) - 52.0).abs() < 1e-12);
    }

    #[test]
    fn a_success_rate_far_below_the_others_ejects_at_the_sweep() {
        let mut all = outliers(5);
        all.always_one = true;
        for n in 0..100 {
            for member in 0..5 {
                let failed = member == 2 && n % 2 == 0;
                all.ended(member, if failed { Outcome::Error } else { Outcome::Served }, at(1));
            }
        }
        assert_eq!(all.next_sweep(at(1)), at(10));
        assert_eq!(all.sweep(at(10)), [Change { member: 2, ejected: true }]);
        // Too few requests, or too few members, are no evidence.
        let mut all = outliers(5);
        (0..99).for_each(|n| {
            (0..5).for_each(|member| {
                all.ended(member, if member == 2 && n % 2 == 0 { Outcome::Error } else { Outcome::Served }, at(1));
            })
        });
        assert_eq!(all.sweep(at(10)), []);
    }

    #[test]
    fn sweeps_end_when_there_is_nothing_to_sweep() {
        let mut all = outliers(10);
        assert!(!all.is_busy());
        fail(&mut all, 0, 5, at(3));
        for second in [10, 20, 30, 40, 50] {
            assert!(all.is_busy());
            assert_eq!(all.next_sweep(at(second - 10)), at(second));
            all.sweep(at(second));
        }
        // Back at 40 s, forgiven at 50 s.
        assert!(!all.is_busy());
    }
}
