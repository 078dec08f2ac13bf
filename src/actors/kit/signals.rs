//! Reports of servers to balancers, and which balancers subscribe to them.

use std::sync::Arc;

use super::link::Link;
use super::message::{Core, Message};
use crate::engine::{ActorId, Duration};

/// A subscriber to reports of servers that go down or come up, and its delay.
#[derive(Clone, Copy, Debug)]
pub struct Subscriber {
    /// The balancer.
    pub balancer: ActorId,
    /// The balancer's number of the first server of this node.
    pub first_member: u32,
    /// How long the news takes.
    pub delay: Duration,
}

impl Subscriber {
    /// Server number `port` has gone down or come up.
    pub fn tell(&self, core: &mut Core, port: u32, up: bool) {
        let member = self.first_member + port;
        let message = if up { Message::MemberUp { member } } else { Message::MemberDown { member } };
        if self.delay.is_zero() {
            core.send(self.balancer, message);
        } else {
            core.send_after(self.delay, self.balancer, message);
        }
    }
}

/// A balancer that wants to know of idle servers.
#[derive(Clone, Debug)]
pub struct Dispatcher {
    /// The balancer.
    pub balancer: ActorId,
    /// The balancer's number of the first server of this node.
    pub first_member: u32,
    /// The members that it may choose, in order; `None` for all.
    pub subset: Option<Arc<[u32]>>,
    /// The network between the balancer and the servers.
    pub link: Link,
}

impl Dispatcher {
    /// True if it may choose this member.
    #[must_use]
    pub fn knows(&self, member: u32) -> bool {
        self.subset.as_ref().is_none_or(|subset| subset.binary_search(&member).is_ok())
    }
}

/// The report that a policy subscribes to.
#[derive(Clone, Debug)]
pub enum Signal {
    /// Their load, when a probe asks.
    Loads,
    /// That they have become idle.
    Idleness(Dispatcher),
}
