//! Intervals of rates and of their differences, in closed form.

use super::estimate::Estimate;
use super::normal::two_sided_z;

/// Two-sided 95%: `normal_quantile(0.975)`.
pub(super) const Z95: f64 = 1.959_963_984_540_054;

/// A rate of `k` in `n` with Wilson's score interval.
///
/// Range: 0–1.
/// Source: Wilson 1927, "Probable inference, the law of succession, and statistical inference", JASA 22.
#[must_use]
pub fn wilson(k: usize, n: usize) -> Estimate {
    if n == 0 {
        return Estimate::undefined("no examples", 0);
    }
    if k > n {
        return Estimate::undefined(format!("{k} of {n} is no rate"), n);
    }
    Estimate::with_interval(k as f64 / n as f64, wilson_ends(k, n, Z95), "wilson", n)
}

/// Wilson's interval at another confidence; nothing when `n` is 0.
#[must_use]
pub fn wilson_interval(k: usize, n: usize, confidence: f64) -> Option<(f64, f64)> {
    (n > 0 && k <= n).then(|| wilson_ends(k, n, two_sided_z(confidence)))
}

fn wilson_ends(k: usize, n: usize, z: f64) -> (f64, f64) {
    score_interval(k as f64 / n as f64, n as f64, z)
}

/// Wilson's interval of a rate `p` among `n` examples, which need be no whole number.
pub(super) fn score_interval(p: f64, n: f64, z: f64) -> (f64, f64) {
    let center = p + z * z / (2.0 * n);
    let half = z * (p * (1.0 - p) / n + z * z / (4.0 * n * n)).sqrt();
    let scale = 1.0 + z * z / n;
    // At the borders the formula gives them exactly, save for rounding.
    let low = if p == 0.0 { 0.0 } else { ((center - half) / scale).clamp(0.0, p) };
    let high = if p == 1.0 { 1.0 } else { ((center + half) / scale).clamp(p, 1.0) };
    (low, high)
}

/// Difference `k1/n1 - k2/n2` of rates in two independent samples, with Newcombe's hybrid score interval.
///
/// Range: -1 to 1. `n` is the size of both together.
/// Source: Newcombe 1998, "Interval estimation for the difference between independent proportions", Statistics in
/// Medicine 17, method 10.
#[must_use]
pub fn newcombe(k1: usize, n1: usize, k2: usize, n2: usize) -> Estimate {
    let n = n1 + n2;
    if n1 == 0 || n2 == 0 {
        let which = if n1 == 0 { "first" } else { "second" };
        return Estimate::undefined(format!("no examples in the {which} sample"), n);
    }
    if k1 > n1 || k2 > n2 {
        return Estimate::undefined(format!("{k1} of {n1} and {k2} of {n2} are not both rates"), n);
    }
    let (p1, p2) = (k1 as f64 / n1 as f64, k2 as f64 / n2 as f64);
    let ((l1, u1), (l2, u2)) = (wilson_ends(k1, n1, Z95), wilson_ends(k2, n2, Z95));
    let difference = p1 - p2;
    let low = difference - (p1 - l1).hypot(u2 - p2);
    let high = difference + (u1 - p1).hypot(p2 - l2);
    Estimate::with_interval(difference, (low.max(-1.0), high.min(1.0)), "newcombe", n)
}

/// Difference `(b - c) / n` between two rates on the same `n` examples, with the interval of Bonett and Price.
///
/// `b` counts examples that only the first has, `c` those that only the second has. For the accuracy *lost* by
/// pruning pass harmed, rescued; for the change, pruned minus dense, pass rescued, harmed.
///
/// Range: -1 to 1.
/// Source: Bonett and Price 2012, "Adjusted Wald confidence interval for a difference of binomial proportions based
/// on paired data", Journal of Educational and Behavioral Statistics 37.
#[must_use]
pub fn bonett_price(b: usize, c: usize, n: usize) -> Estimate {
    paired_difference(b, c, n, Z95)
}

/// [`bonett_price`] at another confidence, for one-sided verdicts.
#[must_use]
pub fn bonett_price_at(b: usize, c: usize, n: usize, confidence: f64) -> Estimate {
    paired_difference(b, c, n, two_sided_z(confidence))
}

fn paired_difference(b: usize, c: usize, n: usize, z: f64) -> Estimate {
    if n == 0 {
        return Estimate::undefined("no examples", 0);
    }
    if b + c > n {
        return Estimate::undefined(format!("{b} and {c} changed examples among {n}"), n);
    }
    let value = (b as f64 - c as f64) / n as f64;
    let adjusted = n as f64 + 2.0;
    let (q1, q2) = ((b as f64 + 1.0) / adjusted, (c as f64 + 1.0) / adjusted);
    let half = z * ((q1 + q2 - (q1 - q2).powi(2)) / adjusted).sqrt();
    let interval = ((q1 - q2 - half).max(-1.0), (q1 - q2 + half).min(1.0));
    Estimate::with_interval(value, interval, "bonett-price", n)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(estimate: &Estimate, value: f64, low: f64, high: f64, tolerance: f64) {
        let (got_low, got_high) = estimate.interval().unwrap();
        for (name, got, expected) in
            [("value", estimate.value().unwrap(), value), ("low", got_low, low), ("high", got_high, high)]
        {
            assert!((got - expected).abs() <= tolerance, "{name} {got}, expected {expected}: {estimate:?}");
        }
    }

    /// Printed in the statistics notes to three digits.
    #[test]
    fn wilson_gives_the_published_widths() {
        check(&wilson(90, 100), 0.9, 0.826, 0.945, 5e-4);
        check(&wilson(450, 500), 0.9, 0.871, 0.923, 5e-4);
        // "half-width near 0.11 at n = 30, p = 0.9"
        let (low, high) = wilson(27, 30).interval().unwrap();
        assert!((0.5 * (high - low) - 0.11).abs() < 0.005, "half-width {}", 0.5 * (high - low));
    }

    /// `statsmodels.stats.proportion.proportion_confint(k, n, method="wilson")`, statsmodels 0.15.0.
    #[test]
    fn wilson_agrees_with_statsmodels() {
        for (k, n, low, high) in [
            (0, 10, 0.0, 0.27753279986288926),
            (3, 7, 0.15821985525146964, 0.7495416354723428),
            (90, 100, 0.8256343384950865, 0.9447708629393249),
            (450, 500, 0.8705780903680599, 0.9233224372626984),
            (7, 7, 0.6456695649333125, 1.0),
        ] {
            check(&wilson(k, n), k as f64 / n as f64, low, high, 1e-14);
        }
    }

    /// `confint_proportions_2indep(k1, n1, k2, n2, method="newcomb", compare="diff")`, statsmodels 0.15.0.
    /// The first row is Newcombe's own example (a) of table II: 0.0524 to 0.3339.
    #[test]
    fn newcombe_agrees_with_statsmodels_and_the_paper() {
        for ((k1, n1, k2, n2), low, high) in [
            ((56, 70, 48, 80), 0.05243147240236498, 0.33387265403690614),
            ((9, 10, 3, 10), 0.1705227239345029, 0.809017973535488),
            ((0, 10, 0, 20), -0.1611251580528194, 0.27753279986288926),
            ((5, 5, 2, 7), 0.1529929814527735, 0.9177810759959434),
        ] {
            let value = f64::from(k1) / f64::from(n1) - f64::from(k2) / f64::from(n2);
            let count = |k: i32| usize::try_from(k).unwrap();
            check(&newcombe(count(k1), count(n1), count(k2), count(n2)), value, low, high, 1e-14);
        }
        assert_eq!(newcombe(1, 2, 0, 0).reason(), Some("no examples in the second sample"), "nothing to compare with");
        assert!(newcombe(3, 2, 0, 1).reason().is_some(), "more hits than examples");
    }

    #[test]
    fn wilson_behaves_at_the_borders() {
        assert_eq!(wilson(0, 10).interval().unwrap().0, 0.0, "nothing in ten starts at zero");
        assert_eq!(wilson(10, 10).interval().unwrap().1, 1.0, "ten in ten ends at one");
        assert!(wilson(10, 10).interval().unwrap().0 < 0.8, "and is still uncertain");
        assert_eq!(wilson(0, 0).reason(), Some("no examples"), "no denominator, no rate");
        assert_eq!(wilson(3, 2).reason(), Some("3 of 2 is no rate"), "more hits than examples");
        assert_eq!(wilson_interval(0, 0, 0.9), None, "no denominator, no interval");
    }

    /// Printed in the statistics notes: b = 14, c = 5, n = 400 gives 0.0002 to 0.0446.
    #[test]
    fn bonett_price_gives_the_published_example() {
        check(&bonett_price(14, 5, 400), 9.0 / 400.0, 0.0002, 0.0446, 5e-5);
        check(&bonett_price(5, 14, 400), -9.0 / 400.0, -0.0446, -0.0002, 5e-5);
    }

    #[test]
    fn without_change_the_difference_is_zero_and_its_interval_is_not() {
        let estimate = bonett_price(0, 0, 50);
        assert_eq!(estimate.value(), Some(0.0), "nothing changed");
        let (low, high) = estimate.interval().unwrap();
        assert!(low < -0.01 && high == -low, "fifty examples do not prove equality: {low} to {high}");
        assert_eq!(bonett_price(0, 0, 0).reason(), Some("no examples"), "no denominator");
        assert!(bonett_price(3, 3, 5).reason().is_some(), "more changes than examples");
    }

    #[test]
    fn a_lower_confidence_is_narrower() {
        let (wide, narrow) =
            (bonett_price(14, 5, 400).interval().unwrap(), bonett_price_at(14, 5, 400, 0.9).interval().unwrap());
        assert!(wide.0 < narrow.0 && narrow.1 < wide.1, "{narrow:?} lies in {wide:?}");
        assert!((Z95 - two_sided_z(0.95)).abs() < 1e-13, "the constant is the quantile");
    }
}
