//! The fair limit: the same systems as one loop written by hand that measures and promises what the simulator does.
//!
//! Beyond the bare loop: waiting, service and latency as histograms, latencies and figures by window, areas under the
//! numbers of requests, sums of sojourn times, the ledger; draws keyed by request, gaps whose rounding errors are kept, an
//! order of events at one time, limits on events and memory, and members with equally many requests taking turns. What
//! the loop finds equals what the simulator finds, to the last bit. What a simulator costs beyond this loop is what it costs
//! to be general.

use rushhour::engine::random::{Sequence, StreamKey, exponential};
use rushhour::engine::{Duration, Time};
use rushhour::internals::{Accumulator, CoarseLatency, CountIntegral, Latency, LatencyWindow, Sum, Windows};

use super::{Comes, Found, Heap};

const NONE: u32 = u32::MAX;
/// Low bits of the order of an event: whose service ends, or [`ARRIVAL`].
const WHO_BITS: u32 = 25;
const ARRIVAL: u32 = (1 << WHO_BITS) - 1;
const OUTCOMES: usize = 18;

/// An event: its time, then its sequence number and who it is for.
#[derive(Clone, Copy)]
#[repr(C, align(16))]
struct Event {
    time: u64,
    order: u64,
}

impl Comes for Event {
    #[inline(always)]
    fn comes_before(self, other: Self) -> bool {
        let number = |event: Self| (u128::from(event.time) << 64) | u128::from(event.order);
        number(self) < number(other)
    }
}

impl Event {
    #[inline(always)]
    fn who(self) -> u32 {
        (self.order & u64::from(ARRIVAL)) as u32
    }
}

/// A queue of servers for each number of requests, each a ring that begins and ends at a place of its own: the server
/// that has had its number longest is next.
struct Turns {
    /// The neighbours of each server, and of each queue behind the servers.
    places: Vec<[u32; 2]>,
    loads: Vec<u32>,
    least: usize,
}

impl Turns {
    fn new(servers: u32) -> Self {
        let alone = (0..=servers).map(|place| [place; 2]).collect();
        let mut turns = Self { places: alone, loads: vec![0; servers as usize], least: 0 };
        (0..servers).for_each(|server| turns.join(server));
        turns
    }

    #[inline(always)]
    fn leave(&mut self, server: u32) {
        let [before, after] = self.places[server as usize];
        self.places[before as usize][1] = after;
        self.places[after as usize][0] = before;
    }

    /// To the end of the queue of its load.
    #[inline(always)]
    fn join(&mut self, server: u32) {
        let load = self.loads[server as usize] as usize;
        let end = self.loads.len() + load;
        if end >= self.places.len() {
            self.places.push([end as u32; 2]);
        }
        self.least = self.least.min(load);
        let last = std::mem::replace(&mut self.places[end][0], server);
        self.places[last as usize][1] = server;
        self.places[server as usize] = [last, end as u32];
    }

    /// The least loaded server gets one more request.
    #[inline(always)]
    fn take_least(&mut self) -> u32 {
        let server = self.places[self.loads.len() + self.least][1];
        self.leave(server);
        self.loads[server as usize] += 1;
        self.join(server);
        while self.places[self.loads.len() + self.least][1] as usize >= self.loads.len() {
            self.least += 1;
        }
        server
    }

    #[inline(always)]
    fn give_back(&mut self, server: u32) {
        self.leave(server);
        self.loads[server as usize] -= 1;
        self.join(server);
    }
}

/// A node's count of requests: what came, what left and how, and how long they were there.
#[derive(Default)]
struct Books {
    arrivals: u64,
    departures: u64,
    outcomes: [u64; OUTCOMES],
    population: CountIntegral,
    sojourn: Sum,
}

impl Books {
    #[inline(always)]
    fn came(&mut self, now: Time) {
        self.arrivals += 1;
        self.population.up(now);
    }

    #[inline(always)]
    fn left(&mut self, now: Time, sojourn: Duration) {
        self.departures += 1;
        self.outcomes[0] += 1;
        self.population.down(now);
        self.sojourn.add(sojourn.as_nanos());
    }
}

/// Figures at the end of a window.
#[derive(Default)]
#[expect(dead_code, reason = "they are written as the simulator writes them, and the loop does not read them")]
struct Figures {
    counts: [[u64; 2]; 3],
    outcomes: [u64; OUTCOMES],
    areas: [u128; 4],
    busy: u128,
}

#[derive(Default)]
struct Records {
    clients: Books,
    balancer: Books,
    fleet: Books,
    waiting: CountIntegral,
    latency: Latency,
    waits: Latency,
    services: Latency,
    window: LatencyWindow,
    latencies: Windows<CoarseLatency>,
    figures: Windows<Figures>,
    rows: Windows<Vec<u64>>,
}

impl Records {
    #[inline(never)]
    fn close_window(&mut self, fleet: &[Server], now: Time) {
        let busy: Vec<u64> = fleet.iter().map(|server| server.busy_until(now)).collect();
        let books = [&self.clients, &self.balancer, &self.fleet];
        let [clients, balancer, servers] = books.map(|books| books.population.area(now));
        self.figures.push(Figures {
            counts: books.map(|books| [books.arrivals, books.departures]),
            outcomes: self.clients.outcomes,
            areas: [clients, balancer, servers, self.waiting.area(now)],
            busy: busy.iter().map(|&busy| u128::from(busy)).sum(),
        });
        self.rows.push(busy.chunks(busy.len().div_ceil(64)).map(|row| row.iter().sum()).collect());
        self.latencies.push(self.window.close(&self.latency));
    }
}

#[derive(Clone, Copy)]
struct Server {
    /// In service.
    current: u32,
    first: u32,
    last: u32,
    /// Nanoseconds of work, less the time when the current busy period began.
    busy: i64,
}

impl Server {
    const IDLE: Self = Self { current: NONE, first: NONE, last: NONE, busy: 0 };

    fn busy_until(&self, now: Time) -> u64 {
        (self.busy + if self.current == NONE { 0 } else { now.as_nanos() as i64 }) as u64
    }
}

#[derive(Clone, Copy)]
struct Request {
    number: u64,
    arrived: Time,
    started: Time,
    next: u32,
}

/// Slots of requests in flight.
#[derive(Default)]
struct Slots {
    all: Vec<Request>,
    free: Vec<u32>,
}

impl Slots {
    #[inline(always)]
    fn put(&mut self, request: Request) -> u32 {
        match self.free.pop() {
            Some(slot) => {
                self.all[slot as usize] = request;
                slot
            }
            None => {
                self.all.push(request);
                self.all.len() as u32 - 1
            }
        }
    }
}

/// `servers` of rate 1/s behind the shortest queue at load `load`, until `requests` are served.
pub fn run(servers: u32, load: f64, requests: u64, seed: u64) -> Found {
    let key = StreamKey::root(seed, 0);
    let users = key.named("users");
    let mut gaps: Sequence = users.named("gaps").sequence();
    let work = key.named("web").named("service");
    let rate = load * f64::from(servers);
    let (gap, mut clock) = (1e9 / rate, Accumulator::default());
    let mut sequence = 0_u64;
    let mut event = |time: Time, who: u32| {
        sequence += 1;
        Event { time: time.as_nanos(), order: (sequence << WHO_BITS) | u64::from(who) }
    };
    let length = |number: u64| Duration::from_secs_f64(exponential(&mut work.draws(number)));
    let mut next_arrival = move || clock.advance(gap * exponential(&mut gaps));
    let has_balancer = servers > 1;
    let (mut heap, mut turns, mut slots) = (Heap(Vec::new()), Turns::new(servers), Slots::default());
    let mut fleet = vec![Server::IDLE; servers as usize];
    let mut records = Records::default();
    let width = Duration::from_secs_f64(requests as f64 / rate / 100.0);
    let mut next_window = Time::ZERO + width;
    let (mut made, mut events) = (users.number(), 0_u64);
    heap.push(event(next_arrival(), ARRIVAL));
    while records.clients.departures < requests {
        let first = heap.0[0];
        let now = Time::from_nanos(first.time);
        if now >= next_window {
            records.close_window(&fleet, next_window);
            next_window += width;
            continue;
        }
        events += 2;
        if events > 1 << 37 || slots.all.len() > 8_000_000 {
            break;
        }
        if first.who() == ARRIVAL {
            heap.replace_first(event(next_arrival(), ARRIVAL));
            records.clients.came(now);
            let server = if has_balancer {
                records.balancer.came(now);
                turns.take_least()
            } else {
                0
            };
            records.fleet.came(now);
            let number = made;
            made = made.wrapping_add(1);
            let slot = slots.put(Request { number, arrived: now, started: now, next: NONE });
            let queue = &mut fleet[server as usize];
            if queue.current == NONE {
                queue.current = slot;
                queue.busy -= now.as_nanos() as i64;
                heap.push(event(now + length(number), server));
            } else {
                records.waiting.up(now);
                if queue.last == NONE {
                    queue.first = slot;
                } else {
                    slots.all[queue.last as usize].next = slot;
                }
                queue.last = slot;
            }
        } else {
            let server = first.who();
            let queue = &mut fleet[server as usize];
            let request = slots.all[queue.current as usize];
            slots.free.push(queue.current);
            records.waits.record(request.started.since(request.arrived));
            records.services.record(now.since(request.started));
            queue.current = queue.first;
            if queue.first == NONE {
                queue.busy += now.as_nanos() as i64;
                heap.remove_first();
            } else {
                records.waiting.down(now);
                let next = &mut slots.all[queue.first as usize];
                next.started = now;
                queue.first = next.next;
                if queue.first == NONE {
                    queue.last = NONE;
                }
                heap.replace_first(event(now + length(next.number), server));
            }
            let sojourn = now.since(request.arrived);
            records.fleet.left(now, sojourn);
            if has_balancer {
                turns.give_back(server);
                records.balancer.left(now, sojourn);
            }
            records.clients.left(now, sojourn);
            let bucket = records.latency.record(sojourn);
            records.window.count(bucket);
        }
    }
    std::hint::black_box(&records);
    let found = |value: Option<f64>| value.expect("requests were served");
    Found { mean: found(records.latency.mean()), p99: found(records.latency.quantile(0.99)) }
}
