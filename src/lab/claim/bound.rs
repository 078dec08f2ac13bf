//! Bounds: a number with its unit, as a claim compares with.

use crate::lab::label::Label;
use crate::lab::results::Unit;
use crate::schema::quantity::{Percent, Rate, Span};
use crate::schema::{Decode, Encode, Fills, Kind, Name, Node, Reader};

/// A number with its unit: "50 ms", "900/s", "2 %", 3.5.
#[derive(Clone, Debug, PartialEq)]
pub struct Bound {
    /// As it was written.
    pub written: Label,
    /// Its value in the base unit.
    pub value: f64,
    /// Its unit.
    pub unit: Unit,
}

impl Bound {
    fn of(written: String, value: f64, unit: Unit) -> Self {
        Self { written: Label::from(written.as_str()), value, unit }
    }
}

impl Fills<Bound> for Span {
    fn fill(self) -> Bound {
        Bound::of(self.to_string(), self.seconds(), Unit::Seconds)
    }
}

impl Fills<Bound> for Rate {
    fn fill(self) -> Bound {
        Bound::of(self.to_string(), self.per_second(), Unit::PerSecond)
    }
}

impl Fills<Bound> for Percent {
    fn fill(self) -> Bound {
        Bound::of(self.to_string(), self.fraction(), Unit::Fraction)
    }
}

impl Fills<Bound> for f64 {
    fn fill(self) -> Bound {
        Bound::of(format!("{self:?}"), self, Unit::Count)
    }
}

impl Decode for Bound {
    fn decode(node: &Node, reader: &mut Reader) -> Option<Self> {
        let (text, read) = match &node.kind {
            Kind::Number(text) => (text, ron::from_str::<f64>(text).ok().map(|value| (value, Unit::Count))),
            Kind::Text(text) => {
                let span = || Span::parse(text).ok().map(|span| (span.seconds(), Unit::Seconds));
                let rate = || Rate::parse(text).ok().map(|rate| (rate.per_second(), Unit::PerSecond));
                let share = || Percent::parse(text).ok().map(|share| (share.fraction(), Unit::Fraction));
                (text, span().or_else(rate).or_else(share))
            }
            _ => {
                reader.expected(node, "a quantity such as \"50 ms\", \"900/s\", \"2 %\" or 3.5");
                return None;
            }
        };
        match read {
            Some((value, unit)) if value.is_finite() => {
                let written = Label(Name { text: text.clone(), region: node.region });
                Some(Self { written, value, unit })
            }
            _ => {
                let help = "write \"50 ms\", \"900/s\", \"2 %\" or a plain number";
                reader.error(node.region, format!("{text:?} is not a quantity"), help);
                None
            }
        }
    }
}

impl Encode for Bound {
    fn encode(&self) -> Node {
        Node::made(match self.unit {
            Unit::Count => Kind::Number(self.written.0.text.clone()),
            _ => Kind::Text(self.written.0.text.clone()),
        })
    }
}

/// A right example of a quantity that counts `unit`.
#[must_use]
pub fn example(unit: Unit) -> &'static str {
    match unit {
        Unit::Seconds => "a length of time: write \"50 ms\"",
        Unit::PerSecond => "a rate: write \"900/s\"",
        Unit::Fraction => "a share: write \"2 %\"",
        Unit::Count => "a plain number: write 3.5",
    }
}

/// The kind of quantity that has this unit.
#[must_use]
pub fn kind(unit: Unit) -> &'static str {
    match unit {
        Unit::Seconds => "a length of time (s)",
        Unit::PerSecond => "a rate (/s)",
        Unit::Fraction => "a share (%)",
        Unit::Count => "a plain number",
    }
}
