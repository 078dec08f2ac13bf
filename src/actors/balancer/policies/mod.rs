//! Balancing policies, one file each. The registry is `policy.rs` beside this folder.

pub mod bounded_load_hash;
pub mod ip_hash;
pub mod join_idle_queue;
pub mod least_connections;
pub mod least_response_time;
pub mod maglev;
pub mod peak_ewma;
pub mod power_of_choices;
pub mod prequal;
pub mod random;
pub mod rendezvous;
pub mod ring_hash;
pub mod round_robin;
pub mod weighted_round_robin;
