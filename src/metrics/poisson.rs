//! How often something is drawn.

use super::normal::normal_quantile;

/// Up to this mean counts are found by adding up probabilities, above from the normal distribution.
const LARGE_MEAN: f64 = 30.0;

/// How often a bootstrap draw takes `count` alike examples: the Poisson variable of that mean at a random number.
///
/// Drawing each of `n` examples a Poisson(1) number of times is the bootstrap with a random number of examples; for rates
/// the number does not matter, and alike examples can be drawn together.
/// Range: `random` is uniform over all values.
/// Source: Chamandy et al. 2012, "Estimating uncertainty for massive data streams", Google technical report; large means
/// by the expansion of Cornish and Fisher 1938, to second order.
#[must_use]
pub fn poisson(count: f64, random: u64) -> f64 {
    // 53 bits, in the middle of their step, so that neither 0 nor 1 occurs.
    let share = ((random >> 11) as f64 + 0.5) / 2f64.powi(53);
    if count > LARGE_MEAN {
        let z = normal_quantile(share);
        return (count + count.sqrt() * z + (z * z - 1.0) / 6.0).round().max(0.0);
    }
    let (mut k, mut probability) = (0.0, (-count).exp());
    let mut below = probability;
    while below < share && probability > 0.0 {
        k += 1.0;
        probability *= count / k;
        below += probability;
    }
    k
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Mean and variance are both the count; all quantiles come by in equal steps.
    #[test]
    fn mean_and_variance_are_the_count() {
        for count in [0.5, 1.0, 7.0, 30.0, 31.0, 400.0] {
            let steps = 20_000_u64;
            let drawn: Vec<f64> = (0..steps).map(|step| poisson(count, step * (u64::MAX / steps))).collect();
            let mean = drawn.iter().sum::<f64>() / steps as f64;
            let variance = drawn.iter().map(|k| (k - mean).powi(2)).sum::<f64>() / steps as f64;
            assert!((mean - count).abs() < 0.01 * count + 0.005, "mean {mean} of {count}");
            assert!((variance - count).abs() < 0.03 * count, "variance {variance} of {count}");
        }
        assert_eq!(poisson(0.0, u64::MAX), 0.0, "nothing is never drawn");
        // P(0) = 1/e = 0.3679 for a mean of 1.
        let half = u64::MAX / 2;
        assert_eq!((poisson(1.0, half / 2), poisson(1.0, half)), (0.0, 1.0), "quantiles at 1/4 and 1/2");
    }
}
