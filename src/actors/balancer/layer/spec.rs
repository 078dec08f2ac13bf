//! Layers and the capacity of a proxy, in the words of the language.

use crate::schema::quantity::Span;
use crate::schema::{choice, record};

record! {
    /// Chooses for each connection, by addresses alone (a policy sees no keys): its requests all go to the same member until it is closed, or
    /// until the member goes down, which breaks it. Active connections count, not active requests. A request on a
    /// connection of its own is a connection.
    pub struct Layer4 {}
}

record! {
    /// Chooses for each request: ends the client's connections, reads what is asked for, and passes it on. Beyond it each
    /// request travels on a connection of its own, as with a proxy that keeps none to its servers (nginx without `keepalive`).
    /// `http-reuse` of HAProxy and `keepalive` of nginx, by which requests share connections to servers, have no counterpart.
    pub struct Layer7 {}
}

choice! {
    /// What a balancer chooses a member for.
    pub enum Layer {
        Layer7(Layer7),
        Layer4(Layer4),
    }
}

record! {
    /// What a balancer can do itself: its workers take up requests first come, first served, before a member is chosen.
    ///
    /// What a core does, measured with nginx: about 14 us for a small request over HTTP and 25 us over HTTPS, 29 us to
    /// take up a TCP connection, 0.5 ms for a TLS handshake with ECDSA, 2 ns for a byte encrypted (NGINX Plus sizing
    /// guide for bare metal servers, 2016; "Testing the performance of NGINX", 2017).
    pub struct ProxySpec {
        /// Requests it works on at once: processes or cores; 1 to 1,000,000.
        pub workers: u32 = 1,
        /// Work for each request.
        pub per_request: Span = Span::ZERO,
        /// Work for each connection, done with its first request: a handshake.
        pub per_connection: Span = Span::ZERO,
        /// Work for each byte of a request's size.
        pub per_byte: Span = Span::ZERO,
        /// Requests that may wait; without it, any number. More are turned away.
        pub queue: Option<usize> = None,
    }
    check(self, at) {
        if self.workers == 0 || self.workers > 1_000_000 {
            at.field("workers").error("a proxy has 1 to 1,000,000 workers");
        }
    }
}
