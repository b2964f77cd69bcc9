//! How many examples a verdict needs.

use super::normal::normal_quantile;
use super::normal::two_sided_z;

/// Power that studies are usually planned for.
pub const USUAL_POWER: f64 = 0.8;

/// Examples needed to see a paired difference `e` of two rates, when a share `w` of examples changes at all.
///
/// `n = (z_{a/2} sqrt(w) + z_b sqrt(w - e^2))^2 / e^2`, to the nearest example, at a two-sided level of 5%. Nothing unless
/// `0 < |e| <= w <= 1` and `power` lies between 1/2 and 1.
/// Source: Connor 1987, "Sample size for testing differences in proportions for the paired-sample design",
/// Biometrics 43.
#[must_use]
pub fn paired_sample_size(discordant: f64, difference: f64, power: f64) -> Option<usize> {
    let (w, e) = (discordant, difference.abs());
    if !(e > 0.0 && e <= w && w <= 1.0 && (0.5..1.0).contains(&power)) {
        return None;
    }
    let root = two_sided_z(0.95) * w.sqrt() + normal_quantile(power) * (w - e * e).sqrt();
    let n = (root / e).powi(2).round();
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "checked: whole, positive, below 2^53")]
    (n < 2f64.powi(53)).then_some(n as usize)
}

/// Smallest difference that two independent samples of a rate near `rate` can show, at a two-sided level of 5%.
///
/// `(z_{a/2} + z_b) sqrt(p (1 - p) (1/n1 + 1/n2))`: about 2.80 times the standard error at a power of 80%.
#[must_use]
pub fn detectable_difference(rate: f64, n1: usize, n2: usize, power: f64) -> Option<f64> {
    if n1 == 0 || n2 == 0 || !(0.0..=1.0).contains(&rate) || !(0.5..1.0).contains(&power) {
        return None;
    }
    let error = (rate * (1.0 - rate) * (1.0 / n1 as f64 + 1.0 / n2 as f64)).sqrt();
    Some((two_sided_z(0.95) + normal_quantile(power)) * error)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Printed in the statistics notes.
    #[test]
    fn paired_sizes_are_the_published_ones() {
        for (w, e, expected) in [(0.06, 0.02, 1175), (0.10, 0.05, 312), (0.04, 0.01, 3137)] {
            assert_eq!(paired_sample_size(w, e, USUAL_POWER), Some(expected), "w = {w}, e = {e}");
            assert_eq!(paired_sample_size(w, -e, USUAL_POWER), Some(expected), "w = {w}, e = -{e}");
        }
        for (w, e, power) in [(0.1, 0.0, 0.8), (0.01, 0.05, 0.8), (0.1, 0.05, 1.0), (f64::NAN, 0.1, 0.8)] {
            assert_eq!(paired_sample_size(w, e, power), None, "w = {w}, e = {e}, power = {power}");
        }
    }

    /// Printed in the statistics notes: 0.086 for 100 against 2,000, 0.029 for 1,000 against 5,000 at p = 0.1.
    #[test]
    fn detectable_differences_are_the_published_ones() {
        for (n1, n2, expected) in [(100, 2000, 0.086), (1000, 5000, 0.029)] {
            let got = detectable_difference(0.1, n1, n2, USUAL_POWER).unwrap();
            assert!((got - expected).abs() < 5e-4, "{n1} against {n2}: {got}, expected {expected}");
        }
        assert_eq!(detectable_difference(0.1, 0, 10, USUAL_POWER), None, "an empty sample shows nothing");
    }
}
