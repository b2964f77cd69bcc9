//! Some labelled items seen by the dense and by the pruned model: what every metric is computed from.

use std::collections::BTreeMap;

use crate::evaluation::ExampleResult;
use crate::evaluation::Measure;
use crate::evaluation::Prepared;
use crate::evaluation::StrategyRun;
use crate::metrics::CALIBRATION_BINS;
use crate::metrics::CalibrationBins;
use crate::metrics::Discordant;

/// Which of the two models.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Side {
    Dense,
    Pruned,
}

/// What one model says about one item.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Seen<'a> {
    /// Predicted class.
    pub(super) prediction: usize,
    /// Shape: `[classes]`.
    pub(super) probabilities: &'a [f32],
}

/// A labelled item and what both models say about it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Item<'a> {
    /// Index in [`Prepared`].
    pub(super) index: usize,
    /// Class.
    pub(super) label: usize,
    /// Without pruning.
    pub(super) dense: Seen<'a>,
    /// With pruning.
    pub(super) pruned: Seen<'a>,
}

impl<'a> Item<'a> {
    pub(super) fn seen(&self, side: Side) -> &Seen<'a> {
        match side {
            Side::Dense => &self.dense,
            Side::Pruned => &self.pruned,
        }
    }
}

/// Labelled items, in the order of the data set.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Slice<'a> {
    /// The items.
    pub(super) items: Vec<Item<'a>>,
    /// Number of classes of the model.
    pub(super) classes: usize,
    /// What must be resampled together: one number per item, if the data set names clusters.
    pub(super) clusters: Option<Vec<usize>>,
    /// Bins of the calibration error, fixed on the dense scores of the whole data set; two classes only.
    pub(super) bins: Option<CalibrationBins>,
}

/// The arrays that metrics take, of some picked items of a slice.
pub(super) struct Columns<'a> {
    /// Class of each item.
    pub(super) labels: Vec<usize>,
    /// Whether it is class 1.
    pub(super) positives: Vec<bool>,
    /// Predicted class of each item.
    pub(super) predictions: Vec<usize>,
    /// Probabilities of each item.
    pub(super) probabilities: Vec<&'a [f32]>,
    /// Probability of class 1.
    pub(super) scores: Vec<f64>,
}

impl<'a> Slice<'a> {
    /// The labelled items among `members`, which are indices in `prepared`.
    pub(super) fn of(
        prepared: &Prepared,
        dense: &'a StrategyRun,
        pruned: &'a StrategyRun,
        members: impl IntoIterator<Item = usize>,
    ) -> Self {
        fn seen(result: &ExampleResult) -> Seen<'_> {
            Seen { prediction: result.prediction, probabilities: &result.probabilities }
        }
        let item = |index: usize| -> Option<Item<'a>> {
            let label = (*prepared.labels.get(index)?)?;
            let (dense, pruned) = (seen(dense.results.get(index)?), seen(pruned.results.get(index)?));
            Some(Item { index, label, dense, pruned })
        };
        let items: Vec<Item<'a>> = members.into_iter().filter_map(item).collect();
        let clusters = cluster_numbers(prepared, &items);
        let bins = prepared.is_binary().then(|| {
            let scores: Vec<f64> = dense.results.iter().filter_map(ExampleResult::score).map(f64::from).collect();
            CalibrationBins::fit(&scores, CALIBRATION_BINS)
        });
        Self { items, classes: prepared.classes.len(), clusters, bins }
    }

    /// Every labelled item.
    pub(super) fn all(prepared: &Prepared, dense: &'a StrategyRun, pruned: &'a StrategyRun) -> Self {
        Self::of(prepared, dense, pruned, 0..prepared.len())
    }

    pub(super) fn is_binary(&self) -> bool {
        self.classes == 2
    }

    /// Class of each item.
    pub(super) fn labels(&self) -> Vec<usize> {
        self.items.iter().map(|item| item.label).collect()
    }

    /// Items of one class.
    pub(super) fn count(&self, class: usize) -> usize {
        self.items.iter().filter(|item| item.label == class).count()
    }

    /// All items as metrics take them.
    pub(super) fn columns(&self, side: Side) -> Columns<'a> {
        self.picked(&(0..self.items.len()).collect::<Vec<_>>(), side)
    }

    /// The picked items as metrics take them.
    pub(super) fn picked(&self, picks: &[usize], side: Side) -> Columns<'a> {
        let picked = || picks.iter().map(|&pick| &self.items[pick]);
        let probabilities: Vec<&'a [f32]> = picked().map(|item| item.seen(side).probabilities).collect();
        Columns {
            labels: picked().map(|item| item.label).collect(),
            positives: picked().map(|item| item.label == 1).collect(),
            predictions: picked().map(|item| item.seen(side).prediction).collect(),
            scores: probabilities.iter().map(|row| row.get(1).copied().map_or(f64::NAN, f64::from)).collect(),
            probabilities,
        }
    }

    /// Paired changes of a rate that counts items by their own label: which lose the counted property and which gain
    /// it (`harmed` and `rescued`). `None` for measures that are no such rate.
    pub(super) fn changes(&self, measure: Measure) -> Option<Discordant> {
        let (class, counts_positive) = match measure {
            Measure::Accuracy => {
                return Some(self.discordant(None, |item, side| item.seen(side).prediction == item.label));
            }
            Measure::SelectionRate => (None, true),
            Measure::Tpr => (Some(1), true),
            Measure::Fnr => (Some(1), false),
            Measure::Fpr => (Some(0), true),
            Measure::Tnr => (Some(0), false),
            _ => return None,
        };
        Some(self.discordant(class, |item, side| (item.seen(side).prediction == 1) == counts_positive))
    }

    fn discordant(&self, class: Option<usize>, has: impl Fn(&Item<'a>, Side) -> bool) -> Discordant {
        let items = self.items.iter().filter(|item| class.is_none_or(|class| item.label == class));
        let (dense, pruned): (Vec<bool>, Vec<bool>) =
            items.map(|item| (has(item, Side::Dense), has(item, Side::Pruned))).unzip();
        Discordant::count(&dense, &pruned)
    }

    /// Examples a measure rests on, by statistics.md c.9: the class it conditions on, the smaller class for AUC.
    pub(super) fn denominator(&self, measure: Measure) -> usize {
        let (positives, negatives) = (self.count(1), self.count(0));
        let predicted = |class: usize| {
            let of = |side| self.items.iter().filter(|item| item.seen(side).prediction == class).count();
            of(Side::Dense).min(of(Side::Pruned))
        };
        match measure {
            Measure::Tpr | Measure::Fnr => positives,
            Measure::Fpr | Measure::Tnr => negatives,
            Measure::Auc | Measure::BalancedAccuracy => positives.min(negatives),
            Measure::Precision => predicted(1),
            Measure::Npv => predicted(0),
            _ => self.items.len(),
        }
    }
}

/// Numbers the clusters by first appearance; an item without one stands for itself. `None` if no item has one.
fn cluster_numbers(prepared: &Prepared, items: &[Item<'_>]) -> Option<Vec<usize>> {
    let name = |item: &Item<'_>| {
        let row = *prepared.rows.get(item.index)?;
        prepared.dataset.examples.get(row)?.cluster.as_deref()
    };
    if items.iter().all(|item| name(item).is_none()) {
        return None;
    }
    let mut numbers = BTreeMap::new();
    let mut next = 0;
    let number = |item: &Item<'_>| {
        let fresh = next;
        let number = name(item).map_or(fresh, |name| *numbers.entry(name).or_insert(fresh));
        next += usize::from(number == fresh);
        number
    };
    Some(items.iter().map(number).collect())
}
