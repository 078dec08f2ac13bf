//! The journal of a run as a file beside its folder: written as replications finish, gone when the run is complete.
//!
//! A frame is its length, a hash of its bytes, and the bytes. A process that is killed leaves at most one frame torn, and
//! that one is left out. The first frame names the run by a hash of its manifest.

use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use xxhash_rust::xxh64::xxh64;

use crate::lab::observe::Observation;
use crate::lab::{JobId, Journal};

/// A frame longer than this is no frame.
const LONGEST: u32 = 1 << 30;

/// The journal of one run.
#[derive(Debug)]
pub struct FileJournal {
    path: PathBuf,
    /// What was found earlier and is not recalled yet.
    kept: Mutex<BTreeMap<JobId, Observation>>,
    file: Mutex<Option<File>>,
}

/// Where the journal of the run that writes to `folder` stands.
#[must_use]
pub fn path_of(folder: &Path) -> PathBuf {
    let mut name = folder.file_name().unwrap_or_default().to_os_string();
    name.push(".partial");
    folder.with_file_name(name)
}

impl FileJournal {
    /// A new journal for the run of `manifest`, in place of any that was there.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn create(folder: &Path, manifest: &str) -> io::Result<Self> {
        let path = path_of(folder);
        if let Some(parent) = path.parent().filter(|parent| !parent.as_os_str().is_empty()) {
            std::fs::create_dir_all(parent)?;
        }
        let mut file = File::create(&path)?;
        write_frame(&mut file, &header(manifest))?;
        Ok(Self { path, kept: Mutex::default(), file: Mutex::new(Some(file)) })
    }

    /// The journal that an earlier run of `manifest` left; `None` if there is none.
    ///
    /// # Errors
    /// It was left by another run, or cannot be read or written.
    pub fn open(folder: &Path, manifest: &str) -> Result<Option<Self>, String> {
        let path = path_of(folder);
        let shown = path.display();
        let mut input = match File::open(&path) {
            Ok(input) => input,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(format!("cannot read \"{shown}\": {error}")),
        };
        if read_frame(&mut input).is_none_or(|first| first != header(manifest)) {
            return Err(format!(
                "\"{shown}\" was left by another run: its experiment, seed or program is not the same; remove it, or \
                 name another folder"
            ));
        }
        let mut kept = BTreeMap::new();
        let mut whole = frame_length(&header(manifest));
        while let Some(bytes) = read_frame(&mut input) {
            let Ok((job, observation)) = postcard::from_bytes::<(JobId, Observation)>(&bytes) else { break };
            whole += frame_length(&bytes);
            kept.insert(job, observation);
        }
        let append = |path: &Path| -> io::Result<File> {
            let file = OpenOptions::new().append(true).open(path)?;
            // What is torn goes, so that what follows can be read.
            file.set_len(whole)?;
            Ok(file)
        };
        let file = append(&path).map_err(|error| format!("cannot write \"{shown}\": {error}"))?;
        Ok(Some(Self { path: path.clone(), kept: Mutex::new(kept), file: Mutex::new(Some(file)) }))
    }

    /// Replications it holds.
    #[must_use]
    pub fn len(&self) -> usize {
        self.kept.lock().map_or(0, |kept| kept.len())
    }

    /// The run is complete: the journal has done its work.
    pub fn remove(self) {
        // One that stays behind is in nobody's way.
        let _ = std::fs::remove_file(&self.path);
    }
}

impl Journal for FileJournal {
    fn recall(&self, job: JobId) -> Option<Observation> {
        // Nothing is asked for twice, and one copy in memory is enough.
        self.kept.lock().ok()?.remove(&job)
    }

    fn keep(&self, job: JobId, observation: &Observation) {
        let Ok(bytes) = postcard::to_stdvec(&(job, observation)) else { return };
        let Ok(mut file) = self.file.lock() else { return };
        // A disk that is full ends the journal, not the run.
        if file.as_mut().is_some_and(|file| write_frame(file, &bytes).is_err()) {
            *file = None;
        }
    }
}

/// What names a run: program and manifest.
fn header(manifest: &str) -> Vec<u8> {
    let hash = xxh64(manifest.as_bytes(), 0);
    format!("rushhour {} {hash:016x}", env!("CARGO_PKG_VERSION")).into_bytes()
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
