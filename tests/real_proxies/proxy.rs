//! A proxy as a child that ends with its test.

use std::fs;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use super::backends::listens;

/// A proxy that runs in a folder of its own.
pub struct Proxy {
    /// Where it listens.
    pub port: u16,
    child: Child,
    // Removed after the child has ended.
    _folder: tempfile::TempDir,
}

impl Drop for Proxy {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Where a program is installed; says so if it is not.
pub fn installed(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let usual = ["/usr/sbin", "/usr/local/sbin", "/opt/homebrew/bin"].map(PathBuf::from);
    let found =
        std::env::split_paths(&path).chain(usual).map(|folder| folder.join(program)).find(|path| path.is_file());
    if found.is_none() {
        println!("{program} is not installed: nothing was compared");
    }
    found
}

impl Proxy {
    /// Starts a program with the configuration that `configuration` gives for its folder and port; `arguments` are made
    /// of the folder and the file.
    pub fn start(
        program: &Path,
        arguments: impl Fn(&Path, &Path) -> Vec<String>,
        configuration: impl Fn(&Path, u16) -> String,
    ) -> Self {
        let mut said = String::new();
        // Somebody else may take a port between the moment it is found and the moment it is used.
        for _ in 0..5 {
            let folder = tempfile::tempdir().expect("a folder");
            let port = free_port();
            let file = folder.path().join("proxy.conf");
            fs::write(&file, configuration(folder.path(), port)).expect("writable");
            let log = folder.path().join("said.log");
            let out = fs::File::create(&log).expect("writable");
            let child = Command::new(program)
                .args(arguments(folder.path(), &file))
                .stdin(Stdio::null())
                .stdout(Stdio::null())
                .stderr(out)
                .spawn()
                .expect("the program starts");
            let mut proxy = Self { port, child, _folder: folder };
            // A program that cannot use its port ends; one that listens has read its configuration.
            for _ in 0..20 {
                if listens(port, Duration::from_millis(250)) {
                    return proxy;
                }
                if proxy.child.try_wait().is_ok_and(|ended| ended.is_some()) {
                    break;
                }
            }
            said = fs::read_to_string(&log).unwrap_or_default();
        }
        panic!("{} does not start: {said}", program.display());
    }
}

fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    listener.local_addr().expect("bound").port()
}
