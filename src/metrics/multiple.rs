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
