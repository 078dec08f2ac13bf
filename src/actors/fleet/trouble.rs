//! A fleet in trouble: what each entry of the fault timetable does to its servers, and who hears of it.
//!
//! What can go wrong, in words and numbers, belongs in `fault`.

use super::*;

impl Fleet {
    #[inline(never)]
    pub(super) fn fault(&mut self, core: &mut Core, index: usize) {
        let event = self.faults[index].clone();
        let mut ports = event.servers.unwrap_or_else(|| (0..self.servers.len()).collect());
        ports.sort_unstable();
        ports.dedup();
        let underway = match event.fault {
            Fault::Crash(_) | Fault::SlowDown(_) => Underway::take(core, self.me, &ports),
            Fault::Restart(_) | Fault::Errors(_) => Underway::default(),
        };
        for port in ports {
            match event.fault {
                Fault::Crash(_) => self.crash(core, port, underway.at(port)),
                Fault::Restart(_) => self.restart(core, port),
                Fault::SlowDown(ref slow) => self.change_speed(core, port, 1.0 / slow.factor, underway.at(port)),
                Fault::Errors(ref errors) => {
                    let condition = &mut self.conditions[port];
                    condition.error_rate = errors.rate.fraction();
                    condition.error_after = errors.after.map(Span::seconds);
                    condition.hasty |= errors.after.is_some();
                }
            }
            self.servers[port].usual = self.signals.is_none() && self.conditions[port].is_usual();
        }
    }

    fn crash(&mut self, core: &mut Core, port: usize, underway: &[Service]) {
        if !self.servers[port].up {
            return;
        }
        let now = core.now();
        self.servers[port].up = false;
        self.conditions[port].outage = self.record.outages.len();
        self.record.outages.push(Outage { server: port, down: now, up: None, misdirected: Vec::new() });
        let mut lost = Vec::new();
        if let Some(shared) = self.shared.get_mut(port) {
            let speed = self.conditions[port].speed;
            shared.advance(now, self.workers, speed);
            let jobs = shared.take_all();
            for job in jobs.iter().filter(|job| core.requests[job.id].abandoned) {
                self.record.waste(Duration::from_secs_f64(shared.received(job) / speed));
            }
            if let Some((handle, _)) = shared.timer.take() {
                core.calendar.cancel(handle);
            }
            let waiting = jobs.len().saturating_sub(self.workers as usize);
            (0..waiting).for_each(|_| self.record.waiting.down(now));
            (waiting..jobs.len()).for_each(|_| self.servers[port].busy.down(now));
            lost.extend(jobs.iter().map(|job| job.id));
        } else {
            for service in underway {
                self.servers[port].busy.down(now);
                if core.requests[service.id].abandoned {
                    self.record.waste(now.since(core.requests[service.id].started()));
                }
                lost.push(service.id);
            }
            self.empty_queue(core, port, &mut lost);
            while let Some(id) = self.servers[port].dequeue(&core.requests) {
                self.record.waiting.down(now);
                lost.push(id);
            }
        }
        for id in lost {
            self.reject(core, id, Outcome::Crashed);
        }
        self.announce(core, port, false);
    }

    fn restart(&mut self, core: &mut Core, port: usize) {
        if !self.servers[port].up {
            self.servers[port].up = true;
            self.record.outages[self.conditions[port].outage].up = Some(core.now());
            self.announce(core, port, true);
            if let Some(signals) = &mut self.signals {
                signals.started(core, port);
            }
        }
    }

    /// From now on the server works at `factor` times its own speed; what it is doing is stretched or shortened.
    #[inline(never)]
    fn change_speed(&mut self, core: &mut Core, port: usize, factor: f64, underway: &[Service]) {
        let now = core.now();
        let condition = &mut self.conditions[port];
        let (before, after) = (condition.speed, condition.nominal * factor);
        condition.speed = after;
        if let Some(shared) = self.shared.get_mut(port) {
            shared.advance(now, self.workers, before);
            if let Some((handle, _)) = shared.timer.take() {
                core.calendar.cancel(handle);
            }
            self.turn(core, port);
            return;
        }
        for service in underway {
            let left = service.at.since(now).as_secs_f64() * before / after;
            core.set_timer(now + Duration::from_secs_f64(left), service.id);
        }
    }

    #[inline(never)]
    fn announce(&self, core: &mut Core, port: usize, up: bool) {
        for subscriber in &self.subscribers {
            let member = subscriber.first_member + port as u32;
            let message = if up { Message::MemberUp { member } } else { Message::MemberDown { member } };
            if subscriber.delay.is_zero() {
                core.send(subscriber.balancer, message);
            } else {
                core.send_after(subscriber.delay, subscriber.balancer, message);
            }
        }
    }
}
