//! Writes the folder of a run. The folder is complete or absent, and only files that an earlier run wrote are ever
//! replaced.
//!
//! Everything is written into a temporary folder beside the target, which then takes its place in one step. The list
//! that a run leaves in its folder ([`index`]) says which files it wrote, with their hashes.

mod contents;
pub mod index;
mod png;

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

use rayon::prelude::*;
use thiserror::Error;

use crate::lab::results::Results;
use contents::contents;
use index::{Foreign, Index, Short};

pub use contents::Part;

/// The source of a run, as recorded in its folder.
#[derive(Clone, Debug, Default)]
pub struct Origin {
    /// The experiment with every default filled in.
    pub manifest: String,
    /// The absolute path of each log that was read, by its name in the manifest.
    pub logs: BTreeMap<String, PathBuf>,
}

/// Why the files of a run could not be written. The target is then as it was before.
#[derive(Debug, Error)]
pub enum FolderError {
    /// The target exists and is a file, or something else that is not a folder.
    #[error("{} exists and is not a folder; name another folder for the results", .0.display())]
    NotAFolder(PathBuf),
    /// The current directory of the process would be replaced.
    #[error("{} is the folder you are in, which cannot be replaced; name a folder in it", .0.display())]
    Current(PathBuf),
    /// The folder holds a file that no run wrote.
    #[error(
        "{} holds {found}, which no run of this program wrote; move it, or name another folder",
        folder.display()
    )]
    Foreign {
        /// The target.
        folder: PathBuf,
        /// One of those files.
        found: String,
    },
    /// The folder holds a file that was changed since a run wrote it.
    #[error("{} has been changed since a run wrote it; move it, or name another folder", .0.display())]
    Changed(PathBuf),
    /// Reading or writing failed: no permission, no space.
    #[error("cannot write {}: {source}", path.display())]
    Io {
        /// The path that was being written.
        path: PathBuf,
        /// The error of the operating system.
        source: io::Error,
    },
    /// The process was asked to stop.
    #[error("stopped before all files were written")]
    Stopped,
    /// A plot could not be turned into pixels.
    #[error("cannot draw {name}: {reason}")]
    Plot {
        /// Name of the plot.
        name: String,
        /// Why.
        reason: String,
    },
}

/// Writes the folder of a run, `manifest.ron` and the `parts` with the list of the files, and returns the paths of the
/// files.
///
/// The folder is complete or absent, whatever happens. An empty folder, or that of an earlier run, is replaced; parent
/// folders are created. When `stop` is set, writing is abandoned between two files.
///
/// # Errors
/// If the target is not a folder, holds a file that no run wrote or that was changed since, or cannot be written; or if
/// writing was abandoned.
pub fn write_all(
    results: &Results,
    origin: &Origin,
    parts: &[Part],
    folder: &Path,
    stop: &AtomicBool,
) -> Result<Vec<PathBuf>, FolderError> {
    let exists = check(folder)?;
    let target = target(folder).map_err(at(folder))?;
    let parent = target.parent().unwrap_or(&target);
    clear_scratch(parent, &target);
    let files = contents(results, &origin.manifest, parts, stop)?;
    let index = Index::of(&files, logs_from(&target, &origin.logs), !results.interrupted);
    let scratch = tempfile::Builder::new().prefix(&scratch_prefix(&target)).tempdir_in(parent).map_err(at(folder))?;
    // A folder of its own inside, because the temporary one is closed to other users.
    let new = scratch.path().join(NEW);
    write(&files, &index, &new, folder, stop)?;
    if exists {
        let permissions = fs::metadata(&target).map_err(at(folder))?.permissions();
        fs::set_permissions(&new, permissions).map_err(at(folder))?;
        replace(&target, &scratch.keep(), folder)?;
    } else {
        fs::rename(&new, &target).map_err(at(folder))?;
    }
    Ok(files.iter().map(|(name, _)| folder.join(name)).collect())
}

/// True if `folder` holds the results of a run that was completed.
#[must_use]
pub fn holds_complete(folder: &Path) -> bool {
    Index::read(folder).is_some_and(|index| index.complete)
}

/// Resolves the path of the folder of a run: symbolic links are followed, so that the link is kept and its target
/// replaced, and so that each folder has one name. The parent folder is created.
///
/// # Errors
/// If the parent folder cannot be created, or the path ends in `..`.
pub fn target(folder: &Path) -> io::Result<PathBuf> {
    if let Ok(there) = folder.canonicalize() {
        return Ok(there);
    }
    let name = folder.file_name().ok_or_else(|| io::Error::new(io::ErrorKind::InvalidInput, "this names no folder"))?;
    let parent = folder.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    fs::create_dir_all(parent)?;
    Ok(parent.canonicalize()?.join(name))
}

/// Puts the new folder within `scratch` in the place of `target`, and takes away the old one.
fn replace(target: &Path, scratch: &Path, folder: &Path) -> Result<(), FolderError> {
    let new = scratch.join(NEW);
    let old = change_places(&new, target, &scratch.join(OLD)).map_err(at(folder))?;
    // Another process may have put a file there while the new one was being written.
    if let Err(foreign) = nothing_foreign(&old, folder) {
        let ours = change_places(&old, target, &scratch.join("back")).map_err(at(folder))?;
        index::remove_ours(&ours, Short::IsHalfWritten);
        let _ = fs::remove_dir(scratch);
        return Err(foreign);
    }
    index::remove_ours(&old, Short::IsChanged);
    // A folder that is not empty stays.
    let _ = fs::remove_dir(scratch);
    Ok(())
}

/// Has two folders change places, in one step where the system can; gives where the one that stood at `target` is now.
/// Where it cannot, that is `aside`.
fn change_places(new: &Path, target: &Path, aside: &Path) -> io::Result<PathBuf> {
    #[cfg(any(target_os = "linux", target_os = "macos"))]
    {
        use rustix::fs::{CWD, RenameFlags, renameat_with};
        if renameat_with(CWD, new, CWD, target, RenameFlags::EXCHANGE).is_ok() {
            return Ok(new.to_owned());
        }
    }
    fs::rename(target, aside)?;
    match fs::rename(new, target) {
        Ok(()) => Ok(aside.to_owned()),
        Err(error) => fs::rename(aside, target).and(Err(error)),
    }
}

/// The name of the new folder within the temporary one.
const NEW: &str = "new";
/// The name of the old one there, if the two cannot change places in one step.
const OLD: &str = "old";
/// Letters and digits at the end of a temporary folder's name.
const RANDOM: usize = 6;

/// The name of the temporary folder beside a target, up to its random end.
fn scratch_prefix(target: &Path) -> String {
    format!(".{}.new-", target.file_name().unwrap_or_default().to_string_lossy())
}

/// Removes the temporary folders of processes that were killed while they wrote the same target: the files on the lists
/// in them, and folders in which no file was written yet.
fn clear_scratch(parent: &Path, target: &Path) {
    let prefix = scratch_prefix(target);
    let Ok(entries) = fs::read_dir(parent) else { return };
    for entry in entries.flatten() {
        let name = entry.file_name();
        let random = name.to_str().and_then(|name| name.strip_prefix(&prefix));
        let is_random = random.is_some_and(|end| end.len() == RANDOM && end.chars().all(|c| c.is_ascii_alphanumeric()));
        if !is_random || !entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            continue;
        }
        for inner in [NEW, OLD].map(|name| entry.path().join(name)) {
            index::remove_ours(&inner, Short::IsHalfWritten);
        }
        let _ = fs::remove_dir(entry.path());
    }
}

/// Checks that [`write_all`] can write to `folder`, to be called before a run.
///
/// # Errors
/// If the target is not a folder, holds a file that no run wrote or that was changed since, or cannot be written.
pub fn check_folder(folder: &Path) -> Result<(), FolderError> {
    let mut there = folder;
    if !check(folder)? {
        // The nearest folder above that exists is where the first new one will be made.
        there = folder.ancestors().skip(1).find(|above| above.exists()).unwrap_or(Path::new("."));
        if there.as_os_str().is_empty() {
            there = Path::new(".");
        }
        if !there.is_dir() {
            return Err(FolderError::NotAFolder(there.to_owned()));
        }
    }
    tempfile::tempfile_in(there).map_err(at(folder)).map(drop)
}

/// Whether the target exists; an error if it may not be replaced.
fn check(folder: &Path) -> Result<bool, FolderError> {
    match fs::metadata(folder) {
        // A link that leads nowhere.
        Err(_) if fs::symlink_metadata(folder).is_ok() => return Err(FolderError::NotAFolder(folder.to_owned())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
        Err(source) => return Err(FolderError::Io { path: folder.to_owned(), source }),
        Ok(metadata) if !metadata.is_dir() => return Err(FolderError::NotAFolder(folder.to_owned())),
        Ok(_) => {}
    }
    let target = folder.canonicalize().map_err(at(folder))?;
    if std::env::current_dir().and_then(fs::canonicalize).is_ok_and(|current| current.starts_with(&target)) {
        return Err(FolderError::Current(folder.to_owned()));
    }
    nothing_foreign(&target, folder).map(|()| true)
}

/// An error if `there` holds what is not a run's; it speaks of `folder`.
fn nothing_foreign(there: &Path, folder: &Path) -> Result<(), FolderError> {
    match index::foreign(there).map_err(at(folder))? {
        None => Ok(()),
        Some(Foreign::NotOurs(found)) => Err(FolderError::Foreign { folder: folder.to_owned(), found }),
        Some(Foreign::Changed(name)) => Err(FolderError::Changed(folder.join(name))),
    }
}

/// Where the logs stand as seen from the folder of the results, so that both can be moved together.
fn logs_from(target: &Path, logs: &BTreeMap<String, PathBuf>) -> BTreeMap<String, String> {
    logs.iter().map(|(name, path)| (name.clone(), index::relative(target, path))).collect()
}

/// Writes all files into a new folder, whose errors speak of the target. The list comes first, so that what a killed
/// process has left is known.
fn write(
    files: &[(String, Vec<u8>)],
    index: &Index,
    new: &Path,
    target: &Path,
    stop: &AtomicBool,
) -> Result<(), FolderError> {
    fs::create_dir_all(new).map_err(at(target))?;
    let save = |(name, bytes): &(String, Vec<u8>)| {
        go_on(stop)?;
        let save = |path: PathBuf| {
            path.parent().map_or(Ok(()), fs::create_dir_all)?;
            let mut file = fs::File::create_new(path)?;
            file.write_all(bytes)?;
            // Some systems tell of a full disk only now.
            file.sync_all()
        };
        save(new.join(name)).map_err(at(&target.join(name)))
    };
    save(&(index::NAME.to_owned(), index.text().into_bytes()))?;
    // A disk takes long to say that it has a file, and may be asked of several at once.
    files.par_iter().try_for_each(save)
}

/// An error if the process was asked to stop.
fn go_on(stop: &AtomicBool) -> Result<(), FolderError> {
    if stop.load(Ordering::Relaxed) { Err(FolderError::Stopped) } else { Ok(()) }
}

fn at(path: &Path) -> impl Fn(io::Error) -> FolderError {
    move |source| FolderError::Io { path: path.to_owned(), source }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::fixture::{self, Shape};

    fn write_all(results: &Results, origin: &Origin, folder: &Path) -> Result<Vec<PathBuf>, FolderError> {
        super::write_all(results, origin, &Part::USUAL, folder, &AtomicBool::new(false))
    }

    fn small() -> Results {
        fixture::make(&Shape { rates: vec![500.0, 900.0], windows: 4, servers: 2, ..Shape::default() })
    }

    fn origin(manifest: &str) -> Origin {
        Origin { manifest: manifest.to_owned(), ..Origin::default() }
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
        let files = write_all(&small(), &origin("Manifest()"), &target).unwrap();
        assert!(files.iter().all(|file| fs::metadata(file).unwrap().len() > 0));
        assert!(files.contains(&target.join("plots/latency-tail.png")));
        let all =
            [".rushhour.json", "differences.csv", "manifest.ron", "nodes.csv", "plots", "replicates.csv", "series.csv"];
        assert_eq!(names(&target)[..7], all);
        assert_eq!(names(&home.path().join("deep")), ["run"]);
        assert_eq!(fs::read_to_string(target.join("manifest.ron")).unwrap(), "Manifest()");
    }

    #[test]
    fn writing_that_is_given_up_leaves_what_was_there() {
        let home = tempfile::tempdir().unwrap();
        let target = home.path().join("run");
        write_all(&small(), &origin("first"), &target).unwrap();
        let stopped = super::write_all(&small(), &origin("second"), &Part::USUAL, &target, &AtomicBool::new(true));
        assert!(matches!(stopped, Err(FolderError::Stopped)));
        assert_eq!(fs::read_to_string(target.join("manifest.ron")).unwrap(), "first");
        assert_eq!(names(home.path()), ["run"]);
    }

    #[test]
    fn the_same_results_give_the_same_files() {
        let home = tempfile::tempdir().unwrap();
        let files = write_all(&small(), &origin("m"), &home.path().join("a")).unwrap();
        write_all(&small(), &origin("m"), &home.path().join("b")).unwrap();
        for file in files {
            let twin = home.path().join("b").join(file.strip_prefix(home.path().join("a")).unwrap());
            assert_eq!(fs::read(&file).unwrap(), fs::read(twin).unwrap(), "{}", file.display());
        }
    }

    #[test]
    fn an_earlier_run_is_replaced_with_all_that_it_wrote() {
        let home = tempfile::tempdir().unwrap();
        let target = home.path().join("run");
        let more = fixture::make(&Shape { rates: vec![500.0, 900.0], windows: 4, servers: 3, ..Shape::default() });
        write_all(&more, &origin("first"), &target).unwrap();
        let alone = home.path().join("alone");
        for target in [&target, &alone] {
            write_all(&small(), &origin("second"), target).unwrap();
        }
        assert_eq!(fs::read_to_string(target.join("manifest.ron")).unwrap(), "second");
        assert_eq!(names(&target.join("plots")), names(&alone.join("plots")));
        assert_eq!(names(home.path()), ["alone", "run"]);
    }

    #[test]
    fn an_empty_folder_is_used() {
        let home = tempfile::tempdir().unwrap();
        fs::create_dir(home.path().join("run")).unwrap();
        write_all(&small(), &origin("m"), &home.path().join("run")).unwrap();
        assert!(home.path().join("run/summary.csv").exists());
    }

    #[test]
    fn what_others_wrote_is_never_touched() {
        let home = tempfile::tempdir().unwrap();
        let target = home.path().join("run");
        fs::create_dir(&target).unwrap();
        // Not even by the names of what a run writes.
        for name in ["thesis.tex", "manifest.ron"] {
            fs::write(target.join(name), "years of work").unwrap();
            let error = write_all(&small(), &origin("m"), &target).unwrap_err().to_string();
            assert!(error.contains(name), "{error}");
            assert_eq!(names(&target), [name]);
            fs::remove_file(target.join(name)).unwrap();
        }
        let file = home.path().join("file");
        fs::write(&file, "years of work").unwrap();
        assert!(matches!(write_all(&small(), &origin("m"), &file), Err(FolderError::NotAFolder(_))));
        assert_eq!(names(home.path()), ["file", "run"]);
    }

    #[test]
    fn what_others_put_beside_an_earlier_run_is_never_touched() {
        let home = tempfile::tempdir().unwrap();
        let target = home.path().join("run");
        write_all(&small(), &origin("first"), &target).unwrap();
        let mine = target.join("plots/mine.svg");
        fs::write(&mine, "years of work").unwrap();
        assert!(matches!(write_all(&small(), &origin("m"), &target), Err(FolderError::Foreign { .. })));
        assert_eq!(fs::read_to_string(&mine).unwrap(), "years of work");
        fs::remove_file(&mine).unwrap();
        fs::write(target.join("manifest.ron"), "first, edited").unwrap();
        assert!(matches!(write_all(&small(), &origin("m"), &target), Err(FolderError::Changed(_))));
        assert_eq!(fs::read_to_string(target.join("manifest.ron")).unwrap(), "first, edited");
        assert_eq!(names(home.path()), ["run"]);
    }

    #[test]
    fn what_comes_while_the_files_are_written_is_kept_too() {
        let home = tempfile::tempdir().unwrap();
        let target = home.path().join("run");
        write_all(&small(), &origin("first"), &target).unwrap();
        let scratch = home.path().join("scratch");
        write_all(&small(), &origin("second"), &scratch.join(NEW)).unwrap();
        fs::write(target.join("mine.svg"), "years of work").unwrap();
        assert!(matches!(replace(&target, &scratch, &target), Err(FolderError::Foreign { .. })));
        assert_eq!(fs::read_to_string(target.join("mine.svg")).unwrap(), "years of work");
        assert_eq!(fs::read_to_string(target.join("manifest.ron")).unwrap(), "first");
        assert_eq!(names(home.path()), ["run"]);
    }

    #[test]
    fn what_a_killed_process_left_goes_and_what_only_looks_like_it_stays() {
        let home = tempfile::tempdir().unwrap();
        let target = home.path().join("run");
        for name in [".run.new-mine", ".run.new-abcdef", ".run.new-notes.txt"] {
            fs::create_dir(home.path().join(name)).unwrap();
            fs::write(home.path().join(name).join("thesis.tex"), "years of work").unwrap();
        }
        fs::create_dir(home.path().join(".run.new-photos")).unwrap();
        let mine = names(home.path()).into_iter().filter(|name| name != ".run.new-photos").collect::<Vec<_>>();
        // Killed while it wrote: the last file is half there.
        let left = home.path().join(".run.new-Ab3dEf/new");
        write_all(&small(), &origin("m"), &left).unwrap();
        let half = fs::read(left.join("summary.json")).unwrap();
        fs::write(left.join("summary.json"), &half[..half.len() / 2]).unwrap();
        write_all(&small(), &origin("m"), &target).unwrap();
        let rest: Vec<String> = names(home.path()).into_iter().filter(|name| name != "run").collect();
        assert_eq!(rest, mine);
    }

    #[test]
    fn the_folder_one_stands_in_is_not_replaced() {
        let current = std::env::current_dir().unwrap();
        assert!(matches!(check_folder(&current), Err(FolderError::Current(_))));
        assert!(matches!(check_folder(Path::new("..")), Err(FolderError::Current(_))));
    }

    #[test]
    fn a_parent_that_cannot_be_written_is_an_error_and_leaves_nothing() {
        let home = tempfile::tempdir().unwrap();
        let blocked = home.path().join("blocked");
        fs::write(&blocked, "a file where a folder should be").unwrap();
        let error = write_all(&small(), &origin("m"), &blocked.join("run")).unwrap_err();
        assert!(matches!(error, FolderError::Io { .. }), "{error}");
        assert_eq!(names(home.path()), ["blocked"]);
    }
}
