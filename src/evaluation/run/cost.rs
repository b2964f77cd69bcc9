//! What a run cost, over some items.

use crate::evaluation::Prepared;
use crate::evaluation::Results;

/// Tokens and multiply-accumulates of some items.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Cost {
    /// Items.
    pub items: usize,
    /// Mean original tokens.
    pub tokens: f64,
    /// Mean tokens alive after the last layer.
    pub tokens_kept: f64,
    /// Mean over items of (mean over layers of kept ÷ `n0`). Range: 0–1.
    pub retention: f64,
    /// Mean over items of kept after the last layer ÷ `n0`. Range: 0–1.
    pub final_retention: f64,
    /// Multiply-accumulates of all items.
    pub macs: u64,
    /// The same for the dense model without padding.
    pub dense_macs: u64,
    /// The same for the dense model with every text padded to the longest one of the data set (after truncation).
    pub padded_macs: u64,
}

impl Cost {
    /// Sums up some items of a run.
    pub(in crate::evaluation) fn of(
        prepared: &Prepared,
        results: &Results,
        items: impl IntoIterator<Item = usize>,
    ) -> Self {
        let mut cost = Self::default();
        for item in items {
            let (tokens, kept) = (prepared.tokens(item), results.tokens_kept()[item]);
            cost.items += 1;
            cost.tokens += tokens as f64;
            cost.tokens_kept += f64::from(kept);
            cost.retention += results.retentions()[item];
            cost.final_retention += f64::from(kept) / tokens.max(1) as f64;
            cost.macs += results.macs()[item];
            cost.dense_macs += prepared.dense_macs(item);
            cost.padded_macs += prepared.padded_macs;
        }
        let items = cost.items.max(1) as f64;
        cost.tokens /= items;
        cost.tokens_kept /= items;
        cost.retention /= items;
        cost.final_retention /= items;
        cost
    }

    /// Dense cost without padding ÷ own cost. 1 = nothing saved.
    #[must_use]
    pub fn flops_reduction(&self) -> f64 {
        self.dense_macs as f64 / self.macs.max(1) as f64
    }

    /// Dense cost with padding ÷ own cost; the own cost is counted without padding.
    #[must_use]
    pub fn flops_reduction_padded(&self) -> f64 {
        self.padded_macs as f64 / self.macs.max(1) as f64
    }
}
