//! Profiles of small logs whose figures are known.

use super::*;
use crate::actors::clients::{ClientsSpec, Traffic};
use crate::schema::{Decode, Kind, Reader, parse};
use crate::trace::{Replay, read};

fn replay(words: &str) -> Replay {
    let node = parse(0, &format!("Replay(file: \"a \\\"b\\\".csv\", {words})")).expect("RON");
    Replay::decode(&node, &mut Reader::default()).expect("a replay")
}

fn profile(log: &str, replay: &Replay) -> Profile {
    let (trace, report) = read(log.as_bytes(), replay).expect("a log");
    Profile::of(&trace, &report)
}

const WORDS: &str = "format: Csv(time: \"1\", client: \"2\", key: \"3\", size: \"4\", header: false)";

#[test]
fn the_profile_of_a_small_log_is_what_one_counts_by_hand() {
    let log = "0,a,x,1\n1,a,x,2\n1,b,x,3\n3,a,y,4\n103,c,y,100\n104,a,z,10\n";
    let profile = profile(log, &replay(WORDS));
    assert_eq!((profile.requests, profile.span, profile.resolution), (6, 104.0, 1.0));
    assert_eq!(profile.mean_rate, Some(6.0 / 104.0));
    // Gaps: 1, 0, 2, 100, 1.
    assert_eq!((profile.busy_rate, profile.pauses, profile.longest_busy_gap), (Some(1.0), 1, 2.0));
    let mean: f64 = 104.0 / 5.0;
    let variance = (1.0 + 0.0 + 4.0 + 10_000.0 + 1.0) / 5.0 - mean * mean;
    assert!((profile.scv.expect("a span") - variance / (mean * mean)).abs() < 1e-12);
    assert_eq!((profile.peak_second, profile.peak_minute), (2, 4));
    assert_eq!((profile.clients, profile.busiest_client), (3, 4.0 / 6.0));
    let top: Vec<(&str, u64)> = profile.top_keys.iter().map(|(name, count)| (name.as_str(), *count)).collect();
    assert_eq!((profile.keys, top), (3, vec![("x", 3), ("y", 2), ("z", 1)]));
    let fit = profile.zipf.expect("two keys were asked for twice");
    assert!((fit.exponent - libm::log(1.5) / libm::log(2.0)).abs() < 1e-12);
    assert_eq!(fit.points, 2);
    assert_eq!(profile.sizes, Some(Sizes { mean: 20.0, p50: 3, p99: 100, max: 100, total: 120 }));
}

#[test]
fn the_exponent_of_keys_by_zipfs_law_is_found() {
    let mut log = String::new();
    for rank in 1..=100 {
        // Counts in exact proportion to rank^-1/2, rounded.
        let count = (10_000.0 / f64::from(rank).sqrt()).round() as u32;
        (0..count).for_each(|_| log += &format!("0,a,k{rank},0\n"));
    }
    let fit = profile(&log, &replay(WORDS)).zipf.expect("many keys");
    assert!((fit.exponent - 0.5).abs() < 1e-3, "{fit:?}");
}

#[test]
fn what_a_log_does_not_say_is_not_made_up() {
    let profile = profile("5\n5\n", &replay("format: Csv(time: \"1\", header: false)"));
    assert_eq!((profile.mean_rate, profile.busy_rate, profile.scv, profile.zipf), (None, None, None, None));
    assert_eq!((profile.clients, profile.keys, profile.sizes), (0, 0, None));
    let text = profile.to_string();
    assert!(!text.contains("NaN") && !text.contains("sizes") && !text.contains("clients"), "{text}");
}

#[test]
fn the_profile_is_shown_in_lines_for_people() {
    let log = "0,a,x,1\n1,a,x,2\nrubbish\n1,b,x,3\n3,a,y,4\n103,c,y,100\n104,a,z,1000000\n";
    insta::assert_snapshot!(profile(log, &replay(WORDS)).to_string());
}

#[test]
fn the_model_of_a_profile_replays_the_log_as_it_was_read() {
    let replay = replay(WORDS);
    let text = profile("0,a,x,1\n1,a,x,2\n3,a,y,4\n103,c,y,100\n", &replay).model(&replay);
    insta::assert_snapshot!(text);
    let system = parse(0, &text).expect("RON");
    let Kind::Struct(_, fields) = &system.kind else { panic!("{system:?}") };
    let Kind::Map(nodes) = &fields[0].1.kind else { panic!("{fields:?}") };
    let Kind::Struct(_, clients) = &nodes[0].1.kind else { panic!("{nodes:?}") };
    let mut reader = Reader::default();
    let traffic = Traffic::decode(&clients[0].1, &mut reader).expect("arrivals");
    let expected = Replay { longest_gap: crate::schema::quantity::Span::from_seconds(2.0), ..replay };
    assert_eq!(traffic, Traffic::Replay(expected));
    let body = crate::schema::Node::made(Kind::Struct(None, clients.clone()));
    assert!(<ClientsSpec as crate::schema::Body>::decode_body(&body, &mut reader).is_some(), "{reader:?}");
}
