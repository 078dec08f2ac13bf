//! The files of an experiment, and the result of reading them: an experiment, or all of its mistakes.
//!
//! How an experiment is read belongs in `load`.

use std::io::Read;

use super::spec::Experiment;
use crate::schema::{Diagnostic, Sources, render};

/// Opens the files that an experiment names; the library itself opens none. For texts in memory see
/// [`Text`](crate::lab::Text).
///
/// ```
/// use std::io::Read;
/// use rushhour::lab::{Files, load, plan};
///
/// /// A system with as many workers as its name says.
/// struct ByName;
///
/// impl Files for ByName {
///     fn open(&self, path: &str) -> Result<Box<dyn Read + '_>, String> {
///         let workers: u32 = path.parse().map_err(|_| "its name is no number".to_owned())?;
///         let text = format!(r#"
///             System(nodes: {{
///                 "users": Clients(arrivals: Poisson(rate: "80/s"), to: "web"),
///                 "web": Fleet(workers: {workers}, service: Exponential(mean: "10 ms")),
///             }})
///         "#);
///         Ok(Box::new(std::io::Cursor::new(text)))
///     }
///
///     fn beside(&self, _base: &str, relative: &str) -> String {
///         relative.to_owned()
///     }
/// }
///
/// let plan = plan(load(&ByName, "3")?, &ByName)?;
/// assert!(plan.manifest().contains("workers: 3"));
/// let problems = load(&ByName, "three").expect_err("no number");
/// assert!(problems.to_string().contains("cannot read \"three\": its name is no number"));
/// # Ok::<(), rushhour::lab::Problems>(())
/// ```
pub trait Files {
    /// Opens the file at `path`.
    ///
    /// # Errors
    /// Why it cannot be opened, without its name.
    fn open(&self, path: &str) -> Result<Box<dyn Read + '_>, String>;

    /// Resolves the path `relative`, found in the file at `base`, without looking at the disk.
    fn beside(&self, base: &str, relative: &str) -> String;

    /// The path at which to open the log `relative`, named in the file at `base`.
    fn log_path(&self, base: &str, relative: &str) -> String {
        self.beside(base, relative)
    }

    /// The most memory that all logs together may take, in bytes.
    fn log_memory(&self) -> u64 {
        u64::MAX
    }

    /// The path `path` without its folder, if files beside it can be found from any folder. The manifest then names
    /// logs relative to the experiment, so that it is the same wherever the experiment is.
    fn portable_path(&self, path: &str) -> String {
        path.to_owned()
    }
}

/// Why a file cannot be used: all of its mistakes.
#[derive(Clone, Debug)]
pub struct Problems {
    /// The mistakes.
    pub diagnostics: Vec<Diagnostic>,
    /// The texts in which the mistakes were found.
    pub sources: Sources,
}

impl std::fmt::Display for Problems {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&render(&self.diagnostics, &self.sources))
    }
}

impl std::error::Error for Problems {}

/// An experiment with the texts it was read from.
#[derive(Clone, Debug)]
pub struct Loaded {
    /// The experiment. Its system is always the tree of the system itself, not a reference to a file.
    pub experiment: Experiment,
    /// The texts that were read.
    pub sources: Sources,
    /// The path it was read from. Paths of logs are relative to it.
    pub path: String,
}

/// An error of the operating system in words, without its number.
#[must_use]
pub fn plain(error: &std::io::Error) -> String {
    match error.kind() {
        std::io::ErrorKind::NotFound => "there is no such file".to_owned(),
        std::io::ErrorKind::PermissionDenied => "permission denied".to_owned(),
        std::io::ErrorKind::IsADirectory => "it is a directory".to_owned(),
        std::io::ErrorKind::StorageFull => "the disk is full".to_owned(),
        _ => error.to_string(),
    }
}
