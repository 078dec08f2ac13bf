//! How much memory a run may use, how many replications may therefore run at once, and when what is kept fills it.
//!
//! A limit that changed results would be no limit of the machine's to set: here only the number of replications at once
//! depends on it, and whether a run begins or has to stop.

use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use super::progress::Bar;
use super::tell;
use crate::lab::Progress;
use crate::lab::memory::{Need, kept};
use crate::lab::number::plain;
use crate::lab::observe::Observation;
use crate::schema::quantity::Bytes;

/// How a run shares out the memory it may use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Share {
    /// Replications at once.
    pub at_once: usize,
    /// Bytes left for the results of finished replications.
    pub kept: u64,
}

/// Shares out `budget` bytes (`None` if the amount is unknown) for a run whose replications may each need `need`, on at
/// most `threads` threads. Half of it is for the results of finished replications, unless a single replication needs
/// more than the other half.
///
/// # Errors
/// Not even one replication fits; the message says what is too large, and what would fit.
pub fn share(need: &Need, budget: Option<u64>, threads: usize) -> Result<Share, String> {
    let Some(budget) = budget else { return Ok(Share { at_once: threads, kept: u64::MAX }) };
    let one = need.total().max(1);
    let at_once = (budget / 2 / one).clamp(1, threads as u64);
    match budget.checked_sub(at_once * one) {
        Some(kept) => Ok(Share { at_once: at_once as usize, kept }),
        None => Err(too_large(need, budget)),
    }
}

fn too_large(need: &Need, budget: u64) -> String {
    let parts = [
        (need.requests, format!("{} requests in flight", need.in_flight)),
        (need.users, "users, sessions and logs".to_owned()),
        (need.system, "servers and records".to_owned()),
        (need.pilots, "replications kept until the warm-up is known".to_owned()),
    ];
    let listed = parts.iter().filter(|(bytes, _)| *bytes > 0).map(|(bytes, what)| format!("{what}: {}", size(*bytes)));
    let listed: Vec<String> = listed.collect();
    let room = budget.saturating_sub(need.users.saturating_add(need.system));
    let fitting = (u128::from(room) * u128::from(need.in_flight) / u128::from(need.requests.max(1))) as u64;
    let hint = if fitting > 0 {
        // As many as can be said in two digits.
        let digits = 10_u64.pow(fitting.ilog10().saturating_sub(1));
        format!("`--in-flight {}` would fit, as would `in_flight` in the file's `run`", fitting / digits * digits)
    } else {
        "fewer users, servers or copies would fit".to_owned()
    };
    format!(
        "a single replication may need {} ({}), but {} may be used; {hint}, or give more with `--memory`",
        size(need.total()),
        listed.join(", "),
        size(budget),
    )
}

/// Bytes for people: "1.3 GB".
pub fn size(bytes: u64) -> String {
    let (factor, unit) = match bytes {
        0..1_000_000 => (1e3, "kB"),
        1_000_000..1_000_000_000 => (1e6, "MB"),
        _ => (1e9, "GB"),
    };
    format!("{} {unit}", plain(bytes as f64 / factor, 2))
}

/// The memory that this process may use.
#[derive(Clone, Copy, Debug)]
pub struct Budget(Option<u64>);

impl Budget {
    /// The amount that was asked for, or four fifths of the memory available on the machine and in the control groups
    /// of this process.
    #[must_use]
    pub fn new(asked: Option<u64>) -> Self {
        let machine = || field(&text("/proc/meminfo"), "MemAvailable:").map(|kilobytes| kilobytes * 1024);
        let groups = || left_in_groups(Path::new("/sys/fs/cgroup"), &text("/proc/self/cgroup"));
        let usual = || [machine(), groups()].into_iter().flatten().min().map(|bytes| bytes / 5 * 4);
        Self(asked.or_else(usual))
    }

    /// Memory that is left beside the logs, which take `logs` bytes, with `threads` threads still to be started; at
    /// most four fifths of the address space that the process may still use, because a process that asks for more is
    /// killed. `None` if unknown.
    #[must_use]
    pub fn left(self, logs: u64, threads: usize) -> Option<u64> {
        let addresses = addresses_left(&text("/proc/self/limits"), &text("/proc/self/status"), threads);
        let beside = self.0.map(|bytes| bytes.saturating_sub(logs));
        [beside, addresses.map(|bytes| bytes / 5 * 4)].into_iter().flatten().min()
    }
}

fn text(path: &str) -> String {
    std::fs::read_to_string(path).unwrap_or_default()
}

/// A number of bytes from the command line: "2 GB".
///
/// # Errors
/// The mistake in the text.
pub fn parse(text: &str) -> Result<u64, String> {
    Bytes::parse(text).map(Bytes::bytes).map_err(|why| format!("{why}; write \"2 GB\""))
}

/// Has every thread of the pool reserve its addresses, so that the rest is known.
pub fn settle_threads() {
    rayon::broadcast(|_| drop(std::hint::black_box(vec![0_u8; 64])));
}

/// Addresses that a thread takes beside its data: its stack, and the reserve of the allocator.
const THREAD: u64 = 66 << 20;

/// Bytes of addresses that are left to a process with these limits (as in `/proc/self/limits`) and this state (as in
/// `/proc/self/status`) once `threads` more threads run; `None` if there is no limit.
fn addresses_left(limits: &str, status: &str, threads: usize) -> Option<u64> {
    let limit = field(limits, "Max address space")?;
    let used = field(status, "VmSize:").unwrap_or(0) * 1024;
    let left = limit.saturating_sub(used);
    // Where there are too few, the allocator does without.
    Some(left - (THREAD * threads as u64).min(left / 2))
}

/// The number behind `name` in a list of names and numbers.
fn field(list: &str, name: &str) -> Option<u64> {
    let line = list.lines().find_map(|line| line.strip_prefix(name))?;
    line.split_whitespace().next()?.parse().ok()
}

/// The least memory left in any of the control groups (version 1 or 2) that `membership` (as in `/proc/self/cgroup`)
/// names, and in the groups around them. File cache that is not in use does not count: the kernel reclaims it before it
/// kills a process.
fn left_in_groups(root: &Path, membership: &str) -> Option<u64> {
    let number = |path: &Path| std::fs::read_to_string(path).ok()?.trim().parse::<u64>().ok();
    let groups = membership.lines().filter_map(|line| {
        let mut parts = line.splitn(3, ':').skip(1);
        let (controllers, path) = (parts.next()?, parts.next()?);
        let version_1 = controllers.split(',').any(|name| name == "memory");
        (version_1 || controllers.is_empty()).then_some((version_1, path.trim_start_matches('/')))
    });
    let left = |(version_1, path): (bool, &str)| {
        let (root, limit, usage, cache) = if version_1 {
            (root.join("memory"), "memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file ")
        } else {
            (root.to_owned(), "memory.max", "memory.current", "inactive_file ")
        };
        let of_group = |group: &Path| {
            let folder = root.join(group);
            // A group without a limit says "max", or has no such file.
            let limit = number(&folder.join(limit))?;
            let used = number(&folder.join(usage))?;
            let stat = std::fs::read_to_string(folder.join("memory.stat")).unwrap_or_default();
            Some(limit.saturating_sub(used.saturating_sub(field(&stat, cache).unwrap_or(0))))
        };
        Path::new(path).ancestors().filter_map(of_group).min()
    };
    groups.filter_map(left).min()
}

/// Shows progress, and stops the run when its observations fill its share.
#[derive(Debug)]
pub struct Watch<'a> {
    /// The progress bar that shows it.
    pub bar: &'a Bar,
    /// The flag that stops the run.
    pub stop: &'a AtomicBool,
    /// Bytes that may be kept.
    pub most: u64,
    kept: AtomicU64,
    replications: AtomicU64,
}

impl<'a> Watch<'a> {
    /// Nothing is kept yet.
    #[must_use]
    pub fn new(bar: &'a Bar, stop: &'a AtomicBool, most: u64) -> Self {
        Self { bar, stop, most, kept: AtomicU64::new(0), replications: AtomicU64::new(0) }
    }
}

impl Progress for Watch<'_> {
    fn planned(&self, replications: usize) {
        self.bar.planned(replications);
    }

    fn replication_done(&self, observation: &Observation) {
        self.bar.replication_done(observation);
        self.take(observation);
    }

    fn replication_recalled(&self, observation: &Observation) {
        self.bar.replication_recalled(observation);
        self.take(observation);
    }
}

impl Watch<'_> {
    /// Counts the memory of observations, and stops the run if it is too much.
    fn take(&self, observation: &Observation) {
        let bytes = kept(observation);
        let kept = self.kept.fetch_add(bytes, Ordering::Relaxed) + bytes;
        let replications = self.replications.fetch_add(1, Ordering::Relaxed) + 1;
        if kept > self.most && !self.stop.swap(true, Ordering::SeqCst) {
            tell(&format!(
                "stopping: what {replications} replications found takes {}, and {} may be kept; plan fewer replications \
                 or give more with `--memory`\n",
                size(kept),
                size(self.most)
            ));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NEED: Need = Need { in_flight: 1_000_000, requests: 200_000_000, users: 0, system: 1_000_000, pilots: 0 };

    #[test]
    fn replications_at_once_are_those_that_fit() {
        let at_once = |budget: u64, threads| share(&NEED, Some(budget), threads).map(|share| share.at_once);
        assert_eq!(at_once(64_000_000_000, 8), Ok(8));
        assert_eq!(at_once(1_000_000_000, 8), Ok(2));
        // One that leaves little for what is found still runs.
        assert_eq!(at_once(250_000_000, 8), Ok(1));
        assert_eq!(share(&NEED, Some(250_000_000), 8).map(|share| share.kept), Ok(49_000_000));
        assert_eq!(share(&NEED, None, 3), Ok(Share { at_once: 3, kept: u64::MAX }));
    }

    #[test]
    fn where_not_one_fits_the_message_says_what_would() {
        let why = share(&NEED, Some(100_000_000), 8).expect_err("too large");
        assert_eq!(
            why,
            "a single replication may need 201 MB (1000000 requests in flight: 200 MB, servers and records: 1 MB), but \
             100 MB may be used; `--in-flight 490000` would fit, as would `in_flight` in the file's `run`, or give more with `--memory`"
        );
        let fits = Need { in_flight: 490_000, requests: 98_000_000, ..NEED };
        assert_eq!(share(&fits, Some(100_000_000), 8).map(|share| share.at_once), Ok(1));
        let crowd = Need { users: 600_000_000, ..NEED };
        assert!(share(&crowd, Some(100_000_000), 8).expect_err("too large").contains("fewer users"));
    }

    /// A folder that looks like that of the control groups.
    fn groups(files: &[(&str, &str)]) -> tempfile::TempDir {
        let root = tempfile::tempdir().expect("a folder");
        for (path, text) in files {
            let path = root.path().join(path);
            std::fs::create_dir_all(path.parent().expect("in a folder")).expect("writable");
            std::fs::write(path, text).expect("writable");
        }
        root
    }

    #[test]
    fn the_tightest_control_group_counts_and_idle_file_cache_does_not() {
        let root = groups(&[
            ("a/memory.max", "1000000\n"),
            ("a/memory.current", "700000\n"),
            ("a/memory.stat", "anon 5\ninactive_file 300000\nactive_file 7\n"),
            ("a/b/memory.max", "max\n"),
            ("a/b/memory.current", "10\n"),
        ]);
        assert_eq!(left_in_groups(root.path(), "0::/a/b\n"), Some(600_000));
        assert_eq!(left_in_groups(root.path(), "0::/elsewhere\n"), None);
        assert_eq!(left_in_groups(root.path(), "nonsense\n"), None);
    }

    #[test]
    fn control_groups_of_the_first_version_are_understood() {
        let root = groups(&[
            ("memory/memory.limit_in_bytes", "5000\n"),
            ("memory/memory.usage_in_bytes", "1000\n"),
            ("memory/memory.stat", "inactive_file 1\ntotal_inactive_file 500\n"),
        ]);
        // The path of the outside is not there on the inside of a container; its root is.
        assert_eq!(left_in_groups(root.path(), "12:cpu,memory:/docker/abc\n0::/x\n"), Some(4500));
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn linux_says_how_much_there_is() {
        assert!(Budget::new(None).left(0, 1).is_some_and(|bytes| bytes > 0));
    }

    #[test]
    fn a_limit_of_addresses_counts_even_if_more_memory_is_asked_for() {
        let limits = |soft: &str| {
            format!("Limit  Soft Limit  Hard Limit  Units\nMax address space   {soft}   unlimited   bytes\n")
        };
        let status = "VmPeak:  200000 kB\nVmSize:\t  100000 kB\n";
        assert_eq!(addresses_left(&limits("unlimited"), status, 4), None);
        assert_eq!(addresses_left(&limits("1102400000"), status, 2), Some(1_000_000_000 - 2 * THREAD));
        assert_eq!(addresses_left(&limits("202400000"), status, 64), Some(50_000_000));
        assert_eq!(addresses_left(&limits("1000"), status, 1), Some(0));
    }
}
