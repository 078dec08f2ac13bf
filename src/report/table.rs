//! The summary in the terminal: as wide as it may be, in blocks of columns where it does not fit.

use std::fmt::Write as _;

use comfy_table::{Cell, CellAlignment, ContentArrangement, LineStyle, Table, TableStyle};

use super::Terminal;
use super::summary::{Summary, differences, method, recovery, summarize, verdict};
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
        // Without a label the field's own name is short and, under the line that gives its path, clear.
        if sweep.label.is_empty() {
            summary.keys[0] = sweep.path.rsplit('.').next().unwrap_or_default().to_owned();
        }
    }
    for block in blocks(&summary, width) {
        let _ = writeln!(out, "\n{}", table(&summary, &block, paint, width));
    }
    let others = [recovery(results), differences(results).filter(|_| details)];
    for (caption, mut other) in others.into_iter().flatten() {
        other.keys.clone_from(&summary.keys);
        out.push('\n');
        wrap(&mut out, &paint.dim(&caption), width, 0);
        for block in blocks(&other, width) {
            let _ = writeln!(out, "\n{}", table(&other, &block, paint, width));
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
        let numbers = summary.rows.iter().map(|row| &*row.entries[measure].number);
        let differences = widest(summary.rows.iter().map(|row| &*row.entries[measure].difference));
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

/// A block of measures beside the keys. Below a row without a steady state stands a note on it.
fn table(summary: &Summary, block: &[usize], paint: Paint, width: usize) -> String {
    let lines = lines(summary, block, paint, width);
    // A line that was broken takes several, and which row is which is only known where none was.
    let whole = lines.len() == summary.rows.len() + 2;
    let indent = if summary.keys.len() > 1 { key_widths(summary)[0] + 2 } else { 2 };
    let mut out: Vec<String> = Vec::new();
    for (place, line) in lines.into_iter().enumerate() {
        out.push(line);
        let row = place.checked_sub(2).and_then(|place| summary.rows.get(place)).filter(|_| whole);
        if let Some(state) = row.and_then(|row| row.state.as_ref()) {
            out.push(said(state, paint, width, indent));
        }
    }
    if !whole {
        for row in &summary.rows {
            if let Some(state) = &row.state {
                out.push(said(&format!("{}: {state}", row.keys.join(", ")), paint, width, 0));
            }
        }
    }
    out.join("\n")
}

/// A note on a row, on lines of its own.
fn said(text: &str, paint: Paint, width: usize, indent: usize) -> String {
    let mut out = String::new();
    let text = text.split(' ').map(|word| paint.code(word, "33")).collect::<Vec<_>>().join(" ");
    wrap(&mut out, &format!("{:indent$}{text}", ""), width, indent);
    out.trim_end_matches('\n').to_owned()
}

/// The lines of a table.
fn lines(summary: &Summary, block: &[usize], paint: Paint, width: usize) -> Vec<String> {
    let mut table = Table::new();
    table.load_style(STYLE).set_content_arrangement(ContentArrangement::Dynamic);
    table.set_width(u16::try_from(width).unwrap_or(u16::MAX));
    let differs = |measure: usize| summary.rows.iter().any(|row| !row.entries[measure].difference.is_empty());
    let head = |text: &str| Cell::new(paint.mark(text, BOLD));
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
        for measure in block {
            let entry = &row.entries[*measure];
            cells.push(Cell::new(&entry.number).set_alignment(CellAlignment::Right));
            if differs(*measure) {
                cells.push(Cell::new(match entry.good {
                    Some(true) => paint.mark(&entry.difference, GREEN),
                    Some(false) => paint.mark(&entry.difference, RED),
                    None => entry.difference.clone(),
                }));
            }
        }
        table.add_row(cells);
    }
    for (column, space) in table.column_iter_mut().zip(space) {
        column.set_padding((0, space));
    }
    table.lines().map(|line| inked(line.trim_end())).collect()
}

/// Where a style begins in a cell. comfy-table colours cells only if it may ask a terminal, so it is given characters that
/// take no room, and its lines get the escapes.
const BOLD: char = '\u{2061}';
/// Where better than the baseline begins.
const GREEN: char = '\u{2062}';
/// Where worse than the baseline begins.
const RED: char = '\u{2063}';
/// Where a style ends.
const PLAIN: char = '\u{2064}';

/// A line with escapes for its marks, or without either where a style does not end in the line: the text of a cell was
/// broken.
fn inked(line: &str) -> String {
    let code = |c: char| match c {
        BOLD => Some("\u{1b}[1m"),
        GREEN => Some("\u{1b}[38;5;10m"),
        RED => Some("\u{1b}[38;5;9m"),
        PLAIN => Some("\u{1b}[0m"),
        _ => None,
    };
    let marks: Vec<char> = line.chars().filter(|c| code(*c).is_some()).collect();
    let ends = marks.chunks(2).all(|pair| matches!(pair, [begin, PLAIN] if *begin != PLAIN));
    let mut out = String::with_capacity(line.len());
    for c in line.chars() {
        match code(c) {
            Some(code) if ends => out.push_str(code),
            Some(_) => {}
            None => out.push(c),
        }
    }
    out
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

    /// The text of a cell in a style that begins with this mark.
    fn mark(self, text: &str, begin: char) -> String {
        if self.colour && !text.is_empty() { format!("{begin}{text}{PLAIN}") } else { text.to_owned() }
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
        // In the narrowest, texts of cells are broken.
        for width in [100, 40, 20] {
            let results = fixture::results();
            let mut plain = String::new();
            let mut escape = false;
            for c in render(&results, Terminal { colour: true, width, details: true }).chars() {
                match (escape, c) {
                    (false, '\u{1b}') => escape = true,
                    (false, c) => plain.push(c),
                    (true, c) => escape = c != 'm',
                }
            }
            assert_eq!(plain, render(&results, Terminal { colour: false, width, details: true }));
        }
    }

    #[test]
    fn heads_are_bold_and_what_is_better_is_green() {
        let text = render(&fixture::results(), Terminal { colour: true, width: 200, details: false });
        let head = text.lines().find(|line| line.contains("p99 latency")).expect("a head");
        assert!(head.contains("\u{1b}[1mp99 latency\u{1b}[0m"), "{head:?}");
        assert!(text.contains("\u{1b}[38;5;10m−27 % ▼\u{1b}[0m"), "{text:?}");
    }

    #[test]
    fn a_style_that_does_not_end_in_its_line_is_left_out() {
        assert_eq!(inked("\u{2061}a\u{2064} \u{2063}b\u{2064}"), "\u{1b}[1ma\u{1b}[0m \u{1b}[38;5;9mb\u{1b}[0m");
        for broken in ["\u{2061}a b", "a\u{2064} b", "a\u{2064} \u{2061}b", "\u{2061}\u{2062}a b\u{2064}"] {
            assert_eq!(inked(broken), "a b");
        }
    }
}
