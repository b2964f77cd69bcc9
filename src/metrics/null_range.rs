//! How large a gap chance alone makes.

/// Expected largest minus smallest rate over groups of the given sizes that all share one true rate.
///
/// Exact for independent groups: the integral over `t` of `1 - prod F_g(t) - prod (1 - F_g(t))`, where `F_g` is the
/// distribution of a group's rate, a step function. Empty groups are left out; nothing with fewer than two.
#[must_use]
pub fn range_under_equality(sizes: &[usize], rate: f64) -> Option<f64> {
    let sizes: Vec<usize> = sizes.iter().copied().filter(|&n| n > 0).collect();
    if sizes.len() < 2 || !(0.0..=1.0).contains(&rate) {
        return None;
    }
    let mut steps: Vec<(f64, usize, f64)> = Vec::new();
    for (group, &n) in sizes.iter().enumerate() {
        steps.extend(binomial(n, rate).into_iter().map(|(k, mass)| (k as f64 / n as f64, group, mass)));
    }
    steps.sort_by(|a, b| a.0.total_cmp(&b.0));
    let mut below = vec![0.0_f64; sizes.len()];
    let mut expected = 0.0;
    let mut steps = steps.into_iter().peekable();
    while let Some((t, group, mass)) = steps.next() {
        below[group] = (below[group] + mass).min(1.0);
        if let Some(&(next, ..)) = steps.peek()
            && next > t
        {
            let all: f64 = below.iter().product();
            let none: f64 = below.iter().map(|share| 1.0 - share).product();
            expected += (next - t) * (1.0 - all - none);
        }
    }
    Some(expected.max(0.0))
}

/// The counts that matter and their probabilities: within ten standard deviations of the mean.
fn binomial(n: usize, rate: f64) -> Vec<(usize, f64)> {
    if rate == 0.0 || rate == 1.0 {
        return vec![(if rate == 0.0 { 0 } else { n }, 1.0)];
    }
    let odds = rate / (1.0 - rate);
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 0 and n")]
    let mode = (((n + 1) as f64 * rate) as usize).min(n);
    // Weights relative to the mode, outwards until they vanish, then normalized.
    let mut weights = vec![(mode, 1.0_f64)];
    let mut weight = 1.0;
    for k in mode..n {
        weight *= odds * (n - k) as f64 / (k + 1) as f64;
        if weight < 1e-20 {
            break;
        }
        weights.push((k + 1, weight));
    }
    weight = 1.0;
    for k in (1..=mode).rev() {
        weight *= k as f64 / (odds * (n - k + 1) as f64);
        if weight < 1e-20 {
            break;
        }
        weights.push((k - 1, weight));
    }
    let total: f64 = weights.iter().map(|(_, weight)| weight).sum();
    weights.into_iter().map(|(k, weight)| (k, weight / total)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Printed in the statistics notes, where they were simulated: true rate 0.9.
    #[test]
    fn chance_alone_makes_the_published_gaps() {
        for (groups, n, expected) in [(5, 100, 0.069), (10, 100, 0.091), (25, 100, 0.117), (10, 500, 0.042)] {
            let got = range_under_equality(&vec![n; groups], 0.9).unwrap();
            assert!((got - expected).abs() < 1e-3, "{groups} groups of {n}: {got}, expected {expected}");
        }
    }

    #[test]
    fn two_coins_differ_by_half() {
        // Two groups of one at rate 1/2 differ with probability 1/2, and then by 1.
        let got = range_under_equality(&[1, 1], 0.5).unwrap();
        assert!((got - 0.5).abs() < 1e-15, "got {got}");
        // Sizes 1 and 2: |X - Y/2| is 0, 1/2, 1 with probabilities 1/4, 1/2, 1/4.
        let got = range_under_equality(&[1, 2], 0.5).unwrap();
        assert!((got - 0.5).abs() < 1e-15, "got {got}");
        assert_eq!(range_under_equality(&[7, 9], 1.0), Some(0.0), "nobody differs at rate 1");
        assert_eq!(range_under_equality(&[7, 0], 0.5), None, "one group has no gap");
        assert_eq!(range_under_equality(&[7, 7], f64::NAN), None, "no rate, no gap");
    }
}
