//! The queue of a balancer, as written in the language.

use crate::schema::quantity::Span;
use crate::schema::record;

record! {
    /// Requests wait at the balancer while every healthy server is at its limit (`max_connections` of the fleet).
    /// Without a queue they are rejected.
    ///
    /// When a server has a free slot, it takes the request that has waited longest. With a hash policy, a request waits
    /// for its own server even if others have free slots, and is rejected if too many wait for that one. HAProxy does
    /// the same; if a cookie names the server, and `option redispatch` allows it, HAProxy would choose another server.
    /// No policy here uses cookies. When a server goes down, the requests that wait for it are placed again; those that
    /// wait for any server stay in the queue. Backups are not used while other servers are only full.
    ///
    /// Modelled on HAProxy's queue at `maxconn` (<https://docs.haproxy.org/2.6/configuration.html>, `timeout queue`,
    /// `maxqueue`, `option redispatch`, `option abortonclose`), and on `queue` of NGINX Plus, whose default timeout is
    /// 60 s.
    pub struct Queue {
        /// How long a request may wait; it is then rejected. Without it, indefinitely.
        pub timeout: Option<Span> = None,
        /// Requests that may wait at once; others are rejected. Without it, unlimited.
        pub places: Option<usize> = None,
        /// Requests that may wait at once for one server, with a hash policy (HAProxy `maxqueue`). Without it,
        /// unlimited.
        pub per_server: Option<usize> = None,
    }
    check(self, at) {
        if self.timeout == Some(Span::ZERO) {
            at.field("timeout").error("a request waits some time; leave the queue out where none may wait");
        }
        if self.places == Some(0) {
            at.field("places").error("a queue has a place at least; leave it out where none may wait");
        }
        if self.per_server == Some(0) {
            at.field("per_server").error("a request at least may wait for a server");
        }
    }
}
