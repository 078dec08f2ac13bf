//! How far what was found is from what is expected.

use rushhour::lab::results::Estimate;

/// Mean of a sample, and its standard error.
pub fn mean_and_error(values: &[f64]) -> (f64, f64) {
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    let variance = values.iter().map(|x| (x - mean) * (x - mean)).sum::<f64>() / (n - 1.0);
    (mean, (variance / n).sqrt())
}

/// Standard errors between an estimate's replicates and `expected`: Student's t.
pub fn t_statistic(estimate: &Estimate, expected: f64) -> f64 {
    let values: Vec<f64> = estimate.replicates.iter().copied().flatten().collect();
    let (mean, error) = mean_and_error(&values);
    (mean - expected) / error
}
