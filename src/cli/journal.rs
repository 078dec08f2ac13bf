//! The journal of a run as a file beside its folder: written as replications finish, gone when the run is complete. While
//! the run lasts the file is locked, so that no other run writes to the same folder; the lock dies with the process.
//!
//! A frame is its length, a hash of its bytes, and the bytes. A process that is killed leaves at most one frame torn, and
//! that one is left out. The first frame says that this is a journal, and of which run.

use std::collections::BTreeMap;
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use xxhash_rust::xxh64::{Xxh64, xxh64};

use crate::lab::load::plain;
use crate::lab::observe::Observation;
use crate::lab::{JobId, Journal};
use crate::report::target;

/// A frame longer than this is no frame.
const LONGEST: u32 = 1 << 30;

/// What to do with what an earlier run has left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Earlier {
    /// Nothing: if there is any, this run is refused.
    Keep,
    /// Go on from it.
    Resume,
    /// Throw it away.
    Discard,
}

/// The journal of one run.
#[derive(Debug)]
pub struct FileJournal {
    path: PathBuf,
    /// What was found earlier and is not recalled yet.
    kept: Mutex<BTreeMap<JobId, Observation>>,
    file: Mutex<Writing>,
}

/// The file, which is locked as long as it is open.
#[derive(Debug)]
struct Writing {
    file: File,
    /// Replications in it.
    frames: usize,
    /// A write has failed: nothing more is written.
    broken: bool,
}

impl FileJournal {
    /// The journal of the run of `manifest` that writes to `folder`, locked: with what an earlier run left if that is to
    /// go on, otherwise empty.
    ///
    /// # Errors
    /// Another run writes to the folder at this moment; there is something that is to be kept, or from which this run
    /// cannot go on; the file is no journal; or it cannot be read or written.
    pub fn open(folder: &Path, manifest: &str, earlier: Earlier) -> Result<Self, String> {
        let cannot = |error: io::Error| format!("cannot write beside \"{}\": {}", folder.display(), plain(&error));
        let path = path_of(&target(folder).map_err(cannot)?);
        let mut file = lock(&path, folder)?;
        let header = header(manifest);
        let mut kept = BTreeMap::new();
        let mut whole = 0;
        if file.metadata().map_err(cannot)?.len() > 0 {
            let shown = path_of(folder);
            let shown = shown.display();
            let first = read_frame(&mut file).filter(|first| first.starts_with(MAGIC.as_bytes()));
            let Some(first) = first else {
                return Err(format!("\"{shown}\" is not the journal of a run; move it, or name another folder"));
            };
            let (found, length) = read_frames(&mut file);
            match (earlier, difference(&first, &header)) {
                // Nothing was finished: nothing can be lost.
                _ if found.is_empty() => {}
                (Earlier::Discard, _) => {}
                (Earlier::Keep, _) => {
                    let count = found.len();
                    return Err(format!(
                        "\"{shown}\" holds {count} finished replications of a run that was stopped or killed; go on with \
                         --resume, throw them away with --restart, or name another folder"
                    ));
                }
                (Earlier::Resume, Some(what)) => {
                    return Err(format!(
                        "\"{shown}\" was left by another run: {what}; throw it away with --restart, or name another folder"
                    ));
                }
                (Earlier::Resume, None) => {
                    let observations = found.iter().map(|frame| postcard::from_bytes::<(JobId, Observation)>(frame));
                    let broken = |error| format!("\"{shown}\" cannot be read: {error}; throw it away with --restart");
                    kept = observations.collect::<Result<_, _>>().map_err(broken)?;
                    whole = frame_length(&first) + length;
                }
            }
        }
        let frames = kept.len();
        let begin = |file: &mut File| -> io::Result<()> {
            // What is torn or thrown away goes, so that what follows can be read.
            file.set_len(whole)?;
            file.seek(SeekFrom::Start(whole))?;
            if whole == 0 { write_frame(file, &header) } else { Ok(()) }
        };
        begin(&mut file).map_err(cannot)?;
        let file = Mutex::new(Writing { file, frames, broken: false });
        Ok(Self { path, kept: Mutex::new(kept), file })
    }

    /// Replications it holds.
    #[must_use]
    pub fn len(&self) -> usize {
        self.file.lock().map_or(0, |writing| writing.frames)
    }

    /// The run is complete: the journal has done its work.
    pub fn remove(self) {
        self.take_away();
    }

    /// Takes the file away while it is locked, if it is still there.
    fn take_away(&self) {
        if let Ok(writing) = self.file.lock()
            && is_at(&writing.file, &self.path)
        {
            // One that stays behind is in nobody's way.
            let _ = std::fs::remove_file(&self.path);
        }
    }
}

impl Drop for FileJournal {
    fn drop(&mut self) {
        // Nothing to go on from.
        if self.len() == 0 {
            self.take_away();
        }
    }
}

/// Where the journal of the run that writes to `folder` stands.
#[must_use]
pub fn path_of(folder: &Path) -> PathBuf {
    let mut name = folder.file_name().unwrap_or_default().to_os_string();
    name.push(".partial");
    folder.with_file_name(name)
}

/// The file at `path`, which this process alone may use from now on; made if there is none.
fn lock(path: &Path, folder: &Path) -> Result<File, String> {
    let cannot = |error: io::Error| format!("cannot write \"{}\": {}", path.display(), plain(&error));
    loop {
        let file = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path).map_err(cannot)?;
        match file.try_lock() {
            Err(TryLockError::WouldBlock) => {
                let folder = folder.display();
                return Err(format!("another run writes to \"{folder}\"; wait until it ends, or name another folder"));
            }
            // There are file systems without locks.
            Err(TryLockError::Error(error)) if error.kind() != io::ErrorKind::Unsupported => return Err(cannot(error)),
            _ => {}
        }
        // The run that held the lock may have taken the file away in the meantime.
        if is_at(&file, path) {
            return Ok(file);
        }
    }
}

/// True if `file` is still what stands at `path`.
fn is_at(file: &File, path: &Path) -> bool {
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt;
        let number = |data: std::fs::Metadata| (data.dev(), data.ino());
        matches!((file.metadata().map(number), std::fs::metadata(path).map(number)), (Ok(a), Ok(b)) if a == b)
    }
    #[cfg(not(unix))]
    {
        // There a file that is open keeps its name.
        let _ = file;
        path.exists()
    }
}

impl Journal for FileJournal {
    fn recall(&self, job: JobId) -> Option<Observation> {
        // Nothing is asked for twice, and one copy in memory is enough.
        self.kept.lock().ok()?.remove(&job)
    }

    fn keep(&self, job: JobId, observation: &Observation) {
        let Ok(bytes) = postcard::to_stdvec(&(job, observation)) else { return };
        let Ok(mut writing) = self.file.lock() else { return };
        if writing.broken {
            return;
        }
        // A disk that is full ends the journal, not the run.
        match write_frame(&mut writing.file, &bytes) {
            Ok(()) => writing.frames += 1,
            Err(_) => writing.broken = true,
        }
    }
}

/// What every journal begins with, of this version and others.
const MAGIC: &str = "rushhour ";

/// What names a run, a line each: the version and the build of the program, and the experiment with every default and
/// the content of its logs, which its manifest holds.
fn header(manifest: &str) -> Vec<u8> {
    let build =
        build().map_or_else(|| format!("unknown, process {}", std::process::id()), |hash| format!("{hash:016x}"));
    let experiment = xxh64(manifest.as_bytes(), 0);
    format!("{MAGIC}{}\nbuild {build}\nexperiment {experiment:016x}\n", env!("CARGO_PKG_VERSION")).into_bytes()
}

/// A hash of the program itself: two builds of one version may not give the same bits.
fn build() -> Option<u64> {
    // On Linux the file may be another by now; this is the one that runs.
    let own = File::open("/proc/self/exe").or_else(|_| File::open(std::env::current_exe()?));
    let mut own = own.ok()?;
    let (mut hasher, mut buffer) = (Xxh64::new(0), vec![0; 1 << 18]);
    loop {
        match own.read(&mut buffer).ok()? {
            0 => return Some(hasher.digest()),
            read => hasher.update(&buffer[..read]),
        }
    }
}

/// What tells the run of one header from that of another; `None` if they are the same.
fn difference(old: &[u8], new: &[u8]) -> Option<&'static str> {
    if old == new {
        return None;
    }
    let line = |header: &[u8], number: usize| String::from_utf8_lossy(header).lines().nth(number).map(str::to_owned);
    let what = ["the program has another version", "the program was built anew", "its experiment is not the same"];
    Some(
        what.into_iter()
            .enumerate()
            .find(|(number, _)| line(old, *number) != line(new, *number))
            .map_or(what[2], |it| it.1),
    )
}

fn frame_length(bytes: &[u8]) -> u64 {
    bytes.len() as u64 + 12
}

/// In one write, so that a process that is killed tears at most the last frame.
fn write_frame(file: &mut File, bytes: &[u8]) -> io::Result<()> {
    let mut frame = Vec::with_capacity(bytes.len() + 12);
    frame.extend_from_slice(&(bytes.len() as u32).to_le_bytes());
    frame.extend_from_slice(&xxh64(bytes, 0).to_le_bytes());
    frame.extend_from_slice(bytes);
    file.write_all(&frame)
}

/// The frames that follow, up to one that is torn, and the length of all of them.
fn read_frames(input: &mut impl Read) -> (Vec<Vec<u8>>, u64) {
    let frames: Vec<Vec<u8>> = std::iter::from_fn(|| read_frame(input)).collect();
    let length = frames.iter().map(|bytes| frame_length(bytes)).sum();
    (frames, length)
}

/// The next whole frame; `None` at the end or where one is torn.
fn read_frame(input: &mut impl Read) -> Option<Vec<u8>> {
    let (mut length, mut hash) = ([0; 4], [0; 8]);
    input.read_exact(&mut length).ok()?;
    input.read_exact(&mut hash).ok()?;
    let length = u32::from_le_bytes(length);
    if length > LONGEST {
        return None;
    }
    let mut bytes = Vec::new();
    input.take(u64::from(length)).read_to_end(&mut bytes).ok()?;
    let whole = bytes.len() == length as usize && xxh64(&bytes, 0) == u64::from_le_bytes(hash);
    whole.then_some(bytes)
}
