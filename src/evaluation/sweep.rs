//! A strategy at several settings, for the trade-off curve.

use crate::evaluation::Summary;
use crate::pruning::StrategySpec;

/// One setting and what it gives.
#[derive(Clone, Debug, PartialEq)]
pub struct SweepPoint {
    /// The setting.
    pub spec: StrategySpec,
    /// Its numbers beside the dense run.
    pub summary: Summary,
}
