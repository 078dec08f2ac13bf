//! Real proxies against the simulator's policies: the same servers, the same requests, the same choices.
//!
//! NGINX and HAProxy run on the loopback address, each in a temporary folder, where they are installed; where they are
//! not, a test says so and passes. What differs between a proxy and the policy that stands for it is held here too.

mod backends;
mod haproxy;
mod nginx;
mod proxy;
mod simulated;
