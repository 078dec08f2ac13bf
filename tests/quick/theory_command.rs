//! `rushhour theory` and `rushhour validate` as a person meets them.

use predicates::prelude::*;

use crate::program;

fn rushhour(arguments: &str) -> assert_cmd::assert::Assert {
    // Quotes are the shell's; here a `_` stands for the space inside of a quantity.
    program::rushhour().args(arguments.split(' ').map(|word| word.replace('_', " "))).assert()
}

/// The value called `id` in the JSON form.
fn value(arguments: &str, id: &str) -> f64 {
    let output = rushhour(&format!("theory {arguments} --format json")).success().get_output().stdout.clone();
    let json: serde_json::Value = serde_json::from_slice(&output).expect("JSON");
    let values = json["values"].as_array().expect("values");
    let found = values.iter().find(|value| value["id"] == id).unwrap_or_else(|| panic!("no {id}: {json:#}"));
    found["value"].as_f64().expect("a number")
}

#[test]
fn every_model_gives_its_known_answer() {
    for (arguments, id, expected) in [
        ("mm1 --rate 900/s --service 1_ms", "latency_mean", 0.01),
        ("mm1 --load 90_%", "latency_p99", 46.051_701_859_880_92),
        ("mmc --servers 8 --load 0.9", "waiting_mean", 0.876_916_237_682_821_5),
        ("mmc --servers 8 --load 0.9 --service 8_ms", "latency_p99", 0.008 * 7.087_347_447_758_049),
        ("erlang-c --servers 8 --load 0.9", "waits", 0.701_532_990_146_257),
        ("mmck --servers 4 --queue 16 --load 0.95", "drop_rate", 0.031_272_918_679_516_065),
        ("erlang-b --servers 10 --offered 8", "drop_rate", 0.121_661_064_258_4),
        ("erlang-b --servers 20 --load 1 --service 5_ms", "throughput", 200.0 * 16.822_160_769_160_57),
        ("erlang-a --servers 10 --load 1.2 --patience 2", "gives_up", 0.195_655_944_010_722_98),
        ("priorities --class 0.2/s:1s --class 0.3/s:1s", "waiting_mean:2", 1.25),
        ("priorities --class 0.1/s:1s:0 --class 0.8/s:1s:0", "latency_mean:1", 1.5),
        ("priorities --servers 8 --class 200/s:8ms --class 700/s:8ms", "waiting_mean", 0.008 * 0.876_916_237_682_821_5),
        ("md1 --load 0.8", "waiting_mean", 2.0),
        ("mg1 --load 0.8 --cv 0.5", "waiting_mean", 2.5),
        ("mg1ps --load 0.8 --service 10_ms", "latency_mean", 0.05),
        ("gm1 --load 0.8 --cv 2", "latency_mean", 10.819_192_771_985_637),
        ("gm1 --load 0.8 --cv 0.5", "latency_mean", 3.267_383_610_319_283_7),
        ("gm1 --load 0.8 --cv 0", "latency_mean", 2.692_730_839_920_051_4),
        ("round-robin --servers 10 --load 0.9", "latency_mean", 5.660_276_390_105_637),
        ("jsq --load 0.95", "latency_mean", 10.486_638_811_943_646),
        ("jsq --load 0.95", "waits", 0.919_955_014_863_348_3),
        ("supermarket --choices 2 --load 0.9", "latency_mean", 2.614_057_377_323_876),
        ("closed --users 100 --think 10_s --station web:10:1s", "throughput", 8.839_774_991_768_575),
        ("closed --users 11 --think 10_s --service 1_s", "throughput", 0.836_767_666_755_565_9),
        (
            "closed --users 5 --think 1_s --station a:1:50ms --station b:1:80ms --station c:1:20ms:2",
            "throughput",
            4.126_560_291_297_517,
        ),
        (
            "jackson --rate 5/s --station a:1:100ms --station b:2:200ms:0.5",
            "latency_mean",
            0.2 + 0.5 * 0.2 / (1.0 - 0.0625),
        ),
        ("little --rate 900/s --time 20_ms", "in_system", 18.0),
        ("little --number 18 --time 20_ms", "throughput", 900.0),
        ("little --number 18 --rate 900/s", "latency_mean", 0.02),
    ] {
        let found = value(arguments, id);
        assert!((found / expected - 1.0).abs() < 1e-8, "{arguments}: {id} is {found}, not {expected}");
    }
}

#[test]
fn the_table_has_units_and_a_source() {
    let run = rushhour("theory mmc --servers 8 --load 0.9 --service 8_ms").success();
    insta::assert_snapshot!(String::from_utf8_lossy(&run.get_output().stdout));
    let run = rushhour("theory closed --users 50 --think 1_s --station web:1:5ms --station db:1:8ms:2.5").success();
    insta::assert_snapshot!(String::from_utf8_lossy(&run.get_output().stdout));
}

#[test]
fn what_has_no_answer_is_an_error_that_says_why() {
    for (arguments, words) in [
        ("mm1 --rate 1200/s --service 1_ms", "no steady state"),
        ("mmc --servers 8 --load 1", "no steady state"),
        ("jackson --rate 40/s --station web:1:10ms --station db:1:30ms", "\"db\""),
        ("jackson --rate 40/s --station web:0:1ms", "number of servers"),
        ("jackson --rate 40/s --station web:1:1ms:-1", "number of visits"),
        ("jackson --rate 40/s --station web:1:0ms", "above zero"),
        ("jackson --rate 40/s --station web", "NAME:SERVERS:SERVICE:VISITS"),
        ("mm1 --rate 900 --service 1_ms", "needs a unit"),
        ("mm1 --rate 900/s", "--service"),
        ("mm1 --service 1_ms", "--rate"),
        ("mm1 --load 0.9 --service 0_s", "above zero"),
        ("mm1 --load -1", "above zero"),
        ("mmc --servers 0 --load 0.9", "number of servers"),
        ("mg1 --load 0.9 --cv -1", "coefficient of variation"),
        ("gm1 --load 0.9 --cv NaN", "coefficient of variation"),
        ("closed --users 0 --think 1_s --service 1_s", "number of clients"),
        ("closed --users 5 --think 1_s --station web:0:1s", "number of servers"),
        ("closed --users 20000 --think 1_s --station web:2:1s", "at most 10,000"),
        ("erlang-a --servers 1 --load 0.5 --patience 5_ms", "mean services"),
        ("erlang-a --servers 1 --load 0.5 --service 1_ms --patience 0_s", "giving up"),
        ("erlang-b --servers 10", "--offered"),
        ("erlang-b --servers 10 --offered -8", "arrival rate"),
        ("little --rate 900/s", "two of"),
        ("little --rate 900/s --number -1", "zero or more"),
        ("supermarket --choices 2 --load 1.5", "no steady state"),
    ] {
        rushhour(&format!("theory {arguments}")).code(2).stderr(predicate::str::contains(words));
    }
}

#[test]
fn every_model_has_help_with_an_example() {
    for model in
        "mm1 mmc mmck erlang-b erlang-a md1 mg1 mg1ps gm1 round-robin supermarket closed jackson little".split(' ')
    {
        rushhour(&format!("theory {model} --help"))
            .success()
            .stdout(predicate::str::contains(format!("rushhour theory {model} ")));
    }
}

#[test]
fn the_suite_of_theory_runs_outside_of_the_tests() {
    let run = rushhour("validate --quick --only random_split --quiet").success();
    run.stdout(predicate::str::contains("agrees").and(predicate::str::contains("Largest deviation")));
    let run = rushhour("validate --quick --only erlang_b --format markdown --quiet").success();
    run.stdout(predicate::str::contains("| system | number | theory | measured | off by | verdict |"));
    rushhour("validate --only m/m/2").code(2).stderr(predicate::str::contains("did you mean"));
}
