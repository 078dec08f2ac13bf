//! Recorded traffic: readers of access logs and traces.
