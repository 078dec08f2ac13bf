//! What one run records.
