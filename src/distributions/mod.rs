//! Probability distributions as the language names them; one file each. Sampling rests on `engine::random`.
