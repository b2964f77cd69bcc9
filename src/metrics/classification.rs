//! Metrics of predictions against labels.

use super::estimate::Estimate;
use super::interval::wilson;

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

/// Labels and predictions of any number of classes, counted example by example.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ClassCounts {
    n: usize,
    labels: Vec<usize>,
    predictions: Vec<usize>,
    right: Vec<usize>,
}

impl ClassCounts {
    /// Nothing counted yet.
    #[must_use]
    pub fn new(num_classes: usize) -> Self {
        let zeros = vec![0; num_classes];
        Self { n: 0, labels: zeros.clone(), predictions: zeros.clone(), right: zeros }
    }

    /// Takes one more example; a class that there is not counts as none.
    pub fn add(&mut self, prediction: u32, label: u32) {
        let (prediction, label) = (prediction as usize, label as usize);
        self.n += 1;
        for (counts, class) in [(&mut self.labels, label), (&mut self.predictions, prediction)] {
            if let Some(count) = counts.get_mut(class) {
                *count += 1;
            }
        }
        if prediction == label
            && let Some(count) = self.right.get_mut(label)
        {
            *count += 1;
        }
    }

    /// Takes the examples of other counts over the same classes.
    pub fn merge(&mut self, other: &Self) {
        self.n += other.n;
        let pairs = [
            (&mut self.labels, &other.labels),
            (&mut self.predictions, &other.predictions),
            (&mut self.right, &other.right),
        ];
        for (own, other) in pairs {
            for (own, other) in own.iter_mut().zip(other) {
                *own += other;
            }
        }
    }

    fn count(predictions: &[u32], labels: &[u32], num_classes: usize) -> Self {
        debug_assert_eq!(predictions.len(), labels.len(), "one prediction for each label");
        let mut counts = Self::new(num_classes);
        for (&prediction, &label) in predictions.iter().zip(labels) {
            counts.add(prediction, label);
        }
        counts
    }

    /// One class against the rest.
    #[must_use]
    pub fn of(&self, class: usize) -> Confusion {
        let at = |counts: &[usize]| counts.get(class).copied().unwrap_or(0);
        let (labels, predictions, tp) = (at(&self.labels), at(&self.predictions), at(&self.right));
        Confusion { tp, fp: predictions - tp, tn: self.n + tp - labels - predictions, fn_: labels - tp }
    }

    fn each(&self) -> impl Iterator<Item = Confusion> + '_ {
        (0..self.labels.len()).map(|class| self.of(class))
    }

    /// See [`balanced_accuracy`].
    #[must_use]
    pub fn balanced_accuracy(&self) -> Estimate {
        let recalls: Vec<f64> = self.each().filter_map(|counts| counts.tpr().value()).collect();
        if recalls.len() < 2 {
            return Estimate::undefined(format!("fewer than two classes among {} examples", self.n), self.n);
        }
        Estimate::plain(mean(&recalls), self.n)
    }

    /// Examples.
    #[must_use]
    pub fn n(&self) -> usize {
        self.n
    }

    /// Examples whose prediction is their label.
    #[must_use]
    pub fn right(&self) -> usize {
        self.right.iter().sum()
    }

    /// See [`f1`]; `positive` is the class of interest where there are two.
    #[must_use]
    pub fn f1(&self, positive: usize) -> Estimate {
        if self.labels.len() <= 2 {
            return self.of(positive).f1();
        }
        let scores: Vec<f64> = self.each().filter_map(|counts| counts.f1().value()).collect();
        if scores.is_empty() {
            return Estimate::undefined("no examples", 0);
        }
        Estimate::plain(mean(&scores), self.n)
    }
}

/// Mean recall over the classes that occur among the labels.
///
/// Range: 0–1; undefined unless at least two classes occur.
#[must_use]
pub fn balanced_accuracy(predictions: &[u32], labels: &[u32], num_classes: usize) -> Estimate {
    ClassCounts::count(predictions, labels, num_classes).balanced_accuracy()
}

/// With two classes F1 of class 1; with more the plain mean of F1 over the classes that occur among labels or
/// predictions.
///
/// Range: 0–1.
#[must_use]
pub fn f1(predictions: &[u32], labels: &[u32], num_classes: usize) -> Estimate {
    ClassCounts::count(predictions, labels, num_classes.max(2)).f1(1)
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
        for estimate in [accuracy(&[], &[]), f1(&[], &[], 3)] {
            assert_eq!(estimate.reason(), Some("no examples"), "nothing at all");
        }
    }
}
