//! Exact sums of whole numbers, nearly as fast as one addition: a sum is kept in 64 bits, and what does not fit is
//! carried on by a branch that hardly ever goes that way.

/// A sum of numbers of 64 bits, in 128 bits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sum {
    low: u64,
    high: u64,
}

impl Sum {
    /// Adds a number.
    #[inline(always)]
    pub fn add(&mut self, number: u64) {
        let (low, carries) = self.low.overflowing_add(number);
        self.low = low;
        if carries {
            self.carry();
        }
    }

    #[cold]
    #[inline(never)]
    fn carry(&mut self) {
        self.high += 1;
    }

    /// The sum of all numbers.
    #[inline]
    #[must_use]
    pub fn total(self) -> u128 {
        (u128::from(self.high) << 64) | u128::from(self.low)
    }
}

impl From<u128> for Sum {
    fn from(total: u128) -> Self {
        Self { low: total as u64, high: (total >> 64) as u64 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn it_is_the_sum_whatever_is_added(numbers in proptest::collection::vec(any::<u64>(), 0..100)) {
            let mut sum = Sum::default();
            numbers.iter().for_each(|&number| sum.add(number));
            let total = numbers.iter().map(|&number| u128::from(number)).sum();
            prop_assert_eq!(sum.total(), total);
            prop_assert_eq!(Sum::from(total), sum);
        }
    }
}
