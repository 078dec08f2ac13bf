//! HAProxy.

use std::net::Ipv4Addr;
use std::path::Path;

use rushhour::extend::View;
use rushhour::system::policies::{IdleFirst, LeastConnections, RoundRobin, Ties, WeightedRoundRobin};

use super::backends::{Backends, get, send};
use super::proxy::{Proxy, installed};
use super::simulated::{answered, counts, facts, held, one_by_one};

/// HAProxy with one backend of these weights, chosen among by `balance`; `None` if it is not installed.
fn haproxy(backends: &Backends, weights: &[u32], balance: &str) -> Option<Proxy> {
    let program = installed("haproxy")?;
    let servers: String = backends
        .addresses
        .iter()
        .zip(weights)
        .enumerate()
        .map(|(number, (address, weight))| format!("    server s{number} {address} weight {weight}\n"))
        .collect();
    let configuration = |_: &Path, port: u16| {
        format!(
            "global\n    nbthread 1\ndefaults\n    mode http\n    timeout connect 5s\n    timeout client 20s\n    \
             timeout server 20s\nlisten members\n    bind 127.0.0.1:{port}\n    \
             http-request set-src hdr(x-client) if {{ hdr(x-client) -m found }}\n    \
             balance {balance}\n{servers}"
        )
    };
    let arguments = |_: &Path, file: &Path| vec!["-db".to_owned(), "-f".to_owned(), file.display().to_string()];
    Some(Proxy::start(&program, arguments, configuration))
}

/// The order in which HAProxy's static algorithms go through servers: one step of each round robin a unit of weight,
/// with whole numbers (`recalc_server_map` of `src/lb_map.c`).
fn map(weights: &[u32]) -> Vec<usize> {
    let total = weights.iter().sum::<u32>() as i64;
    let mut scores = vec![0_i64; weights.len()];
    (0..total)
        .map(|_| {
            for (score, &weight) in scores.iter_mut().zip(weights) {
                *score += i64::from(weight);
            }
            let values: Vec<i64> = scores.iter().map(|score| (score + total) / total).collect();
            let best = values.iter().max().copied().unwrap_or_default();
            let chosen = values.iter().position(|&value| value == best).unwrap_or_default();
            scores[chosen] -= total;
            chosen
        })
        .collect()
}

#[test]
fn round_robin_is_that_of_haproxy_where_weights_are_equal() {
    for balance in ["roundrobin", "static-rr"] {
        let backends = Backends::new(4);
        let Some(proxy) = haproxy(&backends, &[1; 4], balance) else { return };
        let real: Vec<usize> = (0..20).map(|_| get(proxy.port, "/", "")).collect();
        assert_eq!(real, one_by_one(&RoundRobin::default(), View::new(vec![1; 4]), vec![facts(0, 0); 20]), "{balance}");
    }
}

#[test]
fn weighted_round_robin_of_haproxy_serves_each_member_as_often_in_another_order() {
    for weights in [vec![5, 1, 1], vec![3, 2, 1], vec![2, 7, 3, 1, 4]] {
        let total = weights.iter().sum::<u32>() as usize;
        let simulated = one_by_one(&WeightedRoundRobin {}, View::new(weights.clone()), vec![facts(0, 0); total]);
        for balance in ["roundrobin", "static-rr"] {
            let backends = Backends::new(weights.len());
            let Some(proxy) = haproxy(&backends, &weights, balance) else { return };
            let real: Vec<usize> = (0..3 * total).map(|_| get(proxy.port, "/", "")).collect();
            println!("{balance} {weights:?}: {:?} against {simulated:?}", &real[..total]);
            for cycle in real.chunks(total) {
                assert_eq!(counts(cycle, weights.len()), counts(&simulated, weights.len()), "{balance}: {real:?}");
            }
            if balance == "static-rr" {
                assert_eq!(real, map(&weights).repeat(3));
            }
        }
    }
}

#[test]
fn least_connections_hold_as_many_requests_as_haproxy_at_every_member() {
    for weights in [vec![1, 1, 1], vec![3, 2, 1], vec![1, 4, 2, 2]] {
        let backends = Backends::new(weights.len());
        let Some(proxy) = haproxy(&backends, &weights, "leastconn") else { return };
        let total = weights.iter().sum::<u32>() as usize;
        let requests = 4 * total;
        let open: Vec<_> = (1..=requests)
            .map(|number| {
                let stream = send(proxy.port, "/hold", "");
                backends.wait_for(number);
                stream
            })
            .collect();
        let real = backends.chosen();
        backends.release();
        drop(open);
        let simulated =
            held(&LeastConnections { ties: Ties::IdleFirst(IdleFirst {}) }, View::new(weights.clone()), requests);
        assert_eq!(real, simulated, "{weights:?}");
    }
}

#[test]
fn idle_members_are_chosen_by_least_connections_as_by_haproxy() {
    for weights in [vec![1, 1, 1], vec![3, 2, 1], vec![1, 4, 2, 2]] {
        let backends = Backends::new(weights.len());
        let Some(proxy) = haproxy(&backends, &weights, "leastconn") else { return };
        let real: Vec<usize> = (0..40).map(|_| get(proxy.port, "/", "")).collect();
        let policy = LeastConnections { ties: Ties::IdleFirst(IdleFirst {}) };
        assert_eq!(real, answered(&policy, View::new(weights.clone()), 40), "{weights:?}");
    }
}

#[test]
fn source_of_haproxy_is_the_address_modulo_the_weights() {
    for weights in [vec![1, 1, 1], vec![3, 2, 1]] {
        let backends = Backends::new(weights.len());
        let Some(proxy) = haproxy(&backends, &weights, "source") else { return };
        let addresses: Vec<u32> = (0..200_u32).map(|n| n.wrapping_mul(2_654_435_761) | 1).collect();
        let map = map(&weights);
        for &address in &addresses {
            let member = get(proxy.port, "/", &format!("X-Client: {}\r\n", Ipv4Addr::from(address)));
            assert_eq!(member, map[address as usize % map.len()], "{}", Ipv4Addr::from(address));
        }
    }
}

#[test]
fn source_of_haproxy_with_a_consistent_hash_keeps_to_members_by_weight() {
    let weights = [3, 2, 1];
    let backends = Backends::new(3);
    let Some(proxy) = haproxy(&backends, &weights, "source\n    hash-type consistent") else { return };
    let member = |address: u32| get(proxy.port, "/", &format!("X-Client: {}\r\n", Ipv4Addr::from(address)));
    let addresses: Vec<u32> = (0..600_u32).map(|n| n.wrapping_mul(2_654_435_761)).collect();
    let real: Vec<usize> = addresses.iter().map(|&address| member(address)).collect();
    assert!(addresses.iter().zip(&real).take(100).all(|(&address, &before)| member(address) == before));
    // The shares of a ring of 16 points a unit of weight are uneven themselves: within a half of the weights'.
    for (count, weight) in counts(&real, 3).into_iter().zip(weights) {
        let expected = 600.0 * f64::from(weight) / 6.0;
        assert!((count as f64 / expected - 1.0).abs() < 0.5, "{count} against {expected}: {real:?}");
    }
}
