//! What many runs mean: intervals, paired comparison, closed-form theory.
