//! Ratio of medians of paired blocks, such as timings taken in turn.

use super::bootstrap::Resampler;
use super::estimate::Estimate;
use super::normal::normal_cdf;
use super::student::student_quantile;

/// Blocks needed for an interval; with fewer, its coverage was seen to fall short of 95% (`tests/core/latency_laws.rs`).
pub const MIN_BLOCKS: usize = 9;

/// How the interval was made, as it is written to files.
const METHOD: &str = "bootstrap-blocks";

/// Median of all numerators ÷ median of all denominators, with an interval from resampling whole blocks.
///
/// A block holds two measurements of either side, taken side by side; whatever slows the machine for a while slows both
/// sides of a block. Blocks are drawn with replacement, so that this pairing survives in every draw. The percentile
/// interval is expanded, because that of few blocks is too narrow: its tail is `Phi(-n / (n - 1) * t)` with the 97.5%
/// point `t` of Student's distribution with `n - 1` degrees of freedom.
///
/// Shape: both `[blocks, 2]`; the shorter one counts. `n` = blocks. Below [`MIN_BLOCKS`] there is a value without an
/// interval.
/// Source: statistics.md c.5; the expansion is that of Hesterberg 2015, "What teachers should know about the bootstrap",
/// The American Statistician 69, section 5.3.
/// Deviates: that has the square root of `n / (n - 1)`, as for means; medians of times with pauses were seen to need a
/// little more.
#[must_use]
pub fn ratio_of_medians(numerators: &[[f64; 2]], denominators: &[[f64; 2]], draws: usize, seed: u64) -> Estimate {
    let n = numerators.len().min(denominators.len());
    let of = |rows: &[usize]| {
        let side = |values: &[[f64; 2]]| median(rows.iter().flat_map(|&row| values[row]).collect());
        let (top, bottom) = (side(numerators)?, side(denominators)?);
        (bottom > 0.0).then(|| top / bottom)
    };
    let all: Vec<usize> = (0..n).collect();
    let Some(value) = of(&all) else { return Estimate::undefined("nothing was measured", n) };
    if n < MIN_BLOCKS {
        return Estimate::plain(value, n);
    }
    let mut ratios: Vec<f64> = Resampler::rows(n, seed).replicate(0..draws, of).into_iter().flatten().collect();
    ratios.sort_by(f64::total_cmp);
    let tail = expanded_tail(n);
    match (super::bootstrap::quantile(&ratios, tail), super::bootstrap::quantile(&ratios, 1.0 - tail)) {
        (Some(low), Some(high)) => Estimate::with_interval(value, (low, high), METHOD, n),
        _ => Estimate::plain(value, n),
    }
}

/// The middle value, or the mean of the two in the middle; `None` of nothing.
#[must_use]
pub fn median(mut values: Vec<f64>) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    super::bootstrap::quantile(&values, 0.5)
}

/// A value below which a share of the others lies, by linear interpolation as in `numpy.quantile`; `None` of nothing.
///
/// Range: `share` 0–1.
#[must_use]
pub fn quantile_of(values: &[f64], share: f64) -> Option<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    super::bootstrap::quantile(&sorted, share)
}

/// Tail of the expanded percentile interval of `n` blocks.
fn expanded_tail(n: usize) -> f64 {
    let n = n as f64;
    normal_cdf(-n / (n - 1.0) * student_quantile(0.975, n - 1.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ratio_is_that_of_the_medians() {
        // Numerators 2, 4, 6, 8, 10, 12: median 7. Denominators 1, 2, 3, 4, 5, 96: median 3.5.
        let [top, bottom] = [[[2.0, 12.0], [6.0, 8.0], [10.0, 4.0]], [[1.0, 96.0], [3.0, 4.0], [5.0, 2.0]]];
        let got = ratio_of_medians(&top, &bottom, 100, 1);
        assert_eq!(got, Estimate::plain(2.0, 3), "7 / 3.5, and three blocks are too few for an interval");
        assert_eq!(ratio_of_medians(&[], &[], 100, 1).value(), None, "nothing measured");
        assert_eq!(ratio_of_medians(&[[1.0; 2]], &[[0.0; 2]], 100, 1).value(), None, "no time at all");
    }

    /// A constant factor between the sides of every block is found exactly, whatever the blocks' own level.
    #[test]
    fn a_slow_phase_of_the_machine_cancels() {
        let levels: Vec<f64> = (0..12).map(|block| 1.0 + 0.1 * f64::from(block % 5)).collect();
        let top: Vec<[f64; 2]> = levels.iter().map(|level| [3.0 * level; 2]).collect();
        let bottom: Vec<[f64; 2]> = levels.iter().map(|level| [2.0 * level; 2]).collect();
        let got = ratio_of_medians(&top, &bottom, 500, 1);
        let (low, high) = got.interval().unwrap();
        assert!((low - 1.5).abs() < 1e-12 && (high - 1.5).abs() < 1e-12, "no width at all: {low} to {high}");
        assert_eq!((got.method(), got.n()), (Some(METHOD), 12), "method and blocks");
    }

    #[test]
    fn draws_follow_the_seed() {
        let root = |number: i32| f64::from(1 + number % 31).sqrt();
        let top: Vec<[f64; 2]> = (0..15).map(|block| [root(block * 7), root(block * 11)]).collect();
        let bottom: Vec<[f64; 2]> = (0..15).map(|block| [root(block * 13), root(block * 17)]).collect();
        let [one, again, other] = [1, 1, 2].map(|seed| ratio_of_medians(&top, &bottom, 200, seed));
        assert_eq!(one, again, "the same seed");
        assert_ne!(one.interval(), other.interval(), "another seed");
    }

    /// For 15 blocks: t with 14 degrees of freedom is 2.14479 in every table, times 15 / 14 gives 2.29799; the normal
    /// distribution has 0.010724 below -2.30 and a density of 0.02833 there, so 0.01078 below -2.29799.
    #[test]
    fn few_blocks_get_a_wider_interval() {
        assert!((expanded_tail(15) - 0.01078).abs() < 1e-5, "got {}", expanded_tail(15));
        assert!((expanded_tail(100_000) - 0.025).abs() < 1e-4, "many blocks need no expansion");
    }

    #[test]
    fn quantiles_of_unsorted_values() {
        assert_eq!(median(vec![3.0, 1.0, 2.0]), Some(2.0), "odd");
        assert_eq!(median(vec![4.0, 1.0, 3.0, 2.0]), Some(2.5), "even");
        assert_eq!(median(Vec::new()), None, "nothing");
        assert_eq!(quantile_of(&[5.0, 1.0, 3.0], 0.25), Some(2.0), "halfway between 1 and 3");
    }
}
