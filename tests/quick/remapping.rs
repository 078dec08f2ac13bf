//! How many clients change their server when servers go and come back, in whole systems.

use crate::answers::answer;
use crate::values::{estimate, node_value, only_cell, value};
use rushhour::lab::results::Cell;

/// The only cell of a system with ten servers behind balancers of this description.
fn cell(balancer: &str, fleet: &str, faults: &str) -> Cell {
    only_cell(answer(&format!(
        r#"Experiment(
            system: System(nodes: {{
                "users": Clients(arrivals: Poisson(rate: "200/s"), to: "lb"),
                "lb": Balancer({balancer}, to: "web"),
                "web": Fleet(servers: 10, service: Exponential("5 ms") {fleet}),
            }}, faults: [{faults}]),
            run: (duration: "100 s", warm_up: "10 s", replications: 2, seed: 3),
            measure: [Latency([0.5, 0.99]), Remapped],
        )"#
    )))
}

fn crash(server: usize, at: &str, lasts: &str) -> String {
    format!(r#"(at: "{at}", node: "web", servers: [{server}], fault: Crash, lasts: "{lasts}")"#)
}

fn of_balancer(cell: &Cell, id: &str) -> f64 {
    node_value(cell, "lb", id)
}

#[test]
fn a_crash_and_a_restart_move_the_clients_of_the_server_there_and_back() {
    let cell = cell("policy: Rendezvous", "", &crash(4, "30 s", "20 s"));
    assert_eq!(of_balancer(&cell, "member_changes"), 2.0);
    // A tenth twice, within five standard errors of a sample of 4096.
    assert!((value(&cell, "remapped") - 0.2).abs() < 2.0 * 5.0 * (0.09_f64 / 4096.0).sqrt());
    assert_eq!(value(&cell, "remapped_needlessly"), 0.0);
    assert_eq!(of_balancer(&cell, "remapped"), of_balancer(&cell, "remapped_least"));
    let series = cell.series.iter().find(|series| series.quantity == "remapped").expect("a series");
    let sum: f64 = series.mean.iter().flatten().sum();
    assert!((sum - value(&cell, "remapped")).abs() < 1e-12);
}

#[test]
fn what_changed_during_the_warm_up_does_not_count() {
    let cell = cell("policy: RingHash", "", &crash(4, "2 s", "5 s"));
    assert_eq!(value(&cell, "remapped"), 0.0);
    assert_eq!(of_balancer(&cell, "member_changes"), 0.0);
}

#[test]
fn who_does_not_hash_has_no_such_number() {
    let cell = cell("policy: LeastConnections", "", &crash(4, "30 s", "20 s"));
    assert_eq!(estimate(&cell, "remapped").value, None);
}

#[test]
fn servers_that_are_full_move_no_client() {
    // A small table, since one is made whenever a server is full.
    let cell = cell("policy: Maglev(table: 1009)", r#", max_connections: [1, 1, 1, 1, 1, 1, 1, 1, 1, 1]"#, "");
    assert_eq!((of_balancer(&cell, "member_changes"), value(&cell, "remapped")), (0.0, 0.0));
}

#[test]
fn a_ramp_brings_back_in_steps_what_a_restart_brings_back_at_once() {
    let faults = crash(4, "30 s", "20 s");
    let at_once = cell("policy: Rendezvous", "", &faults);
    let ramp = cell(r#"policy: Rendezvous, slow_start: "10 s""#, "", &faults);
    assert_eq!(value(&ramp, "remapped"), value(&at_once, "remapped"));
    assert_eq!(value(&ramp, "remapped_needlessly"), 0.0);
    // Down, up with a tenth, and ten steps to the full weight.
    assert_eq!(of_balancer(&ramp, "member_changes"), 12.0);
}

#[test]
fn the_number_of_several_balancers_is_their_mean() {
    let faults = crash(4, "30 s", "20 s");
    let one = cell("policy: RingHash", "", &faults);
    let four = cell("policy: RingHash, copies: 4", "", &faults);
    assert_eq!(value(&one, "remapped"), value(&four, "remapped"));
}

#[test]
fn a_backup_takes_over_all_clients_when_no_other_member_is_left() {
    let all = r#"(at: "30 s", node: "web", servers: [0, 1, 2, 3, 4, 5, 6, 7, 8], fault: Crash, lasts: "20 s")"#;
    let cell = cell("policy: RingHash", ", backups: [9]", all);
    // Nine servers go one by one, and a client moves each time its server goes; every client moves there and back at
    // least.
    assert!(value(&cell, "remapped") >= 2.0);
    assert_eq!(value(&cell, "remapped_needlessly"), 0.0);
}
