//! Some items seen by the dense and by the pruned model, with what their decisions are held against: what every metric is computed from.

use std::sync::Arc;

use crate::evaluation::Answer;
use crate::evaluation::LABEL_THRESHOLD;
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
use crate::model::HeadKind;

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
    /// The dense model's answer; no item is left out.
    Dense,
}

/// An item as both models see it, and what their answers are held against.
#[derive(Clone, Copy, Debug)]
struct Judged {
    /// What items are told apart by where draws keep numbers: the class, or 1 where the label of interest is true.
    label: u32,
    /// Of the class or label of interest.
    is_positive: bool,
    /// Said to be, by each model.
    is_found: [bool; 2],
    is_right: [bool; 2],
    /// Whether the two models answer differently.
    is_changed: bool,
}

/// Items with what counts as right, in the order of the data set.
#[derive(Clone, Debug)]
pub(super) struct Slice<'a> {
    prepared: &'a Prepared,
    dense: &'a Results,
    pruned: &'a Results,
    against: Against,
    /// Every item of the data set; `None` where there is nothing to hold it against.
    judged: Arc<Vec<Option<Judged>>>,
    /// Their numbers, ascending, and the label of each.
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

    /// Every item, labelled or not; what counts as right is the dense model's answer.
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
        let (items, labels, clustering, judged) = (Vec::new(), Vec::new(), None, Arc::default());
        let mut nothing = Self { prepared, dense, pruned, against, judged, items, labels, clustering, bins: None };
        nothing.judged = Arc::new(nothing.judge_all());
        nothing.bins = prepared.is_binary().then(|| {
            let scores: Vec<f64> = (0..dense.len()).filter_map(|item| nothing.score(item, Side::Dense)).collect();
            CalibrationBins::fit(&scores, CALIBRATION_BINS)
        });
        nothing.of(0..pruned.len())
    }

    fn judge_all(&self) -> Vec<Option<Judged>> {
        let tolerance = self.prepared.tolerance(self.dense).unwrap_or(0.0);
        (0..self.pruned.len()).map(|item| self.judge(item, tolerance)).collect()
    }

    fn judge(&self, item: usize, tolerance: f64) -> Option<Judged> {
        if self.prepared.head == HeadKind::Classifier {
            return self.judge_class(item);
        }
        let head = self.prepared.head;
        let answers = [self.dense.answer(head, item), self.pruned.answer(head, item)];
        let target = match self.against {
            Against::Labels => self.prepared.target(item)?,
            Against::Dense => &answers[0],
        };
        let is_said = |answer: &Answer| match answer {
            Answer::Labels(labels) => labels.contains(&self.prepared.positive),
            Answer::Class(_) | Answer::Value(_) => false,
        };
        let is_positive = is_said(target);
        Some(Judged {
            label: u32::from(is_positive),
            is_positive,
            is_found: answers.each_ref().map(is_said),
            is_right: answers.each_ref().map(|answer| answer.is_same(target, tolerance)),
            is_changed: !answers[0].is_same(&answers[1], tolerance),
        })
    }

    fn judge_class(&self, item: usize) -> Option<Judged> {
        let classes = [self.dense, self.pruned].map(|results| results.predictions()[item]);
        let label = match self.against {
            Against::Labels => narrow(self.prepared.label(item)?),
            Against::Dense => classes[0],
        };
        let positive = narrow(self.prepared.positive);
        Some(Judged {
            label,
            is_positive: label == positive,
            is_found: classes.map(|class| class == positive),
            is_right: classes.map(|class| class == label),
            is_changed: classes[0] != classes[1],
        })
    }

    /// Whether each model is right on an item, and whether they differ; `None` where there is nothing to hold it against.
    pub(super) fn right_and_changed(&self, item: usize) -> Option<([bool; 2], bool)> {
        let judged = self.judged.get(item)?.as_ref()?;
        Some((judged.is_right, judged.is_changed))
    }

    /// Those among `members`, which are items of the data set in ascending order.
    pub(super) fn of(&self, members: impl IntoIterator<Item = usize>) -> Self {
        let labelled = |item: usize| Some((narrow(item), self.judged[item]?.label));
        let (items, labels): (Vec<u32>, Vec<u32>) = members.into_iter().filter_map(labelled).unzip();
        let clustering = self.prepared.clustering(items.iter().map(|&item| item as usize));
        Self { items, labels, clustering, bins: self.bins.clone(), judged: Arc::clone(&self.judged), ..*self }
    }

    /// Number of items.
    pub(super) fn len(&self) -> usize {
        self.items.len()
    }

    /// Number in the data set of the slice's item.
    pub(super) fn item(&self, index: usize) -> usize {
        self.items[index] as usize
    }

    fn judged(&self) -> impl Iterator<Item = Judged> + Clone + '_ {
        // Items without anything to hold them against are not among a slice's.
        self.items.iter().filter_map(|&item| self.judged[item as usize])
    }

    /// Of each item its place among [`Cells`](crate::evaluation::audit::joint::Cells): by the class of interest, or by
    /// right and wrong.
    pub(super) fn cells(&self, by_interest: bool) -> impl Iterator<Item = usize> + '_ {
        self.judged().map(move |judged| {
            let (label, [dense, pruned]) =
                if by_interest { (judged.is_positive, judged.is_found) } else { (true, judged.is_right) };
            4 * usize::from(label) + 2 * usize::from(dense) + usize::from(pruned)
        })
    }

    /// What the model's outputs mean.
    pub(super) fn head(&self) -> HeadKind {
        self.prepared.head
    }

    /// Classes that are counted: those of the model, or two for a label that is there or not.
    pub(super) fn classes(&self) -> usize {
        if self.head() == HeadKind::Classifier { self.prepared.classes.len() } else { 2 }
    }

    /// Why a measure of two classes has no value here.
    pub(super) fn not_two_classes(&self, n: usize) -> Estimate {
        let reason = match self.head() {
            HeadKind::Regression(_) => "defined for two classes, the model gives a number".to_owned(),
            HeadKind::Classifier | HeadKind::MultiLabel => {
                format!("defined for two classes, the model has {}", self.prepared.classes.len())
            }
        };
        Estimate::undefined(reason, n)
    }

    pub(super) fn is_binary(&self) -> bool {
        self.prepared.is_binary()
    }

    /// Label of each item, by which draws are stratified.
    pub(super) fn labels(&self) -> &[u32] {
        &self.labels
    }

    /// Of each item, whether it is in a part of this slice.
    pub(super) fn is_in(&self, part: &Self) -> Vec<bool> {
        self.items.iter().map(|item| part.items.binary_search(item).is_ok()).collect()
    }

    /// Items of each class, or with each label; nothing where the model gives a number.
    pub(super) fn class_counts(&self) -> Vec<usize> {
        match self.head() {
            HeadKind::Classifier => {
                let count = |class| self.labels.iter().filter(|&&label| label as usize == class).count();
                (0..self.classes()).map(count).collect()
            }
            HeadKind::MultiLabel => {
                let mut counts = vec![0; self.prepared.classes.len()];
                for &item in &self.items {
                    if let Some(Answer::Labels(labels)) = self.prepared.target(item as usize) {
                        for &label in labels {
                            counts[label] += 1;
                        }
                    }
                }
                counts
            }
            HeadKind::Regression(_) => Vec::new(),
        }
    }

    /// The class of interest among [`Slice::classes`].
    pub(super) fn positive(&self) -> usize {
        if self.head() == HeadKind::Classifier { self.prepared.positive } else { 1 }
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

    /// Whether each item is of the class of interest.
    pub(super) fn positives(&self) -> Vec<bool> {
        self.judged().map(|judged| judged.is_positive).collect()
    }

    /// Items of the class of interest, and all others.
    pub(super) fn class_sizes(&self) -> [usize; 2] {
        let positives = self.judged().filter(|judged| judged.is_positive).count();
        [positives, self.len() - positives]
    }

    /// Probability of the class of interest of each item; empty where there are other than two classes.
    pub(super) fn scores(&self, side: Side) -> Vec<f64> {
        self.items.iter().filter_map(|&item| self.score(item as usize, side)).collect()
    }

    fn score(&self, item: usize, side: Side) -> Option<f64> {
        let (results, positive) = (self.results(side), self.prepared.positive);
        let scores = match self.head() {
            HeadKind::Classifier => results.scores(positive).get(item),
            HeadKind::MultiLabel => results.outputs(item).get(positive),
            HeadKind::Regression(_) => None,
        };
        scores.copied().map(f64::from)
    }

    /// Sums up the picked items, in their order.
    pub(super) fn tally(&self, picks: impl Iterator<Item = usize>, side: Side) -> Tally<'_> {
        let mut tally = self.empty_tally();
        for pick in picks {
            let item = self.items[pick] as usize;
            let Some(judged) = self.judged[item] else { continue };
            self.add(&mut tally, (item, judged), side);
        }
        tally
    }

    /// Nothing yet.
    pub(super) fn empty_tally(&self) -> Tally<'_> {
        let labels = if self.head() == HeadKind::MultiLabel { self.prepared.classes.len() } else { 0 };
        Tally::new((self.classes(), labels), self.bins.as_ref())
    }

    fn add(&self, tally: &mut Tally<'_>, (item, judged): (usize, Judged), side: Side) {
        let (results, place) = (self.results(side), usize::from(side == Side::Pruned));
        tally.right += usize::from(judged.is_right[place]);
        let score = self.score(item, side);
        match self.head() {
            HeadKind::Classifier => {
                tally.counts.add(results.predictions()[item], judged.label);
                tally.log_loss.add(results.label_probabilities()[item]);
            }
            HeadKind::MultiLabel => {
                tally.counts.add(u32::from(judged.is_found[place]), judged.label);
                let probability = results.outputs(item).get(self.prepared.positive).copied().unwrap_or(f32::NAN);
                tally.log_loss.add(if judged.is_positive { probability } else { 1.0 - probability });
                self.add_labels(tally, item, side);
            }
            HeadKind::Regression(_) => {
                tally.counts.add(u32::from(judged.is_right[place]), 1);
                tally.pairs.extend(self.pair(item, side));
            }
        }
        if let (Some(score), Some(calibration)) = (score, &mut tally.calibration) {
            tally.brier.add(score, judged.is_positive);
            calibration.add(score, judged.is_positive);
        }
    }

    /// A predicted number, and what it is held against.
    fn pair(&self, item: usize, side: Side) -> Option<(f64, f64)> {
        let number = |results: &Results| results.outputs(item).first().copied().map(f64::from);
        let target = match (self.against, self.prepared.target(item)) {
            (Against::Dense, _) => number(self.dense)?,
            (Against::Labels, Some(Answer::Value(label))) => *label,
            (Against::Labels, _) => return None,
        };
        Some((number(self.results(side))?, target))
    }

    fn add_labels(&self, tally: &mut Tally<'_>, item: usize, side: Side) {
        let is_said = |probability: &f32| *probability >= LABEL_THRESHOLD;
        let said = self.results(side).outputs(item).iter().map(is_said);
        match (self.against, self.prepared.target(item)) {
            (Against::Labels, Some(Answer::Labels(labels))) => {
                tally.labels.add(said.enumerate().map(|(label, said)| (said, labels.binary_search(&label).is_ok())));
            }
            (Against::Dense, _) => tally.labels.add(said.zip(self.dense.outputs(item).iter().map(is_said))),
            (Against::Labels, _) => {}
        }
    }

    /// Of each item, whether it counts as a success of a rate; an inner `None` where it is not in the denominator. `None`
    /// for measures that are no rate.
    fn outcomes(&self, measure: Measure, side: Side) -> Option<impl Iterator<Item = Option<bool>> + Clone + '_> {
        let (outcome, place) = (outcome(measure)?, usize::from(side == Side::Pruned));
        Some(self.judged().map(move |judged| outcome(judged, place)))
    }

    /// Successes of a rate; `None` for measures that are none.
    pub(super) fn hits(&self, measure: Measure, side: Side) -> Option<Hits> {
        Some(Hits::count(self.outcomes(measure, side)?, self.clustering()))
    }

    fn hits_of(&self, holds: impl Fn(Judged) -> bool + Clone) -> Hits {
        Hits::count(self.judged().map(move |judged| Some(holds(judged))), self.clustering())
    }

    /// Items that the two models answer differently.
    pub(super) fn changed(&self) -> Hits {
        self.hits_of(|judged| judged.is_changed)
    }

    /// Items that the two models answer alike.
    pub(super) fn unchanged(&self) -> Hits {
        self.hits_of(|judged| !judged.is_changed)
    }

    /// Of each item, whether the two models answer it differently.
    pub(super) fn are_changed(&self) -> Vec<bool> {
        self.judged().map(|judged| judged.is_changed).collect()
    }

    /// Items whose answer pruning turns to the class of interest, or from it.
    pub(super) fn flipped(&self, to_positive: bool) -> Hits {
        self.hits_of(move |judged| judged.is_found == [!to_positive, to_positive])
    }

    /// Items right in one model and wrong in the other, in this order.
    pub(super) fn turned(&self, right: Side, wrong: Side) -> Hits {
        let [right, wrong] = [right, wrong].map(|side| usize::from(side == Side::Pruned));
        self.hits_of(move |judged| judged.is_right[right] && !judged.is_right[wrong])
    }

    /// Of each item, whether it is right in one model and wrong in the other, in this order, as a measure sees it: where it
    /// is about the label of interest alone, by that label.
    pub(super) fn are_turned(&self, measure: Measure, right: Side, wrong: Side) -> Vec<bool> {
        let by_interest = measure.is_of_interest(self.head());
        let [right, wrong] = [right, wrong].map(|side| usize::from(side == Side::Pruned));
        let rights = move |judged: Judged| if by_interest { judged.decided_right() } else { judged.is_right };
        self.judged().map(rights).map(move |rights| rights[right] && !rights[wrong]).collect()
    }

    /// Items right in one model alone, whichever.
    pub(super) fn churned(&self) -> Hits {
        self.hits_of(|judged| judged.is_right[0] != judged.is_right[1])
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

    /// Changes between right and wrong about the label of interest.
    pub(super) fn interest_changes(&self) -> Changes {
        let pairs = self.judged().map(|judged| Some(judged.decided_right().into()));
        Changes::count(pairs, self.clustering())
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
            let [dense, pruned]: [Vec<bool>; 2] =
                [0, 1].map(|place| self.judged().map(|judged| judged.is_found[place] == is_positive).collect());
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

impl Judged {
    /// Whether each model is right about the class or label of interest.
    fn decided_right(&self) -> [bool; 2] {
        self.is_found.map(|is_found| is_found == self.is_positive)
    }
}

/// What a rate counts in one of the two models; `None` for measures that are no rate.
fn outcome(measure: Measure) -> Option<fn(Judged, usize) -> Option<bool>> {
    Some(match measure {
        Measure::Accuracy => |judged, of| Some(judged.is_right[of]),
        Measure::SelectionRate => |judged, of| Some(judged.is_found[of]),
        Measure::Tpr => |judged, of| judged.is_positive.then_some(judged.is_found[of]),
        Measure::Fnr => |judged, of| judged.is_positive.then_some(!judged.is_found[of]),
        Measure::Fpr => |judged, of| (!judged.is_positive).then_some(judged.is_found[of]),
        Measure::Tnr => |judged, of| (!judged.is_positive).then_some(!judged.is_found[of]),
        Measure::Precision => |judged, of| judged.is_found[of].then_some(judged.is_positive),
        Measure::Npv => |judged, of| (!judged.is_found[of]).then_some(!judged.is_positive),
        _ => return None,
    })
}

/// Items are numbered in 32 bits, as rows are.
fn narrow(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}
