//! Experiments from texts in memory, without files.

use std::io::Read;

use super::files::{Files, Problems};
use super::load::load;
use super::plan::{Plan, plan};

/// Files in memory: texts under names, in place of files on a disk.
///
/// ```
/// use rushhour::lab::{Text, load, plan};
///
/// let files = Text::new("web.ron", r#"
///     System(nodes: {
///         "users": Clients(arrivals: Poisson(rate: "80/s"), to: "web"),
///         "web": Fleet(service: Exponential(mean: "10 ms")),
///     })
/// "#)
/// .and("two.ron", r#"
///     Experiment(
///         system: File("web.ron"),
///         run: (duration: "1 min"),
///         arms: {"one worker": {}, "two workers": {"web.workers": 2}},
///     )
/// "#);
/// let plan = plan(load(&files, "two.ron")?, &files)?;
/// assert_eq!(plan.arms, ["one worker", "two workers"]);
/// # Ok::<(), rushhour::lab::Problems>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct Text {
    /// Name and text of each.
    texts: Vec<(String, String)>,
}

impl Text {
    /// One text under a name. Messages use the name.
    #[must_use]
    pub fn new(name: impl Into<String>, text: impl Into<String>) -> Self {
        Self::default().and(name, text)
    }

    /// Adds another text that an experiment may name: a system, or a log to replay.
    #[must_use]
    pub fn and(mut self, name: impl Into<String>, text: impl Into<String>) -> Self {
        self.texts.push((name.into(), text.into()));
        self
    }
}

impl Files for Text {
    fn open(&self, path: &str) -> Result<Box<dyn Read + '_>, String> {
        let found = self.texts.iter().find(|(name, _)| name == path);
        found.map(|(_, text)| Box::new(text.as_bytes()) as _).ok_or_else(|| "there is no such text".to_owned())
    }

    /// A name means the same wherever it is written.
    fn beside(&self, _base: &str, relative: &str) -> String {
        relative.to_owned()
    }
}

/// Plans the experiment that `text` holds, which names no other file.
///
/// ```
/// let plan = rushhour::lab::plan_text(r#"
///     System(nodes: {
///         "users": Clients(arrivals: Poisson(rate: "80/s"), to: "web"),
///         "web": Fleet(service: Exponential(mean: "10 ms")),
///     })
/// "#)?;
/// let results = plan.run()?;
/// assert!(results.cells[0].estimate("utilization").is_some());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// Everything that is wrong with the text, with line and column.
pub fn plan_text(text: &str) -> Result<Plan, Problems> {
    let files = Text::new("experiment", text);
    plan(load(&files, "experiment")?, &files)
}
