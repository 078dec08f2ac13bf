//! How a measure is split, and the names of the language for it.

use crate::schema::{choice, record};

record! {
    /// One number for all clients together.
    pub struct AllTogether {}
}

record! {
    /// One number for each node of clients.
    pub struct EachClients {}
}

record! {
    /// One number for each node that has it, except clients.
    pub struct EachNode {}
}

choice! {
    /// How a measure is split.
    pub enum Grouping {
        All(AllTogether),
        Clients(EachClients),
        Nodes(EachNode),
    }
}

impl Default for Grouping {
    fn default() -> Self {
        Self::All(AllTogether {})
    }
}
