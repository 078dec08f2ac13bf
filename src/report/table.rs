//! The summary in the terminal: as wide as it may be, in blocks of columns where it does not fit.

use std::fmt::Write as _;

use comfy_table::{Attribute, Cell, CellAlignment, Color, ContentArrangement, LineStyle, Table, TableStyle};

use super::Terminal;
use super::summary::{Row, Summary, differences, method, recovery, summarize, verdict};
use crate::lab::results::{Results, Verdict};

/// Only a rule under the head: numbers in columns need no cage.
const STYLE: TableStyle = TableStyle::new().header_separator(LineStyle::none().fill('─'));

pub(super) fn render(results: &Results, terminal: Terminal) -> String {
    let Terminal { colour, width, details } = terminal;
    let width = if width == 0 { usize::MAX } else { usize::from(width).max(20) };
    let paint = Paint { colour };
    let mut out = String::new();
    let mut say = |text: &str, indent: usize| wrap(&mut out, text, width, indent);
    say(&paint.bold(&results.title), 0);
    say(&results.question, 0);
    say(&paint.dim(&method(results)), 0);
    let mut summary = summarize(results);
    if let Some(sweep) = &results.sweep {
        say(&paint.dim(&format!("by {}", sweep.path)), 0);
        // The field's own name is short and, under the line that gives its path, clear.
        summary.keys[0] = sweep.path.rsplit('.').next().unwrap_or_default().to_owned();
    }
    for block in blocks(&summary, width) {
        let _ = writeln!(out, "\n{}", table(&summary, &block, paint, width));
    }
    if let Some((caption, mut recovery)) = recovery(results) {
        recovery.keys.clone_from(&summary.keys);
        out.push('\n');
        wrap(&mut out, &paint.dim(&caption), width, 0);
        for block in blocks(&recovery, width) {
            let _ = writeln!(out, "\n{}", table(&recovery, &block, paint, width));
        }
    }
    if details && let Some((caption, mut differences)) = differences(results) {
        differences.keys.clone_from(&summary.keys);
        out.push('\n');
        wrap(&mut out, &paint.dim(&caption), width, 0);
        for block in blocks(&differences, width) {
            let _ = writeln!(out, "\n{}", table(&differences, &block, paint, width));
        }
    }
    if !summary.legend.is_empty() {
        out.push('\n');
    }
    for line in &summary.legend {
        wrap(&mut out, &paint.dim(line), width, 0);
    }
    if !results.claims.is_empty() {
        let _ = writeln!(out, "\n{}", paint.bold("Claims"));
    }
    for claim in &results.claims {
        let (mark, code) = match claim.verdict {
            Verdict::Holds => ('✓', "32"),
            Verdict::Fails => ('✗', "31"),
            Verdict::Undecided => ('?', "33"),
        };
        let word = format!("{mark} {:<9}", verdict(claim.verdict));
        wrap(&mut out, &format!("{}  {}", paint.code(&word, code), claim.claim), width, 13);
        if !claim.evidence.is_empty() {
            wrap(&mut out, &format!("{:13}{}", "", paint.dim(&claim.evidence)), width, 13);
        }
    }
    if !results.notices.is_empty() {
        out.push('\n');
    }
    for notice in &results.notices {
        wrap(&mut out, &format!("{}: {notice}", paint.code("note", "33")), width, 6);
    }
    out
}

/// Columns a text takes at most.
fn widest<'a>(texts: impl Iterator<Item = &'a str>) -> usize {
    texts.map(length).max().unwrap_or(0)
}

/// Columns each key takes, with the space after it.
fn key_widths(summary: &Summary) -> Vec<usize> {
    let width = |key: usize| widest(summary.rows.iter().map(|row| &*row.keys[key]).chain([&*summary.keys[key]]));
    (0..summary.keys.len()).map(|key| width(key) + 2).collect()
}

/// Which measures stand side by side: as many as fit beside the keys, at least one.
fn blocks(summary: &Summary, width: usize) -> Vec<Vec<usize>> {
    let keys: usize = key_widths(summary).iter().sum();
    let mut blocks: Vec<Vec<usize>> = Vec::new();
    let mut used = usize::MAX;
    for (measure, name) in summary.measures.iter().enumerate() {
        let numbers = summary.rows.iter().filter(|row| row.state.is_none()).map(|row| &*row.entries[measure].number);
        let differences = widest(summary.rows.iter().map(|row| difference(row, measure)));
        let needs = widest(numbers.chain([&**name])) + 2 + if differences == 0 { 0 } else { differences + 1 };
        match blocks.last_mut() {
            // The space after the last column is not printed.
            Some(block) if used.saturating_add(needs) <= width.saturating_add(2) => {
                block.push(measure);
                used += needs;
            }
            _ => {
                blocks.push(vec![measure]);
                used = keys + needs;
            }
        }
    }
    blocks
}

/// A block of measures beside the keys. A row without a steady state says so across all its columns; where a line is too
/// short for that, the words are broken in the first of them.
fn table(summary: &Summary, block: &[usize], paint: Paint, width: usize) -> String {
    let keys: usize = key_widths(summary).iter().sum();
    let longest = widest(summary.rows.iter().filter_map(|row| row.state.as_deref()));
    let mut lines = lines(summary, block, paint, width, true);
    if keys + longest > width || lines.len() != summary.rows.len() + 2 {
        return self::lines(summary, block, paint, width, false).join("\n");
    }
    for (line, row) in lines.iter_mut().skip(2).zip(&summary.rows) {
        if let Some(state) = &row.state {
            *line = format!("{line}{:1$}{2}", "", keys.saturating_sub(length(line)), paint.code(state, "33"));
        }
    }
    lines.join("\n")
}

/// The lines of a table; rows without a steady state are left blank, or state it in their first column.
fn lines(summary: &Summary, block: &[usize], paint: Paint, width: usize, blank: bool) -> Vec<String> {
    let mut table = Table::new();
    table.load_style(STYLE).set_content_arrangement(ContentArrangement::Dynamic);
    table.set_width(u16::try_from(width).unwrap_or(u16::MAX));
    if paint.colour {
        table.enforce_styling()
    } else {
        table.force_no_tty()
    };
    let differs = |measure: usize| summary.rows.iter().any(|row| !difference(row, measure).is_empty());
    let head = |text: &str| Cell::new(text).add_attribute(Attribute::Bold);
    let mut header: Vec<Cell> = summary.keys.iter().map(|key| head(key)).collect();
    let mut space: Vec<u16> = vec![2; header.len()];
    for measure in block {
        header.push(head(&summary.measures[*measure]).set_alignment(CellAlignment::Right));
        if differs(*measure) {
            header.push(Cell::new(""));
            space.extend([1, 2]);
        } else {
            space.push(2);
        }
    }
    table.set_header(header);
    for row in &summary.rows {
        let mut cells: Vec<Cell> = Vec::new();
        for (place, key) in row.keys.iter().enumerate() {
            // A point is named once; its arms follow.
            cells.push(Cell::new(if row.keys.len() > 1 && place == 0 && !row.opens { "" } else { key }));
        }
        for (place, measure) in block.iter().enumerate() {
            let cell = |text: String| Cell::new(text).set_alignment(CellAlignment::Right);
            cells.push(match &row.state {
                Some(_) if blank => Cell::new(""),
                Some(_) => cell(number(row, *measure, place == 0)).fg(Color::Yellow),
                None => cell(number(row, *measure, place == 0)),
            });
            if differs(*measure) {
                let cell = Cell::new(difference(row, *measure));
                cells.push(match row.entries[*measure].good {
                    Some(true) => cell.fg(Color::Green),
                    Some(false) => cell.fg(Color::Red),
                    None => cell,
                });
            }
        }
        table.add_row(cells);
    }
    for (column, space) in table.column_iter_mut().zip(space) {
        column.set_padding((0, space));
    }
    table.lines().map(|line| line.trim_end().to_owned()).collect()
}

/// What stands in a measure's column; the state of a row without a steady state stands in the first one, on two lines.
fn number(row: &Row, measure: usize, first: bool) -> String {
    match &row.state {
        None => row.entries[measure].number.clone(),
        Some(state) if first => state.replacen(" (", "\n(", 1),
        Some(_) => "–".to_owned(),
    }
}

fn difference(row: &Row, measure: usize) -> &str {
    if row.state.is_some() { "" } else { &row.entries[measure].difference }
}

/// ANSI styles, if allowed.
#[derive(Clone, Copy)]
struct Paint {
    colour: bool,
}

impl Paint {
    fn code(self, text: &str, code: &str) -> String {
        if self.colour && !text.is_empty() { format!("\u{1b}[{code}m{text}\u{1b}[0m") } else { text.to_owned() }
    }

    fn bold(self, text: &str) -> String {
        self.code(text, "1")
    }

    fn dim(self, text: &str) -> String {
        self.code(text, "2")
    }
}

/// Columns a text takes in a terminal; escapes take none.
fn length(text: &str) -> usize {
    let mut escape = false;
    text.chars()
        .filter(|c| {
            let counts = !escape && *c != '\u{1b}';
            escape = (escape || *c == '\u{1b}') && *c != 'm';
            counts
        })
        .count()
}

/// Adds a paragraph, broken at spaces; further lines are indented.
fn wrap(out: &mut String, text: &str, width: usize, indent: usize) {
    if text.is_empty() {
        return;
    }
    let mut used = 0;
    for (place, word) in text.split(' ').enumerate() {
        let length = length(word);
        if place > 0 && used + 1 + length > width && used > indent {
            let _ = write!(out, "\n{:indent$}{word}", "");
            used = indent + length;
        } else {
            let _ = write!(out, "{}{word}", if place > 0 { " " } else { "" });
            used += length + usize::from(place > 0);
        }
    }
    out.push('\n');
}

#[cfg(test)]
mod tests {
    use super::super::fixture;
    use super::*;

    #[test]
    fn a_wide_terminal_shows_all_side_by_side() {
        insta::assert_snapshot!(render(&fixture::results(), Terminal { colour: false, width: 200, details: true }));
    }

    #[test]
    fn a_narrow_terminal_shows_blocks() {
        let text = render(&fixture::results(), Terminal { colour: false, width: 80, details: true });
        assert!(text.lines().all(|line| length(line) <= 80), "{text}");
        insta::assert_snapshot!(text);
    }

    #[test]
    fn without_a_sweep_there_is_no_column_of_points() {
        let shape = fixture::Shape { rates: vec![], ..Default::default() };
        insta::assert_snapshot!(render(&fixture::make(&shape), Terminal { colour: false, width: 0, details: true }));
    }

    #[test]
    fn a_trouble_has_a_table_of_recovery() {
        let shape = fixture::Shape { rates: vec![], storm: true, ..Default::default() };
        let text = render(&fixture::make(&shape), Terminal { colour: false, width: 100, details: true });
        assert!(text.lines().all(|line| length(line) <= 100), "{text}");
        insta::assert_snapshot!(text);
    }

    #[test]
    fn colour_changes_no_letter() {
        let results = fixture::results();
        let mut plain = String::new();
        let mut escape = false;
        for c in render(&results, Terminal { colour: true, width: 100, details: true }).chars() {
            match (escape, c) {
                (false, '\u{1b}') => escape = true,
                (false, c) => plain.push(c),
                (true, c) => escape = c != 'm',
            }
        }
        let trim = |text: &str| text.lines().map(str::trim_end).collect::<Vec<_>>().join("\n");
        assert_eq!(trim(&plain), trim(&render(&results, Terminal { colour: false, width: 100, details: true })));
    }
}
