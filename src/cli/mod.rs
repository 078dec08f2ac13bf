//! The command line: one file a subcommand. Results go to standard output, everything else to standard error.

mod check;
mod files;
pub(crate) mod folder;
mod import;
mod journal;
mod list;
mod memory;
mod progress;
mod run;
mod shipped;
mod show;
mod snapshot;
mod stop;
mod theory;
mod validate;

use std::io::Write;
use std::process::ExitCode;

use clap::{CommandFactory, Parser, Subcommand};

/// How a command ended, which decides the exit code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// Success.
    Fine,
    /// A claim does not hold.
    ClaimFailed,
    /// The input is invalid.
    BadInput,
    /// Stopped by a signal; finished replications are kept.
    Stopped,
}

impl From<End> for ExitCode {
    fn from(end: End) -> Self {
        Self::from(match end {
            End::Fine => 0,
            End::ClaimFailed => 1,
            End::BadInput => 2,
            End::Stopped => 130,
        })
    }
}

#[derive(Debug, Parser)]
#[command(
    name = "rushhour",
    version,
    about = "A deterministic laboratory for scalable web systems",
    long_about = "Describe clients, balancers and servers in a RON file, say what to vary, and get comparisons with \
                  confidence intervals, plots, and claims that are checked. The same file and seed give the same bits \
                  on any machine and any number of threads.",
    after_help = "Examples:\n  rushhour list                         the built-in models and experiments\n  rushhour run hockey-stick --quick     a first answer in seconds\n  rushhour run mine.ron --out results   your own file\n  rushhour import log access.log        what is in a log, and a model of it\n\nExit codes: 0 fine, 1 a claim failed, 2 bad input or usage, 130 stopped."
)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run experiments and show what they found
    Run(run::Arguments),
    /// Look for mistakes without running anything
    Check(check::Arguments),
    /// List the built-in models and experiments
    List(list::Arguments),
    /// Print a built-in model or experiment, to start one's own from
    Show(show::Arguments),
    /// Read what other systems write
    Import(import::Arguments),
    /// What queueing theory says of a system it knows
    Theory(theory::Arguments),
    /// Hold the simulator against queueing theory and print the table
    Validate(validate::Arguments),
    /// Print a script that completes commands in a shell
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
}

/// Runs the command line and returns the exit code of the process.
#[must_use]
pub fn main() -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => {
            let end = if error.use_stderr() { End::BadInput } else { End::Fine };
            // Nothing can be done where help cannot be printed.
            let _ = error.print();
            return end.into();
        }
    };
    match arguments.command {
        Command::Run(arguments) => run::run(&arguments),
        Command::Check(arguments) => check::check(&arguments),
        Command::List(arguments) => list::list(&arguments),
        Command::Show(arguments) => show::show(&arguments),
        Command::Import(arguments) => import::import(&arguments),
        Command::Theory(arguments) => theory::theory(&arguments),
        Command::Validate(arguments) => validate::validate(&arguments),
        Command::Completions { shell } => {
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut Arguments::command(), "rushhour", &mut script);
            print(&String::from_utf8_lossy(&script))
        }
    }
    .into()
}

/// Sets the number of threads; without a number, one for each processor.
fn use_threads(threads: Option<u16>) -> Result<(), String> {
    // Of none, rayon makes one for each processor.
    let pool = rayon::ThreadPoolBuilder::new().num_threads(usize::from(threads.unwrap_or(0)));
    pool.build_global().map_err(|error| format!("cannot start threads: {error}; `--threads` asks for fewer"))
}

/// Writes results to standard output. A reader that has gone away, as `head` does, is no mistake.
fn print(text: &str) -> End {
    let mut out = anstream::stdout();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Ok(()) => End::Fine,
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => End::Fine,
        Err(error) => complain(&format!("cannot write to standard output: {error}")),
    }
}

/// Prints an error on standard error.
fn complain(message: &str) -> End {
    let text = if message.starts_with("error") { message.to_owned() } else { format!("error: {message}\n") };
    tell(&text);
    End::BadInput
}

/// Says something beside the results, on standard error.
fn tell(text: &str) {
    let mut out = anstream::stderr();
    // If standard error is closed the message has no reader.
    let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
}
