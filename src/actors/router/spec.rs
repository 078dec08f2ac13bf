//! A router in the words of the language.

use crate::actors::route::{RouteField, Targets};
use crate::schema::quantity::Bytes;
use crate::schema::{Name, choice, record};

record! {
    /// Keys from one to another, both included: a path and what lies below it.
    pub struct KeyRange {
        /// The first.
        pub from: u32,
        /// The last.
        pub to: u32,
    }
    check(self, at) {
        if self.from > self.to {
            at.field("to").error(format!("no key lies between {} and {}", self.from, self.to));
        }
    }
}

record! {
    /// Any of some keys.
    pub struct KeySet {
        /// The keys.
        pub keys: Vec<u32>,
    }
    check(self, at) {
        if self.keys.is_empty() {
            at.field("keys").error("at least one key");
        }
    }
}

choice! {
    /// Which keys a rule is for.
    pub enum KeyMatch {
        Between(KeyRange),
        OneOf(KeySet),
    }
}

record! {
    /// Sizes from one to another, both included.
    pub struct SizeMatch {
        /// The least.
        pub at_least: Bytes = Bytes::ZERO,
        /// The most; without it, there is no upper limit.
        pub at_most: Option<Bytes> = None,
    }
    check(self, at) {
        if self.at_most.is_some_and(|most| most < self.at_least) {
            at.field("at_most").error("no size lies between the two");
        }
    }
}

record! {
    /// A rule: where requests go that fit all of its conditions.
    pub struct RuleSpec {
        /// Those of these clients: the name of a node of `Clients`, or several.
        pub clients: Option<Targets> = None,
        /// Those for these keys.
        pub keys: Option<KeyMatch> = None,
        /// Those of these sizes.
        pub size: Option<SizeMatch> = None,
        /// Where they go.
        pub to: RouteField,
    }
    check(self, at) {
        if self.clients.is_none() && self.keys.is_none() && self.size.is_none() {
            at.error("this rule fits every request: say which it is for with `clients`, `keys` or `size`, or use `otherwise`");
        }
        if self.to.to.0.len() != 1 {
            at.field("to").error("a rule leads to one node; put a Balancer before several");
        }
    }
}

record! {
    /// Content-based routing: sends each request where the first rule says that fits it. It reads requests, so it ends
    /// the clients' connections, as a balancer of layer 7 does.
    pub struct RouterSpec {
        /// The rules, in order; the first that fits decides.
        pub rules: Vec<RuleSpec>,
        /// Where requests go that no rule fits.
        pub otherwise: RouteField,
    }
    check(self, at) {
        if self.otherwise.to.0.len() != 1 {
            at.field("otherwise").error("a router leads to one node; put a Balancer before several");
        }
    }
}

impl RouterSpec {
    /// The routes, that of `otherwise` last.
    pub fn routes(&self) -> impl Iterator<Item = &RouteField> {
        self.rules.iter().map(|rule| &rule.to).chain(std::iter::once(&self.otherwise))
    }

    /// The clients that rules speak of.
    pub fn clients(&self) -> impl Iterator<Item = &Name> {
        self.rules.iter().filter_map(|rule| rule.clients.as_ref()).flat_map(|clients| &clients.0)
    }
}
