//! Faults of a fleet: what each entry of the fault timetable does to its servers, and which nodes are told.
//!
//! What can go wrong and when belongs in `faults`.

use super::*;

impl Fleet {
    /// A fault begins or ends: the state of each server that it hits follows from all that are active then.
    #[inline(never)]
    pub(super) fn fault(&mut self, core: &mut Core, index: u32) {
        let turn = self.faults.turn(core, self.me, index);
        let ports = self.faults.servers(turn.number).to_vec();
        for &port in &ports {
            let condition = &mut self.conditions[port];
            condition.active.take(&self.faults, turn);
            condition.error_rate = condition.active.error_rate(&self.faults);
            condition.quick_errors = condition.active.quick_errors(&self.faults);
            condition.fails_early |= !condition.quick_errors.is_empty();
        }
        let is_down = |port: usize| self.conditions[port].active.is_down(&self.faults);
        let crashing: Vec<usize> =
            ports.iter().copied().filter(|&port| self.servers[port].up && is_down(port)).collect();
        let coming: Vec<usize> =
            ports.iter().copied().filter(|&port| !self.servers[port].up && !is_down(port)).collect();
        let speed =
            |port: usize| self.conditions[port].nominal * (1.0 / self.conditions[port].active.factor(&self.faults));
        let speeds = ports.iter().map(|&port| (port, speed(port)));
        let speeds: Vec<(usize, f64)> = speeds.filter(|&(port, speed)| speed != self.conditions[port].speed).collect();
        if !crashing.is_empty() {
            let underway = self.underway(core, &crashing);
            crashing.iter().for_each(|&port| self.crash(core, port, underway.at(port)));
        }
        coming.iter().for_each(|&port| self.restart(core, port));
        if !speeds.is_empty() {
            let slowed: Vec<usize> = speeds.iter().map(|&(port, _)| port).collect();
            let underway = self.underway(core, &slowed);
            speeds.iter().for_each(|&(port, speed)| self.change_speed(core, port, speed, underway.at(port)));
        }
        for port in ports {
            let is_watched = self.signals.is_some() || self.notes_work;
            self.servers[port].usual = !is_watched && self.conditions[port].is_usual();
        }
    }

    /// The services under way at `ports`; the calendar, which is long if there are many faults, is searched only if
    /// there are any.
    fn underway(&self, core: &mut Core, ports: &[usize]) -> Underway {
        let is_busy = |&port: &usize| self.servers[port].busy.count() > 0;
        let busy: Vec<usize> = ports.iter().copied().filter(is_busy).collect();
        if busy.is_empty() { Underway::default() } else { Underway::take(core, self.me, &busy) }
    }

    fn crash(&mut self, core: &mut Core, port: usize, underway: &[Service]) {
        let now = core.now();
        self.servers[port].up = false;
        self.conditions[port].outage = self.record.outages.len();
        self.record.outages.push(Outage { server: port, down: now, up: None, misdirected: Vec::new() });
        let mut lost = Vec::new();
        if let Some(shared) = self.shared.get_mut(port) {
            let speed = self.conditions[port].speed;
            shared.advance(now, self.workers, speed);
            let jobs = shared.take_all();
            for job in jobs.iter().filter(|job| core.requests[job.id].is_abandoned()) {
                self.record.usage.waste(Duration::from_secs_f64(shared.received(job) / speed));
            }
            if let Some((handle, _)) = shared.timer.take() {
                core.calendar.cancel(handle);
            }
            let waiting = jobs.len().saturating_sub(self.workers as usize);
            (0..waiting).for_each(|_| self.record.usage.waiting.down(now));
            (waiting..jobs.len()).for_each(|_| self.servers[port].busy.down(now));
            lost.extend(jobs.iter().map(|job| job.id));
        } else {
            for service in underway {
                self.servers[port].busy.down(now);
                if core.requests[service.id].is_abandoned() {
                    self.record.usage.waste(now.since(core.requests[service.id].started()));
                }
                lost.push(service.id);
            }
            self.empty_queue(core, port, &mut lost);
            while let Some(id) = self.servers[port].dequeue(&core.requests) {
                self.record.usage.waiting.down(now);
                lost.push(id);
            }
        }
        for id in lost {
            self.reject(core, id, Outcome::Crashed);
        }
        self.announce(core, port, false);
    }

    fn restart(&mut self, core: &mut Core, port: usize) {
        self.servers[port].up = true;
        self.record.outages[self.conditions[port].outage].up = Some(core.now());
        self.announce(core, port, true);
        if let Some(signals) = &mut self.signals {
            signals.started(core, port);
        }
    }

    /// From now on the server works at `speed`; what it is doing is stretched or shortened.
    #[inline(never)]
    fn change_speed(&mut self, core: &mut Core, port: usize, speed: f64, underway: &[Service]) {
        let now = core.now();
        let before = std::mem::replace(&mut self.conditions[port].speed, speed);
        if let Some(shared) = self.shared.get_mut(port) {
            shared.advance(now, self.workers, before);
            if let Some((handle, _)) = shared.timer.take() {
                core.calendar.cancel(handle);
            }
            self.turn(core, port);
            return;
        }
        for service in underway {
            let left = service.at.since(now).as_secs_f64() * before / speed;
            core.set_timer(now + Duration::from_secs_f64(left), service.id);
        }
    }

    #[inline(never)]
    fn announce(&self, core: &mut Core, port: usize, up: bool) {
        for subscriber in &self.subscribers {
            subscriber.tell(core, port as u32, up);
        }
    }
}
