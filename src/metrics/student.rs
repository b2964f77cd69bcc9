//! Student's t distribution.

use super::normal::normal_quantile;

/// Steps of the search for a quantile; each halves the interval.
const HALVINGS: usize = 80;
/// Terms of the continued fraction at most; it converges in about a dozen.
const TERMS: usize = 300;

/// The value below which a share of Student's distribution lies.
///
/// Range: `share` 0.5–1 (the distribution is symmetric), `degrees` of freedom above 0.
#[must_use]
pub(super) fn student_quantile(share: f64, degrees: f64) -> f64 {
    // Its tails are never lighter than the normal ones.
    let mut low = normal_quantile(share);
    let mut high = 2.0 * low + 1.0;
    while student_upper_tail(high, degrees) > 1.0 - share {
        high *= 2.0;
    }
    for _ in 0..HALVINGS {
        let middle = 0.5 * (low + high);
        if student_upper_tail(middle, degrees) > 1.0 - share { low = middle } else { high = middle }
    }
    0.5 * (low + high)
}

/// Two-sided p of a ratio `t >= 0` to its standard error.
#[must_use]
pub(super) fn student_two_sided_p(t: f64, degrees: f64) -> f64 {
    2.0 * student_upper_tail(t, degrees)
}

/// `P(T > t)` for `t >= 0`: `I_x(degrees / 2, 1 / 2) / 2` with `x = degrees / (degrees + t^2)`.
fn student_upper_tail(t: f64, degrees: f64) -> f64 {
    0.5 * incomplete_beta(degrees / (degrees + t * t), 0.5 * degrees, 0.5)
}

/// The regularized incomplete beta function `I_x(a, b)`.
///
/// Range: `x` 0–1.
/// Source: the continued fraction 8.17.22 of the NIST Digital Library of Mathematical Functions, <https://dlmf.nist.gov/8.17>,
/// evaluated from the front by Lentz's method.
fn incomplete_beta(x: f64, a: f64, b: f64) -> f64 {
    if x <= 0.0 || x >= 1.0 {
        return x.clamp(0.0, 1.0);
    }
    // The fraction converges fast below the mean; above it the symmetry I_x(a, b) = 1 - I_(1-x)(b, a) helps.
    if x > (a + 1.0) / (a + b + 2.0) {
        return 1.0 - incomplete_beta(1.0 - x, b, a);
    }
    let front = (ln_gamma(a + b) - ln_gamma(a) - ln_gamma(b) + a * x.ln() + b * (1.0 - x).ln()).exp() / a;
    front * beta_fraction(x, a, b)
}

fn beta_fraction(x: f64, a: f64, b: f64) -> f64 {
    let guarded = |value: f64| if value.abs() < 1e-300 { 1e-300 } else { value };
    let (mut ratio, mut c) = (1.0, 1.0);
    let mut d = 1.0 / guarded(1.0 - (a + b) * x / (a + 1.0));
    ratio *= d;
    for term in 1..TERMS {
        let m = term as f64;
        let even = m * (b - m) * x / ((a + 2.0 * m - 1.0) * (a + 2.0 * m));
        let odd = -(a + m) * (a + b + m) * x / ((a + 2.0 * m) * (a + 2.0 * m + 1.0));
        let before = ratio;
        for coefficient in [even, odd] {
            d = 1.0 / guarded(1.0 + coefficient * d);
            c = guarded(1.0 + coefficient / c);
            ratio *= c * d;
        }
        if (ratio - before).abs() <= 1e-15 * ratio.abs() {
            break;
        }
    }
    ratio
}

/// Logarithm of the gamma function for positive values: Stirling's series, shifted to where it is exact enough.
///
/// Source: NIST Digital Library of Mathematical Functions 5.11.1, <https://dlmf.nist.gov/5.11>.
fn ln_gamma(value: f64) -> f64 {
    let (mut shifted, mut product) = (value, 1.0);
    while shifted < 12.0 {
        product *= shifted;
        shifted += 1.0;
    }
    let inverse = 1.0 / (shifted * shifted);
    let series = (1.0 / 12.0 - inverse * (1.0 / 360.0 - inverse * (1.0 / 1260.0 - inverse / 1680.0))) / shifted;
    (shifted - 0.5) * shifted.ln() - shifted + 0.5 * (2.0 * std::f64::consts::PI).ln() + series - product.ln()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Printed in every table of the distribution.
    #[test]
    fn quantiles_are_those_of_the_tables() {
        for (degrees, share, expected) in [
            (1.0, 0.975, 12.7062),
            (2.0, 0.975, 4.30265),
            (4.0, 0.975, 2.77645),
            (10.0, 0.95, 1.81246),
            (14.0, 0.975, 2.14479),
            (30.0, 0.995, 2.75000),
            (1e6, 0.975, 1.95997),
        ] {
            let got = student_quantile(share, degrees);
            assert!((got - expected).abs() < 1e-4, "{degrees} degrees, {share}: {got}, table {expected}");
        }
    }

    #[test]
    fn the_gamma_function_is_that_of_factorials() {
        // Gamma(5) = 24, Gamma(1/2) = sqrt(pi).
        assert!((ln_gamma(5.0) - 24f64.ln()).abs() < 1e-12, "4!");
        assert!((ln_gamma(0.5) - 0.5 * std::f64::consts::PI.ln()).abs() < 1e-12, "at one half");
        assert!(ln_gamma(1.0).abs() < 1e-12 && ln_gamma(2.0).abs() < 1e-12, "0! and 1!");
    }

    #[test]
    fn the_beta_function_has_its_closed_forms() {
        // I_x(1, 1) = x; I_x(2, 1) = x^2; I_x(1, 2) = 1 - (1 - x)^2.
        for x in [0.0, 0.1, 0.5, 0.9, 1.0] {
            assert!((incomplete_beta(x, 1.0, 1.0) - x).abs() < 1e-12, "uniform at {x}");
            assert!((incomplete_beta(x, 2.0, 1.0) - x * x).abs() < 1e-12, "square at {x}");
            assert!((incomplete_beta(x, 1.0, 2.0) - (1.0 - (1.0 - x) * (1.0 - x))).abs() < 1e-12, "mirror at {x}");
        }
    }
}
