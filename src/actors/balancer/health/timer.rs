//! Timers of a balancer that watches its members, small enough for the number of a message.

/// The event that is due, and its member.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Timer {
    /// A member is to be checked.
    Check(u32),
    /// A check has taken too long.
    CheckTimeout(u32),
    /// A member has been out long enough to be probed.
    FailTimeout(u32),
    /// The weight of a member takes its next step.
    Ramp(u32),
    /// The sweep over outliers.
    Sweep,
}

/// Bits of the number that name the member.
const MEMBER_BITS: u32 = 29;

impl Timer {
    /// As one number. Members beyond 2^29 cannot be named; a system has far fewer servers.
    #[must_use]
    pub const fn pack(self) -> u32 {
        let (kind, member) = match self {
            Self::Check(member) => (0, member),
            Self::CheckTimeout(member) => (1, member),
            Self::FailTimeout(member) => (2, member),
            Self::Ramp(member) => (3, member),
            Self::Sweep => (4, 0),
        };
        (kind << MEMBER_BITS) | member
    }

    /// The timer that [`Timer::pack`] put together.
    #[must_use]
    pub const fn unpack(number: u32) -> Self {
        let member = number & ((1 << MEMBER_BITS) - 1);
        match number >> MEMBER_BITS {
            0 => Self::Check(member),
            1 => Self::CheckTimeout(member),
            2 => Self::FailTimeout(member),
            3 => Self::Ramp(member),
            _ => Self::Sweep,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_timer_is_put_together_as_it_was_taken_apart() {
        let member = 999_999;
        for timer in [
            Timer::Check(member),
            Timer::CheckTimeout(member),
            Timer::FailTimeout(member),
            Timer::Ramp(member),
            Timer::Sweep,
        ] {
            assert_eq!(Timer::unpack(timer.pack()), timer);
        }
    }
}
