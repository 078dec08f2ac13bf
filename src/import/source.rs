//! Texts that were read, line by line, and what makes one unusable.

/// The largest file that is accepted, in bytes: 16 MiB.
pub const LARGEST: u64 = 16 << 20;

/// Characters of a line that are shown at most.
const SHOWN: usize = 160;

/// A line of a configuration file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct At {
    /// Number of the file in [`Sources`].
    pub file: u32,
    /// Number of the line, from 1.
    pub line: u32,
}

/// A configuration file.
#[derive(Clone, Debug)]
pub struct Source {
    /// Its name.
    pub name: String,
    /// Its text.
    pub text: String,
    /// Where each line begins.
    starts: Vec<usize>,
}

impl Source {
    /// A line without its end, as shown to people: without control characters, the end of a long one cut off.
    fn line(&self, number: u32) -> String {
        let start = (number as usize).checked_sub(1).and_then(|index| self.starts.get(index));
        let line = start.and_then(|&start| self.text[start..].split('\n').next()).unwrap_or_default();
        let mut shown: String = line.trim().chars().take(SHOWN).map(|c| if c.is_control() { ' ' } else { c }).collect();
        if line.trim().chars().nth(SHOWN).is_some() {
            shown.push_str(" ...");
        }
        shown
    }
}

/// The configuration files that were read, in order.
#[derive(Clone, Debug, Default)]
pub struct Sources {
    files: Vec<Source>,
    bytes: u64,
}

impl Sources {
    /// Adds a file and returns its number. Bytes that are not UTF-8 are replaced; they are expected only in comments.
    ///
    /// # Errors
    /// If the file is larger than [`LARGEST`] or is not text.
    pub fn add(&mut self, name: &str, bytes: &[u8]) -> Result<u32, Problem> {
        self.bytes += bytes.len() as u64;
        if self.bytes > LARGEST {
            let limit = LARGEST >> 20;
            return Err(Problem::of(name, format!("more than {limit} MiB with all it includes: no configuration")));
        }
        if let Some(place) = bytes.iter().position(|&byte| byte == 0) {
            let line = bytes[..place].iter().filter(|&&byte| byte == b'\n').count() + 1;
            return Err(Problem::of(name, format!("line {line} holds a zero byte: this is no text")));
        }
        let text = String::from_utf8_lossy(bytes).into_owned();
        let starts = std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect();
        self.files.push(Source { name: name.to_owned(), text, starts });
        Ok(self.files.len() as u32 - 1)
    }

    /// A file by its number.
    #[must_use]
    pub fn get(&self, file: u32) -> Option<&Source> {
        self.files.get(file as usize)
    }

    /// How many files there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.files.len()
    }

    /// True if no file has been read.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.files.is_empty()
    }

    /// A place as it is shown to users: `shop.conf:12`.
    #[must_use]
    pub fn place(&self, at: At) -> String {
        format!("{}:{}", self.get(at.file).map_or("", |file| &file.name), at.line)
    }

    /// The text of the line at a place, as it is shown to users.
    #[must_use]
    pub fn line(&self, at: At) -> String {
        self.get(at.file).map_or_else(String::new, |file| file.line(at.line))
    }

    /// A problem that makes the whole configuration unusable.
    #[must_use]
    pub fn problem(&self, at: At, message: impl Into<String>) -> Problem {
        let name = self.get(at.file).map_or_else(String::new, |file| file.name.clone());
        Problem { file: name, line: Some((at.line, self.line(at))), message: message.into() }
    }
}

/// Why a configuration cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The file.
    pub file: String,
    /// The number and text of the line, if the problem is about one line.
    pub line: Option<(u32, String)>,
    /// The message.
    pub message: String,
}

impl Problem {
    /// A problem with a whole file.
    #[must_use]
    pub fn of(file: &str, message: impl Into<String>) -> Self {
        Self { file: file.to_owned(), line: None, message: message.into() }
    }
}

impl std::fmt::Display for Problem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        writeln!(f, "error: {}", self.message)?;
        match &self.line {
            None => writeln!(f, " --> {}", self.file),
            Some((number, line)) => {
                let margin = " ".repeat(number.to_string().len());
                writeln!(f, "{margin}--> {}:{number}\n{margin} |\n{number} | {line}\n{margin} |", self.file)
            }
        }
    }
}

impl std::error::Error for Problem {}
