//! The program while it runs: what it leaves on the disk, how much memory it takes, and how it is stopped, killed and
//! resumed. These tests start it often and watch it, so they stand apart from what takes all processors.

#[path = "../common/answers.rs"]
mod answers;
#[path = "../common/place.rs"]
mod place;
#[path = "../common/program.rs"]
mod program;

mod access_log;
mod cli;
mod determinism;
mod disk;
mod memory;
mod processes;
mod resume;
mod stop;
