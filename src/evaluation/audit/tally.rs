//! Sums over items from which every metric but AUC follows.

use crate::metrics::Brier;
use crate::metrics::Calibration;
use crate::metrics::CalibrationBins;
use crate::metrics::ClassCounts;
use crate::metrics::LogLoss;

/// What one model did to some picked items of a slice, summed up.
#[derive(Clone, Debug)]
pub(super) struct Tally<'a> {
    /// Labels and predictions.
    pub(super) counts: ClassCounts,
    pub(super) log_loss: LogLoss,
    pub(super) brier: Brier,
    /// Two classes only.
    pub(super) calibration: Option<Calibration<'a>>,
}

impl<'a> Tally<'a> {
    /// Nothing yet.
    pub(super) fn new(classes: usize, bins: Option<&'a CalibrationBins>) -> Self {
        Self {
            counts: ClassCounts::new(classes),
            log_loss: LogLoss::default(),
            brier: Brier::default(),
            calibration: bins.map(Calibration::new),
        }
    }

    /// Adds the items of another tally over the same bins.
    pub(super) fn merge(&mut self, other: &Self) {
        self.counts.merge(&other.counts);
        self.log_loss.merge(&other.log_loss);
        self.brier.merge(&other.brier);
        if let (Some(own), Some(other)) = (&mut self.calibration, &other.calibration) {
            own.merge(other);
        }
    }
}
