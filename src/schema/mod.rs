//! The text layer of the language: RON as trees with places, typed reading that finds every mistake, units, printing.
//!
//! What the words of the language are (nodes, policies, distributions) belongs to the modules that give them meaning.

mod choice;
mod decode;
mod diagnostic;
mod new;
mod overrides;
mod parse;
mod print;
pub mod quantity;
mod record;
mod registry;
mod tree;

#[cfg(test)]
mod tests;

pub use choice::Choice;
pub use decode::{Decode, Encode, Map, Reader};
pub use diagnostic::{Diagnostic, MOST_MISTAKES, nearest, render, suggest};
pub use new::Fills;
pub use overrides::{apply, split_path};
pub use parse::{decode_text, parse};
pub use print::print;
pub use record::{At, Body, Check, Description, FieldDescription, Fields, check_name};
pub use tree::{Given, Kind, Name, Node, Place, Region, Sources};

pub(crate) use choice::__choice as choice;
pub(crate) use new::__new;
pub(crate) use record::__record as record;
pub(crate) use record::__record;
pub(crate) use registry::{__ask, __asked, __build, __delegate, __registry};
pub(crate) use registry::{__delegate as delegate, __registry as registry};

/// Reports a variant that a choice does not have.
pub fn unknown_variant(node: &Node, written: Option<&str>, choice: &str, valid: &[&str], reader: &mut Reader) {
    match written {
        Some(Given::WORD) => {
            let name = match &node.kind {
                Kind::Tuple(_, items) => items.first().map(|item| format!(" {}", print(item))),
                _ => None,
            };
            let message =
                format!("the {}{} was given in code: no file holds it", words(choice), name.unwrap_or_default());
            reader.error(node.region, message, suggest("", valid));
        }
        Some(word) => {
            let region = match &node.kind {
                Kind::Tuple(Some(name), _) | Kind::Struct(Some(name), _) => name.region,
                _ => node.region,
            };
            reader.error(region, format!("unknown {}: `{word}`", words(choice)), suggest(word, valid));
        }
        None => {
            let words = words(choice);
            let article = if words.starts_with(['a', 'e', 'i', 'o', 'u']) { "an" } else { "a" };
            let message = format!("expected {article} {words}, found {}", node.describe());
            reader.error(node.region, message, suggest("", valid));
        }
    }
}

/// The name of a type in words: `NodeSpec` is a "node". Types that are named by their content, as in `on: [Refused]`,
/// have a noun of their own.
fn words(name: &str) -> String {
    let noun = match name {
        "By" => "kind of account",
        "Commands" => "kind of commands",
        "Connections" => "kind of connections",
        "Cover" => "outcome to cover",
        "Excess" => "treatment of excess requests",
        "HashBy" => "hash key",
        "Health" => "kind of health checking",
        "KeyMatch" => "condition on keys",
        "Keys" => "law of keys",
        "Per" => "scope",
        "RetryOn" => "outcome to retry on",
        "Shed" => "shedder",
        "Traffic" => "kind of traffic",
        "WhenDown" => "reaction to a store that is down",
        "WhenFull" => "reaction to a full queue",
        _ => "",
    };
    if !noun.is_empty() {
        return noun.to_owned();
    }
    let mut out = String::new();
    for c in name.trim_end_matches("Spec").chars() {
        if c.is_uppercase() && !out.is_empty() {
            out.push(' ');
        }
        out.extend(c.to_lowercase());
    }
    out
}

/// A struct with a name; a bare word if it has no fields.
#[must_use]
pub fn named(name: &str, fields: Vec<(Name, Node)>) -> Node {
    if fields.is_empty() {
        return Node::made(Kind::Word(name.to_owned()));
    }
    let name = Name { text: name.to_owned(), region: Region::default() };
    Node::made(Kind::Struct(Some(name), fields))
}

#[cfg(test)]
mod words_of_types {
    use super::words;

    #[test]
    fn a_type_is_called_by_a_noun() {
        assert_eq!(words("NodeSpec"), "node");
        assert_eq!(words("TimeUnit"), "time unit");
        assert_eq!(words("By"), "kind of account");
    }
}
