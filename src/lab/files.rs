//! Where texts and logs come from, and what reading them gives: an experiment, or everything that is wrong.
//!
//! How an experiment is read belongs in `load`.

use std::io::Read;

use super::spec::Experiment;
use crate::schema::{Diagnostic, Sources, render};

/// Where files come from: the library opens none itself. For texts that a program holds there is [`Text`](super::Text).
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
    /// Why it cannot be opened, in words, without its name.
    fn open(&self, path: &str) -> Result<Box<dyn Read + '_>, String>;

    /// The path of `relative`, which stands in the file at `base`: by the words of both alone.
    fn beside(&self, base: &str, relative: &str) -> String;

    /// Where to open the log `relative`, which stands in the file at `base`.
    fn log_path(&self, base: &str, relative: &str) -> String {
        self.beside(base, relative)
    }

    /// Bytes of memory that all logs together may take.
    fn room_for_logs(&self) -> u64 {
        u64::MAX
    }

    /// The file at `path` without the place where it happens to stand, if files beside it are found there wherever it
    /// stands: what it names is told as seen from it, so that its manifest is the same in every place.
    fn placeless(&self, path: &str) -> String {
        path.to_owned()
    }
}

/// Why a file cannot be used: everything that is wrong with it.
#[derive(Clone, Debug)]
pub struct Problems {
    /// What is wrong.
    pub diagnostics: Vec<Diagnostic>,
    /// The texts that it is wrong with.
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
    /// The experiment; its system is the tree of the system itself, never a reference to a file.
    pub experiment: Experiment,
    /// The texts that were read.
    pub sources: Sources,
    /// The path it was read from, which the paths of its logs are relative to.
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
