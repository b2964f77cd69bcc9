//! Threshold-free text-bias metrics.

use super::auc::auc_of_samples;
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

/// All five metrics of one subgroup.
#[must_use]
pub fn bias_auc(scores: &[f64], positives: &[bool], in_subgroup: &[bool]) -> BiasAuc {
    debug_assert_eq!(scores.len(), positives.len(), "one label for each score");
    debug_assert_eq!(scores.len(), in_subgroup.len(), "one membership for each score");
    let pick = |of_subgroup: bool, positive: bool| -> Vec<f64> {
        let rows = scores.iter().zip(positives).zip(in_subgroup);
        rows.filter(|((_, p), s)| **p == positive && **s == of_subgroup).map(|((score, _), _)| *score).collect()
    };
    let (subgroup_negatives, subgroup_positives) = (pick(true, false), pick(true, true));
    let (background_negatives, background_positives) = (pick(false, false), pick(false, true));
    BiasAuc {
        subgroup_auc: named(&subgroup_negatives, &subgroup_positives, "subgroup negatives", "subgroup positives"),
        bpsn_auc: named(&subgroup_negatives, &background_positives, "subgroup negatives", "background positives"),
        bnsp_auc: named(&background_negatives, &subgroup_positives, "background negatives", "subgroup positives"),
        negative_aeg: gap(&subgroup_negatives, &background_negatives, "negatives"),
        positive_aeg: gap(&subgroup_positives, &background_positives, "positives"),
    }
}

fn named(low: &[f64], high: &[f64], low_name: &str, high_name: &str) -> Estimate {
    for (sample, name) in [(low, low_name), (high, high_name)] {
        if sample.is_empty() {
            return Estimate::undefined(format!("no {name}"), low.len() + high.len());
        }
    }
    auc_of_samples(low, high)
}

/// Average equality gap: 1/2 - P(background above subgroup).
fn gap(subgroup: &[f64], background: &[f64], class: &str) -> Estimate {
    match named(subgroup, background, &format!("subgroup {class}"), &format!("background {class}")) {
        Estimate::Value { value, interval, method, n } => {
            let interval = interval.map(|(low, high)| (0.5 - high, 0.5 - low));
            Estimate::Value { value: 0.5 - value, interval, method, n }
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
        let got = bias_auc(&scores, &positives, &in_subgroup);
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
        let got = bias_auc(&[0.1, 0.2, 0.3], &[false, false, true], &[true, false, false]);
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
