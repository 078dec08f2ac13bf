//! The summary as a page of GitHub-flavoured Markdown.

use std::fmt::Write as _;

use super::summary::{Summary, differences, method, recovery, summarize, verdict};
use crate::lab::results::Results;

pub(super) fn render(results: &Results) -> String {
    let summary = summarize(results);
    let mut out = format!("# {}\n", escape(&results.title));
    for line in [&results.question, &method(results)] {
        if !line.is_empty() {
            let _ = writeln!(out, "\n{}", escape(line));
        }
    }
    table(&mut out, &summary);
    if let Some((caption, recovery)) = recovery(results) {
        let _ = writeln!(out, "\n{}:", escape(&caption));
        table(&mut out, &recovery);
    }
    for line in &summary.legend {
        let _ = writeln!(out, "\n{}", escape(line));
    }
    if let Some((caption, differences)) = differences(results) {
        let _ = writeln!(out, "\n{}:", escape(&caption));
        table(&mut out, &differences);
    }
    claims_and_notes(&mut out, results);
    out
}

fn table(out: &mut String, summary: &Summary) {
    out.push('\n');
    let heads: Vec<&String> = summary.keys.iter().chain(&summary.measures).collect();
    row(out, heads.iter().map(|head| escape(head)));
    let rule = |place| if place < summary.keys.len() { "---" } else { "---:" }.to_owned();
    row(out, (0..heads.len()).map(rule));
    for line in &summary.rows {
        let numbers = line.entries.iter().map(|entry| match &*entry.difference {
            "" => entry.number.clone(),
            difference => format!("{} ({difference})", entry.number),
        });
        let last = line.keys.len().saturating_sub(1);
        let keys = line.keys.iter().enumerate().map(|(place, key)| match &line.state {
            Some(state) if place == last => format!("{}: {}", escape(key), escape(state)),
            _ => escape(key),
        });
        row(out, keys.chain(numbers));
    }
}

fn claims_and_notes(out: &mut String, results: &Results) {
    if !results.claims.is_empty() {
        out.push_str("\n## Claims\n\n| verdict | claim | evidence |\n| --- | --- | --- |\n");
    }
    for claim in &results.claims {
        let word = format!("**{}**", verdict(claim.verdict));
        row(out, [word, escape(&claim.claim), escape(&claim.evidence)].into_iter());
    }
    if !results.notices.is_empty() {
        out.push_str("\n## Notes\n\n");
    }
    for notice in &results.notices {
        let _ = writeln!(out, "- {}", escape(notice));
    }
}

fn row(out: &mut String, cells: impl Iterator<Item = String>) {
    let _ = writeln!(out, "| {} |", cells.collect::<Vec<_>>().join(" | "));
}

/// Text that means itself: no table, tag, emphasis or second line begins in it.
fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '|' | '\\' | '*' | '_' | '`' | '<' | '[' | ']' | '#' => out.extend(['\\', c]),
            '\n' | '\r' => out.push(' '),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::super::fixture;
    use super::*;

    #[test]
    fn a_page_has_table_claims_and_notes() {
        insta::assert_snapshot!(render(&fixture::results()));
    }

    #[test]
    fn a_trouble_has_a_table_of_recovery() {
        let shape = fixture::Shape { rates: vec![], storm: true, ..Default::default() };
        let page = render(&fixture::make(&shape));
        assert!(page.contains("| arm | before | during | after | recovered | recovery time |"), "{page}");
        assert!(page.contains("100 (81 to 100) %"), "{page}");
    }

    #[test]
    fn a_name_cannot_break_the_table() {
        let mut results = fixture::results();
        results.arms[0] = "a|b\n<c>".to_owned();
        let page = render(&results);
        assert!(page.contains(r"a\|b \<c>"), "{page}");
    }
}
