//! Threshold-free text-bias metrics.

use super::auc::auc_change_over;
use super::auc::auc_over;
use super::clusters::Clustering;
use super::estimate::Estimate;

/// The exponent with which the Jigsaw 2019 competition averaged over subgroups.
pub const BIAS_POWER: f64 = -5.0;

/// How a subgroup's scores lie against those of its background, all examples outside it.
///
/// Source: Borkan et al. 2019, "Nuanced metrics for measuring unintended bias with real data for text
/// classification", section 3, arXiv 1903.04561. As in the authors' code, the background excludes the subgroup.
#[derive(Clone, Debug, PartialEq)]
pub struct BiasAuc {
    /// Positives against negatives within the subgroup.
    pub subgroup_auc: Estimate,
    /// Background positives against subgroup negatives; low: false positives on the subgroup.
    pub bpsn_auc: Estimate,
    /// Subgroup positives against background negatives; low: missed positives of the subgroup.
    pub bnsp_auc: Estimate,
    /// 1/2 minus the share of pairs in which a background negative scores above a subgroup negative;
    /// -1/2 to 1/2, positive: the subgroup's scores sit higher.
    pub negative_aeg: Estimate,
    /// The same among positives.
    pub positive_aeg: Estimate,
}

/// All five metrics of one subgroup, over clusters where examples come in such.
#[must_use]
pub fn bias_auc(scores: &[f64], positives: &[bool], in_subgroup: &[bool], clustering: Option<&Clustering>) -> BiasAuc {
    debug_assert_eq!(scores.len(), positives.len(), "one label for each score");
    Sides::of(positives, in_subgroup, clustering).five(0.5, &|pair| {
        let scores: Vec<f64> = pair.rows.iter().map(|&row| scores[row]).collect();
        auc_over(&scores, &pair.is_upper, pair.clustering.as_ref())
    })
}

/// Each of the five with pruning less the same without, on the same examples.
#[must_use]
pub fn bias_auc_change(
    [dense, pruned]: [&[f64]; 2],
    positives: &[bool],
    in_subgroup: &[bool],
    clustering: Option<&Clustering>,
) -> BiasAuc {
    Sides::of(positives, in_subgroup, clustering).five(0.0, &|pair| {
        let [dense, pruned] =
            [dense, pruned].map(|scores| pair.rows.iter().map(|&row| scores[row]).collect::<Vec<f64>>());
        auc_change_over(&dense, &pruned, &pair.is_upper, pair.clustering.as_ref()).difference
    })
}

/// Rows by membership and class, each with its name.
struct Sides<'a> {
    subgroup: [Vec<usize>; 2],
    background: [Vec<usize>; 2],
    clustering: Option<&'a Clustering>,
}

/// Two samples that are compared.
struct Pair {
    rows: Vec<usize>,
    is_upper: Vec<bool>,
    clustering: Option<Clustering>,
}

impl<'a> Sides<'a> {
    fn of(positives: &[bool], in_subgroup: &[bool], clustering: Option<&'a Clustering>) -> Self {
        debug_assert_eq!(positives.len(), in_subgroup.len(), "one membership for each label");
        let pick = |of_subgroup: bool, positive: bool| -> Vec<usize> {
            let is_picked = |&row: &usize| positives[row] == positive && in_subgroup[row] == of_subgroup;
            (0..positives.len()).filter(is_picked).collect()
        };
        let classes = |of_subgroup: bool| [pick(of_subgroup, false), pick(of_subgroup, true)];
        Self { subgroup: classes(true), background: classes(false), clustering }
    }

    /// `auc` gives the chance that the upper sample of a pair scores above the lower one, with `half` 1/2, or its change,
    /// with `half` 0.
    fn five(&self, half: f64, auc: &dyn Fn(&Pair) -> Estimate) -> BiasAuc {
        let ([sub_neg, sub_pos], [back_neg, back_pos]) = (&self.subgroup, &self.background);
        let compare = |low: (&[usize], &str), high: (&[usize], &str)| {
            for (sample, name) in [low, high] {
                if sample.is_empty() {
                    return Estimate::undefined(format!("no {name}"), low.0.len() + high.0.len());
                }
            }
            auc(&self.pair(low.0, high.0))
        };
        let (subgroup_negatives, subgroup_positives) =
            ((sub_neg.as_slice(), "subgroup negatives"), (sub_pos.as_slice(), "subgroup positives"));
        let (background_negatives, background_positives) =
            ((back_neg.as_slice(), "background negatives"), (back_pos.as_slice(), "background positives"));
        // Average equality gap: 1/2 - P(background above subgroup).
        let gap = |subgroup, background| shifted(compare(subgroup, background), half);
        BiasAuc {
            subgroup_auc: compare(subgroup_negatives, subgroup_positives),
            bpsn_auc: compare(subgroup_negatives, background_positives),
            bnsp_auc: compare(background_negatives, subgroup_positives),
            negative_aeg: gap(subgroup_negatives, background_negatives),
            positive_aeg: gap(subgroup_positives, background_positives),
        }
    }

    fn pair(&self, low: &[usize], high: &[usize]) -> Pair {
        let rows: Vec<usize> = low.iter().chain(high).copied().collect();
        let of_row = |clustering: &Clustering| Clustering::of(rows.iter().map(|&row| clustering.of_row()[row]));
        let clustering = self.clustering.map(of_row);
        Pair { is_upper: (0..rows.len()).map(|place| place >= low.len()).collect(), rows, clustering }
    }
}

/// `from` less the estimate.
fn shifted(estimate: Estimate, from: f64) -> Estimate {
    match estimate {
        Estimate::Value { value, interval, method, n, clusters } => {
            let interval = interval.map(|(low, high)| (from - high, from - low));
            Estimate::Value { value: from - value, interval, method, n, clusters }
        }
        undefined @ Estimate::Undefined { .. } => undefined,
    }
}

/// Generalized mean `(mean of v^p)^(1/p)` of the subgroups' values; undefined ones are left out, and `n` is the number
/// that went in.
///
/// Range: that of the values; the lower `p`, the closer to the worst subgroup.
#[must_use]
pub fn power_mean(values: &[Estimate], p: f64) -> Estimate {
    let defined: Vec<f64> = values.iter().filter_map(Estimate::value).collect();
    let n = defined.len();
    if n == 0 {
        return Estimate::undefined(format!("none of {} subgroups has a value", values.len()), 0);
    }
    if defined.iter().any(|&value| value < 0.0) || p == 0.0 {
        return Estimate::undefined("a power mean needs values of at least 0 and a power other than 0", n);
    }
    // A zero makes a mean with negative power zero: the limit from above.
    let mean = defined.iter().map(|value| value.powf(p)).sum::<f64>() / n as f64;
    Estimate::plain(if mean.is_infinite() { 0.0 } else { mean.powf(1.0 / p) }, n)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(estimate: &Estimate) -> f64 {
        estimate.value().unwrap()
    }

    /// Counted by hand over all pairs.
    #[test]
    fn the_five_metrics_follow_their_definitions() {
        //                     subgroup: - - + +            background: - - - + +
        let scores = [0.4, 0.7, 0.6, 0.7, 0.1, 0.3, 0.5, 0.5, 0.9];
        let positives = [false, false, true, true, false, false, false, true, true];
        let in_subgroup = [true, true, true, true, false, false, false, false, false];
        let got = bias_auc(&scores, &positives, &in_subgroup, None);
        // 0.6 > 0.4, 0.6 < 0.7, 0.7 > 0.4, 0.7 = 0.7: 2.5 of 4.
        assert_eq!(value(&got.subgroup_auc), 2.5 / 4.0, "subgroup AUC");
        // 0.5 > 0.4, 0.5 < 0.7, 0.9 above both: 3 of 4.
        assert_eq!(value(&got.bpsn_auc), 3.0 / 4.0, "BPSN AUC");
        // 0.6 and 0.7 are above 0.1, 0.3, 0.5: 6 of 6.
        assert_eq!(value(&got.bnsp_auc), 1.0, "BNSP AUC");
        // Background negatives above subgroup negatives: only 0.5 > 0.4, 1 of 6.
        assert!((value(&got.negative_aeg) - (0.5 - 1.0 / 6.0)).abs() < 1e-15, "negative AEG: {got:?}");
        // Background positives above subgroup positives: 0.9 above both, 0.5 above none, 2 of 4.
        assert_eq!(value(&got.positive_aeg), 0.0, "positive AEG");
    }

    #[test]
    fn a_subgroup_without_positives_says_so() {
        let got = bias_auc(&[0.1, 0.2, 0.3], &[false, false, true], &[true, false, false], None);
        assert_eq!(got.subgroup_auc.reason(), Some("no subgroup positives"), "no pair within");
        assert_eq!(got.bnsp_auc.reason(), Some("no subgroup positives"), "no pair across");
        assert_eq!(value(&got.bpsn_auc), 1.0, "the other direction has one pair");
        assert_eq!(got.positive_aeg.reason(), Some("no subgroup positives"), "no gap");
    }

    #[test]
    fn power_means_lean_to_the_worst_subgroup() {
        let values = [0.5, 1.0].map(|value| Estimate::plain(value, 1));
        // ((0.5^-5 + 1)/2)^(-1/5) = 16.5^(-0.2)
        assert!((value(&power_mean(&values, BIAS_POWER)) - 16.5f64.powf(-0.2)).abs() < 1e-15, "p = -5");
        assert!((value(&power_mean(&values, 1.0)) - 0.75).abs() < 1e-15, "p = 1 is the mean");
        let with_gap = [Estimate::plain(0.8, 1), Estimate::undefined("no positives", 0)];
        let mean = power_mean(&with_gap, BIAS_POWER);
        assert!((value(&mean) - 0.8).abs() < 1e-15 && mean.n() == 1, "undefined ones are left out: {mean:?}");
        assert_eq!(value(&power_mean(&[Estimate::plain(0.0, 1), Estimate::plain(1.0, 1)], -5.0)), 0.0, "a zero");
        assert_eq!(power_mean(&[], -5.0).reason(), Some("none of 0 subgroups has a value"), "nothing at all");
    }
}
