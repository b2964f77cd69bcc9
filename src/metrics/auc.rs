//! Area under the ROC curve by ranks, with DeLong's variance.

use super::estimate::Estimate;
use super::interval::Z95;
use super::losses::unusable;
use super::normal::normal_cdf;

/// Probability that a positive scores above a negative, ties counted half, with DeLong's interval on the logit scale.
///
/// Range: 0–1. Undefined without positives or without negatives. At 0 and at 1, and with a single example of a class,
/// there is a value but no interval.
/// Source: DeLong, DeLong and Clarke-Pearson 1988, Biometrics 44; by mid-ranks as in Sun and Xu 2014, "Fast
/// implementation of DeLong's algorithm", IEEE Signal Processing Letters 21.
#[must_use]
pub fn auc(scores: &[f64], positives: &[bool]) -> Estimate {
    let parts = match Placements::of(scores, positives) {
        Ok(parts) => parts,
        Err(undefined) => return undefined,
    };
    let n = scores.len();
    let value = parts.auc;
    match parts.variance() {
        Some(variance) if value > 0.0 && value < 1.0 => {
            let half = Z95 * variance.sqrt() / (value * (1.0 - value));
            let logit = (value / (1.0 - value)).ln();
            let expit = |x: f64| 1.0 / (1.0 + (-x).exp());
            Estimate::with_interval(value, (expit(logit - half), expit(logit + half)), "delong", n)
        }
        _ => Estimate::plain(value, n),
    }
}

/// AUC of `negatives` against `positives` as two separate samples; see [`auc`].
#[must_use]
pub fn auc_of_samples(negatives: &[f64], positives: &[f64]) -> Estimate {
    let scores: Vec<f64> = negatives.iter().chain(positives).copied().collect();
    let is_positive: Vec<bool> = (0..scores.len()).map(|i| i >= negatives.len()).collect();
    auc(&scores, &is_positive)
}

/// Two classifiers' AUCs on the same examples.
#[derive(Clone, Debug, PartialEq)]
pub struct AucChange {
    /// AUC with pruning minus AUC without, with DeLong's interval for paired curves.
    pub difference: Estimate,
    /// Two-sided p of no difference; nothing where there is no variance to test with.
    pub p: Option<f64>,
}

/// Change of the AUC from `dense` to `pruned` scores of the same examples.
///
/// Range: -1 to 1. Where both rank every pair alike the difference is exactly 0 with the interval 0 to 0.
/// Source: as [`auc`].
#[must_use]
pub fn auc_change(dense: &[f64], pruned: &[f64], positives: &[bool]) -> AucChange {
    let n = positives.len();
    let both = Placements::of(dense, positives).and_then(|dense| Ok((dense, Placements::of(pruned, positives)?)));
    let (dense, pruned) = match both {
        Ok(both) => both,
        Err(undefined) => return AucChange { difference: undefined, p: None },
    };
    let value = pruned.auc - dense.auc;
    if dense.same_order(&pruned) {
        return AucChange { difference: Estimate::with_interval(0.0, (0.0, 0.0), "delong", n), p: Some(1.0) };
    }
    let variance = pruned.minus(&dense).variance().filter(|&variance| variance > 0.0);
    let Some(variance) = variance else {
        return AucChange { difference: Estimate::plain(value, n), p: None };
    };
    let error = variance.sqrt();
    let interval = ((value - Z95 * error).max(-1.0), (value + Z95 * error).min(1.0));
    let p = 2.0 * normal_cdf(-(value / error).abs());
    AucChange { difference: Estimate::with_interval(value, interval, "delong", n), p: Some(p) }
}

/// How each example is placed against the other class: DeLong's structural components.
struct Placements {
    auc: f64,
    /// Of each positive: the share of negatives below it, ties half.
    of_positives: Vec<f64>,
    /// Of each negative: the share of positives above it, ties half.
    of_negatives: Vec<f64>,
}

impl Placements {
    fn of(scores: &[f64], positives: &[bool]) -> Result<Self, Estimate> {
        debug_assert_eq!(scores.len(), positives.len(), "one label for each score");
        if let Some(undefined) = unusable(scores) {
            return Err(undefined);
        }
        let n = scores.len();
        let pick = |wanted: bool| -> Vec<f64> {
            scores.iter().zip(positives).filter(|&(_, &positive)| positive == wanted).map(|(&score, _)| score).collect()
        };
        let (of_class, of_rest) = (pick(true), pick(false));
        for (class, what) in [(&of_class, "positives"), (&of_rest, "negatives")] {
            if class.is_empty() {
                return Err(Estimate::undefined(format!("no {what} among {n} examples"), n));
            }
        }
        let (num_positives, num_negatives) = (of_class.len() as f64, of_rest.len() as f64);
        let (mut among_positives, mut among_negatives) =
            (mid_ranks(&of_class).into_iter(), mid_ranks(&of_rest).into_iter());
        let (mut of_positives, mut of_negatives) = (Vec::new(), Vec::new());
        // Ranks are multiples of one half, so this sum is exact: the number of ordered pairs.
        let mut pairs = 0.0;
        for (rank, &positive) in mid_ranks(scores).into_iter().zip(positives) {
            if positive {
                let negatives_below = among_positives.next().map_or(0.0, |own| rank - own);
                pairs += negatives_below;
                of_positives.push(negatives_below / num_negatives);
            } else {
                let positives_below = among_negatives.next().map_or(0.0, |own| rank - own);
                of_negatives.push(1.0 - positives_below / num_positives);
            }
        }
        Ok(Self { auc: pairs / (num_positives * num_negatives), of_positives, of_negatives })
    }

    fn same_order(&self, other: &Self) -> bool {
        self.of_positives == other.of_positives && self.of_negatives == other.of_negatives
    }

    /// Components of the difference of two AUCs on the same examples: their variance holds the covariance.
    fn minus(&self, other: &Self) -> Self {
        let difference = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a - b).collect();
        Self {
            auc: self.auc - other.auc,
            of_positives: difference(&self.of_positives, &other.of_positives),
            of_negatives: difference(&self.of_negatives, &other.of_negatives),
        }
    }

    /// Needs two examples of each class.
    fn variance(&self) -> Option<f64> {
        let of_positives = sample_variance(&self.of_positives)? / self.of_positives.len() as f64;
        Some(of_positives + sample_variance(&self.of_negatives)? / self.of_negatives.len() as f64)
    }
}

fn sample_variance(values: &[f64]) -> Option<f64> {
    if values.len() < 2 {
        return None;
    }
    let mean = values.iter().sum::<f64>() / values.len() as f64;
    Some(values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / (values.len() - 1) as f64)
}

/// Ranks from 1, equal values sharing the mean of their ranks.
fn mid_ranks(values: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|&a, &b| values[a].total_cmp(&values[b]));
    let mut ranks = vec![0.0; values.len()];
    let mut start = 0;
    while start < order.len() {
        let value = values[order[start]];
        // `==` so that -0 and +0 tie, which total_cmp places side by side.
        let len = order[start..].iter().take_while(|&&i| values[i] == value).count();
        let rank = start as f64 + 0.5 * (len + 1) as f64;
        for &i in &order[start..start + len] {
            ranks[i] = rank;
        }
        start += len;
    }
    ranks
}

#[cfg(test)]
mod tests {
    use super::*;

    const LABELS: [u8; 12] = [1, 0, 1, 1, 0, 0, 1, 0, 0, 1, 1, 0];
    const DENSE: [f64; 12] = [0.9, 0.2, 0.7, 0.4, 0.5, 0.1, 0.8, 0.4, 0.3, 0.6, 0.55, 0.45];
    const PRUNED: [f64; 12] = [0.8, 0.3, 0.7, 0.2, 0.6, 0.1, 0.9, 0.4, 0.4, 0.5, 0.3, 0.5];

    fn positives() -> Vec<bool> {
        LABELS.iter().map(|&label| label == 1).collect()
    }

    fn close(got: f64, expected: f64, what: &str) {
        assert!((got - expected).abs() < 1e-12, "{what}: {got}, expected {expected}");
    }

    /// Expected: DeLong's formulas over the full matrix of pairs, without ranks, in numpy:
    /// `K = (X[:,None] > Y) + (X[:,None] == Y) / 2`, `S = cov(K.mean(1)) / m + cov(K.mean(0)) / n`, scipy 1.17.1.
    #[test]
    fn one_curve_agrees_with_the_pairwise_formulas() {
        let got = auc(&DENSE, &positives());
        close(got.value().unwrap(), 0.9305555555555556, "AUC");
        let (low, high) = got.interval().unwrap();
        close(low, 0.5640054904214917, "lower end");
        close(high, 0.9928472155639827, "upper end");
        assert_eq!((got.method(), got.n()), (Some("delong"), 12), "method and size");
    }

    #[test]
    fn the_change_agrees_with_the_pairwise_formulas() {
        let got = auc_change(&DENSE, &PRUNED, &positives());
        close(got.difference.value().unwrap(), -0.23611111111111116, "difference");
        let (low, high) = got.difference.interval().unwrap();
        close(low, -0.4989100157735931, "lower end");
        close(high, 0.026687793551370798, "upper end");
        close(got.p.unwrap(), 0.07825102517965436, "p");
    }

    #[test]
    fn the_same_order_is_no_change_at_all() {
        let squeezed: Vec<f64> = DENSE.iter().map(|score| score / 10.0).collect();
        let got = auc_change(&DENSE, &squeezed, &positives());
        assert_eq!(got.difference, Estimate::with_interval(0.0, (0.0, 0.0), "delong", 12), "exactly zero");
        assert_eq!(got.p, Some(1.0), "no evidence");
    }

    #[test]
    fn curves_without_variance_have_no_interval() {
        let perfect = auc(&[0.1, 0.2, 0.8, 0.9], &[false, false, true, true]);
        assert_eq!(perfect, Estimate::plain(1.0, 4), "a perfect order");
        let single = auc(&[0.1, 0.2, 0.15], &[false, false, true]);
        assert_eq!(single, Estimate::plain(0.5, 3), "one positive");
        assert_eq!(auc(&[0.5; 4], &[true, false, true, false]).value(), Some(0.5), "all tied: half by definition");
        assert_eq!(auc(&[0.0, -0.0], &[true, false]).value(), Some(0.5), "zero equals minus zero");
    }

    #[test]
    fn one_class_has_no_curve() {
        assert_eq!(auc(&[0.1, 0.2], &[true, true]).reason(), Some("no negatives among 2 examples"), "positives only");
        assert_eq!(auc(&[0.1], &[false]).reason(), Some("no positives among 1 examples"), "negatives only");
        assert_eq!(auc(&[], &[]).reason(), Some("no examples"), "nothing");
        assert_eq!(auc(&[f64::NAN, 1.0], &[true, false]).reason(), Some("1 of 2 scores are not numbers"), "NaN");
        let change = auc_change(&[0.1, 0.2], &[0.1, 0.3], &[true, true]);
        assert_eq!((change.difference.value(), change.p), (None, None), "nor a change");
    }
}
