//! Cost of one event of the calendar: pop the first and push another, with so many pending.

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use rushhour::engine::random::{StreamKey, exponential};
use rushhour::engine::{Calendar, Duration, Event, Rank, Time};

/// The hold model (Jones 1986): every event taken schedules another, an exponential time ahead.
fn hold(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("hold");
    for pending in [1_000_u64, 10_000, 1_000_000] {
        let mut draws = StreamKey::root(1, 0).sequence();
        let mut ahead = move || Duration::from_secs_f64(exponential(&mut draws));
        let mut calendar: Calendar<(u32, u64)> = Calendar::new();
        for number in 0..pending {
            calendar.schedule_after(ahead(), Rank::Second, (0, number));
        }
        group.bench_function(BenchmarkId::from_parameter(pending), |bencher| {
            bencher.iter(|| {
                let Some(Event::Message(event)) = calendar.pop(Time::MAX) else {
                    unreachable!("as many are pushed as popped")
                };
                calendar.schedule_after(ahead(), Rank::Second, black_box(event))
            });
        });
    }
    group.finish();
}

/// A timeout that is nearly always cancelled, by lane and by heap.
fn timeouts(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("timeout set and taken back, 10000 pending");
    let far = Duration::from_nanos(1 << 40);
    let mut calendar: Calendar<(u32, u64)> = Calendar::new();
    let lane = calendar.lane(far);
    for number in 0..10_000 {
        calendar.schedule_after(far, Rank::Second, (0, number));
    }
    group.bench_function("lane", |bencher| {
        bencher.iter(|| {
            let handle = calendar.schedule_in_lane(lane, (1, 1));
            calendar.cancel(black_box(handle));
        });
    });
    group.bench_function("heap", |bencher| {
        bencher.iter(|| {
            let handle = calendar.schedule_after(far, Rank::Second, (1, 1));
            calendar.cancel(black_box(handle));
        });
    });
    group.finish();
}

criterion_group!(benches, hold, timeouts);
criterion_main!(benches);
