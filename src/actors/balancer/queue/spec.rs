//! The queue of a balancer in the words of the language.

use crate::schema::quantity::Span;
use crate::schema::record;

record! {
    /// Requests wait at the balancer while every server that is well has as many as it may have (`max_connections` of the
    /// fleet). Without a queue they are turned away.
    ///
    /// The server at which a place becomes free takes the request that has waited longest. With a policy that places by a
    /// hash, a request waits for the server that it belongs to, though others have places, and is turned away where that has
    /// too many who wait. HAProxy does so too; where a cookie names the server, and `option redispatch` allows it, it would go
    /// to another instead. No policy here goes by cookies. Those that wait for a server that
    /// goes down are placed anew; those that wait for any stay. Backups do not help out while other servers are only full.
    ///
    /// As HAProxy queues at `maxconn` (<https://docs.haproxy.org/2.6/configuration.html>, `timeout queue`, `maxqueue`,
    /// `option redispatch`, `option abortonclose`), and NGINX Plus with `queue`, whose default timeout is 60 s.
    pub struct Queue {
        /// How long a request may wait; it is then turned away. Without it, as long as it takes.
        pub timeout: Option<Span> = None,
        /// Requests that may wait at once; more are turned away. Without it, any number.
        pub places: Option<usize> = None,
        /// Requests that may wait at once for one server, where a hash places them (HAProxy `maxqueue`). Without it, any
        /// number.
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
