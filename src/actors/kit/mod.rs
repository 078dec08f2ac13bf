//! The parts that several kinds of nodes share: messages, links and routes, passing requests on to other nodes, faults,
//! and measurement from outside. A part that only one kind uses belongs in the folder of that kind.

pub mod accounts;
pub mod books;
pub mod build;
pub mod cancel;
pub mod commands;
pub mod conditions;
pub mod copies;
pub mod describe;
pub mod endpoint;
pub mod facts;
pub mod failure;
pub mod faults;
pub mod flow;
pub mod footprint;
pub mod graph;
pub mod link;
pub mod made;
pub mod message;
pub mod node;
pub mod outage;
pub mod passage;
pub mod queueing;
pub mod route;
pub mod seen;
pub mod signals;
pub mod site;
pub mod watch;
