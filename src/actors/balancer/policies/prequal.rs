//! Prequal: probing to reduce queuing and latency.

use super::random::Shares;
use crate::actors::balancer::policy::{Choose, Describes, Facts, Load, Subscription};
use crate::actors::balancer::view::View;
use crate::engine::random::{Bits, Draws};
use crate::engine::{Duration, Time};
use crate::schema::quantity::{Percent, Share, Span};
use crate::schema::record;

record! {
    /// Of recently probed members, the one with the lowest estimated latency among those that are not hot; if all are
    /// hot, the one with the fewest requests in flight. A member is hot if its requests in flight exceed a quantile of
    /// those in recent probes.
    ///
    /// Wydrowski et al. 2024, "Load is not what you should balance: introducing Prequal", NSDI (arXiv 2312.10172),
    /// section 4; defaults of its testbed. Each request sends probes to members at random and does not wait for them;
    /// servers answer with their requests in flight and the median latency of requests at about that load, over the
    /// last second and scaled to the load. A probe that is used counts one more request in flight, and expires after 2
    /// / ((1 - pool / members) x probes - removals) requests (at least 1; rounded at random). With fewer than two
    /// probes in the pool a member is chosen at random. It is meant for many more members than the pool holds; with
    /// fewer, probes expire only by age. Members are servers of fleets. A choice costs O(pool).
    pub struct Prequal {
        /// Probes for each request; 0 to 16, on average.
        pub probes: f64 = 3.0,
        /// Probes in the pool; 2 to 64. A new one replaces the oldest.
        pub pool: u32 = 16,
        /// The longest time that a probe is used.
        pub max_age: Span = Span::from_seconds(1.0).expect("a length of time"),
        /// The quantile of requests in flight above which a member is hot. With 0 % only requests in flight count, with
        /// 100 % only latency.
        pub hot_above: Percent = Percent::of(84.089_641_525_371_45),
        /// Probes removed from the pool for each request, the worst and the oldest in turn; 0 to 16, on average.
        pub removals: f64 = 1.0,
    }
    check(self, at) {
        for (name, rate) in [("probes", self.probes), ("removals", self.removals)] {
            if !(0.0..=16.0).contains(&rate) {
                at.field(name).error("0 to 16 for each request");
            }
        }
        if !(2..=64).contains(&self.pool) {
            at.field("pool").error("2 to 64 probes");
        }
        if self.max_age.duration().is_zero() {
            at.field("max_age").error("must be above zero");
        }
    }
}

/// The result of a probe.
#[derive(Clone, Copy, Debug)]
struct Probe {
    member: u32,
    in_flight: u32,
    latency: Duration,
    at: Time,
    /// Requests that it may still decide on.
    uses: u32,
}

/// With fewer probes than this, none is used (section 4 of the paper).
const LEAST_PROBES: usize = 2;
/// Probes whose requests in flight make up the distribution that is hot or not.
const SAMPLE: usize = 128;

/// The probes at hand.
#[derive(Clone, Debug)]
pub struct Pool {
    spec: Prequal,
    /// Share of members that are not hot.
    hot_above: Share,
    /// From the oldest to the newest, at most one for each member.
    probes: Vec<Probe>,
    /// Requests in flight that the last probes found, in the order in which they came, and sorted.
    lately: Vec<u32>,
    sorted: Vec<u32>,
    next: usize,
    shares: Shares,
    /// Probes and removals that are due: their rates need not be whole numbers.
    probes_due: f64,
    removals_due: f64,
    /// True if the worst goes next, false if the oldest.
    worst_next: bool,
}

impl Describes for Prequal {
    type State = Pool;

    fn build(&self, view: &View) -> Pool {
        Pool {
            spec: self.clone(),
            hot_above: self.hot_above.exact(),
            probes: Vec::with_capacity(self.pool as usize + 1),
            lately: Vec::with_capacity(SAMPLE),
            sorted: Vec::with_capacity(SAMPLE),
            next: 0,
            shares: Shares::of(view),
            probes_due: 0.0,
            removals_due: 0.0,
            worst_next: true,
        }
    }

    fn subscription(&self) -> Subscription {
        Subscription::Probes
    }
}

impl Pool {
    /// Requests in flight above which a member is hot: the quantile by nearest rank.
    fn limit(&self) -> u32 {
        let rank = self.hot_above.ceil_of(self.sorted.len() as u64) as usize;
        self.sorted.get(rank.max(1) - 1).copied().unwrap_or(0)
    }

    /// The place of the probe to go by.
    fn best(&self) -> Option<usize> {
        let limit = self.limit();
        let places = 0..self.probes.len();
        let hot = |place: &usize| self.probes[*place].in_flight > limit;
        let by_latency = |place: &usize| (self.probes[*place].latency, self.probes[*place].in_flight);
        let by_load = |place: &usize| (self.probes[*place].in_flight, self.probes[*place].latency);
        places.clone().filter(|place| !hot(place)).min_by_key(by_latency).or_else(|| places.min_by_key(by_load))
    }

    /// The place of the probe that is last to go by: the hot one with most requests in flight, or the slowest.
    fn worst(&self) -> Option<usize> {
        let limit = self.limit();
        let places = 0..self.probes.len();
        let hot = places.clone().filter(|&place| self.probes[place].in_flight > limit);
        hot.max_by_key(|&place| self.probes[place].in_flight)
            .or_else(|| places.max_by_key(|&place| self.probes[place].latency))
    }

    /// Throws away what is due.
    fn clear_out(&mut self) {
        self.removals_due += self.spec.removals;
        while self.removals_due >= 1.0 {
            self.removals_due -= 1.0;
            let place = if self.worst_next { self.worst() } else { Some(0) };
            self.worst_next = !self.worst_next;
            match place {
                Some(place) if place < self.probes.len() => self.probes.remove(place),
                _ => continue,
            };
        }
    }

    /// How often a new probe may be used: in a pool that is full, as often as probes can be had, twice over.
    fn uses(&self, members: usize, draws: &mut Draws) -> u32 {
        let new = (1.0 - f64::from(self.spec.pool) / members as f64) * self.spec.probes - self.spec.removals;
        if new <= 0.0 {
            // So few members that new probes do not keep up: only age ends the use of a probe.
            return u32::MAX;
        }
        let uses = (2.0 / new).clamp(1.0, 1e6);
        let whole = uses as u32;
        whole + u32::from(draws.uniform() < uses - f64::from(whole))
    }

    fn sample(&mut self, in_flight: u32) {
        if self.lately.len() < SAMPLE {
            self.lately.push(in_flight);
        } else {
            let old = std::mem::replace(&mut self.lately[self.next], in_flight);
            let place = self.sorted.partition_point(|&other| other < old);
            self.sorted.remove(place);
        }
        self.next = (self.next + 1) % SAMPLE;
        let place = self.sorted.partition_point(|&other| other < in_flight);
        self.sorted.insert(place, in_flight);
    }
}

impl Choose for Pool {
    fn choose(&mut self, view: &View, facts: Facts, draws: &mut Draws) -> Option<usize> {
        let max_age = self.spec.max_age.duration();
        self.probes.retain(|probe| facts.now.since(probe.at) <= max_age);
        let by_probe = if self.probes.len() < LEAST_PROBES { None } else { self.best() };
        let Some(place) = by_probe else { return self.shares.pick(draws) };
        let member = self.probes[place].member as usize;
        debug_assert!(view.is_up(member));
        let probe = &mut self.probes[place];
        // Requests sent since are not in the answer of the probe.
        probe.in_flight += 1;
        probe.uses -= 1;
        if probe.uses == 0 {
            self.probes.remove(place);
        }
        self.clear_out();
        Some(member)
    }

    fn probes(&mut self, view: &View, draws: &mut Draws, ask: &mut Vec<u32>) {
        self.probes_due += self.spec.probes;
        let available = view.available();
        while self.probes_due >= 1.0 {
            self.probes_due -= 1.0;
            if ask.len() < available.len() {
                // Different members; there are far fewer probes than members, or few of both.
                loop {
                    let member = available[draws.below(available.len() as u64) as usize];
                    if !ask.contains(&member) {
                        ask.push(member);
                        break;
                    }
                }
            }
        }
    }

    fn probed(&mut self, view: &View, member: usize, load: Load, draws: &mut Draws) {
        if !view.is_up(member) {
            return;
        }
        self.sample(load.in_flight);
        self.probes.retain(|probe| probe.member as usize != member);
        if self.probes.len() >= self.spec.pool as usize {
            self.probes.remove(0);
        }
        let uses = self.uses(view.available().len(), draws);
        let Load { now, in_flight, latency } = load;
        self.probes.push(Probe { member: member as u32, in_flight, latency, at: now, uses });
    }

    fn weights_changed(&mut self, view: &View) {
        self.shares = Shares::of(view);
    }

    fn health_changed(&mut self, view: &View, member: usize) {
        self.shares.change(view, member);
        self.probes.retain(|probe| probe.member as usize != member);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::random::StreamKey;

    fn policy(hot_above: f64) -> Prequal {
        let max_age = Span::from_seconds(1.0).expect("a length of time");
        Prequal { probes: 3.0, pool: 16, max_age, hot_above: Percent::of(hot_above), removals: 0.0 }
    }

    fn draws() -> Draws {
        StreamKey::root(5, 0).draws(0)
    }

    fn pool(policy: &Prequal, view: &View, found: &[(usize, u32, u64)]) -> Pool {
        let mut pool = policy.build(view);
        for &(member, in_flight, millis) in found {
            let latency = Duration::from_nanos(millis * 1_000_000);
            pool.probed(view, member, Load { now: Time::ZERO, in_flight, latency }, &mut draws());
        }
        pool
    }

    fn choose(pool: &mut Pool, view: &View, seconds: f64) -> Option<usize> {
        let now = Time::ZERO + Duration::from_secs_f64(seconds);
        pool.choose(view, Facts { now, client: 0, key: 0 }, &mut draws())
    }

    #[test]
    fn the_cold_member_with_the_lowest_latency_is_chosen_then_the_hot_one_with_the_shortest_queue() {
        let view = View::new(vec![1; 100]);
        // The median of 2, 3, 5, 9 by nearest rank is 3: members 0 and 1 are cold.
        let found = [(0, 2, 80), (1, 3, 60), (2, 5, 10), (3, 9, 20)];
        let mut half = pool(&policy(50.0), &view, &found);
        assert_eq!(choose(&mut half, &view, 0.0), Some(1));
        // Only a load above the limit is hot; no load is above the greatest.
        assert_eq!(choose(&mut pool(&policy(100.0), &view, &found), &view, 0.0), Some(2));
        assert_eq!(choose(&mut pool(&policy(0.0), &view, &found), &view, 0.0), Some(0));
        let mut all_hot = pool(&policy(50.0), &view, &found);
        all_hot.sorted = vec![0; 4];
        assert_eq!(choose(&mut all_hot, &view, 0.0), Some(0));
    }

    #[test]
    fn a_probe_counts_what_was_sent_and_is_used_up() {
        let view = View::new(vec![1; 100]);
        let mut pool = pool(&policy(84.0), &view, &[(0, 0, 10), (1, 0, 20), (2, 0, 30)]);
        // 2 / ((1 - 16 / 100) x 3) is below one use.
        assert_eq!([0.0; 2].map(|now| choose(&mut pool, &view, now)), [Some(0), Some(1)]);
        assert_eq!(pool.probes.len(), 1);
        // With one probe left, chance decides.
        assert!(choose(&mut pool, &view, 0.0).is_some());
        assert_eq!(pool.probes.len(), 1);
        // Few members: a probe is used until it is old, but its queue grows with each use.
        let view = View::new(vec![1; 3]);
        let mut pool = pool_of_three(&view);
        let picks: Vec<_> = (0..3).filter_map(|_| choose(&mut pool, &view, 0.5)).collect();
        assert_eq!(picks, [0, 1, 2]);
        assert!(choose(&mut pool, &view, 1.5).is_some());
        assert!(pool.probes.is_empty());
    }

    fn pool_of_three(view: &View) -> Pool {
        pool(&policy(84.0), view, &[(0, 0, 10), (1, 0, 20), (2, 0, 30)])
    }

    #[test]
    fn the_worst_and_the_oldest_go_in_turn() {
        let view = View::new(vec![1; 100]);
        let mut pool = pool(&policy(50.0), &view, &[(0, 1, 10), (1, 2, 99), (2, 7, 5), (3, 8, 5)]);
        pool.spec.removals = 1.0;
        let mut members = || {
            pool.clear_out();
            pool.probes.iter().map(|probe| probe.member).collect::<Vec<_>>()
        };
        assert_eq!(members(), [0, 1, 2]);
        assert_eq!(members(), [1, 2]);
        assert_eq!(members(), [1]);
    }

    #[test]
    fn probes_go_to_different_members_that_are_up_at_their_rate() {
        let mut view = View::new(vec![1; 4]);
        view.set_up(2, false);
        let mut pool = Prequal { probes: 2.5, ..policy(84.0) }.build(&view);
        let mut asked = 0;
        let key = StreamKey::root(2, 0);
        for number in 0..100 {
            let mut ask = Vec::new();
            pool.probes(&view, &mut key.draws(number), &mut ask);
            asked += ask.len();
            ask.sort_unstable();
            assert!(ask.windows(2).all(|pair| pair[0] != pair[1]) && !ask.contains(&2));
        }
        assert_eq!(asked, 250);
    }
}
