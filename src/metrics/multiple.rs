//! Many tests at once: adjusted p values, in the order given.

/// Holm's step-down adjustment: bounds the chance of any false finding.
///
/// Range: each at least its raw value, at most 1.
/// Source: Holm 1979, "A simple sequentially rejective multiple test procedure", Scandinavian Journal of Statistics 6.
#[must_use]
pub fn holm(p: &[f64]) -> Vec<f64> {
    let m = p.len();
    let mut adjusted = vec![0.0; m];
    let mut largest = 0.0_f64;
    for (rank, i) in ascending(p).into_iter().enumerate() {
        largest = largest.max(((m - rank) as f64 * p[i]).min(1.0));
        adjusted[i] = largest;
    }
    adjusted
}

/// Benjamini and Hochberg's step-up adjustment: bounds the share of false findings when tests are independent.
///
/// Source: Benjamini and Hochberg 1995, "Controlling the false discovery rate", JRSS B 57.
#[must_use]
pub fn benjamini_hochberg(p: &[f64]) -> Vec<f64> {
    step_up(p, 1.0)
}

/// Benjamini and Yekutieli's adjustment: as [`benjamini_hochberg`], for tests that depend on each other in any way.
///
/// Source: Benjamini and Yekutieli 2001, "The control of the false discovery rate in multiple testing under
/// dependency", Annals of Statistics 29, theorem 1.3.
#[must_use]
pub fn benjamini_yekutieli(p: &[f64]) -> Vec<f64> {
    step_up(p, (1..=p.len()).map(|i| 1.0 / i as f64).sum())
}

fn step_up(p: &[f64], factor: f64) -> Vec<f64> {
    let m = p.len();
    let mut adjusted = vec![0.0; m];
    let mut smallest = 1.0_f64;
    for (rank, i) in ascending(p).into_iter().enumerate().rev() {
        smallest = smallest.min(factor * m as f64 / (rank + 1) as f64 * p[i]);
        adjusted[i] = smallest;
    }
    adjusted
}

fn ascending(p: &[f64]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..p.len()).collect();
    order.sort_by(|&a, &b| p[a].total_cmp(&p[b]));
    order
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(got: &[f64], expected: &[f64], what: &str) {
        assert_eq!(got.len(), expected.len(), "{what}: one for each");
        for (got, expected) in got.iter().zip(expected) {
            assert!((got - expected).abs() < 1e-15, "{what}: {got}, expected {expected}");
        }
    }

    /// `statsmodels.stats.multitest.multipletests(p, method=…)[1]`, statsmodels 0.15.0.
    #[test]
    fn adjustments_agree_with_statsmodels() {
        let p = [0.01, 0.04, 0.03, 0.005, 0.2, 0.04];
        check(&holm(&p), &[0.05, 0.12, 0.12, 0.03, 0.2, 0.12], "holm");
        check(&benjamini_hochberg(&p), &[0.03, 0.048, 0.048, 0.03, 0.2, 0.048], "fdr_bh");
        check(&benjamini_yekutieli(&p), &[0.0735, 0.1176, 0.1176, 0.0735, 0.49, 0.1176], "fdr_by");
    }

    #[test]
    fn adjusted_values_stay_probabilities() {
        check(&holm(&[0.9, 0.8]), &[1.0, 1.0], "holm near one");
        check(&benjamini_yekutieli(&[0.9, 0.8]), &[1.0, 1.0], "fdr_by near one");
        check(&holm(&[]), &[], "no tests");
        check(&benjamini_hochberg(&[0.03]), &[0.03], "one test needs no adjustment");
    }
}
