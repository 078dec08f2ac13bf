//! What systems are made of: one folder a kind, one file a policy.
