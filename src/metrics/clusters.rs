//! Rates and paired changes where rows of one cluster (a template, a thread, an author) resemble each other.
//!
//! Source of all formulas, with worked numbers and simulated coverage: statistics.md c.11. The variances are those of a
//! ratio estimator between clusters (Cochran 1977, "Sampling techniques", section 9A); pseudo-clusters keep them from
//! vanishing where no cluster fails, as Agresti and Coull's added successes do for single rows (The American
//! Statistician 52, 1998).

use std::hash::Hash;

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::RngCore as _;
use rand_chacha::rand_core::SeedableRng as _;

use super::estimate::Estimate;
use super::interval::score_interval;
use super::paired::mcnemar_mid_p;
use super::student::student_quantile;

/// With fewer clusters there is no interval: their spread says too little about that of others.
pub const MIN_CLUSTERS: usize = 10;

/// With fewer clusters an interval is marked: it rests on few observations, however many rows they hold.
pub const ENOUGH_CLUSTERS: usize = 30;

/// Sums of `2^n` sign patterns are counted exactly up to so many additions, else drawn.
const EXACT_WORK: usize = 1 << 24;

/// Drawn sign patterns.
const SIGN_DRAWS: usize = 10_000;

/// Method of a clustered rate.
pub(super) const RATE_METHOD: &str = "wilson-clustered";

/// Method of a clustered paired change.
pub(super) const CHANGE_METHOD: &str = "bonett-price-clustered";

/// Rows of a cluster and what they add up to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cluster {
    /// Rows.
    pub n: usize,
    /// Successes, or gains less losses.
    pub sum: i64,
}

/// The cluster of each row, numbered from 0 without gaps.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Clustering {
    of_row: Vec<u32>,
    count: usize,
}

impl Clustering {
    /// Numbers clusters by first appearance of their keys.
    #[must_use]
    pub fn of<K: Copy + Eq + Hash>(keys: impl IntoIterator<Item = K>) -> Self {
        let mut numbers = std::collections::HashMap::new();
        let mut number = |key: K| {
            let next = u32::try_from(numbers.len()).unwrap_or(u32::MAX);
            *numbers.entry(key).or_insert(next)
        };
        let of_row: Vec<u32> = keys.into_iter().map(&mut number).collect();
        Self { of_row, count: numbers.len() }
    }

    /// Cluster of each row.
    #[must_use]
    pub fn of_row(&self) -> &[u32] {
        &self.of_row
    }

    /// Number of clusters.
    #[must_use]
    pub fn count(&self) -> usize {
        self.count
    }

    /// Rows of each cluster, ascending.
    #[must_use]
    pub fn members(&self) -> Vec<Vec<usize>> {
        let mut members = vec![Vec::new(); self.count];
        for (row, &cluster) in self.of_row.iter().enumerate() {
            members[cluster as usize].push(row);
        }
        members
    }

    /// Adds up rows by cluster; `None` leaves a row out.
    #[must_use]
    pub fn sums(&self, rows: impl Iterator<Item = Option<i64>>) -> Vec<Cluster> {
        let mut clusters = vec![Cluster::default(); self.count];
        for (&cluster, value) in self.of_row.iter().zip(rows) {
            if let Some(value) = value {
                let cluster = &mut clusters[cluster as usize];
                cluster.n += 1;
                cluster.sum += value;
            }
        }
        clusters.retain(|cluster| cluster.n > 0);
        clusters
    }
}

/// Clusters with a row, rows, and the sum over them.
struct Totals {
    clusters: f64,
    rows: f64,
    sum: f64,
    squares: f64,
}

impl Totals {
    fn of(clusters: &[Cluster]) -> Self {
        let filled = || clusters.iter().filter(|cluster| cluster.n > 0);
        Self {
            clusters: filled().count() as f64,
            rows: filled().map(|cluster| cluster.n as f64).sum(),
            sum: filled().map(|cluster| cluster.sum as f64).sum(),
            squares: filled().map(|cluster| (cluster.n as f64).powi(2)).sum(),
        }
    }
}

/// Clusters that hold a row.
#[must_use]
pub(super) fn count_filled(clusters: &[Cluster]) -> usize {
    clusters.iter().filter(|cluster| cluster.n > 0).count()
}

/// How many independent rows tell as much of a rate as these clustered ones; nothing without rows.
///
/// Range: at most the number of rows.
#[must_use]
pub fn effective_size(clusters: &[Cluster]) -> Option<f64> {
    let totals = Totals::of(clusters);
    if totals.rows == 0.0 {
        return None;
    }
    let Totals { clusters: k, rows, sum, squares } = totals;
    let pseudo = squares / rows;
    let center = (sum + 0.5 * pseudo) / (rows + pseudo);
    let deviation = |n: f64, sum: f64| (sum - center * n).powi(2);
    let own: f64 = clusters.iter().map(|cluster| deviation(cluster.n as f64, cluster.sum as f64)).sum();
    let added = deviation(0.5 * pseudo, 0.5 * pseudo) + deviation(0.5 * pseudo, 0.0);
    let variance = (k + 2.0) / (k + 1.0) * (own + added) / (rows + pseudo).powi(2);
    let single = center * (1.0 - center) / (rows + pseudo);
    Some(rows / (variance / single).max(1.0))
}

/// A rate over clusters: Wilson's interval at the effective number of rows, with Student's quantile.
///
/// Range: 0–1. `n` = rows. Below [`MIN_CLUSTERS`] a value without an interval.
#[must_use]
pub fn clustered_rate(clusters: &[Cluster]) -> Estimate {
    let totals = Totals::of(clusters);
    let (k, n) = (count_filled(clusters), rows_of(clusters));
    let Some(size) = effective_size(clusters) else { return Estimate::undefined("no examples", 0) };
    let value = totals.sum / totals.rows;
    if k < MIN_CLUSTERS {
        return Estimate::plain(value, n).over_clusters(k);
    }
    let t = student_quantile(0.975, totals.clusters - 1.0);
    Estimate::with_interval(value, score_interval(value, size, t), RATE_METHOD, n).over_clusters(k)
}

/// A paired change over clusters, of which each holds gains less losses: two pseudo-clusters of mean size, one gained and
/// one lost row each, and Student's quantile.
///
/// Range: -1 to 1. `n` = rows. Below [`MIN_CLUSTERS`] a value without an interval.
#[must_use]
pub fn clustered_change(clusters: &[Cluster], confidence: f64) -> Estimate {
    let totals = Totals::of(clusters);
    let (k, n) = (count_filled(clusters), rows_of(clusters));
    if n == 0 {
        return Estimate::undefined("no examples", 0);
    }
    let value = totals.sum / totals.rows;
    if k < MIN_CLUSTERS {
        return Estimate::plain(value, n).over_clusters(k);
    }
    let size = totals.rows / totals.clusters;
    let (clusters_then, rows_then) = (totals.clusters + 2.0, totals.rows + 2.0 * size);
    let center = totals.sum / rows_then;
    let deviation = |n: f64, sum: f64| (sum - center * n).powi(2);
    let own: f64 = clusters.iter().map(|cluster| deviation(cluster.n as f64, cluster.sum as f64)).sum();
    let squares = own + deviation(size, 1.0) + deviation(size, -1.0);
    let variance = clusters_then / (clusters_then - 1.0) * squares / rows_then.powi(2);
    let half = student_quantile(0.5 * (1.0 + confidence), totals.clusters - 1.0) * variance.sqrt();
    let interval = ((center - half).max(-1.0), (center + half).min(1.0));
    Estimate::with_interval(value, interval, CHANGE_METHOD, n).over_clusters(k)
}

fn rows_of(clusters: &[Cluster]) -> usize {
    clusters.iter().map(|cluster| cluster.n).sum()
}

/// Test of no change: under it the sign of every cluster's gains less losses is that of a fair coin. Two-sided, mid-p.
///
/// Range: 0–1; 1 where nothing changed. Exact where that is no great work (always up to 20 clusters that changed), else
/// from 10,000 seeded draws. With one row a cluster it is [`mcnemar_mid_p`].
/// Source: Fisher 1935, "The design of experiments", section 21; mid-p as in [`mcnemar_mid_p`].
/// Deviates from statistics.md c.11: exact beyond 20 clusters too, by adding up the distribution of the sum.
#[must_use]
pub fn sign_flip_p(sums: impl IntoIterator<Item = i64>, seed: u64) -> f64 {
    let changed: Vec<i64> = sums.into_iter().filter(|&sum| sum != 0).collect();
    if changed.iter().all(|sum| sum.abs() == 1) {
        let gained = changed.iter().filter(|&&sum| sum > 0).count();
        return mcnemar_mid_p(changed.len() - gained, gained);
    }
    let total = changed.iter().map(|sum| sum.unsigned_abs()).sum::<u64>();
    let observed = changed.iter().sum::<i64>().unsigned_abs();
    match usize::try_from(total) {
        Ok(total)
            if changed.len() <= 20 && total <= EXACT_WORK || changed.len().saturating_mul(total) <= EXACT_WORK =>
        {
            exact_p(&changed, total, observed)
        }
        _ => drawn_p(&changed, observed, seed),
    }
}

/// `P(|S| > s) + P(|S| = s) / 2`, where `S = 2 Q - total` and `Q` is the sum of a random subset.
fn exact_p(changed: &[i64], total: usize, observed: u64) -> f64 {
    let mut share = vec![0.0_f64; total + 1];
    share[0] = 1.0;
    let mut reached = 0;
    for sum in changed {
        let step = usize::try_from(sum.unsigned_abs()).unwrap_or(total);
        reached += step;
        for place in (0..=reached).rev() {
            let before = if place >= step { share[place - step] } else { 0.0 };
            share[place] = 0.5 * (share[place] + before);
        }
    }
    let of = |(place, share): (usize, &f64)| share * extremeness((2 * place).abs_diff(total) as u64, observed);
    share.iter().enumerate().map(of).sum::<f64>().clamp(0.0, 1.0)
}

fn drawn_p(changed: &[i64], observed: u64, seed: u64) -> f64 {
    let mut generator = ChaCha8Rng::seed_from_u64(seed);
    let mut one = || {
        let mut sum = 0_i64;
        for part in changed.chunks(64) {
            let signs = generator.next_u64();
            for (bit, change) in part.iter().enumerate() {
                sum += if signs >> bit & 1 == 1 { *change } else { -change };
            }
        }
        extremeness(sum.unsigned_abs(), observed)
    };
    let extreme: f64 = (0..SIGN_DRAWS).map(|_| one()).sum();
    // What was observed is one of the patterns, so that p is never 0.
    (extreme + 0.5) / (SIGN_DRAWS + 1) as f64
}

/// 1 for a sum farther out than the observed one, 1/2 for one just as far.
fn extremeness(sum: u64, observed: u64) -> f64 {
    match sum.cmp(&observed) {
        std::cmp::Ordering::Greater => 1.0,
        std::cmp::Ordering::Equal => 0.5,
        std::cmp::Ordering::Less => 0.0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROWS: [usize; 12] = [4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 6, 2];

    fn clusters(sums: [i64; 12]) -> Vec<Cluster> {
        ROWS.iter().zip(sums).map(|(&n, sum)| Cluster { n, sum }).collect()
    }

    fn close(got: f64, expected: f64, tolerance: f64, what: &str) {
        assert!((got - expected).abs() <= tolerance, "{what}: {got}, expected {expected}");
    }

    /// Printed in statistics.md c.11.
    #[test]
    fn a_clustered_rate_gives_the_worked_numbers() {
        let clusters = clusters([4, 4, 4, 3, 4, 0, 4, 4, 2, 4, 6, 2]);
        close(48.0 / effective_size(&clusters).unwrap(), 2.929250, 5e-7, "design effect");
        let got = clustered_rate(&clusters);
        let (low, high) = got.interval().unwrap();
        close(low, 0.586396, 5e-7, "lower end");
        close(high, 0.960313, 5e-7, "upper end");
        assert_eq!(
            (got.n(), got.clusters(), got.method()),
            (48, Some(12), Some(RATE_METHOD)),
            "rows, clusters, method"
        );
    }

    /// Printed in statistics.md c.11.
    #[test]
    fn a_clustered_change_gives_the_worked_numbers() {
        let sums = [0, -1, 0, 0, -3, 0, 1, 0, 0, 0, -2, 0];
        let clusters = clusters(sums);
        let got = clustered_change(&clusters, 0.95);
        close(got.value().unwrap(), -0.104167, 5e-7, "change");
        let ((low, high), (low90, high90)) =
            (got.interval().unwrap(), clustered_change(&clusters, 0.9).interval().unwrap());
        close(low, -0.244939, 5e-7, "lower end");
        close(high, 0.066368, 5e-7, "upper end");
        close(low90, -0.216290, 5e-7, "lower end at 90%");
        close(high90, 0.037719, 5e-7, "upper end at 90%");
        close(sign_flip_p(sums, 0), 0.25, 1e-12, "sign flips");
    }

    /// Printed in statistics.md c.11: 400 rows, each its own cluster.
    #[test]
    fn single_rows_come_close_to_the_plain_intervals() {
        let change = |row: usize| if row < 14 { -1 } else { i64::from(row < 19) };
        let singles: Vec<Cluster> = (0..400).map(|row| Cluster { n: 1, sum: change(row) }).collect();
        let (low, high) = clustered_change(&singles, 0.95).interval().unwrap();
        close(low, -0.044719, 5e-7, "lower end of the change");
        close(high, -0.000058, 5e-7, "upper end of the change");
        let rate: Vec<Cluster> = (0..400).map(|row| Cluster { n: 1, sum: i64::from(row < 360) }).collect();
        let (low, high) = clustered_rate(&rate).interval().unwrap();
        close(low, 0.866576, 5e-7, "lower end of 360 in 400");
        close(high, 0.925768, 5e-7, "upper end of 360 in 400");
        close(sign_flip_p((0..400).map(change), 0), mcnemar_mid_p(14, 5), 1e-12, "the test is McNemar's");
    }

    #[test]
    fn few_clusters_have_a_value_and_no_interval() {
        let nine: Vec<Cluster> = (0..9).map(|sum| Cluster { n: 20, sum }).collect();
        for got in [clustered_rate(&nine), clustered_change(&nine, 0.95)] {
            assert_eq!((got.value(), got.interval(), got.clusters()), (Some(0.2), None, Some(9)), "nine clusters");
            assert_eq!(got.interval_note().as_deref(), Some("no interval: 9 clusters, at least 10 are needed"), "why");
        }
        let empty = [Cluster::default(); 3];
        assert_eq!(clustered_rate(&empty).reason(), Some("no examples"), "clusters without rows do not count");
        assert_eq!(clustered_change(&[], 0.95).reason(), Some("no examples"), "nothing at all");
    }

    #[test]
    fn clusters_without_failures_still_have_an_interval() {
        let perfect: Vec<Cluster> = (0..40).map(|_| Cluster { n: 5, sum: 5 }).collect();
        let (low, high) = clustered_rate(&perfect).interval().unwrap();
        assert!(low < 0.99 && high == 1.0, "200 of 200 in 40 clusters: {low} to {high}");
        let unchanged: Vec<Cluster> = (0..40).map(|_| Cluster { n: 5, sum: 0 }).collect();
        let (low, high) = clustered_change(&unchanged, 0.95).interval().unwrap();
        assert!(low < 0.0 && high > 0.0 && (low + high).abs() < 1e-12, "no change seen: {low} to {high}");
    }

    /// By hand: sums of ±1 ±2 ±4 are -7, -5, … 7, each with 1/8; 1 + 2 - 4 = -1, so all but half of {-1, 1} are as far.
    #[test]
    fn sign_flips_are_counted_exactly_and_draws_agree() {
        close(sign_flip_p([1, 2, -4], 0), 7.0 / 8.0, 1e-12, "three clusters");
        close(sign_flip_p([1, 2, 4], 0), 1.0 / 8.0, 1e-12, "all one way");
        assert_eq!(sign_flip_p([0, 0], 0), 1.0, "nothing changed");
        let sums: Vec<i64> = (0..60).map(|k| (k * 7 % 11) - 4).collect();
        let total = sums.iter().map(|sum| sum.unsigned_abs()).sum::<u64>();
        let observed = sums.iter().sum::<i64>().unsigned_abs();
        let exact = exact_p(&sums, usize::try_from(total).unwrap(), observed);
        for seed in 0..5 {
            // Standard error below 0.5 / sqrt(10,000).
            close(drawn_p(&sums, observed, seed), exact, 0.02, "draws against the exact value");
        }
        assert_eq!(drawn_p(&sums, observed, 3), drawn_p(&sums, observed, 3), "the same seed");
    }
}
