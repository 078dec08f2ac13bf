//! `rushhour show`: prints a built-in file.

use super::{End, complain, print, shipped};

/// Arguments of `show`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example:\n  rushhour show hockey-stick > mine.ron\n\nPaths inside a file that is printed are those of the program; `File(\"shipped:models/...\")` works from anywhere."
)]
pub struct Arguments {
    /// Its name, as `rushhour list` shows it
    name: String,
}

/// Prints the file, with paths that work wherever it is saved.
pub fn show(arguments: &Arguments) -> End {
    let Some(path) = shipped::by_name(&arguments.name) else {
        let names: Vec<&str> = shipped::names().collect();
        let near = crate::schema::nearest(&arguments.name, names.iter().copied());
        let hint =
            near.map_or_else(|| "`rushhour list` shows them all".to_owned(), |name| format!("did you mean `{name}`?"));
        return complain(&format!("there is no built-in model or experiment called \"{}\"; {hint}", arguments.name));
    };
    let text = shipped::file(path).map(String::from_utf8_lossy).unwrap_or_default();
    let text = text.replace("\"../models/", "\"shipped:models/").replace("\"logs/", "\"shipped:experiments/logs/");
    print(&text)
}
