//! Metrics of predictions and probabilities against labels.

use super::estimate::Estimate;
use super::interval::wilson;

/// Probabilities are lifted to at least this before their logarithm is taken, as scikit-learn does for `f64`.
const SMALLEST_PROBABILITY: f64 = f64::EPSILON;

/// Share of predictions that equal their label, with Wilson's interval.
///
/// Range: 0–1.
#[must_use]
pub fn accuracy(predictions: &[usize], labels: &[usize]) -> Estimate {
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
    pub fn count(predictions: &[usize], labels: &[usize]) -> Self {
        Self::of_class(1, predictions, labels)
    }

    /// Counts one class against the rest.
    #[must_use]
    pub fn of_class(class: usize, predictions: &[usize], labels: &[usize]) -> Self {
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
pub fn balanced_accuracy(predictions: &[usize], labels: &[usize], num_classes: usize) -> Estimate {
    let n = labels.len();
    let per_class = (0..num_classes).map(|class| Confusion::of_class(class, predictions, labels));
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
pub fn f1(predictions: &[usize], labels: &[usize], num_classes: usize) -> Estimate {
    if num_classes <= 2 {
        return Confusion::count(predictions, labels).f1();
    }
    let per_class = (0..num_classes).map(|class| Confusion::of_class(class, predictions, labels));
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
/// Shape: `probabilities` `[examples, classes]`, one label for each example.
/// Unit: nats; probabilities below `f64::EPSILON` count as that, so that one certain error does not make it infinite.
#[must_use]
pub fn log_loss<P: AsRef<[f32]>>(probabilities: &[P], labels: &[usize]) -> Estimate {
    debug_assert_eq!(probabilities.len(), labels.len(), "one label for each example");
    let n = labels.len();
    if n == 0 {
        return Estimate::undefined("no examples", 0);
    }
    let mut sum = 0.0;
    for (i, (row, &label)) in probabilities.iter().zip(labels).enumerate() {
        let probability = row.as_ref().get(label).copied().map(f64::from);
        let Some(probability) = probability.filter(|p| p.is_finite()) else {
            return Estimate::undefined(format!("example {i} has no probability for its label {label}"), n);
        };
        sum -= probability.clamp(SMALLEST_PROBABILITY, 1.0).ln();
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
