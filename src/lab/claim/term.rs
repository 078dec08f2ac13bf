//! The numbers that claims compare: which quantity of a measure each is, for which arm and node, and how it is written
//! in messages. Their records belong to the measures.

use crate::lab::measure::{Needs, Quantity, Scope, Term};

impl Term {
    /// True for a number that describes a disturbance, so that there must be one.
    #[must_use]
    pub fn needs_trouble(&self) -> bool {
        self.needs(Needs::Trouble)
    }

    /// True if the number exists only in a system with `needed`.
    #[must_use]
    pub fn needs(&self, needed: Needs) -> bool {
        self.number(&Scope::default()).what.needs() == Some(needed)
    }

    /// The quantity that it refers to, in a system with the nodes of `scope`.
    #[must_use]
    pub fn quantity(&self, scope: &Scope) -> Quantity {
        let all = self.number(scope).among(self.answers().unwrap_or_default());
        match (self.of(), self.node()) {
            (Some(clients), _) => all.of(&clients.0.text, scope),
            (None, Some(node)) if all.station.is_none() => all.at(&node.0.text, scope),
            _ => all,
        }
    }

    /// The term in words.
    #[must_use]
    pub fn words(&self, scope: &Scope) -> String {
        let Quantity { what, name, station, .. } = self.number(scope);
        let name = what.in_claims(name);
        let name = match self.answers() {
            Some(answers) => format!("{name} of {}", answers.words()),
            None => name,
        };
        let place = self.of().or(self.node().filter(|_| station.is_none()));
        match (self.arm(), place) {
            (None, None) => name,
            (Some(arm), None) => format!("{name} of \"{}\"", arm.0.text),
            (None, Some(place)) => format!("{name} of \"{}\"", place.0.text),
            (Some(arm), Some(place)) => format!("{name} of \"{}\" in \"{}\"", place.0.text, arm.0.text),
        }
    }
}
