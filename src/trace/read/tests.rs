//! Reading logs of every format, in order, with mistakes counted.

use std::io::{Cursor, Read, Write};

use flate2::Compression;
use flate2::write::GzEncoder;
use proptest::prelude::*;

use super::super::format::{Auto, Combined, Common, Csv, Format, JsonLines, TimeUnit};
use super::*;
use crate::schema::quantity::Span;
use crate::schema::{Decode, Reader, parse};
use crate::trace::Known;

const SECOND: u64 = 1_000_000_000;

fn replay(words: &str) -> Replay {
    let node = parse(0, &format!("Replay(file: \"a.log\", {words})")).expect("RON");
    Replay::decode(&node, &mut Reader::default()).expect("a replay")
}

fn line(time: &str, client: &str, path: &str, bytes: &str) -> String {
    format!("{client} - - [17/May/2015:{time} +0000] \"GET {path} HTTP/1.1\" 200 {bytes} \"-\" \"curl\"\n")
}

fn at(times: &[&str]) -> String {
    times.iter().map(|time| line(time, "10.0.0.1", "/", "1")).collect()
}

fn seconds(trace: &Trace) -> Vec<u64> {
    trace.records.iter().map(|record| record.at / SECOND).collect()
}

fn balances(report: &ReadReport) -> bool {
    report.lines == report.parsed + report.malformed.count + report.late.count + report.blank + report.header
}

#[test]
fn a_log_becomes_a_trace() {
    let log = [
        line("10:00:03", "10.0.0.1", "/a", "100"),
        line("10:00:01", "10.0.0.2", "/b", "-"),
        line("10:00:03", "10.0.0.3", "/a", "300"),
    ];
    let (trace, report) = read(log.concat().as_bytes(), &replay("")).expect("a log");
    let record = |at, client: u32, key, size| Record { at: at * SECOND, client: 0x0A00_0000 + client, key, size };
    assert_eq!(trace.records, [record(0, 2, 1, 0), record(2, 1, 0, 100), record(2, 3, 0, 300)]);
    assert_eq!(trace.keys, ["/a", "/b"]);
    assert_eq!((trace.start, trace.resolution, trace.span()), (1_431_856_801_000_000_000, SECOND, 2 * SECOND));
    assert_eq!((report.format, report.lines, report.parsed, report.out_of_order), ("Combined", 3, 3, 1));
    assert_eq!(report.notices(), ["1 of 3 lines stands out of order and was sorted within 5 min"]);
}

#[test]
fn a_late_line_is_counted_not_lost() {
    let log = at(&["10:00:00", "10:05:00", "10:04:00", "10:03:59", "10:02:00", "10:06:00"]);
    let (trace, report) = read(log.as_bytes(), &replay("horizon: \"60 s\"")).expect("a log");
    assert_eq!(seconds(&trace), [0, 240, 300, 360]);
    assert_eq!((report.late.count, report.out_of_order), (2, 3));
    assert_eq!(
        report.left_out(),
        ["2 of 6 lines are stamped more than 60 s before a line above and were left out: lines 4 and 5"]
    );
    assert!(balances(&report));
    let error = read(log.as_bytes(), &replay("horizon: \"60 s\", strict: true")).expect_err("strict");
    assert!(error.to_string().contains("lines 4 and 5"), "{error}");
}

#[test]
fn malformed_lines_are_counted_and_fatal_only_if_strict() {
    let mut log = String::new();
    for number in 1..=30 {
        log += &if number % 2 == 0 { "garbage\n".to_owned() } else { at(&["10:00:00"]) };
    }
    log += "\n   \n";
    let (trace, report) = read(log.as_bytes(), &replay("")).expect("half a log");
    assert_eq!((trace.records.len(), report.malformed.count, report.blank), (15, 15, 2));
    assert_eq!(
        report.malformed.first.iter().map(|(line, _)| *line).collect::<Vec<_>>(),
        [2, 4, 6, 8, 10, 12, 14, 16, 18, 20]
    );
    assert_eq!(
        report.notices(),
        ["15 of 32 lines are malformed and were left out: \
          lines 2, 4, 6, 8, 10, 12, 14, 16, 18, 20 and 5 more (has only one word)"]
    );
    assert!(balances(&report));
    let error = read(log.as_bytes(), &replay("strict: true")).expect_err("strict");
    assert!(matches!(&error, TraceError::Strict { report: strict } if **strict == report), "{error}");
    assert!(error.to_string().contains("15 of 32 lines are malformed"), "{error}");
}

#[test]
fn gzip_is_known_by_its_first_bytes_and_may_have_members() {
    let mut packed = Vec::new();
    for time in ["10:00:00", "10:00:07"] {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(at(&[time]).as_bytes()).expect("memory");
        packed.extend(encoder.finish().expect("memory"));
    }
    let (trace, _) = read(packed.as_slice(), &replay("")).expect("a log");
    assert_eq!(seconds(&trace), [0, 7]);
    let error = read(&packed[..packed.len() - 12], &replay("")).expect_err("damaged");
    assert!(matches!(error, TraceError::Read { .. }), "{error}");
}

#[test]
fn formats_are_read_by_name_and_json_is_found() {
    let json = "{\"ts\": 1700000000.5, \"uri\": \"/a\"}\n{\"ts\": 1700000001, \"uri\": \"/b\"}\n";
    for words in ["", "format: JsonLines", "format: JsonLines(time: \"ts\", key: \"uri\")"] {
        let (trace, report) = read(json.as_bytes(), &replay(words)).expect("a log");
        assert_eq!((report.format, trace.resolution, trace.span()), ("JsonLines", SECOND / 10, SECOND / 2));
        assert_eq!((trace.keys.len(), trace.known), (2, Known { client: false, key: true, size: false }));
    }
    let csv = "\u{feff}t,n\r\n2023-11-16 18:17:04.031,7\r\n2023-11-16 18:17:03.979,8\r\n";
    let (trace, report) = read(csv.as_bytes(), &replay("format: Csv(time: \"t\", size: \"n\")")).expect("a log");
    assert_eq!(
        trace.records.iter().map(|record| (record.at, record.size)).collect::<Vec<_>>(),
        [(0, 8), (52_000_000, 7)]
    );
    assert_eq!((trace.resolution, trace.keys.len(), report.header, report.lines), (1_000_000, 0, 1, 3));
    let (trace, _) = read(
        &b"5 1\n7 1\n"[..],
        &replay("format: Csv(time: \"1\", delimiter: \" \", header: false, unit: Milliseconds)"),
    )
    .expect("a log");
    assert_eq!((trace.span(), trace.resolution), (2_000_000, 1_000_000));
}

#[test]
fn what_is_no_log_is_told_apart() {
    let error = |input: &[u8], words: &str| read(input, &replay(words)).expect_err("no log").to_string();
    assert_eq!(error(b"", ""), "the log is empty");
    assert_eq!(error(b"\n\n", ""), "the log is empty");
    assert!(error(b"\x7fELF\x02\x00\x00", "").contains("binary"));
    assert!(error(&"a\n".encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<_>>(), "").contains("binary"));
    let csv = error(b"TIMESTAMP,ContextTokens\n2023-11-16 18:17:03,4808\n", "");
    assert!(csv.contains("format: Csv(time: \"TIMESTAMP\")"), "{csv}");
    assert!(error(&b"x y\n".repeat(2000), "").contains("1,000 lines"));
    let wrong = error(b"one\ntwo\n", "format: Common");
    assert_eq!(wrong, "no line is a request in the format Common: line 1 has only one word");
    let header = error(b"t,n\n", "format: Csv(time: \"t\")");
    assert_eq!(header, "no line is a request in the format Csv");
    let folder = tempfile::tempdir().expect("a folder");
    // Some systems do not even open a folder.
    if let Ok(file) = std::fs::File::open(folder.path()) {
        let error = read(file, &replay("")).expect_err("a folder");
        assert!(matches!(error, TraceError::Read { line: 0, .. }), "{error}");
    }
}

#[test]
fn a_line_of_a_hundred_megabytes_is_one_malformed_line() {
    let good = at(&["10:00:00"]);
    let log = good.as_bytes().chain(std::io::repeat(b'x').take(100 << 20)).chain(Cursor::new(format!("\n{good}")));
    let mut reading = log;
    let (trace, report) = read(&mut reading, &replay("")).expect("a log");
    assert_eq!((trace.records.len(), report.lines, report.malformed.count), (2, 3, 1));
    assert!(report.notices()[0].contains("line 2 (is longer than 1,048,576 bytes)"), "{report}");
}

#[test]
fn the_ends_of_time_are_sorted_and_do_not_overflow() {
    let log = "9223372036854775807,b\n-9223372036854775808,a\n";
    let words = "format: Csv(time: \"1\", key: \"2\", header: false, unit: Nanoseconds), horizon: \"36525 d\"";
    let (trace, report) = read(log.as_bytes(), &replay(words)).expect("a log");
    assert_eq!((trace.records.len(), trace.start, report.late.count), (1, i64::MAX, 1));
    let log = "1700000000,b\n-1400000000,a\n";
    let words = "format: Csv(time: \"1\", key: \"2\", header: false), horizon: \"36525 d\"";
    let (trace, _) = read(log.as_bytes(), &replay(words)).expect("a log");
    assert_eq!((trace.start, seconds(&trace)), (-1_400_000_000_000_000_000, vec![0, 3_100_000_000]));
}

fn any_format() -> impl Strategy<Value = Format> {
    prop_oneof![
        Just(Format::Auto(Auto {})),
        Just(Format::Common(Common {})),
        Just(Format::Combined(Combined {})),
        Just(Format::JsonLines(JsonLines {
            time: None,
            client: None,
            key: None,
            size: None,
            unit: TimeUnit::Auto(super::super::format::AutoUnit {}),
        })),
        Just(replay("format: Csv(time: \"1\", key: \"2\", size: \"3\", header: false)").format),
        Just(Format::Csv(Csv { header: true, ..csv() })),
    ]
}

fn csv() -> Csv {
    match replay("format: Csv(time: \"t\", client: \"c\")").format {
        Format::Csv(csv) => csv,
        other => panic!("{other:?}"),
    }
}

/// Bytes of which lines of logs are made, whole and in pieces.
fn any_log() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        any::<Vec<u8>>(),
        "[ -~]{0,40}\n".prop_map(String::into_bytes),
        (0..60_u32, 0..60_u32).prop_map(|(minute, second)| at(&[&format!("10:{minute:02}:{second:02}")]).into_bytes()),
        (any::<i64>(), "[a-z/]{0,5}").prop_map(|(time, key)| format!("{time},{key},7\n").into_bytes()),
        (0..2_000_000_000_u32, "[a-z/]{0,5}").prop_map(|(time, key)| format!("{time}.5,\"{key}\",7\n").into_bytes()),
        any::<f64>().prop_map(|time| format!("{{\"ts\": {time:?}, \"path\": \"/\"}}\n").into_bytes()),
        Just(b"t,c\n".to_vec()),
        Just(b"h - - [17/May/2015:10:05:03 +0000] \"GET ".to_vec()),
        Just(b"\n".to_vec()),
    ];
    prop::collection::vec(piece, 0..20).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn any_bytes_are_accounted_for_line_by_line(
        log in any_log(), format in any_format(), horizon in 0.0..1e4_f64, strict: bool, text: bool,
    ) {
        // Without zero bytes, more of the reading is reached.
        let log: Vec<u8> = log.into_iter().filter(|&byte| !text || byte != 0).collect();
        let mut replay = replay("");
        replay.format = format;
        replay.horizon = Span::from_seconds(horizon).expect("in range");
        replay.strict = strict;
        let report = match read(log.as_slice(), &replay) {
            Ok((trace, report)) => {
                prop_assert_eq!(trace.records.len() as u64, report.parsed);
                prop_assert!(trace.records.is_sorted_by_key(|record| record.at));
                prop_assert!(trace.records.iter().all(|it| !trace.known.key || (it.key as usize) < trace.keys.len()));
                prop_assert!(!strict || report.malformed.count + report.late.count == 0);
                report
            }
            Err(TraceError::NoRequests { report } | TraceError::Strict { report }) => *report,
            Err(other) => {
                prop_assert!(!other.to_string().is_empty());
                return Ok(());
            }
        };
        let lines = log.split_inclusive(|&byte| byte == b'\n').count() as u64;
        prop_assert_eq!(report.lines, lines);
        prop_assert!(balances(&report), "{:?}", report);
        prop_assert!(report.notices().len() <= 3);
    }
}
