//! Configurations of real proxies as models: what NGINX and HAProxy are told, in the words of the language.
//!
//! A reader of each program (`nginx`, `haproxy`) turns its text into the same [`group::Group`]s: a balancer with the
//! servers behind it. `model` makes a system of them. Nothing is dropped in silence: each directive is in the model, in
//! the notes of the [`Report`], or among what is not about balancing. Logs belong in `trace`; files on the disk belong to
//! whoever calls, through [`Texts`].

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

/// Where the files come from that a configuration names.
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
    /// The bytes of a file, at most [`LARGEST`] and one.
    ///
    /// # Errors
    /// Why it cannot be read, in words, without its name.
    fn read(&self, path: &str) -> Result<Vec<u8>, String>;

    /// The files that `pattern` names, in order, as seen from the folder of the file `main`. None is no mistake where the
    /// pattern has wildcards.
    ///
    /// # Errors
    /// Why they cannot be listed, in words.
    fn named(&self, pattern: &str, main: &str) -> Result<Vec<String>, String>;
}

/// A configuration as a model.
#[derive(Clone, Debug)]
pub struct Imported {
    /// The system, which passes [`crate::model::check`].
    pub system: System,
    /// The same as the text of a model file, with comments that say where each part comes from and what to fill in.
    pub text: String,
    /// What became of each directive.
    pub report: Report,
}
