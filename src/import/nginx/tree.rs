//! Directives of an nginx configuration as a tree, with what it includes in its place.

use super::token::{Token, Tokens};
use crate::import::report::Why;
use crate::import::source::{At, Problem};
use crate::import::{Report, Texts};

/// Blocks in blocks at most: far more than nginx knows contexts.
const DEEPEST: usize = 64;
/// Files read at most.
const MOST_FILES: usize = 1000;

/// A directive, or a block with the directives in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Directive {
    /// Its name.
    pub name: String,
    /// Its arguments.
    pub arguments: Vec<String>,
    /// Where it begins.
    pub at: At,
    /// The directives in its braces; `None` if it has none.
    pub block: Option<Vec<Self>>,
}

impl Directive {
    /// The directives in it.
    pub fn inside(&self) -> &[Self] {
        self.block.as_deref().unwrap_or_default()
    }

    /// Its first argument.
    pub fn first(&self) -> Option<&str> {
        self.arguments.first().map(String::as_str)
    }
}

/// Reads the file at `path` and all it includes.
///
/// # Errors
/// A file that cannot be read or is not well formed, files that include each other.
pub fn read(texts: &dyn Texts, path: &str, report: &mut Report) -> Result<Vec<Directive>, Problem> {
    let mut reader = Reader { texts, main: path, report, open: Vec::new() };
    let bytes = texts.read(path).map_err(|why| Problem::of(path, why))?;
    reader.file(path, &bytes, 0)
}

struct Reader<'a> {
    texts: &'a dyn Texts,
    main: &'a str,
    report: &'a mut Report,
    /// Files that are being read, the outermost first.
    open: Vec<String>,
}

impl Reader<'_> {
    fn file(&mut self, path: &str, bytes: &[u8], depth: usize) -> Result<Vec<Directive>, Problem> {
        let file = self.report.sources.add(path, bytes)?;
        let text = self.report.sources.get(file).map_or_else(String::new, |source| source.text.clone());
        self.open.push(path.to_owned());
        let mut tokens = Tokens::new(&text);
        let directives = self.block(&mut tokens, file, depth, None)?;
        self.open.pop();
        Ok(directives)
    }

    /// Directives up to the `}` of the block that was opened at `opened`, or up to the end of the file.
    fn block(
        &mut self,
        tokens: &mut Tokens<'_>,
        file: u32,
        depth: usize,
        opened: Option<At>,
    ) -> Result<Vec<Directive>, Problem> {
        let mut directives = Vec::new();
        // The words of the directive that is being read, and where it begins.
        let mut words: Vec<String> = Vec::new();
        let mut at = At { file, line: 1 };
        loop {
            let (token, line) = match tokens.next() {
                Some(token) => token.map_err(|(line, why)| self.report.sources.problem(At { file, line }, why))?,
                None => return self.end_of_file(&words, at, opened).map(|()| directives),
            };
            let here = At { file, line };
            match token {
                Token::Word(word) => {
                    if words.is_empty() {
                        at = here;
                    }
                    words.push(word);
                }
                Token::Semicolon | Token::Open if words.is_empty() => {
                    let sign = if token == Token::Open { "{" } else { ";" };
                    return Err(self.report.sources.problem(here, format!("`{sign}` without a directive before it")));
                }
                Token::Semicolon => {
                    let directive = directive(&mut words, at);
                    if directive.name == "include" {
                        self.include(&directive, depth, &mut directives)?;
                    } else {
                        directives.push(directive);
                    }
                }
                Token::Open => {
                    if depth >= DEEPEST {
                        let why = format!("more than {DEEPEST} blocks stand in each other");
                        return Err(self.report.sources.problem(here, why));
                    }
                    let mut directive = directive(&mut words, at);
                    directive.block = Some(self.inside(&directive, tokens, depth)?);
                    directives.push(directive);
                }
                Token::Close if !words.is_empty() => {
                    let why = format!("`;` is missing behind `{}`", short(&words.join(" ")));
                    return Err(self.report.sources.problem(at, why));
                }
                Token::Close if opened.is_none() => {
                    return Err(self.report.sources.problem(here, "`}` closes nothing"));
                }
                Token::Close => return Ok(directives),
            }
        }
    }

    /// An error if the file must not end here: within a directive whose `words` begin at `at`, or within a block.
    fn end_of_file(&self, words: &[String], at: At, opened: Option<At>) -> Result<(), Problem> {
        if let Some(name) = words.first() {
            let why = format!("`;` or `{{` belongs behind `{}`: the file ends", short(name));
            return Err(self.report.sources.problem(at, why));
        }
        opened.map_or(Ok(()), |at| Err(self.report.sources.problem(at, "the `{` that begins here is never closed")))
    }

    /// The directives in the braces of a directive. Lua has braces of its own, and is skipped.
    fn inside(
        &mut self,
        directive: &Directive,
        tokens: &mut Tokens<'_>,
        depth: usize,
    ) -> Result<Vec<Directive>, Problem> {
        let file = directive.at.file;
        if directive.name.ends_with("_by_lua_block") {
            let skipped = tokens.skip_lua();
            skipped.map_err(|(line, why)| self.report.sources.problem(At { file, line }, why))?;
            return Ok(Vec::new());
        }
        self.block(tokens, file, depth + 1, Some(directive.at))
    }

    /// Puts the directives of the files that an `include` names in its place. One that cannot be read is noted: a
    /// configuration is often looked at away from the machine it runs on.
    fn include(&mut self, include: &Directive, depth: usize, into: &mut Vec<Directive>) -> Result<(), Problem> {
        let at = include.at;
        let [pattern] = &include.arguments[..] else {
            return Err(self.report.sources.problem(at, "`include` takes the name of one file"));
        };
        let paths = match self.texts.named(pattern, self.main) {
            Ok(paths) => paths,
            Err(why) => {
                self.report.note(at, Why::NotUnderstood, format!("include \"{}\": {why}", short(pattern)));
                return Ok(());
            }
        };
        self.report.used(at);
        if paths.is_empty() {
            self.report.note(at, Why::Assumed, format!("include \"{}\" names no file", short(pattern)));
        }
        for path in paths {
            if self.open.contains(&path) {
                let way = self.open.iter().chain([&path]).map(String::as_str).collect::<Vec<_>>().join(" includes ");
                return Err(self.report.sources.problem(at, format!("files include each other: {way}")));
            }
            if self.report.sources.len() >= MOST_FILES || self.open.len() >= DEEPEST {
                let why = format!("more than {MOST_FILES} files, or {DEEPEST} that include each other");
                return Err(self.report.sources.problem(at, why));
            }
            match self.texts.read(&path) {
                Ok(bytes) => into.extend(self.file(&path, &bytes, depth)?),
                Err(why) => self.report.note(at, Why::NotUnderstood, format!("include \"{}\": {why}", short(&path))),
            }
        }
        Ok(())
    }
}

/// The directive that these words make, which are used up.
fn directive(words: &mut Vec<String>, at: At) -> Directive {
    let mut words = std::mem::take(words).into_iter();
    Directive { name: words.next().unwrap_or_default(), arguments: words.collect(), at, block: None }
}

/// The beginning of a word, for a message.
pub fn short(word: &str) -> String {
    let mut shown: String = word.chars().take(60).map(|c| if c.is_control() { ' ' } else { c }).collect();
    if word.chars().nth(60).is_some() {
        shown.push_str("...");
    }
    shown
}
