//! Some labelled items seen by the dense and by the pruned model: what every metric is computed from.

use crate::evaluation::Measure;
use crate::evaluation::Prepared;
use crate::evaluation::Results;
use crate::evaluation::StrategyRun;
use crate::metrics::Brier;
use crate::metrics::CALIBRATION_BINS;
use crate::metrics::Calibration;
use crate::metrics::CalibrationBins;
use crate::metrics::ClassCounts;
use crate::metrics::Discordant;
use crate::metrics::LogLoss;

/// Which of the two models.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Side {
    Dense,
    Pruned,
}

/// Labelled items, in the order of the data set.
#[derive(Clone, Debug)]
pub(super) struct Slice<'a> {
    prepared: &'a Prepared,
    dense: &'a Results,
    pruned: &'a Results,
    /// Their numbers, ascending, and the class of each.
    items: Vec<u32>,
    labels: Vec<u32>,
    /// Bins of the calibration error, fixed on the dense scores of the whole data set; two classes only.
    pub(super) bins: Option<CalibrationBins>,
}

/// What one model did to some picked items of a slice, summed up: enough for every metric but AUC.
pub(super) struct Tally<'a> {
    /// Items.
    pub(super) n: usize,
    /// Of these, predicted right.
    pub(super) right: usize,
    /// Labels and predictions.
    pub(super) counts: ClassCounts,
    pub(super) log_loss: LogLoss,
    pub(super) brier: Brier,
    /// Two classes only.
    pub(super) calibration: Option<Calibration<'a>>,
}

impl<'a> Slice<'a> {
    /// Every labelled item.
    pub(super) fn all(prepared: &'a Prepared, dense: &'a StrategyRun, pruned: &'a StrategyRun) -> Self {
        let (dense, pruned) = (&dense.results, &pruned.results);
        let bins = prepared.is_binary().then(|| {
            let scores: Vec<f64> = dense.scores().iter().copied().map(f64::from).collect();
            CalibrationBins::fit(&scores, CALIBRATION_BINS)
        });
        Self { prepared, dense, pruned, items: Vec::new(), labels: Vec::new(), bins }.of(0..pruned.len())
    }

    /// The labelled items among `members`, which are items of the data set in ascending order.
    pub(super) fn of(&self, members: impl IntoIterator<Item = usize>) -> Self {
        let labelled = |item: usize| Some((narrow(item), narrow(self.prepared.label(item)?)));
        let (items, labels) = members.into_iter().filter_map(labelled).unzip();
        Self { items, labels, bins: self.bins.clone(), ..*self }
    }

    /// Number of items.
    pub(super) fn len(&self) -> usize {
        self.items.len()
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

    /// What must be resampled together: one number per item, an item without a cluster standing for itself. `None` if no
    /// item has one.
    pub(super) fn clusters(&self) -> Option<Vec<usize>> {
        let survey = &self.prepared.survey;
        let cluster = |&item: &u32| survey.cluster(self.prepared.row(item as usize));
        if self.items.iter().all(|item| cluster(item).is_none()) {
            return None;
        }
        // No cluster has so large a number.
        let own = |item: &u32| survey.len() + *item as usize;
        Some(self.items.iter().map(|item| cluster(item).unwrap_or_else(|| own(item))).collect())
    }

    fn results(&self, side: Side) -> &'a Results {
        match side {
            Side::Dense => self.dense,
            Side::Pruned => self.pruned,
        }
    }

    /// Class that a model predicts for each item.
    pub(super) fn predictions(&self, side: Side) -> impl Iterator<Item = u32> + '_ {
        let predictions = self.results(side).predictions();
        self.items.iter().map(move |&item| predictions[item as usize])
    }

    /// Whether each item is of class 1.
    pub(super) fn positives(&self) -> Vec<bool> {
        self.labels.iter().map(|&label| label == 1).collect()
    }

    /// Probability of class 1 of each item; empty where there are other than two classes.
    pub(super) fn scores(&self, side: Side) -> Vec<f64> {
        let scores = self.results(side).scores();
        self.items.iter().filter_map(|&item| scores.get(item as usize).copied().map(f64::from)).collect()
    }

    /// Sums up the picked items, in their order.
    pub(super) fn tally(&self, picks: impl Iterator<Item = usize>, side: Side) -> Tally<'_> {
        let results = self.results(side);
        let (predictions, scores) = (results.predictions(), results.scores());
        let mut tally = Tally {
            n: 0,
            right: 0,
            counts: ClassCounts::new(self.classes()),
            log_loss: LogLoss::default(),
            brier: Brier::default(),
            calibration: self.bins.as_ref().map(Calibration::new),
        };
        for pick in picks {
            let (item, label) = (self.items[pick] as usize, self.labels[pick]);
            tally.n += 1;
            tally.right += usize::from(predictions[item] == label);
            tally.counts.add(predictions[item], label);
            tally.log_loss.add(results.label_probabilities()[item]);
            if let (Some(&score), Some(calibration)) = (scores.get(item), &mut tally.calibration) {
                tally.brier.add(f64::from(score), label == 1);
                calibration.add(f64::from(score), label == 1);
            }
        }
        tally
    }

    /// Paired changes of a rate that counts items by their own label: which lose the counted property and which gain
    /// it (`harmed` and `rescued`). `None` for measures that are no such rate.
    pub(super) fn changes(&self, measure: Measure) -> Option<Discordant> {
        let (class, counts_positive) = match measure {
            Measure::Accuracy => return Some(self.discordant(None, |prediction, label| prediction == label)),
            Measure::SelectionRate => (None, true),
            Measure::Tpr => (Some(1), true),
            Measure::Fnr => (Some(1), false),
            Measure::Fpr => (Some(0), true),
            Measure::Tnr => (Some(0), false),
            _ => return None,
        };
        Some(self.discordant(class, |prediction, _| (prediction == 1) == counts_positive))
    }

    /// `has` tells of a prediction and a label whether the item has the property.
    fn discordant(&self, class: Option<u32>, has: impl Fn(u32, u32) -> bool) -> Discordant {
        let predictions = self.predictions(Side::Dense).zip(self.predictions(Side::Pruned));
        let items = predictions.zip(&self.labels).filter(|(_, label)| class.is_none_or(|class| **label == class));
        let (dense, pruned): (Vec<bool>, Vec<bool>) =
            items.map(|((dense, pruned), &label)| (has(dense, label), has(pruned, label))).unzip();
        Discordant::count(&dense, &pruned)
    }

    /// Examples a measure rests on, by statistics.md c.9: the class it conditions on, the smaller class for AUC.
    pub(super) fn denominator(&self, measure: Measure) -> usize {
        let (positives, negatives) = (self.count(1), self.count(0));
        let predicted = |class: u32| {
            let of = |side| self.predictions(side).filter(|&prediction| prediction == class).count();
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

/// Items are numbered in 32 bits, as rows are.
fn narrow(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}
