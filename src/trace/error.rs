//! Why a log cannot be replayed.

use super::report::{ReadReport, grouped};

/// Why a log cannot be read. The name of the file is for the caller to put before it.
#[derive(Debug, thiserror::Error)]
pub enum TraceError {
    /// It cannot be read, or not to its end: a directory, a damaged gzip file, a disk.
    #[error("cannot be read{}: {source}", if *line > 0 { format!(" beyond line {line}") } else { String::new() })]
    Read {
        /// Lines read before.
        line: u64,
        /// The error of the operating system.
        source: std::io::Error,
    },
    /// The log is empty.
    #[error("the log is empty")]
    Empty,
    /// It holds zero bytes, which no log does.
    #[error("not a log: the file is binary, with zero bytes near its beginning")]
    Binary,
    /// No line is in a format that is found by itself.
    #[error(
        "neither Common nor Combined Log Format nor JSON lines, in {} lines from the first: {first}\n\
         a CSV file needs its columns named: `format: Csv(time: \"{column}\")`",
        grouped(*lines)
    )]
    Unrecognized {
        /// Lines looked at.
        lines: u64,
        /// The beginning of the first.
        first: String,
        /// The column that could hold times.
        column: String,
    },
    /// No line holds a request.
    #[error("no line is a request in the format {}{}", report.format, first_reason(report))]
    NoRequests {
        /// How many lines were read, and why others were left out.
        report: Box<ReadReport>,
    },
    /// A column that was named is not there.
    #[error("the log has no column `{column}`: {help}")]
    Column {
        /// The column as named.
        column: String,
        /// The columns there are.
        help: String,
    },
    /// Lines had to be left out of a log that is read strictly.
    #[error("the log is read strictly, but {}", report.left_out().join("; "))]
    Strict {
        /// How many lines were read, and why others were left out.
        report: Box<ReadReport>,
    },
    /// It takes more memory than there is room for.
    #[error(
        "it takes more memory than the {} MB that may be used: line {} is as far as they reach, with {} requests; give more with \
         `--memory`, or replay a part of it",
        grouped(most.div_ceil(1_000_000)), grouped(*line), grouped(*requests)
    )]
    TooLarge {
        /// The line of the request too many.
        line: u64,
        /// Requests read before.
        requests: u64,
        /// Bytes there is room for.
        most: u64,
    },
    /// More keys than can be numbered.
    #[error("line {line}: more than 4,294,967,295 different keys")]
    TooManyKeys {
        /// The line of one key too many.
        line: u64,
    },
}

fn first_reason(report: &ReadReport) -> String {
    report.malformed.first.first().map_or_else(String::new, |(line, why)| format!(": line {line} {why}"))
}
