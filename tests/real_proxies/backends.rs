//! Small HTTP servers in threads: each notes what comes, answers with its own number, and can hold its answers.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::thread;
use std::time::{Duration, Instant};

/// How long anything may take before the test fails.
pub const PATIENCE: Duration = Duration::from_secs(10);

#[derive(Default)]
struct State {
    /// The servers that requests came to, in order.
    chosen: Vec<usize>,
    /// Answers to requests for `/hold` wait until this is set.
    released: bool,
}

type Shared = Arc<(Mutex<State>, Condvar)>;

/// Servers on free ports of the loopback address.
pub struct Backends {
    pub addresses: Vec<String>,
    shared: Shared,
    closed: Arc<AtomicBool>,
}

impl Backends {
    pub fn new(count: usize) -> Self {
        let shared = Shared::default();
        let closed = Arc::new(AtomicBool::new(false));
        let addresses = (0..count).map(|number| {
            let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
            let address = listener.local_addr().expect("bound").to_string();
            let (shared, closed) = (Arc::clone(&shared), Arc::clone(&closed));
            thread::spawn(move || {
                for stream in listener.incoming().flatten() {
                    if closed.load(Ordering::Relaxed) {
                        break;
                    }
                    let shared = Arc::clone(&shared);
                    thread::spawn(move || serve(stream, number, &shared));
                }
            });
            address
        });
        Self { addresses: addresses.collect(), shared, closed }
    }

    /// The servers that requests came to so far, in order.
    pub fn chosen(&self) -> Vec<usize> {
        self.shared.0.lock().expect("no server panics").chosen.clone()
    }

    /// Waits until so many requests have come.
    pub fn wait_for(&self, requests: usize) {
        let state = self.shared.0.lock().expect("no server panics");
        let enough = |state: &mut State| state.chosen.len() < requests;
        let waited = self.shared.1.wait_timeout_while(state, PATIENCE, enough).expect("no server panics");
        assert!(!waited.1.timed_out(), "request {requests} never came to a server");
    }

    /// Lets all answers go that are held.
    pub fn release(&self) {
        self.shared.0.lock().expect("no server panics").released = true;
        self.shared.1.notify_all();
    }
}

impl Drop for Backends {
    fn drop(&mut self) {
        self.closed.store(true, Ordering::Relaxed);
        if let Ok(mut state) = self.shared.0.lock() {
            state.released = true;
        }
        self.shared.1.notify_all();
        for address in &self.addresses {
            // Wakes the thread that waits for a connection.
            let _ = TcpStream::connect(address);
        }
    }
}

/// One request, one answer.
fn serve(mut stream: TcpStream, number: usize, shared: &Shared) {
    let Some(head) = read_head(&mut stream) else { return };
    let mut state = shared.0.lock().expect("no server panics");
    state.chosen.push(number);
    shared.1.notify_all();
    if head.contains("/hold") {
        let held = |state: &mut State| !state.released;
        state = shared.1.wait_timeout_while(state, PATIENCE, held).expect("no server panics").0;
    }
    drop(state);
    let body = number.to_string();
    let length = body.len();
    let answer = format!("HTTP/1.1 200 OK\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}");
    // A proxy that has gone away has no use for an answer.
    let _ = stream.write_all(answer.as_bytes());
}

fn read_head(stream: &mut TcpStream) -> Option<String> {
    stream.set_read_timeout(Some(PATIENCE)).ok()?;
    let mut head = Vec::new();
    let mut bytes = [0; 4096];
    while !head.windows(4).any(|end| end == b"\r\n\r\n") {
        match stream.read(&mut bytes) {
            Ok(0) | Err(_) => return None,
            Ok(count) => head.extend_from_slice(&bytes[..count]),
        }
    }
    Some(String::from_utf8_lossy(&head).into_owned())
}

/// Sends a request for `path` to a port; the answer can be waited for.
pub fn send(port: u16, path: &str, headers: &str) -> TcpStream {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).expect("the proxy listens");
    stream.set_read_timeout(Some(PATIENCE)).expect("a socket");
    let request = format!("GET {path} HTTP/1.1\r\nHost: test\r\n{headers}Connection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).expect("the proxy reads");
    stream
}

/// Sends a request; gives the number of the server that has answered it.
pub fn get(port: u16, path: &str, headers: &str) -> usize {
    let mut answer = String::new();
    send(port, path, headers).read_to_string(&mut answer).expect("the proxy answers");
    let body = answer.rsplit("\r\n\r\n").next().unwrap_or_default();
    body.trim().parse().unwrap_or_else(|_| panic!("no number of a server: {answer}"))
}

/// Waits until something listens at a port; false if it does not come to that.
pub fn listens(port: u16, patience: Duration) -> bool {
    let start = Instant::now();
    while start.elapsed() < patience {
        if TcpStream::connect(("127.0.0.1", port)).is_ok() {
            return true;
        }
        thread::sleep(Duration::from_millis(10));
    }
    false
}
