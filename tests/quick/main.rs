//! What takes little time: the rules of the house, bad input, and what parts and small systems do, request by request.

#[path = "../common/answers.rs"]
mod answers;
#[path = "../common/ledger.rs"]
mod ledger;
#[path = "../common/place.rs"]
mod place;
#[path = "../common/program.rs"]
mod program;
#[path = "../common/statistics.rs"]
mod statistics;
#[path = "../common/values.rs"]
mod values;

mod architecture;
mod bad_input;
mod balancing;
mod breakers;
mod by_node;
mod edges;
mod engine;
mod examples;
mod executors;
mod faults;
mod health;
mod import_proxies;
mod imports;
mod in_between;
mod in_code;
mod layers;
mod lengths;
mod limiters;
mod limits;
mod metastable;
mod one_instant;
mod overload_measures;
mod proxies;
mod queues;
mod remapping;
mod replayed;
mod stability;
mod survivors;
mod systems;
mod theory_command;
mod visits;
mod writes;
