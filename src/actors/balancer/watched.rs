//! A balancer that monitors its members: what it does when a request is sent, an answer returns, a health report
//! arrives or a timer rings. The common path of a request belongs in `mod.rs`; the arithmetic belongs in `health`.

use super::health::active::Pending;
use super::health::passive::Finding;
use super::health::retry::Next;
use super::health::rotation::{Mode, Reason};
use super::health::slow_start::PARTS;
use super::health::{Timer, Watch};
use super::notes::{PINNED, WAITING};
use super::*;
use crate::actors::kit::message::CHECK_CLASS;
use crate::engine::Frame;

impl Balancer {
    /// Puts the first checks into the calendar, and the slow-downs of its proxy.
    pub(super) fn start_watching(&mut self, core: &mut Core) {
        self.start_slow_downs(core);
        let Some(watch) = &self.watch else { return };
        for member in (0..self.members.len()).filter(|&member| !watch.rotation.has(member)) {
            self.view.set_up(member, false);
            self.policy.health_changed(&self.view, member);
        }
        let shares = self.shares();
        if let Some(remapping) = &mut self.remapping {
            remapping.begin_with(shares);
        }
        if let Some(checks) = &watch.checks {
            for member in 0..self.members.len() {
                self.set(core, checks.first(member), Timer::Check(member as u32));
            }
        }
    }

    fn set(&self, core: &mut Core, delay: Duration, timer: Timer) -> Handle {
        core.send_after(delay, self.me, Message::Health { timer: timer.pack() })
    }

    /// News of a member.
    #[inline(never)]
    pub(super) fn heard(&mut self, core: &mut Core, member: u32, up: bool) {
        let Some(member) = self.own(member) else { return };
        if !up {
            self.break_off(core, member as u32);
        }
        if self.watch.is_some() {
            self.speak(core, member, Reason::News, !up);
        } else if self.view.set_up(member, up) {
            self.policy.health_changed(&self.view, member);
            self.remap();
        }
    }

    /// How much of its full weight each member has; 0 of one that is out for another reason than being full.
    fn shares(&self) -> Vec<u32> {
        let Some(Watch { rotation, slow_start, .. }) = self.watch.as_deref() else {
            return (0..self.view.len()).map(|member| PARTS * u32::from(self.view.is_up(member))).collect();
        };
        let share = |member| slow_start.as_ref().map_or(PARTS, |slow| slow.share(member));
        rotation.well_members().map(|(member, well)| if well { share(member) } else { 0 }).collect()
    }

    /// Members have come back, left or changed their weight: counts how many clients or keys move, if they are placed
    /// by a hash.
    fn remap(&mut self) {
        if self.remapping.is_some() {
            let shares = self.shares();
            if let Some(remapping) = &mut self.remapping {
                remapping.change(shares, &mut self.view, &mut self.policy);
            }
        }
    }

    /// A timer rings.
    #[inline(never)]
    pub(super) fn health_timer(&mut self, core: &mut Core, timer: Timer) {
        let now = core.now();
        let Some(watch) = self.watch.as_deref_mut() else { return };
        match timer {
            Timer::Check(member) => self.check(core, member as usize),
            Timer::CheckTimeout(member) => {
                let checks = watch.checks.as_mut();
                if let Some(pending) = checks.and_then(|checks| checks.pending[member as usize].take()) {
                    core.requests.abandon(pending.id, Outcome::TimedOut, now);
                    link::let_go(core, pending.id);
                    self.checked(core, member as usize, false);
                }
            }
            Timer::FailTimeout(member) => {
                let failures = watch.failures.as_ref();
                if failures.is_some_and(|failures| failures.may_be_probed(member as usize, now)) {
                    self.speak(core, member as usize, Reason::Requests, false);
                }
            }
            Timer::Ramp(member) => self.ramp_on(core, member as usize),
            Timer::Sweep => self.sweep(core),
        }
    }

    /// The balancer goes down: the connections of its checks are gone, so their results are discarded.
    pub(super) fn stop_checks(&mut self, core: &mut Core) {
        let Some(checks) = self.watch.as_deref_mut().and_then(|watch| watch.checks.as_mut()) else { return };
        checks.is_down = true;
        for pending in checks.pending.iter_mut().filter_map(Option::take) {
            core.calendar.cancel(pending.timeout);
            core.requests.abandon(pending.id, Outcome::TimedOut, core.now());
            link::let_go(core, pending.id);
        }
    }

    /// The balancer is up again: it checks its members when they are due next, with its previous view of them.
    pub(super) fn restarted(&mut self) {
        if let Some(checks) = self.watch.as_deref_mut().and_then(|watch| watch.checks.as_mut()) {
            checks.is_down = false;
        }
    }

    /// Sends `member` a check.
    fn check(&mut self, core: &mut Core, member: usize) {
        let now = core.now();
        let Some(watch) = self.watch.as_deref_mut() else { return };
        let Some(checks) = &mut watch.checks else { return };
        if checks.is_down {
            let interval = checks.interval;
            self.set(core, interval, Timer::Check(member as u32));
            return;
        }
        let (number, work) = checks.make();
        let (interval, timeout) = (checks.interval, checks.timeout);
        let to = self.members[member];
        let (id, request) = core.create_request(number, CHECK_CLASS);
        // No client waits for it.
        request.set_abandoned();
        core.requests.describe(id).size = work.as_nanos();
        core.requests.enter(id, self.me, member as u32, now).set_port(to.port);
        watch.record.counts.checks += 1;
        // In this order, so that a check that may take a whole interval is over when the next begins.
        let timeout = self.set(core, timeout, Timer::CheckTimeout(member as u32));
        self.set(core, interval, Timer::Check(member as u32));
        if let Some(checks) = self.watch.as_deref_mut().and_then(|watch| watch.checks.as_mut()) {
            checks.pending[member] = Some(Pending { id, timeout });
        }
        let passed = self.link.send(core, id, to.actor);
        core.send_passed(passed);
    }

    /// The answer to a check has come back.
    fn check_returned(&mut self, core: &mut Core, id: RequestId, member: usize) {
        let outcome = core.requests[id].outcome;
        core.requests.finish(id);
        let checks = self.watch.as_deref_mut().and_then(|watch| watch.checks.as_mut());
        // One that comes too late has failed already.
        let pending = checks.and_then(|checks| checks.pending[member].take_if(|pending| pending.id == id));
        if let Some(pending) = pending {
            core.calendar.cancel(pending.timeout);
            self.checked(core, member, outcome == Outcome::Served);
        }
    }

    /// A check of `member` has passed or failed.
    fn checked(&mut self, core: &mut Core, member: usize, passed: bool) {
        let now = core.now();
        let Some(Watch { checks: Some(checks), outliers, record, .. }) = self.watch.as_deref_mut() else { return };
        record.counts.failed_checks += u64::from(!passed);
        let news = checks.note(member, passed);
        record.counts.falls += u64::from(news == Some(false));
        let held_up = checks.is_up(member);
        let forgiven = passed && held_up && outliers.as_mut().is_some_and(|outliers| outliers.forgive(member, now));
        if let Some(up) = news {
            self.speak(core, member, Reason::Checks, !up);
        }
        if forgiven {
            self.speak(core, member, Reason::Ejected, false);
        }
    }

    /// From now on, `reason` speaks against `member` or does not.
    fn speak(&mut self, core: &mut Core, member: usize, reason: Reason, against: bool) {
        let Some(watch) = self.watch.as_deref_mut() else { return };
        let effect = watch.rotation.set(member, reason, against);
        match effect.well {
            Some(true) => self.ramp_up(core, member),
            Some(false) => self.ramp_down(core, member),
            None => {}
        }
        if effect.on_all_members {
            (0..self.members.len()).for_each(|member| self.show(core.now(), member, reason));
        } else {
            self.show(core.now(), member, reason);
        }
        if reason == Reason::Full {
            return;
        }
        self.remap();
        if self.line().is_some_and(|line| !line.is_empty()) {
            let changed = if effect.on_all_members { 0..self.members.len() } else { member..member + 1 };
            for member in changed {
                if self.view.is_up(member) {
                    self.let_in(core, member);
                } else {
                    self.place_anew(core, member);
                }
            }
        }
    }

    /// Brings the view of `member` in line with the rotation.
    fn show(&mut self, now: Time, member: usize, reason: Reason) {
        let Some(watch) = self.watch.as_deref_mut() else { return };
        let up = watch.rotation.has(member);
        if !self.view.set_up(member, up) {
            return;
        }
        if up {
            watch.record.available.up(now);
        } else {
            watch.record.available.down(now);
        }
        match reason {
            Reason::Full => self.policy.availability_changed(&self.view, member),
            _ => self.policy.health_changed(&self.view, member),
        }
    }

    /// A request was sent to `member`; `view` already counts it.
    #[inline(never)]
    pub(super) fn sent_watched(&mut self, core: &mut Core, member: usize) {
        let now = core.now();
        let Some(watch) = self.watch.as_deref_mut() else { return };
        let most = watch.max_connections.get(member).copied().unwrap_or(0);
        if let Some(failures) = &mut watch.failures
            && failures.sent(member, now)
        {
            let fail_timeout = failures.fail_timeout;
            self.set(core, fail_timeout, Timer::FailTimeout(member as u32));
            self.speak(core, member, Reason::Requests, true);
        }
        if most > 0 && self.view.active(member) >= most && !self.waits_for_own() {
            self.speak(core, member, Reason::Full, true);
        }
    }

    /// `member` has one request fewer, or one connection fewer: it may no longer be full.
    pub(super) fn has_room(&mut self, core: &mut Core, member: usize) {
        let most = self.watch.as_deref().and_then(|watch| watch.max_connections.get(member).copied()).unwrap_or(0);
        if most > 0 && self.view.active(member) < most {
            self.speak(core, member, Reason::Full, false);
        }
    }

    /// An answer has come back, whose stop here was `frame`.
    #[inline(never)]
    pub(super) fn returned_watched(
        &mut self,
        core: &mut Core,
        id: RequestId,
        frame: Frame,
        back: Option<ActorId>,
    ) -> Passed {
        let now = core.now();
        let (member, pinned) = ((frame.tag & !PINNED) as usize, frame.tag >= PINNED);
        if back.is_none() {
            if core.requests[id].class != CHECK_CLASS {
                return self.attempt_returned(core, id);
            }
            self.check_returned(core, id, member);
            return None;
        }
        let (outcome, abandoned) = (core.requests[id].outcome, core.requests[id].is_abandoned());
        let response_time = now.since(frame.entered);
        if pinned {
            self.pinned_returned(core, id, member as u32);
        } else {
            self.view.done(member);
            self.policy.done(&self.view, member, Answer { now, response_time: Some(response_time), outcome });
            self.has_room(core, member);
        }
        self.judge(core, member, outcome);
        self.let_in(core, member);
        self.record.sojourn += u128::from(response_time.as_nanos());
        if !abandoned
            && !pinned
            && let Some(next) = self.another(core, id, frame, outcome)
        {
            core.requests[id].outcome = Outcome::Served;
            if core.requests.details(id).retry_after != Duration::ZERO {
                core.requests.describe(id).retry_after = Duration::ZERO;
            }
            core.requests.try_again(id);
            if let Some(other) = next {
                self.waited(Duration::ZERO);
                return self.pass_on(core, id, other, now);
            }
            core.requests.enter(id, self.me, WAITING, now);
            self.wait(core, id, None);
            return None;
        }
        let had_failed = self.forget_retries(id);
        if let Some(watch) = self.watch.as_deref_mut() {
            watch.record.counts.saved += u64::from(had_failed && outcome == Outcome::Served);
        }
        self.record.population.down(now);
        self.record.departures += 1;
        reply(back, id)
    }

    /// Passes the end of an attempt at `member` to the detectors of failures.
    fn judge(&mut self, core: &mut Core, member: usize, outcome: Outcome) {
        let now = core.now();
        let Some(watch) = self.watch.as_deref_mut() else { return };
        if let Some(failures) = &mut watch.failures {
            let fail_timeout = failures.fail_timeout;
            match failures.ended(member, outcome, now) {
                Finding::Nothing => {}
                Finding::Back => self.speak(core, member, Reason::Requests, false),
                Finding::Out => {
                    watch.record.counts.outs += u64::from(watch.rotation.is_well(member));
                    self.set(core, fail_timeout, Timer::FailTimeout(member as u32));
                    self.speak(core, member, Reason::Requests, true);
                }
            }
        }
        let Some(Watch { outliers: Some(outliers), record, .. }) = self.watch.as_deref_mut() else { return };
        let ejected = outliers.ended(member, outcome, now);
        record.counts.ejections += u64::from(ejected);
        if ejected || outliers.looks_at_rates() {
            self.arm(core);
        }
        if ejected {
            self.speak(core, member, Reason::Ejected, true);
        }
    }

    /// Puts the next sweep into the calendar, if it is not there.
    fn arm(&mut self, core: &mut Core) {
        let Some(Watch { outliers: Some(outliers), .. }) = self.watch.as_deref_mut() else { return };
        if !std::mem::replace(&mut outliers.armed, true) {
            let at = outliers.next_sweep(core.now());
            core.send_at(at, self.me, Message::Health { timer: Timer::Sweep.pack() });
        }
    }

    /// The sweep over outliers.
    fn sweep(&mut self, core: &mut Core) {
        let Some(Watch { outliers: Some(outliers), record, .. }) = self.watch.as_deref_mut() else { return };
        outliers.armed = false;
        let changes = outliers.sweep(core.now());
        let goes_on = outliers.is_busy();
        record.counts.ejections += changes.iter().filter(|change| change.ejected).count() as u64;
        for change in changes {
            self.speak(core, change.member, Reason::Ejected, change.ejected);
        }
        if goes_on {
            self.arm(core);
        }
    }

    /// A request leaves for good; true if an attempt of it had failed.
    pub(super) fn forget_retries(&mut self, id: RequestId) -> bool {
        let retries = self.watch.as_deref_mut().and_then(|watch| watch.retries.as_mut());
        retries.is_some_and(|retries| retries.forget(id))
    }

    /// The member that a request goes to after an attempt that ended with `outcome`, if it goes to another; `Some(None)` if
    /// it is to wait for one.
    fn another(&mut self, core: &Core, id: RequestId, frame: Frame, outcome: Outcome) -> Option<Option<usize>> {
        let Some(Watch { retries: Some(retries), again, rotation, record, .. }) = self.watch.as_deref_mut() else {
            return None;
        };
        let under_way = self.record.population.count() - 1;
        let affords = retries.affords(id, under_way);
        let Next { attempts, aside: tried, or_the_same } =
            retries.ended(id, frame.tag as usize, outcome, frame.entered, core.now())?;
        if !affords {
            record.counts.denied += 1;
            return None;
        }
        let details = core.requests.details(id);
        let facts = Facts { now: core.now(), client: details.client, key: details.key };
        // The draws of each attempt are its own.
        let number = core.requests[id].number.wrapping_add((attempts as u64) << 48);
        // Members that the request must not go to are set aside for the time of the choice; so are all but backups if
        // only backups are left.
        let mut aside: Vec<(usize, bool)> = Vec::new();
        let mut step_aside = |view: &mut View, policy: &mut Chooser, member: usize, up: bool| {
            if view.set_up(member, up) {
                policy.availability_changed(view, member);
                aside.push((member, !up));
            }
        };
        for &member in tried {
            step_aside(&mut self.view, &mut self.policy, member as usize, false);
        }
        if self.view.available().is_empty() && rotation.mode() != Mode::Backups {
            for member in 0..self.view.len() {
                if rotation.is_open_backup(member) && !tried.contains(&(member as u32)) {
                    step_aside(&mut self.view, &mut self.policy, member, true);
                }
            }
        }
        let mut chosen = self.policy.choose(&self.view, facts, *again, number);
        let others = || (0..self.view.len()).filter(|&member| !tried.contains(&(member as u32)));
        let waits = chosen.is_none() && rotation.only_full() && others().any(|member| rotation.is_well(member));
        for (member, up) in aside.into_iter().rev() {
            self.view.set_up(member, up);
            self.policy.availability_changed(&self.view, member);
        }
        if chosen.is_none() && !waits && or_the_same {
            chosen = self.policy.choose(&self.view, facts, *again, number);
        }
        let next = chosen.map(Some).or_else(|| (waits && self.may_wait(None)).then_some(None));
        if let Some(watch) = self.watch.as_deref_mut() {
            watch.record.counts.retries += u64::from(next.is_some());
        }
        next
    }

    /// `member` has come back: its weight begins to rise.
    fn ramp_up(&mut self, core: &mut Core, member: usize) {
        let Some(step) = self.watch.as_deref().and_then(|watch| watch.slow_start.as_ref()).map(|slow| slow.step) else {
            return;
        };
        let timer = self.set(core, step, Timer::Ramp(member as u32));
        if let Some(Watch { slow_start: Some(slow), .. }) = self.watch.as_deref_mut() {
            slow.begin(member, timer);
        }
        self.weigh();
    }

    /// `member` has gone down: its weight is of no interest.
    fn ramp_down(&mut self, core: &mut Core, member: usize) {
        if let Some(Watch { slow_start: Some(slow), .. }) = self.watch.as_deref_mut()
            && let Some(timer) = slow.stop(member)
        {
            core.calendar.cancel(timer);
            self.weigh();
        }
    }

    /// The weight of `member` takes its next step.
    fn ramp_on(&mut self, core: &mut Core, member: usize) {
        let Some(Watch { slow_start: Some(slow), .. }) = self.watch.as_deref_mut() else { return };
        let step = slow.step;
        if slow.advance(member) {
            let timer = self.set(core, step, Timer::Ramp(member as u32));
            if let Some(Watch { slow_start: Some(slow), .. }) = self.watch.as_deref_mut() {
                slow.set_timer(member, timer);
            }
        }
        self.weigh();
    }

    /// Brings the weights of the view in line with the ramps.
    fn weigh(&mut self) {
        let Some(Watch { slow_start: Some(slow), weights, .. }) = self.watch.as_deref_mut() else { return };
        for (member, &weight) in weights.iter().enumerate() {
            self.view.set_weight(member, slow.weight(member, weight));
        }
        self.policy.weights_changed(&self.view);
        self.remap();
    }
}
