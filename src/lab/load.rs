//! Reads an experiment or a system and everything it names: other files, logs.
//!
//! The caller opens files, through [`Files`]; the library opens none.

use std::collections::BTreeSet;
use std::io::Read;

use super::claim::Claim;
use super::files::{Files, Loaded, Problems, plain};
use super::label::Raw;
use super::logs::unopened;
use super::plan::mistakes;
use super::spec::Experiment;
use crate::model::{Blueprint, System, check};
use crate::schema::quantity::Span;
use crate::schema::{Body, Decode, Kind, Name, Node, Reader, Region, Sources, decode_text, parse};

/// Simulated seconds of a system that is run without an experiment around it.
const BARE_SECONDS: f64 = 60.0;

/// Texts larger than this are not experiments.
const LARGEST_TEXT: u64 = 16 << 20;

/// Reads the experiment at `path`; a file that holds only a system is an experiment without arms.
///
/// ```
/// use rushhour::lab::{Text, load};
///
/// let files = Text::new("wrong.ron", r#"System(nodes: {"users": Clients(arivals: Poisson(rate: "80/s"), to: "web")})"#);
/// let problems = load(&files, "wrong.ron").expect_err("a field is misspelt");
/// assert!(problems.to_string().contains("unknown field `arivals`"));
/// assert_eq!(problems.sources.place(problems.diagnostics[0].region).map(|place| place.line), Some(1));
/// ```
///
/// # Errors
/// Everything that is wrong with the file and the system it names.
pub fn load(files: &dyn Files, path: &str) -> Result<Loaded, Problems> {
    let mut sources = Sources::default();
    let mut reader = Reader::default();
    let experiment = read_experiment(files, path, &mut sources, &mut reader);
    match experiment {
        Some(experiment) if reader.diagnostics.is_empty() => Ok(Loaded { experiment, sources, path: path.to_owned() }),
        _ => Err(Problems { diagnostics: reader.diagnostics, sources }),
    }
}

fn read_experiment(files: &dyn Files, path: &str, sources: &mut Sources, reader: &mut Reader) -> Option<Experiment> {
    let root = read_tree(files, path, None, sources, reader)?;
    experiment_of(root, files, path, sources, reader)
}

/// The experiment that `root` holds, the tree of the text at `path`.
pub(super) fn experiment_of(
    mut root: Node,
    files: &dyn Files,
    path: &str,
    sources: &mut Sources,
    reader: &mut Reader,
) -> Option<Experiment> {
    let home = files.portable_path(path);
    rebase(&mut root, &home, files);
    let bare = is_system(&root);
    if bare {
        let bare = Node { kind: Kind::Struct(None, vec![(name("system", root.region), root.clone())]), ..root };
        root = bare;
    } else if root.name().is_some_and(|name| name != "Experiment") || !matches!(root.kind, Kind::Struct(..)) {
        let found = root.describe();
        reader.error(root.region, format!("expected `Experiment(...)` or `System(...)`, found {found}"), "");
        return None;
    }
    // The system is read first, so that its mistakes are reported with those of the experiment.
    let mut good = true;
    let mut known = Vec::new();
    if let Kind::Struct(_, fields) = &mut root.kind
        && let Some((_, node)) = fields.iter_mut().find(|(field, _)| field.text == "system")
    {
        let before = reader.diagnostics.len();
        if let Some(tree) = read_system(files, (path, &home), node, sources, reader) {
            *node = tree;
        }
        known = reader.diagnostics[before..].to_vec();
        good = known.is_empty();
    }
    let decoded = Experiment::decode(&root, reader);
    if !good || decoded.is_none() {
        // So are those of the arms, the sweep and the claims, as far as they can be found.
        let readable = decoded.map(|whole| (whole, Vec::new())).or_else(|| readable(&root));
        let readable = readable.filter(|(read, _)| matches!(read.system_tree().kind, Kind::Struct(..)));
        if let Some((experiment, unread)) = readable {
            reader.diagnostics.extend(mistakes(&experiment, &known, &unread));
            reader.diagnostics.extend(unopened(&experiment, files, path));
        }
        return None;
    }
    let mut experiment = decoded?;
    if let Some(sweep) = experiment.sweep.as_mut().filter(|sweep| names_a_file(&sweep.path.0.text)) {
        sweep.values.iter_mut().for_each(|Raw(value)| rebase_text(value, &home, files));
    }
    if experiment.title.is_empty() {
        experiment.title = stem(path);
    }
    if bare && experiment.system().is_some_and(|system| system.is_endless()) {
        experiment.run.duration = Span::from_seconds(BARE_SECONDS);
    }
    Some(experiment)
}

/// The readable part of an experiment that cannot be read as a whole: fields, arms and claims without mistakes. With it
/// come the names of the fields that are present and cannot be read.
fn readable(root: &Node) -> Option<(Experiment, Vec<String>)> {
    let Kind::Struct(name, fields) = &root.kind else { return None };
    let (system, others): (Vec<_>, Vec<_>) = fields.iter().cloned().partition(|(field, _)| field.text == "system");
    let with = |more: Vec<(Name, Node)>| {
        let fields = system.iter().cloned().chain(more).collect();
        Experiment::decode(
            &Node { kind: Kind::Struct(name.clone(), fields), region: root.region },
            &mut Reader::default(),
        )
    };
    // Names that are not fields of an experiment are not tried: a file may be full of them.
    let valid: BTreeSet<&str> = Experiment::description().fields.iter().map(|field| field.name).collect();
    let others = others.into_iter().filter(|(field, _)| valid.contains(field.text.as_str()));
    let right = others.map(|(field, mut value)| {
        match (&mut value.kind, field.text.as_str()) {
            (Kind::List(items), "claims") => {
                items.retain(|item| Claim::decode(item, &mut Reader::default()).is_some());
            }
            (Kind::Map(arms), "arms") => keep_arms(arms),
            _ => {}
        }
        (field, value)
    });
    let (right, wrong): (Vec<_>, Vec<_>) = right.partition(|field| with(vec![field.clone()]).is_some());
    let unread = wrong.into_iter().map(|(field, _)| field.text);
    Some((with(right)?, unread.collect()))
}

/// Keeps the names of all arms, each once, with the settings that can be told.
fn keep_arms(arms: &mut Vec<(Name, Node)>) {
    let first = |entries: &mut Vec<(Name, Node)>| {
        let mut seen = BTreeSet::new();
        entries.retain(|(name, _)| seen.insert(name.text.clone()));
    };
    first(arms);
    for (_, arm) in arms {
        match &mut arm.kind {
            Kind::Map(settings) => first(settings),
            other => *other = Kind::Map(Vec::new()),
        }
    }
}

/// The tree of the system that `node` is or names, if there is one; `reader` collects its mistakes. It stands in the
/// file at `path`, which is `home` without its place.
fn read_system(
    files: &dyn Files,
    (path, home): (&str, &str),
    node: &Node,
    sources: &mut Sources,
    reader: &mut Reader,
) -> Option<Node> {
    let tree = match &node.kind {
        Kind::Tuple(Some(word), items) if word.text == "File" => match &items[..] {
            [Node { kind: Kind::Text(relative), region }] => {
                let target = files.beside(path, relative);
                let mut tree = read_tree(files, &target, Some(*region), sources, reader)?;
                rebase(&mut tree, &files.beside(home, relative), files);
                tree
            }
            _ => {
                reader.error(node.region, "expected the path of one file", "write `File(\"../models/web.ron\")`");
                return None;
            }
        },
        _ => node.clone(),
    };
    if let Some(system) = System::decode(&tree, reader) {
        reader.diagnostics.extend(check(&Blueprint::of(system)));
    }
    Some(tree)
}

fn read_tree(
    files: &dyn Files,
    path: &str,
    named_at: Option<Region>,
    sources: &mut Sources,
    reader: &mut Reader,
) -> Option<Node> {
    let text = read_text(files, path);
    match text {
        Ok(text) => {
            let source = sources.add(path, text);
            let (_, text) = sources.get(source)?;
            parse(source, text).map_err(|errors| reader.diagnostics.extend(errors)).ok()
        }
        Err(why) => {
            // A file that was named on the command line has no place in any text.
            let region = named_at.unwrap_or(Region { source: u32::MAX, start: 0, end: 0 });
            reader.error(region, format!("cannot read \"{path}\": {why}"), "");
            None
        }
    }
}

fn read_text(files: &dyn Files, path: &str) -> Result<String, String> {
    let mut bytes = Vec::new();
    files.open(path)?.take(LARGEST_TEXT + 1).read_to_end(&mut bytes).map_err(|error| plain(&error))?;
    if bytes.len() as u64 > LARGEST_TEXT {
        return Err("larger than 16 MiB, which no experiment is; a log is named inside one".to_owned());
    }
    decode_text(bytes)
}

fn is_system(root: &Node) -> bool {
    let named = |field: &str| matches!(&root.kind, Kind::Struct(_, fields) if fields.iter().any(|(name, _)| name.text == field));
    root.name() == Some("System") || (root.name().is_none() && named("nodes"))
}

fn name(text: &str, region: Region) -> Name {
    Name { text: text.to_owned(), region }
}

fn stem(path: &str) -> String {
    let file = path.rsplit(['/', '\\', ':']).next().unwrap_or(path);
    file.strip_suffix(".ron").unwrap_or(file).to_owned()
}

/// True of the name of a field that holds a path, and of a path of the language that ends in one.
fn names_a_file(name: &str) -> bool {
    name == "file" || name.ends_with(".file")
}

fn rebase_text(node: &mut Node, base: &str, files: &dyn Files) {
    if let Kind::Text(text) = &mut node.kind {
        *text = files.beside(base, text);
    }
}

/// Every `file` field of the language is a path as seen from the file it stands in: makes of it one as seen from where
/// `base` is seen from.
fn rebase(node: &mut Node, base: &str, files: &dyn Files) {
    match &mut node.kind {
        Kind::Struct(_, fields) | Kind::Map(fields) => {
            for (name, value) in fields {
                if names_a_file(&name.text) {
                    rebase_text(value, base, files);
                }
                rebase(value, base, files);
            }
        }
        Kind::Tuple(Some(name), items) => {
            if name.text == "Replay" {
                items.iter_mut().take(1).for_each(|file| rebase_text(file, base, files));
            }
            items.iter_mut().for_each(|item| rebase(item, base, files));
        }
        Kind::Tuple(None, items) | Kind::List(items) => items.iter_mut().for_each(|item| rebase(item, base, files)),
        Kind::Word(_) | Kind::Number(_) | Kind::Text(_) | Kind::Given(_) => {}
    }
}

impl Experiment {
    /// The tree of the system.
    #[must_use]
    pub fn system_tree(&self) -> &Node {
        let Raw(tree) = &self.system;
        tree
    }

    /// The system without any arm; `None` if it cannot be read, which [`load`](crate::lab::load) has reported before.
    #[must_use]
    pub fn system(&self) -> Option<System> {
        System::decode(self.system_tree(), &mut Reader::default())
    }
}
