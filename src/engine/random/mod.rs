//! Random streams and samplers whose bits never change.
