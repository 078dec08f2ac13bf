//! The folder of a run: complete or absent.
//!
//! Everything is written into a temporary folder beside the target, which then takes its place by a rename.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use rayon::prelude::*;
use thiserror::Error;

use super::{csv, json, plots};
use crate::lab::results::Results;

/// What a run's folder may hold; a folder with anything else in it is never replaced.
const OURS: [&str; 6] = ["manifest.ron", "plots", "report.html", "series.csv", "summary.csv", "summary.json"];

/// Why the files of a run could not be written. The target is then as it was before.
#[derive(Debug, Error)]
pub enum ReportError {
    /// The target exists and is a file, or something else that is not a folder.
    #[error("{} exists and is not a folder; name another folder for the results", .0.display())]
    NotAFolder(PathBuf),
    /// The folder is not empty and was not written by an earlier run.
    #[error(
        "{} holds {found}, which no run of this program wrote; name another folder, or an empty one",
        folder.display()
    )]
    Foreign {
        /// The target.
        folder: PathBuf,
        /// One of the things in it.
        found: String,
    },
    /// Reading or writing failed: no permission, no space.
    #[error("cannot write {}: {source}", path.display())]
    Io {
        /// What was being written.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A plot could not be turned into pixels.
    #[error("cannot draw {name}: {reason}")]
    Plot {
        /// Name of the plot.
        name: String,
        /// Why.
        reason: String,
    },
}

/// Writes the folder of a run and returns the paths of its files: `summary.csv`, `series.csv`, `summary.json`,
/// `manifest.ron` (the text given) and a picture of each kind in `plots/` as `.svg` and `.png`.
///
/// The folder is complete or absent, whatever happens. An empty folder or that of an earlier run, known by its
/// `manifest.ron`, is replaced; parents are made.
///
/// # Errors
/// If the target is not a folder, holds anything that no run wrote, or cannot be written.
pub fn write_all(results: &Results, manifest_ron: &str, folder: &Path) -> Result<Vec<PathBuf>, ReportError> {
    let exists = check(folder)?;
    // Replacing what a link points to keeps the link.
    let target = if exists { folder.canonicalize().map_err(at(folder))? } else { folder.to_owned() };
    let parent = match target.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    fs::create_dir_all(parent).map_err(at(parent))?;
    let prefix = scratch_prefix(&target);
    clear_scratch(parent, &prefix);
    let scratch = tempfile::Builder::new().prefix(&prefix).tempdir_in(parent).map_err(at(folder))?;
    // A folder of its own inside, because the temporary one is closed to other users.
    let (new, old) = (scratch.path().join("new"), scratch.path().join("old"));
    let names = write(results, manifest_ron, &new, folder)?;
    if exists {
        fs::rename(&target, &old).map_err(at(folder))?;
    }
    if let Err(source) = fs::rename(&new, &target) {
        if exists {
            fs::rename(&old, &target).map_err(at(folder))?;
        }
        return Err(ReportError::Io { path: folder.to_owned(), source });
    }
    Ok(names.iter().map(|name| folder.join(name)).collect())
}

/// What the temporary folder beside a target is called, up to its random end.
fn scratch_prefix(target: &Path) -> String {
    format!(".{}.new-", target.file_name().unwrap_or_default().to_string_lossy())
}

/// Takes away the temporary folders of processes that were killed while they wrote the same target.
fn clear_scratch(parent: &Path, prefix: &str) {
    let Ok(entries) = fs::read_dir(parent) else { return };
    for entry in entries.flatten().filter(|entry| entry.file_name().to_string_lossy().starts_with(prefix)) {
        // What cannot be taken away is in nobody's way.
        let _ = fs::remove_dir_all(entry.path());
    }
}

/// Whether [`write_all`] could write to `folder`: said before a run, so that no run is in vain.
///
/// # Errors
/// If the target is not a folder, holds anything that no run wrote, or cannot be written.
pub fn check_folder(folder: &Path) -> Result<(), ReportError> {
    let mut there = folder;
    if !check(folder)? {
        // The nearest folder above that exists is where the first new one will be made.
        there = folder.ancestors().skip(1).find(|above| above.exists()).unwrap_or(Path::new("."));
        if there.as_os_str().is_empty() {
            there = Path::new(".");
        }
        if !there.is_dir() {
            return Err(ReportError::NotAFolder(there.to_owned()));
        }
    }
    tempfile::tempfile_in(there).map_err(at(folder)).map(drop)
}

/// Whether the target exists; an error if it may not be replaced.
fn check(folder: &Path) -> Result<bool, ReportError> {
    match fs::metadata(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
        Err(source) => return Err(ReportError::Io { path: folder.to_owned(), source }),
        Ok(metadata) if !metadata.is_dir() => return Err(ReportError::NotAFolder(folder.to_owned())),
        Ok(_) => {}
    }
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).map_err(at(folder))? {
        found.push(entry.map_err(at(folder))?.file_name().to_string_lossy().into_owned());
    }
    found.sort();
    let ours = found.iter().any(|name| name == "manifest.ron");
    let foreign = found.into_iter().find(|name| !ours || !OURS.contains(&name.as_str()));
    foreign.map_or(Ok(true), |found| Err(ReportError::Foreign { folder: folder.to_owned(), found }))
}

/// Writes all files into a new folder, whose errors speak of the target; gives their names.
fn write(results: &Results, manifest: &str, new: &Path, target: &Path) -> Result<Vec<String>, ReportError> {
    let mut files = vec![
        ("summary.csv".to_owned(), csv::summary(results).into_bytes()),
        ("series.csv".to_owned(), csv::series(results).into_bytes()),
        ("summary.json".to_owned(), json(results).into_bytes()),
        ("manifest.ron".to_owned(), manifest.as_bytes().to_vec()),
    ];
    // Rasterising takes longest; the order of the files is that of the plots on any number of threads.
    let drawn: Result<Vec<_>, ReportError> = plots(results)
        .into_par_iter()
        .map(|plot| match plot.png() {
            Ok(png) => Ok((plot, png)),
            Err(reason) => Err(ReportError::Plot { name: plot.name, reason }),
        })
        .collect();
    for (plot, png) in drawn? {
        files.push((format!("plots/{}.svg", plot.name), plot.svg.into_bytes()));
        files.push((format!("plots/{}.png", plot.name), png));
    }
    fs::create_dir_all(new.join("plots")).map_err(at(target))?;
    for (name, bytes) in &files {
        let save = |path: PathBuf| {
            let mut file = fs::File::create(path)?;
            file.write_all(bytes)?;
            // Some systems tell of a full disk only now.
            file.sync_all()
        };
        save(new.join(name)).map_err(at(&target.join(name)))?;
    }
    Ok(files.into_iter().map(|(name, _)| name).collect())
}

fn at(path: &Path) -> impl Fn(io::Error) -> ReportError {
    move |source| ReportError::Io { path: path.to_owned(), source }
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{self, Shape};
    use super::*;

    fn small() -> Results {
        fixture::make(&Shape { rates: vec![500.0, 900.0], windows: 4, servers: 2, ..Shape::default() })
    }

    fn names(folder: &Path) -> Vec<String> {
        let mut names: Vec<String> =
            fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    #[test]
    fn a_folder_is_complete_and_nothing_else_is_left() {
        let home = tempfile::tempdir().unwrap();
        let target = home.path().join("deep/run");
        let files = write_all(&small(), "Manifest()", &target).unwrap();
        assert!(files.iter().all(|file| fs::metadata(file).unwrap().len() > 0));
        assert!(files.contains(&target.join("plots/latency-tail.png")));
        assert_eq!(names(&target), ["manifest.ron", "plots", "series.csv", "summary.csv", "summary.json"]);
        assert_eq!(names(&home.path().join("deep")), ["run"]);
        assert_eq!(fs::read_to_string(target.join("manifest.ron")).unwrap(), "Manifest()");
    }

    #[test]
    fn the_same_results_give_the_same_files() {
        let home = tempfile::tempdir().unwrap();
        let files = write_all(&small(), "m", &home.path().join("a")).unwrap();
        write_all(&small(), "m", &home.path().join("b")).unwrap();
        for file in files {
            let twin = home.path().join("b").join(file.strip_prefix(home.path().join("a")).unwrap());
            assert_eq!(fs::read(&file).unwrap(), fs::read(twin).unwrap(), "{}", file.display());
        }
    }

    #[test]
    fn an_earlier_run_is_replaced() {
        let home = tempfile::tempdir().unwrap();
        let target = home.path().join("run");
        write_all(&small(), "first", &target).unwrap();
        fs::write(target.join("plots/stale.svg"), "old").unwrap();
        write_all(&small(), "second", &target).unwrap();
        assert_eq!(fs::read_to_string(target.join("manifest.ron")).unwrap(), "second");
        assert!(!target.join("plots/stale.svg").exists());
        assert_eq!(names(home.path()), ["run"]);
    }

    #[test]
    fn an_empty_folder_is_used() {
        let home = tempfile::tempdir().unwrap();
        fs::create_dir(home.path().join("run")).unwrap();
        write_all(&small(), "m", &home.path().join("run")).unwrap();
        assert!(home.path().join("run/summary.csv").exists());
    }

    #[test]
    fn what_others_wrote_is_never_touched() {
        let home = tempfile::tempdir().unwrap();
        let target = home.path().join("run");
        fs::create_dir(&target).unwrap();
        fs::write(target.join("thesis.tex"), "years of work").unwrap();
        let error = write_all(&small(), "m", &target).unwrap_err().to_string();
        assert!(error.contains("thesis.tex"), "{error}");
        // Not even beside an earlier run.
        fs::write(target.join("manifest.ron"), "m").unwrap();
        assert!(matches!(write_all(&small(), "m", &target), Err(ReportError::Foreign { .. })));
        assert_eq!(names(&target), ["manifest.ron", "thesis.tex"]);
        assert_eq!(names(home.path()), ["run"]);
        let file = target.join("thesis.tex");
        assert!(matches!(write_all(&small(), "m", &file), Err(ReportError::NotAFolder(_))));
    }

    #[test]
    fn a_parent_that_cannot_be_written_is_an_error_and_leaves_nothing() {
        let home = tempfile::tempdir().unwrap();
        let blocked = home.path().join("blocked");
        fs::write(&blocked, "a file where a folder should be").unwrap();
        let error = write_all(&small(), "m", &blocked.join("run")).unwrap_err();
        assert!(matches!(error, ReportError::Io { .. }), "{error}");
        assert_eq!(names(home.path()), ["blocked"]);
    }
}
