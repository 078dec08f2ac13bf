//! Overrides: puts another value at a path of a tree, before the tree is decoded. Decoding then finds the value with
//! the type that belongs there, and reports mistakes at the value's own place.

use super::diagnostic::{Diagnostic, suggest};
use super::tree::{Kind, Name, Node, Region};

/// The segments of a dotted path; a segment with dots of its own stands in double quotes.
#[must_use]
pub fn split_path(path: &str) -> Vec<String> {
    let mut segments = vec![String::new()];
    let mut quoted = false;
    for c in path.chars() {
        match c {
            '"' => quoted = !quoted,
            '.' if !quoted => segments.push(String::new()),
            c => segments.last_mut().into_iter().for_each(|segment| segment.push(c)),
        }
    }
    segments
}

/// True if the value begins with a name.
fn is_named(value: &Node) -> bool {
    matches!(value.kind, Kind::Word(_) | Kind::Struct(Some(_), _) | Kind::Tuple(Some(_), _))
}

/// Puts `value` at `path` of `tree`. The path itself stands at `region`.
///
/// A field that is not written, because it has its default, is added; if there is no such field, reading finds that out
/// and reports it at `region`. So is an entry of a map, if the value has a name such as `Balancer(..)`: an arm of an
/// experiment may have nodes that others do not.
///
/// # Errors
/// A segment that leads nowhere, with the nearest valid name.
pub fn apply(tree: &mut Node, path: &str, region: Region, value: Node) -> Result<(), Diagnostic> {
    let segments = split_path(path);
    let mut node = tree;
    for (depth, segment) in segments.iter().enumerate() {
        let last = depth + 1 == segments.len();
        let so_far = || if depth == 0 { "the system".to_owned() } else { format!("`{}`", segments[..depth].join(".")) };
        // `Some(x)` is x as far as paths go.
        node = inside_some(node);
        if let Kind::Word(word) = &node.kind
            && last
        {
            // `RoundRobin` is `RoundRobin()`: fields can be added.
            let name = Name { text: word.clone(), region: node.region };
            node.kind = Kind::Struct(Some(name), Vec::new());
        }
        if let Kind::Tuple(name, items) = &node.kind
            && items.is_empty()
        {
            node.kind = Kind::Struct(name.clone(), Vec::new());
        }
        let is_map = matches!(node.kind, Kind::Map(_));
        match &mut node.kind {
            Kind::Struct(_, fields) | Kind::Map(fields) => {
                let Some(index) = fields.iter().position(|(name, _)| name.text == *segment) else {
                    if !last || (is_map && !is_named(&value)) {
                        let valid: Vec<&str> = fields.iter().map(|(name, _)| name.text.as_str()).collect();
                        let kind = if is_map { "entry" } else { "field" };
                        let message =
                            format!("the path `{path}` leads nowhere: {} has no {kind} `{segment}`", so_far());
                        return Err(Diagnostic::new(region, message).help(suggest(segment, &valid)));
                    }
                    fields.push((Name { text: segment.clone(), region }, value));
                    return Ok(());
                };
                node = &mut fields[index].1;
            }
            Kind::List(items) | Kind::Tuple(None, items) => {
                let count = items.len();
                match segment.parse::<usize>().ok().and_then(|index| items.get_mut(index)) {
                    Some(item) => node = item,
                    None => {
                        let message = format!("the path `{path}` leads nowhere: {} has no item `{segment}`", so_far());
                        return Err(Diagnostic::new(region, message)
                            .help(format!("items are numbered from 0; there are {count}")));
                    }
                }
            }
            other => {
                let found = other.describe();
                let message =
                    format!("the path `{path}` leads nowhere: {} is {found}, which has no field `{segment}`", so_far());
                let help = "write the fields with their names in the system, as in `Exponential(mean: \"8 ms\")`";
                return Err(Diagnostic::new(region, message).help(help));
            }
        }
    }
    *node = value;
    Ok(())
}

fn inside_some(node: &mut Node) -> &mut Node {
    if !matches!(&node.kind, Kind::Tuple(Some(name), items) if name.text == "Some" && items.len() == 1) {
        return node;
    }
    match &mut node.kind {
        Kind::Tuple(_, items) => inside_some(&mut items[0]),
        _ => unreachable!("just seen to be a tuple"),
    }
}
