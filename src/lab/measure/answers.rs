//! Which calls a latency is of, and the words of the language for it.

use serde::{Deserialize, Serialize};

use crate::schema::{Decode, Encode, Kind, Node, Reader, unknown_variant};

/// Which calls a latency is measured for. The kinds are measured separately.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Answers {
    /// Calls answered in time and as asked.
    #[default]
    Served,
    /// Calls answered in a degraded form.
    Degraded,
    /// Answers that arrived after their client had stopped waiting, measured from when the attempt was sent.
    Late,
    /// Calls that ended without an answer, measured until their clients knew.
    Failed,
}

impl Answers {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Served, Self::Degraded, Self::Late, Self::Failed];

    /// The name in the language.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Served => "Served",
            Self::Degraded => "Degraded",
            Self::Late => "Late",
            Self::Failed => "Failed",
        }
    }

    /// The calls in words.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Served => "served calls",
            Self::Degraded => "degraded answers",
            Self::Late => "late answers",
            Self::Failed => "failed calls",
        }
    }
}

impl Decode for Answers {
    fn decode(node: &Node, reader: &mut Reader) -> Option<Self> {
        let word = match &node.kind {
            Kind::Word(word) => Some(word.as_str()),
            _ => None,
        };
        let found = Self::ALL.into_iter().find(|answers| Some(answers.name()) == word);
        if found.is_none() {
            unknown_variant(node, word, "Answers", &Self::ALL.map(Self::name), reader);
        }
        found
    }
}

impl Encode for Answers {
    fn encode(&self) -> Node {
        Node::made(Kind::Word(self.name().to_owned()))
    }
}

/// Where latencies come from: which node, and which of its calls.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Source {
    /// The node; `None` for all clients together.
    pub of: Option<String>,
    /// Which of its calls.
    pub answers: Answers,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_answer_has_a_name_that_reads_back() {
        for answers in Answers::ALL {
            let (node, mut reader) = (answers.encode(), Reader::default());
            assert_eq!(Answers::decode(&node, &mut reader), Some(answers));
            assert!(reader.diagnostics.is_empty());
        }
    }
}
