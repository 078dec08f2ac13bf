//! How clients hold connections, as written in the language.

use crate::schema::quantity::Span;
use crate::schema::{choice, record};

record! {
    /// A new connection for each request, as in HTTP/1.0.
    pub struct PerRequest {}
}

record! {
    /// HTTP/1.1 keep-alive: a client holds connections, each of which carries one request at a time. A request takes
    /// the most recently used idle connection, or opens a new one. A client that gives up on a request closes its
    /// connection.
    pub struct KeepAlive {
        /// How long a connection may be idle before it is closed. The default is that of nginx `keepalive_timeout`.
        pub idle: Span = Span::whole(75),
        /// Requests that a connection carries before it is closed; 0 for no limit. The default is that of nginx
        /// `keepalive_requests`.
        pub requests: u32 = 1000,
    }
}

record! {
    /// HTTP/2: a connection carries many requests at once. When all of its streams are in use, the client opens
    /// another. A client that gives up on a request resets the stream and keeps the connection.
    pub struct Multiplexed {
        /// Requests that a connection carries at once; at least 1. RFC 9113, section 6.5.2, recommends at least 100.
        pub streams: u32 = 100,
        /// How long a connection may be idle before it is closed. The default is that of nginx `keepalive_timeout`.
        pub idle: Span = Span::whole(75),
        /// Requests that a connection carries before it is closed; 0 for no limit. The default is that of nginx
        /// `keepalive_requests`.
        pub requests: u32 = 1000,
    }
    check(self, at) {
        if self.streams == 0 {
            at.field("streams").error("a connection carries at least one request");
        }
    }
}

choice! {
    /// How clients hold connections.
    pub enum Connections {
        PerRequest(PerRequest),
        KeepAlive(KeepAlive),
        Multiplexed(Multiplexed),
    }
}

record! {
    /// Opening a connection takes no time.
    pub struct NoHandshake {}
}

record! {
    /// TCP: one round trip (RFC 9293, section 3.5).
    pub struct Tcp {}
}

record! {
    /// TCP and TLS 1.3: two round trips (RFC 8446, section 2).
    pub struct Tls13 {}
}

record! {
    /// TCP and TLS 1.2: three round trips (RFC 5246, section 7.3).
    pub struct Tls12 {}
}

record! {
    /// QUIC, which includes TLS 1.3: one round trip (RFC 9000, section 7).
    pub struct Quic {}
}

choice! {
    /// The cost of opening a connection, in round trips before the first request is sent.
    pub enum Handshake {
        Free(NoHandshake),
        Tcp(Tcp),
        Tls13(Tls13),
        Tls12(Tls12),
        Quic(Quic),
    }
}

impl Handshake {
    /// Round trips before the first request leaves.
    #[must_use]
    pub fn round_trips(&self) -> u32 {
        match self {
            Self::Free(_) => 0,
            Self::Tcp(_) | Self::Quic(_) => 1,
            Self::Tls13(_) => 2,
            Self::Tls12(_) => 3,
        }
    }
}
