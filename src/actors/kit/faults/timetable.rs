//! The timetable of a node: when each of its faults begins and ends. Faults that recur draw their times from a stream of
//! their own, the same in every arm.

use super::spec::{Fault, FaultEvent, Moments, Recurs};
use crate::actors::kit::message::{Core, Message};
use crate::distributions::Sampler;
use crate::engine::random::StreamKey;
use crate::engine::{ActorId, Duration, Time};

/// A fault begins or ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Turn {
    /// The number of the fault in the timetable, which identifies it in the sets of active faults.
    pub number: u32,
    /// False if it ends.
    pub begins: bool,
}

/// How a fault recurs at one server, or at all of a zone.
#[derive(Clone, Debug)]
struct Recurrence {
    between: Sampler,
    length: Sampler,
    between_key: StreamKey,
    length_key: StreamKey,
    /// How often it has begun.
    begun: u64,
}

impl Recurrence {
    fn new(spec: &Recurs, key: StreamKey) -> Box<Self> {
        Box::new(Self {
            between: spec.mtbf.sampler(),
            length: spec.mttr.sampler(),
            between_key: key.named("between"),
            length_key: key.named("length"),
            begun: 0,
        })
    }
}

#[derive(Clone, Debug)]
struct Entry {
    fault: Fault,
    /// In order, each once.
    servers: Vec<usize>,
    at: Time,
    until: Time,
    recurs: Option<Box<Recurrence>>,
}

impl Entry {
    /// When it begins again, after `then`; `None` if it does not.
    fn next(&mut self, after: Time) -> Option<Time> {
        let recurs = self.recurs.as_deref_mut()?;
        let wait = recurs.between.sample(&mut recurs.between_key.draws(recurs.begun));
        recurs.begun += 1;
        Some(after + Duration::from_secs_f64(wait)).filter(|&begins| begins < self.until)
    }

    /// When it ends that begins at `begins`.
    fn end(&self, begins: Time) -> Time {
        match &self.recurs {
            None => self.until,
            Some(recurs) => {
                let length = recurs.length.sample(&mut recurs.length_key.draws(recurs.begun));
                (begins + Duration::from_secs_f64(length)).min(self.until)
            }
        }
    }
}

/// The faults of a node.
#[derive(Clone, Debug, Default)]
pub struct Timetable(Vec<Entry>);

impl Timetable {
    /// The effect of `events` on a node with `servers` servers; `key` names the random streams of the node, or of the
    /// copy.
    #[must_use]
    pub fn new(events: Vec<FaultEvent>, servers: usize, key: StreamKey) -> Self {
        let mut entries = Vec::new();
        for FaultEvent { at, lasts, servers: hit, fault, recurs } in events {
            let mut hit = hit.unwrap_or_else(|| (0..servers).collect());
            hit.sort_unstable();
            hit.dedup();
            let until = lasts.map_or(Time::MAX, |lasts| at + lasts);
            // Ends at an instant come before beginnings; a fault of length zero would then never end. A restart has no
            // end.
            if until == at && !matches!(fault, Fault::Restart(_)) {
                continue;
            }
            let Some((recurs, moments)) = recurs else {
                entries.push(Entry { fault, servers: hit, at, until, recurs: None });
                continue;
            };
            match moments {
                Moments::Own(place) => {
                    let key = key.named(&format!("fault {place}"));
                    for server in hit {
                        let recurs = Some(Recurrence::new(&recurs, key.named(&format!("server {server}"))));
                        entries.push(Entry { fault: fault.clone(), servers: vec![server], at, until, recurs });
                    }
                }
                Moments::Zone(key) => {
                    let recurs = Some(Recurrence::new(&recurs, key));
                    entries.push(Entry { fault, servers: hit, at, until, recurs });
                }
            }
        }
        Self(entries)
    }

    /// True if there are no faults.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The faults that may happen.
    pub fn faults(&self) -> impl Iterator<Item = &Fault> {
        self.0.iter().map(|entry| &entry.fault)
    }

    /// Fault number `number`.
    #[must_use]
    pub fn fault(&self, number: u32) -> &Fault {
        &self.0[number as usize].fault
    }

    /// The servers that fault `number` hits, in order.
    #[must_use]
    pub fn servers(&self, number: u32) -> &[usize] {
        &self.0[number as usize].servers
    }

    /// Puts it into the calendar of the node `me`. At one instant crashes begin before anything ends, so that from one
    /// to the next there is no moment up; all else begins after that.
    pub fn start(&mut self, core: &mut Core, me: ActorId) {
        let mut turns = Vec::new();
        for (number, entry) in (0..).zip(&mut self.0) {
            if entry.recurs.is_none() {
                turns.push((entry.at, Turn { number, begins: true }));
                if entry.until < Time::MAX {
                    turns.push((entry.until, Turn { number, begins: false }));
                }
            } else if let Some(at) = entry.next(entry.at) {
                turns.push((at, Turn { number, begins: true }));
            }
        }
        let rank = |turn: Turn| match self.fault(turn.number) {
            _ if !turn.begins => 1,
            Fault::Crash(_) | Fault::Restart(_) => 0,
            _ => 2,
        };
        turns.sort_by_key(|&(at, turn)| (at, rank(turn)));
        for (at, turn) in turns {
            core.send_at(at, me, turn.message());
        }
    }

    /// Handles a message of the timetable; its next message is put into the calendar of the node `me`.
    pub fn turn(&mut self, core: &mut Core, me: ActorId, index: u32) -> Turn {
        let turn = Turn { number: index >> 1, begins: index & 1 == 0 };
        let now = core.now();
        let entry = &mut self.0[turn.number as usize];
        if entry.recurs.is_some() {
            let at = if turn.begins { Some(entry.end(now)) } else { entry.next(now) };
            if let Some(at) = at.filter(|&at| at < Time::MAX) {
                core.send_at(at, me, Turn { begins: !turn.begins, ..turn }.message());
            }
        }
        turn
    }
}

impl Turn {
    fn message(self) -> Message {
        Message::Fault { index: self.number << 1 | u32::from(!self.begins) }
    }
}
