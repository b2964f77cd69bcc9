//! How far probabilities lie from the truth: means over examples, which may come one by one.

use super::estimate::Estimate;

/// Probabilities are lifted to at least this before their logarithm is taken, as scikit-learn does for `f64`.
const SMALLEST_PROBABILITY: f64 = f64::EPSILON;

/// [`log_loss`], example by example.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LogLoss {
    n: usize,
    sum: f64,
    /// The first example without a probability.
    first_bad: Option<usize>,
}

impl LogLoss {
    /// Takes the probability given to the next example's label.
    pub fn add(&mut self, label_probability: f32) {
        if label_probability.is_finite() {
            self.sum -= f64::from(label_probability).clamp(SMALLEST_PROBABILITY, 1.0).ln();
        } else {
            self.first_bad.get_or_insert(self.n);
        }
        self.n += 1;
    }

    /// Takes the examples of another one after its own.
    pub fn merge(&mut self, other: &Self) {
        self.first_bad = self.first_bad.or(other.first_bad.map(|bad| self.n + bad));
        self.n += other.n;
        self.sum += other.sum;
    }

    /// The mean so far.
    #[must_use]
    pub fn estimate(&self) -> Estimate {
        match self.first_bad {
            _ if self.n == 0 => Estimate::undefined("no examples", 0),
            Some(bad) => Estimate::undefined(format!("example {bad} has no probability for its label"), self.n),
            None => Estimate::plain(self.sum / self.n as f64, self.n),
        }
    }
}

/// Mean negative logarithm of the probability given to the label.
///
/// Shape: `[examples]`, the probability given to each example's own label.
/// Unit: nats; probabilities below `f64::EPSILON` count as that, so that one certain error does not make it infinite.
#[must_use]
pub fn log_loss(label_probabilities: &[f32]) -> Estimate {
    let mut loss = LogLoss::default();
    for &probability in label_probabilities {
        loss.add(probability);
    }
    loss.estimate()
}

/// [`brier`], example by example.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Brier {
    n: usize,
    bad: usize,
    sum: f64,
}

impl Brier {
    /// Takes the next example's score.
    pub fn add(&mut self, score: f64, positive: bool) {
        self.n += 1;
        self.bad += usize::from(!score.is_finite());
        self.sum += (score - truth(positive)).powi(2);
    }

    /// Takes the examples of another one.
    pub fn merge(&mut self, other: &Self) {
        self.n += other.n;
        self.bad += other.bad;
        self.sum += other.sum;
    }

    /// The mean so far.
    #[must_use]
    pub fn estimate(&self) -> Estimate {
        not_numbers(self.bad, self.n).unwrap_or_else(|| Estimate::plain(self.sum / self.n as f64, self.n))
    }
}

/// Mean squared distance of the score from the truth (1 for positives, 0 for negatives).
///
/// Range: 0–1, 0 is best.
/// Source: Brier 1950, "Verification of forecasts expressed in terms of probability"; the two-class form that leaves
/// out the factor 2.
#[must_use]
pub fn brier(scores: &[f64], positives: &[bool]) -> Estimate {
    debug_assert_eq!(scores.len(), positives.len(), "one label for each score");
    let mut brier = Brier::default();
    for (&score, &positive) in scores.iter().zip(positives) {
        brier.add(score, positive);
    }
    brier.estimate()
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

/// [`ece`], example by example.
#[derive(Clone, Debug, PartialEq)]
pub struct Calibration<'a> {
    bins: &'a CalibrationBins,
    n: usize,
    bad: usize,
    /// Sum over the bin of (score - truth): its absolute value is the number in the bin times the distance.
    sums: Vec<f64>,
}

impl<'a> Calibration<'a> {
    /// No example yet.
    #[must_use]
    pub fn new(bins: &'a CalibrationBins) -> Self {
        Self { bins, n: 0, bad: 0, sums: vec![0.0; bins.count()] }
    }

    /// Takes the next example's score.
    pub fn add(&mut self, score: f64, positive: bool) {
        self.n += 1;
        self.bad += usize::from(!score.is_finite());
        self.sums[self.bins.bin_of(score)] += score - truth(positive);
    }

    /// Takes the examples of another one over the same bins.
    pub fn merge(&mut self, other: &Self) {
        self.n += other.n;
        self.bad += other.bad;
        for (own, other) in self.sums.iter_mut().zip(&other.sums) {
            *own += other;
        }
    }

    /// The error so far.
    #[must_use]
    pub fn estimate(&self) -> Estimate {
        let distance = || self.sums.iter().map(|sum| sum.abs()).sum::<f64>() / self.n as f64;
        not_numbers(self.bad, self.n).unwrap_or_else(|| Estimate::plain(distance(), self.n))
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
    let mut calibration = Calibration::new(bins);
    for (&score, &positive) in scores.iter().zip(positives) {
        calibration.add(score, positive);
    }
    calibration.estimate()
}

fn truth(positive: bool) -> f64 {
    f64::from(u8::from(positive))
}

/// Why these scores give no metric, if they give none.
pub(super) fn unusable(scores: &[f64]) -> Option<Estimate> {
    not_numbers(scores.iter().filter(|score| !score.is_finite()).count(), scores.len())
}

fn not_numbers(bad: usize, n: usize) -> Option<Estimate> {
    if n == 0 {
        return Some(Estimate::undefined("no examples", 0));
    }
    (bad > 0).then(|| Estimate::undefined(format!("{bad} of {n} scores are not numbers"), n))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(estimate: &Estimate, expected: f64, what: &str) {
        assert!((estimate.value().unwrap() - expected).abs() < 1e-12, "{what}: {estimate:?}, expected {expected}");
    }

    #[test]
    fn what_cannot_be_computed_says_why() {
        let bins = CalibrationBins::fit(&[], 15);
        for estimate in [log_loss(&[]), brier(&[], &[]), ece(&bins, &[], &[])] {
            assert_eq!(estimate.reason(), Some("no examples"), "nothing at all");
        }
        for bad in [brier(&[0.5, f64::NAN], &[true, false]), ece(&bins, &[0.5, f64::NAN], &[true, false])] {
            assert_eq!(bad.reason(), Some("1 of 2 scores are not numbers"), "a score that is none");
        }
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
