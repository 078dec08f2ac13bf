//! Backoff and jitter against the published simulation: clients that write one row under optimistic concurrency control
//! (Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog, 2015; aws-arch-backoff-simulator).
//!
//! Each client reads the version of the row and writes on condition that it is still that one; if it is not, it backs off
//! and begins again. Messages take |Normal(10, 2)| ms each way. In the original the first backoff is that of a second
//! retry: its counter begins at 1.

use crate::statistics::mean_and_error;
use rushhour::engine::random::{StreamKey, normal};
use rushhour::engine::{Calendar, Duration, Event, Rank, Time};
use rushhour::system::Span;
use rushhour::system::calls::{
    Backoff, DecorrelatedJitter, EqualJitter, Exponential, FullJitter, Immediate, Jitter, NoJitter,
};

const RUNS: u32 = 300;

#[derive(Clone, Copy)]
enum Message {
    Read(usize),
    ReadAnswer(usize, u64),
    Write(usize, u64),
    WriteAnswer(usize, bool),
}

fn exponential(jitter: Jitter) -> Backoff {
    let base = Span::parse("5 ms").expect("a length of time");
    Backoff::Exponential(Exponential { base, factor: 2.0, cap: Span::whole(2), jitter })
}

/// When the last client is done, in milliseconds, and how many writes it took.
fn contend(clients: usize, backoff: &Backoff, run: u32) -> (f64, f64) {
    let root = StreamKey::root(2015, run);
    let (mut net, mut jitter) = (root.named("net").sequence(), root.named("backoff").sequence());
    let mut delay = || Duration::from_secs_f64((0.010 + 0.002 * normal(&mut net)).abs());
    let mut calendar = Calendar::new();
    let mut state = vec![(0_u32, Duration::ZERO); clients];
    for client in 0..clients {
        calendar.schedule_after(delay(), Rank::Second, Message::Read(client));
    }
    let (mut version, mut writes) = (0, 0);
    while let Some(Event::Message(message)) = calendar.pop(Time::MAX) {
        match message {
            Message::Read(client) => {
                calendar.schedule_after(delay(), Rank::Second, Message::ReadAnswer(client, version))
            }
            Message::ReadAnswer(client, read) => {
                calendar.schedule_after(delay(), Rank::Second, Message::Write(client, read))
            }
            Message::Write(client, read) => {
                writes += 1;
                let succeeds = read == version;
                version += u64::from(succeeds);
                calendar.schedule_after(delay(), Rank::Second, Message::WriteAnswer(client, succeeds))
            }
            Message::WriteAnswer(client, false) => {
                let (retries, before) = &mut state[client];
                *retries += 1;
                *before = backoff.wait(*retries, *before, &mut jitter);
                let at = calendar.now() + delay() + *before;
                calendar.schedule(at, Rank::Second, Message::Read(client))
            }
            Message::WriteAnswer(_, true) => continue,
        };
    }
    (calendar.now().as_secs_f64() * 1e3, f64::from(writes))
}

/// Means over runs of completion time and writes, each with its standard error.
fn measure(clients: usize, backoff: &Backoff) -> [(f64, f64); 2] {
    let runs: Vec<(f64, f64)> = (0..RUNS).map(|run| contend(clients, backoff, run)).collect();
    let of = |part: fn(&(f64, f64)) -> f64| mean_and_error(&runs.iter().map(part).collect::<Vec<f64>>());
    [of(|run| run.0), of(|run| run.1)]
}

/// Clients; mean completion time in milliseconds, its standard error; mean writes, their standard error: 300 runs of the
/// original each.
type Row = (usize, f64, f64, f64, f64);

fn agree(name: &str, backoff: &Backoff, rows: &[Row]) {
    for &(clients, time, time_error, writes, writes_error) in rows {
        let [here_time, here_writes] = measure(clients, backoff);
        for (what, here, there) in
            [("time", here_time, (time, time_error)), ("writes", here_writes, (writes, writes_error))]
        {
            let error = here.1.hypot(there.1);
            let off = (here.0 - there.0) / error;
            assert!(off.abs() < 4.0, "{name}, {clients} clients, {what}: {} and {}, {off:.1} errors", here.0, there.0);
        }
    }
}

#[test]
fn without_backoff() {
    agree(
        "none",
        &Backoff::Immediate(Immediate {}),
        &[
            (10, 382.4845, 1.8711, 50.9867, 0.2307),
            (50, 1135.6107, 2.3918, 689.7, 1.0081),
            (100, 2029.8884, 2.7057, 2422.0367, 1.8583),
            (190, 3537.7177, 2.7460, 8004.4033, 4.0578),
        ],
    );
}

#[test]
fn exponential_without_jitter() {
    agree(
        "exponential",
        &exponential(Jitter::None(NoJitter {})),
        &[
            (20, 14687.4108, 175.0941, 151.4133, 0.8589),
            (60, 42719.3961, 191.6144, 835.1367, 2.1895),
            (140, 81126.4600, 239.0106, 3175.1733, 5.2692),
        ],
    );
}

#[test]
fn full_jitter() {
    agree(
        "full",
        &exponential(Jitter::Full(FullJitter {})),
        &[
            (10, 463.5636, 6.1059, 38.87, 0.1271),
            (30, 1646.7321, 25.5817, 171.5567, 0.2401),
            (60, 3389.5161, 27.2643, 419.53, 0.2902),
            (100, 4890.8198, 32.2964, 796.07, 0.4006),
        ],
    );
}

#[test]
fn equal_jitter() {
    agree(
        "equal",
        &exponential(Jitter::Equal(EqualJitter {})),
        &[
            (20, 1669.0078, 27.4619, 108.19, 0.2410),
            (50, 4264.0440, 34.4104, 347.3233, 0.3341),
            (90, 6173.0568, 35.1276, 714.82, 0.4184),
            (160, 8609.8946, 36.4439, 1430.0467, 0.6121),
        ],
    );
}

#[test]
fn decorrelated_jitter() {
    agree(
        "decorrelated",
        &exponential(Jitter::Decorrelated(DecorrelatedJitter {})),
        &[
            (10, 432.5018, 5.1666, 37.7, 0.1291),
            (50, 2198.8281, 27.7463, 374.25, 0.7728),
            (110, 5055.3921, 40.7419, 1143.0867, 1.8345),
            (180, 7637.6133, 48.9449, 2265.7333, 3.2230),
        ],
    );
}

#[test]
fn without_jitter_the_work_grows_with_the_square_and_with_it_far_less() {
    let growth = |backoff: &Backoff| measure(160, backoff)[1].0 / measure(40, backoff)[1].0;
    // Four times the clients: sixteen times the writes if every client meets every other.
    let none = growth(&Backoff::Immediate(Immediate {}));
    assert!((11.0..16.0).contains(&none), "{none}");
    let full = growth(&exponential(Jitter::Full(FullJitter {})));
    assert!(full < 6.5, "{full}");
    let [(slow, _), _] = measure(40, &exponential(Jitter::None(NoJitter {})));
    let [(fast, _), _] = measure(40, &exponential(Jitter::Full(FullJitter {})));
    assert!(slow > 8.0 * fast, "backoff without jitter is slow: {slow} and {fast} ms");
}
