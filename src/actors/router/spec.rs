//! A router, as written in the language.

use crate::actors::kit::conditions::{KeyMatch, SizeMatch};
use crate::actors::kit::route::{RouteField, Targets};
use crate::schema::{Name, record};

record! {
    /// A rule: where requests go that match all of its conditions.
    pub struct RuleSpec {
        /// Matches requests of these clients: the name of a node of `Clients`, or several.
        pub clients: Option<Targets> = None,
        /// Matches requests for these keys.
        pub keys: Option<KeyMatch> = None,
        /// Matches requests of these sizes.
        pub size: Option<SizeMatch> = None,
        /// Where matching requests are sent.
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
    /// Content-based routing: sends each request where the first rule that matches it says. It reads requests, so it
    /// terminates the clients' connections, as a balancer of layer 7 does.
    pub struct RouterSpec {
        /// The rules, in order; the first that matches decides.
        pub rules: Vec<RuleSpec>,
        /// Where requests go that match no rule.
        pub otherwise: RouteField,
    }
    check(self, at) {
        if self.otherwise.to.0.len() != 1 {
            at.field("otherwise").error("a router leads to one node; put a Balancer before several");
        }
    }
}

impl RouterSpec {
    /// The routes of the rules, and `otherwise` last.
    pub fn routes(&self) -> impl Iterator<Item = &RouteField> {
        self.rules.iter().map(|rule| &rule.to).chain(std::iter::once(&self.otherwise))
    }

    /// The names of clients that rules mention.
    pub fn clients(&self) -> impl Iterator<Item = &Name> {
        self.rules.iter().filter_map(|rule| rule.clients.as_ref()).flat_map(|clients| &clients.0)
    }
}
