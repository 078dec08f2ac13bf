//! `rushhour import log`: what is in an access log, and a model that replays it.

use std::path::{Path, PathBuf};

use clap::ValueEnum;

use super::write_new;
use crate::cli::files::Disk;
use crate::cli::folder::index::relative;
use crate::cli::memory::{self, Budget};
use crate::cli::{End, print, tell};
use crate::lab::Files;
use crate::schema::{Decode, Reader, parse};
use crate::trace::{self, Format, Profile, Replay, Room};

/// Arguments of `import log`.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// The log, packed with gzip or not
    file: String,
    /// How its lines are written; without it, the first lines tell
    #[arg(long, value_enum)]
    format: Option<LogFormat>,
    /// Field or column of the time (JSON lines and CSV)
    #[arg(long, value_name = "NAME")]
    time: Option<String>,
    /// Field or column of the client (JSON lines and CSV)
    #[arg(long, value_name = "NAME")]
    client: Option<String>,
    /// Field or column of what is asked for (JSON lines and CSV)
    #[arg(long, value_name = "NAME")]
    key: Option<String>,
    /// Field or column of the size (JSON lines and CSV)
    #[arg(long, value_name = "NAME")]
    size: Option<String>,
    /// A malformed or late line is an error
    #[arg(long)]
    strict: bool,
    /// Memory that may be used, such as "2 GB"; without it, four fifths of what is available
    #[arg(long, value_name = "SIZE", value_parser = memory::parse)]
    memory: Option<u64>,
    /// Write the model to this file, which must not exist, instead of printing it
    #[arg(long, value_name = "FILE")]
    model_out: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum LogFormat {
    Common,
    Combined,
    Json,
    Csv,
}

/// Reads the log, prints its profile, and a model.
///
/// # Errors
/// The mistake in the log, in words.
pub fn import(arguments: &Arguments) -> Result<End, String> {
    let file = &arguments.file;
    let mut replay = Replay::of(file).ok_or("the name of a log is needed")?;
    replay.format = format(arguments)?;
    replay.strict = arguments.strict;
    let input = Disk.open(file).map_err(|why| format!("cannot read \"{file}\": {why}"))?;
    // The report on a log takes about as much again.
    let room =
        Room { bytes: Budget::new(arguments.memory).left(0, 0).map_or(u64::MAX, |bytes| bytes / 2), names: true };
    let (trace, report) = trace::read_within(input, &replay, room).map_err(|error| format!("{file}: {error}"))?;
    for notice in report.notices() {
        tell(&format!("note: {notice}\n"));
    }
    let profile = Profile::of(&trace, &report);
    let mut named = replay;
    match &arguments.model_out {
        None => {
            let text = format!("{profile}\n\nA model to begin with:\n\n{}", profile.model(&named));
            Ok(print(&text))
        }
        Some(path) => {
            // The model names the log from where it stands.
            named.file = path_from(path, file);
            write_new(path, &profile.model(&named))?;
            tell(&format!("the model is in {}\n", path.display()));
            Ok(print(&format!("{profile}\n")))
        }
    }
}

/// The format asked for, with the names of its fields.
fn format(arguments: &Arguments) -> Result<Format, String> {
    let names =
        [("time", &arguments.time), ("client", &arguments.client), ("key", &arguments.key), ("size", &arguments.size)];
    let fields = || -> String {
        let written = names.iter().filter_map(|(field, name)| name.as_ref().map(|name| format!("{field}: {name:?}")));
        written.collect::<Vec<_>>().join(", ")
    };
    let text = match arguments.format {
        None if names.iter().any(|(_, name)| name.is_some()) => {
            return Err("names of fields belong to `--format json` or `--format csv`".to_owned());
        }
        None => "Auto".to_owned(),
        Some(LogFormat::Common) => "Common".to_owned(),
        Some(LogFormat::Combined) => "Combined".to_owned(),
        Some(LogFormat::Json) => format!("JsonLines({})", fields()),
        Some(LogFormat::Csv) => format!("Csv({})", fields()),
    };
    // Read by the language itself, so that mistakes are reported in the same words.
    let mut reader = Reader::default();
    let node = parse(0, &text).map_err(|errors| errors.into_iter().map(|error| error.message).collect::<String>())?;
    Format::decode(&node, &mut reader).ok_or_else(|| {
        let messages = reader.diagnostics.into_iter().map(|diagnostic| diagnostic.message);
        format!(
            "--format: {}; name columns with --time, --client, --key, --size",
            messages.collect::<Vec<_>>().join("; ")
        )
    })
}

/// `file` as seen from the folder of `from`: the two can then be moved together.
fn path_from(from: &Path, file: &str) -> String {
    let folder = from.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    match (folder.canonicalize(), Path::new(file).canonicalize()) {
        (Ok(folder), Ok(log)) => relative(&folder, &log),
        _ => file.to_owned(),
    }
}
