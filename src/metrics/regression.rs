//! Metrics of predicted numbers against numbers.

use super::estimate::Estimate;

/// A predicted number, and the number it is held against.
pub type Pair = (f64, f64);

/// Mean of `|prediction - label|`; no interval in closed form.
///
/// Range: 0 and more, in the label's unit.
#[must_use]
pub fn mean_absolute_error(pairs: &[Pair]) -> Estimate {
    mean_of(pairs, |(value, label)| (value - label).abs(), |mean| mean)
}

/// Square root of the mean of `(prediction - label)²`: as the mean absolute error, with large errors counting more.
///
/// Range: 0 and more, in the label's unit.
#[must_use]
pub fn root_mean_squared_error(pairs: &[Pair]) -> Estimate {
    mean_of(pairs, |(value, label)| (value - label).powi(2), f64::sqrt)
}

/// Pearson's correlation: the covariance over the product of the standard deviations; undefined where either side is
/// the same number throughout.
///
/// Range: -1–1.
#[must_use]
pub fn pearson(pairs: &[Pair]) -> Estimate {
    let n = pairs.len();
    if n < 2 {
        return Estimate::undefined("fewer than two examples", n);
    }
    let mean = |of: fn(&Pair) -> f64| pairs.iter().map(of).sum::<f64>() / n as f64;
    let (value_mean, label_mean) = (mean(|pair| pair.0), mean(|pair| pair.1));
    let (mut both, mut values, mut labels) = (0.0, 0.0, 0.0);
    for (value, label) in pairs {
        let (value, label) = (value - value_mean, label - label_mean);
        both += value * label;
        values += value * value;
        labels += label * label;
    }
    // Two roots, as the product of the sums may overflow or vanish where the sums do not.
    let spread = values.sqrt() * labels.sqrt();
    if spread > 0.0 && spread.is_finite() {
        return Estimate::plain((both / spread).clamp(-1.0, 1.0), n);
    }
    let side = if values > 0.0 { "label" } else { "prediction" };
    Estimate::undefined(format!("every {side} is the same number"), n)
}

/// Spearman's rank correlation: Pearson's of the ranks, ties by the mean of their ranks.
///
/// Range: -1–1.
#[must_use]
pub fn spearman(pairs: &[Pair]) -> Estimate {
    let values = mid_ranks(pairs.iter().map(|pair| pair.0));
    let labels = mid_ranks(pairs.iter().map(|pair| pair.1));
    pearson(&values.into_iter().zip(labels).collect::<Vec<_>>())
}

/// Ranks from 1, equal numbers by the mean of theirs.
fn mid_ranks(numbers: impl Iterator<Item = f64>) -> Vec<f64> {
    let mut sorted: Vec<(f64, usize)> = numbers.enumerate().map(|(place, number)| (number, place)).collect();
    sorted.sort_unstable_by(|one, other| one.0.total_cmp(&other.0));
    let mut ranks = vec![0.0; sorted.len()];
    let mut before = 0;
    // `-0` and `0` are one number.
    for alike in sorted.chunk_by(|one, other| one.0 == other.0) {
        let rank = before as f64 + 0.5 * (alike.len() + 1) as f64;
        for &(_, place) in alike {
            ranks[place] = rank;
        }
        before += alike.len();
    }
    ranks
}

fn mean_of(pairs: &[Pair], term: fn(&Pair) -> f64, of_mean: fn(f64) -> f64) -> Estimate {
    if pairs.is_empty() {
        return Estimate::undefined("no examples", 0);
    }
    let sum: f64 = pairs.iter().map(term).sum();
    Estimate::plain(of_mean(sum / pairs.len() as f64), pairs.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAIRS: [Pair; 7] = [(3.4, 3.0), (1.2, 1.5), (2.0, 2.5), (4.9, 5.0), (0.3, 0.0), (2.0, 1.0), (3.1, 3.0)];

    fn close(estimate: &Estimate, expected: f64, what: &str) {
        assert!((estimate.value().unwrap() - expected).abs() < 1e-12, "{what}: {estimate:?}, expected {expected}");
    }

    /// `NumPy` 2.4.6: `np.abs(v - y).mean()`, `np.sqrt(((v - y) ** 2).mean())`, `np.corrcoef(v, y)[0, 1]`, and the latter
    /// of the mid-ranks.
    #[test]
    fn errors_and_correlations_agree_with_numpy() {
        close(&mean_absolute_error(&PAIRS), 0.3857142857142857, "mean absolute error");
        close(&root_mean_squared_error(&PAIRS), 0.4795831523312719, "root mean squared error");
        close(&pearson(&PAIRS), 0.9521030488115001, "Pearson");
        close(&spearman(&PAIRS), 0.9272727272727274, "Spearman, with two predictions and two labels tied");
    }

    #[test]
    fn a_line_is_a_correlation_of_one() {
        let line: Vec<Pair> = (0..5).map(|k| (f64::from(k), 3.0 - 2.0 * f64::from(k))).collect();
        close(&pearson(&line), -1.0, "falling line");
        close(&spearman(&[(1.0, 1.0), (2.0, 4.0), (9.0, 5.0)]), 1.0, "any rising order");
    }

    #[test]
    fn what_has_no_correlation_says_why() {
        assert_eq!(mean_absolute_error(&[]).reason(), Some("no examples"), "nothing");
        assert_eq!(pearson(&PAIRS[..1]).reason(), Some("fewer than two examples"), "one pair");
        let flat = [(1.0, 1.0), (1.0, 2.0)];
        assert_eq!(pearson(&flat).reason(), Some("every prediction is the same number"), "flat predictions");
        let flat = flat.map(|(value, label)| (label, value));
        assert_eq!(spearman(&flat).reason(), Some("every label is the same number"), "flat labels");
    }
}
