//! Numbers for the names that a log holds, in order of first appearance, in little memory: a name is known by its hash,
//! and its text is kept only if it is needed.

use hashbrown::HashTable;
use xxhash_rust::xxh64::xxh64;

/// A name in 128 bits. Of a thousand million names, two have the same with a chance of one in 10^21.
type Print = [u64; 2];

/// Names by number.
#[derive(Debug, Default)]
pub(super) struct Names {
    prints: Vec<Print>,
    numbers: HashTable<u32>,
    /// The names themselves, if they are kept.
    texts: Option<Vec<Box<[u8]>>>,
    /// Bytes of the names kept.
    text: usize,
}

/// Overhead of the allocator for each allocation.
const PIECE: usize = 16;

impl Names {
    /// No names yet; `keeps` says whether they are kept.
    pub fn new(keeps: bool) -> Self {
        Self { texts: keeps.then(Vec::new), ..Self::default() }
    }

    /// The number of a name, a new one if it is new; `None` if there are no more numbers.
    pub fn number(&mut self, name: &[u8]) -> Option<u32> {
        let print = [xxh64(name, 0), xxh64(name, 1)];
        let Self { prints, numbers, texts, text } = self;
        if let Some(&number) = numbers.find(print[0], |&number| prints[number as usize] == print) {
            return Some(number);
        }
        let number = u32::try_from(prints.len()).ok()?;
        if prints.len() == prints.capacity() {
            prints.reserve_exact((prints.len() / 4).max(64));
        }
        prints.push(print);
        numbers.insert_unique(print[0], number, |&number| prints[number as usize][0]);
        if let Some(texts) = texts {
            texts.push(name.into());
            *text += name.len() + PIECE;
        }
        Some(number)
    }

    /// Bytes it takes.
    pub fn bytes(&self) -> usize {
        let texts = self.texts.as_ref().map_or(0, |texts| texts.capacity() * size_of::<Box<[u8]>>());
        // While the table grows, it is there twice: the old one half as large.
        let table = self.numbers.capacity() * (size_of::<u32>() + 1) * 2;
        self.prints.capacity() * size_of::<Print>() + table + texts + self.text
    }

    /// The names in order of their numbers, if they were kept.
    pub fn into_texts(self) -> Vec<String> {
        let text = |bytes: Box<[u8]>| {
            String::from_utf8(bytes.into()).unwrap_or_else(|bad| String::from_utf8_lossy(bad.as_bytes()).into_owned())
        };
        self.texts.unwrap_or_default().into_iter().map(text).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_numbered_in_order_of_appearance_whether_kept_or_not() {
        for keeps in [true, false] {
            let mut names = Names::new(keeps);
            let found: Vec<Option<u32>> =
                ["/b", "/a", "/b", "", "/a", "/c"].iter().map(|name| names.number(name.as_bytes())).collect();
            assert_eq!(found, [0, 1, 0, 2, 1, 3].map(Some));
            let texts: &[&str] = if keeps { &["/b", "/a", "", "/c"] } else { &[] };
            assert_eq!(names.into_texts(), texts);
        }
    }

    #[test]
    fn a_name_that_is_not_kept_takes_less_than_fifty_bytes() {
        let mut names = Names::new(false);
        for number in 0..100_000_u32 {
            assert_eq!(names.number(format!("/a/long/path/to/something/{number}").as_bytes()), Some(number));
        }
        assert!(names.bytes() < 50 * 100_000, "{}", names.bytes());
    }
}
