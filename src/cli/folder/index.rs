//! The list of the files that a run wrote into its folder, with a hash of each: files on the list that are unchanged
//! belong to the program and may be replaced. Everything else in the folder belongs to the user.
//!
//! The list also says where the logs of the run were found, relative to the folder. The manifest names them as the
//! experiment did, so that it is the same wherever the experiment is.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::Path;

use serde::{Deserialize, Serialize};
use xxhash_rust::xxh64::Xxh64;

/// The file name of the list.
pub const NAME: &str = ".rushhour.json";

/// The first words of the list, by which it is recognized.
const KIND: &str = "files that a run of rushhour wrote";

/// A list longer than this is none.
const LONGEST: u64 = 64 << 20;

/// Files that file managers leave in every folder they show. They hold no work of a user.
const LITTER: [&str; 3] = [".DS_Store", "Thumbs.db", "desktop.ini"];

/// One file of the list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Entry {
    /// Path within the folder, with `/`.
    name: String,
    /// Its length.
    bytes: u64,
    /// XXH64 of its content.
    xxh64: String,
}

/// The files that a run wrote into a folder.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Index {
    kind: String,
    /// True unless the run was stopped before its end.
    pub complete: bool,
    files: Vec<Entry>,
    /// Where each log was found, by its name in the manifest.
    pub logs: BTreeMap<String, String>,
}

/// A file or folder that does not belong to a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Foreign {
    /// A file or folder that is not on the list.
    NotOurs(String),
    /// A file of the list whose content is not what was written.
    Changed(String),
}

/// How to treat a listed file that is shorter than it should be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Short {
    /// Keep it: it was changed by the user.
    IsChanged,
    /// Remove it: it was being written when the process was killed.
    IsHalfWritten,
}

impl Index {
    /// The list of `files` by path and content, of a run that was `complete` or stopped.
    #[must_use]
    pub fn of(files: &[(String, Vec<u8>)], logs: BTreeMap<String, String>, complete: bool) -> Self {
        let entry = |(name, bytes): &(String, Vec<u8>)| Entry {
            name: name.clone(),
            bytes: bytes.len() as u64,
            xxh64: hex(xxhash_rust::xxh64::xxh64(bytes, 0)),
        };
        Self { kind: KIND.to_owned(), complete, files: files.iter().map(entry).collect(), logs }
    }

    /// The list in `folder`; `None` if there is none.
    #[must_use]
    pub fn read(folder: &Path) -> Option<Self> {
        let path = folder.join(NAME);
        if !fs::symlink_metadata(&path).ok()?.is_file() {
            return None;
        }
        let mut text = String::new();
        File::open(path).ok()?.take(LONGEST).read_to_string(&mut text).ok()?;
        // A name that leads out of the folder was not written by a run.
        let is_inside = |entry: &Entry| {
            Path::new(&entry.name).components().all(|part| matches!(part, std::path::Component::Normal(_)))
        };
        serde_json::from_str(&text).ok().filter(|index: &Self| index.kind == KIND && index.files.iter().all(is_inside))
    }

    /// The list as text.
    #[must_use]
    pub fn text(&self) -> String {
        serde_json::to_string_pretty(self).expect("plain data has no keys that JSON cannot write") + "\n"
    }

    fn entry(&self, name: &str) -> Option<&Entry> {
        self.files.iter().find(|entry| entry.name == name)
    }

    /// The folders that the files of the list stand in, inner ones after outer ones.
    fn folders(&self) -> BTreeSet<String> {
        let mut folders = BTreeSet::new();
        for entry in &self.files {
            let slashes = entry.name.match_indices('/').map(|(at, _)| entry.name[..at].to_owned());
            folders.extend(slashes);
        }
        folders
    }
}

/// The first file or folder in `folder`, in order of names, that no run wrote or that was changed since.
///
/// # Errors
/// The folder cannot be read.
pub fn foreign(folder: &Path) -> io::Result<Option<Foreign>> {
    let index = Index::read(folder);
    let folders = index.as_ref().map(Index::folders).unwrap_or_default();
    let mut waiting = vec![String::new()];
    while let Some(prefix) = waiting.pop() {
        let mut entries = fs::read_dir(folder.join(&prefix))?.collect::<io::Result<Vec<_>>>()?;
        entries.sort_by_key(fs::DirEntry::file_name);
        for entry in entries {
            let here = entry.file_name().to_string_lossy().into_owned();
            let name = if prefix.is_empty() { here.clone() } else { format!("{prefix}/{here}") };
            // The target of a link belongs to the user.
            let kind = entry.file_type()?;
            if kind.is_dir() && folders.contains(&name) {
                waiting.push(name);
                continue;
            }
            if kind.is_file() && (LITTER.contains(&here.as_str()) || (name == NAME && index.is_some())) {
                continue;
            }
            match index.as_ref().and_then(|index| index.entry(&name)).filter(|_| kind.is_file()) {
                None => return Ok(Some(Foreign::NotOurs(name))),
                Some(listed) if !is_as_written(&entry.path(), listed)? => return Ok(Some(Foreign::Changed(name))),
                Some(_) => {}
            }
        }
    }
    Ok(None)
}

/// Removes the files that a run wrote into `folder`, and the folder if it is then empty. Files that are not on the
/// list, or that were changed, are kept.
pub fn remove_ours(folder: &Path, short: Short) {
    let index = Index::read(folder);
    for entry in index.iter().flat_map(|index| &index.files) {
        let path = folder.join(&entry.name);
        let is_short = || fs::symlink_metadata(&path).is_ok_and(|found| found.is_file() && found.len() < entry.bytes);
        // A file that cannot be read or removed stays.
        if is_as_written(&path, entry).unwrap_or(false) || (short == Short::IsHalfWritten && is_short()) {
            let _ = fs::remove_file(path);
        }
    }
    let folders = index.as_ref().map(Index::folders).unwrap_or_default();
    for inner in folders.iter().rev().map(|name| folder.join(name)).chain([folder.to_owned()]) {
        for litter in LITTER.map(|name| inner.join(name)) {
            if fs::symlink_metadata(&litter).is_ok_and(|found| found.is_file()) {
                let _ = fs::remove_file(litter);
            }
        }
        let is_last = inner == folder && fs::read_dir(folder).is_ok_and(|entries| entries.count() == 1);
        if is_last && index.is_some() {
            let _ = fs::remove_file(folder.join(NAME));
        }
        // A folder that is not empty stays.
        let _ = fs::remove_dir(inner);
    }
}

/// `path` relative to `folder`, with `/` as separator; both must be absolute and without links. Returns `path` itself
/// if there is no relative path.
#[must_use]
pub fn relative(folder: &Path, path: &Path) -> String {
    let (from, to): (Vec<_>, Vec<_>) = (folder.components().collect(), path.components().collect());
    let shared = from.iter().zip(&to).take_while(|(a, b)| a == b).count();
    if shared == 0 {
        return path.display().to_string();
    }
    let up = from[shared..].iter().map(|_| "..".to_owned());
    let down = to[shared..].iter().map(|part| part.as_os_str().to_string_lossy().into_owned());
    up.chain(down).collect::<Vec<_>>().join("/")
}

fn is_as_written(path: &Path, entry: &Entry) -> io::Result<bool> {
    let found = fs::symlink_metadata(path)?;
    Ok(found.is_file() && found.len() == entry.bytes && hex(digest(&mut File::open(path)?)?) == entry.xxh64)
}

/// XXH64 of all that `input` holds.
fn digest(input: &mut impl Read) -> io::Result<u64> {
    let (mut hasher, mut buffer) = (Xxh64::new(0), vec![0; 1 << 16]);
    loop {
        match input.read(&mut buffer)? {
            0 => return Ok(hasher.digest()),
            read => hasher.update(&buffer[..read]),
        }
    }
}

fn hex(hash: u64) -> String {
    format!("{hash:016x}")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A folder as a run leaves it.
    fn written() -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        let files = [("a.csv", "one"), ("plots/b.svg", "two"), ("plots/deep/c.svg", "three")];
        let files = files.map(|(name, text)| (name.to_owned(), text.as_bytes().to_vec()));
        fs::create_dir_all(folder.path().join("plots/deep")).unwrap();
        for (name, bytes) in &files {
            fs::write(folder.path().join(name), bytes).unwrap();
        }
        fs::write(folder.path().join(NAME), Index::of(&files, BTreeMap::new(), true).text()).unwrap();
        folder
    }

    #[test]
    fn what_a_run_wrote_is_known_by_its_content() {
        let folder = written();
        assert_eq!(foreign(folder.path()).unwrap(), None);
        fs::write(folder.path().join("plots/b.svg"), "too").unwrap();
        assert_eq!(foreign(folder.path()).unwrap(), Some(Foreign::Changed("plots/b.svg".to_owned())));
    }

    #[test]
    fn whatever_else_is_there_is_foreign() {
        type Put = fn(&Path);
        let cases: [(&str, Put); 5] = [
            ("notes.md", |folder| fs::write(folder.join("notes.md"), "mine").unwrap()),
            ("plots/mine.svg", |folder| fs::write(folder.join("plots/mine.svg"), "mine").unwrap()),
            ("empty", |folder| fs::create_dir(folder.join("empty")).unwrap()),
            ("a.csv", |folder| {
                fs::remove_file(folder.join("a.csv")).unwrap();
                fs::create_dir(folder.join("a.csv")).unwrap();
            }),
            (".rushhour.json", |folder| fs::write(folder.join(NAME), "{\"kind\": \"mine\"}").unwrap()),
        ];
        for (name, put) in cases {
            let folder = written();
            put(folder.path());
            assert_eq!(foreign(folder.path()).unwrap(), Some(Foreign::NotOurs(name.to_owned())));
        }
    }

    #[test]
    #[cfg(unix)]
    fn a_link_to_the_same_content_is_foreign() {
        let folder = written();
        let elsewhere = tempfile::tempdir().unwrap();
        fs::write(elsewhere.path().join("mine"), "one").unwrap();
        fs::remove_file(folder.path().join("a.csv")).unwrap();
        std::os::unix::fs::symlink(elsewhere.path().join("mine"), folder.path().join("a.csv")).unwrap();
        assert_eq!(foreign(folder.path()).unwrap(), Some(Foreign::NotOurs("a.csv".to_owned())));
    }

    #[test]
    fn a_folder_without_a_list_is_foreign_unless_empty() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(foreign(folder.path()).unwrap(), None);
        fs::write(folder.path().join(".DS_Store"), "of the file manager").unwrap();
        assert_eq!(foreign(folder.path()).unwrap(), None);
        fs::write(folder.path().join("manifest.ron"), "mine").unwrap();
        assert_eq!(foreign(folder.path()).unwrap(), Some(Foreign::NotOurs("manifest.ron".to_owned())));
    }

    #[test]
    #[cfg(unix)]
    fn a_file_is_named_as_seen_from_a_folder() {
        for (folder, path, seen) in [
            ("/a/out/x", "/a/access.log", "../../access.log"),
            ("/a/out/x", "/a/out/x/logs/access.log", "logs/access.log"),
            ("/a", "/b/c", "../b/c"),
        ] {
            assert_eq!(relative(Path::new(folder), Path::new(path)), seen);
        }
    }

    #[test]
    fn a_list_that_leads_out_of_its_folder_is_none() {
        let folder = written();
        let files = [("../a.csv".to_owned(), b"one".to_vec())];
        fs::write(folder.path().join(NAME), Index::of(&files, BTreeMap::new(), true).text()).unwrap();
        assert_eq!(Index::read(folder.path()), None);
    }

    #[test]
    fn what_is_ours_goes_and_what_is_not_stays() {
        let folder = written();
        let path = folder.keep();
        remove_ours(&path, Short::IsChanged);
        assert!(!path.exists());
        let folder = written();
        fs::write(folder.path().join("a.csv"), "o").unwrap();
        fs::write(folder.path().join("plots/mine.svg"), "mine").unwrap();
        remove_ours(folder.path(), Short::IsChanged);
        assert!(folder.path().join("a.csv").exists() && folder.path().join("plots/mine.svg").exists());
        assert!(!folder.path().join("plots/b.svg").exists());
        remove_ours(folder.path(), Short::IsHalfWritten);
        assert!(!folder.path().join("a.csv").exists() && folder.path().join("plots/mine.svg").exists());
    }
}
