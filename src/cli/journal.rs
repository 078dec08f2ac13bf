//! The journal of a run as a file beside its folder: written as replications finish, gone when the run is complete. While
//! the run lasts the file is locked, so that no other run writes to the same folder; the lock dies with the process.
//!
//! A frame is its length, a hash of its bytes, and the bytes. A process that is killed leaves at most one frame torn, and
//! that one is left out, as is one that was changed since. The first frame says that this is a journal, and of which run.

use std::collections::BTreeMap;
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use xxhash_rust::xxh64::{Xxh64, xxh64};

use super::folder::target;
use super::tell;
use crate::lab::files::plain;
use crate::lab::observe::Observation;
use crate::lab::{JobId, Journal};

/// A frame longer than this is no frame.
const LONGEST: u32 = 1 << 30;

/// How to treat the journal of an earlier run.
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
    /// Observations of an earlier run that were not recalled yet.
    kept: Mutex<BTreeMap<JobId, Observation>>,
    /// Bytes of the earlier journal that cannot be read.
    unreadable: u64,
    on_disk: OnDisk,
}

/// What is on disk, for progress messages.
#[derive(Clone, Debug)]
pub struct OnDisk {
    path: Arc<Path>,
    file: Arc<Mutex<Writing>>,
}

/// The file, which is locked as long as it is open.
#[derive(Debug)]
struct Writing {
    file: File,
    /// Replications in it.
    frames: usize,
    /// Replications that are not on disk, because a write failed; writing stops after that.
    missing: usize,
}

impl FileJournal {
    /// The journal of `run` that writes to `folder`, locked; it holds the replications of an earlier run if that run is
    /// resumed, and is empty otherwise.
    ///
    /// # Errors
    /// Another run writes to the folder; there is a journal that must be kept, or from which this run cannot be
    /// resumed; the file is not a journal; or it cannot be read or written.
    pub fn open(folder: &Path, run: &Run<'_>, earlier: Earlier) -> Result<Self, String> {
        let cannot = |error: io::Error| format!("cannot write beside \"{}\": {}", folder.display(), plain(&error));
        let path = path_of(&target(folder).map_err(cannot)?);
        let header = header(run);
        let mut file = lock(&path, folder, &header)?;
        let shown = path_of(folder);
        let shown = shown.display();
        let all = file.metadata().map_err(cannot)?.len();
        let first = read_frame(&mut file).and_then(Frame::whole).filter(|first| first.starts_with(MAGIC.as_bytes()));
        let Some(first) = first else {
            return Err(format!("\"{shown}\" is not the journal of a run; move it, or name another folder"));
        };
        let (found, changed) = read_frames(&mut file);
        let unreadable = all - frame_length(&first) - found.iter().map(|bytes| frame_length(bytes)).sum::<u64>();
        let mut kept = BTreeMap::new();
        match (earlier, difference(&first, &header)) {
            // No replication was finished: nothing can be lost.
            _ if found.is_empty() && unreadable == 0 => {}
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
            }
        }
        let resumes = earlier == Earlier::Resume && first == header;
        // At every moment the disk has all replications that must be kept, and only journals of a run.
        let mut begin = || -> io::Result<()> {
            if !resumes {
                // The old frames are removed first, so that frames of one run never follow the header of another.
                file.set_len(frame_length(&first))?;
                file.seek(SeekFrom::Start(0))?;
                write_frame(&mut file, &header)?;
                file.set_len(frame_length(&header))?;
            } else if changed {
                file = replace(&path, &header, &found)?;
            } else {
                // Only the last frame can be incomplete.
                file.set_len(all - unreadable)?;
            }
            file.seek(SeekFrom::End(0)).map(drop)
        };
        begin().map_err(cannot)?;
        let frames = kept.len();
        let unreadable = if resumes { unreadable } else { 0 };
        let file = Arc::new(Mutex::new(Writing { file, frames, missing: 0 }));
        Ok(Self { kept: Mutex::new(kept), unreadable, on_disk: OnDisk { path: path.into(), file } })
    }

    /// What is on disk.
    #[must_use]
    pub fn on_disk(&self) -> OnDisk {
        self.on_disk.clone()
    }

    /// Bytes that an earlier run left and that cannot be read: a machine that went down, or a disk that failed.
    #[must_use]
    pub fn unreadable(&self) -> u64 {
        self.unreadable
    }

    /// The run is complete: the journal has done its work.
    pub fn remove(self) {
        self.on_disk.take_away();
    }
}

impl Drop for FileJournal {
    fn drop(&mut self) {
        self.on_disk.leave();
    }
}

impl OnDisk {
    /// Replications it holds.
    #[must_use]
    pub fn len(&self) -> usize {
        self.file.lock().map_or(0, |writing| writing.frames)
    }

    /// Finished replications, whether they could be written to it or not.
    #[must_use]
    pub fn finished(&self) -> usize {
        self.file.lock().map_or(0, |writing| writing.frames + writing.missing)
    }

    /// How the run can be resumed, in a line; empty if there is nothing to resume.
    #[must_use]
    pub fn goes_on(&self) -> String {
        match (self.len(), self.finished()) {
            (0, _) => String::new(),
            (kept, all) if kept == all => "the same command with --resume goes on where this run stopped\n".to_owned(),
            (kept, all) => format!(
                "{kept} of {all} finished replications are kept: the same command with --resume goes on from them\n"
            ),
        }
    }

    /// Removes the file if there is nothing to resume.
    pub fn leave(&self) {
        if self.len() == 0 {
            self.take_away();
        }
    }

    /// Takes the file away while it is locked, if it is still there.
    fn take_away(&self) {
        if let Ok(writing) = self.file.lock()
            && is_at(&writing.file, &self.path)
        {
            // A file that cannot be removed does no harm.
            let _ = std::fs::remove_file(&self.path);
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

/// The file at `path`, which this process alone may use from now on; made with its header if there is none.
fn lock(path: &Path, folder: &Path, header: &[u8]) -> Result<File, String> {
    let cannot = |error: io::Error| format!("cannot write \"{}\": {}", path.display(), plain(&error));
    loop {
        let file = match std::fs::symlink_metadata(path) {
            // A link, a folder or a pipe belongs to the user.
            Ok(metadata) if !metadata.is_file() => {
                let path = path.display();
                return Err(format!("\"{path}\" is not the journal of a run; move it, or name another folder"));
            }
            Ok(_) => match OpenOptions::new().read(true).write(true).open(path) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                file => file.map_err(cannot)?,
            },
            Err(error) if error.kind() == io::ErrorKind::NotFound => match create(path, header).map_err(cannot)? {
                None => continue,
                Some(file) => file,
            },
            Err(error) => return Err(cannot(error)),
        };
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

/// A new journal with its header, locked before another process can see it, so that an empty file is never a journal of
/// this program. `None` if a file exists by now.
fn create(path: &Path, header: &[u8]) -> io::Result<Option<File>> {
    let is_there = |error: &io::Error| error.kind() == io::ErrorKind::AlreadyExists;
    // A temporary file without a name leaves nothing behind, whenever the process is killed.
    #[cfg(target_os = "linux")]
    if let Ok(file) = tempfile::tempfile_in(folder_of(path)).and_then(|file| begun(file, header, &[])) {
        use rustix::fs::{AtFlags, CWD, linkat};
        use std::os::fd::AsRawFd;
        let _ = file.try_lock();
        let nameless = format!("/proc/self/fd/{}", file.as_raw_fd());
        match linkat(CWD, &nameless, CWD, path, AtFlags::SYMLINK_FOLLOW).map_err(io::Error::from) {
            Ok(()) => return Ok(Some(file)),
            Err(error) if is_there(&error) => return Ok(None),
            Err(_) => {}
        }
    }
    let (file, hidden) = hidden(path)?.into_parts();
    let file = begun(file, header, &[])?;
    // Another process that opens it may find it locked; if locking fails here, that shows later.
    let _ = file.try_lock();
    match std::fs::hard_link(&hidden, path) {
        Ok(()) => Ok(Some(file)),
        Err(error) if is_there(&error) => Ok(None),
        // There are file systems without a second name for a file.
        Err(_) => match OpenOptions::new().read(true).write(true).create_new(true).open(path) {
            Err(error) if is_there(&error) => Ok(None),
            file => begun(file?, header, &[]).map(Some),
        },
    }
}

/// A journal of these frames in the place of the one at `path`, locked as that is.
fn replace(path: &Path, header: &[u8], frames: &[Vec<u8>]) -> io::Result<File> {
    let (file, hidden) = hidden(path)?.into_parts();
    let file = begun(file, header, frames)?;
    let _ = file.try_lock();
    hidden.persist(path)?;
    Ok(file)
}

/// A file beside `path` that goes with the process.
fn hidden(path: &Path) -> io::Result<tempfile::NamedTempFile> {
    let mut name = std::ffi::OsString::from(".");
    name.push(path.file_name().unwrap_or_default());
    name.push("-");
    let mut builder = tempfile::Builder::new();
    builder.prefix(&name);
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    builder.tempfile_in(folder_of(path))
}

/// A file with a header and these frames, to be read from its beginning.
fn begun(mut file: File, header: &[u8], frames: &[Vec<u8>]) -> io::Result<File> {
    write_frame(&mut file, header)?;
    frames.iter().try_for_each(|frame| write_frame(&mut file, frame))?;
    file.seek(SeekFrom::Start(0))?;
    Ok(file)
}

fn folder_of(path: &Path) -> &Path {
    path.parent().unwrap_or(Path::new("."))
}

/// True if `file` is still the file at `path`.
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

    fn record(&self, job: JobId, observation: &Observation) {
        let Ok(bytes) = postcard::to_stdvec(&(job, observation)) else { return };
        let Ok(mut writing) = self.on_disk.file.lock() else { return };
        if writing.missing > 0 {
            writing.missing += 1;
            return;
        }
        // A disk that is full ends the journal, not the run.
        match write_frame(&mut writing.file, &bytes) {
            Ok(()) => writing.frames += 1,
            Err(error) => {
                writing.missing = 1;
                let (path, why) = (self.on_disk.path.display(), plain(&error));
                tell(&format!(
                    "warning: cannot write \"{path}\": {why}; what is finished from now on is not kept should the run end early\n"
                ));
            }
        }
    }
}

/// The first bytes of every journal, of this version and of others.
const MAGIC: &str = "rushhour ";

/// What identifies a run, beside the program.
#[derive(Clone, Copy, Debug)]
pub struct Run<'a> {
    /// The experiment with every default filled in.
    pub manifest: &'a str,
    /// A hash of the content of the logs it replays.
    pub logs: u64,
}

/// The identity of a run, one line for each part: the version and the build of the program, the content of its logs,
/// and the experiment with every default.
fn header(run: &Run<'_>) -> Vec<u8> {
    let build =
        build().map_or_else(|| format!("unknown, process {}", std::process::id()), |hash| format!("{hash:016x}"));
    let (version, logs, experiment) = (env!("CARGO_PKG_VERSION"), run.logs, xxh64(run.manifest.as_bytes(), 0));
    format!("{MAGIC}{version}\nbuild {build}\nlogs {logs:016x}\nexperiment {experiment:016x}\n").into_bytes()
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

/// How the runs of two headers differ; `None` if they are the same.
fn difference(old: &[u8], new: &[u8]) -> Option<&'static str> {
    if old == new {
        return None;
    }
    let line = |header: &[u8], number: usize| String::from_utf8_lossy(header).lines().nth(number).map(str::to_owned);
    let what = [
        "the program has another version",
        "the program was built anew",
        "the logs that it replays have changed",
        "its experiment is not the same",
    ];
    let differs = |&(number, _): &(usize, &str)| line(old, number) != line(new, number);
    Some(what.into_iter().enumerate().find(differs).map_or(what[3], |(_, what)| what))
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

/// A frame as it was found.
enum Frame {
    Whole(Vec<u8>),
    /// Its bytes have changed since they were written.
    Changed,
}

impl Frame {
    fn whole(self) -> Option<Vec<u8>> {
        match self {
            Self::Whole(bytes) => Some(bytes),
            Self::Changed => None,
        }
    }
}

/// The whole frames that follow, up to one that is torn, and whether one was changed among them.
fn read_frames(input: &mut impl Read) -> (Vec<Vec<u8>>, bool) {
    let (mut whole, mut changed) = (Vec::new(), false);
    while let Some(frame) = read_frame(input) {
        match frame.whole() {
            Some(bytes) => whole.push(bytes),
            None => changed = true,
        }
    }
    (whole, changed)
}

/// The next frame; `None` at the end or where one is torn.
fn read_frame(input: &mut impl Read) -> Option<Frame> {
    let (mut length, mut hash) = ([0; 4], [0; 8]);
    input.read_exact(&mut length).ok()?;
    input.read_exact(&mut hash).ok()?;
    let length = u32::from_le_bytes(length);
    if length > LONGEST {
        return None;
    }
    let mut bytes = Vec::new();
    input.take(u64::from(length)).read_to_end(&mut bytes).ok()?;
    if bytes.len() < length as usize {
        return None;
    }
    Some(if xxh64(&bytes, 0) == u64::from_le_bytes(hash) { Frame::Whole(bytes) } else { Frame::Changed })
}
