//! Sums over items from which every metric but AUC follows.

use crate::metrics::Brier;
use crate::metrics::Calibration;
use crate::metrics::CalibrationBins;
use crate::metrics::ClassCounts;
use crate::metrics::LabelCounts;
use crate::metrics::LogLoss;
use crate::metrics::Pair;

/// What one model did to some picked items of a slice, summed up.
#[derive(Clone, Debug)]
pub(super) struct Tally<'a> {
    /// Right answers.
    pub(super) right: usize,
    /// Any number of labels only.
    pub(super) labels: LabelCounts,
    /// Predicted numbers and what they are held against; numbers only.
    pub(super) pairs: Vec<Pair>,
    /// Labels and predictions.
    pub(super) counts: ClassCounts,
    pub(super) log_loss: LogLoss,
    pub(super) brier: Brier,
    /// Two classes only.
    pub(super) calibration: Option<Calibration<'a>>,
}

impl<'a> Tally<'a> {
    /// Nothing yet.
    pub(super) fn new((classes, labels): (usize, usize), bins: Option<&'a CalibrationBins>) -> Self {
        Self {
            right: 0,
            labels: LabelCounts::new(labels),
            pairs: Vec::new(),
            counts: ClassCounts::new(classes),
            log_loss: LogLoss::default(),
            brier: Brier::default(),
            calibration: bins.map(Calibration::new),
        }
    }

    /// Adds the items of another tally over the same bins.
    pub(super) fn merge(&mut self, other: &Self) {
        self.right += other.right;
        self.labels.merge(&other.labels);
        self.pairs.extend(&other.pairs);
        self.counts.merge(&other.counts);
        self.log_loss.merge(&other.log_loss);
        self.brier.merge(&other.brier);
        if let (Some(own), Some(other)) = (&mut self.calibration, &other.calibration) {
            own.merge(other);
        }
    }
}
