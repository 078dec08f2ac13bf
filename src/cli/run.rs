//! `rushhour run`: runs experiments, shows their summaries, writes their files.

use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;
use std::time::Instant;

use xxhash_rust::xxh64::xxh64;

use super::files::{Bounded, SHIPPED, resolve};
use super::folder::{FolderError, Origin, Part, check_folder, holds_complete, write_all};
use super::journal::{Earlier, FileJournal, OnDisk, Run};
use super::memory::{Budget, Share, Watch, settle_threads, share, size};
use super::progress::{Bar, Writing};
use super::stop::{keep, late_flag, stop_flag};
use super::{End, complain, print, shipped, snapshot, tell};
use crate::lab::memory::need;
use crate::lab::results::{Results, Verdict};
use crate::lab::{
    self, Executor, Experiment, Journal, NoJournal, Plan, Replications, RunSpec, Threads, WarmUp, is_stationary, load,
    plan,
};
use crate::report::{self, Data, Format, Terminal};
use crate::schema::quantity::Span;

/// Arguments of `run`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  rushhour run hockey-stick\n  rushhour run mine.ron --quick\n  rushhour run mine.ron --replications 40 --out results --format csv\n  rushhour run out/mine/manifest.ron     the same run again, bit for bit\n\nMemory: a replication stops when more requests are in flight than the file's `run` allows (`in_flight`, without it a\nmillion, about 200 bytes each), says so, and keeps what it found. On Linux, only as many replications run at once as\nfit into four fifths of the memory that is available; where not even one fits, nothing is run. None of this changes\na number."
)]
pub struct Arguments {
    /// Files, or names of built-in models and experiments
    #[arg(required = true, value_name = "FILE")]
    files: Vec<String>,
    /// A first look: five replications at most, a tenth of the time where nothing happens at a given moment
    #[arg(long)]
    quick: bool,
    /// Threads to run on; without it, one for each processor
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    threads: Option<u16>,
    /// Another seed than the file's
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
    /// Another number of replications than the file's
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=100_000))]
    replications: Option<u32>,
    /// Another length of a replication than the file's, such as "10 min"
    #[arg(long, value_name = "TIME")]
    duration: Option<String>,
    /// Another limit on requests in flight than the file's
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=8_000_000))]
    in_flight: Option<u64>,
    /// Memory that may be used, by logs too, such as "2 GB"; without it, four fifths of what is available
    #[arg(long, value_name = "SIZE", value_parser = super::memory::parse)]
    memory: Option<u64>,
    /// Folder for the files; without it, `out/NAME`
    #[arg(long, value_name = "FOLDER")]
    out: Option<PathBuf>,
    /// Write no files
    #[arg(long, conflicts_with = "out")]
    no_files: bool,
    /// Parts of the folder to write, the manifest beside them; `servers` is the only one left out without it
    #[arg(long, value_name = "PARTS", value_enum, value_delimiter = ',', conflicts_with = "no_files")]
    write: Vec<Written>,
    /// Form of the summary on standard output
    #[arg(long, value_enum, default_value_t = Form::Table)]
    format: Form,
    /// Tell how sure each difference is: its p-value, and the variance that common random numbers saved
    #[arg(long)]
    details: bool,
    /// Go on where a run of the same experiment was stopped or killed
    #[arg(long, conflicts_with = "no_files")]
    resume: bool,
    /// Start again from the beginning if a run was stopped or killed, and discard its finished replications
    #[arg(long, conflicts_with_all = ["no_files", "resume"])]
    restart: bool,
    /// Keep the results in this file, which must not exist, to compare with later
    #[arg(long, value_name = "FILE")]
    save_snapshot: Option<PathBuf>,
    /// Compare with the results kept in this file; a difference fails
    #[arg(long, value_name = "FILE")]
    against_snapshot: Option<PathBuf>,
    /// A claim that cannot be decided fails
    #[arg(long)]
    strict: bool,
    /// No progress bar and no notes
    #[arg(long, short)]
    quiet: bool,
}

/// A part of the folder of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Written {
    /// summary.csv, differences.csv, nodes.csv, replicates.csv
    Tables,
    /// series.csv: every quantity over time
    Series,
    /// servers.csv: the utilization of each server over time
    Servers,
    /// summary.json
    Json,
    /// plots/*.svg
    Svg,
    /// plots/*.png
    Png,
}

impl From<Written> for Part {
    fn from(part: Written) -> Self {
        match part {
            Written::Tables => Self::Data(Data::Tables),
            Written::Series => Self::Data(Data::Series),
            Written::Servers => Self::Data(Data::Servers),
            Written::Json => Self::Data(Data::Json),
            Written::Svg => Self::Svg,
            Written::Png => Self::Png,
        }
    }
}

/// Form of the summary.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Form {
    Table,
    Markdown,
    Csv,
    Json,
}

impl From<Form> for Format {
    fn from(form: Form) -> Self {
        match form {
            Form::Table => Self::Table,
            Form::Markdown => Self::Markdown,
            Form::Csv => Self::Csv,
            Form::Json => Self::Json,
        }
    }
}

/// Runs the files one after the other; all are checked before the first is run.
pub fn run(arguments: &Arguments) -> End {
    if let Err(why) = super::use_threads(arguments.threads) {
        return complain(&why);
    }
    let stop = stop_flag();
    let budget = Budget::new(arguments.memory);
    settle_threads();
    let (plans, all_planned) = plans(arguments, budget);
    let folders: Vec<PathBuf> = plans.iter().map(|(word, _)| folder(word, arguments)).collect();
    let all_free = arguments.no_files || are_free(&folders);
    let old = match snapshots(arguments) {
        Ok(old) => old,
        Err(why) => return complain(&why),
    };
    if !(all_planned && all_free) {
        return End::BadInput;
    }
    let shares = match shares(&plans, budget, arguments) {
        Ok(shares) => shares,
        Err(why) => return complain(&why),
    };
    let origins: Vec<Origin> = plans.iter().map(|(_, plan)| origin(plan)).collect();
    // The journal of an earlier run is not left half read.
    keep(String::new);
    // All folders are locked before the first run begins, so that none is in vain.
    let mut journals = Vec::new();
    for ((origin, folder), (_, plan)) in origins.iter().zip(&folders).zip(&plans) {
        let run = Run { manifest: &origin.manifest, logs: of_content(plan) };
        journals.extend(told(journal(folder, &run, arguments)));
    }
    if journals.len() < plans.len() {
        return End::BadInput;
    }
    let mut worst = End::Fine;
    for ((((_, plan), target), share), journal) in
        plans.iter().zip(origins.iter().zip(&folders)).zip(shares).zip(journals)
    {
        let end = run_one(plan, target, journal, share, arguments, old.as_ref(), stop);
        if worst == End::Fine || end == End::Stopped {
            worst = end;
        }
        if end == End::Stopped {
            break;
        }
    }
    worst
}

/// The value; an error is printed.
fn told<T>(result: Result<T, String>) -> Option<T> {
    result.map_err(|why| complain(&why)).ok()
}

/// The plans of the files with their names, and whether all could be made; the mistakes in the others are printed.
fn plans(arguments: &Arguments, budget: Budget) -> (Vec<(&String, Plan)>, bool) {
    let mut plans = Vec::new();
    for word in &arguments.files {
        let room = budget.left(of_logs(&plans), 0).unwrap_or(u64::MAX);
        plans.extend(told(prepare(word, arguments, room)).map(|plan| (word, plan)));
    }
    let all = plans.len() == arguments.files.len();
    (plans, all)
}

/// Whether results can be written to all of these folders, each its own; the reasons against are printed.
fn are_free(folders: &[PathBuf]) -> bool {
    let mut all = true;
    for (place, folder) in folders.iter().enumerate() {
        let free = if folders[..place].contains(folder) {
            Err(format!("two experiments would write to \"{}\"; run them one by one", folder.display()))
        } else {
            check_folder(folder).map_err(|why| why.to_string())
        };
        all &= told(free).is_some();
    }
    all
}

/// The results to compare with, if any.
///
/// # Errors
/// A snapshot cannot be read, or none could be saved where one is to be.
fn snapshots(arguments: &Arguments) -> Result<Option<Results>, String> {
    let old = arguments.against_snapshot.as_deref().map(snapshot::read).transpose()?;
    if arguments.files.len() > 1 && (old.is_some() || arguments.save_snapshot.is_some()) {
        return Err("a snapshot holds the results of one experiment; run them one by one".to_owned());
    }
    arguments.save_snapshot.as_deref().map_or(Ok(()), snapshot::check)?;
    Ok(old)
}

/// A hash of the content of the logs that a plan replays.
fn of_content(plan: &Plan) -> u64 {
    let prints: Vec<&str> = plan.logs.iter().map(|log| log.digest.as_str()).collect();
    xxh64(prints.join(" ").as_bytes(), 0)
}

/// Bytes that the logs of all plans take.
fn of_logs(plans: &[(&String, Plan)]) -> u64 {
    plans.iter().map(|(_, plan)| plan.inputs.bytes()).sum()
}

/// How each plan shares out the memory there is beside the logs.
fn shares(plans: &[(&String, Plan)], budget: Budget, arguments: &Arguments) -> Result<Vec<Share>, String> {
    let logs = of_logs(plans);
    // The progress bar has a thread of its own, and a smaller number of threads means a second pool.
    let budget = budget.left(logs, 2);
    let beside = if logs > 0 { format!(" beside the {} of the logs", size(logs)) } else { String::new() };
    let threads = Threads::every_core().parallelism();
    let one = |(word, plan): &(&String, Plan)| {
        let need = need(plan);
        let share = share(&need, budget, threads).map_err(|why| format!("{word}{beside}: {why}"))?;
        if share.at_once < threads && !arguments.quiet {
            let (one, all) = (size(need.total()), size(budget.unwrap_or(0)));
            let at_once = share.at_once;
            tell(&format!(
                "note: {at_once} of {threads} threads, as a replication of {word} may need {one} and {all} may be used{beside}\n"
            ));
        }
        Ok(share)
    };
    plans.iter().map(one).collect()
}

/// So many threads at most for the replications of a run.
fn threads(at_once: usize) -> Result<Threads, String> {
    if at_once >= Threads::every_core().parallelism() { Ok(Threads::every_core()) } else { Threads::new(at_once) }
}

fn prepare(word: &str, arguments: &Arguments, room: u64) -> Result<Plan, String> {
    let path = resolve(word)?;
    let files = Bounded { room };
    let mut loaded = load(&files, &path).map_err(|problems| problems.to_string())?;
    adjust(&mut loaded.experiment, arguments)?;
    plan(loaded, &files).map_err(|problems| problems.to_string())
}

/// Applies the options of the command line over those of the file.
fn adjust(experiment: &mut Experiment, arguments: &Arguments) -> Result<(), String> {
    if arguments.quick {
        let stationary = is_stationary(experiment);
        quicken(&mut experiment.run, stationary);
    }
    let run = &mut experiment.run;
    if let Some(text) = &arguments.duration {
        let span = Span::parse(text).map_err(|why| format!("--duration: {why}; write \"10 min\""))?;
        if let WarmUp::Fixed(warm_up) = run.warm_up
            && span <= warm_up
        {
            return Err(format!("--duration {text} is not longer than the warm-up of {warm_up}"));
        }
        run.duration = Some(span);
    }
    run.in_flight = arguments.in_flight.unwrap_or(run.in_flight);
    run.seed = arguments.seed.unwrap_or(run.seed);
    if let Some(n) = arguments.replications {
        run.replications = Replications::Fixed(n);
    }
    Ok(())
}

/// Five replications at most, which measure for a tenth of the time; the warm-up stays, and so does the whole length
/// where something happens at a given time.
fn quicken(run: &mut RunSpec, stationary: bool) {
    run.replications = run.replications.limited(5);
    if !stationary {
        return;
    }
    let tenth = |seconds: f64| seconds / 10.0;
    let warm_up = match run.warm_up {
        WarmUp::Fixed(span) => span.seconds(),
        WarmUp::Auto => 0.0,
    };
    if let Some(duration) = run.duration {
        let seconds = warm_up + tenth(duration.seconds() - warm_up);
        run.duration = Some(Span::from_seconds(seconds).unwrap_or(duration));
    }
    if let Some(requests) = run.requests {
        run.requests = Some((requests / 10).max(1));
        // Counted from the start: otherwise a warm-up as long as before could leave nothing to measure.
        if let WarmUp::Fixed(span) = &mut run.warm_up {
            *span = Span::from_seconds(tenth(warm_up)).unwrap_or(*span);
        }
    }
}

fn folder(word: &str, arguments: &Arguments) -> PathBuf {
    let name = shipped::stem(word.rsplit(['/', '\\', ':']).next().unwrap_or(word));
    // A manifest stands in a folder that bears the name of its experiment.
    let parent = Path::new(word).parent().and_then(|parent| parent.file_name());
    let name = match (name, parent) {
        ("manifest", Some(parent)) => format!("{}-again", parent.to_string_lossy()),
        (name, _) => name.to_owned(),
    };
    match &arguments.out {
        Some(out) if arguments.files.len() > 1 => out.join(name),
        Some(out) => out.clone(),
        None => PathBuf::from("out").join(name),
    }
}

/// Where the folder of a run came from.
fn origin(plan: &Plan) -> Origin {
    // Built-in files, and files with an absolute path, are found from any folder.
    let logs = plan.logs.iter().filter(|log| !log.path.starts_with(SHIPPED) && !Path::new(&log.name).is_absolute());
    let found = logs.filter_map(|log| Some((log.name.clone(), Path::new(&log.path).canonicalize().ok()?)));
    Origin { manifest: plan.manifest(), logs: found.collect() }
}

fn run_one(
    plan: &Plan,
    (origin, folder): (&Origin, &PathBuf),
    journal: Option<FileJournal>,
    share: Share,
    arguments: &Arguments,
    old: Option<&Results>,
    stop: &AtomicBool,
) -> End {
    let started = Instant::now();
    let on_disk = journal.as_ref().map(FileJournal::on_disk);
    keep(move || last_words(on_disk.as_ref()));
    let bar = Bar::new(arguments.quiet);
    let watch = Watch::new(&bar, stop, share.kept);
    let kept = journal.as_ref().map_or(&NoJournal as &dyn Journal, |journal| journal);
    let results = threads(share.at_once).and_then(|threads| {
        let run = lab::Run::new(plan).progress(&watch).journal(kept).stop(stop).executor(&threads);
        run.go().map_err(|why| format!("a defect of the program: {why}"))
    });
    bar.finish();
    let results = match results {
        Ok(results) => results,
        Err(why) => return complain(&why),
    };
    let mut end = show(&results, bar.requests(), started.elapsed().as_secs_f64(), arguments);
    let mut given_up = false;
    if !arguments.no_files {
        match save(&results, origin, folder, journal, arguments) {
            Ok(is_whole) => given_up = !is_whole,
            Err(why) => end = complain(&why),
        }
    }
    if let Some(path) = &arguments.save_snapshot
        && let Err(why) = snapshot::save(&results, path)
    {
        end = complain(&why);
    }
    if end == End::BadInput {
        return end;
    }
    if given_up {
        return End::Stopped;
    }
    let changed = old.map(|old| snapshot::differences(old, &results)).filter(|text| !text.is_empty());
    if let Some(text) = changed {
        tell(&format!("the results are not those of the snapshot:\n{text}"));
        return End::ClaimFailed;
    }
    verdict(&results, arguments)
}

/// Prints the summary, and beside it how fast `requests` requests were simulated.
fn show(results: &Results, requests: u64, seconds: f64, arguments: &Arguments) -> End {
    let width = comfy_table::Table::new().width().unwrap_or(120);
    let colour = anstream::AutoStream::choice(&std::io::stdout()) != anstream::ColorChoice::Never;
    let terminal = Terminal { colour, width, details: arguments.details };
    let end = print(&report::render(results, arguments.format.into(), terminal));
    if !arguments.quiet {
        // Tables end with them; forms for programs are told beside.
        let notices = results.notices.iter().filter(|_| matches!(arguments.format, Form::Csv | Form::Json));
        for notice in notices {
            tell(&format!("note: {notice}\n"));
        }
        let rate = requests as f64 / seconds.max(1e-9) / 1e6;
        tell(&format!("{requests} requests in {seconds:.1} s ({rate:.1} million a second)\n"));
    }
    end
}

/// The message if the process ends before its results are shown and written.
fn last_words(on_disk: Option<&OnDisk>) -> String {
    let Some(on_disk) = on_disk else {
        return "stopped before what was found could be shown; with --no-files nothing is kept\n".to_owned();
    };
    on_disk.leave();
    format!("stopped before what was found could be shown and written\n{}", on_disk.goes_on())
}

/// Writes the folder of a run, and lists its files; false if it was interrupted because the process was asked to stop.
/// The results of a stopped run do not replace complete results.
fn save(
    results: &Results,
    origin: &Origin,
    folder: &Path,
    journal: Option<FileJournal>,
    arguments: &Arguments,
) -> Result<bool, String> {
    let on_disk = journal.as_ref().map(FileJournal::on_disk);
    let finished = on_disk.as_ref().map_or(0, OnDisk::finished);
    let goes_on = || tell(&on_disk.as_ref().map(OnDisk::goes_on).unwrap_or_default());
    let nothing = || {
        let there = if folder.exists() { ", which stays as it was" } else { "" };
        tell(&format!("nothing is written to {}{there}\n", folder.display()));
        goes_on();
    };
    if results.interrupted && (finished == 0 || holds_complete(folder)) {
        nothing();
        return Ok(true);
    }
    let writing = Writing::new(arguments.quiet);
    let mut parts = parts(arguments);
    if results.interrupted {
        // There is little time, and pictures take the most of it.
        parts.retain(|part| matches!(part, Part::Data(Data::Tables | Data::Json)));
    }
    let written = write_all(results, origin, &parts, folder, late_flag());
    writing.finish();
    match written {
        Ok(files) => {
            if !arguments.quiet {
                tell(&format!("{} files in {}\n", files.len(), folder.display()));
            }
            match journal {
                Some(journal) if !results.interrupted => journal.remove(),
                _ => goes_on(),
            }
            Ok(true)
        }
        Err(FolderError::Stopped) => {
            nothing();
            Ok(false)
        }
        Err(why) => {
            goes_on();
            Err(why.to_string())
        }
    }
}

/// The parts of the folder that are written.
fn parts(arguments: &Arguments) -> Vec<Part> {
    match &arguments.write[..] {
        [] => Part::USUAL.to_vec(),
        named => named.iter().copied().map(Part::from).collect(),
    }
}

/// The journal of a run that writes files, with the replications of an earlier run if that run is resumed.
fn journal(folder: &Path, run: &Run<'_>, arguments: &Arguments) -> Result<Option<FileJournal>, String> {
    if arguments.no_files {
        return Ok(None);
    }
    let earlier = match (arguments.resume, arguments.restart) {
        (true, _) => Earlier::Resume,
        (_, true) => Earlier::Discard,
        _ => Earlier::Keep,
    };
    let journal = FileJournal::open(folder, run, earlier)?;
    if journal.unreadable() > 0 {
        tell(&format!(
            "warning: {} of what an earlier run left beside \"{}\" cannot be read; those replications are run again\n",
            size(journal.unreadable()),
            folder.display()
        ));
    } else if arguments.resume && journal.on_disk().len() == 0 {
        // Printed even if notes are switched off: the request cannot be fulfilled.
        tell(&format!(
            "warning: nothing to resume: no run was stopped or killed that wrote to \"{}\"; this one begins anew\n",
            folder.display()
        ));
    }
    if arguments.resume && journal.on_disk().len() > 0 && !arguments.quiet {
        tell(&format!("resuming: {} replications are there already\n", journal.on_disk().len()));
    }
    Ok(Some(journal))
}

fn verdict(results: &Results, arguments: &Arguments) -> End {
    let any = |verdict: Verdict| results.claims.iter().any(|claim| claim.verdict == verdict);
    if results.interrupted {
        End::Stopped
    } else if any(Verdict::Fails) || (arguments.strict && any(Verdict::Undecided)) {
        End::ClaimFailed
    } else {
        if any(Verdict::Undecided) && !arguments.quiet {
            tell("warning: some claims are undecided, each for the reason that stands below it\n");
        }
        End::Fine
    }
}
