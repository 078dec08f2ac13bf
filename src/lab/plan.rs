//! The plan of an experiment: every cell with its system, read and checked, before anything runs.

use std::collections::{BTreeMap, BTreeSet};

use super::cells::{Cell, axis, cells, label};
use super::claim::Claim;
use super::files::{Files, Loaded, Problems};
use super::label::{Label, Raw};
use super::logs::{Logs, ReadLog, replays, unopened};
use super::measure::{Measure, Needs, Quantity, Scope, places, quantities, recovery};
use super::moments::{is_over_before, never_happens};
use super::results::{Sweep, SweepPoint};
use super::spec::{Experiment, RunSpec, WarmUp};
use super::trouble::Trouble;
use crate::engine::Duration;
use crate::model::{Blueprint, Inputs, System, advice};
use crate::schema::{Diagnostic, Encode, Kind, Map, Name, Node, Reader, Region, print, split_path, suggest};

/// One arm at one point of the sweep.
#[derive(Clone, Debug)]
pub struct PlannedCell {
    /// Which arm.
    pub arm: usize,
    /// Which point of the sweep; 0 without one.
    pub point: usize,
    /// The system with the values of the arm and of the sweep, and the topology of its nodes.
    #[doc(hidden)]
    pub blueprint: Blueprint,
    /// Initial length of the windows of time series.
    pub window: Duration,
}

/// Everything that will be run and measured.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The experiment as it will be run.
    pub experiment: Experiment,
    /// Names of the arms.
    pub arms: Vec<String>,
    /// The arm that the others are compared with; `None` with a single arm.
    pub baseline: Option<usize>,
    /// The x axis.
    pub sweep: Option<Sweep>,
    /// Every arm at every point of the sweep: index = arm * points + point.
    pub cells: Vec<PlannedCell>,
    /// The numbers each cell gives.
    #[doc(hidden)]
    pub quantities: Vec<Quantity>,
    /// How numbers are split, and how recovery is judged.
    #[doc(hidden)]
    pub scope: Scope,
    /// The logs that are replayed.
    #[doc(hidden)]
    pub inputs: Inputs,
    /// Where they were read, and their contents.
    #[doc(hidden)]
    pub logs: Vec<ReadLog>,
    /// Notes for the reader, such as lines of a log that were left out.
    pub notices: Vec<String>,
}

/// The only arm of an experiment without arms.
pub const ONLY_ARM: &str = "system";

/// True if no arm changes with time at any point of the sweep: no faults, and arrivals whose law stays the same.
#[must_use]
pub fn is_stationary(experiment: &Experiment) -> bool {
    let (cells, _) = cells(experiment, &[]);
    !cells.is_empty() && cells.iter().all(|(_, _, cell)| cell.system().is_stationary())
}

/// Notes on the systems of all cells, each once, with the arms that it applies to unless it applies to all.
fn advices(cells: &[Cell], arms: &[String], of: impl Fn(&Blueprint) -> Vec<String>) -> Vec<String> {
    let mut places: BTreeMap<String, usize> = BTreeMap::new();
    let mut found: Vec<(String, BTreeSet<usize>)> = Vec::new();
    for (arm, _, blueprint) in cells {
        for advice in of(blueprint) {
            let place = *places.entry(advice.clone()).or_insert(found.len());
            if place == found.len() {
                found.push((advice, BTreeSet::new()));
            }
            found[place].1.insert(*arm);
        }
    }
    let words = |(advice, of): (String, BTreeSet<usize>)| {
        if of.len() == arms.len() {
            return advice;
        }
        let names: Vec<String> = of.into_iter().map(|arm| format!("\"{}\"", arms[arm])).collect();
        match &names[..] {
            [first, _, _, _, ..] => format!("{advice} (in {first} and {} other arms)", names.len() - 1),
            few => format!("{advice} (in {})", few.join(", ")),
        }
    };
    found.into_iter().map(words).collect()
}

/// Plans `loaded`, with the logs it names read from `files`.
///
/// ```
/// use rushhour::lab::{Text, load, plan};
///
/// let files = Text::new("replay.ron", r#"
///     System(nodes: {
///         "users": Clients(arrivals: Replay(file: "log.csv", format: Csv(time: "t")), to: "web"),
///         "web": Fleet(service: Constant("1 ms")),
///     })
/// "#)
/// .and("log.csv", "t\n0.0\n0.5\n2.0\n");
/// let results = plan(load(&files, "replay.ron")?, &files)?.run()?;
/// assert_eq!(results.cells[0].ledger.iter().map(|row| row.count).sum::<u64>(), 10 * 3, "ten replications of three");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// Everything that is wrong with the arms, the sweep, the claims and the logs.
pub fn plan(loaded: Loaded, files: &dyn Files) -> Result<Plan, Problems> {
    let Loaded { experiment, sources, path } = loaded;
    let (cells, problems) = cells(&experiment, &[]);
    let mut planner = Planner::new(&experiment, problems);
    let arms = planner.arm_names();
    let sweep = planner.sweep();
    let scope = scope(&experiment, &cells);
    let baseline = planner.baseline(&arms);
    planner.check_claims(&arms, sweep.as_ref(), &scope);
    planner.check_measures(&scope);
    planner.check_writes(&cells, &scope);
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
    } else {
        diagnostics.extend(unopened(&experiment, files, &path));
    }
    let Logs { inputs, read: logs, mut notices, .. } = logs;
    if !diagnostics.is_empty() {
        return Err(Problems { diagnostics, sources });
    }
    let end = experiment.run.duration.map_or(f64::INFINITY, |duration| duration.seconds());
    let warm_up = match experiment.run.warm_up {
        WarmUp::Fixed(span) => span.seconds(),
        WarmUp::Auto => 0.0,
    };
    notices.extend(advices(&cells, &arms, |blueprint| {
        let system = blueprint.system();
        [advice(blueprint), never_happens(system, end), is_over_before(system, warm_up)].concat()
    }));
    let claimed = experiment.claims.iter().flat_map(|claim| claim.quantities(&scope));
    let quantities = quantities(&experiment.measure, claimed, &scope);
    let cells = cells.into_iter().map(|(arm, point, blueprint)| PlannedCell {
        window: window(blueprint.system(), &experiment.run, &inputs),
        arm,
        point,
        blueprint,
    });
    let cells = cells.collect();
    Ok(Plan { arms, baseline, sweep, cells, quantities, scope, inputs, logs, notices, experiment })
}

/// Mistakes in the arms, the sweep, the measures and the claims of an experiment that also has the mistakes `known`,
/// which concern the system. Fields that are `unread` are present but left out, because they cannot be read.
#[must_use]
pub fn mistakes(experiment: &Experiment, known: &[Diagnostic], unread: &[String]) -> Vec<Diagnostic> {
    let (cells, problems) = cells(experiment, known);
    let mut planner = Planner { unread, ..Planner::new(experiment, problems) };
    planner.names.get_or_insert_with(|| written_names(experiment));
    let (arms, sweep, scope) = (planner.arm_names(), planner.sweep(), scope(experiment, &cells));
    planner.baseline(&arms);
    planner.check_claims(&arms, sweep.as_ref(), &scope);
    planner.check_measures(&scope);
    planner.reader.diagnostics
}

fn scope(experiment: &Experiment, cells: &[Cell]) -> Scope {
    let base = experiment.system();
    let systems = || base.as_ref().into_iter().chain(cells.iter().map(|(_, _, cell)| cell.system()));
    Scope {
        fleets: names(systems().flat_map(System::stations)),
        clients: names(systems().flat_map(System::makers)),
        places: places(systems()),
        kinds: systems()
            .flat_map(|system| &system.nodes.entries)
            .map(|(name, node)| (name.text.clone(), node.kind()))
            .collect(),
        recovery: recovery(&experiment.measure),
    }
}

/// Each name once, in order of first appearance.
fn names<'a>(all: impl Iterator<Item = &'a str>) -> Vec<String> {
    let mut seen = BTreeSet::new();
    all.filter(|name| seen.insert(*name)).map(str::to_owned).collect()
}

/// The names of nodes as they are written in the system and in the values of arms, whether these can be read or not.
fn written_names(experiment: &Experiment) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    if let Kind::Struct(_, fields) = &experiment.system_tree().kind {
        let nodes = fields.iter().find(|(field, _)| field.text == "nodes");
        if let Some((_, Node { kind: Kind::Map(nodes), .. })) = nodes {
            names.extend(nodes.iter().map(|(name, _)| name.text.clone()));
        }
    }
    // An arm that sets a whole node may bring a new one.
    for path in experiment.arms.entries.iter().flat_map(|(_, arm)| arm.keys()) {
        let segments = split_path(path);
        let node = segments.strip_prefix(&["nodes".to_owned()]).unwrap_or(&segments);
        names.extend(node.first().filter(|_| node.len() == 1).cloned());
    }
    names
}

impl PlannedCell {
    /// The system with the values of the arm and of the sweep.
    #[must_use]
    pub fn system(&self) -> &System {
        self.blueprint.system()
    }
}

impl Plan {
    /// The text of the experiment with every default filled in; reading it gives the same plan.
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
    /// The names of nodes as they are written, where some systems cannot be read: more than that there is such a node is
    /// not known then.
    names: Option<BTreeSet<String>>,
    /// Fields of the experiment that are present and cannot be read: their values are not known.
    unread: &'a [String],
}

impl<'a> Planner<'a> {
    /// For an experiment with these mistakes already.
    fn new(experiment: &'a Experiment, problems: Vec<Diagnostic>) -> Self {
        let names = (!problems.is_empty()).then(|| written_names(experiment));
        Self { experiment, reader: Reader { diagnostics: problems, ..Reader::default() }, names, unread: &[] }
    }

    /// True of a field that is written and cannot be read.
    fn is_unread(&self, field: &str) -> bool {
        self.unread.iter().any(|unread| unread == field)
    }

    fn arm_names(&self) -> Vec<String> {
        let names: Vec<String> = self.experiment.arms.keys().map(str::to_owned).collect();
        if names.is_empty() { vec![ONLY_ARM.to_owned()] } else { names }
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
        if self.is_unread("arms") {
            return;
        }
        let valid: Vec<&str> = arms.iter().map(String::as_str).collect();
        let Name { text, region } = &label.0;
        self.reader.error(*region, format!("there is no arm \"{text}\""), suggest(text, &valid));
    }

    fn check_claims(&mut self, arms: &[String], sweep: Option<&Sweep>, scope: &Scope) {
        for claim in &self.experiment.claims {
            if self.reader.is_full() {
                return;
            }
            for label in claim.arms() {
                if !arms.contains(&label.0.text) {
                    self.unknown_arm(label, arms);
                }
            }
            self.check_point(claim, sweep);
            for term in claim.terms() {
                if let Some(of) = term.of().filter(|_| self.names.is_some()) {
                    self.check_written(of);
                } else if let Some(Label(Name { text, region })) =
                    term.of().filter(|of| !scope.clients.contains(&of.0.text))
                {
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

    /// Where some systems cannot be read: there is a node of that name in the file.
    fn check_written(&mut self, Label(Name { text, region }): &Label) {
        let Some(names) = self.names.as_ref().filter(|names| !names.contains(text)) else { return };
        let valid: Vec<&str> = names.iter().map(String::as_str).collect();
        let help = suggest(text, &valid);
        self.reader.error(*region, format!("there is no node \"{text}\""), help);
    }

    /// A number is told of a node that there is and that gives it.
    fn check_node(&mut self, node: &Label, quantity: &Quantity, scope: &Scope) {
        let Name { text, region } = &node.0;
        let here = || scope.places.iter().filter(|place| place.name == *text);
        if here().any(|place| place.gives(&*quantity.what))
            || (scope.clients.contains(text) && quantity.is_client_side())
        {
            return;
        }
        if self.names.is_some() {
            self.check_written(node);
            return;
        }
        let clients = scope.clients.iter().filter(|_| quantity.is_client_side());
        let giving = scope.places.iter().filter(|place| place.gives(&*quantity.what));
        let valid = names(clients.map(String::as_str).chain(giving.map(|place| &*place.name)));
        let valid: Vec<&str> = valid.iter().map(String::as_str).collect();
        let message = match scope.kinds.get(text) {
            Some(kind) => format!("\"{text}\" is a node of kind {kind}, which has no {}", quantity.kind()),
            None => format!("there is no node \"{text}\""),
        };
        self.reader.error(*region, message, suggest(text, &valid));
    }

    /// Writes that are done twice are asked for only where some call writes.
    fn check_writes(&mut self, cells: &[Cell], scope: &Scope) {
        let mut measured = self.experiment.measure.iter().flat_map(|measure| measure.quantities(scope));
        let asked = measured.any(|quantity| quantity.what.needs() == Some(Needs::Writes))
            || self.experiment.claims.iter().flat_map(Claim::terms).any(|term| term.needs(Needs::Writes));
        let write = |(_, _, cell): &Cell| cell.system().nodes.entries.iter().any(|(_, node)| node.asks().late_work);
        if asked && !cells.is_empty() && !cells.iter().any(write) {
            let region = self.experiment.system_tree().region;
            self.reader.error(
                region,
                "no call writes, so that no write is done twice",
                "set `writes: \"20 %\"` of `Clients`",
            );
        }
    }

    fn check_measures(&mut self, scope: &Scope) {
        for measure in &self.experiment.measure {
            if let Some((node, quantity)) = measure.node().zip(measure.quantities(scope).first()) {
                self.check_node(node, quantity, scope);
            }
        }
    }

    fn check_point(&mut self, claim: &Claim, sweep: Option<&Sweep>) {
        if self.is_unread("sweep") {
            return;
        }
        if claim.is_along_the_sweep() && sweep.is_none_or(|sweep| sweep.points.len() < 2) {
            let region = claim.arms().first().map_or(self.experiment.system_tree().region, |label| label.0.region);
            self.reader.error(region, "a claim along the sweep needs a sweep of two points or more", "");
        }
        let Some(label) = claim.at() else { return };
        let Name { text, region } = &label.0;
        let Some(sweep) = sweep else {
            self.reader.error(*region, "nothing is swept, so a claim has no point `at` which it holds", "");
            return;
        };
        if !sweep.points.iter().any(|point| point.label == *text) {
            let valid: Vec<&str> = sweep.points.iter().map(|point| point.label.as_str()).collect();
            self.reader.error(*region, format!("the sweep has no point \"{text}\""), suggest(text, &valid));
        }
    }

    /// Recovery needs a trouble to recover from: faults, spikes of arrivals, or a time in the file.
    fn check_trouble(&mut self, cells: &[Cell], scope: &Scope) {
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
            && !cells.iter().any(|(_, _, cell)| known(cell.system()))
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
    fn check_ends(&mut self, cells: &[Cell]) {
        let run = &self.experiment.run;
        if run.duration.is_none()
            && run.requests.is_none()
            && cells.iter().any(|(_, _, cell)| cell.system().is_endless())
        {
            let region = self.experiment.system_tree().region;
            let message = "nothing says when a replication ends";
            self.reader.error(region, message, "write `run: (duration: \"10 min\")` in the experiment");
        }
    }
}

/// Windows wanted in a series.
const WINDOWS: u64 = 120;

/// Windows of the series to begin with; they double when there are too many.
fn window(system: &System, run: &RunSpec, inputs: &Inputs) -> Duration {
    let by_time = run.duration.map(|duration| duration.duration().as_nanos());
    let by_count = run.requests.map(|requests| (requests as f64 / rate_of(system, inputs) * 1e9) as u64);
    let by_log = replays(system).filter_map(|replay| inputs.end(replay)).max();
    let length = [by_time, by_count, by_log].into_iter().flatten().min().unwrap_or(WINDOWS * 1_000_000_000);
    Duration::from_nanos((length / WINDOWS).max(1000))
}

/// About how many requests a second the clients of a system make.
fn rate_of(system: &System, inputs: &Inputs) -> f64 {
    let rate: f64 = system.nodes.entries.iter().map(|(_, node)| node.rate(inputs)).sum();
    rate.max(1e-6)
}
