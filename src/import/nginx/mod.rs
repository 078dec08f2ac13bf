//! NGINX: `upstream` blocks and the places that pass requests to them.
//!
//! Read as <https://nginx.org/en/docs/> describes them, modules of NGINX Plus included. Words and blocks are read in
//! `token` and `tree`; what they mean for balancing, in `upstream`, `server` and `pass`.

mod pass;
mod server;
mod settings;
mod token;
mod tree;
mod upstream;

use super::group::{Group, Said};
use super::report::Why;
use super::source::Problem;
use super::{Imported, Report, Texts, model};
use tree::Directive;
#[cfg(test)]
pub(super) use tree::{Directive as AnyDirective, read as read_tree};

/// Imports the NGINX configuration at `path` and everything it includes. [`Texts`] has an example.
///
/// # Errors
/// If it cannot be read, is malformed, or passes requests to no upstream.
pub fn import(texts: &dyn Texts, path: &str) -> Result<Imported, Problem> {
    let mut report = Report::default();
    let directives = tree::read(texts, path, &mut report)?;
    let mut upstreams = upstream::Upstreams::default();
    upstreams.collect(&directives, false, &mut report);
    let mut walk = pass::Walk { upstreams, report };
    walk.block(&directives, &pass::Scope::default());
    let pass::Walk { upstreams, mut report } = walk;
    let copies = workers(&directives, &mut report);
    let groups: Vec<Group> = upstreams.finish(copies, &mut report);
    if groups.is_empty() {
        return Err(Problem::of(path, "there is no `upstream` with servers and no `proxy_pass`: nothing to balance"));
    }
    model::build("NGINX", path, &groups, report)
}

/// How many processes balance, each with a view of its own where an upstream has no `zone`.
fn workers(directives: &[Directive], report: &mut Report) -> Option<Said<usize>> {
    let directive = directives.iter().find(|directive| directive.name == "worker_processes")?;
    match directive.first()?.parse() {
        Ok(workers @ 1..=1000) => {
            report.used(directive.at);
            Some(Said::new(workers, directive.at))
        }
        _ => {
            let message = "as many processes as the machine has processors: taken as one; set `copies` of each balancer \
                           whose upstream has no `zone`";
            report.note(directive.at, Why::Assumed, message);
            None
        }
    }
}
