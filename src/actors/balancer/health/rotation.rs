//! The rotation: the reasons against each member, and which members therefore get requests.

use crate::schema::quantity::Share;

/// The reasons why a member is out of rotation; each source has its own and can clear only that.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// News that it is down.
    News,
    /// Failed checks.
    Checks,
    /// Failed requests.
    Requests,
    /// It is ejected as an outlier.
    Ejected,
    /// It has as many requests as it may have. Not a matter of health.
    Full,
}

/// Which members get requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// The healthy members, without backups.
    Primaries,
    /// All but backups, well or not: too few are well.
    Panic,
    /// Healthy backups: no other member can be used.
    Backups,
}

#[derive(Clone, Copy, Debug)]
struct Member {
    /// One bit a reason.
    against: u8,
    backup: bool,
}

impl Member {
    fn is_well(self) -> bool {
        self.against & !(1 << Reason::Full as u8) == 0
    }

    fn is_full(self) -> bool {
        self.against & (1 << Reason::Full as u8) != 0
    }

    fn is_open(self) -> bool {
        self.against == 0
    }
}

/// The effect of a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Effect {
    /// The mode has changed: all members must be checked, not only this one.
    pub on_all_members: bool,
    /// `Some(true)` if the member became well, `Some(false)` if it was well until now.
    pub well: Option<bool>,
}

/// The reasons against each member, and their effect on the rotation.
#[derive(Debug)]
pub struct Rotation {
    members: Vec<Member>,
    /// Share of the primaries that must be well; zero without panic.
    panic: Share,
    primaries: usize,
    well: usize,
    open: usize,
    open_backups: usize,
    well_backups: usize,
    /// Requests wait where others are full, so that backups need not help out.
    full_waits: bool,
    mode: Mode,
}

impl Rotation {
    /// All members healthy. `backups` says which are backups; empty if none is.
    #[must_use]
    pub fn new(members: usize, backups: &[bool], panic: Share) -> Self {
        let member = |place: usize| Member { against: 0, backup: backups.get(place).copied().unwrap_or(false) };
        let members: Vec<Member> = (0..members).map(member).collect();
        let primaries = members.iter().filter(|member| !member.backup).count();
        let open_backups = members.len() - primaries;
        let mut rotation = Self {
            members,
            panic,
            primaries,
            well: primaries,
            open: primaries,
            open_backups,
            well_backups: open_backups,
            full_waits: false,
            mode: Mode::Primaries,
        };
        rotation.mode = rotation.find_mode();
        rotation
    }

    /// Which members get requests.
    #[must_use]
    pub fn mode(&self) -> Mode {
        self.mode
    }

    /// True if `member` gets requests.
    #[must_use]
    pub fn has(&self, member: usize) -> bool {
        let member = self.members[member];
        match self.mode {
            Mode::Primaries => !member.backup && member.is_open(),
            Mode::Panic => !member.backup && !member.is_full(),
            Mode::Backups => member.backup && member.is_open(),
        }
    }

    /// The same rotation, for a balancer at which requests wait for a place at a server (`full_waits`) or do not.
    #[must_use]
    pub fn with_queue(mut self, full_waits: bool) -> Self {
        self.full_waits = full_waits;
        self.mode = self.find_mode();
        self
    }

    /// True if some member could get requests if it were not full.
    #[must_use]
    pub fn only_full(&self) -> bool {
        match self.mode {
            Mode::Primaries => self.well > 0,
            Mode::Panic => self.primaries > 0,
            Mode::Backups => self.well_backups > 0,
        }
    }

    /// True if `member` is a backup that could be used.
    #[must_use]
    pub fn is_open_backup(&self, member: usize) -> bool {
        self.members[member].backup && self.members[member].is_open()
    }

    /// True if nothing but its load speaks against `member`.
    #[must_use]
    pub fn is_well(&self, member: usize) -> bool {
        self.members[member].is_well()
    }

    /// From now on, `reason` speaks against `member` or does not.
    pub fn set(&mut self, member: usize, reason: Reason, against: bool) -> Effect {
        let before = self.members[member];
        let mut after = before;
        let bit = 1 << reason as u8;
        after.against = if against { before.against | bit } else { before.against & !bit };
        self.members[member] = after;
        let moved = |count: &mut usize, before: bool, after: bool| {
            *count = *count + usize::from(after) - usize::from(before);
        };
        if before.backup {
            moved(&mut self.open_backups, before.is_open(), after.is_open());
            moved(&mut self.well_backups, before.is_well(), after.is_well());
        } else {
            moved(&mut self.well, before.is_well(), after.is_well());
            moved(&mut self.open, before.is_open(), after.is_open());
        }
        let mode = self.find_mode();
        let on_all_members = std::mem::replace(&mut self.mode, mode) != mode;
        Effect { on_all_members, well: (before.is_well() != after.is_well()).then(|| after.is_well()) }
    }

    /// The members in order, with whether each would get requests if none were full.
    pub fn well_members(&self) -> impl Iterator<Item = (usize, bool)> + '_ {
        let no_primary = self.well == 0 && self.members.iter().any(|member| member.backup && member.is_well());
        let has = move |member: &Member| match self.mode_of(no_primary) {
            Mode::Primaries => !member.backup && member.is_well(),
            Mode::Panic => !member.backup,
            Mode::Backups => member.backup && member.is_well(),
        };
        self.members.iter().map(has).enumerate()
    }

    /// Envoy's threshold: panic if the percentage of healthy members is below it.
    fn find_mode(&self) -> Mode {
        self.mode_of(if self.full_waits {
            self.well == 0 && self.well_backups > 0
        } else {
            self.open == 0 && self.open_backups > 0
        })
    }

    fn mode_of(&self, only_backups: bool) -> Mode {
        if only_backups {
            return Mode::Backups;
        }
        let enough = self.panic.is_reached(self.well as u64, self.primaries as u64);
        if enough { Mode::Primaries } else { Mode::Panic }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::quantity::Percent;

    fn percent(percent: u32) -> Share {
        Percent::of(f64::from(percent)).exact()
    }

    #[test]
    fn panic_begins_below_its_share_and_not_at_it() {
        // Envoy's threshold: the share of healthy members is compared exactly.
        for threshold in 1..=100 {
            let mut rotation = Rotation::new(100, &[], percent(threshold));
            for well in (0..100).rev() {
                rotation.set(well, Reason::News, true);
                assert_eq!(rotation.mode() == Mode::Panic, well < threshold as usize, "{well} well at {threshold} %");
            }
        }
    }

    fn used(rotation: &Rotation) -> Vec<usize> {
        (0..rotation.members.len()).filter(|&member| rotation.has(member)).collect()
    }

    #[test]
    fn below_half_of_the_members_all_are_used() {
        let mut rotation = Rotation::new(4, &[], percent(50));
        assert!(!rotation.set(0, Reason::Ejected, true).on_all_members);
        assert!(!rotation.set(1, Reason::Checks, true).on_all_members);
        assert_eq!((rotation.mode(), used(&rotation)), (Mode::Primaries, vec![2, 3]));
        assert!(rotation.set(2, Reason::Ejected, true).on_all_members);
        assert_eq!((rotation.mode(), used(&rotation)), (Mode::Panic, vec![0, 1, 2, 3]));
        assert!(rotation.set(0, Reason::Ejected, false).on_all_members);
        assert_eq!(used(&rotation), [0, 3]);
    }

    #[test]
    fn backups_are_used_only_while_no_other_member_is_open() {
        let mut rotation = Rotation::new(3, &[false, false, true], percent(0));
        assert_eq!(used(&rotation), [0, 1]);
        rotation.set(0, Reason::News, true);
        assert_eq!(used(&rotation), [1]);
        rotation.set(1, Reason::Full, true);
        assert_eq!(used(&rotation), [2]);
        rotation.set(1, Reason::Full, false);
        assert_eq!(used(&rotation), [1]);
        rotation.set(2, Reason::News, true);
        rotation.set(1, Reason::News, true);
        assert!(used(&rotation).is_empty());
    }

    #[test]
    fn where_requests_wait_backups_stand_aside_while_others_are_only_full() {
        let mut rotation = Rotation::new(3, &[false, false, true], percent(0)).with_queue(true);
        rotation.set(0, Reason::Full, true);
        rotation.set(1, Reason::Full, true);
        assert_eq!((used(&rotation), rotation.only_full()), (vec![], true));
        rotation.set(0, Reason::News, true);
        assert_eq!((used(&rotation), rotation.only_full()), (vec![], true));
        rotation.set(1, Reason::News, true);
        assert_eq!((used(&rotation), rotation.only_full()), (vec![2], true));
        rotation.set(2, Reason::Full, true);
        assert_eq!((used(&rotation), rotation.only_full()), (vec![], true));
        rotation.set(2, Reason::News, true);
        assert_eq!((used(&rotation), rotation.only_full()), (vec![], false));
    }

    #[test]
    fn a_member_is_well_when_nothing_speaks_against_it_any_more() {
        let mut rotation = Rotation::new(2, &[], percent(0));
        assert_eq!(rotation.set(0, Reason::Checks, true).well, Some(false));
        assert_eq!(rotation.set(0, Reason::Requests, true).well, None);
        assert_eq!(rotation.set(0, Reason::Checks, false).well, None);
        assert_eq!(rotation.set(0, Reason::Requests, false).well, Some(true));
        assert_eq!(rotation.set(0, Reason::Full, true).well, None);
        assert_eq!(used(&rotation), [1]);
    }

    #[test]
    fn panic_does_not_pass_over_a_member_that_is_full() {
        let mut rotation = Rotation::new(2, &[], percent(60));
        rotation.set(0, Reason::Ejected, true);
        rotation.set(1, Reason::Full, true);
        assert_eq!((rotation.mode(), used(&rotation)), (Mode::Panic, vec![0]));
    }
}
