//! `rushhour import nginx` and `haproxy`: a model of a proxy's configuration.

use std::io::Read;
use std::path::{Path, PathBuf};

use super::write_new;
use crate::cli::{End, print, tell};
use crate::import::{Imported, LARGEST, Problem, Texts};
use crate::lab::files::plain;

/// Arguments of `import nginx` and `import haproxy`.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// The configuration
    file: String,
    /// Write the model to this file, which must not exist, instead of printing it
    #[arg(long, value_name = "FILE")]
    model_out: Option<PathBuf>,
}

/// Reads the configuration, and prints a model of it and the directives that are not in the model.
///
/// # Errors
/// The mistake in the configuration, in words.
pub fn import(
    arguments: &Arguments,
    read: impl FnOnce(&dyn Texts, &str) -> Result<Imported, Problem>,
) -> Result<End, String> {
    let imported = read(&Disk, &arguments.file).map_err(|problem| problem.to_string())?;
    tell(&imported.report.to_string());
    match &arguments.model_out {
        None => Ok(print(&imported.text)),
        Some(path) => {
            write_new(path, &imported.text)?;
            tell(&format!("the model is in {}\n", path.display()));
            Ok(End::Fine)
        }
    }
}

/// Files on the disk.
struct Disk;

impl Texts for Disk {
    fn read(&self, path: &str) -> Result<Vec<u8>, String> {
        let file = std::fs::File::open(path).map_err(|error| plain(&error))?;
        if file.metadata().map_err(|error| plain(&error))?.is_dir() {
            return Err("it is a directory".to_owned());
        }
        let mut bytes = Vec::new();
        file.take(LARGEST + 1).read_to_end(&mut bytes).map_err(|error| plain(&error))?;
        Ok(bytes)
    }

    fn named(&self, pattern: &str, main: &str) -> Result<Vec<String>, String> {
        let folder = Path::new(main).parent().unwrap_or(Path::new(""));
        if !pattern.contains(['*', '?', '[']) {
            return Ok(vec![folder.join(pattern).display().to_string()]);
        }
        let escaped = glob::Pattern::escape(&folder.display().to_string());
        let whole = Path::new(&escaped).join(pattern).display().to_string();
        let paths = glob::glob(&whole).map_err(|error| format!("no pattern of files: {}", error.msg))?;
        // A folder that cannot be read contributes no files.
        Ok(paths.flatten().map(|path| path.display().to_string()).collect())
    }
}
