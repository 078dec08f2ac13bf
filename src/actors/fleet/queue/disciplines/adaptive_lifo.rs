//! Adaptive LIFO: first come, first served while the queue is short, last come, first served while it is building.

use super::{Classes, Describes, Head, Order, Pick};
use crate::schema::record;

record! {
    /// First come, first served in normal operation; last come, first served while a queue is building, so that
    /// requests are served whose clients still wait (Maurer, Fail at Scale, ACM Queue 13(8), 2015). The article does
    /// not say when a queue is building. Here it is while more than `above` requests wait at the server, checked
    /// whenever a worker becomes free.
    pub struct AdaptiveLifo {
        /// Number of waiting requests above which the order is reversed. Without it, the number of workers of the
        /// server: a longer queue takes more than a mean service time to clear.
        pub above: Option<u32> = None,
    }
}

/// Where the order turns round.
#[derive(Clone, Copy, Debug)]
pub struct Adaptive {
    above: u32,
}

impl Order for Adaptive {
    fn pick(&self, waiting: u32, _head: &dyn Fn(u64) -> Option<Head>) -> Pick {
        if waiting > self.above { Pick::Newest } else { Pick::Oldest }
    }
}

impl Describes for AdaptiveLifo {
    type State = Adaptive;

    fn build(&self, _classes: &Classes<'_>, workers: u32) -> Adaptive {
        Adaptive { above: self.above.unwrap_or(workers) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_order_turns_round_above_the_bound_and_back_at_it() {
        let of = |above: Option<u32>| AdaptiveLifo { above }.build(&Classes::NONE, 2);
        let picks = |order: Adaptive| [1, 2, 3, 4].map(|waiting| order.pick(waiting, &|_| None));
        assert_eq!(picks(of(None)), [Pick::Oldest, Pick::Oldest, Pick::Newest, Pick::Newest]);
        assert_eq!(picks(of(Some(3))), [Pick::Oldest, Pick::Oldest, Pick::Oldest, Pick::Newest]);
        assert_eq!(picks(of(Some(0))), [Pick::Newest; 4]);
    }
}
