//! Metrics of predictions and probabilities against labels.

use super::estimate::Estimate;
use super::interval::wilson;

/// Probabilities are lifted to at least this before their logarithm is taken, as scikit-learn does for `f64`.
const SMALLEST_PROBABILITY: f64 = f64::EPSILON;

/// Share of predictions that equal their label, with Wilson's interval.
///
/// Range: 0–1.
#[must_use]
pub fn accuracy(predictions: &[u32], labels: &[u32]) -> Estimate {
    debug_assert_eq!(predictions.len(), labels.len(), "one prediction for each label");
    let right = predictions.iter().zip(labels).filter(|(prediction, label)| prediction == label).count();
    wilson(right, labels.len())
}

/// Predictions against labels of a task with two classes; class 1 is the positive one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Confusion {
    /// Positive and predicted so.
    pub tp: usize,
    /// Negative, predicted positive.
    pub fp: usize,
    /// Negative and predicted so.
    pub tn: usize,
    /// Positive, predicted negative.
    pub fn_: usize,
}

impl Confusion {
    /// Counts predictions and labels; class 1 is positive, every other negative.
    #[must_use]
    pub fn count(predictions: &[u32], labels: &[u32]) -> Self {
        Self::of_class(1, predictions, labels)
    }

    /// Counts one class against the rest.
    #[must_use]
    pub fn of_class(class: u32, predictions: &[u32], labels: &[u32]) -> Self {
        debug_assert_eq!(predictions.len(), labels.len(), "one prediction for each label");
        let mut counts = Self::default();
        for (&prediction, &label) in predictions.iter().zip(labels) {
            match (label == class, prediction == class) {
                (true, true) => counts.tp += 1,
                (true, false) => counts.fn_ += 1,
                (false, true) => counts.fp += 1,
                (false, false) => counts.tn += 1,
            }
        }
        counts
    }

    /// Examples whose label is positive.
    #[must_use]
    pub fn positives(&self) -> usize {
        self.tp + self.fn_
    }

    /// Examples whose label is negative.
    #[must_use]
    pub fn negatives(&self) -> usize {
        self.tn + self.fp
    }

    /// All examples.
    #[must_use]
    pub fn n(&self) -> usize {
        self.positives() + self.negatives()
    }

    /// Share of all examples predicted positive.
    #[must_use]
    pub fn selection_rate(&self) -> Estimate {
        wilson(self.tp + self.fp, self.n())
    }

    /// True positive rate: share of positives found.
    #[must_use]
    pub fn tpr(&self) -> Estimate {
        self.rate(self.tp, self.positives(), "positives")
    }

    /// False positive rate: share of negatives taken for positives.
    #[must_use]
    pub fn fpr(&self) -> Estimate {
        self.rate(self.fp, self.negatives(), "negatives")
    }

    /// False negative rate: share of positives missed.
    #[must_use]
    pub fn fnr(&self) -> Estimate {
        self.rate(self.fn_, self.positives(), "positives")
    }

    /// True negative rate: share of negatives left alone.
    #[must_use]
    pub fn tnr(&self) -> Estimate {
        self.rate(self.tn, self.negatives(), "negatives")
    }

    /// Share of positive predictions that are right.
    #[must_use]
    pub fn precision(&self) -> Estimate {
        self.rate(self.tp, self.tp + self.fp, "positive predictions")
    }

    /// False discovery rate: share of positive predictions that are wrong.
    #[must_use]
    pub fn false_discovery_rate(&self) -> Estimate {
        self.rate(self.fp, self.tp + self.fp, "positive predictions")
    }

    /// False omission rate: share of negative predictions that are wrong.
    #[must_use]
    pub fn false_omission_rate(&self) -> Estimate {
        self.rate(self.fn_, self.tn + self.fn_, "negative predictions")
    }

    /// Negative predictive value: share of negative predictions that are right.
    #[must_use]
    pub fn negative_predictive_value(&self) -> Estimate {
        self.rate(self.tn, self.tn + self.fn_, "negative predictions")
    }

    /// Harmonic mean of precision and recall: `2 tp / (2 tp + fp + fn)`; no interval in closed form.
    #[must_use]
    pub fn f1(&self) -> Estimate {
        let denominator = 2 * self.tp + self.fp + self.fn_;
        if denominator == 0 {
            let reason = format!("no positives and no positive predictions among {} examples", self.n());
            return Estimate::undefined(reason, self.n());
        }
        Estimate::plain(2.0 * self.tp as f64 / denominator as f64, self.n())
    }

    fn rate(&self, k: usize, denominator: usize, what: &str) -> Estimate {
        if denominator == 0 {
            return Estimate::undefined(format!("no {what} among {} examples", self.n()), 0);
        }
        wilson(k, denominator)
    }
}

/// Mean recall over the classes that occur among the labels.
///
/// Range: 0–1; undefined unless at least two classes occur.
#[must_use]
pub fn balanced_accuracy(predictions: &[u32], labels: &[u32], num_classes: usize) -> Estimate {
    let n = labels.len();
    let per_class = (0..).take(num_classes).map(|class| Confusion::of_class(class, predictions, labels));
    let recalls: Vec<f64> = per_class.filter_map(|counts| counts.tpr().value()).collect();
    if recalls.len() < 2 {
        return Estimate::undefined(format!("fewer than two classes among {n} examples"), n);
    }
    Estimate::plain(mean(&recalls), n)
}

/// With two classes F1 of class 1; with more the plain mean of F1 over the classes that occur among labels or
/// predictions. [`f1_label`] says which.
///
/// Range: 0–1.
#[must_use]
pub fn f1(predictions: &[u32], labels: &[u32], num_classes: usize) -> Estimate {
    if num_classes <= 2 {
        return Confusion::count(predictions, labels).f1();
    }
    let per_class = (0..).take(num_classes).map(|class| Confusion::of_class(class, predictions, labels));
    let scores: Vec<f64> = per_class.filter_map(|counts| counts.f1().value()).collect();
    if scores.is_empty() {
        return Estimate::undefined("no examples", 0);
    }
    Estimate::plain(mean(&scores), labels.len())
}

/// What [`f1`] computes for a number of classes.
#[must_use]
pub fn f1_label(num_classes: usize) -> &'static str {
    if num_classes <= 2 { "F1 of class 1" } else { "macro F1" }
}

/// Mean negative logarithm of the probability given to the label.
///
/// Shape: `[examples]`, the probability given to each example's own label.
/// Unit: nats; probabilities below `f64::EPSILON` count as that, so that one certain error does not make it infinite.
#[must_use]
pub fn log_loss(label_probabilities: &[f32]) -> Estimate {
    let n = label_probabilities.len();
    if n == 0 {
        return Estimate::undefined("no examples", 0);
    }
    let mut sum = 0.0;
    for (i, &probability) in label_probabilities.iter().enumerate() {
        if !probability.is_finite() {
            return Estimate::undefined(format!("example {i} has no probability for its label"), n);
        }
        sum -= f64::from(probability).clamp(SMALLEST_PROBABILITY, 1.0).ln();
    }
    Estimate::plain(sum / n as f64, n)
}

/// Mean squared distance of the score from the truth (1 for positives, 0 for negatives).
///
/// Range: 0–1, 0 is best.
/// Source: Brier 1950, "Verification of forecasts expressed in terms of probability"; the two-class form that leaves
/// out the factor 2.
#[must_use]
pub fn brier(scores: &[f64], positives: &[bool]) -> Estimate {
    debug_assert_eq!(scores.len(), positives.len(), "one label for each score");
    if let Some(undefined) = unusable(scores) {
        return undefined;
    }
    let squares =
        scores.iter().zip(positives).map(|(score, &positive)| (score - f64::from(u8::from(positive))).powi(2));
    Estimate::plain(squares.sum::<f64>() / scores.len() as f64, scores.len())
}

/// Bins of equal mass, fixed once (on the dense scores) and used for every strategy.
#[derive(Clone, Debug, PartialEq)]
pub struct CalibrationBins {
    /// Largest score of each bin but the last, ascending, each once.
    upper: Vec<f64>,
}

/// Bins that [`CalibrationBins::fit`] is usually asked for.
pub const CALIBRATION_BINS: usize = 15;

impl CalibrationBins {
    /// Divides the scores into `count` bins of nearly equal size; equal scores always share a bin.
    #[must_use]
    pub fn fit(scores: &[f64], count: usize) -> Self {
        let mut sorted: Vec<f64> = scores.iter().copied().filter(|score| score.is_finite()).collect();
        sorted.sort_by(f64::total_cmp);
        let n = sorted.len();
        let ends = (1..count.max(1)).map(|bin| bin * n / count).filter(|&end| end > 0);
        let mut upper: Vec<f64> = ends.map(|end| sorted[end - 1]).collect();
        upper.dedup();
        if upper.last() == sorted.last() {
            upper.pop();
        }
        Self { upper }
    }

    /// Number of bins, at most the number asked for.
    #[must_use]
    pub fn count(&self) -> usize {
        self.upper.len() + 1
    }

    fn bin_of(&self, score: f64) -> usize {
        self.upper.partition_point(|&upper| upper < score)
    }
}

/// Expected calibration error: over the bins, the distance between mean score and share of positives, weighted by size.
///
/// Range: 0–1, 0 is best.
/// Source: Naeini, Cooper and Hauskrecht 2015, "Obtaining well calibrated probabilities using Bayesian binning".
/// Deviates: bins of equal mass instead of equal width.
#[must_use]
pub fn ece(bins: &CalibrationBins, scores: &[f64], positives: &[bool]) -> Estimate {
    debug_assert_eq!(scores.len(), positives.len(), "one label for each score");
    if let Some(undefined) = unusable(scores) {
        return undefined;
    }
    // Sum over the bin of (score - truth): its absolute value is n_b times the distance.
    let mut sums = vec![0.0; bins.count()];
    for (&score, &positive) in scores.iter().zip(positives) {
        sums[bins.bin_of(score)] += score - f64::from(u8::from(positive));
    }
    let n = scores.len();
    Estimate::plain(sums.iter().map(|sum| sum.abs()).sum::<f64>() / n as f64, n)
}

/// Why these scores give no metric, if they give none.
pub(super) fn unusable(scores: &[f64]) -> Option<Estimate> {
    let n = scores.len();
    if n == 0 {
        return Some(Estimate::undefined("no examples", 0));
    }
    let bad = scores.iter().filter(|score| !score.is_finite()).count();
    (bad > 0).then(|| Estimate::undefined(format!("{bad} of {n} scores are not numbers"), n))
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(estimate: &Estimate, expected: f64, what: &str) {
        assert!((estimate.value().unwrap() - expected).abs() < 1e-12, "{what}: {estimate:?}, expected {expected}");
    }

    /// `f1_score`, `balanced_accuracy_score`, `accuracy_score` of scikit-learn 1.9.1.
    #[test]
    fn three_classes_agree_with_scikit_learn() {
        let labels = [0, 2, 1, 1, 0, 2, 2, 1, 0, 1];
        let predictions = [0, 1, 1, 1, 2, 2, 2, 0, 0, 1];
        close(&f1(&predictions, &labels, 3), 0.6944444444444443, "macro F1");
        close(&balanced_accuracy(&predictions, &labels, 3), 0.6944444444444443, "balanced accuracy");
        close(&accuracy(&predictions, &labels), 0.7, "accuracy");
        assert_eq!((f1_label(2), f1_label(3)), ("F1 of class 1", "macro F1"), "the names");
    }

    /// As above, and by hand: tp 3, fn 1, fp 1, tn 2.
    #[test]
    fn two_classes_agree_with_scikit_learn() {
        let labels = [1, 0, 1, 1, 0, 0, 1];
        let predictions = [1, 1, 1, 0, 0, 0, 1];
        close(&f1(&predictions, &labels, 2), 0.75, "F1");
        close(&balanced_accuracy(&predictions, &labels, 2), 0.7083333333333333, "balanced accuracy");
        let counts = Confusion::count(&predictions, &labels);
        assert_eq!(counts, Confusion { tp: 3, fp: 1, tn: 2, fn_: 1 }, "the four cells");
        let rates = [
            (counts.tpr(), 3.0 / 4.0, 4, "TPR"),
            (counts.fnr(), 1.0 / 4.0, 4, "FNR"),
            (counts.fpr(), 1.0 / 3.0, 3, "FPR"),
            (counts.tnr(), 2.0 / 3.0, 3, "TNR"),
            (counts.precision(), 3.0 / 4.0, 4, "precision"),
            (counts.false_discovery_rate(), 1.0 / 4.0, 4, "FDR"),
            (counts.false_omission_rate(), 1.0 / 3.0, 3, "FOR"),
            (counts.negative_predictive_value(), 2.0 / 3.0, 3, "NPV"),
            (counts.selection_rate(), 4.0 / 7.0, 7, "selection rate"),
        ];
        for (rate, expected, n, name) in rates {
            close(&rate, expected, name);
            assert_eq!((rate.n(), rate.method()), (n, Some("wilson")), "{name}: its denominator and method");
        }
    }

    #[test]
    fn what_cannot_be_divided_says_why() {
        let counts = Confusion::count(&[0, 0, 0], &[0, 0, 0]);
        assert_eq!(counts.tpr().reason(), Some("no positives among 3 examples"), "TPR");
        assert_eq!(counts.precision().reason(), Some("no positive predictions among 3 examples"), "precision");
        assert_eq!(counts.f1().reason(), Some("no positives and no positive predictions among 3 examples"), "F1");
        let one_class = balanced_accuracy(&[0, 0], &[0, 0], 2);
        assert_eq!(one_class.reason(), Some("fewer than two classes among 2 examples"), "balanced accuracy");
        for estimate in [accuracy(&[], &[]), f1(&[], &[], 3), log_loss(&[]), brier(&[], &[])] {
            assert_eq!(estimate.reason(), Some("no examples"), "nothing at all");
        }
        let bad = brier(&[0.5, f64::NAN], &[true, false]);
        assert_eq!(bad.reason(), Some("1 of 2 scores are not numbers"), "a score that is none");
    }

    /// scikit-learn 1.9.1: `log_loss(labels, P, labels=[0, 1, 2])`, `brier_score_loss(labels, scores)`.
    #[test]
    fn losses_agree_with_scikit_learn() {
        let probabilities = [[0.7_f32, 0.2, 0.1], [0.1, 0.3, 0.6], [0.25, 0.5, 0.25], [0.05, 0.9, 0.05]];
        let of_labels: Vec<f32> = probabilities.iter().zip([0, 2, 1, 0]).map(|(row, label)| row[label]).collect();
        close(&log_loss(&of_labels), 1.1390949960527421, "log loss");
        let scores = [0.1, 0.4, 0.35, 0.8, 0.65, 0.4, 0.9];
        let positives = [true, false, true, true, false, false, true];
        close(&brier(&scores, &positives), 0.28928571428571426, "Brier score");
        let certain = log_loss(&[0.0]).value().unwrap();
        assert!((certain - 36.04365338911715).abs() < 1e-12, "a certain error costs -ln(2^-52): {certain}");
        assert!(log_loss(&[0.5, f32::NAN]).reason().is_some(), "a label without a probability");
    }

    #[test]
    fn calibration_is_measured_in_bins_of_equal_mass() {
        let scores = [0.1, 0.2, 0.3, 0.4, 0.6, 0.7, 0.8, 0.9];
        let positives = [false, false, true, false, true, false, true, true];
        let bins = CalibrationBins::fit(&scores, 2);
        assert_eq!(bins.count(), 2, "two bins of four");
        // Means 0.25 and 0.75, shares 1/4 and 3/4: perfect.
        close(&ece(&bins, &scores, &positives), 0.0, "calibrated");
        // One bin of two each: |0.15 - 0|, |0.35 - 0.5|, |0.65 - 0.5|, |0.85 - 1|, all 0.15.
        close(&ece(&CalibrationBins::fit(&scores, 4), &scores, &positives), 0.15, "finer bins see more");
        // The bins stay where the dense scores put them: all pruned scores in the upper bin, |0.95 - 0.5|.
        close(&ece(&bins, &[0.95; 8], &positives), 0.45, "bins of the dense scores");
        let tied = CalibrationBins::fit(&[0.5; 9], CALIBRATION_BINS);
        assert_eq!(tied.count(), 1, "equal scores share a bin");
        assert_eq!(CalibrationBins::fit(&[], 15).count(), 1, "no scores, one bin");
    }
}
