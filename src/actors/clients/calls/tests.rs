//! Calls from end to end.
