//! The text of the model, with comments.

use super::Part;
use crate::import::Report;
use crate::schema::print;

/// The file. A comment says of each part where it comes from, and of each guess that it is one.
pub fn write(program: &str, path: &str, parts: &[Part], report: &Report) -> String {
    let name = path.rsplit(['/', '\\']).next().unwrap_or(path);
    let mut out = String::new();
    let mut line = |indent: usize, text: &str| {
        out.push_str(&" ".repeat(indent));
        out.push_str(text);
        out.push('\n');
    };
    line(0, &comment(&format!("From the configuration of {program} in {name}.")));
    line(0, "// A configuration does not say how many requests come nor how long they take: replace what is marked");
    line(0, "// FILL IN. Until then the busiest server of each balancer is about 70 % busy.");
    let lost = report.notes.iter().filter(|note| note.why.is_loss()).count();
    if lost > 0 {
        let things = if lost == 1 { "One thing".to_owned() } else { format!("{lost} things") };
        line(0, &format!("// {things} in it could not be expressed; `rushhour import` lists them."));
    }
    line(0, "System(");
    line(4, "nodes: {");
    for part in parts {
        for text in &part.comments {
            line(8, &comment(text));
        }
        line(8, &format!("{:?}: {}(", part.name, part.kind));
        for field in &part.fields {
            for text in &field.comments {
                line(12, &comment(text));
            }
            line(12, &format!("{}: {},", field.name, print(&field.value).replace('\n', "\n            ")));
        }
        line(8, "),");
    }
    line(4, "},");
    line(0, ")");
    out
}

/// A comment that stays on its line whatever is in it.
fn comment(text: &str) -> String {
    let text: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    format!("// {text}")
}
