//! A whole run in a few numbers.

use crate::engine::Removal;
use crate::evaluation::Compared;
use crate::evaluation::Cost;
use crate::evaluation::Measure;
use crate::evaluation::Prepared;
use crate::evaluation::StrategyRun;
use crate::evaluation::audit::compare::agreement;
use crate::evaluation::audit::compare::compare_now;
use crate::evaluation::audit::resample::Draws;
use crate::evaluation::audit::slice::Slice;
use crate::metrics::Estimate;
use crate::model::HeadKind;

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
    /// The measures that models without classes have beside accuracy and agreement, in the order of menus.
    pub others: Vec<(Measure, Estimate)>,
    /// What the model's outputs mean.
    pub head: HeadKind,
    /// How far a number may lie from what it is held against to be right; `None` where the model gives no number.
    pub tolerance: Option<f64>,
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

impl Summary {
    /// One of its measures.
    #[must_use]
    pub fn measure(&self, measure: Measure) -> Option<&Estimate> {
        match measure {
            Measure::Accuracy => Some(&self.accuracy),
            Measure::F1 => Some(&self.f1),
            Measure::LogLoss => Some(&self.log_loss),
            Measure::Auc => Some(&self.auc),
            Measure::Agreement => Some(&self.agreement),
            other => self.others.iter().find(|(measure, _)| *measure == other).map(|(_, estimate)| estimate),
        }
    }
}

/// The measures that a model's settings are summed up and contrasted by, against labels.
#[must_use]
pub fn summary_measures(head: HeadKind) -> &'static [Measure] {
    match head {
        HeadKind::Classifier => &[Measure::Accuracy, Measure::F1, Measure::LogLoss, Measure::Auc],
        HeadKind::MultiLabel => &[
            Measure::Accuracy,
            Measure::LabelAccuracy,
            Measure::MicroF1,
            Measure::MacroF1,
            Measure::F1,
            Measure::LogLoss,
            Measure::Auc,
        ],
        HeadKind::Regression(_) => &[
            Measure::Accuracy,
            Measure::MeanAbsoluteError,
            Measure::RootMeanSquaredError,
            Measure::Pearson,
            Measure::Spearman,
        ],
    }
}

/// Sums up a run beside the dense run on the same items.
#[must_use]
pub fn summarize(prepared: &Prepared, dense: &StrategyRun, run: &StrategyRun) -> Summary {
    let slice = Slice::all(prepared, dense, run);
    let of = |measure: Measure| {
        if measure.is_of(prepared.head) {
            return compare_now(&slice, measure, Draws::SCREEN);
        }
        let missing = slice.not_two_classes(slice.len());
        Compared { measure, denominator: slice.len(), dense: missing.clone(), pruned: missing.clone(), change: missing }
    };
    let measures = [Measure::Accuracy, Measure::F1, Measure::LogLoss, Measure::Auc];
    let [accuracy, f1, log_loss, auc] = measures.map(of);
    let extra = Measure::offered(prepared.head).filter(|measure| !measure.is_of(HeadKind::Classifier));
    let labelled = extra.clone().filter(|measure| measure.needs_labels()).map(|measure| (measure, of(measure).pruned));
    let cost = Cost::of(prepared, &run.results, 0..run.results.len());
    let changes = slice.accuracy_changes();
    let unlabelled = Slice::unlabelled(prepared, dense, run);
    let others = extra.filter(|measure| !measure.needs_labels());
    let others = others.map(|measure| (measure, compare_now(&unlabelled, measure, Draws::SCREEN).pruned));
    let others = labelled.chain(others).collect();
    let agreement = agreement(&unlabelled);
    let agreement = if run.spec.id() == "dense" { agreement.dense } else { agreement.pruned };
    let changed = unlabelled.changed();
    Summary {
        n: run.results.len(),
        labelled: slice.len(),
        removal: run.removal,
        accuracy: accuracy.pruned,
        f1: f1.pruned,
        log_loss: log_loss.pruned,
        auc: auc.pruned,
        others,
        head: prepared.head,
        tolerance: prepared.tolerance(&dense.results),
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
