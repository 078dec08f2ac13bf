//! Distributions of plain numbers: the laws of lengths of time, with numbers in place of lengths.

use super::{Distribution, Sampler};
use crate::schema::quantity::Span;
use crate::schema::{Decode, Encode, Kind, Node, Reader};

/// A distribution of numbers, written like a distribution of times with numbers in place of times, as in `Bimodal(fast:
/// 1, slow: 10, slow_share: "2 %")`.
#[derive(Clone, Debug, PartialEq)]
pub struct Factors(pub Distribution);

impl Factors {
    /// Its mean.
    #[must_use]
    pub fn mean(&self) -> f64 {
        self.0.mean()
    }

    /// Builds a sampler.
    #[must_use]
    pub fn sampler(&self) -> Sampler {
        self.0.sampler()
    }
}

impl Decode for Factors {
    fn decode(node: &Node, reader: &mut Reader) -> Option<Self> {
        let before = std::mem::replace(&mut reader.plain_numbers, true);
        let law = Distribution::decode(node, reader);
        reader.plain_numbers = before;
        law.map(Self)
    }
}

impl Encode for Factors {
    fn encode(&self) -> Node {
        plain(self.0.encode())
    }
}

/// The same tree with numbers of seconds in place of lengths of time.
fn plain(node: Node) -> Node {
    let kind = match node.kind {
        Kind::Text(text) => match Span::parse(&text) {
            Ok(span) => return span.seconds().encode(),
            Err(_) => Kind::Text(text),
        },
        Kind::List(items) => Kind::List(items.into_iter().map(plain).collect()),
        Kind::Tuple(name, items) => Kind::Tuple(name, items.into_iter().map(plain).collect()),
        Kind::Struct(name, fields) => {
            Kind::Struct(name, fields.into_iter().map(|(field, value)| (field, plain(value))).collect())
        }
        other => other,
    };
    Node { kind, ..node }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::{parse, print};

    fn read(text: &str) -> (Option<Factors>, usize) {
        let mut reader = Reader::default();
        let node = parse(0, text).expect("a tree");
        (Factors::decode(&node, &mut reader), reader.diagnostics.len())
    }

    #[test]
    fn factors_are_numbers_and_read_back_as_they_are_printed() {
        for text in [
            r#"Bimodal(fast: 1, slow: 12.5, slow_share: "2 %")"#,
            "Exponential(mean: 1)",
            "LogNormal(mean: 0.75, cv: 2)",
            "Empirical(values: [1, 2, 3.25], weights: [3, 2, 1])",
            r#"Mixture(parts: [(weight: 1, law: Constant(1)), (weight: 2, law: Exponential(3))])"#,
        ] {
            let (law, wrong) = read(text);
            let law = law.unwrap_or_else(|| panic!("{text}: {wrong} mistakes"));
            let (again, _) = read(&print(&law.encode()));
            assert_eq!(again, Some(law), "{text}");
        }
    }

    #[test]
    fn lengths_of_time_and_negative_numbers_are_no_factors() {
        for text in [r#"Constant("1 s")"#, "Constant(-1)", "Exponential(mean: 1e300)"] {
            assert_eq!(read(text), (None, 1), "{text}");
        }
    }
}
