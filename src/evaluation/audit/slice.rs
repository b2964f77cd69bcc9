//! Some items seen by the dense and by the pruned model, with what their decisions are held against: what every metric is computed from.

use crate::evaluation::Measure;
use crate::evaluation::Prepared;
use crate::evaluation::Results;
use crate::evaluation::StrategyRun;
use crate::evaluation::audit::tally::Tally;
use crate::metrics::CALIBRATION_BINS;
use crate::metrics::CalibrationBins;
use crate::metrics::Changes;
use crate::metrics::Clustering;
use crate::metrics::Estimate;
use crate::metrics::Hits;

/// Which of the two models.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Side {
    Dense,
    Pruned,
}

/// What decisions are held against.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Against {
    /// The labels; items without one are left out.
    Labels,
    /// The dense model's class; no item is left out.
    Dense,
}

/// Items with the class that counts as right, in the order of the data set.
#[derive(Clone, Debug)]
pub(super) struct Slice<'a> {
    prepared: &'a Prepared,
    dense: &'a Results,
    pruned: &'a Results,
    against: Against,
    /// Their numbers, ascending, and the class of each.
    items: Vec<u32>,
    labels: Vec<u32>,
    /// What must be kept together, if the data set names it: an item without a cluster stands for itself.
    clustering: Option<Clustering>,
    /// Bins of the calibration error, fixed on the dense scores of the whole data set; two classes only.
    pub(super) bins: Option<CalibrationBins>,
}

impl<'a> Slice<'a> {
    /// Every labelled item.
    pub(super) fn all(prepared: &'a Prepared, dense: &'a StrategyRun, pruned: &'a StrategyRun) -> Self {
        Self::against(prepared, (dense, pruned), Against::Labels)
    }

    /// Every item, labelled or not; what counts as right is the dense model's class.
    pub(super) fn unlabelled(prepared: &'a Prepared, dense: &'a StrategyRun, pruned: &'a StrategyRun) -> Self {
        Self::against(prepared, (dense, pruned), Against::Dense)
    }

    /// Every item that a measure can rest on.
    pub(super) fn of_measure(
        prepared: &'a Prepared,
        (dense, pruned): (&'a StrategyRun, &'a StrategyRun),
        measure: Measure,
    ) -> Self {
        let against = if measure.needs_labels() { Against::Labels } else { Against::Dense };
        Self::against(prepared, (dense, pruned), against)
    }

    fn against(prepared: &'a Prepared, (dense, pruned): (&'a StrategyRun, &'a StrategyRun), against: Against) -> Self {
        let (dense, pruned) = (&dense.results, &pruned.results);
        let bins = prepared.is_binary().then(|| {
            let scores: Vec<f64> = dense.scores(prepared.positive).iter().copied().map(f64::from).collect();
            CalibrationBins::fit(&scores, CALIBRATION_BINS)
        });
        let nothing =
            Self { prepared, dense, pruned, against, items: Vec::new(), labels: Vec::new(), clustering: None, bins };
        nothing.of(0..pruned.len())
    }

    /// Those among `members`, which are items of the data set in ascending order.
    pub(super) fn of(&self, members: impl IntoIterator<Item = usize>) -> Self {
        let dense = self.dense.predictions();
        let judged = |item: usize| {
            let class = match self.against {
                Against::Labels => narrow(self.prepared.label(item)?),
                Against::Dense => dense[item],
            };
            Some((narrow(item), class))
        };
        let (items, labels): (Vec<u32>, Vec<u32>) = members.into_iter().filter_map(judged).unzip();
        let clustering = self.prepared.clustering(items.iter().map(|&item| item as usize));
        Self { items, labels, clustering, bins: self.bins.clone(), ..*self }
    }

    /// Number of items.
    pub(super) fn len(&self) -> usize {
        self.items.len()
    }

    /// Number in the data set of the slice's item.
    pub(super) fn item(&self, index: usize) -> usize {
        self.items[index] as usize
    }

    /// Of each item its place among [`Cells`](crate::evaluation::audit::joint::Cells).
    pub(super) fn cells(&self) -> impl Iterator<Item = usize> + '_ {
        let (positive, is_binary) = (self.positive(), self.is_binary());
        let predictions = self.predictions(Side::Dense).zip(self.predictions(Side::Pruned));
        predictions.zip(&self.labels).map(move |((dense, pruned), &label)| {
            let target = if is_binary { positive } else { label };
            4 * usize::from(label == target) + 2 * usize::from(dense == target) + usize::from(pruned == target)
        })
    }

    /// Number of classes of the model.
    pub(super) fn classes(&self) -> usize {
        self.prepared.classes.len()
    }

    pub(super) fn is_binary(&self) -> bool {
        self.prepared.is_binary()
    }

    /// Class of each item.
    pub(super) fn labels(&self) -> &[u32] {
        &self.labels
    }

    /// Of each item, whether it is in a part of this slice.
    pub(super) fn is_in(&self, part: &Self) -> Vec<bool> {
        self.items.iter().map(|item| part.items.binary_search(item).is_ok()).collect()
    }

    /// Items of one class.
    pub(super) fn count(&self, class: usize) -> usize {
        self.labels.iter().filter(|&&label| label as usize == class).count()
    }

    /// The class of interest.
    pub(super) fn positive(&self) -> u32 {
        narrow(self.prepared.positive)
    }

    /// Clusters of the items; `None` where each stands for itself.
    pub(super) fn clustering(&self) -> Option<&Clustering> {
        self.clustering.as_ref()
    }

    /// An estimate that rests on all items, marked with their clusters.
    pub(super) fn marked(&self, estimate: Estimate) -> Estimate {
        match &self.clustering {
            Some(clustering) => estimate.over_clusters(clustering.count()),
            None => estimate,
        }
    }

    fn results(&self, side: Side) -> &'a Results {
        match side {
            Side::Dense => self.dense,
            Side::Pruned => self.pruned,
        }
    }

    /// Class that a model predicts for each item.
    pub(super) fn predictions(&self, side: Side) -> impl Iterator<Item = u32> + Clone + '_ {
        let predictions = self.results(side).predictions();
        self.items.iter().map(move |&item| predictions[item as usize])
    }

    /// Whether each item is of the class of interest.
    pub(super) fn positives(&self) -> Vec<bool> {
        let positive = self.positive();
        self.labels.iter().map(|&label| label == positive).collect()
    }

    /// Items of the class of interest, and all others.
    pub(super) fn class_sizes(&self) -> [usize; 2] {
        let positives = self.count(self.prepared.positive);
        [positives, self.len() - positives]
    }

    /// Probability of the class of interest of each item; empty where there are other than two classes.
    pub(super) fn scores(&self, side: Side) -> Vec<f64> {
        let scores = self.results(side).scores(self.prepared.positive);
        self.items.iter().filter_map(|&item| scores.get(item as usize).copied().map(f64::from)).collect()
    }

    /// Sums up the picked items, in their order.
    pub(super) fn tally(&self, picks: impl Iterator<Item = usize>, side: Side) -> Tally<'_> {
        let results = self.results(side);
        let (predictions, scores, positive) =
            (results.predictions(), results.scores(self.prepared.positive), self.positive());
        let mut tally = Tally::new(self.classes(), self.bins.as_ref());
        for pick in picks {
            let (item, label) = (self.items[pick] as usize, self.labels[pick]);
            tally.counts.add(predictions[item], label);
            tally.log_loss.add(results.label_probabilities()[item]);
            if let (Some(&score), Some(calibration)) = (scores.get(item), &mut tally.calibration) {
                tally.brier.add(f64::from(score), label == positive);
                calibration.add(f64::from(score), label == positive);
            }
        }
        tally
    }

    /// Of each item, whether it counts as a success of a rate; an inner `None` where it is not in the denominator. `None`
    /// for measures that are no rate.
    fn outcomes(&self, measure: Measure, side: Side) -> Option<impl Iterator<Item = Option<bool>> + Clone + '_> {
        let outcome = outcome(measure)?;
        let positive = self.positive();
        let predictions = self.results(side).predictions();
        let items = self.items.iter().zip(&self.labels);
        Some(items.map(move |(&item, &label)| {
            let prediction = predictions[item as usize];
            let [is_positive, is_found] = [label == positive, prediction == positive];
            outcome(Judged { is_positive, is_found, is_right: prediction == label })
        }))
    }

    /// Successes of a rate; `None` for measures that are none.
    pub(super) fn hits(&self, measure: Measure, side: Side) -> Option<Hits> {
        Some(Hits::count(self.outcomes(measure, side)?, self.clustering()))
    }

    /// Items for which something holds.
    pub(super) fn hits_of(&self, holds: impl Fn(u32, u32) -> bool + Clone) -> Hits {
        let predictions = self.predictions(Side::Dense).zip(self.predictions(Side::Pruned));
        Hits::count(predictions.map(move |(dense, pruned)| Some(holds(dense, pruned))), self.clustering())
    }

    /// Items right in one model and wrong in the other, in this order.
    pub(super) fn turned(&self, right: Side, wrong: Side) -> Hits {
        let rights = [right, wrong].map(|side| self.predictions(side).zip(&self.labels).map(|(p, label)| p == *label));
        let [right, wrong] = rights;
        Hits::count(right.zip(wrong).map(|(right, other)| Some(right && !other)), self.clustering())
    }

    /// Items right in one model alone, whichever.
    pub(super) fn churned(&self) -> Hits {
        let rights = [Side::Dense, Side::Pruned]
            .map(|side| self.predictions(side).zip(&self.labels).map(|(p, label)| p == *label));
        let [dense, pruned] = rights;
        Hits::count(dense.zip(pruned).map(|(dense, pruned)| Some(dense != pruned)), self.clustering())
    }

    /// Paired changes of a rate that counts items by their own label: which lose the counted property and which gain
    /// it (`harmed` and `rescued`). `None` for measures that are no such rate.
    pub(super) fn changes(&self, measure: Measure) -> Option<Changes> {
        if matches!(measure, Measure::Precision | Measure::Npv) {
            return None;
        }
        let [dense, pruned] = [self.outcomes(measure, Side::Dense)?, self.outcomes(measure, Side::Pruned)?];
        Some(Changes::count(dense.zip(pruned).map(|(dense, pruned)| dense.zip(pruned)), self.clustering()))
    }

    /// Changes between right and wrong.
    pub(super) fn accuracy_changes(&self) -> Changes {
        // Accuracy is a rate, so there are always some.
        self.changes(Measure::Accuracy).unwrap_or_else(|| Changes::count(std::iter::empty(), None))
    }

    /// Of each item, whether a measure rests on it, by statistics.md c.9: the class it conditions on, the smaller class for
    /// AUC, what the model that finds fewer predicts.
    pub(super) fn counted(&self, measure: Measure) -> Vec<bool> {
        let of_class =
            |is_positive: bool| self.positives().into_iter().map(|positive| positive == is_positive).collect();
        let predicted = |is_positive: bool| {
            let [dense, pruned]: [Vec<bool>; 2] = [Side::Dense, Side::Pruned]
                .map(|side| self.predictions(side).map(|class| (class == self.positive()) == is_positive).collect());
            let found = |side: &[bool]| side.iter().filter(|&&found| found).count();
            if found(&pruned) < found(&dense) { pruned } else { dense }
        };
        let [positives, negatives] = self.class_sizes();
        match measure {
            Measure::Tpr | Measure::Fnr => of_class(true),
            Measure::Fpr | Measure::Tnr => of_class(false),
            Measure::Auc | Measure::BalancedAccuracy => of_class(positives <= negatives),
            Measure::Precision => predicted(true),
            Measure::Npv => predicted(false),
            _ => vec![true; self.len()],
        }
    }

    /// How many items a measure rests on.
    pub(super) fn denominator(&self, measure: Measure) -> usize {
        self.counted(measure).into_iter().filter(|&counted| counted).count()
    }
}

/// An item as one model sees it.
struct Judged {
    /// Of the class of interest.
    is_positive: bool,
    /// Predicted to be.
    is_found: bool,
    is_right: bool,
}

/// What a rate counts; `None` for measures that are no rate.
fn outcome(measure: Measure) -> Option<fn(Judged) -> Option<bool>> {
    Some(match measure {
        Measure::Accuracy => |judged| Some(judged.is_right),
        Measure::SelectionRate => |judged| Some(judged.is_found),
        Measure::Tpr => |judged| judged.is_positive.then_some(judged.is_found),
        Measure::Fnr => |judged| judged.is_positive.then_some(!judged.is_found),
        Measure::Fpr => |judged| (!judged.is_positive).then_some(judged.is_found),
        Measure::Tnr => |judged| (!judged.is_positive).then_some(!judged.is_found),
        Measure::Precision => |judged| judged.is_found.then_some(judged.is_positive),
        Measure::Npv => |judged| (!judged.is_found).then_some(!judged.is_positive),
        _ => return None,
    })
}

/// Items are numbered in 32 bits, as rows are.
fn narrow(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}
