//! Outcomes by the names that the language gives them.

use crate::engine::Outcome;
use crate::schema::{Decode, Encode, Fills, Kind, Node, Reader, unknown_variant};

/// The name of an outcome of a call: `Served`, `RateLimited`, `TimedOut`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OutcomeName(pub Outcome);

impl OutcomeName {
    /// The name of an outcome in the language.
    #[must_use]
    pub const fn of(outcome: Outcome) -> &'static str {
        match outcome {
            Outcome::Served => "Served",
            Outcome::Degraded => "Degraded",
            Outcome::QueueFull => "QueueFull",
            Outcome::WaitedTooLong => "WaitedTooLong",
            Outcome::Shed => "Shed",
            Outcome::RateLimited => "RateLimited",
            Outcome::TooManyInFlight => "TooManyInFlight",
            Outcome::CircuitOpen => "CircuitOpen",
            Outcome::Throttled => "Throttled",
            Outcome::DeadlinePassed => "DeadlinePassed",
            Outcome::NoServer => "NoServer",
            Outcome::Refused => "Refused",
            Outcome::Crashed => "Crashed",
            Outcome::GatewayTimeout => "GatewayTimeout",
            Outcome::Error => "Error",
            Outcome::Cancelled => "Cancelled",
            Outcome::TimedOut => "TimedOut",
            Outcome::GaveUp => "GaveUp",
        }
    }
}

impl Fills<OutcomeName> for Outcome {
    fn fill(self) -> OutcomeName {
        OutcomeName(self)
    }
}

impl Decode for OutcomeName {
    fn decode(node: &Node, reader: &mut Reader) -> Option<Self> {
        let word = match &node.kind {
            Kind::Word(word) => Some(word.as_str()),
            _ => None,
        };
        let found = Outcome::ALL.into_iter().find(|&outcome| Some(Self::of(outcome)) == word);
        if found.is_none() {
            unknown_variant(node, word, "Outcome", &Outcome::ALL.map(Self::of), reader);
        }
        found.map(Self)
    }
}

impl Encode for OutcomeName {
    fn encode(&self) -> Node {
        Node::made(Kind::Word(Self::of(self.0).to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_outcome_has_a_name_of_its_own_and_reads_back() {
        for outcome in Outcome::ALL {
            let (node, mut reader) = (OutcomeName(outcome).encode(), Reader::default());
            assert_eq!(OutcomeName::decode(&node, &mut reader), Some(OutcomeName(outcome)));
            assert!(reader.diagnostics.is_empty());
        }
    }
}
