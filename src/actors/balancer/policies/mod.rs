//! The registry of balancing policies: one file here and one line below make a policy. What a policy is belongs in
//! `policy.rs` beside this folder.
//!
//! `cargo fmt` does not see files that a macro names; `rustfmt FILE` does.

use super::policy::{Answer, Choose, Describes, Facts, Hears, Load, registry};
use super::view::View;
use crate::engine::random::{Draws, StreamKey};

registry! {
    round_robin::RoundRobin,
    weighted_round_robin::WeightedRoundRobin,
    random::Random,
    least_connections::LeastConnections,
    least_request::LeastRequest,
    power_of_choices::PowerOfChoices,
    ip_hash::IpHash,
    ring_hash::RingHash,
    bounded_load_hash::BoundedLoadHash,
    maglev::Maglev,
    rendezvous::Rendezvous,
    peak_ewma::PeakEwma,
    least_response_time::LeastResponseTime,
    join_idle_queue::JoinIdleQueue,
    prequal::Prequal,
    first::First,
}
