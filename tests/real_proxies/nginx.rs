//! NGINX.

use std::net::Ipv4Addr;
use std::path::Path;

use rushhour::extend::View;
use rushhour::system::policies::{
    HashBy, IpHash, LeastConnections, NginxPoints, Placement, RequestedKey, RingHash, RoundRobin, Ties, Weighted,
    WeightedRoundRobin,
};

use super::backends::{Backends, get, send};
use super::proxy::{Proxy, installed};
use super::simulated::{counts, facts, held, one_by_one};

/// NGINX with one upstream of these weights, chosen among by `method`; `None` if it is not installed.
fn nginx(backends: &Backends, weights: &[u32], method: &str) -> Option<Proxy> {
    let program = installed("nginx")?;
    let servers: String = backends
        .addresses
        .iter()
        .zip(weights)
        .map(|(address, weight)| format!("server {address} weight={weight} max_fails=0;\n"))
        .collect();
    let configuration = |folder: &Path, port: u16| {
        let folder = folder.display();
        let temporary: String = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
            .map(|kind| format!("{kind}_temp_path {folder}/{kind};\n"))
            .concat();
        format!(
            "daemon off;\nmaster_process off;\npid {folder}/pid;\nerror_log stderr;\nevents {{}}\nhttp {{\n\
             access_log off;\n{temporary}\
             upstream members {{\n{method}\n{servers}}}\n\
             server {{\nlisten 127.0.0.1:{port};\n\
             set_real_ip_from 127.0.0.1;\nreal_ip_header X-Client;\n\
             location / {{\nproxy_pass http://members;\n}}\n}}\n}}\n"
        )
    };
    let arguments = |folder: &Path, file: &Path| {
        let [folder, file] = [folder, file].map(|path| path.display().to_string());
        vec!["-p".to_owned(), folder, "-c".to_owned(), file]
    };
    Some(Proxy::start(&program, arguments, configuration))
}

#[test]
fn smooth_weighted_round_robin_is_that_of_nginx_choice_by_choice() {
    for weights in [vec![1, 1, 1], vec![5, 1, 1], vec![3, 2, 1], vec![2, 7, 3, 1, 4]] {
        let backends = Backends::new(weights.len());
        let Some(proxy) = nginx(&backends, &weights, "") else { return };
        let requests = 3 * weights.iter().sum::<u32>() as usize;
        let real: Vec<usize> = (0..requests).map(|_| get(proxy.port, "/", "")).collect();
        let view = || View::new(weights.clone());
        let same = vec![facts(0, 0); requests];
        assert_eq!(real, one_by_one(&WeightedRoundRobin {}, view(), same.clone()), "{weights:?}");
        if weights == [1, 1, 1] {
            assert_eq!(real, one_by_one(&RoundRobin::default(), view(), same));
        }
    }
}

#[test]
fn least_connections_hold_as_many_requests_as_nginx_at_every_member() {
    for weights in [vec![1, 1, 1], vec![3, 2, 1], vec![1, 4, 2, 2]] {
        let backends = Backends::new(weights.len());
        let Some(proxy) = nginx(&backends, &weights, "least_conn;") else { return };
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
            held(&LeastConnections { ties: Ties::Weighted(Weighted {}) }, View::new(weights.clone()), requests);
        assert_eq!(real, simulated, "{weights:?}");
    }
}

#[test]
fn idle_members_are_chosen_by_least_connections_as_by_nginx() {
    for weights in [vec![1, 1, 1], vec![3, 2, 1], vec![1, 4, 2, 2]] {
        let backends = Backends::new(weights.len());
        let Some(proxy) = nginx(&backends, &weights, "least_conn;") else { return };
        let real: Vec<usize> = (0..40).map(|_| get(proxy.port, "/", "")).collect();
        let policy = LeastConnections { ties: Ties::Weighted(Weighted {}) };
        assert_eq!(real, one_by_one(&policy, View::new(weights.clone()), vec![facts(0, 0); 40]), "{weights:?}");
    }
}

#[test]
fn ip_hash_is_that_of_nginx_for_every_address() {
    for weights in [vec![1, 1, 1], vec![3, 2, 1]] {
        let backends = Backends::new(weights.len());
        let Some(proxy) = nginx(&backends, &weights, "ip_hash;") else { return };
        let addresses: Vec<u32> = (0..300_u32).map(|n| n.wrapping_mul(2_654_435_761) | 1).collect();
        let real: Vec<usize> = addresses
            .iter()
            .map(|&address| get(proxy.port, "/", &format!("X-Client: {}\r\n", Ipv4Addr::from(address))))
            .collect();
        let requests = addresses.iter().map(|&address| facts(address, 0));
        assert_eq!(real, one_by_one(&IpHash {}, View::new(weights.clone()), requests), "{weights:?}");
    }
}

#[test]
fn random_choice_of_nginx_follows_the_weights() {
    let weights = [3, 2, 1];
    let backends = Backends::new(3);
    let Some(proxy) = nginx(&backends, &weights, "random;") else { return };
    let requests = 1200;
    let real: Vec<usize> = (0..requests).map(|_| get(proxy.port, "/", "")).collect();
    for (count, weight) in counts(&real, 3).into_iter().zip(weights) {
        let (n, p) = (f64::from(requests), f64::from(weight) / 6.0);
        // Five and a half standard deviations: a right program fails less than once in ten million.
        assert!((count as f64 - n * p).abs() < 5.5 * (n * p * (1.0 - p)).sqrt(), "{count} of {n} at {p}");
    }
}

#[test]
fn consistent_hash_of_nginx_is_the_ring_of_the_simulator_key_by_key() {
    for weights in [vec![1, 1, 1], vec![3, 2, 1, 1]] {
        let backends = Backends::new(weights.len());
        let Some(proxy) = nginx(&backends, &weights, "hash $arg_key consistent;") else { return };
        let keys: Vec<u32> = (0..400_u32).map(|n| n * n * n).collect();
        let real: Vec<usize> = keys.iter().map(|key| get(proxy.port, &format!("/?key={key}"), "")).collect();
        let placement = Placement::Nginx(NginxPoints { points: 160 });
        let policy = RingHash { placement, by: HashBy::Key(RequestedKey {}) };
        let view = View::new(weights.clone()).with_names(backends.addresses.clone().into());
        let simulated = one_by_one(&policy, view, keys.iter().map(|&key| facts(0, key)));
        assert_eq!(real, simulated, "{weights:?}");
    }
}
