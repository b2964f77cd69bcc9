//! A run as far as it is known.

use crate::evaluation::StrategyRun;

/// A strategy's results on the first rows of an order.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct KnownRun {
    /// How many rows, those counted that could not be used.
    pub(crate) rows: usize,
    /// The results, in the order of the draw.
    pub(crate) run: StrategyRun,
}
