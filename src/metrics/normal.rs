//! The normal distribution.

use std::f64::consts::FRAC_1_SQRT_2;
use std::f64::consts::PI;

/// Probability that a standard normal variable is at most `x`.
///
/// Range: 0–1, absolute error below 1e-14; small tails keep their relative accuracy to about 1e-12.
#[must_use]
pub fn normal_cdf(x: f64) -> f64 {
    0.5 * erfc(-x * FRAC_1_SQRT_2)
}

/// The value below which a standard normal variable stays with probability `p`.
///
/// Range: `p` 0–1; 0 and 1 give the infinities, anything outside gives NaN.
/// Source: bisection on [`normal_cdf`], then Newton's method; no fitted constants.
#[must_use]
pub fn normal_quantile(p: f64) -> f64 {
    if !(0.0..=1.0).contains(&p) {
        return f64::NAN;
    }
    if p == 0.0 || p == 1.0 {
        return if p == 0.0 { f64::NEG_INFINITY } else { f64::INFINITY };
    }
    if p > 0.5 {
        // Mirrored, so that only the accurate lower tail is ever inverted.
        return -normal_quantile(1.0 - p);
    }
    let (mut low, mut high) = (-38.5, 0.0);
    for _ in 0..50 {
        let middle = 0.5 * (low + high);
        if normal_cdf(middle) < p { low = middle } else { high = middle }
    }
    let mut x = 0.5 * (low + high);
    for _ in 0..3 {
        let density = (-0.5 * x * x).exp() / (2.0 * PI).sqrt();
        if density > 0.0 {
            x -= (normal_cdf(x) - p) / density;
        }
    }
    x
}

/// The `z` of a two-sided interval: 1.959964 for a confidence of 0.95.
#[must_use]
pub fn two_sided_z(confidence: f64) -> f64 {
    -normal_quantile(0.5 * (1.0 - confidence))
}

/// Complementary error function: Maclaurin series near zero, Lentz's continued fraction in the tail.
///
/// Source: Abramowitz and Stegun 1964, equations 7.1.6 and 7.1.14.
fn erfc(x: f64) -> f64 {
    if x < 0.0 {
        return 2.0 - erfc(-x);
    }
    let square = x * x;
    if x < 2.5 {
        // erf(x) = 2/sqrt(pi) * exp(-x^2) * sum of 2^k x^(2k+1) / (1*3*…*(2k+1)): all terms positive.
        let mut term = x;
        let mut sum = x;
        let mut k = 0.0;
        while term > sum * 1e-17 {
            k += 1.0;
            term *= 2.0 * square / (2.0 * k + 1.0);
            sum += term;
        }
        return 1.0 - 2.0 / PI.sqrt() * (-square).exp() * sum;
    }
    // erfc(x) = exp(-x^2)/sqrt(pi) / (x + (1/2)/(x + 1/(x + (3/2)/(x + …)))), evaluated from the inside.
    let mut tail = x;
    for k in (1..=120).rev() {
        tail = x + 0.5 * f64::from(k) / tail;
    }
    (-square).exp() / PI.sqrt() / tail
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `scipy.stats.norm.cdf(x)`, scipy 1.17.1.
    const CDF_TABLE: [(f64, f64); 15] = [
        (-37.0, 5.7255712225239266e-300),
        (-20.0, 2.7536241186061556e-89),
        (-8.0, 6.22096057427174e-16),
        (-5.0, 2.866515718791933e-07),
        (-3.6, 0.00015910859015753364),
        (-3.5, 0.00023262907903552502),
        (-2.5, 0.006209665325776132),
        (-1.0, 0.15865525393145707),
        (-0.3, 0.3820885778110474),
        (0.5, 0.6914624612740131),
        (1.0, 0.8413447460685429),
        (2.0, 0.9772498680518208),
        (3.53, 0.9997922201665194),
        (3.54, 0.9997999364839927),
        (6.0, 0.9999999990134123),
    ];

    /// `scipy.stats.norm.ppf(p)`, scipy 1.17.1.
    const QUANTILE_TABLE: [(f64, f64); 12] = [
        (1e-300, -37.0470962993612),
        (1e-20, -9.262340089798409),
        (1e-05, -4.264890793922825),
        (0.025, -1.9599639845400545),
        (0.1, -1.2815515655446004),
        (0.3, -0.5244005127080409),
        (0.5, 0.0),
        (0.8, 0.8416212335729143),
        (0.95, 1.6448536269514722),
        (0.975, 1.959963984540054),
        (0.995, 2.5758293035489004),
        (0.999999999, 5.997807019601637),
    ];

    #[test]
    fn the_distribution_function_matches_tables() {
        for (x, expected) in CDF_TABLE {
            let got = normal_cdf(x);
            assert!((got - expected).abs() <= 1e-12 * expected + 1e-300, "cdf({x}) = {got}, expected {expected}");
        }
    }

    #[test]
    fn the_quantile_is_the_inverse() {
        for (p, expected) in QUANTILE_TABLE {
            let got = normal_quantile(p);
            assert!(
                (got - expected).abs() < 1e-11 * expected.abs().max(1.0),
                "quantile({p}) = {got}, expected {expected}"
            );
        }
        assert_eq!(normal_quantile(0.0), f64::NEG_INFINITY, "the lower end");
        assert_eq!(normal_quantile(1.0), f64::INFINITY, "the upper end");
        assert!(normal_quantile(1.5).is_nan() && normal_quantile(f64::NAN).is_nan(), "no probability, no quantile");
    }
}
