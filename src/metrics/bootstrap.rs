//! Seeded resampling.
//!
//! Draw number `b` depends on the seed and on `b` alone, through its own stream of a counter-based generator. So one
//! table of draws serves the dense run and every strategy without being stored, all differences are paired, and the
//! result does not depend on the number of threads.

use std::hash::Hash;
use std::ops::Range;

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::RngCore as _;
use rand_chacha::rand_core::SeedableRng as _;
use rayon::iter::IntoParallelIterator as _;
use rayon::iter::ParallelIterator as _;

use super::clusters::MIN_CLUSTERS;
use super::estimate::Estimate;
use super::interval::Z95;
use super::normal::normal_cdf;
use super::normal::normal_quantile;

/// Draws for what is shown on screen.
pub const SCREEN_DRAWS: usize = 2_000;

/// Draws for what is written to files.
pub const EXPORT_DRAWS: usize = 10_000;

/// Below this share of draws in which the statistic exists there is no interval.
const MIN_DEFINED: f64 = 0.9;

/// Draws examples with replacement: rows, rows within strata, or whole clusters.
#[derive(Clone, Debug)]
pub struct Resampler {
    seed: u64,
    /// What is drawn together: the rows of a cluster; `None` = every row for itself.
    units: Option<Vec<Vec<usize>>>,
    /// Units among which each draw is made, as many as there are.
    strata: Vec<Vec<usize>>,
}

impl Resampler {
    /// Draws rows freely.
    #[must_use]
    pub fn rows(n: usize, seed: u64) -> Self {
        Self { seed, units: None, strata: vec![(0..n).collect()] }
    }

    /// Draws rows within strata, so that no draw loses one: usually group membership × label.
    #[must_use]
    pub fn stratified<K: Copy + Eq + Hash>(stratum_of_row: &[K], seed: u64) -> Self {
        Self { seed, units: None, strata: gather(stratum_of_row) }
    }

    /// Draws whole clusters of rows that share an origin.
    #[must_use]
    pub fn clustered<K: Copy + Eq + Hash>(cluster_of_row: &[K], seed: u64) -> Self {
        let units = gather(cluster_of_row);
        let strata = vec![(0..units.len()).collect()];
        Self { seed, units: Some(units), strata }
    }

    /// The rows of draw `draw`.
    #[must_use]
    pub fn draw(&self, draw: usize) -> Vec<usize> {
        let mut generator = ChaCha8Rng::seed_from_u64(self.seed);
        generator.set_stream(draw as u64);
        let mut rows = Vec::new();
        for stratum in &self.strata {
            for _ in 0..stratum.len() {
                let unit = stratum[below(stratum.len(), generator.next_u64())];
                match &self.units {
                    Some(units) => rows.extend_from_slice(&units[unit]),
                    None => rows.push(unit),
                }
            }
        }
        rows
    }

    /// The statistic of each draw of a range, in order; `None` where it does not exist. Runs on all threads.
    ///
    /// Work on long ranges in pieces to be able to stop in between.
    pub fn replicate<F>(&self, draws: Range<usize>, statistic: F) -> Vec<Option<f64>>
    where
        F: Fn(&[usize]) -> Option<f64> + Sync,
    {
        draws.into_par_iter().map(|draw| statistic(&self.draw(draw)).filter(|value| value.is_finite())).collect()
    }
}

/// Rows by key, keys in order of first appearance.
fn gather<K: Copy + Eq + Hash>(keys: &[K]) -> Vec<Vec<usize>> {
    let mut order = std::collections::HashMap::new();
    let mut gathered: Vec<Vec<usize>> = Vec::new();
    for (row, &key) in keys.iter().enumerate() {
        let next = gathered.len();
        let place = *order.entry(key).or_insert(next);
        if place == next {
            gathered.push(Vec::new());
        }
        gathered[place].push(row);
    }
    gathered
}

/// A number below `n` from 64 random bits, by multiplication; its bias is at most `n / 2^64`.
fn below(n: usize, bits: u64) -> usize {
    #[expect(clippy::cast_possible_truncation, reason = "the upper half of the product is below n")]
    let index = ((u128::from(bits) * n as u128) >> 64) as usize;
    index
}

/// What resampling says about a statistic.
#[derive(Clone, Debug, PartialEq)]
pub struct Bootstrap {
    /// The statistic with its percentile interval.
    pub estimate: Estimate,
    /// Draws in which it did not exist, such as those that lost every positive.
    pub vanished: usize,
    /// Mean of the draws minus the statistic; to be shown beside maxima and minima.
    pub bias: Option<f64>,
}

impl Bootstrap {
    /// Gives a statistic the percentile interval of its draws; none where it rests on fewer than [`MIN_CLUSTERS`].
    #[must_use]
    pub fn percentile(statistic: &Estimate, draws: &[Option<f64>]) -> Self {
        let defined: Vec<f64> = draws.iter().flatten().copied().collect();
        let vanished = draws.len() - defined.len();
        let Some(value) = statistic.value() else {
            return Self { estimate: statistic.clone(), vanished, bias: None };
        };
        let n = statistic.n();
        let enough = !draws.is_empty() && defined.len() as f64 >= MIN_DEFINED * draws.len() as f64;
        let has_clusters = statistic.clusters().is_none_or(|count| count >= MIN_CLUSTERS);
        let interval = if enough && has_clusters { percentile_interval(&defined, 0.95) } else { None };
        let method = if statistic.clusters().is_some() { "bootstrap-clusters" } else { "bootstrap-percentile" };
        let plain = || Estimate::plain(value, n);
        let estimate = interval.map_or_else(plain, |interval| Estimate::with_interval(value, interval, method, n));
        let estimate = match statistic.clusters() {
            Some(count) => estimate.over_clusters(count),
            None => estimate,
        };
        let mean = defined.iter().sum::<f64>() / defined.len() as f64;
        Self { estimate, vanished, bias: (!defined.is_empty()).then_some(mean - value) }
    }
}

/// The middle part of the draws that holds a share `confidence` of them.
#[must_use]
pub fn percentile_interval(draws: &[f64], confidence: f64) -> Option<(f64, f64)> {
    let mut sorted = draws.to_vec();
    sorted.sort_by(f64::total_cmp);
    let tail = 0.5 * (1.0 - confidence);
    Some((quantile(&sorted, tail)?, quantile(&sorted, 1.0 - tail)?))
}

/// The bias-corrected and accelerated interval at 95%; `jackknife` holds the statistic without each row in turn.
///
/// Nothing where every draw lies on one side, or the jackknife does not vary: then the correction is not defined.
/// Not for maxima and minima.
/// Source: Efron 1987, "Better bootstrap confidence intervals", JASA 82.
#[must_use]
pub fn bca_interval(value: f64, draws: &[f64], jackknife: &[f64]) -> Option<(f64, f64)> {
    let mut sorted = draws.to_vec();
    sorted.sort_by(f64::total_cmp);
    let below = sorted.partition_point(|&draw| draw < value) as f64;
    let at_most = sorted.partition_point(|&draw| draw <= value) as f64;
    // Draws equal to the value count half, which matters for statistics of counts.
    let share = 0.5 * (below + at_most) / sorted.len() as f64;
    let bias = normal_quantile(share);
    let mean = jackknife.iter().sum::<f64>() / jackknife.len() as f64;
    let cubes: f64 = jackknife.iter().map(|without| (mean - without).powi(3)).sum();
    let squares: f64 = jackknife.iter().map(|without| (mean - without).powi(2)).sum();
    let acceleration = cubes / (6.0 * squares.powf(1.5));
    if !bias.is_finite() || !acceleration.is_finite() {
        return None;
    }
    let end = |z: f64| quantile(&sorted, normal_cdf(bias + (bias + z) / (1.0 - acceleration * (bias + z))));
    Some((end(-Z95)?, end(Z95)?))
}

/// Quantile of ascending values by linear interpolation, as `numpy.quantile` by default.
pub(super) fn quantile(sorted: &[f64], share: f64) -> Option<f64> {
    let last = sorted.len().checked_sub(1)?;
    let place = share.clamp(0.0, 1.0) * last as f64;
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 0 and the last index")]
    let lower = place.floor() as usize;
    let upper = (lower + 1).min(last);
    Some(sorted[lower] + (sorted[upper] - sorted[lower]) * (place - lower as f64))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mean_of(values: &[f64]) -> impl Fn(&[usize]) -> Option<f64> + Sync {
        let values = values.to_vec();
        move |rows| Some(rows.iter().map(|&row| values[row]).sum::<f64>() / rows.len() as f64)
    }

    #[test]
    fn a_draw_depends_on_seed_and_number_alone() {
        let resampler = Resampler::rows(50, 7);
        assert_eq!(resampler.draw(3), Resampler::rows(50, 7).draw(3), "the same again");
        assert_ne!(resampler.draw(3), resampler.draw(4), "another draw");
        assert_ne!(resampler.draw(3), Resampler::rows(50, 8).draw(3), "another seed");
        let values: Vec<f64> = (0..50).map(f64::from).collect();
        let whole = resampler.replicate(0..40, mean_of(&values));
        let mut pieces = resampler.replicate(0..13, mean_of(&values));
        pieces.extend(resampler.replicate(13..40, mean_of(&values)));
        assert_eq!(whole, pieces, "pieces make the whole");
        let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap();
        let alone = pool.install(|| resampler.replicate(0..40, mean_of(&values)));
        assert_eq!(whole, alone, "one thread or many");
    }

    #[test]
    fn strata_keep_their_sizes_and_clusters_stay_whole() {
        let strata = [5, 9, 5, 9, 9, 2];
        for draw in 0..20 {
            let mut drawn: Vec<usize> =
                Resampler::stratified(&strata, 1).draw(draw).iter().map(|&row| strata[row]).collect();
            drawn.sort_unstable();
            assert_eq!(drawn, [2, 5, 5, 9, 9, 9], "draw {draw}");
        }
        // Clusters of three, two and one row.
        let clusters = [4, 4, 8, 4, 8, 6];
        for draw in 0..20 {
            let rows = Resampler::clustered(&clusters, 1).draw(draw);
            let times = |row: usize| rows.iter().filter(|&&other| other == row).count();
            assert_eq!((times(0), times(0)), (times(1), times(3)), "draw {draw}: the cluster of three");
            assert_eq!(times(2), times(4), "draw {draw}: the cluster of two");
            assert_eq!(times(0) + times(2) + times(5), 3, "draw {draw}: as many clusters as there are");
        }
    }

    #[test]
    fn the_interval_of_a_mean_is_the_normal_one() {
        // 400 values of 0 and 1, mean 1/2: standard error 1/40, so 0.5 -+ 0.049.
        let values: Vec<f64> = (0..400).map(|i| f64::from(i % 2)).collect();
        let draws = Resampler::rows(400, 3).replicate(0..SCREEN_DRAWS, mean_of(&values));
        let got = Bootstrap::percentile(&Estimate::plain(0.5, 400), &draws);
        let (low, high) = got.estimate.interval().unwrap();
        assert!((low - 0.451).abs() < 0.006 && (high - 0.549).abs() < 0.006, "got {low} to {high}");
        assert_eq!(
            (got.estimate.method(), got.vanished),
            (Some("bootstrap-percentile"), 0),
            "method, nothing vanished"
        );
        assert!(got.bias.unwrap().abs() < 0.003, "a mean is unbiased: {:?}", got.bias);
    }

    #[test]
    fn vanished_draws_are_counted() {
        let statistic = Estimate::plain(0.5, 10);
        let half = Bootstrap::percentile(&statistic, &[Some(0.4), None, Some(0.6), None]);
        assert_eq!((half.estimate.interval(), half.vanished), (None, 2), "too few for an interval");
        let undefined = Estimate::undefined("no positives", 0);
        let nothing = Bootstrap::percentile(&undefined, &[Some(0.4)]);
        assert_eq!((&nothing.estimate, nothing.bias), (&undefined, None), "what is undefined stays so");
        assert_eq!(Bootstrap::percentile(&statistic, &[]).estimate, statistic, "no draws, no interval");
    }

    /// `numpy.quantile([3, 1, 4, 1, 5, 9, 2, 6], [0.025, 0.975])`: 1 and 8.475.
    #[test]
    fn quantiles_are_those_of_numpy() {
        let (low, high) = percentile_interval(&[3.0, 1.0, 4.0, 1.0, 5.0, 9.0, 2.0, 6.0], 0.95).unwrap();
        assert!((low - 1.0).abs() < 1e-12 && (high - 8.475).abs() < 1e-12, "got {low} to {high}");
        assert_eq!(percentile_interval(&[], 0.95), None, "no draws");
    }

    /// Efron's formulas with `scipy.stats.norm` and `numpy.quantile`, scipy 1.17.1.
    #[test]
    fn bca_agrees_with_scipys_functions() {
        let values = [2.1, 3.4, 1.9, 5.6, 4.4, 2.2, 8.9, 3.3];
        let sum: f64 = values.iter().sum();
        let jackknife: Vec<f64> = values.iter().map(|value| (sum - value) / 7.0).collect();
        let draws: Vec<f64> = (0..101).map(|i| f64::from(37 * i % 101) / 101.0 * 4.0 + 2.2).collect();
        let (low, high) = bca_interval(sum / 8.0, &draws, &jackknife).unwrap();
        assert!(
            (low - 2.298051271337875).abs() < 1e-9 && (high - 6.060112090330739).abs() < 1e-9,
            "got {low} to {high}"
        );
        assert_eq!(bca_interval(100.0, &draws, &jackknife), None, "every draw on one side");
        assert_eq!(bca_interval(4.0, &draws, &[1.0; 5]), None, "a jackknife that does not vary");
    }
}
