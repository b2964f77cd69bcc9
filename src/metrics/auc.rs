//! Area under the ROC curve by ranks, with DeLong's variance.

use super::clusters::Cluster;
use super::clusters::Clustering;
use super::clusters::MIN_CLUSTERS;
use super::clusters::count_filled;
use super::estimate::Estimate;
use super::interval::Z95;
use super::losses::unusable;
use super::normal::normal_cdf;
use super::student::student_quantile;
use super::student::student_two_sided_p;

/// Method of a clustered AUC.
const CLUSTERED: &str = "obuchowski-clustered";

/// Probability that a positive scores above a negative, ties counted half, with DeLong's interval on the logit scale.
///
/// Range: 0–1. Undefined without positives or without negatives. At 0 and at 1, and with a single example of a class,
/// there is a value but no interval.
/// Source: DeLong, DeLong and Clarke-Pearson 1988, Biometrics 44; by mid-ranks as in Sun and Xu 2014, "Fast
/// implementation of DeLong's algorithm", IEEE Signal Processing Letters 21.
#[must_use]
pub fn auc(scores: &[f64], positives: &[bool]) -> Estimate {
    auc_over(scores, positives, None)
}

/// As [`auc`]; where examples come in clusters, the variance is Obuchowski's and the quantile Student's, with the clusters
/// of the scarcer class.
///
/// Source: Obuchowski 1997, "Nonparametric analysis of clustered ROC curve data", Biometrics 53.
#[must_use]
pub fn auc_over(scores: &[f64], positives: &[bool], clustering: Option<&Clustering>) -> Estimate {
    let parts = match Placements::of(scores, positives) {
        Ok(parts) => parts,
        Err(undefined) => return undefined,
    };
    let (value, spread) = (parts.auc, parts.spread(positives, clustering));
    let ends = |spread: &Spread| {
        let half = spread.quantile() * spread.variance?.sqrt() / (value * (1.0 - value));
        let logit = (value / (1.0 - value)).ln();
        let expit = |x: f64| 1.0 / (1.0 + (-x).exp());
        (value > 0.0 && value < 1.0).then(|| (expit(logit - half), expit(logit + half)))
    };
    spread.estimate(value, ends(&spread), scores.len())
}

/// Two classifiers' AUCs on the same examples.
#[derive(Clone, Debug, PartialEq)]
pub struct AucChange {
    /// AUC with pruning minus AUC without, with DeLong's interval for paired curves.
    pub difference: Estimate,
    /// Two-sided p of no difference; nothing where there is no variance to test with.
    pub p: Option<f64>,
}

/// Change of the AUC from `dense` to `pruned` scores of the same examples.
///
/// Range: -1 to 1. Where both rank every pair alike the difference is exactly 0 with the interval 0 to 0.
/// Source: as [`auc`].
#[must_use]
pub fn auc_change(dense: &[f64], pruned: &[f64], positives: &[bool]) -> AucChange {
    auc_change_over(dense, pruned, positives, None)
}

/// As [`auc_change`], over clusters as in [`auc_over`].
#[must_use]
pub fn auc_change_over(
    dense: &[f64],
    pruned: &[f64],
    positives: &[bool],
    clustering: Option<&Clustering>,
) -> AucChange {
    let n = positives.len();
    let both = Placements::of(dense, positives).and_then(|dense| Ok((dense, Placements::of(pruned, positives)?)));
    let (dense, pruned) = match both {
        Ok(both) => both,
        Err(undefined) => return AucChange { difference: undefined, p: None },
    };
    let (value, spread) = (pruned.auc - dense.auc, pruned.minus(&dense).spread(positives, clustering));
    if dense.same_order(&pruned) {
        return AucChange { difference: spread.estimate(0.0, Some((0.0, 0.0)), n), p: Some(1.0) };
    }
    let error = spread.variance.filter(|&variance| variance > 0.0).map(f64::sqrt);
    let half = error.map(|error| spread.quantile() * error);
    let interval = half.map(|half| ((value - half).max(-1.0), (value + half).min(1.0)));
    let p = error.filter(|_| spread.allows_interval()).map(|error| spread.p((value / error).abs()));
    AucChange { difference: spread.estimate(value, interval, n), p }
}

/// Variance of an AUC or of a difference of two, and what it rests on.
struct Spread {
    variance: Option<f64>,
    /// Clusters of the scarcer class; `None` where examples stand for themselves.
    clusters: Option<usize>,
}

impl Spread {
    fn allows_interval(&self) -> bool {
        self.clusters.is_none_or(|count| count >= MIN_CLUSTERS)
    }

    fn quantile(&self) -> f64 {
        let enough = self.clusters.filter(|_| self.allows_interval());
        enough.map_or(Z95, |count| student_quantile(0.975, (count - 1) as f64))
    }

    fn p(&self, ratio: f64) -> f64 {
        self.clusters.map_or_else(
            || 2.0 * normal_cdf(-ratio),
            |count| student_two_sided_p(ratio, count.saturating_sub(1).max(1) as f64),
        )
    }

    fn estimate(&self, value: f64, interval: Option<(f64, f64)>, n: usize) -> Estimate {
        let method = if self.clusters.is_some() { CLUSTERED } else { "delong" };
        let interval = interval.filter(|_| self.allows_interval());
        let plain = || Estimate::plain(value, n);
        let estimate = interval.map_or_else(plain, |ends| Estimate::with_interval(value, ends, method, n));
        match self.clusters {
            Some(count) => estimate.over_clusters(count),
            None => estimate,
        }
    }
}

/// How each example is placed against the other class: DeLong's structural components.
struct Placements {
    auc: f64,
    /// Of each positive: the share of negatives below it, ties half.
    of_positives: Vec<f64>,
    /// Of each negative: the share of positives above it, ties half.
    of_negatives: Vec<f64>,
}

impl Placements {
    fn of(scores: &[f64], positives: &[bool]) -> Result<Self, Estimate> {
        debug_assert_eq!(scores.len(), positives.len(), "one label for each score");
        if let Some(undefined) = unusable(scores) {
            return Err(undefined);
        }
        let n = scores.len();
        let pick = |wanted: bool| -> Vec<f64> {
            scores.iter().zip(positives).filter(|&(_, &positive)| positive == wanted).map(|(&score, _)| score).collect()
        };
        let (of_class, of_rest) = (pick(true), pick(false));
        for (class, what) in [(&of_class, "positives"), (&of_rest, "negatives")] {
            if class.is_empty() {
                return Err(Estimate::undefined(format!("no {what} among {n} examples"), n));
            }
        }
        let (num_positives, num_negatives) = (of_class.len() as f64, of_rest.len() as f64);
        let (mut among_positives, mut among_negatives) =
            (mid_ranks(&of_class).into_iter(), mid_ranks(&of_rest).into_iter());
        let (mut of_positives, mut of_negatives) = (Vec::new(), Vec::new());
        // Ranks are multiples of one half, so this sum is exact: the number of ordered pairs.
        let mut pairs = 0.0;
        for (rank, &positive) in mid_ranks(scores).into_iter().zip(positives) {
            if positive {
                let negatives_below = among_positives.next().map_or(0.0, |own| rank - own);
                pairs += negatives_below;
                of_positives.push(negatives_below / num_negatives);
            } else {
                let positives_below = among_negatives.next().map_or(0.0, |own| rank - own);
                of_negatives.push(1.0 - positives_below / num_positives);
            }
        }
        Ok(Self { auc: pairs / (num_positives * num_negatives), of_positives, of_negatives })
    }

    fn same_order(&self, other: &Self) -> bool {
        self.of_positives == other.of_positives && self.of_negatives == other.of_negatives
    }

    /// Components of the difference of two AUCs on the same examples: their variance holds the covariance.
    fn minus(&self, other: &Self) -> Self {
        let difference = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a - b).collect();
        Self {
            auc: self.auc - other.auc,
            of_positives: difference(&self.of_positives, &other.of_positives),
            of_negatives: difference(&self.of_negatives, &other.of_negatives),
        }
    }

    fn spread(&self, positives: &[bool], clustering: Option<&Clustering>) -> Spread {
        match clustering {
            Some(clustering) => self.clustered(positives, clustering),
            None => Spread { variance: self.variance(), clusters: None },
        }
    }

    /// Obuchowski's variance: components add up within clusters, and a cluster with both classes adds a covariance.
    fn clustered(&self, positives: &[bool], clustering: &Clustering) -> Spread {
        let (mut of_positives, mut of_negatives) = (self.of_positives.iter(), self.of_negatives.iter());
        let mut sums = vec![[0.0_f64; 2]; clustering.count()];
        let mut sizes = vec![[Cluster::default(); 2]; clustering.count()];
        for (&cluster, &positive) in clustering.of_row().iter().zip(positives) {
            let (class, component) = if positive { (1, of_positives.next()) } else { (0, of_negatives.next()) };
            sums[cluster as usize][class] += component.map_or(0.0, |component| component - self.auc);
            sizes[cluster as usize][class].n += 1;
        }
        let filled = [0, 1].map(|class| count_filled(&sizes.iter().map(|size| size[class]).collect::<Vec<_>>()));
        let rows = [self.of_negatives.len() as f64, self.of_positives.len() as f64];
        let product = |a: usize, b: usize| sums.iter().map(|sum| sum[a] * sum[b]).sum::<f64>() / (rows[a] * rows[b]);
        let corrected = |count: usize, sum: f64| (count > 1).then(|| count as f64 / (count - 1) as f64 * sum);
        let variance = || {
            let own = corrected(filled[0], product(0, 0))? + corrected(filled[1], product(1, 1))?;
            Some(own + 2.0 * corrected(clustering.count(), product(0, 1))?)
        };
        Spread { variance: variance().filter(|&variance| variance >= 0.0), clusters: Some(filled[0].min(filled[1])) }
    }

    /// Needs two examples of each class.
    fn variance(&self) -> Option<f64> {
        let of_positives = sample_variance(&self.of_positives)? / self.of_positives.len() as f64;
        Some(of_positives + sample_variance(&self.of_negatives)? / self.of_negatives.len() as f64)
    }
}

fn sample_variance(values: &[f64]) -> Option<f64> {
    if values.len() < 2 {
        return None;
    }
    let mean = values.iter().sum::<f64>() / values.len() as f64;
    Some(values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / (values.len() - 1) as f64)
}

/// Ranks from 1, equal values sharing the mean of their ranks.
fn mid_ranks(values: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|&a, &b| values[a].total_cmp(&values[b]));
    let mut ranks = vec![0.0; values.len()];
    let mut start = 0;
    while start < order.len() {
        let value = values[order[start]];
        // `==` so that -0 and +0 tie, which total_cmp places side by side.
        let len = order[start..].iter().take_while(|&&i| values[i] == value).count();
        let rank = start as f64 + 0.5 * (len + 1) as f64;
        for &i in &order[start..start + len] {
            ranks[i] = rank;
        }
        start += len;
    }
    ranks
}

#[cfg(test)]
mod tests {
    use super::*;

    const LABELS: [u8; 12] = [1, 0, 1, 1, 0, 0, 1, 0, 0, 1, 1, 0];
    const DENSE: [f64; 12] = [0.9, 0.2, 0.7, 0.4, 0.5, 0.1, 0.8, 0.4, 0.3, 0.6, 0.55, 0.45];
    const PRUNED: [f64; 12] = [0.8, 0.3, 0.7, 0.2, 0.6, 0.1, 0.9, 0.4, 0.4, 0.5, 0.3, 0.5];

    const AUC_60: [f64; 3] = [0.7762276785714286, 0.59392304353498, 0.8916228991222259];
    const CHANGE_60: [f64; 4] = [-0.0474330357142857, -0.13786192316060764, 0.042995851732036225, 0.2776026000086109];

    fn positives() -> Vec<bool> {
        LABELS.iter().map(|&label| label == 1).collect()
    }

    fn close(got: f64, expected: f64, what: &str) {
        assert!((got - expected).abs() < 1e-12, "{what}: {got}, expected {expected}");
    }

    /// Expected: DeLong's formulas over the full matrix of pairs, without ranks, in numpy:
    /// `K = (X[:,None] > Y) + (X[:,None] == Y) / 2`, `S = cov(K.mean(1)) / m + cov(K.mean(0)) / n`, scipy 1.17.1.
    #[test]
    fn one_curve_agrees_with_the_pairwise_formulas() {
        let got = auc(&DENSE, &positives());
        close(got.value().unwrap(), 0.9305555555555556, "AUC");
        let (low, high) = got.interval().unwrap();
        close(low, 0.5640054904214917, "lower end");
        close(high, 0.9928472155639827, "upper end");
        assert_eq!((got.method(), got.n()), (Some("delong"), 12), "method and size");
    }

    #[test]
    fn the_change_agrees_with_the_pairwise_formulas() {
        let got = auc_change(&DENSE, &PRUNED, &positives());
        close(got.difference.value().unwrap(), -0.23611111111111116, "difference");
        let (low, high) = got.difference.interval().unwrap();
        close(low, -0.4989100157735931, "lower end");
        close(high, 0.026687793551370798, "upper end");
        close(got.p.unwrap(), 0.07825102517965436, "p");
    }

    #[test]
    fn the_same_order_is_no_change_at_all() {
        let squeezed: Vec<f64> = DENSE.iter().map(|score| score / 10.0).collect();
        let got = auc_change(&DENSE, &squeezed, &positives());
        assert_eq!(got.difference, Estimate::with_interval(0.0, (0.0, 0.0), "delong", 12), "exactly zero");
        assert_eq!(got.p, Some(1.0), "no evidence");
    }

    #[test]
    fn curves_without_variance_have_no_interval() {
        let perfect = auc(&[0.1, 0.2, 0.8, 0.9], &[false, false, true, true]);
        assert_eq!(perfect, Estimate::plain(1.0, 4), "a perfect order");
        let single = auc(&[0.1, 0.2, 0.15], &[false, false, true]);
        assert_eq!(single, Estimate::plain(0.5, 3), "one positive");
        assert_eq!(auc(&[0.5; 4], &[true, false, true, false]).value(), Some(0.5), "all tied: half by definition");
        assert_eq!(auc(&[0.0, -0.0], &[true, false]).value(), Some(0.5), "zero equals minus zero");
    }

    /// Expected: Obuchowski's formulas over the full matrix of pairs in numpy, with the quantile of scipy's t distribution;
    /// twenty clusters, positives in 20 of them and negatives in 14.
    #[test]
    fn clustered_curves_agree_with_the_pairwise_formulas() {
        let number = |row: i32, factor: i32| f64::from(row * factor % 101) / 101.0;
        let (mut dense, mut pruned, mut positives, mut clusters) = (vec![], vec![], vec![], vec![]);
        for row in 0..60 {
            let (cluster, positive) = (row % 20, (row / 20 + row % 3) % 2 == 0);
            let shared = 0.5 * number(cluster, 37) + if positive { 0.2 } else { 0.0 };
            dense.push(shared + 0.4 * number(row, 29));
            pruned.push(0.9 * shared + 0.5 * number(row, 53));
            positives.push(positive);
            clusters.push(cluster);
        }
        let clustering = Clustering::of(clusters);
        let got = auc_over(&dense, &positives, Some(&clustering));
        close(got.value().unwrap(), AUC_60[0], "AUC");
        close(got.interval().unwrap().0, AUC_60[1], "lower end");
        close(got.interval().unwrap().1, AUC_60[2], "upper end");
        assert_eq!((got.clusters(), got.method()), (Some(14), Some(CLUSTERED)), "clusters and method");
        let change = auc_change_over(&dense, &pruned, &positives, Some(&clustering));
        close(change.difference.value().unwrap(), CHANGE_60[0], "change");
        close(change.difference.interval().unwrap().0, CHANGE_60[1], "lower end of the change");
        close(change.difference.interval().unwrap().1, CHANGE_60[2], "upper end of the change");
        close(change.p.unwrap(), CHANGE_60[3], "p");
    }

    #[test]
    fn single_rows_as_clusters_have_delongs_variance() {
        let clustering = Clustering::of(0..12);
        let spread =
            |clustering| Placements::of(&DENSE, &positives()).unwrap().spread(&positives(), clustering).variance;
        close(spread(Some(&clustering)).unwrap(), spread(None).unwrap(), "variance");
        let got = auc_over(&DENSE, &positives(), Some(&clustering));
        assert_eq!((got.clusters(), got.interval()), (Some(6), None), "six clusters of each class are too few");
    }

    #[test]
    fn one_class_has_no_curve() {
        assert_eq!(auc(&[0.1, 0.2], &[true, true]).reason(), Some("no negatives among 2 examples"), "positives only");
        assert_eq!(auc(&[0.1], &[false]).reason(), Some("no positives among 1 examples"), "negatives only");
        assert_eq!(auc(&[], &[]).reason(), Some("no examples"), "nothing");
        assert_eq!(auc(&[f64::NAN, 1.0], &[true, false]).reason(), Some("1 of 2 scores are not numbers"), "NaN");
        let change = auc_change(&[0.1, 0.2], &[0.1, 0.3], &[true, true]);
        assert_eq!((change.difference.value(), change.p), (None, None), "nor a change");
    }
}
