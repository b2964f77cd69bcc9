//! Dense against pruned on the same examples: what changed, and whether by chance.

/// Examples that two classifiers judge differently.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Discordant {
    /// Right without pruning and wrong with it, `b`.
    pub harmed: usize,
    /// Wrong without pruning and right with it, `c`.
    pub rescued: usize,
    /// All examples.
    pub n: usize,
}

impl Discordant {
    /// Counts over two lists of "was it right?", in the same order.
    #[must_use]
    pub fn count(dense_correct: &[bool], pruned_correct: &[bool]) -> Self {
        debug_assert_eq!(dense_correct.len(), pruned_correct.len(), "both judge the same examples");
        let mut counts = Self { n: dense_correct.len().min(pruned_correct.len()), ..Self::default() };
        for (&dense, &pruned) in dense_correct.iter().zip(pruned_correct) {
            counts.harmed += usize::from(dense && !pruned);
            counts.rescued += usize::from(pruned && !dense);
        }
        counts
    }

    /// Share of examples judged differently.
    #[must_use]
    pub fn churn(&self) -> Option<f64> {
        (self.n > 0).then(|| (self.harmed + self.rescued) as f64 / self.n as f64)
    }
}

/// McNemar's test on the discordant counts, mid-p version, two-sided.
///
/// Range: 0–1; 1 when nothing changed.
/// Source: Fagerland, Lydersen and Laake 2013, "The McNemar test for binary matched-pairs data: mid-p and asymptotic
/// are better than exact conditional", BMC Medical Research Methodology 13:91.
#[must_use]
pub fn mcnemar_mid_p(b: usize, c: usize) -> f64 {
    let n = b + c;
    if n == 0 {
        return 1.0;
    }
    let (tail, point) = binomial_half(n, b.min(c));
    if b == c { 1.0 - 0.5 * point } else { (2.0 * tail - point).clamp(0.0, 1.0) }
}

/// McNemar's exact conditional test, two-sided. Conservative; shown beside the mid-p value for comparison.
///
/// Range: 0–1; 1 when nothing changed.
/// Source: McNemar 1947, "Note on the sampling error of the difference between correlated proportions",
/// Psychometrika 12.
#[must_use]
pub fn mcnemar_exact(b: usize, c: usize) -> f64 {
    let n = b + c;
    if n == 0 { 1.0 } else { (2.0 * binomial_half(n, b.min(c)).0).min(1.0) }
}

/// `P(X <= k)` and `P(X = k)` for `X` binomial with `n` fair coins, `k <= n/2`.
fn binomial_half(n: usize, k: usize) -> (f64, f64) {
    // ln P(X = k), summed over factors so that no power of two underflows.
    let ln_point: f64 = (1..=k).map(|i| ((n - k + i) as f64 / i as f64).ln()).sum::<f64>() - n as f64 * 2f64.ln();
    // Downwards from k the terms fall: P(i-1) = P(i) * i / (n - i + 1).
    let mut relative = 1.0;
    let mut sum = 1.0;
    for i in (1..=k).rev() {
        relative *= i as f64 / (n - i + 1) as f64;
        sum += relative;
        if relative < 1e-18 * sum {
            break;
        }
    }
    let point = ln_point.exp();
    (point * sum, point)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(got: f64, expected: f64, tolerance: f64, what: &str) {
        assert!((got - expected).abs() <= tolerance, "{what}: {got}, expected {expected}");
    }

    /// Printed in the statistics notes: b = 14, c = 5 gives exact 0.0636, mid-p 0.0414.
    #[test]
    fn mcnemar_gives_the_published_example() {
        close(mcnemar_exact(14, 5), 0.0636, 5e-5, "exact");
        close(mcnemar_mid_p(14, 5), 0.0414, 5e-5, "mid-p");
        assert_eq!(mcnemar_mid_p(5, 14), mcnemar_mid_p(14, 5), "the direction does not matter");
    }

    /// Exact: `statsmodels.stats.contingency_tables.mcnemar([[0, b], [c, 0]], exact=True)`, statsmodels 0.15.0.
    /// Mid-p: `2 * binom.cdf(min(b, c), n, 0.5) - binom.pmf(min(b, c), n, 0.5)`, or `1 - binom.pmf(b, n, 0.5) / 2`
    /// where b = c, scipy 1.17.1.
    #[test]
    fn mcnemar_agrees_with_statsmodels_and_scipy() {
        for (b, c, exact, mid_p) in [
            (14, 5, 0.063568115234375, 0.04138946533203125),
            (3, 9, 0.14599609375, 0.09228515624999999),
            (60, 41, 0.07275700687752425, 0.059400536903433526),
            (250, 300, 0.036578745549102676, 0.03307151591735791),
        ] {
            close(mcnemar_exact(b, c), exact, 1e-13, "exact");
            close(mcnemar_mid_p(b, c), mid_p, 1e-13, "mid-p");
        }
        close(mcnemar_mid_p(30, 30), 0.9487109134957152, 1e-13, "mid-p of an even split");
    }

    #[test]
    fn small_counts_follow_by_hand() {
        // b = 1, c = 0: P(X <= 0) = 1/2, so exact 1 and mid-p 2 * 1/2 - 1/2 = 1/2.
        close(mcnemar_mid_p(1, 0), 0.5, 1e-15, "one change");
        close(mcnemar_exact(1, 0), 1.0, 1e-15, "one change, exact");
        // b = c = 1: C(2, 1) / 2^2 = 1/2, mid-p 1 - 1/4.
        close(mcnemar_mid_p(1, 1), 0.75, 1e-15, "one each way");
        // b = 3, c = 0: P = 1/8; exact 2/8, mid-p 2/8 - 1/8.
        close(mcnemar_exact(3, 0), 0.25, 1e-15, "three one way, exact");
        close(mcnemar_mid_p(3, 0), 0.125, 1e-15, "three one way");
        assert_eq!((mcnemar_mid_p(0, 0), mcnemar_exact(0, 0)), (1.0, 1.0), "no change, no evidence");
    }

    #[test]
    fn huge_counts_neither_overflow_nor_vanish() {
        let even = mcnemar_mid_p(50_000, 50_000);
        assert!(even > 0.99 && even <= 1.0, "an even split of a hundred thousand: {even}");
        let clear = mcnemar_mid_p(60_000, 40_000);
        assert!((0.0..1e-300).contains(&clear), "a clear one: {clear}");
    }

    #[test]
    fn discordant_examples_are_counted() {
        let counts = Discordant::count(&[true, true, false, false, true], &[true, false, true, false, false]);
        assert_eq!(counts, Discordant { harmed: 2, rescued: 1, n: 5 }, "harmed twice, rescued once");
        assert_eq!(counts.churn(), Some(0.6), "three of five changed");
        assert_eq!(Discordant::default().churn(), None, "no examples, no share");
    }
}
