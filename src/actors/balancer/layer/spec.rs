//! Layers and the capacity of a proxy, as written in the language.

use crate::schema::quantity::Span;
use crate::schema::{choice, record};

record! {
    /// Layer 4: chooses a member for each connection, by addresses alone (a policy sees no keys). All requests of a
    /// connection go to the same member until it is closed, or until the member goes down, which breaks it. Policies
    /// count active connections, not active requests. A request that opens its own connection counts as a connection.
    pub struct Layer4 {}
}

record! {
    /// Layer 7: chooses a member for each request. It terminates the client's connections, reads requests and passes
    /// them on. Behind it each request has its own connection, as with a proxy without upstream keep-alive (nginx
    /// without `keepalive`). There is no counterpart of `http-reuse` of HAProxy and `keepalive` of nginx, by which
    /// requests share connections to servers.
    pub struct Layer7 {}
}

choice! {
    /// Whether a balancer chooses a member for each request or for each connection.
    pub enum Layer {
        Layer7(Layer7),
        Layer4(Layer4),
    }
}

record! {
    /// The processing capacity of a balancer: its workers serve requests first come, first served, before a member is
    /// chosen.
    ///
    /// Times of one core, measured with nginx: about 14 us for a small request over HTTP and 25 us over HTTPS, 29 us to
    /// accept a TCP connection, 0.5 ms for a TLS handshake with ECDSA, 2 ns to encrypt a byte (NGINX Plus sizing guide
    /// for bare metal servers, 2016; "Testing the performance of NGINX", 2017).
    pub struct ProxySpec {
        /// Requests that it processes at once: processes or cores; 1 to 1,000,000.
        pub workers: u32 = 1,
        /// Time for each request.
        pub per_request: Span = Span::ZERO,
        /// Time for each connection, such as a handshake, spent with its first request.
        pub per_connection: Span = Span::ZERO,
        /// Time for each byte of a request's size.
        pub per_byte: Span = Span::ZERO,
        /// Requests that may wait; without it, unlimited. Others are rejected.
        pub queue: Option<usize> = None,
    }
    check(self, at) {
        if self.workers == 0 || self.workers > 1_000_000 {
            at.field("workers").error("a proxy has 1 to 1,000,000 workers");
        }
    }
}
