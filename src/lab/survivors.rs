//! Survivorship bias of latencies, which are those of answered calls only: whether one arm answered fewer calls than
//! another, so that its lower latency does not show that it is faster.

use super::results::{Estimate, NEARLY_ALL};

/// True if fewer calls were answered here than there beyond doubt, by more than may be overlooked. Both are shares of
/// calls, paired by replication.
#[must_use]
pub fn fewer(here: &Estimate, there: &Estimate, confidence: f64) -> bool {
    let Some((mine, theirs)) = here.value.zip(there.value) else { return false };
    if theirs - mine <= 1.0 - NEARLY_ALL {
        return false;
    }
    let interval = there.minus(1.0, here, confidence).map(|paired| paired.difference);
    match interval.and_then(|interval| interval.half_width.map(|half| (interval.mean, half))) {
        Some((mean, half)) => mean > half,
        // One replication: by the intervals of both.
        None => here.bounds().zip(there.bounds()).is_some_and(|(here, there)| here.1 < there.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lab::results::{IntervalKind, Unit};

    fn share(replicates: &[f64]) -> Estimate {
        let mean = replicates.iter().sum::<f64>() / replicates.len() as f64;
        Estimate {
            name: "answered".to_owned(),
            id: "answered".to_owned(),
            unit: Unit::Fraction,
            value: Some(mean),
            half_width: Some(0.01),
            interval: IntervalKind::Replications,
            replicates: replicates.iter().map(|&share| Some(share)).collect(),
            influences: Vec::new(),
            of_all: None,
        }
    }

    #[test]
    fn fewer_are_fewer_beyond_doubt_and_by_more_than_one_in_a_thousand() {
        let all = share(&[1.0, 1.0, 0.999, 1.0]);
        assert!(fewer(&share(&[0.6, 0.59, 0.61, 0.58]), &all, 0.95));
        assert!(!fewer(&all, &share(&[0.6, 0.59, 0.61, 0.58]), 0.95));
        // Too little to matter, and too unsure to tell.
        assert!(!fewer(&share(&[0.9995, 0.9994, 0.9995, 0.9996]), &all, 0.95));
        assert!(!fewer(&share(&[0.2, 1.0, 1.0, 1.0]), &all, 0.95));
        // One replication each: their intervals lie apart, or do not.
        assert!(fewer(&share(&[0.6]), &share(&[0.7]), 0.95));
        assert!(!fewer(&share(&[0.69]), &share(&[0.7]), 0.95));
    }
}
