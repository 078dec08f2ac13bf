//! `rushhour validate`: the simulator against queueing theory, case by case.

use std::fmt::Write as _;
use std::sync::atomic::Ordering;
use std::time::Instant;

use comfy_table::{CellAlignment, ContentArrangement, LineStyle, Table, TableStyle};

use super::progress::Bar;
use super::stop::{keep, stop_flag};
use super::{End, complain, print, tell};
use crate::lab::number::{plain, with_interval};
use crate::lab::run;
use crate::lab::validation::{Allowance, Case, Family, Finding, Length, Verdict, bound, cases, comparisons};

/// Arguments of `validate`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  rushhour validate --quick\n  rushhour validate --format markdown > validation.md\n  \
                        rushhour validate --only \"G/M/1\" --only \"round robin\"\n\nExit codes: 0 all agree, 1 a number \
                        disagrees with theory, 130 stopped: the table then holds what was finished."
)]
pub struct Arguments {
    /// A tenth of the length: wider intervals
    #[arg(long)]
    quick: bool,
    /// Only this family of systems, by its name in the table; may be given again
    #[arg(long, value_name = "FAMILY")]
    only: Vec<String>,
    /// Form of the table on standard output
    #[arg(long, value_enum, default_value_t = Form::Table)]
    format: Form,
    /// Threads to run on; without it, one for each processor
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    threads: Option<u16>,
    /// No progress bar and no notes
    #[arg(long, short)]
    quiet: bool,
}

/// Form of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Form {
    Table,
    Markdown,
}

/// A case with its findings.
type Judged = (Case, Vec<Finding>);

/// Runs the suite and prints its table.
pub fn validate(arguments: &Arguments) -> End {
    let families = match families(&arguments.only) {
        Ok(families) => families,
        Err(why) => return complain(&why),
    };
    if let Err(why) = super::use_threads(arguments.threads) {
        return complain(&why);
    }
    let started = Instant::now();
    keep(|| "stopped before the table could be shown\n".to_owned());
    let bar = Bar::new(arguments.quiet);
    let judged = judge_all(&families, if arguments.quick { Length::Quick } else { Length::Full }, &bar);
    bar.finish();
    let judged = match judged {
        Ok(judged) => judged,
        Err(why) => return complain(&format!("a defect of the program: {why}")),
    };
    let mut text = String::new();
    for family in families {
        let of_family: Vec<&Judged> = judged.iter().filter(|(case, _)| case.family == family).collect();
        text += &match arguments.format {
            Form::Table => table(family, &of_family),
            Form::Markdown => markdown(family, &of_family),
        };
    }
    text += &summary(&judged);
    let end = print(&text);
    if !arguments.quiet {
        tell(&format!("{} requests in {:.1} s\n", bar.requests(), started.elapsed().as_secs_f64()));
    }
    let disagrees = judged.iter().flat_map(|(_, findings)| findings).any(|f| f.verdict == Verdict::Disagrees);
    match end {
        End::Fine if stop_flag().load(Ordering::Relaxed) => End::Stopped,
        End::Fine if disagrees => End::ClaimFailed,
        end => end,
    }
}

/// The families of these names; all of them without any.
fn families(names: &[String]) -> Result<Vec<Family>, String> {
    if names.is_empty() {
        return Ok(Family::ALL.to_vec());
    }
    let known = || Family::ALL.into_iter();
    for name in names {
        if !known().any(|family| family.name().eq_ignore_ascii_case(name)) {
            let near = crate::schema::nearest(name, known().map(Family::name));
            let all: Vec<&str> = known().map(Family::name).collect();
            let hint = near
                .map_or_else(|| format!("there are {}", all.join(", ")), |near| format!("did you mean \"{near}\"?"));
            return Err(format!("there is no family \"{name}\"; {hint}"));
        }
    }
    Ok(known().filter(|family| names.iter().any(|name| family.name().eq_ignore_ascii_case(name))).collect())
}

/// Judges all cases of the families, or those before the run is stopped.
fn judge_all(families: &[Family], length: Length, bar: &Bar) -> Result<Vec<Judged>, String> {
    let all = cases(length);
    let comparisons = comparisons(&all);
    let mut judged = Vec::new();
    for case in all.into_iter().filter(|case| families.contains(&case.family)) {
        let plan = case.plan().map_err(|problems| problems.to_string())?;
        let results = run(&plan, bar, stop_flag())?;
        if results.interrupted {
            break;
        }
        let replications = results.cells.first().map_or(0, |cell| cell.replications);
        let findings = case.judge(&results, bound(comparisons, replications));
        judged.push((case, findings));
    }
    Ok(judged)
}

const HEAD: [&str; 6] = ["system", "number", "theory", "measured", "off by", "verdict"];

/// The columns of a finding.
fn row(finding: &Finding) -> [String; 5] {
    let Finding { theory, measured, half_width, unit, deviation, verdict, .. } = finding;
    let off = if deviation.is_finite() { signed(*deviation) } else { "–".to_owned() };
    let percent = |share: f64| plain(share * 100.0, 2);
    let allowed = match finding.allowance {
        // An error that the resolution of a histogram hides is not mentioned.
        Allowance { above, .. } if above < 0.000_5 => String::new(),
        Allowance { below, above } if below == above => format!(" within {} %", percent(above)),
        Allowance { above, .. } => format!(" to +{} %", percent(above)),
    };
    [
        finding.quantity.clone(),
        with_interval(Some(*theory), None, *unit) + &allowed,
        with_interval(*measured, *half_width, *unit),
        off,
        verdict.word().to_owned(),
    ]
}

fn signed(number: f64) -> String {
    let sign = if number < 0.0 { "−" } else { "+" };
    format!("{sign}{:.2}", number.abs())
}

/// Where theory stands that a family is held against.
fn sources(judged: &[&Judged]) -> String {
    let mut sources: Vec<&str> = Vec::new();
    for finding in judged.iter().flat_map(|(_, findings)| findings) {
        if !sources.contains(&finding.source.as_str()) {
            sources.push(&finding.source);
        }
    }
    sources.join("; ")
}

fn table(family: Family, judged: &[&Judged]) -> String {
    const STYLE: TableStyle = TableStyle::new().header_separator(LineStyle::none().fill('─'));
    let mut table = Table::new();
    table.load_style(STYLE);
    table.set_content_arrangement(ContentArrangement::Disabled);
    table.set_header(HEAD);
    for (case, findings) in judged {
        for (place, finding) in findings.iter().enumerate() {
            let name = if place == 0 { case.name.clone() } else { String::new() };
            table.add_row(std::iter::once(name).chain(row(finding)));
        }
    }
    for column in 2..5 {
        if let Some(column) = table.column_mut(column) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    format!("{} ({})\n{table}\n\n", family.name(), sources(judged))
}

fn markdown(family: Family, judged: &[&Judged]) -> String {
    let mut out = format!("## {}\n\n{}\n\n", family.name(), sources(judged));
    let _ = writeln!(out, "| {} |\n| --- | --- | ---: | ---: | ---: | --- |", HEAD.join(" | "));
    for (case, findings) in judged {
        for (place, finding) in findings.iter().enumerate() {
            let name = if place == 0 { case.name.as_str() } else { "" };
            let _ = writeln!(out, "| {name} | {} |", row(finding).join(" | "));
        }
    }
    out.push('\n');
    out
}

/// How many agree, how far the worst is off, and how many intervals miss theory's value.
fn summary(judged: &[Judged]) -> String {
    let findings: Vec<(&Case, &Finding)> =
        judged.iter().flat_map(|(case, findings)| findings.iter().map(move |finding| (case, finding))).collect();
    let agree = findings.iter().filter(|(_, finding)| finding.verdict == Verdict::Agrees).count();
    let outside = findings.iter().filter(|(_, finding)| finding.deviation.abs() > 1.0).count();
    let mut out = format!("{} systems, {} numbers: {agree} agree.", judged.len(), findings.len());
    let worst = findings.iter().max_by(|a, b| a.1.deviation.abs().total_cmp(&b.1.deviation.abs()));
    if let Some((case, finding)) = worst {
        let _ = write!(
            out,
            " Largest deviation: {} half-widths ({}, {}, {}). {outside} intervals ({} %) do not hold theory's value.",
            signed(finding.deviation),
            case.family.name(),
            case.name,
            finding.quantity,
            plain(100.0 * outside as f64 / findings.len() as f64, 2)
        );
    }
    out.push('\n');
    out
}
