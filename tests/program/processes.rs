//! The program as a process that is watched, asked to end and killed.

use std::path::Path;
use std::process::{Child, Command, Stdio};

use crate::place::Place;
use crate::program::{program, said};

impl Place {
    /// Starts a build of the program in this folder, with its standard output to `out`.
    pub fn spawn(&self, build: &Path, arguments: &[&str], out: Stdio) -> Child {
        Command::new(build)
            .args(arguments)
            .current_dir(self.folder())
            .env("NO_COLOR", "1")
            .stdout(out)
            .stderr(Stdio::piped())
            .spawn()
            .expect("starts")
    }

    /// Starts the program in this folder; what it writes to standard output is lost, so that it never waits for a reader.
    pub fn start(&self, arguments: &[&str]) -> Child {
        self.spawn(&program(), arguments, Stdio::null())
    }

    /// The same, with its standard output kept.
    pub fn start_and_listen(&self, arguments: &[&str]) -> Child {
        self.spawn(&program(), arguments, Stdio::piped())
    }

    /// Runs the program in this folder; gives exit code and standard error.
    pub fn run(&self, arguments: &[&str]) -> (Option<i32>, String) {
        let (code, _, message) = ended(self.start(arguments));
        (code, message)
    }
}

/// Exit code, standard output and standard error of a process when it has ended.
pub fn ended(child: Child) -> (Option<i32>, String, String) {
    said(&child.wait_with_output().expect("ends"))
}

/// Asks a process to end, by a signal such as `TERM`. It may have ended by itself.
pub fn ask(child: &Child, signal: &str) {
    let _ = Command::new("kill").args(["-s", signal, &child.id().to_string()]).stderr(Stdio::null()).status();
}

/// Kills a process and waits for its end.
pub fn kill(mut child: Child) {
    // It may have ended by itself.
    let _ = child.kill();
    child.wait().expect("ends");
}

/// Whole frames of a journal behind the first, which is its header: a frame is its length, a hash, and as many bytes.
pub fn finished(mut journal: &[u8]) -> usize {
    let mut frames: usize = 0;
    while let Some((length, rest)) = journal.split_first_chunk::<4>() {
        let Some(next) = rest.get(8 + u32::from_le_bytes(*length) as usize..) else { break };
        (frames, journal) = (frames + 1, next);
    }
    frames.saturating_sub(1)
}

/// Moments of which each is a share of a length of time, spread over all of it in an order that looks random.
pub fn moments(mut seed: u64) -> impl Iterator<Item = f64> {
    std::iter::repeat_with(move || {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (seed >> 33) as f64 / (1_u64 << 31) as f64
    })
}
