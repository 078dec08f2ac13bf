//! Files from the disk, and the built-in models and experiments.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Component, Path, PathBuf};

use super::folder::index::Index;
use super::shipped;
use crate::lab::Files;
use crate::lab::files::plain;

/// Prefix of the paths of built-in files.
pub const SHIPPED: &str = "shipped:";

/// The disk; paths that begin with `shipped:` name files inside the program.
#[derive(Clone, Copy, Debug)]
pub struct Disk;

impl Files for Disk {
    fn open(&self, path: &str) -> Result<Box<dyn Read + '_>, String> {
        if let Some(name) = path.strip_prefix(SHIPPED) {
            let bytes = shipped::file(name).ok_or("there is no such built-in file")?;
            return Ok(Box::new(bytes));
        }
        let file = File::open(path).map_err(|error| plain(&error))?;
        if file.metadata().map_err(|error| plain(&error))?.is_dir() {
            return Err("it is a directory".to_owned());
        }
        Ok(Box::new(io::BufReader::with_capacity(1 << 16, file)))
    }

    fn beside(&self, base: &str, relative: &str) -> String {
        if relative.starts_with(SHIPPED) || Path::new(relative).is_absolute() {
            return relative.to_owned();
        }
        match base.strip_prefix(SHIPPED) {
            Some(base) => format!("{SHIPPED}{}", tidy(&folder(base).join(relative))),
            None => tidy(&folder(base).join(relative)),
        }
    }

    /// The manifest of a run names logs as its experiment did; the list beside it says where they were.
    fn log_path(&self, base: &str, relative: &str) -> String {
        let path = self.beside(base, relative);
        if path.starts_with(SHIPPED) || Path::new(&path).exists() {
            return path;
        }
        let folder = folder(base);
        let index = Index::read(if folder.as_os_str().is_empty() { Path::new(".") } else { &folder });
        let found = index.and_then(|mut index| index.logs.remove(relative)).map(|seen| folder.join(seen));
        found.map_or(path, |found| found.display().to_string())
    }

    fn portable_path(&self, path: &str) -> String {
        let name = Path::new(path).file_name().filter(|_| !path.starts_with(SHIPPED));
        name.map_or_else(|| path.to_owned(), |name| name.to_string_lossy().into_owned())
    }
}

/// The disk, with a limit on the memory that logs may take.
#[derive(Clone, Copy, Debug)]
pub struct Bounded {
    /// Bytes that all logs together may take.
    pub room: u64,
}

impl Files for Bounded {
    fn open(&self, path: &str) -> Result<Box<dyn Read + '_>, String> {
        Disk.open(path)
    }

    fn beside(&self, base: &str, relative: &str) -> String {
        Disk.beside(base, relative)
    }

    fn log_path(&self, base: &str, relative: &str) -> String {
        Disk.log_path(base, relative)
    }

    fn log_memory(&self) -> u64 {
        self.room
    }

    fn portable_path(&self, path: &str) -> String {
        Disk.portable_path(path)
    }
}

fn folder(path: &str) -> PathBuf {
    Path::new(path).parent().map(Path::to_owned).unwrap_or_default()
}

/// Without `.` and `..`, by the words of the path alone, and with `/` on every system where it is relative.
fn tidy(path: &Path) -> String {
    let mut out: Vec<Component<'_>> = Vec::new();
    for part in path.components() {
        match (part, out.last()) {
            (Component::CurDir, _) => {}
            (Component::ParentDir, Some(Component::Normal(_))) => drop(out.pop()),
            (part, _) => out.push(part),
        }
    }
    if path.is_absolute() {
        return out.iter().collect::<PathBuf>().display().to_string();
    }
    let words = out.iter().map(|part| part.as_os_str().to_string_lossy());
    words.collect::<Vec<_>>().join("/")
}

/// The file that an argument names: a path if it exists, otherwise a built-in file.
///
/// # Errors
/// Neither exists; the message has the nearest name.
pub fn resolve(word: &str) -> Result<String, String> {
    let shipped = shipped::by_name(word);
    // A folder of results often goes by the name of its experiment.
    let is_meant = Path::new(word).exists() && !(shipped.is_some() && Path::new(word).is_dir());
    if word.starts_with(SHIPPED) || is_meant {
        return Ok(word.to_owned());
    }
    if let Some(name) = shipped {
        return Ok(format!("{SHIPPED}{name}"));
    }
    let names: Vec<&str> = shipped::names().collect();
    let near = crate::schema::nearest(word, names.iter().copied());
    let hint = near.map_or_else(|| "`rushhour list` shows them".to_owned(), |name| format!("did you mean `{name}`?"));
    Err(format!("there is no file \"{word}\", and no model or experiment of that name; {hint}"))
}
