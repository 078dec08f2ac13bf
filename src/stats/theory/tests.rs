//! Every family against values of independent programs, its own laws, and the edges of its domain.

use super::vectors::*;
use super::*;
use approx::assert_relative_eq;
use proptest::prelude::*;

/// Asserts each of ours against theirs to a relative 1e-9 (or 1e-12 near zero).
#[track_caller]
fn agree<const N: usize>(ours: [f64; N], theirs: [f64; N]) {
    agree_within(1e-9, ours, theirs);
}

#[track_caller]
fn agree_within<const N: usize>(tolerance: f64, ours: [f64; N], theirs: [f64; N]) {
    for (place, (ours, theirs)) in ours.iter().zip(theirs).enumerate() {
        let off = (ours - theirs).abs();
        assert!(off <= tolerance * theirs.abs() + 1e-12, "value {place}: {ours} against {theirs}");
    }
}

#[test]
fn the_table_is_long_enough_to_mean_something() {
    let rows = MM1.len() + MMC.len() + MMCK.len() + ERLANG_B.len() + MG1.len() + MG1_PS.len() + GM1_ERLANG.len();
    let more = GM1_H2.len() + ROUND_ROBIN.len() + ROUND_ROBIN_LIMIT.len() + SUPERMARKET.len() + ERLANG_A.len();
    assert!(rows + more + CLOSED.len() + MVA.len() >= 60);
}

#[test]
fn mm1_agrees() {
    for &(rate, w, wq, l, lq, t50, t99, t999, q50, q99) in MM1 {
        let m = Mm1::new(rate, 1.0).unwrap();
        agree([m.sojourn_mean(), m.waiting_mean(), m.in_system(), m.in_queue()], [w, wq, l, lq]);
        let quantiles = [0.5, 0.99, 0.999].map(|p| m.sojourn_quantile(p));
        agree(quantiles, [t50, t99, t999]);
        agree([0.5, 0.99].map(|p| m.waiting_quantile(p)), [q50, q99]);
        agree([m.sojourn_above(t99), m.waiting_above(q99)], [0.01, 0.01]);
    }
}

#[test]
fn mmc_agrees() {
    for &(rate, servers, c, wq, w, lq, l, q50, q99, t50, t99, t999) in MMC {
        let m = Mmc::new(rate, 1.0, servers).unwrap();
        let means = [m.chance_of_waiting(), m.waiting_mean(), m.sojourn_mean(), m.in_queue(), m.in_system()];
        agree(means, [c, wq, w, lq, l]);
        agree([0.5, 0.99].map(|p| m.waiting_quantile(p)), [q50, q99]);
        agree([0.5, 0.99, 0.999].map(|p| m.sojourn_quantile(p)), [t50, t99, t999]);
    }
}

#[test]
fn mmck_agrees() {
    for &(rate, servers, most, loss, l, lq, throughput, w, wq, q50, q99) in MMCK {
        let m = Mmck::new(rate, 1.0, servers, most - servers).unwrap();
        agree([m.blocked(), m.in_system(), m.in_queue(), m.throughput()], [loss, l, lq, throughput]);
        agree([m.sojourn_mean(), m.waiting_mean()], [w, wq]);
        let accepted = m.accepted();
        agree([accepted.waiting_mean()], [wq]);
        agree([0.5, 0.99].map(|p| accepted.waiting_quantile(p)), [q50, q99]);
    }
}

#[test]
fn erlang_b_agrees() {
    for &(servers, erlangs, loss, carried, utilization) in ERLANG_B {
        let m = ErlangB::new(erlangs, 1.0, servers).unwrap();
        agree([m.blocked(), m.in_system(), m.utilization()], [loss, carried, utilization]);
        agree([Mmck::new(erlangs, 1.0, servers, 0).unwrap().blocked()], [loss]);
    }
}

#[test]
fn mg1_agrees() {
    for &(rate, scv, wq, w, l, lq) in MG1 {
        let m = Mg1::new(rate, 1.0, scv).unwrap();
        agree([m.waiting_mean(), m.sojourn_mean(), m.in_system(), m.in_queue()], [wq, w, l, lq]);
    }
    for &(rate, w, l, slowdown, of_five) in MG1_PS {
        let m = Mg1Ps::new(rate, 1.0).unwrap();
        agree([m.sojourn_mean(), m.in_system(), m.slowdown(), m.sojourn_mean_of(5.0)], [w, l, slowdown, of_five]);
    }
}

fn gm1(model: &Gm1) -> [f64; 6] {
    [
        model.chance_of_waiting(),
        model.waiting_mean(),
        model.sojourn_mean(),
        model.in_system(),
        model.sojourn_quantile(0.5),
        model.sojourn_quantile(0.99),
    ]
}

#[test]
fn gm1_agrees() {
    for &(rate, shape, wait, wq, w, l, t50, t99) in GM1_ERLANG {
        let m = Gm1::new(Interarrival::Gamma { mean: 1.0 / rate, shape }, 1.0).unwrap();
        agree(gm1(&m), [wait, wq, w, l, t50, t99]);
    }
    for &(rate, scv, wait, wq, w, l, t50, t99) in GM1_H2 {
        let m = Gm1::new(Interarrival::balanced(1.0 / rate, scv), 1.0).unwrap();
        agree(gm1(&m), [wait, wq, w, l, t50, t99]);
    }
}

#[test]
fn round_robin_agrees() {
    for &(servers, load, wait, w, t50, t99) in ROUND_ROBIN {
        let m = Gm1::round_robin(load * servers as f64, 1.0, servers).unwrap();
        let ours = [m.chance_of_waiting(), m.sojourn_mean(), m.sojourn_quantile(0.5), m.sojourn_quantile(0.99)];
        agree(ours, [wait, w, t50, t99]);
    }
    for &(load, wait, w, t99) in ROUND_ROBIN_LIMIT {
        let m = Gm1::new(Interarrival::Deterministic { mean: 1.0 / load }, 1.0).unwrap();
        agree([m.chance_of_waiting(), m.sojourn_mean(), m.sojourn_quantile(0.99)], [wait, w, t99]);
    }
}

#[test]
fn supermarket_agrees() {
    for &(load, choices, w, wait, t50, t99, t999, at_least) in SUPERMARKET {
        let m = Supermarket::new(load, 1.0, choices).unwrap();
        agree([m.sojourn_mean(), m.joins_behind(1)], [w, wait]);
        agree([0.5, 0.99, 0.999].map(|p| m.sojourn_quantile(p)), [t50, t99, t999]);
        agree([1, 2, 3, 4].map(|n| m.at_least(n)), at_least);
    }
    // The number everyone quotes (Mitzenmacher 2001, table 1).
    assert_relative_eq!(Supermarket::new(0.9, 1.0, 2).unwrap().sojourn_mean(), 2.614, epsilon = 5e-4);
}

#[test]
fn the_shortest_of_two_queues_agrees() {
    // Sparse solutions of the Markov chain, cut off at 260 and 700 requests a server: at a load of 0.99 a chance of
    // 0.98^700 with a thousand requests and more is left out of a mean of a hundred.
    for (load, mean, wait, t50, t99, digits) in [
        (0.95, 10.486_638_811_943_646, 0.919_955_014_863_348_3, 7.367_299_773_130_895, 47.492_184_550_922_964, 1e-9),
        (0.99, 50.496_639_717_171_63, 0.983_807_834_415_892_6, 35.083_364_198_416_67, 231.663_619_024_640_2, 2e-5),
    ] {
        let m = JoinShortestOfTwo::new(load, 1.0).unwrap();
        let ours = [m.sojourn_mean(), m.joins_behind(1), m.sojourn_quantile(0.5), m.sojourn_quantile(0.99)];
        agree_within(digits, ours, [mean, wait, t50, t99]);
    }
}

#[test]
fn the_shortest_of_two_queues_lies_between_one_queue_and_a_random_split() {
    for load in [1e-9, 0.01, 0.3, 0.7, 0.9, 0.999, 0.9999] {
        let m = JoinShortestOfTwo::new(load, 1.0).unwrap();
        let one_queue = Mmc::new(2.0 * load, 1.0, 2).unwrap().sojourn_mean();
        let split = Mm1::new(load, 1.0).unwrap().sojourn_mean();
        let mean = m.sojourn_mean();
        assert!(one_queue < mean * (1.0 + 1e-12) && mean < split * (1.0 + 1e-12), "{load}: {mean}");
        assert_relative_eq!(m.sojourn_above(0.0), 1.0, max_relative = 1e-12);
        // The mean is the area under the tail: behind k requests it takes k + 1 services.
        let by_places: f64 = (0..).map(|n| m.joins_behind(n)).take_while(|chance| *chance > 0.0).sum();
        assert_relative_eq!(by_places, m.sojourn_mean(), max_relative = 1e-9);
    }
    // In heavy traffic two queues joined well are as good as one (Foschini and Salz 1978).
    let m = JoinShortestOfTwo::new(0.9999, 1.0).unwrap();
    let one_queue = Mmc::new(1.9998, 1.0, 2).unwrap().sojourn_mean();
    assert_relative_eq!(m.sojourn_mean(), one_queue, max_relative = 1e-3);
    assert!(JoinShortestOfTwo::new(0.999_99, 1.0).is_err());
    assert!(JoinShortestOfTwo::new(1.0, 1.0).is_err());
    assert!(JoinShortestOfTwo::new(0.5, f64::NAN).is_err());
    assert_relative_eq!(JoinShortestOfTwo::new(0.0, 2.0).unwrap().sojourn_mean(), 2.0);
}

#[test]
fn erlang_a_agrees() {
    for &(rate, servers, patience, wait, lost, wq, lq, utilization) in ERLANG_A {
        let m = ErlangA::new(rate, 1.0, servers, patience).unwrap();
        let ours = [m.chance_of_waiting(), m.abandonment(), m.waiting_mean(), m.in_queue(), m.utilization()];
        agree(ours, [wait, lost, wq, lq, utilization]);
    }
}

#[test]
fn closed_systems_agree() {
    for &(clients, think, servers, throughput, response, l, utilization) in CLOSED {
        let m = Interactive::new(clients, think, 1.0, servers).unwrap();
        agree(
            [m.throughput(), m.sojourn_mean(), m.in_system(), m.utilization()],
            [throughput, response, l, utilization],
        );
        agree([m.found().waiting_mean()], [m.waiting_mean()]);
        agree([little::interactive_throughput(clients as f64, think, response)], [throughput]);
        if servers == 1 {
            let by_means = mean_value_analysis(clients, think, &[1.0]).unwrap();
            agree([by_means.throughput, by_means.response], [throughput, response]);
        }
    }
    for &(clients, throughput, response, in_station) in MVA {
        let m = mean_value_analysis(clients, 1.0, &[0.05, 0.08, 0.04]).unwrap();
        agree([m.throughput, m.response], [throughput, response]);
        agree([0, 1, 2].map(|k| m.in_station[k]), in_station);
        agree([m.utilization[1]], [0.08 * throughput]);
    }
}

/// Erlang's alternating series for the waiting time of M/D/1, good while `t` is short and the load moderate.
fn erlangs_series(load: f64, t: f64) -> f64 {
    let mut sum = 0.0;
    let mut factorial = 1.0;
    for k in 0..=t as usize {
        if k > 0 {
            factorial *= k as f64;
        }
        let rest = load * (t - k as f64);
        sum += libm::pow(-rest, k as f64) / factorial * libm::exp(rest);
    }
    1.0 - (1.0 - load) * sum
}

#[test]
fn md1_waiting_is_erlangs_series_where_that_can_be_summed() {
    for load in [0.1, 0.5, 0.8, 0.95] {
        let m = Md1::new(load, 1.0).unwrap();
        for t in [0.0, 0.3, 0.999, 1.0, 1.7, 2.5, 5.25, 9.9] {
            let (ours, series) = (m.waiting_above(t), erlangs_series(load, t));
            assert!((ours - series).abs() < 1e-11, "load {load}, t {t}: {ours} against {series}");
        }
    }
}

/// The integral of `above` from 0 to `end` by Simpson's rule on `n` pieces a unit.
fn integral(end: usize, n: usize, above: impl Fn(f64) -> f64) -> f64 {
    let step = 1.0 / n as f64;
    (0..end * n)
        .map(|piece| {
            // Just inside the piece, for jumps at its ends.
            let (left, right) = (piece as f64 * step + 1e-12, (piece + 1) as f64 * step - 1e-12);
            step / 6.0 * (above(left) + 4.0 * above(0.5 * (left + right)) + above(right))
        })
        .sum()
}

#[test]
fn the_tail_of_every_distribution_adds_up_to_its_mean() {
    for load in [0.3, 0.8, 0.95] {
        let md1 = Md1::new(load, 1.0).unwrap();
        assert_relative_eq!(integral(600, 16, |t| md1.waiting_above(t)), md1.waiting_mean(), max_relative = 1e-7);
        assert_relative_eq!(integral(600, 16, |t| md1.sojourn_above(t)), md1.sojourn_mean(), max_relative = 1e-7);
        let mmc = Mmc::new(3.0 * load, 1.0, 3).unwrap();
        assert_relative_eq!(integral(300, 16, |t| mmc.sojourn_above(t)), mmc.sojourn_mean(), max_relative = 1e-6);
        let market = Supermarket::new(load, 1.0, 2).unwrap();
        assert_relative_eq!(integral(60, 16, |t| market.sojourn_above(t)), market.sojourn_mean(), max_relative = 1e-6);
    }
    for (load, servers, places) in [(0.8, 1, 9), (1.3, 3, 20), (0.95, 4, 0), (2.0, 2, 40)] {
        let m = Mmck::new(load * servers as f64, 1.0, servers, places).unwrap();
        let accepted = m.accepted();
        assert_relative_eq!(integral(120, 16, |t| accepted.sojourn_above(t)), m.sojourn_mean(), max_relative = 1e-6);
        assert_relative_eq!(
            integral(120, 16, |t| accepted.waiting_above(t)),
            m.waiting_mean(),
            max_relative = 1e-6,
            epsilon = 1e-9
        );
    }
    let closed = Interactive::new(20, 5.0, 1.0, 3).unwrap();
    assert_relative_eq!(
        integral(60, 16, |t| closed.found().sojourn_above(t)),
        closed.sojourn_mean(),
        max_relative = 1e-6
    );
}

#[test]
fn a_long_queue_is_as_good_as_an_endless_one() {
    for (rate, servers) in [(0.8, 1), (3.6, 4), (90.0, 100)] {
        let (finite, endless) = (Mmck::new(rate, 1.0, servers, 2000).unwrap(), Mmc::new(rate, 1.0, servers).unwrap());
        agree(
            [finite.sojourn_mean(), finite.accepted().chance_of_waiting()],
            [endless.sojourn_mean(), endless.chance_of_waiting()],
        );
        for t in [0.0, 0.5, 3.0, 10.0, 40.0, 400.0] {
            agree([finite.accepted().sojourn_above(t)], [endless.sojourn_above(t)]);
        }
    }
}

#[test]
fn families_meet_where_they_overlap() {
    let mm1 = Mm1::new(0.8, 1.0).unwrap();
    let one_server = Mmc::new(0.8, 1.0, 1).unwrap();
    let renewal = Gm1::new(Interarrival::Gamma { mean: 1.25, shape: 1.0 }, 1.0).unwrap();
    let one_choice = Supermarket::new(0.8, 1.0, 1).unwrap();
    let general = Mg1::new(0.8, 1.0, 1.0).unwrap();
    agree(
        [one_server.sojourn_mean(), renewal.sojourn_mean(), one_choice.sojourn_mean(), general.sojourn_mean()],
        [mm1.sojourn_mean(); 4],
    );
    for p in [0.1, 0.5, 0.99, 0.9999] {
        let expected = mm1.sojourn_quantile(p);
        agree(
            [one_server.sojourn_quantile(p), renewal.sojourn_quantile(p), one_choice.sojourn_quantile(p)],
            [expected; 3],
        );
    }
    agree(
        [allen_cunneen_waiting_mean(0.8, 1.0, 1, 1.0, 0.5).unwrap()],
        [Mg1::new(0.8, 1.0, 0.5).unwrap().waiting_mean()],
    );
    agree(
        [allen_cunneen_waiting_mean(3.6, 1.0, 4, 1.0, 1.0).unwrap()],
        [Mmc::new(3.6, 1.0, 4).unwrap().waiting_mean()],
    );
    agree(
        [little::number(0.8, mm1.sojourn_mean()), little::time(mm1.in_system(), 0.8)],
        [mm1.in_system(), mm1.sojourn_mean()],
    );
}

#[test]
fn ten_thousand_servers_are_no_trouble() {
    let m = Mmc::new(9_900.0, 1.0, 10_000).unwrap();
    // Halfin and Whitt (1981): 1 / (1 + b Phi(b) / phi(b)) with b = (1 - load) sqrt(servers) = 1 gives 0.2234.
    assert_relative_eq!(m.chance_of_waiting(), 0.2234, max_relative = 0.02);
    assert!(m.sojourn_quantile(0.999) > 6.9 && m.sojourn_quantile(0.999) < 7.0);
    let full = Mmck::new(20_000.0, 1.0, 10_000, 5_000).unwrap();
    agree_within(1e-6, [full.blocked(), full.utilization(), full.in_queue()], [0.5, 1.0, 4999.0]);
    assert!(full.accepted().waiting_quantile(0.5) > 0.49);
    let closed = Interactive::new(100_000, 9.0, 1.0, 20_000).unwrap();
    agree_within(1e-6, [closed.throughput()], [10_000.0]);
    assert!(Mmc::new(1.0, 1.0, 10_000).unwrap().chance_of_waiting() < 1e-300);
    assert_eq!(ErlangA::new(1.0, 1.0, 10_000, 1.0).unwrap().abandonment(), 0.0);
}

#[test]
fn high_loads_keep_their_digits() {
    let m = Md1::new(0.999, 1.0).unwrap();
    assert_relative_eq!(m.waiting_mean(), 0.999 / 0.002, max_relative = 1e-9);
    // The decay of the tail d solves load (e^d - 1) = d; here 0.002 nearly: P(W > t) is close to load e^(-d t).
    let (far, farther) = (m.waiting_above(5000.0), m.waiting_above(6000.0));
    assert_relative_eq!(libm::log(far / farther) / 1000.0, 0.002_000_667, max_relative = 1e-4);
    let m = Gm1::round_robin(0.999_9 * 50.0, 1.0, 50).unwrap();
    // In heavy traffic the idle chance is 2 (1 - load) / (1 + 1 / 50).
    assert_relative_eq!(1.0 - m.chance_of_waiting(), 2e-4 / 1.02, max_relative = 1e-3);
}

#[test]
fn loads_of_one_and_more_are_refused_by_name() {
    let overloaded = |error: TheoryError| matches!(error, TheoryError::Overloaded { load } if load >= 1.0);
    assert!(overloaded(Mm1::new(1.0, 1.0).unwrap_err()));
    assert!(overloaded(Mmc::new(3.0, 1.0, 3).unwrap_err()));
    assert!(overloaded(Mg1::new(2.0, 1.0, 1.0).unwrap_err()));
    assert!(overloaded(Mg1Ps::new(1.5, 1.0).unwrap_err()));
    assert!(overloaded(Md1::new(1.0, 1.0).unwrap_err()));
    assert!(overloaded(Gm1::round_robin(5.0, 1.0, 5).unwrap_err()));
    assert!(overloaded(Supermarket::new(1.0, 1.0, 2).unwrap_err()));
    assert!(Mm1::new(2.0, 1.0).unwrap_err().to_string().contains("2"));
}

#[test]
fn what_is_no_rate_is_refused_and_never_panics() {
    for bad in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        assert!(matches!(Mm1::new(bad, 1.0), Err(TheoryError::Invalid { name: "arrival rate", .. })));
        assert!(Mm1::new(0.5, bad).is_err());
        assert!(Mmc::new(bad, 1.0, 2).is_err());
        assert!(Mmck::new(1.0, bad, 2, 3).is_err());
        assert!(ErlangB::new(1.0, bad, 2).is_err());
        assert!(Mg1::new(0.5, bad, 1.0).is_err());
        assert!(Md1::new(bad, 1.0).is_err());
        assert!(Gm1::new(Interarrival::Gamma { mean: 2.0, shape: bad }, 1.0).is_err());
        assert!(Gm1::new(Interarrival::Deterministic { mean: bad }, 1.0).is_err());
        assert!(Supermarket::new(0.5, bad, 2).is_err());
        assert!(Interactive::new(5, 1.0, bad, 1).is_err());
        assert!(ErlangA::new(1.0, 1.0, 1, bad).is_err());
    }
    assert!(Mg1::new(0.5, 1.0, f64::INFINITY).is_err(), "no variance, no mean wait");
    assert!(Mmc::new(0.5, 1.0, 0).is_err());
    assert!(Mmck::new(0.5, 1.0, 1, MOST + 1).is_err());
    assert!(Interactive::new(0, 1.0, 1.0, 1).is_err());
    assert!(mean_value_analysis(3, 0.0, &[]).is_err());
    assert!(mean_value_analysis(3, 1.0, &[-1.0]).is_err());
    let phases = vec![(0.5, 1.0), (0.6, 1.0)];
    assert!(Gm1::new(Interarrival::Hyperexponential { phases }, 9.0).is_err());
    assert!(Gm1::new(Interarrival::Hyperexponential { phases: vec![] }, 9.0).is_err());
}

fn station(service: Service, servers: usize, queue: Option<usize>, discipline: Discipline) -> Station {
    Station { arrivals: Arrivals::Poisson { rate: 80.0 }, service, servers, queue, discipline }
}

#[test]
fn known_stations_are_recognised() {
    use Discipline::{Fifo, ProcessorSharing};
    let exponential = Service::Exponential { mean: 0.01 };
    let constant = Service::Deterministic { mean: 0.01 };
    let general = Service::General { mean: 0.01, scv: 4.0 };
    for (station, model, latency) in [
        (station(exponential, 1, None, Fifo), "M/M/1", 0.05),
        (station(exponential, 2, None, Fifo), "M/M/2", 0.01 / (1.0 - 0.16)),
        (station(constant, 1, None, Fifo), "M/D/1", 0.03),
        (station(general, 1, None, Fifo), "M/G/1", 0.11),
        (station(general, 1, None, ProcessorSharing), "M/G/1 processor sharing", 0.05),
        (station(general, 2, None, ProcessorSharing), "M/G/2 processor sharing", 0.01 / (1.0 - 0.16)),
        (station(general, 3, Some(0), Fifo), "M/G/3/3", 0.01),
        (station(exponential, 1, Some(100_000), Fifo), "M/M/1/100001", 0.05),
    ] {
        let answer = recognise(&station).unwrap();
        assert_eq!(answer.model, model);
        assert_relative_eq!(answer.value("latency_mean").unwrap(), latency, max_relative = 1e-9);
        assert_eq!(answer.value("latency_p99"), answer.quantile(0.99));
        if let Some(p99) = answer.quantile(0.99) {
            assert_relative_eq!(answer.above(p99).unwrap(), 0.01, epsilon = 0.01);
        }
    }
    let clocked = Station {
        arrivals: Arrivals::Renewal(Interarrival::Deterministic { mean: 0.0125 }),
        ..station(exponential, 1, None, Fifo)
    };
    assert_eq!(recognise(&clocked).unwrap().model, "D/M/1");
    let closed = Station {
        arrivals: Arrivals::Closed { clients: 11, think_mean: 0.1 },
        ..station(exponential, 1, Some(10), Fifo)
    };
    let answer = recognise(&closed).unwrap();
    assert_eq!(answer.model, "M/M/1//11");
    assert_relative_eq!(answer.value("throughput").unwrap(), 83.676_766_675_556_59, max_relative = 1e-9);
}

#[test]
fn unknown_and_overloaded_stations_have_no_answer() {
    use Discipline::{Fifo, ProcessorSharing};
    let exponential = Service::Exponential { mean: 0.01 };
    let general = Service::General { mean: 0.01, scv: 4.0 };
    for station in [
        station(general, 2, None, Fifo),
        station(Service::General { mean: 0.01, scv: f64::INFINITY }, 1, None, Fifo),
        station(general, 2, Some(5), Fifo),
        station(exponential, 1, Some(5), ProcessorSharing),
        station(Service::Exponential { mean: 0.0125 }, 1, None, Fifo),
        station(Service::Exponential { mean: 1.0 }, 1, None, Fifo),
        station(exponential, 0, None, Fifo),
        station(Service::Exponential { mean: f64::NAN }, 1, None, Fifo),
        Station {
            arrivals: Arrivals::Closed { clients: 11, think_mean: 0.1 },
            ..station(exponential, 1, Some(9), Fifo)
        },
    ] {
        assert!(recognise(&station).is_none(), "{station:?}");
    }
}

proptest! {
    #[test]
    fn erlang_b_is_a_chance_that_falls_with_every_server(servers in 1..400_usize, erlangs in 0.01..500.0_f64) {
        let (one, more) = (erlang_b::blocking(servers, erlangs), erlang_b::blocking(servers + 1, erlangs));
        prop_assert!((0.0..=1.0).contains(&one));
        prop_assert!(more < one || one == 0.0);
    }

    #[test]
    fn waiting_is_likelier_than_loss(servers in 1..400_usize, load in 0.01..0.999_f64) {
        let erlangs = load * servers as f64;
        let m = Mmc::new(erlangs, 1.0, servers).unwrap();
        prop_assert!(m.chance_of_waiting() >= erlang_b::blocking(servers, erlangs));
        prop_assert!(m.chance_of_waiting() <= 1.0);
    }

    #[test]
    fn quantiles_undo_tails(servers in 1..60_usize, load in 0.05..0.99_f64, p in 0.01..0.9999_f64, places in 1..60_usize) {
        let rate = load * servers as f64;
        let mmc = Mmc::new(rate, 1.0, servers).unwrap();
        prop_assert!((mmc.sojourn_above(mmc.sojourn_quantile(p)) - (1.0 - p)).abs() < 1e-12);
        let waiting = mmc.waiting_quantile(p);
        prop_assert!(waiting == 0.0 || (mmc.waiting_above(waiting) - (1.0 - p)).abs() < 1e-12);
        let md1 = Md1::new(load, 1.0).unwrap();
        let waiting = md1.waiting_quantile(p);
        prop_assert!(waiting == 0.0 || (md1.waiting_above(waiting) - (1.0 - p)).abs() < 1e-12);
        let finite = Sojourn::of(Mmck::new(2.0 * rate, 1.0, servers, places).unwrap().accepted());
        prop_assert!((finite.above(finite.quantile(p)) - (1.0 - p)).abs() < 1e-12);
        let market = Supermarket::new(load, 1.0, 1 + places % 4).unwrap();
        prop_assert!((market.sojourn_above(market.sojourn_quantile(p)) - (1.0 - p)).abs() < 1e-12);
    }

    #[test]
    fn tails_fall_from_one_to_nothing(load in 0.05..0.99_f64, servers in 1..20_usize, a in 0.0..50.0_f64, b in 0.0..50.0_f64) {
        let (early, late) = if a < b { (a, b) } else { (b, a) };
        let rate = load * servers as f64;
        for sojourn in [
            Sojourn::of(Mmc::new(rate, 1.0, servers).unwrap()),
            Sojourn::of(Md1::new(load, 1.0).unwrap()),
            Sojourn::of(Mmck::new(rate, 1.0, servers, 7).unwrap().accepted()),
            Sojourn::of(Supermarket::new(load, 1.0, 2).unwrap()),
            Sojourn::of(JoinShortestOfTwo::new(load, 1.0).unwrap()),
        ] {
            prop_assert!((sojourn.above(0.0) - 1.0).abs() < 1e-12);
            prop_assert!(sojourn.above(early) >= sojourn.above(late) - 1e-13);
            prop_assert!(sojourn.above(late) >= 0.0);
            prop_assert!(sojourn.above(1e6) < 1e-12);
        }
    }

    #[test]
    fn more_choices_are_never_slower(load in 0.05..0.99_f64, choices in 1..6_usize) {
        let w = |d| Supermarket::new(load, 1.0, d).unwrap().sojourn_mean();
        prop_assert!(w(choices + 1) <= w(choices));
    }
}
