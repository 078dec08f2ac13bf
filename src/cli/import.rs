//! `rushhour import`: reads what other systems write.

use clap::Subcommand;

use super::{End, complain};

/// What `import` takes.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// An access log: its rate, span, clients, keys and sizes, and a model that replays it
    Log {
        /// The log, gzip or not
        file: String,
    },
}

/// Reads and tells.
pub fn import(arguments: &Arguments) -> End {
    let What::Log { file } = &arguments.what;
    complain(&format!("cannot read \"{file}\" yet"))
}
