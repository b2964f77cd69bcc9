//! One setting over several data sets: does what was chosen on one of them hold on the others?

use crate::evaluation::ColumnGaps;
use crate::evaluation::Compared;
use crate::evaluation::Estimate;
use crate::evaluation::Evaluated;
use crate::evaluation::Evaluation;
use crate::evaluation::Extreme;
use crate::evaluation::Measure;
use crate::pruning::StrategySpec;

/// One setting on one data set.
#[derive(Clone, Debug, PartialEq)]
pub struct TransferRow {
    /// The strategy and its settings.
    pub spec: StrategySpec,
    /// Name of the data set.
    pub data: String,
    /// SHA-256 of its file.
    pub data_hash: String,
    /// Texts run.
    pub texts: usize,
    /// Accuracy, or agreement with dense where nothing is labelled: dense, pruned and the paired change.
    pub quality: Compared,
    /// Mean over texts of (mean over layers of kept ÷ `n0`). Range: 0–1.
    pub retention: f64,
    /// Dense cost ÷ own cost, counted without padding.
    pub flops_reduction: f64,
    /// The same against dense with every text padded to the longest.
    pub flops_reduction_padded: f64,
    /// How far groups lie apart, column by column; empty where the file has none of the columns.
    pub gaps: Vec<TransferGap>,
}

/// The groups of one column on the row's measure.
#[derive(Clone, Debug, PartialEq)]
pub struct TransferGap {
    /// The group column.
    pub column: String,
    /// Largest less smallest value among groups: dense.
    pub dense: Estimate,
    /// Pruned.
    pub pruned: Estimate,
    /// Pruned less dense: what pruning does to the gap.
    pub change: Estimate,
    /// The groups that lose most by pruning.
    pub worst_loss: Extreme,
    /// Groups too small to be judged, with what they rest on.
    pub left_out: Vec<(String, usize)>,
}

/// The finished strategies of an evaluation but dense, as rows of a transfer table.
#[must_use]
pub fn transfer_rows(evaluation: &Evaluation) -> Vec<TransferRow> {
    let strategies = evaluation.strategies.iter().filter(|strategy| strategy.spec.id() != "dense");
    strategies.filter_map(|strategy| row(evaluation, strategy)).collect()
}

fn row(evaluation: &Evaluation, strategy: &Evaluated) -> Option<TransferRow> {
    let audit = strategy.audit.as_ref()?;
    let measure = evaluation.prepared.main_measure();
    let overall = &audit.overall;
    Some(TransferRow {
        spec: strategy.spec.clone(),
        data: evaluation.prepared.index.name.clone(),
        data_hash: evaluation.prepared.index.hash.clone(),
        texts: evaluation.prepared.total(),
        quality: overall.measure(measure)?.clone(),
        retention: overall.cost.retention,
        flops_reduction: overall.cost.flops_reduction(),
        flops_reduction_padded: overall.cost.flops_reduction_padded(),
        gaps: audit.gaps.iter().filter_map(|column| gap(column, measure)).collect(),
    })
}

fn gap(column: &ColumnGaps, measure: Measure) -> Option<TransferGap> {
    let gap = column.gaps.iter().find(|gap| gap.measure == measure)?;
    Some(TransferGap {
        column: column.column.clone(),
        dense: gap.dense.between.clone(),
        pruned: gap.pruned.between.clone(),
        change: gap.change.between.clone(),
        worst_loss: gap.worst_loss.clone(),
        left_out: gap.left_out.clone(),
    })
}
