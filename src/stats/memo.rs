//! The last answers of a function that is asked for few things again and again.

use std::cell::{Cell, RefCell};

/// The last `KEPT` answers of one function. The function must depend on nothing but what is asked: then an answer that is kept
/// is the one that would be found again, whatever was asked between, and each thread may have a memo of its own.
///
/// Floating point numbers are asked for by their bits.
#[derive(Debug)]
pub struct Memo<K, V, const KEPT: usize> {
    answers: RefCell<Vec<(K, V)>>,
    /// The one that gives way next, the oldest.
    next: Cell<usize>,
}

impl<K: PartialEq, V: Copy, const KEPT: usize> Memo<K, V, KEPT> {
    /// Knows nothing yet.
    pub const fn new() -> Self {
        Self { answers: RefCell::new(Vec::new()), next: Cell::new(0) }
    }

    /// The answer to what is `asked`: one that is kept, or what `find` finds.
    pub fn answer(&self, asked: K, find: impl FnOnce(&K) -> V) -> V {
        if let Some((_, answer)) = self.answers.borrow().iter().find(|(other, _)| *other == asked) {
            return *answer;
        }
        // Not while it is borrowed: who finds may ask for something else.
        let answer = find(&asked);
        let mut answers = self.answers.borrow_mut();
        if answers.len() < KEPT {
            answers.push((asked, answer));
        } else {
            answers[self.next.get()] = (asked, answer);
            self.next.set((self.next.get() + 1) % KEPT);
        }
        answer
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn only_what_is_not_kept_is_found_again() {
        let (memo, found) = (Memo::<u32, u32, 8>::new(), Cell::new(0));
        let ask = |x: u32| {
            memo.answer(x, |x| {
                found.set(found.get() + 1);
                2 * x
            })
        };
        for _ in 0..3 {
            (0..8).for_each(|x| assert_eq!(ask(x), 2 * x));
        }
        assert_eq!(found.get(), 8);
        assert_eq!((ask(9), ask(1)), (18, 2));
        assert_eq!(found.get(), 9, "the oldest gave way, and that is zero");
        ask(0);
        assert_eq!(found.get(), 10);
    }

    #[test]
    fn who_finds_may_ask() {
        let memo = Memo::<u64, u64, 8>::new();
        fn fibonacci(memo: &Memo<u64, u64, 8>, n: u64) -> u64 {
            memo.answer(n, |&n| if n < 2 { n } else { fibonacci(memo, n - 1) + fibonacci(memo, n - 2) })
        }
        assert_eq!(fibonacci(&memo, 80), 23_416_728_348_467_685);
    }

    proptest! {
        #[test]
        fn an_answer_has_the_bits_of_the_function(
            asked in proptest::collection::vec((prop::sample::select(vec![0.0, -0.0, 0.05, f64::NAN]), 0_u8..9), 0..200),
        ) {
            let f = |x: f64, n: f64| if x.is_sign_negative() { -n / 3.0 } else { x / n };
            let memo = Memo::<_, _, 8>::new();
            for (x, n) in asked {
                let n = f64::from(n);
                let found = memo.answer([x, n].map(f64::to_bits), |_| f(x, n));
                prop_assert_eq!(found.to_bits(), f(x, n).to_bits());
            }
        }
    }
}
