//! Failover time: how long balancers go on sending requests to a node that crashed.

use crate::lab::measure::measured::{Called, GivenBy, Measured};
use crate::lab::measure::reading::Reading;
use crate::lab::measure::shape::{measure_of_the_system, term_of_the_system};
use crate::lab::results::Unit;

measure_of_the_system! {
    /// How long balancers go on sending requests to a crashed server or other node: the time from the crash to the last
    /// request sent to it before its restart or the end of the run, averaged over crashes and balancers. Requests that
    /// probe a server count, health checks do not; 0 if nothing was sent.
    pub struct FailoverTime => Number
}

term_of_the_system! {
    /// Mean time from a crash to the last request that a balancer sent to the server.
    pub struct FailoverTimeOf => Number
}

/// Mean time from a crash to the last request that a balancer sent to the server.
#[derive(Clone, Debug, PartialEq)]
pub struct Number;

impl Measured for Number {
    fn without_steady_state() -> &'static [&'static str] {
        &["failover_time"]
    }

    fn called(&self) -> Called {
        Called::new("failover time", "failover_time", Unit::Seconds)
    }

    fn given_by(&self) -> GivenBy {
        GivenBy::Clients
    }

    fn grows_with_queues(&self) -> bool {
        false
    }

    fn reading(&self) -> Reading {
        Reading::Whole(Box::new(|view, _| view.failover_time()))
    }
}
