//! Classes with priority over others.

use super::{Classes, Describes, Facts, Head, Name, Order, Pick};
use crate::actors::kit::route::Targets;
use crate::schema::record;

record! {
    /// The most important class first, and first come, first served within a class, without preemption (the
    /// head-of-the-line discipline of Cobham 1954).
    pub struct Priority {
        /// The names of nodes of `Clients`, the most important first; a list within the list holds several of equal
        /// priority. Clients not named, and health checks, come last.
        pub order: Vec<Targets>,
    }
    check(self, at) {
        if self.order.is_empty() {
            at.field("order").error("name the clients that come first");
        }
        if let Some(name) = super::super::named_twice(&self.clients()) {
            at.field("order").error(format!("\"{name}\" stands in two places"));
        }
    }
}

/// Ranks by class.
#[derive(Clone, Debug)]
pub struct ByClass {
    ranks: std::sync::Arc<[u32]>,
    last: u32,
}

impl Order for ByClass {
    fn rank(&mut self, facts: &Facts) -> u64 {
        u64::from(self.ranks.get(usize::from(facts.class)).copied().unwrap_or(self.last))
    }

    fn pick(&self, _waiting: u32, _head: &dyn Fn(u64) -> Option<Head>) -> Pick {
        Pick::Least
    }
}

impl Describes for Priority {
    type State = ByClass;

    fn build(&self, classes: &Classes<'_>, _workers: u32) -> ByClass {
        let last = self.order.len() as u32;
        let named = (0..).zip(&self.order).flat_map(|(rank, names)| names.0.iter().map(move |name| (name, rank)));
        ByClass { ranks: classes.table(last, named).into(), last }
    }

    fn ranks(&self) -> bool {
        true
    }

    fn clients(&self) -> Vec<&Name> {
        self.order.iter().flat_map(|names| &names.0).collect()
    }
}
