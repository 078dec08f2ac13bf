//! The plan of an experiment: every cell with its system, read and checked, before anything runs.

use std::io::{self, Read};
use std::sync::Arc;

use xxhash_rust::xxh64::Xxh64;

use super::claim::Claim;
use super::covered::never_happens;
use super::load::{Files, Loaded, Problems, place_of, plain};
use super::measure::{Measure, Quantity, Scope, places, quantities, recovery};
use super::results::{Sweep, SweepPoint};
use super::spec::{Experiment, Label, Raw, RunSpec};
use super::trouble::Trouble;
use crate::actors::clients::Traffic;
use crate::engine::Duration;
use crate::model::{Inputs, System, advice, check};
use crate::schema::quantity::{Bytes, Percent, Rate, Span};
use crate::schema::{Decode, Diagnostic, Encode, Kind, Map, Name, Node, Reader, Region, apply, print, suggest};
use crate::trace::{self, Replay};

/// One arm at one point of the sweep.
#[derive(Clone, Debug)]
pub struct PlannedCell {
    /// Which arm.
    pub arm: usize,
    /// Which point of the sweep; 0 without one.
    pub point: usize,
    /// The system with all values put in.
    pub system: System,
    /// Windows of the series to begin with.
    pub window: Duration,
}

/// A log that was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReadLog {
    /// What the experiment calls it.
    pub name: String,
    /// Where it was opened.
    pub path: String,
    /// XXH64 of its bytes, as text.
    pub digest: String,
}

/// Everything that will be run, and what will be asked of it.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The experiment as it will be run.
    pub experiment: Experiment,
    /// Names of the arms.
    pub arms: Vec<String>,
    /// The arm others are compared with; `None` with a single arm.
    pub baseline: Option<usize>,
    /// The x axis.
    pub sweep: Option<Sweep>,
    /// Arms x points, arms outermost.
    pub cells: Vec<PlannedCell>,
    /// The numbers each cell gives.
    pub quantities: Vec<Quantity>,
    /// What numbers are told apart by, and how recovery is judged.
    pub scope: Scope,
    /// The logs that are replayed.
    pub inputs: Inputs,
    /// Where they were read, and what they held.
    pub logs: Vec<ReadLog>,
    /// What the reader should know: lines of a log that were left out.
    pub notices: Vec<String>,
}

/// The only arm of an experiment without arms.
pub const ONLY_ARM: &str = "system";

/// Most cells of an experiment.
const MOST_CELLS: usize = 10_000;

/// True if nothing changes with time in any arm at any point: no faults, and arrivals whose law stays the same.
#[must_use]
pub fn is_stationary(experiment: &Experiment) -> bool {
    let cells = Planner { experiment, reader: Reader::default() }.cells();
    !cells.is_empty() && cells.iter().all(|(_, _, system)| system.is_stationary())
}

/// Plans `loaded`, with the logs it names read from `files`.
///
/// # Errors
/// Everything that is wrong with the arms, the sweep, the claims and the logs.
pub fn plan(loaded: Loaded, files: &dyn Files) -> Result<Plan, Problems> {
    let Loaded { experiment, sources, path } = loaded;
    let mut planner = Planner { experiment: &experiment, reader: Reader::default() };
    let cells = planner.cells();
    let arms = planner.arm_names();
    let sweep = planner.sweep();
    let base = experiment.system();
    let systems = || base.as_ref().into_iter().chain(cells.iter().map(|(_, _, system)| system));
    let scope = Scope {
        fleets: names(systems().flat_map(System::stations)),
        clients: names(systems().flat_map(System::clients).map(|(name, _)| name)),
        places: places(systems()),
        recovery: recovery(&experiment.measure),
    };
    let baseline = planner.baseline(&arms);
    planner.check_claims(&arms, sweep.as_ref(), &scope);
    planner.check_measures(&scope);
    planner.check_trouble(&cells, &scope);
    planner.check_ends(&cells);
    let mut diagnostics = planner.reader.diagnostics;
    let mut logs = Logs {
        experiment: &experiment,
        files,
        path: &path,
        inputs: Inputs::default(),
        read: Vec::new(),
        notices: Vec::new(),
    };
    if diagnostics.is_empty() {
        logs.read(&cells, &mut diagnostics);
    }
    let Logs { inputs, read: logs, mut notices, .. } = logs;
    if !diagnostics.is_empty() {
        return Err(Problems { diagnostics, sources });
    }
    let end = experiment.run.duration.map_or(f64::INFINITY, |duration| duration.seconds());
    let late = |system: &System| never_happens(system, end);
    for advice in cells.iter().flat_map(|(_, _, system)| [advice(system), late(system)].concat()) {
        if !notices.contains(&advice) {
            notices.push(advice);
        }
    }
    let quantities = quantities(&experiment.measure, &experiment.claims, &scope);
    let cells = cells.into_iter().map(|(arm, point, system)| PlannedCell {
        window: window(&system, &experiment.run, &inputs),
        arm,
        point,
        system,
    });
    let cells = cells.collect();
    Ok(Plan { arms, baseline, sweep, cells, quantities, scope, inputs, logs, notices, experiment })
}

/// Each name once, in order of first appearance.
fn names<'a>(all: impl Iterator<Item = &'a str>) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for name in all {
        if !names.iter().any(|known| known == name) {
            names.push(name.to_owned());
        }
    }
    names
}

impl Plan {
    /// The experiment with every default filled in and the system as it was run: reads back to the same plan.
    #[must_use]
    pub fn manifest(&self) -> String {
        let mut experiment = self.experiment.clone();
        if let Some(base) = experiment.system() {
            experiment.system = Raw(named("System", base.encode()));
        }
        let logs = self
            .logs
            .iter()
            .map(|log| (Name { text: log.name.clone(), region: Region::default() }, log.digest.clone()));
        experiment.logs = Map::new(logs.collect());
        print(&named("Experiment", experiment.encode())) + "\n"
    }

    /// Points of the sweep; 1 without one.
    #[must_use]
    pub fn points(&self) -> usize {
        self.sweep.as_ref().map_or(1, |sweep| sweep.points.len())
    }
}

fn named(word: &str, node: Node) -> Node {
    match node.kind {
        Kind::Struct(_, fields) => {
            let name = Name { text: word.to_owned(), region: Region::default() };
            Node::made(Kind::Struct(Some(name), fields))
        }
        _ => node,
    }
}

struct Planner<'a> {
    experiment: &'a Experiment,
    reader: Reader,
}

impl Planner<'_> {
    fn arm_names(&self) -> Vec<String> {
        let names: Vec<String> = self.experiment.arms.keys().map(str::to_owned).collect();
        if names.is_empty() { vec![ONLY_ARM.to_owned()] } else { names }
    }

    /// The system of every arm at every point.
    fn cells(&mut self) -> Vec<(usize, usize, System)> {
        let only: Map<Raw> = Map::default();
        let arms: Vec<&Map<Raw>> = match &self.experiment.arms.entries[..] {
            [] => vec![&only],
            entries => entries.iter().map(|(_, arm)| arm).collect(),
        };
        let points: Vec<Option<(&Label, &Raw)>> = match &self.experiment.sweep {
            None => vec![None],
            Some(sweep) => sweep.values.iter().map(|value| Some((&sweep.path, value))).collect(),
        };
        if arms.len() * points.len() > MOST_CELLS {
            let region = self.experiment.sweep.as_ref().map_or(Region::default(), |sweep| sweep.path.0.region);
            let cells = arms.len() * points.len();
            self.reader.error(region, format!("{cells} cells are more than an experiment may have, {MOST_CELLS}"), "");
            return Vec::new();
        }
        let mut cells = Vec::new();
        for (arm, overrides) in arms.iter().enumerate() {
            for (point, swept) in points.iter().enumerate() {
                let mut tree = self.experiment.system_tree().clone();
                let overrides = overrides.entries.iter().map(|(path, value)| (path, value));
                let swept = swept.iter().map(|(path, value)| (&path.0, *value));
                let mut good = true;
                for (path, Raw(value)) in overrides.chain(swept) {
                    if let Err(diagnostic) = put(&mut tree, path, value.clone()) {
                        self.reader.diagnostics.push(diagnostic);
                        good = false;
                    }
                }
                if !good {
                    continue;
                }
                if let Some(system) = System::decode(&tree, &mut self.reader) {
                    self.reader.diagnostics.extend(check(&system));
                    cells.push((arm, point, system));
                }
            }
        }
        cells
    }

    fn sweep(&self) -> Option<Sweep> {
        let sweep = self.experiment.sweep.as_ref()?;
        let (values, unit) = axis(&sweep.values);
        let labels = sweep.values.iter().map(|Raw(value)| label(value));
        let points = labels.zip(values).map(|(label, value)| SweepPoint { label, value }).collect();
        Some(Sweep { path: sweep.path.0.text.clone(), label: sweep.label.clone(), unit, points })
    }

    fn baseline(&mut self, arms: &[String]) -> Option<usize> {
        match &self.experiment.baseline {
            Some(label) => {
                let found = arms.iter().position(|arm| *arm == label.0.text);
                if found.is_none() {
                    self.unknown_arm(label, arms);
                }
                found.filter(|_| arms.len() > 1)
            }
            None => (arms.len() > 1).then_some(0),
        }
    }

    fn unknown_arm(&mut self, label: &Label, arms: &[String]) {
        let valid: Vec<&str> = arms.iter().map(String::as_str).collect();
        let Name { text, region } = &label.0;
        self.reader.error(*region, format!("there is no arm \"{text}\""), suggest(text, &valid));
    }

    fn check_claims(&mut self, arms: &[String], sweep: Option<&Sweep>, scope: &Scope) {
        for claim in &self.experiment.claims {
            for label in claim.arms() {
                if !arms.contains(&label.0.text) {
                    self.unknown_arm(label, arms);
                }
            }
            self.check_point(claim, sweep);
            for term in claim.terms() {
                if let Some(Label(Name { text, region })) = term.of().filter(|of| !scope.clients.contains(&of.0.text)) {
                    let valid: Vec<&str> = scope.clients.iter().map(String::as_str).collect();
                    let message = format!("there is no node of clients \"{text}\"");
                    self.reader.error(*region, message, suggest(text, &valid));
                }
                if let Some(node) = term.node() {
                    self.check_node(node, &term.quantity(scope), scope);
                }
            }
            if let Some((region, mismatch)) = claim.mismatch() {
                self.reader.error(region, format!("the claim compares unlike things: {mismatch}"), "");
            }
        }
    }

    /// A number is told of a node that there is and that gives it.
    fn check_node(&mut self, node: &Label, quantity: &Quantity, scope: &Scope) {
        let Name { text, region } = &node.0;
        let here = || scope.places.iter().filter(|place| place.name == *text);
        if here().any(|place| place.gives(&quantity.what)) || (scope.clients.contains(text) && quantity.is_of_clients())
        {
            return;
        }
        let clients = scope.clients.iter().filter(|_| quantity.is_of_clients());
        let giving = scope.places.iter().filter(|place| place.gives(&quantity.what));
        let valid = names(clients.map(String::as_str).chain(giving.map(|place| &*place.name)));
        let valid: Vec<&str> = valid.iter().map(String::as_str).collect();
        let kind = here().next().map(|place| place.kind).or(scope.clients.contains(text).then_some("Clients"));
        let message = match kind {
            Some(kind) => format!("\"{text}\" is a node of kind {kind}, which has no {}", quantity.kind()),
            None => format!("there is no node \"{text}\""),
        };
        self.reader.error(*region, message, suggest(text, &valid));
    }

    fn check_measures(&mut self, scope: &Scope) {
        for measure in &self.experiment.measure {
            if let Some((node, quantity)) = measure.node().zip(measure.quantities(scope).first()) {
                self.check_node(node, quantity, scope);
            }
        }
    }

    fn check_point(&mut self, claim: &Claim, sweep: Option<&Sweep>) {
        if claim.is_along_the_sweep() && sweep.is_none_or(|sweep| sweep.points.len() < 2) {
            let region = claim.arms().first().map_or(self.experiment.system_tree().region, |label| label.0.region);
            self.reader.error(region, "a claim along the sweep needs a sweep of two points or more", "");
        }
        let Some(label) = claim.at() else { return };
        let Name { text, region } = &label.0;
        let valid: Vec<&str> =
            sweep.map(|sweep| sweep.points.iter().map(|point| point.label.as_str()).collect()).unwrap_or_default();
        if valid.is_empty() {
            self.reader.error(*region, "nothing is swept, so a claim has no point `at` which it holds", "");
        } else if !valid.contains(&text.as_str()) {
            self.reader.error(*region, format!("the sweep has no point \"{text}\""), suggest(text, &valid));
        }
    }

    /// Recovery is from something: faults, spikes of arrivals, or what the file says.
    fn check_trouble(&mut self, cells: &[(usize, usize, System)], scope: &Scope) {
        let measures = &self.experiment.measure;
        let recoveries = measures.iter().filter(|measure| matches!(measure, Measure::Recovery(_))).count();
        let region = self.experiment.system_tree().region;
        if recoveries > 1 {
            self.reader.error(region, "`Recovery` is measured twice; claims would not know which is meant", "");
        }
        let claims = &self.experiment.claims;
        let claimed = claims.iter().find(|claim| claim.needs_trouble());
        let known =
            |system: &System| scope.recovery.trouble(Trouble::of(system)).is_some_and(|trouble| trouble.end.is_some());
        if (recoveries > 0 || claimed.is_some())
            && !cells.is_empty()
            && !cells.iter().any(|(_, _, system)| known(system))
        {
            let arm = claimed.and_then(|claim| claim.arms().first().map(|label| label.0.region));
            let message = "nothing says from what the system recovers: it has no fault or spike of arrivals that ends";
            self.reader.error(
                arm.unwrap_or(region),
                message,
                "write `measure: [Recovery(start: \"30 s\", end: \"40 s\")]`",
            );
        }
    }

    /// A replication must end: by time, by count, or because the log it replays is over.
    fn check_ends(&mut self, cells: &[(usize, usize, System)]) {
        let run = &self.experiment.run;
        if run.duration.is_none() && run.requests.is_none() && cells.iter().any(|(_, _, system)| system.is_endless()) {
            let region = self.experiment.system_tree().region;
            let message = "nothing says when a replication ends";
            self.reader.error(region, message, "write `run: (duration: \"10 min\")` in the experiment");
        }
    }
}

/// Puts `value` at `path`, which begins with the name of a node or with `faults`.
fn put(tree: &mut Node, path: &Name, value: Node) -> Result<(), Diagnostic> {
    let first = crate::schema::split_path(&path.text).into_iter().next().unwrap_or_default();
    let Kind::Struct(_, fields) = &mut tree.kind else {
        return Err(Diagnostic::new(path.region, "the system has no fields to set"));
    };
    if matches!(first.as_str(), "faults" | "nodes") {
        return apply(tree, &path.text, path.region, value);
    }
    match fields.iter_mut().find(|(field, _)| field.text == "nodes") {
        Some((_, nodes)) => apply(nodes, &path.text, path.region, value),
        None => Err(Diagnostic::new(path.region, "the system has no nodes")),
    }
}

/// A value as people write it.
fn label(value: &Node) -> String {
    match &value.kind {
        Kind::Text(text) => text.clone(),
        _ => print(value),
    }
}

/// Values of the x axis with their unit, where all are quantities of one kind.
fn axis(values: &[Raw]) -> (Vec<Option<f64>>, String) {
    let number = |node: &Node| match &node.kind {
        Kind::Number(text) => ron::from_str::<f64>(text).ok(),
        _ => None,
    };
    let text = |node: &Node| match &node.kind {
        Kind::Text(text) => Some(text.clone()),
        _ => None,
    };
    type Read<'a> = &'a dyn Fn(&Node) -> Option<f64>;
    let kinds: [(&str, Read<'_>); 5] = [
        ("", &number),
        ("/s", &|node| Rate::parse(&text(node)?).ok().map(Rate::per_second)),
        ("s", &|node| Span::parse(&text(node)?).ok().map(Span::seconds)),
        ("%", &|node| Percent::parse(&text(node)?).ok().map(|share| share.fraction() * 100.0)),
        ("B", &|node| Bytes::parse(&text(node)?).ok().map(|size| size.bytes() as f64)),
    ];
    for (unit, read) in kinds {
        let read: Vec<Option<f64>> = values.iter().map(|Raw(value)| read(value)).collect();
        if read.iter().all(Option::is_some) {
            return (read, unit.to_owned());
        }
    }
    (vec![None; values.len()], String::new())
}

fn replays(system: &System) -> impl Iterator<Item = &Replay> {
    system.clients().filter_map(|(_, clients)| match &clients.arrivals {
        Traffic::Replay(replay) => Some(replay),
        _ => None,
    })
}

/// Reads each log once, however many cells replay it.
struct Logs<'a> {
    experiment: &'a Experiment,
    files: &'a dyn Files,
    /// Where the experiment stands.
    path: &'a str,
    inputs: Inputs,
    read: Vec<ReadLog>,
    notices: Vec<String>,
}

impl Logs<'_> {
    fn read(&mut self, cells: &[(usize, usize, System)], found: &mut Vec<Diagnostic>) {
        let mut failed: Vec<&str> = Vec::new();
        for replay in cells.iter().flat_map(|(_, _, system)| replays(system)) {
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
            let (trace, report) = trace::read(&mut input, replay).map_err(|error| error.to_string())?;
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

/// Reads on, and hashes what comes by.
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

/// Windows wanted in a series.
const WINDOWS: u64 = 120;

/// Windows of the series to begin with; they double when there are too many.
fn window(system: &System, run: &RunSpec, inputs: &Inputs) -> Duration {
    let by_time = run.duration.map(|duration| duration.duration().as_nanos());
    let by_count = run.requests.map(|requests| (requests as f64 / rate_of(system, inputs) * 1e9) as u64);
    let by_log = replays(system).filter_map(|replay| scheduled_end(replay, inputs)).max();
    let length = [by_time, by_count, by_log].into_iter().flatten().min().unwrap_or(WINDOWS * 1_000_000_000);
    Duration::from_nanos((length / WINDOWS).max(1000))
}

fn scheduled_end(replay: &Replay, inputs: &Inputs) -> Option<u64> {
    let key = crate::engine::random::StreamKey::root(0, 0);
    trace::schedule(inputs.trace(replay)?, replay, key).ok()?.last().copied()
}

/// About how many requests a second the clients of a system make.
fn rate_of(system: &System, inputs: &Inputs) -> f64 {
    let mut rate = 0.0;
    for (_, clients) in system.clients() {
        rate += match &clients.arrivals {
            Traffic::Users(users) => f64::from(users.count) / users.think.mean().max(1e-3),
            Traffic::Sessions(sessions) => sessions.rate.per_second() * sessions.requests,
            Traffic::Replay(replay) => match (inputs.trace(replay), scheduled_end(replay, inputs)) {
                (Some(trace), Some(end)) if end > 0 => trace.records.len() as f64 / (end as f64 / 1e9),
                _ => 1.0,
            },
            open => open.process().map_or(1.0, |process| process.mean_rate()),
        };
    }
    rate.max(1e-6)
}
