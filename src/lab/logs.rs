//! The logs that an experiment replays: finds them, reads them, and compares them with their hashes in the experiment.

use std::collections::BTreeSet;
use std::io::{self, Read};
use std::sync::Arc;

use xxhash_rust::xxh64::Xxh64;

use super::cells::Cell;
use super::files::{Files, plain};
use super::label::Raw;
use super::spec::Experiment;
use crate::model::{Inputs, System};
use crate::schema::{Diagnostic, Kind, Name, Node, Region, suggest};
use crate::trace::{self, Replay, Room};

/// A log that was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReadLog {
    /// Its name in the experiment.
    pub name: String,
    /// Where it was opened.
    pub path: String,
    /// XXH64 of its bytes, as text.
    pub digest: String,
}

/// The logs of an experiment of which something else is wrong that cannot be opened, whether the rest can be read or not.
#[must_use]
pub fn unopened(experiment: &Experiment, files: &dyn Files, path: &str) -> Vec<Diagnostic> {
    let mut named = Vec::new();
    replayed(experiment.system_tree(), &mut named);
    for (setting, Raw(value)) in experiment.arms.entries.iter().flat_map(|(_, arm)| &arm.entries) {
        if let (Kind::Text(file), true) = (&value.kind, setting.text.ends_with(".arrivals.file")) {
            named.push((file, value.region));
        }
        replayed(value, &mut named);
    }
    experiment.sweep.iter().flat_map(|sweep| &sweep.values).for_each(|Raw(value)| replayed(value, &mut named));
    let mut seen = BTreeSet::new();
    named.retain(|(file, _)| seen.insert(*file));
    let problem = |(file, region): (&String, Region)| {
        let path = files.log_path(path, file);
        let why = files.open(&path).err()?;
        Some(Diagnostic::new(region, format!("cannot replay \"{path}\": {why}")))
    };
    named.into_iter().filter_map(problem).collect()
}

/// The logs that a tree replays, with their places.
fn replayed<'a>(tree: &'a Node, found: &mut Vec<(&'a String, Region)>) {
    let file = match &tree.kind {
        Kind::Tuple(Some(name), items) if name.text == "Replay" => items.first(),
        Kind::Struct(Some(name), fields) if name.text == "Replay" => {
            let is_file = |field: &str| matches!(field, "file" | "0");
            fields.iter().find(|(field, _)| is_file(&field.text)).map(|(_, value)| value)
        }
        _ => None,
    };
    if let Some(Node { kind: Kind::Text(file), region }) = file {
        found.push((file, *region));
    }
    match &tree.kind {
        Kind::Struct(_, fields) | Kind::Map(fields) => fields.iter().for_each(|(_, value)| replayed(value, found)),
        Kind::Tuple(_, items) | Kind::List(items) => items.iter().for_each(|item| replayed(item, found)),
        Kind::Word(_) | Kind::Number(_) | Kind::Text(_) | Kind::Given(_) => {}
    }
}

/// Reads each log once, however many cells replay it.
pub struct Logs<'a> {
    /// The experiment that replays them.
    pub experiment: &'a Experiment,
    /// Where files come from.
    pub files: &'a dyn Files,
    /// Where the experiment stands.
    pub path: &'a str,
    /// Their contents.
    pub inputs: Inputs,
    /// Which were read.
    pub read: Vec<ReadLog>,
    /// Lines that were left out.
    pub notices: Vec<String>,
}

impl Logs<'_> {
    /// Reads the logs of these cells; their mistakes go to `found`.
    pub fn read(&mut self, cells: &[Cell], found: &mut Vec<Diagnostic>) {
        let mut failed: Vec<&str> = Vec::new();
        for replay in cells.iter().flat_map(|(_, _, cell)| replays(cell.system())) {
            if self.inputs.trace(replay).is_some() || failed.contains(&replay.file.as_str()) {
                continue;
            }
            if let Err(problem) = self.read_one(replay) {
                failed.push(&replay.file);
                found.push(problem);
            }
        }
        for (Name { text, region }, _) in &self.experiment.logs.entries {
            if !failed.contains(&text.as_str()) && !self.read.iter().any(|log| log.name == *text) {
                let names: Vec<&str> = self.read.iter().map(|log| log.name.as_str()).collect();
                let problem = Diagnostic::new(*region, format!("no log \"{text}\" is replayed"));
                found.push(problem.help(suggest(text, &names)));
            }
        }
    }

    fn read_one(&mut self, replay: &Replay) -> Result<(), Diagnostic> {
        let name = &replay.file;
        let path = self.files.log_path(self.path, name);
        let read = self.files.open(&path).and_then(|input| {
            let mut input = Hashing { input, hasher: Xxh64::new(0) };
            let bytes = self.files.log_memory().saturating_sub(self.inputs.bytes());
            let room = Room { bytes, names: false };
            let (trace, report) = trace::read_within(&mut input, replay, room).map_err(|error| error.to_string())?;
            Ok((trace, report, input.digest().map_err(|error| plain(&error))?))
        });
        let (trace, report, digest) =
            read.map_err(|why| Diagnostic::new(self.place(name), format!("cannot replay \"{path}\": {why}")))?;
        let expected = self.experiment.logs.entries.iter().find(|(known, _)| known.text == *name);
        if let Some((Name { region, .. }, expected)) = expected.filter(|(_, expected)| *expected != digest) {
            let message = format!(
                "the log \"{path}\" is not the one that this experiment speaks of: its XXH64 is {digest} and not {expected}"
            );
            let help = "take this line away to replay what the log holds now; the results will be others";
            return Err(Diagnostic::new(*region, message).help(help));
        }
        self.notices.extend(report.notices().into_iter().map(|notice| format!("{}: {notice}", short(name))));
        self.inputs.traces.push((replay.clone(), Arc::new(trace)));
        if !self.read.iter().any(|log| log.name == *name) {
            self.read.push(ReadLog { name: name.clone(), path, digest });
        }
        Ok(())
    }

    /// Where the experiment names a log.
    fn place(&self, name: &str) -> Region {
        let tree = self.experiment.system_tree();
        let arms = self.experiment.arms.entries.iter().flat_map(|(_, arm)| &arm.entries).map(|(_, Raw(value))| value);
        let swept = self.experiment.sweep.iter().flat_map(|sweep| &sweep.values).map(|Raw(value)| value);
        std::iter::once(tree).chain(arms).chain(swept).find_map(|node| place_of(node, name)).unwrap_or(tree.region)
    }
}

/// Reads on, and hashes the bytes read.
struct Hashing<R> {
    input: R,
    hasher: Xxh64,
}

impl<R: Read> Hashing<R> {
    /// The XXH64 of the whole, whether it has been read to its end or not.
    fn digest(mut self) -> io::Result<String> {
        io::copy(&mut self, &mut io::sink())?;
        Ok(format!("{:016x}", self.hasher.digest()))
    }
}

impl<R: Read> Read for Hashing<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.input.read(buffer)?;
        self.hasher.update(&buffer[..read]);
        Ok(read)
    }
}

/// The name of a file without its folders: the same on every machine.
fn short(path: &str) -> &str {
    path.rsplit(['/', '\\', ':']).next().unwrap_or(path)
}

pub(super) fn replays(system: &System) -> impl Iterator<Item = &Replay> {
    system.nodes.entries.iter().filter_map(|(_, node)| node.replays())
}

/// Where `text` stands as a string in `tree`.
#[must_use]
pub fn place_of(tree: &Node, text: &str) -> Option<Region> {
    match &tree.kind {
        Kind::Text(here) => (here == text).then_some(tree.region),
        Kind::Struct(_, fields) | Kind::Map(fields) => fields.iter().find_map(|(_, value)| place_of(value, text)),
        Kind::Tuple(_, items) | Kind::List(items) => items.iter().find_map(|item| place_of(item, text)),
        Kind::Word(_) | Kind::Number(_) | Kind::Given(_) => None,
    }
}
