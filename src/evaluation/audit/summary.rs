//! A whole run in a few numbers.

use crate::engine::Removal;
use crate::evaluation::Cost;
use crate::evaluation::Measure;
use crate::evaluation::Prepared;
use crate::evaluation::StrategyRun;
use crate::evaluation::audit::compare::agreement;
use crate::evaluation::audit::compare::compare_now;
use crate::evaluation::audit::resample::Draws;
use crate::evaluation::audit::slice::Slice;
use crate::metrics::Estimate;

/// One strategy over a data set, beside the dense run on the same items.
#[derive(Clone, Debug, PartialEq)]
pub struct Summary {
    /// Items run.
    pub n: usize,
    /// Items with a label; the metrics rest on these.
    pub labelled: usize,
    /// How tokens went.
    pub removal: Removal,
    /// Share of right predictions.
    pub accuracy: Estimate,
    /// F1 of the class of interest, or the mean F1 of all classes where there are more than two.
    pub f1: Estimate,
    /// Mean negative log probability of the true class, in nats.
    pub log_loss: Estimate,
    /// Area under the ROC curve of the probability of the class of interest.
    pub auc: Estimate,
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
    /// `dense_macs / macs`: how many times less is counted. 1 = nothing saved.
    pub flops_reduction: f64,
    /// `padded_macs / macs`.
    pub flops_reduction_padded: f64,
    /// Accuracy of this run less that of the dense one, on the same items.
    pub accuracy_change: Estimate,
    /// Items the dense run gets right and this one wrong, *b*.
    pub harmed: usize,
    /// Items the dense run gets wrong and this one right, *c*.
    pub rescued: usize,
    /// Share of items, labelled or not, to which this run gives the dense run's class; 1 by definition for the dense run.
    pub agreement: Estimate,
    /// Items, labelled or not, whose class changed.
    pub changed: usize,
    /// Share of items whose prediction differs from the dense one; needs no labels.
    pub flips: Estimate,
    /// Two-sided mid-p of no change in accuracy.
    pub p: f64,
    /// The test behind it: `mcnemar-mid-p`, or `sign-flip-clusters` where the data set names clusters.
    pub test: &'static str,
    /// Wall-clock seconds of the run.
    pub secs: f64,
}

/// Sums up a run beside the dense run on the same items.
#[must_use]
pub fn summarize(prepared: &Prepared, dense: &StrategyRun, run: &StrategyRun) -> Summary {
    let slice = Slice::all(prepared, dense, run);
    let measures = [Measure::Accuracy, Measure::F1, Measure::LogLoss, Measure::Auc];
    let [accuracy, f1, log_loss, auc] = measures.map(|measure| compare_now(&slice, measure, Draws::SCREEN));
    let cost = Cost::of(prepared, &run.results, 0..run.results.len());
    let changes = slice.accuracy_changes();
    let unlabelled = Slice::unlabelled(prepared, dense, run);
    let agreement = agreement(&unlabelled);
    let agreement = if run.spec.id() == "dense" { agreement.dense } else { agreement.pruned };
    let changed = unlabelled.hits_of(|dense, pruned| dense != pruned);
    Summary {
        n: run.results.len(),
        labelled: slice.len(),
        removal: run.removal,
        accuracy: accuracy.pruned,
        f1: f1.pruned,
        log_loss: log_loss.pruned,
        auc: auc.pruned,
        retention: cost.retention,
        final_retention: cost.final_retention,
        macs: cost.macs,
        dense_macs: cost.dense_macs,
        padded_macs: cost.padded_macs,
        flops_reduction: cost.flops_reduction(),
        flops_reduction_padded: cost.flops_reduction_padded(),
        accuracy_change: accuracy.change,
        harmed: changes.counts.harmed,
        rescued: changes.counts.rescued,
        agreement,
        changed: changed.hits,
        flips: changed.rate(),
        p: changes.p(Draws::SCREEN.seed),
        test: changes.test(),
        secs: run.duration.as_secs_f64(),
    }
}
