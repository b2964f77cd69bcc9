//! Seeded resampling.
//!
//! Draw number `b` depends on the seed and on `b` alone, through its own stream of a counter-based generator. So one
//! table of draws serves the dense run and every strategy without being stored, all differences are paired, and the
//! result does not depend on the number of threads.

use std::ops::Range;

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::RngCore as _;
use rand_chacha::rand_core::SeedableRng as _;
use rayon::iter::IntoParallelIterator as _;
use rayon::iter::ParallelIterator as _;

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
    /// What is drawn together: one row, or the rows of a cluster.
    units: Vec<Vec<usize>>,
    /// Units among which each draw is made, as many as there are.
    strata: Vec<Vec<usize>>,
}

impl Resampler {
    /// Draws rows freely.
    #[must_use]
    pub fn rows(n: usize, seed: u64) -> Self {
        Self { seed, units: singles(n), strata: vec![(0..n).collect()] }
    }

    /// Draws rows within strata, so that no draw loses one: usually group membership × label.
    #[must_use]
    pub fn stratified(stratum_of_row: &[usize], seed: u64) -> Self {
        Self { seed, units: singles(stratum_of_row.len()), strata: gather(stratum_of_row) }
    }

    /// Draws whole clusters of rows that share an origin.
    #[must_use]
    pub fn clustered(cluster_of_row: &[usize], seed: u64) -> Self {
        let units = gather(cluster_of_row);
        let strata = vec![(0..units.len()).collect()];
        Self { seed, units, strata }
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
                rows.extend_from_slice(&self.units[unit]);
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

fn singles(n: usize) -> Vec<Vec<usize>> {
    (0..n).map(|row| vec![row]).collect()
}

/// Rows by key, keys in order of first appearance.
fn gather(keys: &[usize]) -> Vec<Vec<usize>> {
    let mut order = std::collections::HashMap::new();
    let mut gathered: Vec<Vec<usize>> = Vec::new();
    for (row, key) in keys.iter().enumerate() {
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
    /// Gives a statistic the percentile interval of its draws.
    #[must_use]
    pub fn percentile(statistic: &Estimate, draws: &[Option<f64>]) -> Self {
        let defined: Vec<f64> = draws.iter().flatten().copied().collect();
        let vanished = draws.len() - defined.len();
        let Some(value) = statistic.value() else {
            return Self { estimate: statistic.clone(), vanished, bias: None };
        };
        let n = statistic.n();
        let enough = !draws.is_empty() && defined.len() as f64 >= MIN_DEFINED * draws.len() as f64;
        let interval = if enough { percentile_interval(&defined, 0.95) } else { None };
        let estimate = interval.map_or_else(
            || Estimate::plain(value, n),
            |interval| Estimate::with_interval(value, interval, "bootstrap-percentile", n),
        );
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
fn quantile(sorted: &[f64], share: f64) -> Option<f64> {
    let last = sorted.len().checked_sub(1)?;
    let place = share.clamp(0.0, 1.0) * last as f64;
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 0 and the last index")]
    let lower = place.floor() as usize;
    let upper = (lower + 1).min(last);
    Some(sorted[lower] + (sorted[upper] - sorted[lower]) * (place - lower as f64))
}
