//! The cost of a request: how many tokens of a limit it takes.
//!
//! The meaning of a token belongs to the rules.

use super::rules::MOST;
use crate::actors::kit::conditions::{Conditions, KeyMatch, SizeMatch};
use crate::actors::kit::route::Targets;
use crate::engine::Details;
use crate::schema::quantity::Bytes;
use crate::schema::record;

record! {
    /// The cost of requests that match all of the conditions; without conditions, of all requests.
    ///
    /// The n of `AllowN` (golang.org/x/time/rate), the `quantity` of redis-cell `CL.THROTTLE`, the capacity units of
    /// DynamoDB, which are counted per 4 KB, rounded up.
    pub struct CostSpec {
        /// Matches requests of these clients: the name of a node of `Clients`, or several.
        pub clients: Option<Targets> = None,
        /// Matches requests for these keys.
        pub keys: Option<KeyMatch> = None,
        /// Matches requests of these sizes.
        pub size: Option<SizeMatch> = None,
        /// Tokens that a request takes; up to 1,000,000. With 0 it passes without being counted.
        pub tokens: u32 = 1,
        /// Charges `tokens` for each unit of this many bytes, rounding the size up to whole units; at least one unit.
        pub per: Option<Bytes> = None,
    }
    check(self, at) {
        if self.tokens > MOST {
            at.field("tokens").error("0 to 1,000,000 tokens");
        }
        if self.per == Some(Bytes::ZERO) {
            at.field("per").error("at least one byte");
        }
    }
}

/// The costs of requests; the first entry that matches decides, and a request that matches none costs one token.
#[derive(Clone, Debug, Default)]
pub struct Costs(Vec<Cost>);

#[derive(Clone, Debug)]
struct Cost {
    conditions: Conditions,
    tokens: u32,
    per: Option<u64>,
}

impl Costs {
    /// The costs described by `specs`, in order; `class_of` knows the classes of clients.
    #[must_use]
    pub fn new(specs: &[CostSpec], class_of: impl Fn(&str) -> Option<u16>) -> Self {
        let cost = |spec: &CostSpec| Cost {
            conditions: Conditions::new(spec.clients.as_ref(), spec.keys.as_ref(), spec.size.as_ref(), &class_of),
            tokens: spec.tokens,
            per: spec.per.map(Bytes::bytes),
        };
        Self(specs.iter().map(cost).collect())
    }

    /// True if every request costs one.
    #[inline]
    #[must_use]
    pub fn is_plain(&self) -> bool {
        self.0.is_empty()
    }

    /// The cost of a request of `class`.
    #[must_use]
    pub fn of(&self, class: u16, details: &Details) -> u32 {
        let Some(cost) = self.0.iter().find(|cost| cost.conditions.fit(class, details)) else { return 1 };
        let times = cost.per.map_or(1, |per| details.size.div_ceil(per).max(1));
        u32::try_from(u64::from(cost.tokens).saturating_mul(times)).unwrap_or(u32::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::{Body, Reader, parse};

    fn spec(text: &str) -> CostSpec {
        let mut reader = Reader::default();
        let spec = CostSpec::decode_body(&parse(0, text).expect("valid RON"), &mut reader);
        assert!(reader.diagnostics.is_empty(), "{:?}", reader.diagnostics);
        spec.expect("readable")
    }

    #[test]
    fn the_first_cost_that_fits_decides() {
        let specs = [
            spec(r#"(clients: "batch", tokens: 10)"#),
            spec(r#"(keys: OneOf(keys: [7]), tokens: 0)"#),
            spec(r#"(size: (at_least: "1 B"), tokens: 2, per: "4 KiB")"#),
        ];
        let costs = Costs::new(&specs, |name| (name == "batch").then_some(3));
        let of = |class, key, size| costs.of(class, &Details { key, size, ..Details::NONE });
        assert_eq!(of(3, 7, 9000), 10);
        assert_eq!(of(0, 7, 9000), 0);
        let by_size = [0, 1, 4096, 4097, 9000].map(|size| of(0, 1, size));
        assert_eq!(by_size, [1, 2, 2, 4, 6]);
        assert_eq!(of(0, 1, u64::MAX), u32::MAX);
        assert_eq!((Costs::default().of(1, &Details::NONE), Costs::default().is_plain()), (1, true));
    }
}
