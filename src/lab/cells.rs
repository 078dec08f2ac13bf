//! The systems of an experiment: every arm at every point of the sweep, with all values set, and their mistakes,
//! reported with the arm and the point that they come from.

use std::collections::{BTreeMap, BTreeSet};

use super::label::{Label, Raw};
use super::spec::{Experiment, SweepSpec};
use crate::model::{Blueprint, System, check};
use crate::schema::quantity::{Bytes, Percent, Rate, Span};
use crate::schema::{
    Decode, Diagnostic, Kind, MOST_MISTAKES, Map, Name, Node, Reader, Region, apply, print, split_path,
};

/// Most cells of an experiment.
const MOST_CELLS: usize = 10_000;
/// Most fields that an arm sets.
const MOST_SETTINGS: usize = 10_000;

/// A system by its arm and its point.
pub type Cell = (usize, usize, Blueprint);

/// The mistakes of one cell, and the other cells that have them too.
struct Mistakes<'a> {
    /// Mistakes of the system itself, without any arm.
    known: &'a [Diagnostic],
    found: Vec<(Diagnostic, Vec<(usize, usize)>)>,
    places: BTreeMap<(Region, String), usize>,
}

impl Mistakes<'_> {
    fn take(&mut self, all: Vec<Diagnostic>, cell: (usize, usize)) {
        for diagnostic in all {
            if self.known.contains(&diagnostic) {
                continue;
            }
            let key = (diagnostic.region, diagnostic.message.clone());
            let place = *self.places.entry(key).or_insert(self.found.len());
            match self.found.get_mut(place) {
                Some((_, cells)) => cells.push(cell),
                None => self.found.push((diagnostic, vec![cell])),
            }
        }
    }
}

/// The systems of `experiment` that can be read, and the mistakes of the others, beside the mistakes `known` of the
/// system without any arm.
pub fn cells(experiment: &Experiment, known: &[Diagnostic]) -> (Vec<Cell>, Vec<Diagnostic>) {
    let only: Map<Raw> = Map::default();
    let arms: Vec<&Map<Raw>> = match &experiment.arms.entries[..] {
        [] => vec![&only],
        entries => entries.iter().map(|(_, arm)| arm).collect(),
    };
    let points: Vec<Option<(&Label, &Raw)>> = match &experiment.sweep {
        None => vec![None],
        Some(sweep) => sweep.values.iter().map(|value| Some((&sweep.path, value))).collect(),
    };
    let refused = too_much(experiment, arms.len() * points.len());
    if !refused.is_empty() {
        return (Vec::new(), refused);
    }
    let mut cells = Vec::new();
    let mut mistakes = Mistakes { known, found: Vec::new(), places: BTreeMap::new() };
    let mut looked = BTreeSet::new();
    let mut tree = experiment.system_tree().clone();
    for (arm, overrides) in arms.iter().enumerate() {
        for (point, swept) in points.iter().enumerate() {
            if mistakes.found.len() >= MOST_MISTAKES {
                break;
            }
            looked.insert((arm, point));
            let overrides = overrides.entries.iter().map(|(path, value)| (path, value));
            let swept = swept.iter().map(|(path, value)| (&path.0, *value));
            let settings: Vec<(&Name, &Raw)> = overrides.chain(swept).collect();
            let mut wrong = Vec::new();
            for &(path, Raw(value)) in &settings {
                wrong.extend(put(&mut tree, path, value.clone()).err());
            }
            // Overrides that can be applied are applied, even if others cannot; whether the whole fits together is then
            // unknown.
            let is_whole = wrong.is_empty();
            let mut reader = Reader::default();
            let system = System::decode(&tree, &mut reader);
            wrong.extend(reader.diagnostics);
            if let Some(system) = system.filter(|_| is_whole) {
                let blueprint = Blueprint::of(system);
                wrong.extend(check(&blueprint));
                cells.push((arm, point, blueprint));
            }
            mistakes.take(wrong, (arm, point));
            restore(&mut tree, experiment.system_tree(), settings.iter().map(|(path, _)| *path));
        }
    }
    let mut problems: Vec<Diagnostic> = lost(experiment);
    let unnamed = experiment.arms.entries.iter().filter(|(name, _)| name.text.trim().is_empty());
    problems.extend(unnamed.map(|(name, _)| Diagnostic::new(name.region, "an arm needs a name")));
    let broken: BTreeSet<(usize, usize)> = mistakes.found.iter().flat_map(|(_, cells)| cells).copied().collect();
    let may = |cell: (usize, usize)| broken.contains(&cell) || !looked.contains(&cell);
    let told = |(diagnostic, at): (Diagnostic, Vec<_>)| told(diagnostic, &at, &may, experiment);
    problems.extend(mistakes.found.into_iter().map(told));
    (cells, problems)
}

/// More cells, or more fields of an arm, than an experiment may have.
fn too_much(experiment: &Experiment, cells: usize) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    if cells > MOST_CELLS {
        let arm = || experiment.arms.entries.first().map_or(Region::default(), |(name, _)| name.region);
        let region = experiment.sweep.as_ref().map_or_else(arm, |sweep| sweep.path.0.region);
        found
            .push(Diagnostic::new(region, format!("{cells} cells are more than an experiment may have, {MOST_CELLS}")));
    }
    for (name, arm) in &experiment.arms.entries {
        let count = arm.entries.len();
        if count > MOST_SETTINGS {
            let message = format!("the arm \"{}\" sets {count} fields; {MOST_SETTINGS} at most", name.text);
            found.push(Diagnostic::new(name.region, message));
        }
    }
    found
}

/// Reports a mistake of these cells, with the arms and points that cause it. Cells that `may` have it, because another
/// mistake hides it or because they were not checked, count as having it.
fn told(
    diagnostic: Diagnostic,
    cells: &[(usize, usize)],
    may: &dyn Fn((usize, usize)) -> bool,
    experiment: &Experiment,
) -> Diagnostic {
    let arms: BTreeSet<usize> = cells.iter().map(|&(arm, _)| arm).collect();
    let points: BTreeSet<usize> = cells.iter().map(|&(_, point)| point).collect();
    let sweep = experiment.sweep.as_ref();
    let here = diagnostic.region;
    let holds = |place: Region| place.source == here.source && place.start <= here.start && here.end <= place.end;
    let swept = sweep.is_some_and(|sweep| holds(sweep.path.0.region));
    let point_says = sweep.is_some_and(|sweep| sweep.values.iter().any(|Raw(value)| holds(value.region)));
    let says = |arm: usize| {
        let settings = experiment.arms.entries.get(arm).into_iter().flat_map(|(_, arm)| &arm.entries);
        settings.into_iter().any(|(path, Raw(value))| holds(path.region) || holds(value.region))
    };
    let arm_says = arms.iter().any(|&arm| says(arm));
    let (last_arm, last_point) = (experiment.arms.entries.len().max(1), sweep.map_or(1, |sweep| sweep.values.len()));
    let all_arms = (0..last_arm).all(|arm| points.iter().all(|&point| may((arm, point))));
    let all_points = swept || (0..last_point).all(|point| arms.iter().all(|&arm| may((arm, point))));
    let arm = || list("arm", arms.iter().map(|&arm| experiment.arms.entries[arm].0.text.clone()));
    let point = || list("point", points.iter().filter_map(|&at| sweep?.values.get(at).map(|Raw(value)| label(value))));
    let place = match (all_arms && !arm_says, all_points && !point_says) {
        (true, true) if sweep.is_some() => "in the sweep".to_owned(),
        (true, false) => format!("at the {}", point()),
        _ if experiment.arms.entries.is_empty() => return diagnostic,
        (false, false) => format!("in the {} at the {}", arm(), point()),
        (_, true) => format!("in the {}", arm()),
    };
    Diagnostic::new(diagnostic.region, format!("{place}: {}", diagnostic.message)).help(diagnostic.help)
}

/// `arm "a"`, or `arms "a", "b", "c" and 7 more`.
fn list(noun: &str, names: impl Iterator<Item = String>) -> String {
    let names: Vec<String> = names.map(|name| format!("\"{name}\"")).collect();
    match &names[..] {
        [one] => format!("{noun} {one}"),
        few if few.len() <= 3 => format!("{noun}s {}", few.join(", ")),
        many => format!("{noun}s {} and {} more", many[..3].join(", "), many.len() - 3),
    }
}

/// The segments of a path from the top of a system.
fn segments(path: &str) -> Vec<String> {
    let mut segments = split_path(path);
    if !matches!(segments[0].as_str(), "faults" | "nodes") {
        segments.insert(0, "nodes".to_owned());
    }
    segments
}

/// Overrides without effect, because a later one replaces the whole that contains them; and points of the sweep that
/// are equal.
fn lost(experiment: &Experiment) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    let swept = experiment.sweep.as_ref().map(|sweep| (segments(&sweep.path.0.text), &sweep.path.0));
    for (arm, settings) in &experiment.arms.entries {
        // Later overrides, from the last on.
        let mut later: BTreeMap<Vec<String>, &Name> = BTreeMap::new();
        for (path, _) in settings.entries.iter().rev() {
            if found.len() >= MOST_MISTAKES {
                return found;
            }
            let here = segments(&path.text);
            let whole = (1..=here.len()).find_map(|length| later.get(&here[..length]).copied());
            let arm = &arm.text;
            if let Some(whole) = whole {
                let (part, whole) = (&path.text, &whole.text);
                let message =
                    format!("in the arm \"{arm}\": `{part}` is lost, because `{whole}` behind it sets the whole");
                let help = format!("write `{part}` behind `{whole}`, or within its value");
                found.push(Diagnostic::new(path.region, message).help(help));
            }
            if let Some((_, name)) = swept.as_ref().filter(|(swept, _)| here.starts_with(swept)) {
                let (part, whole) = (&path.text, &name.text);
                let message = format!("in the arm \"{arm}\": `{part}` is lost, because the sweep sets `{whole}`");
                found.push(Diagnostic::new(path.region, message).help("an arm sets what the sweep does not"));
            }
            later.insert(here, path);
        }
    }
    found.extend(experiment.sweep.iter().flat_map(equal_points));
    found
}

/// Points of a sweep at which the same is put in.
fn equal_points(sweep: &SweepSpec) -> Vec<Diagnostic> {
    let (numbers, _) = axis(&sweep.values);
    let mut seen: BTreeMap<String, String> = BTreeMap::new();
    let mut found = Vec::new();
    for (Raw(value), number) in sweep.values.iter().zip(numbers) {
        let key = number.map_or_else(|| print(value), |number| format!("{:?}", number + 0.0));
        let here = label(value);
        if let Some(first) = seen.get(&key) {
            let message = if *first == here {
                format!("the sweep has the point \"{here}\" twice")
            } else {
                format!("the sweep has the same point twice, as \"{first}\" and as \"{here}\"")
            };
            found.push(Diagnostic::new(value.region, message));
        } else {
            seen.insert(key, here);
        }
    }
    found
}

/// Puts `value` at `path`, which begins with the name of a node or with `faults`.
fn put(tree: &mut Node, path: &Name, value: Node) -> Result<(), Diagnostic> {
    let first = split_path(&path.text).into_iter().next().unwrap_or_default();
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

/// Makes `tree`, in which values were put at `paths`, equal to `base` again. A system may have many more nodes than an
/// arm sets, and copying all of them takes about as long as reading them.
fn restore<'a>(tree: &mut Node, base: &Node, paths: impl Iterator<Item = &'a Name>) {
    let touched: BTreeSet<String> = paths.filter_map(|path| split_path(&path.text).into_iter().next()).collect();
    let is_nodes_alone = !touched.contains("faults") && !touched.contains("nodes");
    let original = match &base.kind {
        Kind::Struct(_, fields) => fields.iter().find(|(field, _)| field.text == "nodes"),
        _ => None,
    };
    let here = match &mut tree.kind {
        Kind::Struct(_, fields) => fields.iter_mut().find(|(field, _)| field.text == "nodes"),
        _ => None,
    };
    match (here, original) {
        (Some((_, Node { kind: Kind::Map(nodes), .. })), Some((_, Node { kind: Kind::Map(originals), .. })))
            if is_nodes_alone =>
        {
            // New nodes stand behind the original ones.
            nodes.truncate(originals.len());
            for (node, original) in nodes.iter_mut().zip(originals) {
                if touched.contains(&original.0.text) {
                    node.clone_from(original);
                }
            }
        }
        _ => tree.clone_from(base),
    }
}

/// Values of the x axis with their unit, where all are quantities of one kind.
pub fn axis(values: &[Raw]) -> (Vec<Option<f64>>, String) {
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

/// A value as people write it.
pub fn label(value: &Node) -> String {
    match &value.kind {
        Kind::Text(text) => text.clone(),
        _ => print(value),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::parse;

    #[test]
    fn a_tree_is_again_what_it_was_whatever_was_put_in() {
        let read = |text: &str| parse(0, text).expect("RON");
        let at = |path: &str| Name { text: path.to_owned(), region: Region::default() };
        let base =
            "System(nodes: {\"a\": Fleet(workers: 1), \"b\": Balancer(to: [\"a\", \"c\"])}, faults: [(node: \"a\")])";
        for base in [base, "System(nodes: ())", "System(nodes: None)", "System(faults: [])", "System()", "5"] {
            let base = read(base);
            for (path, value) in [
                ("a.workers", "2"),
                ("a.service.mean", "\"1 ms\""),
                ("b.to.1", "\"d\""),
                ("c", "Fleet(workers: 3)"),
                ("a", "5"),
                ("nodes.a.workers", "2"),
                ("nodes", "{}"),
                ("faults.0.node", "\"b\""),
                ("faults", "[]"),
                ("\"a\".workers", "2"),
                ("", "2"),
            ] {
                let mut tree = base.clone();
                let path = at(path);
                let _ = put(&mut tree, &path, read(value));
                let _ = put(&mut tree, &at("b.policy"), read("Random"));
                restore(&mut tree, &base, [&path, &at("b.policy")].into_iter());
                assert_eq!(tree, base, "{}", path.text);
            }
        }
    }
}
