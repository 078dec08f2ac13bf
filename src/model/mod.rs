//! The language of systems: nodes, validation, building actors.
