//! The summary as words, before it takes a form: what the terminal table and the Markdown page have in common.

use crate::lab::number;
use crate::lab::results::{
    Cell, Comparison, Estimate, NEARLY_ALL, Results, RunSummary, Stability, Trouble, Unit, Verdict,
};

/// The words of a summary.
pub(super) struct Summary {
    /// Heads of the key columns: the sweep's path if there is one, and "arm".
    pub keys: Vec<String>,
    /// Names of the measures.
    pub measures: Vec<String>,
    /// One row per sweep point and arm: rows to be compared are adjacent.
    pub rows: Vec<Row>,
    /// Explanations of the marks in the table, one sentence each.
    pub legend: Vec<String>,
}

/// The results of one arm at one point.
pub(super) struct Row {
    /// Point and arm, as the heads say.
    pub keys: Vec<String>,
    /// True if this row opens a new sweep point.
    pub opens: bool,
    /// A note on a row without a steady state; its latencies are missing, and its other numbers remain.
    pub state: Option<String>,
    /// One per measure.
    pub entries: Vec<Entry>,
}

/// A number and how it differs.
#[derive(Default)]
pub(super) struct Entry {
    /// "12.34 ± 0.56 ms".
    pub number: String,
    /// "−31 % ▼"; empty where the difference is not significant.
    pub difference: String,
    /// Whether the difference is to the good, where that is beyond doubt.
    pub good: Option<bool>,
}

/// Places of the estimates in the main table: those that are shown, except those in a table of recovery.
fn main_columns(results: &Results) -> Vec<usize> {
    let apart = recovery_columns(results);
    results.shown().into_iter().filter(|place| !apart.contains(place)).collect()
}

/// Places of the estimates in the table of recovery; none if recovery is not measured.
fn recovery_columns(results: &Results) -> Vec<usize> {
    let estimates = results.cells.first().map_or(&[][..], |cell| &cell.estimates);
    if !estimates.iter().any(|estimate| estimate.id == "goodput_before") {
        return Vec::new();
    }
    (0..estimates.len()).filter(|&place| estimates[place].is_of_recovery()).collect()
}

pub(super) fn summarize(results: &Results) -> Summary {
    let columns = main_columns(results);
    let mut summary = rows_of(results, &columns);
    summary.legend = legend(results, &summary.rows);
    let all = results.cells.first().map_or(&[][..], |cell| &cell.estimates);
    let telling = results.shown();
    let told = |test: fn(&Estimate) -> bool| {
        let places = (0..all.len()).filter(|&place| test(&all[place]));
        let (told, silent): (Vec<usize>, Vec<usize>) = places.partition(|place| telling.contains(place));
        (!told.is_empty(), !silent.is_empty())
    };
    if told(Estimate::is_answered).0 {
        let latencies =
            "answered: in time and as asked, as a share of all calls; latencies are those of these calls alone";
        summary.legend.push(format!("{latencies}."));
    }
    if told(Estimate::is_goodput).1 {
        summary.legend.push("Goodput is the throughput: every answer came in time and as asked.".to_owned());
    }
    summary
}

/// The effect of a trouble on goodput, by arm: the caption of the table, and the table. `None` if it was not measured.
pub(super) fn recovery(results: &Results) -> Option<(String, Summary)> {
    let columns = recovery_columns(results);
    let mut summary = Some(rows_of(results, &columns)).filter(|_| !columns.is_empty())?;
    // The line above says that the first three are goodput.
    for name in &mut summary.measures {
        if let Some(short) = name.strip_prefix("goodput ") {
            *name = short.to_owned();
        }
    }
    for row in &mut summary.rows {
        row.state = None;
        row.entries.iter_mut().for_each(|entry| entry.difference.clear());
    }
    let troubles: Vec<Option<Trouble>> = results.cells.iter().map(|cell| cell.trouble).collect();
    let seconds = |time: f64| number::with_interval(Some(time), None, Unit::Seconds);
    let when = match troubles.first() {
        Some(Some(Trouble { start, end: Some(end) })) if troubles.iter().all(|trouble| *trouble == troubles[0]) => {
            format!(" from {} to {}", seconds(*start), seconds(*end))
        }
        _ => String::new(),
    };
    let caption = format!(
        "Recovery: goodput before, during and after the trouble{when} (after: the later half of what follows), the share \
         of replications in which it comes back to stay, and how long those take"
    );
    Some((caption, summary))
}

/// A table of some of the estimates, without a legend.
fn rows_of(results: &Results, columns: &[usize]) -> Summary {
    let sweep = results.sweep.as_ref();
    let measures: Vec<String> = results
        .cells
        .first()
        .map(|cell| columns.iter().map(|&place| cell.estimates[place].name.clone()).collect())
        .unwrap_or_default();
    let mut rows = Vec::new();
    for point in 0..results.points() {
        for (place, arm) in (0..results.arms.len()).enumerate() {
            let Some(cell) = results.cell(arm, point) else { continue };
            let label = results.point(cell).map(|point| point.label.clone());
            let mut keys: Vec<String> = label.into_iter().collect();
            keys.push(results.arm(cell).to_owned());
            rows.push(Row { keys, opens: place == 0, state: state(cell), entries: entries(cell, columns) });
        }
    }
    let mut keys: Vec<String> = sweep.map(|sweep| sweep.name().to_owned()).into_iter().collect();
    keys.push("arm".to_owned());
    Summary { keys, measures, rows, legend: Vec::new() }
}

/// How certain the differences to the baseline are: the caption of the table, and the table, whose entries are the
/// corrected p-value and the share of variance saved. `None` if nothing was compared.
pub(super) fn differences(results: &Results) -> Option<(String, Summary)> {
    let baseline = results.baseline.and_then(|arm| results.arms.get(arm))?;
    let columns = main_columns(results);
    let mut summary = rows_of(results, &columns);
    let mut rows = Vec::new();
    let cells = (0..results.points()).flat_map(|point| (0..results.arms.len()).map(move |arm| (arm, point)));
    let cells = cells.filter_map(|(arm, point)| results.cell(arm, point));
    for (mut row, cell) in summary.rows.drain(..).zip(cells) {
        let tested = cell.comparisons.iter().any(|comparison| comparison.p_value.is_some());
        if row.state.is_some() || !tested {
            continue;
        }
        row.opens = rows.last().is_none_or(|before: &Row| before.keys[0] != row.keys[0]);
        let entry = |comparison| Entry { number: sureness(comparison), ..Entry::default() };
        row.entries = columns.iter().filter_map(|&place| cell.comparisons.get(place)).map(entry).collect();
        rows.push(row);
    }
    summary.rows = rows;
    let place = if results.sweep.is_some() { " at the same point" } else { "" };
    let caption = format!(
        "Differences to {baseline}{place}: p-value after Holm's correction, variance saved by common random numbers"
    );
    (!summary.rows.is_empty()).then_some((caption, summary))
}

/// "<0.001, 93 %"; "–" if nothing was tested.
fn sureness(comparison: &Comparison) -> String {
    let Some(p) = comparison.p_value else { return "–".to_owned() };
    let p = if p < 0.001 { "<0.001".to_owned() } else { number::plain(p, 2) };
    match comparison.variance_saved {
        Some(saved) => {
            let percent = (saved * 100.0).round();
            let sign = if percent < 0.0 { "−" } else { "" };
            format!("{p}, {sign}{} %", number::plain(percent.abs(), 3))
        }
        None => p,
    }
}

fn entries(cell: &Cell, columns: &[usize]) -> Vec<Entry> {
    let entry = |estimate: &Estimate| {
        let comparison = cell.comparisons.iter().find(|comparison| comparison.id == estimate.id);
        let difference = comparison.and_then(|comparison| number::difference(comparison, estimate.unit));
        // Less time is better; whether more of anything else is depends on the question.
        let less = comparison.and_then(|comparison| comparison.difference).map(|difference| difference < 0.0);
        Entry {
            number: match cell.stability.is_not_settled() && estimate.is_of_steady_state() && estimate.value.is_some() {
                true => format!("{} †", number::estimate(estimate)),
                false => number::estimate(estimate),
            },
            good: less.filter(|&less| {
                difference.is_some() && estimate.unit == Unit::Seconds && !is_of_survivors(cell, estimate, less)
            }),
            difference: difference.unwrap_or_default(),
        }
    };
    let bimodal = matches!(cell.stability, Stability::Bimodal { .. });
    let entry = |place: &usize| match &cell.estimates[*place] {
        // A mean over two states describes neither.
        estimate if bimodal && !estimate.is_of_recovery() => Entry { number: "–".to_owned(), ..Entry::default() },
        estimate => entry(estimate),
    };
    columns.iter().map(entry).collect()
}

/// True of a latency whose difference to the baseline is no merit or fault: the lower is of fewer calls that were answered.
fn is_of_survivors(cell: &Cell, latency: &Estimate, less: bool) -> bool {
    let Some(answered) = cell.answered(&latency.id) else { return false };
    let difference = cell.comparisons.iter().find(|comparison| comparison.id == answered.id);
    let significant =
        difference.filter(|difference| difference.significant).and_then(|difference| difference.difference);
    significant.is_some_and(|more| more.abs() > 1.0 - NEARLY_ALL && (more < 0.0) == less)
}

/// A note on a cell without a steady state, whose latency has no meaning.
fn state(cell: &Cell) -> Option<String> {
    match &cell.stability {
        Stability::Stable | Stability::NotSettled { .. } => None,
        Stability::Unstable { node, growth, load } => {
            let load = load.map_or_else(String::new, |load| format!("load {} %, ", number::plain(load * 100.0, 4)));
            // At a load of exactly one a queue grows without end and without a rate.
            let rate = if *growth > 0.0 { format!("{} requests/s", signed(*growth)) } else { "no bound".to_owned() };
            Some(format!("unstable ({node}, {load}{rate})"))
        }
        Stability::Bimodal { low, high, share } => {
            let (low, high) = (number::plain(*low, 3), number::plain(*high, 3));
            Some(format!("two states ({low} or {high} in flight; {} % in the worse)", number::plain(share * 100.0, 2)))
        }
        Stability::Overflow { limit, overloaded: None } => Some(format!("stopped ({limit})")),
        Stability::Overflow { limit, overloaded: Some((node, load)) } => {
            let load = number::plain(load * 100.0, 4);
            Some(format!("stopped ({limit}; {node} is overloaded, load {load} %)"))
        }
    }
}

fn signed(value: f64) -> String {
    let sign = if value >= 0.0 { "+" } else { "" };
    format!("{sign}{}", number::plain(value, 3))
}

fn legend(results: &Results, rows: &[Row]) -> Vec<String> {
    let mut legend = Vec::new();
    let percent = number::plain(results.run.confidence * 100.0, 3);
    let any = |test: &dyn Fn(&Row) -> bool| rows.iter().any(test);
    if any(&|row| row.entries.iter().any(|entry| entry.number.contains('±'))) {
        legend.push(format!("±: half-width of the {percent} % confidence interval over replications."));
    }
    let shown = any(&|row| row.entries.iter().any(|entry| !entry.difference.is_empty()));
    if let Some(baseline) = results.baseline.and_then(|arm| results.arms.get(arm)).filter(|_| shown) {
        let place = if results.sweep.is_some() { " at the same point" } else { "" };
        legend.push(format!("▲▼: difference to {baseline}{place}, shown where its interval excludes zero."));
    }
    let any = |test: &dyn Fn(&Stability) -> bool| results.cells.iter().any(|cell| test(&cell.stability));
    if any(&|stability| matches!(stability, Stability::Unstable { .. })) {
        legend.push("unstable: requests gather without end, so that no mean latency exists.".to_owned());
    }
    legend.extend(unsettled(results));
    if any(&|stability| matches!(stability, Stability::Bimodal { .. })) {
        legend.push(
            "two states: replications settled in one or the other, and a mean would describe neither.".to_owned(),
        );
    }
    if any(&|stability| matches!(stability, Stability::Overflow { .. })) {
        legend.push("stopped: the run ended before it could answer; numbers are those until then.".to_owned());
    }
    legend.extend(warm_up_by_cell(results));
    legend.extend(rankings(results));
    legend
}

/// The explanation of the dagger, and how long runs would have to be. If a few cells are marked they are named; of
/// many, the one that takes longest.
fn unsettled(results: &Results) -> Option<String> {
    let cells: Vec<(&Cell, f64)> = results
        .cells
        .iter()
        .filter_map(|cell| match cell.stability {
            Stability::NotSettled { needed, .. } => Some((cell, needed.unwrap_or(f64::INFINITY))),
            _ => None,
        })
        .collect();
    let named: Vec<String> = match &cells[..] {
        [] => return None,
        few if few.len() <= 3 => few.iter().filter_map(|(cell, _)| not_settled(results, cell)).collect(),
        many => {
            let longest = many.iter().max_by(|a, b| a.1.total_cmp(&b.1));
            let longest = longest.and_then(|(cell, _)| not_settled(results, cell));
            vec![format!("{} of {} cells; longest {}", many.len(), results.cells.len(), longest.unwrap_or_default())]
        }
    };
    Some(format!(
        "†: not settled in this run, so that the number decides nothing about a steady state: {}.",
        named.join("; ")
    ))
}

/// "random at 90/s (web: 200 s of 950 s)"; `None` of a cell that is settled.
fn not_settled(results: &Results, cell: &Cell) -> Option<String> {
    let Stability::NotSettled { node, run, needed } = &cell.stability else { return None };
    let seconds = |time: f64| number::with_interval(Some(time), None, Unit::Seconds);
    let point = results.point(cell).map_or_else(String::new, |point| format!(" at {}", point.label));
    let length = match needed {
        Some(needed) => format!("{} of about {} that it takes", seconds(*run), number::rounded_seconds(*needed)),
        None => format!("{} are too short, and how long it takes is not known", seconds(*run)),
    };
    Some(format!("{}{point} ({node}: {length})", results.arm(cell)))
}

/// The order of the arms by the last latency measured, at the last point of the sweep where most have one.
fn rankings(results: &Results) -> Option<String> {
    let is_latency = |id: &str| id.starts_with("latency");
    let latencies = || results.cells.first().into_iter().flat_map(|cell| &cell.estimates).rev();
    // One of all clients rather than one of some.
    let measure = latencies()
        .find(|estimate| is_latency(&estimate.id) && !estimate.id.contains(':'))
        .or_else(|| latencies().find(|estimate| is_latency(&estimate.id)))?;
    let of_measure = results.rankings.iter().filter(|ranking| ranking.id == measure.id);
    let ranking = of_measure
        .filter(|ranking| !ranking.groups.is_empty())
        .max_by_key(|ranking| (results.arms.len() - ranking.without.len(), ranking.point))?;
    let name = |arm: &usize| results.arms.get(*arm).map_or("", String::as_str);
    let order = |groups: &[Vec<usize>], name: &dyn Fn(&usize) -> String| {
        let groups = groups.iter().map(|group| group.iter().map(name).collect::<Vec<_>>().join(" ≈ "));
        groups.collect::<Vec<_>>().join(" < ")
    };
    let apart = match &ranking.fewer[..] {
        [] => String::new(),
        fewer => {
            let share = |arm: &usize| {
                let answered = results.cell(*arm, ranking.point).and_then(|cell| cell.answered(&ranking.id));
                let share = number::with_interval(answered.and_then(|answered| answered.value), None, Unit::Fraction);
                format!("{} ({share})", name(arm))
            };
            format!("; apart, as fewer calls were answered: {}", order(fewer, &share))
        }
    };
    let place = results.sweep.as_ref().and_then(|sweep| sweep.points.get(ranking.point));
    let place = place.map_or_else(String::new, |point| format!(" at {}", point.label));
    let first = order(&ranking.groups, &|arm| name(arm).to_owned());
    Some(format!("Ranking by {}{place}: {first}{apart}.", measure.name))
}

/// How the numbers were got, on one line: replications, length, warm-up, seed.
pub(super) fn method(results: &Results) -> String {
    let RunSummary { duration, requests, replications, target, .. } = &results.run;
    let (times, until) = match (replications, target) {
        (1, _) => ("1 replication".to_owned(), String::new()),
        (n, None) => (format!("{n} replications"), String::new()),
        (n, Some(target)) => {
            let percent = number::plain(target * 100.0, 3);
            (format!("at most {n} replications"), format!(", until intervals are within {percent} %"))
        }
    };
    let length = match (duration, requests) {
        (Some(seconds), _) => format!(" of {}", number::with_interval(Some(*seconds), None, Unit::Seconds)),
        (None, Some(requests)) => format!(" of {requests} requests"),
        (None, None) => String::new(),
    };
    let time = |seconds: f64| number::with_interval(Some(seconds), None, Unit::Seconds);
    let warm = match &warm_ups(results)[..] {
        [] => format!("warm-up {}", time(results.run.warm_up)),
        [(only, _)] if *only == 0.0 => "no warm-up".to_owned(),
        [(only, _)] => format!("warm-up {}", time(*only)),
        [(least, _), .., (most, _)] => format!("warm-up {} to {}", time(*least), time(*most)),
    };
    let stopped = if results.interrupted { ", interrupted" } else { "" };
    format!("{times}{length}{until}, {warm}, seed {}{stopped}", results.seed)
}

/// The warm-ups that cells had, the shortest first, each with its cells.
fn warm_ups(results: &Results) -> Vec<(f64, Vec<&Cell>)> {
    let mut all: Vec<&Cell> = results.cells.iter().collect();
    all.sort_by(|a, b| a.warm_up.total_cmp(&b.warm_up));
    let same = all.chunk_by(|a, b| a.warm_up == b.warm_up);
    same.map(|cells| (cells[0].warm_up, cells.to_vec())).collect()
}

/// Which cells had which warm-up, where they did not all have the same.
fn warm_up_by_cell(results: &Results) -> Option<String> {
    let all = warm_ups(results);
    let place = |cell: &&Cell| match results.point(cell) {
        Some(point) => format!("{} at {}", results.arm(cell), point.label),
        None => results.arm(cell).to_owned(),
    };
    let of = |(length, cells): &(f64, Vec<&Cell>)| {
        let cells = match &cells[..] {
            few if few.len() <= 3 => few.iter().map(place).collect::<Vec<_>>().join(", "),
            many => format!("{} cells", many.len()),
        };
        format!("{} ({cells})", number::with_interval(Some(*length), None, Unit::Seconds))
    };
    (all.len() > 1).then(|| format!("Warm-up found: {}.", all.iter().map(of).collect::<Vec<_>>().join(", ")))
}

/// The verdict in a word.
pub(super) fn verdict(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Holds => "holds",
        Verdict::Fails => "fails",
        Verdict::Undecided => "undecided",
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixture;
    use super::*;

    #[test]
    fn a_p_value_and_the_variance_saved_stand_side_by_side() {
        let results = fixture::results();
        let mut comparison = results.cells[results.points()].comparisons[0].clone();
        let mut text = |p_value, variance_saved| {
            (comparison.p_value, comparison.variance_saved) = (p_value, variance_saved);
            sureness(&comparison)
        };
        assert_eq!(text(Some(0.000_4), Some(0.931)), "<0.001, 93 %");
        assert_eq!(text(Some(0.012_3), Some(-0.087)), "0.012, −9 %");
        assert_eq!(text(Some(0.5), Some(-0.001)), "0.5, 0 %");
        assert_eq!(text(Some(1.0), None), "1");
        assert_eq!(text(None, None), "–");
    }

    #[test]
    fn what_has_no_baseline_or_no_steady_state_is_not_compared() {
        let mut results = fixture::results();
        let (_, summary) = differences(&results).expect("compared");
        // Three arms by six points, without the baseline and without the last point, where all arms are unstable.
        assert_eq!(summary.rows.len(), 10);
        assert!(summary.rows.iter().all(|row| row.state.is_none() && row.keys[1] != "round robin"));
        assert!(summary.rows.iter().step_by(2).all(|row| row.opens));
        results.baseline = None;
        assert!(differences(&results).is_none());
    }

    #[test]
    fn numbers_of_a_run_too_short_for_a_steady_state_are_marked_and_the_legend_says_how_long_it_takes() {
        let mut results = fixture::results();
        let arm = results.arms[0].clone();
        results.cells[0].stability =
            Stability::NotSettled { node: "web".to_owned(), run: 600.0, needed: Some(9_512.3) };
        let summary = summarize(&results);
        let row = summary.rows.iter().find(|row| row.keys[1] == arm).expect("the first arm");
        assert!(row.state.is_none() && row.entries.iter().all(|entry| entry.number.ends_with(" †")));
        let marked = summary.rows.iter().filter(|row| row.entries.iter().any(|entry| entry.number.contains('†')));
        assert_eq!(marked.count(), 1);
        let legend = summary.legend.join("\n");
        assert!(legend.contains("(web: 600 s of about 9500 s that it takes)"), "{legend}");
        for cell in &mut results.cells[..5] {
            cell.stability = Stability::NotSettled { node: "web".to_owned(), run: 600.0, needed: None };
        }
        let legend = summarize(&results).legend.join("\n");
        assert!(legend.contains("5 of 18 cells; longest"), "{legend}");
    }
}
