//! The health of members as a balancer sees it. One file each for active checks, passive health, outlier ejection, slow
//! start, retries elsewhere, the rotation that follows from all of them, what is recorded and the words of the language.
//!
//! This code is arithmetic on times and counts and sends no messages; acting on it belongs in `watched` beside this
//! folder.

pub mod active;
pub mod outliers;
pub mod passive;
pub mod record;
pub mod retry;
pub mod rotation;
pub mod slow_start;
pub mod spec;
pub mod timer;

pub use record::HealthRecord;
pub use spec::{Active, Failure, Health, Notified, OutlierEjection, Passive, RetryElsewhere, SuccessRate, Unaware};
pub use timer::Timer;

use super::attempts::Attempts;
use super::spec::BalancerSpec;
use crate::engine::random::StreamKey;
use crate::engine::{LaneId, Time};
use crate::schema::quantity::Share;
use active::Checks;
use outliers::Outliers;
use passive::Failures;
use retry::Retries;
use rotation::Rotation;
use slow_start::SlowStart;

/// The settings of the servers of a balancer's fleets, one entry a member; empty if there are none.
#[derive(Clone, Debug, Default)]
pub struct Roles {
    /// Which members are backups.
    pub backups: Vec<bool>,
    /// Requests each member may have from one balancer at once; 0 for any number.
    pub max_connections: Vec<u32>,
}

impl Roles {
    /// The settings of some members only, in this order.
    #[must_use]
    pub fn of(&self, members: &[u32]) -> Self {
        let pick = |member: &u32| *member as usize;
        Self {
            backups: members.iter().filter_map(|member| self.backups.get(pick(member)).copied()).collect(),
            max_connections: members
                .iter()
                .filter_map(|member| self.max_connections.get(pick(member)).copied())
                .collect(),
        }
    }
}

/// All that a balancer keeps to watch its members; a balancer that does not watch them has none.
#[derive(Debug)]
pub struct Watch {
    pub(super) rotation: Rotation,
    /// The full weight of each member.
    pub(super) weights: Vec<u32>,
    pub(super) max_connections: Vec<u32>,
    pub(super) checks: Option<Checks>,
    pub(super) failures: Option<Failures>,
    pub(super) outliers: Option<Outliers>,
    pub(super) slow_start: Option<SlowStart>,
    pub(super) retries: Option<Retries>,
    /// Attempts that are under way, where they may take too long.
    pub(super) attempts: Option<Attempts>,
    /// Draws of choices after the first.
    pub(super) again: StreamKey,
    /// Counts and times recorded so far.
    pub record: HealthRecord,
}

impl Watch {
    /// The health checks and detectors of copy number `copy` of a balancer as `spec` describes them; `None` if it
    /// watches nothing. `key` names its random streams, and `timeout` is the lane of attempts.
    #[must_use]
    pub fn new(
        spec: &BalancerSpec,
        roles: Roles,
        weights: &[u32],
        copy: usize,
        key: StreamKey,
        timeout: Option<LaneId>,
    ) -> Option<Box<Self>> {
        let BalancerSpec { health, passive, outliers, slow_start, retry, .. } = spec;
        let members = weights.len();
        let Roles { backups, max_connections } = roles;
        let backups = if backups.contains(&true) { backups } else { Vec::new() };
        let max_connections = if max_connections.iter().all(|&most| most == 0) { Vec::new() } else { max_connections };
        let slow_start = slow_start.duration();
        let checks = match health {
            Health::Active(active) => Some(Checks::new(active, members, copy, key)),
            Health::Notified(_) | Health::Unaware(_) => None,
        };
        let nothing = checks.is_none()
            && passive.is_none()
            && outliers.is_none()
            && retry.is_none()
            && timeout.is_none()
            && slow_start.is_zero()
            && backups.is_empty()
            && max_connections.is_empty();
        if nothing {
            return None;
        }
        let panic = outliers.as_ref().map_or(Share::ZERO, |outliers| outliers.panic.exact());
        let rotation = Rotation::new(members, &backups, panic).with_queue(spec.queue.is_some());
        let mut record = HealthRecord::default();
        (0..members).filter(|&member| rotation.has(member)).for_each(|_| record.available.up(Time::ZERO));
        Some(Box::new(Self {
            rotation,
            weights: weights.to_vec(),
            max_connections,
            checks,
            failures: passive.as_ref().map(|passive| Failures::new(passive, members)),
            outliers: outliers.as_ref().map(|outliers| Outliers::new(outliers, members)),
            slow_start: (!slow_start.is_zero()).then(|| SlowStart::new(slow_start, members)),
            retries: retry.as_ref().map(|retry| Retries::new(retry, members)),
            attempts: timeout.map(Attempts::new),
            again: key.named("choice again"),
            record,
        }))
    }

    /// True if attempts may take too long.
    #[must_use]
    pub fn times_out(&self) -> bool {
        self.attempts.is_some()
    }

    /// True if it has a budget of retries.
    #[must_use]
    pub fn budgets(&self) -> bool {
        self.retries.as_ref().is_some_and(Retries::has_budget)
    }

    /// True if it tries failed requests elsewhere.
    #[must_use]
    pub fn retries(&self) -> bool {
        self.retries.is_some()
    }

    /// True if it sends checks.
    #[must_use]
    pub fn checks(&self) -> bool {
        self.checks.is_some()
    }
}
