//! The limit to approach: the same queueing systems as one loop written by hand, with no framework at all.
//!
//! A 4-ary heap of 16-byte events whose root is replaced in place, xoshiro256++ with the ziggurat exponential, one HDR
//! histogram of sojourn times, and members in one array sorted by load for the shortest queue. It records nothing
//! else and knows no other system. The loop in `fair` measures and promises what the simulator does.

pub mod fair;

use hdrhistogram::Histogram;
use rushhour::engine::random::{Sequence, StreamKey, exponential};

const ARITY: usize = 4;
const NONE: u32 = u32::MAX;
const ARRIVAL: u32 = u32::MAX;

#[derive(Clone, Copy)]
struct Event {
    time: u64,
    /// Whose service ends, or [`ARRIVAL`].
    server: u32,
}

#[derive(Clone, Copy)]
struct Server {
    head: u32,
    tail: u32,
}

#[derive(Clone, Copy)]
struct Request {
    arrived: u64,
    next: u32,
}

/// Servers sorted by number of requests: a change by one swaps a server with the end of its run of equals.
struct ByLoad {
    order: Vec<u32>,
    places: Vec<u32>,
    loads: Vec<u32>,
    /// Where servers of each load begin; the last entry is their number.
    starts: Vec<u32>,
}

impl ByLoad {
    fn new(servers: u32) -> Self {
        Self {
            order: (0..servers).collect(),
            places: (0..servers).collect(),
            loads: vec![0; servers as usize],
            starts: vec![0, servers],
        }
    }

    #[inline]
    fn swap(&mut self, server: u32, place: u32) {
        let (other, from) = (self.order[place as usize], self.places[server as usize]);
        self.order[place as usize] = server;
        self.order[from as usize] = other;
        self.places[server as usize] = place;
        self.places[other as usize] = from;
    }

    /// The least loaded server gets one more request.
    #[inline]
    fn take_least(&mut self) -> u32 {
        let server = self.order[0];
        let load = self.loads[server as usize] as usize;
        if load + 2 >= self.starts.len() {
            self.starts.push(self.order.len() as u32);
        }
        self.starts[load + 1] -= 1;
        self.swap(server, self.starts[load + 1]);
        self.loads[server as usize] += 1;
        server
    }

    #[inline]
    fn give_back(&mut self, server: u32) {
        let load = self.loads[server as usize] as usize;
        self.swap(server, self.starts[load]);
        self.starts[load] += 1;
        self.loads[server as usize] -= 1;
    }
}

/// An event of either loop.
trait Comes: Copy {
    /// True if it comes before another; false if neither comes before the other.
    fn comes_before(self, other: Self) -> bool;
}

impl Comes for Event {
    #[inline(always)]
    fn comes_before(self, other: Self) -> bool {
        self.time < other.time
    }
}

struct Heap<E>(Vec<E>);

impl<E: Comes> Heap<E> {
    #[inline]
    fn push(&mut self, event: E) {
        let heap = &mut self.0;
        let mut at = heap.len();
        heap.push(event);
        while at > 0 {
            let parent = (at - 1) / ARITY;
            if !event.comes_before(heap[parent]) {
                break;
            }
            heap[at] = heap[parent];
            at = parent;
        }
        heap[at] = event;
    }

    #[inline]
    fn replace_first(&mut self, event: E) {
        let heap = &mut self.0[..];
        let mut at = 0;
        loop {
            let first = at * ARITY + 1;
            let best = if let Some(&[a, b, c, d]) = heap.get(first..first + ARITY) {
                let left = if b.comes_before(a) { (1, b) } else { (0, a) };
                let right = if d.comes_before(c) { (3, d) } else { (2, c) };
                first + if right.1.comes_before(left.1) { right.0 } else { left.0 }
            } else if first < heap.len() {
                let mut best = first;
                for child in first + 1..heap.len() {
                    if heap[child].comes_before(heap[best]) {
                        best = child;
                    }
                }
                best
            } else {
                break;
            };
            if !heap[best].comes_before(event) {
                break;
            }
            heap[at] = heap[best];
            at = best;
        }
        heap[at] = event;
    }

    #[inline]
    fn remove_first(&mut self) {
        if let Some(last) = self.0.pop()
            && !self.0.is_empty()
        {
            self.replace_first(last);
        }
    }
}

/// What a run found, in seconds.
pub struct Found {
    pub mean: f64,
    pub p99: f64,
}

/// `servers` of rate 1/s behind the shortest queue at load `load`, until `requests` are served. Times in nanoseconds.
pub fn run(servers: u32, load: f64, requests: u64, seed: u64) -> Found {
    let key = StreamKey::root(seed, 0);
    let mut gaps: Sequence = key.named("gaps").sequence();
    let mut services: Sequence = key.named("services").sequence();
    let gap = 1e9 / (load * f64::from(servers));
    let mut exact = gap * exponential(&mut gaps);
    let mut heap = Heap(vec![Event { time: exact as u64, server: ARRIVAL }]);
    let mut fleet = vec![Server { head: NONE, tail: NONE }; servers as usize];
    let mut by_load = ByLoad::new(servers);
    let mut slots: Vec<Request> = Vec::new();
    let mut free = NONE;
    let mut latency = Histogram::<u64>::new_with_bounds(1, 86_400_000_000_000, 3).expect("constant bounds");
    let mut sum = 0.0;
    let mut served = 0;
    while served < requests {
        let Event { time: now, server } = heap.0[0];
        if server == ARRIVAL {
            exact += gap * exponential(&mut gaps);
            heap.replace_first(Event { time: exact as u64, server: ARRIVAL });
            let server = if servers == 1 { 0 } else { by_load.take_least() };
            let request = Request { arrived: now, next: NONE };
            let slot = if free == NONE {
                slots.push(request);
                slots.len() as u32 - 1
            } else {
                let slot = free;
                free = slots[slot as usize].next;
                slots[slot as usize] = request;
                slot
            };
            let queue = &mut fleet[server as usize];
            if queue.head == NONE {
                queue.head = slot;
                heap.push(Event { time: now + (1e9 * exponential(&mut services)) as u64, server });
            } else {
                slots[queue.tail as usize].next = slot;
            }
            queue.tail = slot;
        } else {
            let queue = &mut fleet[server as usize];
            let slot = queue.head;
            let request = slots[slot as usize];
            queue.head = request.next;
            slots[slot as usize].next = free;
            free = slot;
            if queue.head == NONE {
                heap.remove_first();
            } else {
                heap.replace_first(Event { time: now + (1e9 * exponential(&mut services)) as u64, server });
            }
            if servers > 1 {
                by_load.give_back(server);
            }
            let sojourn = now - request.arrived;
            latency.saturating_record(sojourn);
            sum += sojourn as f64;
            served += 1;
        }
    }
    Found { mean: sum / served as f64 / 1e9, p99: latency.value_at_quantile(0.99) as f64 / 1e9 }
}
