//! `rushhour import`: reads what other systems write.

mod log;
mod proxy;

use std::path::Path;

use clap::Subcommand;

use super::{End, complain};

/// Arguments of `import`.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// An access log: its rate, span, clients, keys and sizes, and a model that replays it
    #[command(
        after_help = "Examples:\n  rushhour import log access.log\n  rushhour import log access.log.gz --model-out mine.ron\n  rushhour import log trace.csv --format csv --time TIMESTAMP --size GeneratedTokens"
    )]
    Log(log::Arguments),
    /// A configuration of NGINX: a model of its upstreams, and what of it the model does not hold
    #[command(
        after_help = "Examples:\n  rushhour import nginx /etc/nginx/nginx.conf --model-out mine.ron\n  rushhour import nginx conf.d/shop.conf > mine.ron\n\nFiles that it includes are read. The model goes to standard output, the notes to standard error."
    )]
    Nginx(proxy::Arguments),
    /// A configuration of HAProxy: a model of its backends, and what of it the model does not hold
    #[command(
        after_help = "Examples:\n  rushhour import haproxy /etc/haproxy/haproxy.cfg --model-out mine.ron\n  rushhour import haproxy haproxy.cfg > mine.ron\n\nThe model goes to standard output, the notes to standard error."
    )]
    Haproxy(proxy::Arguments),
}

/// Reads a log or a configuration; prints its contents and a model.
pub fn import(arguments: &Arguments) -> End {
    let end = match &arguments.what {
        What::Log(arguments) => log::import(arguments),
        What::Nginx(arguments) => proxy::import(arguments, crate::import::nginx),
        What::Haproxy(arguments) => proxy::import(arguments, crate::import::haproxy),
    };
    end.unwrap_or_else(|why| complain(&why))
}

/// Writes a file that must not exist; says why it cannot.
fn write_new(path: &Path, text: &str) -> Result<(), String> {
    use std::io::Write;
    let cannot = |why: String| format!("cannot write \"{}\": {why}", path.display());
    let mut file = std::fs::File::create_new(path).map_err(|error| {
        cannot(match error.kind() {
            std::io::ErrorKind::AlreadyExists => "it exists already".to_owned(),
            _ => crate::lab::files::plain(&error),
        })
    })?;
    let written = file.write_all(text.as_bytes()).and_then(|()| file.sync_all());
    written.map_err(|error| {
        // Half a model is none.
        let _ = std::fs::remove_file(path);
        cannot(crate::lab::files::plain(&error))
    })
}
