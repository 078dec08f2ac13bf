//! Any bytes are a log or are refused; every line is accounted for; what is read can be put on the clock.
#![no_main]

use libfuzzer_sys::fuzz_target;
use rushhour::engine::random::StreamKey;
use rushhour::trace::{Profile, Replay, read, schedule};

fuzz_target!(|bytes: &[u8]| {
    let Some(replay) = Replay::of("fuzz.log") else { return };
    let Ok((trace, report)) = read(bytes, &replay) else { return };
    let accounted = report.parsed + report.malformed.count + report.late.count + report.blank + report.header;
    assert_eq!(report.lines, accounted);
    assert_eq!(trace.records.len() as u64, report.parsed);
    assert!(trace.records.windows(2).all(|pair| pair[0].at <= pair[1].at));
    if let Ok(times) = schedule(&trace, &replay, StreamKey::root(1, 0)) {
        assert_eq!(times.len(), trace.records.len());
        assert!(times.windows(2).all(|pair| pair[0] <= pair[1]));
    }
    assert!(!Profile::of(&trace, &report).to_string().is_empty());
});
