//! The lines of a log, plain or packed with gzip, in bounded memory whatever is in them.

use std::io::{self, BufRead, BufReader, Cursor, Read};

use flate2::read::MultiGzDecoder;

/// Bytes of a line that are kept: further bytes are skipped.
pub(super) const LONGEST_LINE: usize = 1 << 20;
/// Bytes at the beginning in which a zero byte marks a binary file.
const PROBE: usize = 8192;
const BUFFER: usize = 1 << 16;
/// Members of a gzip file begin with these (RFC 1952, section 2.3.1).
const GZIP: [u8; 2] = [0x1F, 0x8B];
const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();

/// Reads line by line.
pub(super) struct Lines<'a> {
    input: Box<dyn BufRead + 'a>,
    line: Vec<u8>,
    /// Lines read so far.
    pub number: u64,
}

/// One line, without its end.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Line<'a> {
    /// All of it.
    Whole(&'a [u8]),
    /// It was longer than [`LONGEST_LINE`].
    TooLong,
}

impl<'a> Lines<'a> {
    /// Lines of `input`, unpacked if it begins like gzip.
    pub fn new(input: impl Read + 'a) -> io::Result<Self> {
        let (head, input) = peek(input, GZIP.len())?;
        let input: Box<dyn Read + 'a> = if head == GZIP {
            Box::new(MultiGzDecoder::new(BufReader::with_capacity(BUFFER, input)))
        } else {
            Box::new(input)
        };
        Ok(Self { input: Box::new(BufReader::with_capacity(BUFFER, input)), line: Vec::new(), number: 0 })
    }

    /// True if the beginning holds a zero byte. To be asked before the first line: passes over a byte order mark.
    pub fn is_binary(&mut self) -> io::Result<bool> {
        // No byte is lost: the bytes read here are chained before the rest.
        let (head, input) = peek(std::mem::replace(&mut self.input, Box::new(io::empty())), PROBE)?;
        let text = head.strip_prefix(BYTE_ORDER_MARK).unwrap_or(&head);
        let binary = text.contains(&0);
        let skip = head.len() - text.len();
        let mut input = BufReader::with_capacity(BUFFER, input);
        io::copy(&mut (&mut input).take(skip as u64), &mut io::sink())?;
        self.input = Box::new(input);
        Ok(binary)
    }

    /// The next line; `None` at the end.
    pub fn next(&mut self) -> io::Result<Option<Line<'_>>> {
        self.line.clear();
        // One more for the line feed, one for a carriage return before it.
        let limit = LONGEST_LINE + 2;
        (&mut self.input).take(limit as u64).read_until(b'\n', &mut self.line)?;
        if self.line.is_empty() {
            return Ok(None);
        }
        self.number += 1;
        let complete = self.line.last() == Some(&b'\n');
        if !complete && self.line.len() == limit {
            self.input.skip_until(b'\n')?;
        }
        if complete {
            self.line.pop();
            if self.line.last() == Some(&b'\r') {
                self.line.pop();
            }
        }
        Ok(Some(if self.line.len() > LONGEST_LINE { Line::TooLong } else { Line::Whole(&self.line) }))
    }
}

/// The first `count` bytes, fewer if the input is shorter, and the input as if they had not been read.
fn peek<'a, R: Read + 'a>(mut input: R, count: usize) -> io::Result<(Vec<u8>, impl Read + 'a)> {
    let mut head = Vec::with_capacity(count);
    input.by_ref().take(count as u64).read_to_end(&mut head)?;
    Ok((head.clone(), Cursor::new(head).chain(input)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lengths(input: &[u8]) -> Vec<Option<usize>> {
        let mut lines = Lines::new(input).expect("bytes can be read");
        let mut out = Vec::new();
        while let Some(line) = lines.next().expect("bytes can be read") {
            out.push(match line {
                Line::Whole(line) => Some(line.len()),
                Line::TooLong => None,
            });
        }
        out
    }

    #[test]
    fn line_ends_are_those_of_any_system() {
        assert_eq!(lengths(b"ab\r\n\nabc\n"), [Some(2), Some(0), Some(3)]);
        assert_eq!(lengths(b"ab\nabc"), [Some(2), Some(3)]);
        assert_eq!(lengths(b""), []);
        assert_eq!(lengths(b"\n"), [Some(0)]);
    }

    #[test]
    fn a_line_is_kept_up_to_a_mebibyte_and_the_next_is_whole() {
        for (length, kept) in
            [(LONGEST_LINE, Some(LONGEST_LINE)), (LONGEST_LINE + 1, None), (LONGEST_LINE + 2, None), (5 << 20, None)]
        {
            for end in ["\n", "\r\n"] {
                let mut text = vec![b'x'; length];
                text.extend_from_slice(end.as_bytes());
                text.extend_from_slice(b"next");
                assert_eq!(lengths(&text), [kept, Some(4)], "{length}");
            }
        }
        assert_eq!(lengths(&vec![b'x'; LONGEST_LINE + 7]), [None]);
    }
}
