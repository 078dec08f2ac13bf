//! The effects of a crash or slow-down of its host on a balancer: on the requests in its proxy, and on its connections.
//!
//! Requests that it has passed on to members are cancelled by the host.

use super::IN_PROXY;
use crate::actors::balancer::Balancer;
use crate::actors::kit::faults::{Active, Timetable};
use crate::actors::kit::message::{Core, reply};
use crate::engine::{Left, Outcome, RequestId, Time};

/// The slow-downs of a proxy, and which of them are active.
#[derive(Debug, Default)]
pub struct SlowDowns {
    timetable: Timetable,
    active: Active,
}

impl SlowDowns {
    /// The slow-downs of a timetable.
    #[must_use]
    pub fn new(timetable: Timetable) -> Self {
        Self { timetable, active: Active::default() }
    }
}

impl Balancer {
    /// Lets its proxy be slowed down, if it has one.
    pub fn set_slow_downs(&mut self, slow_downs: SlowDowns) {
        if let Some(proxy) = self.proxy_mut() {
            proxy.slow_downs = Some(Box::new(slow_downs));
        }
    }

    pub(in crate::actors::balancer) fn start_slow_downs(&mut self, core: &mut Core) {
        let me = self.me;
        if let Some(slow_downs) = self.proxy_mut().and_then(|proxy| proxy.slow_downs.as_deref_mut()) {
            slow_downs.timetable.start(core, me);
        }
    }

    /// A slow-down of its proxy begins or ends: the remaining work is stretched or shortened.
    #[inline(never)]
    pub(in crate::actors::balancer) fn slowed(&mut self, core: &mut Core, index: u32) {
        let me = self.me;
        let Some(proxy) = self.proxy_mut() else { return };
        let Some(SlowDowns { timetable, active }) = proxy.slow_downs.as_deref_mut() else { return };
        let turn = timetable.turn(core, me, index);
        active.take(timetable, turn);
        let factor = active.factor(timetable);
        let stretch = factor / std::mem::replace(&mut proxy.factor, factor);
        let now = core.now();
        for (at, id) in core.take_timers(|requests, id| is_in_proxy(requests, id, me)) {
            let left = at.since(now).as_secs_f64() * stretch;
            core.set_timer(now + crate::engine::Duration::from_secs_f64(left), id);
        }
    }

    /// Its host has crashed: the requests in its proxy are lost, and all its connections break.
    #[inline(never)]
    pub(in crate::actors::balancer) fn crashed(&mut self, core: &mut Core) {
        let me = self.me;
        if let Some(proxy) = self.proxy_mut() {
            let begun = core.take_timers(|requests, id| is_in_proxy(requests, id, me));
            let begun: Vec<RequestId> = begun.into_iter().map(|(_, id)| id).collect();
            for id in proxy.empty(core, &begun) {
                self.lose(core, id);
            }
        }
        (0..self.members.len() as u32).for_each(|member| self.break_off(core, member));
        self.stop_checks(core);
    }

    fn lose(&mut self, core: &mut Core, id: RequestId) {
        let now: Time = core.now();
        let Left { frame, back, .. } = core.requests.leave(id);
        self.record.population.down(now);
        self.record.departures += 1;
        self.record.sojourn += u128::from(now.since(frame.entered).as_nanos());
        core.requests.decide(id, Outcome::Crashed, self.me);
        core.send_passed(reply(back, id));
    }
}

fn is_in_proxy(requests: &crate::engine::Requests, id: RequestId, me: crate::engine::ActorId) -> bool {
    requests.last(id).is_some_and(|stop| stop.actor == me && stop.tag == IN_PROXY)
}
