//! Imports configurations of NGINX and HAProxy as systems.
//!
//! A reader of each program (`nginx`, `haproxy`) turns its text into the same `group::Group`s: a balancer with the
//! servers behind it. `model` makes a system of them. No directive is dropped silently: each is in the model, in the
//! notes of the [`Report`], or in the list of what is not about balancing. Logs belong in `trace`; the caller opens
//! files, through [`Texts`].

mod group;
pub(crate) mod haproxy;
mod model;
pub(crate) mod nginx;
mod quantity;
mod report;
mod source;

#[cfg(test)]
mod tests;

pub use haproxy::import as haproxy;
pub use nginx::import as nginx;
pub use report::{Note, Report, Why};
pub use source::{At, LARGEST, Problem, Source, Sources};

use crate::model::System;

/// Reads the files that a configuration names.
///
/// ```
/// use rushhour::import::{Texts, nginx};
///
/// struct One(&'static str);
///
/// impl Texts for One {
///     fn read(&self, _path: &str) -> Result<Vec<u8>, String> {
///         Ok(self.0.as_bytes().to_vec())
///     }
///
///     fn named(&self, _pattern: &str, _main: &str) -> Result<Vec<String>, String> {
///         Ok(Vec::new())
///     }
/// }
///
/// let configuration = One(
///     "http {
///         upstream shop { least_conn; server 10.0.0.1:80 weight=3; server 10.0.0.2:80; }
///         server { location / { proxy_pass http://shop; } }
///     }",
/// );
/// let imported = nginx(&configuration, "nginx.conf").expect("it is well formed");
/// assert!(imported.text.contains("LeastConnections"));
/// ```
pub trait Texts {
    /// Reads a file; at most [`LARGEST`] + 1 bytes are needed.
    ///
    /// # Errors
    /// Why it cannot be read, without its name.
    fn read(&self, path: &str) -> Result<Vec<u8>, String>;

    /// The files that match `pattern`, in order. Paths are relative to the folder of the file `main`. A pattern with
    /// wildcards may match no file.
    ///
    /// # Errors
    /// Why the files cannot be listed.
    fn named(&self, pattern: &str, main: &str) -> Result<Vec<String>, String>;
}

/// A configuration as a model.
#[derive(Clone, Debug)]
pub struct Imported {
    /// The system. It has passed all checks that an experiment with it makes.
    pub system: System,
    /// The system as the text of a model file, with comments that say where each part comes from and what to fill in.
    pub text: String,
    /// The outcome of each directive: modelled, left out, or unknown.
    pub report: Report,
}
