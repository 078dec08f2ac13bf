//! The last answers of a function of numbers that is asked for few things again and again.

use std::cell::Cell;

/// Answers that are kept.
const KEPT: usize = 8;

/// What was asked, to the bit, and the answer.
type Answer<const N: usize> = Option<([u64; N], f64)>;

/// The last answers of one function of `N` numbers. The function must depend on nothing else: then an answer that is kept has
/// the bits of one that is found again, whatever was asked between, and so it may stand in each thread for itself.
#[derive(Debug)]
pub struct Memo<const N: usize> {
    answers: [Cell<Answer<N>>; KEPT],
    /// The one that gives way next, the oldest.
    next: Cell<usize>,
}

impl<const N: usize> Memo<N> {
    /// Knows nothing yet.
    pub const fn new() -> Self {
        Self { answers: [const { Cell::new(None) }; KEPT], next: Cell::new(0) }
    }

    /// The answer for `arguments`: one that is kept, or what `find` finds.
    pub fn answer(&self, arguments: [f64; N], find: impl FnOnce() -> f64) -> f64 {
        let asked = arguments.map(f64::to_bits);
        let mut known = self.answers.iter().filter_map(Cell::get);
        if let Some((_, answer)) = known.find(|(other, _)| *other == asked) {
            return answer;
        }
        let answer = find();
        let place = self.next.get();
        self.answers[place].set(Some((asked, answer)));
        self.next.set((place + 1) % KEPT);
        answer
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn only_what_is_not_kept_is_found_again() {
        let (memo, found) = (Memo::new(), Cell::new(0));
        let ask = |x: f64| {
            memo.answer([x], || {
                found.set(found.get() + 1);
                2.0 * x
            })
        };
        for _ in 0..3 {
            (0..KEPT).for_each(|x| assert_eq!(ask(x as f64), 2.0 * x as f64));
        }
        assert_eq!(found.get(), KEPT);
        ask(-1.0);
        ask(1.0);
        assert_eq!(found.get(), KEPT + 1, "the oldest gave way, and that is zero");
        ask(0.0);
        assert_eq!(found.get(), KEPT + 2);
    }

    proptest! {
        #[test]
        fn an_answer_has_the_bits_of_the_function(
            asked in proptest::collection::vec((prop::sample::select(vec![0.0, -0.0, 0.05, f64::NAN]), 0_u8..9), 0..200),
        ) {
            let f = |x: f64, n: f64| if x.is_sign_negative() { -n / 3.0 } else { x / n };
            let memo = Memo::new();
            for (x, n) in asked {
                let n = f64::from(n);
                prop_assert_eq!(memo.answer([x, n], || f(x, n)).to_bits(), f(x, n).to_bits());
            }
        }
    }
}
