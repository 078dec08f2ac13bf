//! Files from the disk, and the models and experiments that the program carries with it.

use std::fs::File;
use std::io::Read;
use std::path::{Component, Path, PathBuf};

use super::shipped;
use crate::lab::Files;
use crate::lab::load::plain;

/// What stands before the path of a file that the program carries.
pub const SHIPPED: &str = "shipped:";

/// The disk; paths that begin with `shipped:` name files inside the program.
#[derive(Clone, Copy, Debug)]
pub struct Disk;

impl Files for Disk {
    fn open(&self, path: &str) -> Result<Box<dyn Read + '_>, String> {
        if let Some(name) = path.strip_prefix(SHIPPED) {
            let bytes = shipped::file(name).ok_or("the program carries no such file")?;
            return Ok(Box::new(bytes));
        }
        let file = File::open(path).map_err(|error| plain(&error))?;
        if file.metadata().map_err(|error| plain(&error))?.is_dir() {
            return Err("it is a directory".to_owned());
        }
        Ok(Box::new(std::io::BufReader::with_capacity(1 << 16, file)))
    }

    fn beside(&self, base: &str, relative: &str) -> String {
        if relative.starts_with(SHIPPED) || Path::new(relative).is_absolute() {
            return relative.to_owned();
        }
        match base.strip_prefix(SHIPPED) {
            Some(base) => format!("{SHIPPED}{}", tidy(&folder(base).join(relative)).display()),
            None => {
                let joined = folder(base).join(relative);
                tidy(&std::path::absolute(&joined).unwrap_or(joined)).display().to_string()
            }
        }
    }
}

fn folder(path: &str) -> PathBuf {
    Path::new(path).parent().map(Path::to_owned).unwrap_or_default()
}

/// Without `.` and `..`, by the words of the path alone.
fn tidy(path: &Path) -> PathBuf {
    let mut out = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir if matches!(out.components().next_back(), Some(Component::Normal(_))) => {
                out.pop();
            }
            part => out.push(part),
        }
    }
    out
}

/// The file that a word on the command line means: a path if there is one, otherwise something the program carries.
///
/// # Errors
/// There is neither; says what is nearest.
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
