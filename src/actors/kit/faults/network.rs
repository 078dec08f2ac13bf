//! The faults of a link: the fate of a message that is sent at some time.
//!
//! The state of a link depends only on the time, so that a link needs no events and can be copied. Handling a lost
//! request belongs in `link`.

use std::cell::Cell;

use super::spec::{Fault, FaultEvent, Moments, Way};
use crate::actors::kit::endpoint::Endpoint;
use crate::distributions::Sampler;
use crate::engine::random::{Bits, StreamKey};
use crate::engine::{ActorId, Duration, Time};

/// When a fault of a link is active.
#[derive(Clone, Debug)]
struct Spell {
    at: Time,
    until: Time,
    recurs: Option<Recurrence>,
}

/// A fault that comes again and again: the time without it and with it, in turn.
#[derive(Clone, Debug)]
struct Recurrence {
    between: (Sampler, StreamKey),
    length: (Sampler, StreamKey),
    /// The round that is current, when it begins and when it ends. Queries never go back to an earlier round.
    round: Cell<(u64, Time, Time)>,
}

impl Recurrence {
    fn covers(&self, now: Time) -> bool {
        let (mut round, mut begins, mut ends) = self.round.get();
        while ends <= now {
            // The draws of a round are the same as at a node in the same zone, which counts rounds when they begin.
            let draw =
                |(law, key): &(Sampler, StreamKey), round| Duration::from_secs_f64(law.sample(&mut key.draws(round)));
            begins = ends + draw(&self.between, round);
            ends = begins + draw(&self.length, round + 1);
            round += 1;
        }
        self.round.set((round, begins, ends));
        begins <= now
    }
}

impl Spell {
    fn covers(&self, now: Time) -> bool {
        self.at <= now && now < self.until && self.recurs.as_ref().is_none_or(|recurs| recurs.covers(now))
    }
}

#[derive(Clone, Debug)]
enum Effect {
    Delay(Sampler),
    Loss(f64),
}

#[derive(Clone, Debug)]
struct Trouble {
    spell: Spell,
    effect: Effect,
    there: bool,
    back: bool,
    /// Draws on the way there and on the way back.
    keys: [StreamKey; 2],
    /// To and from which actors and servers; `None` for all.
    only: Option<Vec<Endpoint>>,
}

/// The fate of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// Nothing is wrong.
    Undisturbed,
    /// How much later it arrives.
    Late(Duration),
    /// It is lost.
    Lost,
}

/// Everything that may go wrong on a link.
#[derive(Clone, Debug, Default)]
pub struct Troubles {
    all: Vec<Trouble>,
    /// Of a balancer, where its members are: an answer is known by the member that it comes from.
    members: Vec<Endpoint>,
}

impl Troubles {
    /// True if there are no faults.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    /// A balancer whose members are at `members` sends over the link.
    #[must_use]
    pub fn between(self, members: &[Endpoint]) -> Self {
        Self { members: members.to_vec(), ..self }
    }

    /// Adds the effects of `event` on the way to `targets`, or to and from the given servers only; `key` names its
    /// streams.
    pub fn add(&mut self, event: &FaultEvent, targets: Option<&[ActorId]>, key: StreamKey) {
        let effect = match &event.fault {
            Fault::Delay(delay) => Effect::Delay(delay.by.sampler()),
            Fault::Loss(loss) => Effect::Loss(loss.rate.fraction()),
            Fault::Partition(_) => Effect::Loss(1.0),
            Fault::Crash(_) | Fault::Restart(_) | Fault::SlowDown(_) | Fault::Errors(_) => return,
        };
        let way = event.fault.way();
        // Links to several servers fail each by itself.
        let groups: Vec<Option<Vec<Endpoint>>> = match (targets, &event.servers) {
            (Some(targets), Some(servers)) => servers
                .iter()
                .map(|&port| Some(targets.iter().map(|&actor| Endpoint { actor, port: port as u32 }).collect()))
                .collect(),
            (Some(targets), None) => {
                vec![Some(targets.iter().map(|&actor| Endpoint { actor, port: ANY }).collect())]
            }
            (None, _) => vec![None],
        };
        for (place, only) in groups.into_iter().enumerate() {
            let key = key.named(&format!("link {place}"));
            let recurs = event.recurs.as_ref().map(|(recurs, moments)| {
                let key = match moments {
                    Moments::Own(_) => key,
                    Moments::Zone(zone) => *zone,
                };
                Recurrence {
                    between: (recurs.mtbf.sampler(), key.named("between")),
                    length: (recurs.mttr.sampler(), key.named("length")),
                    round: Cell::new((0, event.at, event.at)),
                }
            });
            let until = event.lasts.map_or(Time::MAX, |lasts| event.at + lasts);
            self.all.push(Trouble {
                spell: Spell { at: event.at, until, recurs },
                effect: effect.clone(),
                there: !matches!(way, Some(Way::Back(_))),
                back: !matches!(way, Some(Way::There(_))),
                keys: [key.named("there"), key.named("back")],
                only,
            });
        }
    }

    /// Where the member of a balancer is, by the balancer's tag; `None` if the sender does not choose among members.
    #[must_use]
    pub fn member(&self, tag: u32) -> Option<Endpoint> {
        self.members.get(tag as usize).copied()
    }

    /// The fate of a message that is sent `now`, drawn by `number`, to or from `end`. Whether it is lost is drawn by
    /// `luck`.
    #[must_use]
    pub fn fate(&self, now: Time, number: u64, luck: u64, end: Option<Endpoint>, is_there: bool) -> Fate {
        let mut late = None;
        for trouble in &self.all {
            let hits = if is_there { trouble.there } else { trouble.back };
            let meant = |end: Endpoint, only: &[Endpoint]| {
                only.iter().any(|one| one.actor == end.actor && (one.port == ANY || one.port == end.port))
            };
            let is_meant = trouble.only.as_ref().is_none_or(|only| end.is_none_or(|end| meant(end, only)));
            if !hits || !is_meant || !trouble.spell.covers(now) {
                continue;
            }
            let key = trouble.keys[usize::from(!is_there)];
            match &trouble.effect {
                Effect::Loss(rate) if key.draws(luck).uniform() < *rate => return Fate::Lost,
                Effect::Loss(_) => {}
                Effect::Delay(law) => *late.get_or_insert(0.0) += law.sample(&mut key.draws(number)),
            }
        }
        late.map_or(Fate::Undisturbed, |late| Fate::Late(Duration::from_secs_f64(late)))
    }
}

/// Any of the servers of an actor.
const ANY: u32 = u32::MAX;
