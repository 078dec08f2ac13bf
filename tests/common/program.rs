//! The program as a person or a script runs it, to its end.

use std::path::PathBuf;
use std::process::Output;

use assert_cmd::Command;

/// The program: the one that was built with the tests, or another build of it, which `RUSHHOUR_PROGRAM` names.
pub fn program() -> PathBuf {
    let built = || env!("CARGO_BIN_EXE_rushhour").into();
    let path = std::env::var_os("RUSHHOUR_PROGRAM").map_or_else(built, PathBuf::from);
    // Wherever it is started.
    std::path::absolute(path).expect("a path")
}

/// The program in the folder of this project, as wide as a terminal of 120 columns and without colours.
pub fn rushhour() -> Command {
    let mut command = Command::new(program());
    command.env("NO_COLOR", "1").env("COLUMNS", "120").current_dir(env!("CARGO_MANIFEST_DIR"));
    command
}

/// Exit code, standard output and standard error of a run that did not panic.
pub fn said(output: &Output) -> (Option<i32>, String, String) {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let (out, err) = (text(&output.stdout), text(&output.stderr));
    assert!(!err.contains("panicked"), "{err}");
    (output.status.code(), out, err)
}

/// Runs the program; gives exit code, standard output and standard error.
pub fn run(arguments: &[&str]) -> (Option<i32>, String, String) {
    said(&rushhour().args(arguments).output().expect("the program runs"))
}
