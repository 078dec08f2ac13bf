//! Quantities: numbers with units, written as strings. One file each.

mod bytes;
mod percent;
mod rate;
mod span;

pub use bytes::Bytes;
pub use percent::{Percent, Share};
pub use rate::Rate;
pub use span::Span;

use super::{Kind, Node, Reader};

/// The text of a quantity; a bare number is an error that shows the right form.
fn text<'a>(node: &'a Node, reader: &mut Reader, what: &str, example: &str) -> Option<&'a str> {
    match &node.kind {
        Kind::Text(text) => Some(text),
        Kind::Number(number) => {
            reader.error(
                node.region,
                format!("{what} needs a unit, found the bare number {number}"),
                format!("write {example}"),
            );
            None
        }
        _ => {
            reader.error(
                node.region,
                format!("expected {what}, found {}", node.describe()),
                format!("write {example}"),
            );
            None
        }
    }
}

/// Splits "8 ms" into 8 and "ms". Underscores in the number are passed over.
fn number_and_unit(text: &str) -> Option<(f64, &str)> {
    let text = text.trim();
    let end = text
        .char_indices()
        .find(|&(at, c)| {
            let exponent = matches!(c, 'e' | 'E')
                && text[at + 1..].starts_with(|d: char| d.is_ascii_digit() || d == '-' || d == '+');
            let sign = matches!(c, '+' | '-') && (at == 0 || text[..at].ends_with(['e', 'E']));
            !(c.is_ascii_digit() || c == '.' || c == '_' || exponent || sign)
        })
        .map_or(text.len(), |(at, _)| at);
    let number: f64 = text[..end].replace('_', "").parse().ok()?;
    Some((number, text[end..].trim()))
}
