//! Special tags of a balancer on requests that wait there. All other tags are the index of the chosen member.

/// The note of a balancer on a request that is still in its proxy.
pub const IN_PROXY: u32 = u32::MAX;
/// The note of a balancer on a request that waits for a place at a server.
pub const WAITING: u32 = u32::MAX - 1;
/// Notes from here on are members of requests whose connection is pinned: it is the connection that is active there.
pub const PINNED: u32 = 1 << 31;
