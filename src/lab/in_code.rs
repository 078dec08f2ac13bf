//! Experiments made in code from the records of the language. They are written as text and read again, so that they are
//! checked like a file and give the same bits.

use super::files::{Files, Loaded, Problems};
use super::label::{Label, Raw};
use super::load::experiment_of;
use super::plan::{Plan, plan};
use super::spec::{Experiment, SweepSpec};
use super::text::Text;
use crate::schema::{Encode, Kind, Map, Name, Node, Reader, Region, Sources, named, parse, print};

/// The name of an experiment made in code, in messages.
const NAME: &str = "experiment in code";

/// An arm: the fields that it sets, by their paths. Example: `Arm::default().set("web.workers", 2_u32)`.
pub type Arm = Map<Raw>;

impl Map<Raw> {
    /// Sets the field at `path` to `value`. A path is the name of a node and of its fields, with dots between, as in a
    /// file. For a field that holds a choice, give the choice: `Policy::from(Random::new())`.
    #[must_use]
    pub fn set(self, path: &str, value: impl Encode) -> Self {
        self.with(path, Raw::of(&value))
    }
}

impl Experiment {
    /// Adds an arm.
    #[must_use]
    pub fn arm(self, name: &str, arm: Arm) -> Self {
        Self { arms: self.arms.with(name, arm), ..self }
    }

    /// Sets the sweep: the field at `path` takes each of these values.
    #[must_use]
    pub fn sweep<T: Encode>(self, path: &str, values: impl IntoIterator<Item = T>) -> Self {
        let values = values.into_iter().map(|value| Raw::of(&value)).collect();
        Self { sweep: Some(SweepSpec { path: Label::from(path), values, label: String::new() }), ..self }
    }

    /// Checks an experiment made in code, and reads the files that it names through `files`.
    ///
    /// # Errors
    /// All of its mistakes: each message names the node and the field, and shows the line of the experiment as it would
    /// be written.
    pub fn load(mut self, files: &dyn Files) -> Result<Loaded, Problems> {
        if self.title.is_empty() {
            "experiment".clone_into(&mut self.title);
        }
        let made = named(
            "Experiment",
            match self.encode().kind {
                Kind::Struct(_, fields) => fields,
                _ => Vec::new(),
            },
        );
        let mut sources = Sources::default();
        let text = print(&made);
        let mut root = match parse(sources.add(NAME, text.as_str()), &text) {
            Ok(root) => root,
            Err(diagnostics) => return Err(Problems { diagnostics, sources }),
        };
        put_given(&mut root, &made);
        let mut reader = Reader::default();
        let experiment = experiment_of(root.clone(), files, NAME, &mut sources, &mut reader);
        match experiment {
            Some(experiment) if reader.diagnostics.is_empty() => {
                Ok(Loaded { experiment, sources, path: NAME.to_owned() })
            }
            _ => Err(with_paths(Problems { diagnostics: reader.diagnostics, sources }, &root)),
        }
    }

    /// Plans an experiment made in code that names no files.
    ///
    /// ```
    /// use rushhour::experiment::Experiment;
    /// use rushhour::system::arrivals::Users;
    /// use rushhour::system::laws::Exponential;
    /// use rushhour::system::{Clients, Fleet, Span, System};
    ///
    /// let system = System::default()
    ///     .node("users", Clients::new(Users::new(10), "web"))
    ///     .node("web", Fleet { workers: 0, ..Fleet::of(Exponential::new(Span::milliseconds(5))) });
    /// let problems = Experiment::new(system).plan().expect_err("no workers");
    /// assert!(problems.to_string().contains("`web.workers`: a server has 1 to 1,000,000 workers"));
    /// ```
    ///
    /// # Errors
    /// See [`Experiment::load`]; also mistakes in the arms, the sweep and the claims.
    pub fn plan(self) -> Result<Plan, Problems> {
        let files = Text::default();
        let loaded = self.load(&files)?;
        let root = loaded.sources.get(0).and_then(|(_, text)| parse(0, text).ok());
        plan(loaded, &files).map_err(|problems| match &root {
            Some(root) => with_paths(problems, root),
            None => problems,
        })
    }
}

/// Puts the values that have no text from `made` into `root`, which is its text read again.
fn put_given(root: &mut Node, made: &Node) {
    match (&mut root.kind, &made.kind) {
        (kind, Kind::Given(given)) => *kind = Kind::Given(given.clone()),
        (Kind::List(items) | Kind::Tuple(_, items), Kind::List(others) | Kind::Tuple(_, others)) => {
            items.iter_mut().zip(others).for_each(|(item, other)| put_given(item, other));
        }
        (Kind::Struct(_, fields) | Kind::Map(fields), Kind::Struct(_, others) | Kind::Map(others)) => {
            fields.iter_mut().zip(others).for_each(|((_, field), (_, other))| put_given(field, other));
        }
        _ => {}
    }
}

/// The same problems, each message with the path of the value that it is about, because the author of code has not seen
/// the text.
fn with_paths(problems: Problems, root: &Node) -> Problems {
    let Problems { mut diagnostics, sources } = problems;
    for diagnostic in &mut diagnostics {
        let path = path_of(root, diagnostic.region);
        let path = path.strip_prefix(&["system", "nodes"]).unwrap_or(&path);
        if !path.is_empty() {
            diagnostic.message = format!("`{}`: {}", path.join("."), diagnostic.message);
        }
    }
    Problems { diagnostics, sources }
}

/// The names of the values around `region`, from the outside in.
fn path_of(node: &Node, region: Region) -> Vec<&str> {
    let mut path = Vec::new();
    let mut at = node;
    let holds = |place: Region| {
        place.source == region.source && place.start <= region.start && region.end <= place.end && !place.is_empty()
    };
    loop {
        let next = match &at.kind {
            Kind::Struct(_, fields) | Kind::Map(fields) => {
                let here = |(name, value): &&(Name, Node)| holds(name.region) || holds(value.region);
                fields.iter().find(here).map(|(name, value)| (Some(name.text.as_str()), value))
            }
            Kind::List(items) | Kind::Tuple(_, items) => {
                items.iter().find(|item| holds(item.region)).map(|item| (None, item))
            }
            _ => None,
        };
        let Some((name, value)) = next else { return path };
        path.extend(name);
        at = value;
    }
}
