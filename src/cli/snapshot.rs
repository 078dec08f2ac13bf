//! Snapshots of results for people's own experiments: save an answer, and later see what has changed.

use std::fmt::Write as _;
use std::path::Path;

use crate::lab::files::plain;
use crate::lab::number;
use crate::lab::results::{Cell, Results};
use crate::report::{self, Format, Terminal};

/// Whether [`save`] could write to `path`: said before a run, so that no run is in vain.
///
/// # Errors
/// Something is there already, in words.
pub fn check(path: &Path) -> Result<(), String> {
    match path.symlink_metadata() {
        Ok(_) => Err(exists(path)),
        Err(_) => beside(path).map(drop),
    }
}

/// Writes `results` to `path`, which must not exist yet.
///
/// # Errors
/// The path exists already, or the file cannot be written.
pub fn save(results: &Results, path: &Path) -> Result<(), String> {
    let mut file = beside(path)?;
    let text = report::render(results, Format::Json, Terminal::default());
    let written = std::io::Write::write_all(&mut file, text.as_bytes()).and_then(|()| file.as_file().sync_all());
    written.map_err(|error| cannot(path, &error))?;
    let saved = file.persist_noclobber(path);
    saved.map(drop).map_err(|error| match error.error.kind() {
        std::io::ErrorKind::AlreadyExists => exists(path),
        _ => cannot(path, &error.error),
    })
}

/// A file without a lasting name in the folder of `path`.
fn beside(path: &Path) -> Result<tempfile::NamedTempFile, String> {
    let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    tempfile::NamedTempFile::new_in(parent).map_err(|error| cannot(path, &error))
}

fn exists(path: &Path) -> String {
    format!("\"{}\" exists already; remove it, or name another file for --save-snapshot", path.display())
}

fn cannot(path: &Path, error: &std::io::Error) -> String {
    format!("cannot write \"{}\": {}", path.display(), plain(error))
}

/// Reads a file that [`save`] wrote.
///
/// # Errors
/// The file cannot be read or is no snapshot, in words.
pub fn read(path: &Path) -> Result<Results, String> {
    let text = std::fs::read_to_string(path).map_err(|error| format!("cannot read \"{}\": {error}", path.display()))?;
    serde_json::from_str(&text)
        .map_err(|error| format!("\"{}\" is not a snapshot: {error}; write one with --save-snapshot", path.display()))
}

/// The differences, one per line; empty if there are none. The version of the program may differ.
#[must_use]
pub fn differences(old: &Results, new: &Results) -> String {
    let mut out = String::new();
    let mut line = |what: &str, old: &dyn std::fmt::Display, new: &dyn std::fmt::Display| {
        let _ = writeln!(out, "{what}\n  - {old}\n  + {new}");
    };
    if old.arms != new.arms {
        line("arms", &old.arms.join(", "), &new.arms.join(", "));
    }
    if old.sweep != new.sweep {
        let points = |results: &Results| {
            let points = results.sweep.as_ref().map_or(&[][..], |sweep| &sweep.points[..]);
            points.iter().map(|point| point.label.as_str()).collect::<Vec<_>>().join(", ")
        };
        line("sweep", &points(old), &points(new));
    }
    if old.seed != new.seed {
        line("seed", &old.seed, &new.seed);
    }
    if old.run != new.run {
        line("run", &format!("{:?}", old.run), &format!("{:?}", new.run));
    }
    if old.arms == new.arms && old.sweep == new.sweep {
        for (before, after) in old.cells.iter().zip(&new.cells) {
            compare_cells(&place(new, after), before, after, &mut line);
        }
    }
    for (before, after) in old.claims.iter().zip(&new.claims) {
        if before != after {
            let show = |claim: &crate::lab::results::ClaimResult| format!("{:?}: {}", claim.verdict, claim.evidence);
            line(&after.claim, &show(before), &show(after));
        }
    }
    if old.claims.len() != new.claims.len() {
        line("number of claims", &old.claims.len(), &new.claims.len());
    }
    let same_version = Results { version: new.version.clone(), ..old.clone() };
    if out.is_empty() && same_version != new.as_written() {
        out.push_str("time series, tails or utilization of servers differ\n");
    }
    out
}

fn place(results: &Results, cell: &Cell) -> String {
    let arm = results.arm(cell);
    results.point(cell).map_or_else(|| arm.to_owned(), |point| format!("{arm} at {}", point.label))
}

fn compare_cells(
    place: &str,
    old: &Cell,
    new: &Cell,
    line: &mut impl FnMut(&str, &dyn std::fmt::Display, &dyn std::fmt::Display),
) {
    if old.stability != new.stability {
        line(&format!("{place}: stability"), &format!("{:?}", old.stability), &format!("{:?}", new.stability));
    }
    for after in &new.estimates {
        let what = format!("{place}: {}", after.name);
        match old.estimate(&after.id) {
            None => line(&what, &"not measured", &number::estimate(after)),
            Some(before) if before != after => {
                let (was, is) = (number::estimate(before), number::estimate(after));
                // Differences too small for the table are differences all the same.
                let exact =
                    |value: Option<f64>| value.map_or_else(|| "no value".to_owned(), |value| format!("{value:?}"));
                if was == is {
                    line(&what, &exact(before.value), &exact(after.value));
                } else {
                    line(&what, &was, &is);
                }
            }
            Some(_) => {}
        }
    }
    if old.ledger != new.ledger {
        let rows = |cell: &Cell| {
            cell.ledger.iter().map(|row| format!("{} {} {}", row.clients, row.outcome, row.count)).collect::<Vec<_>>()
        };
        line(&format!("{place}: requests"), &rows(old).join("; "), &rows(new).join("; "));
    }
}
