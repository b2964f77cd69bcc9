//! Metrics of predictions against labels.

use super::estimate::Estimate;
use super::interval::wilson;

/// Share of predictions that equal their label, with Wilson's interval.
///
/// Range: 0–1.
#[must_use]
pub fn accuracy(predictions: &[usize], labels: &[usize]) -> Estimate {
    debug_assert_eq!(predictions.len(), labels.len(), "one prediction for each label");
    let right = predictions.iter().zip(labels).filter(|(prediction, label)| prediction == label).count();
    wilson(right, labels.len())
}
