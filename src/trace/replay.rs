//! Replay, as written in the language.

use super::format::{Auto, Format};
use crate::schema::quantity::{Rate, Span};
use crate::schema::{Decode, Kind, Name, Node, Reader, Region, choice, record};

record! {
    /// Requests with the same time stamp are spread at equal distances.
    pub struct Even {}
}

record! {
    /// Requests with the same time stamp are spread at random, as in a Poisson process.
    pub struct Uniform {}
}

record! {
    /// Requests with the same time stamp all arrive at that time.
    pub struct NoSpread {}
}

choice! {
    /// How requests with the same time stamp are spread over the tick of a coarse clock, such as a whole second.
    pub enum Spread {
        Even(Even),
        Uniform(Uniform),
        None(NoSpread),
    }
}

/// The fastest and, as one over it, the slowest replay.
const FASTEST: f64 = 1e9;

record! {
    /// Replays the requests of a log, plain or compressed with gzip: their times, and clients, keys and sizes if the
    /// log has them. First requests with the same time stamp are spread over the clock tick, then long gaps are cut,
    /// then all times are scaled.
    pub struct Replay {
        /// The log, relative to the file that names it.
        pub file: String,
        /// The format of its lines.
        pub format: Format = Format::Auto(Auto {}),
        /// How far out of order lines may be: a line whose time is at most this much before the newest time read so far
        /// is sorted into its place. Lines further behind are counted and left out, and so are all lines after one that
        /// is stamped far in the future by mistake.
        pub horizon: Span = Span::from_seconds(300.0).unwrap_or(Span::ZERO),
        /// How many times faster than recorded; 0.000000001 to 1,000,000,000.
        pub speed: f64 = 1.0,
        /// Scales times so that the mean rate (all requests over the time from the first to the last) is this. Use it
        /// instead of `speed`.
        pub rate: Option<Rate> = None,
        /// Longer gaps between two requests are cut to this, before scaling.
        pub longest_gap: Option<Span> = None,
        /// How requests with the same time stamp are spread over the clock tick.
        pub spread: Spread = Spread::Uniform(Uniform {}),
        /// If true, a line that is malformed or too far out of order is an error.
        pub strict: bool = false,
    }
    check(self, at) {
        if self.file.is_empty() {
            at.field("file").error("the name of a log");
        }
        if !(1.0 / FASTEST..=FASTEST).contains(&self.speed) {
            at.field("speed").error("a speed from 0.000000001 to 1,000,000,000");
        } else if self.rate.is_some() && self.speed != 1.0 {
            at.field("speed").error("either `speed` or `rate`: each says how fast the replay is");
        }
        if self.longest_gap == Some(Span::ZERO) {
            at.field("longest_gap").error("the longest gap is above zero");
        }
    }
}

impl Replay {
    /// Replays the log `file` with all defaults; `None` if the name is empty.
    #[must_use]
    pub fn of(file: &str) -> Option<Self> {
        let name = Name { text: "file".to_owned(), region: Region::default() };
        let fields = vec![(name, Node::made(Kind::Text(file.to_owned())))];
        Self::decode(&Node::made(Kind::Struct(None, fields)), &mut Reader::default())
    }

    /// True if `other` reads the same records from the same log, even if it replays them at other times.
    #[must_use]
    pub fn reads_like(&self, other: &Self) -> bool {
        let reading = |replay: &Self| (replay.file.clone(), replay.format.clone(), replay.horizon, replay.strict);
        reading(self) == reading(other)
    }
}

#[cfg(test)]
mod tests {
    use super::super::format::{Combined, Csv};
    use super::*;
    use crate::schema::{Encode, parse, print};

    fn decode(text: &str) -> Result<Replay, String> {
        let node = parse(0, text).map_err(|all| format!("{all:?}"))?;
        let mut reader = Reader::default();
        Replay::decode(&node, &mut reader)
            .ok_or_else(|| reader.diagnostics.into_iter().map(|diagnostic| diagnostic.message).collect())
    }

    #[test]
    fn a_replay_reads_back_as_it_is_written() {
        let text = "Replay(file: \"a.csv\", format: Csv(time: \"t\", size: \"n\", delimiter: \";\"), longest_gap: \"2 s\", \
                    rate: \"50/s\", spread: None, strict: true)";
        let replay = decode(text).expect("right");
        assert!(matches!(&replay.format, Format::Csv(Csv { time, .. }) if time == "t"));
        assert_eq!(replay.spread, Spread::None(NoSpread {}));
        assert_eq!(replay.horizon.seconds(), 300.0);
        assert_eq!(decode(&print(&replay.encode())), Ok(replay));
    }

    #[test]
    fn the_defaults_stand_in_one_place() {
        assert_eq!(Replay::of("a.log"), decode("Replay(\"a.log\")").ok());
        assert_eq!(Replay::of(""), None);
    }

    #[test]
    fn what_cannot_be_meant_is_refused() {
        for (text, word) in [
            ("Replay(file: \"\")", "name"),
            ("Replay(file: \"a\", speed: 0.0)", "speed"),
            ("Replay(file: \"a\", speed: 2.0, rate: \"5/s\")", "either"),
            ("Replay(file: \"a\", longest_gap: \"0 s\")", "gap"),
            ("Replay(file: \"a\", format: Csv())", "time"),
            ("Replay(file: \"a\", format: Csv(time: \"t\", delimiter: \"ab\"))", "delimiter"),
            ("Replay(file: \"a\", format: Csv(time: \"t\", header: false))", "numbers"),
            ("Replay(file: \"a\", format: Squid)", "format"),
        ] {
            let error = decode(text).expect_err(text);
            assert!(error.contains(word), "{text}: {error}");
        }
        assert_eq!(
            decode("Replay(file: \"a\", format: Combined)").map(|it| it.format),
            Ok(Format::Combined(Combined {}))
        );
    }
}
