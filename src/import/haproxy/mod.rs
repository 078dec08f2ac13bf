//! HAProxy: `backend` and `listen` sections, and the `frontend`s that lead to them.
//!
//! Read as <https://docs.haproxy.org/2.6/configuration.html> describes them. Words and sections are read in `words` and
//! `sections`; what they mean for balancing, in `balance`, `server`, `proxy` and `retry`.

mod balance;
mod proxy;
mod retry;
mod sections;
mod server;
mod settings;
mod words;

#[cfg(test)]
pub(super) use words::words;

use super::source::Problem;
use super::{Imported, Report, Texts, model};

/// Imports the HAProxy configuration at `path`.
///
/// ```
/// use rushhour::import::{Texts, haproxy};
///
/// struct One;
///
/// impl Texts for One {
///     fn read(&self, _path: &str) -> Result<Vec<u8>, String> {
///         Ok(b"listen shop\n  balance leastconn\n  server a 10.0.0.1:80 weight 3\n  server b 10.0.0.2:80\n".to_vec())
///     }
///
///     fn named(&self, _pattern: &str, _main: &str) -> Result<Vec<String>, String> {
///         Ok(Vec::new())
///     }
/// }
///
/// let imported = haproxy(&One, "haproxy.cfg").expect("it is well formed");
/// assert!(imported.text.contains("LeastConnections"));
/// ```
///
/// # Errors
/// If it cannot be read, is malformed, or has no servers.
pub fn import(texts: &dyn Texts, path: &str) -> Result<Imported, Problem> {
    let mut report = Report::default();
    let bytes = texts.read(path).map_err(|why| Problem::of(path, why))?;
    let file = report.sources.add(path, &bytes)?;
    let sections = sections::read(file, &mut report)?;
    let groups = proxy::groups(&sections, &mut report);
    if groups.is_empty() {
        return Err(Problem::of(path, "there is no `backend` or `listen` with servers: nothing to balance"));
    }
    model::build("HAProxy", path, &groups, report)
}

/// The beginning of a word, for a message.
fn short(word: &str) -> String {
    let mut shown: String = word.chars().take(60).map(|c| if c.is_control() { ' ' } else { c }).collect();
    if word.chars().nth(60).is_some() {
        shown.push_str("...");
    }
    shown
}
