//! Writes a tree as RON, always the same way.

use super::tree::{Given, Kind, Name, Node};

/// Lines are broken when they would be longer than this.
const WIDTH: usize = 100;

/// The tree as RON text, without a line break at the end.
#[must_use]
pub fn print(node: &Node) -> String {
    let mut out = String::new();
    write(node, 0, 0, &mut out);
    out
}

fn write(node: &Node, indent: usize, column: usize, out: &mut String) {
    let flat = flat(node);
    if column + flat.len() <= WIDTH {
        out.push_str(&flat);
        return;
    }
    let inner = indent + 4;
    let pad = " ".repeat(inner);
    let mut block = |open: &str, close: char, items: Vec<(String, &Node)>| {
        out.push_str(open);
        for (label, item) in items {
            out.push('\n');
            out.push_str(&pad);
            out.push_str(&label);
            write(item, inner, inner + label.len(), out);
            out.push(',');
        }
        out.push('\n');
        out.push_str(&" ".repeat(indent));
        out.push(close);
    };
    match &node.kind {
        Kind::List(items) => block("[", ']', items.iter().map(|item| (String::new(), item)).collect()),
        Kind::Tuple(name, items) => {
            block(&format!("{}(", text(name)), ')', items.iter().map(|item| (String::new(), item)).collect());
        }
        Kind::Struct(name, fields) => {
            let items = fields.iter().map(|(field, value)| (label(field), value)).collect();
            block(&format!("{}(", text(name)), ')', items);
        }
        Kind::Map(entries) => {
            block("{", '}', entries.iter().map(|(key, value)| (format!("{:?}: ", key.text), value)).collect());
        }
        Kind::Word(_) | Kind::Number(_) | Kind::Text(_) | Kind::Given(_) => out.push_str(&flat),
    }
}

fn text(name: &Option<Name>) -> &str {
    name.as_ref().map_or("", |name| &name.text)
}

/// The text before the value of a field: its name, or empty if the field is positional.
fn label(field: &Name) -> String {
    if field.text.starts_with(|c: char| c.is_ascii_digit()) { String::new() } else { format!("{}: ", field.text) }
}

fn flat(node: &Node) -> String {
    let list = |items: &[Node]| items.iter().map(flat).collect::<Vec<_>>().join(", ");
    match &node.kind {
        Kind::Word(word) | Kind::Number(word) => word.clone(),
        Kind::Text(text) => quoted(text),
        Kind::Given(given) => format!("{}({})", Given::WORD, quoted(&given.name)),
        Kind::List(items) => format!("[{}]", list(items)),
        Kind::Tuple(name, items) => format!("{}({})", text(name), list(items)),
        Kind::Struct(name, fields) => {
            let fields = fields.iter().map(|(field, value)| format!("{}{}", label(field), flat(value)));
            format!("{}({})", text(name), fields.collect::<Vec<_>>().join(", "))
        }
        Kind::Map(entries) => {
            let entries = entries.iter().map(|(key, value)| format!("{:?}: {}", key.text, flat(value)));
            format!("{{{}}}", entries.collect::<Vec<_>>().join(", "))
        }
    }
}

fn quoted(text: &str) -> String {
    ron::to_string(text).unwrap_or_else(|_| format!("{text:?}"))
}
