//! Laws that metrics obey whatever the data.

use proptest::prelude::*;
use prunescope::metrics;
use prunescope::metrics::Estimate;

use crate::support::cases;

/// Scores on a coarse grid, so that ties abound, with labels.
fn scored() -> impl Strategy<Value = (Vec<f64>, Vec<bool>)> {
    prop::collection::vec((0_u8..12, any::<bool>()), 1..60)
        .prop_map(|rows| rows.into_iter().map(|(score, label)| (f64::from(score) / 12.0, label)).unzip())
}

/// The definition, over all pairs.
fn pairwise_auc(scores: &[f64], positives: &[bool]) -> Option<f64> {
    let (mut won, mut pairs) = (0.0, 0.0);
    for (i, &positive) in positives.iter().enumerate() {
        for (j, &other) in positives.iter().enumerate() {
            if positive && !other {
                pairs += 1.0;
                won += if scores[i] > scores[j] { 1.0 } else { 0.0 } + if scores[i] == scores[j] { 0.5 } else { 0.0 };
            }
        }
    }
    (pairs > 0.0).then(|| won / pairs)
}

fn reordered<T: Copy>(values: &[T], order: &[usize]) -> Vec<T> {
    order.iter().map(|&i| values[i]).collect()
}

proptest! {
    #![proptest_config(cases(256))]

    #[test]
    fn rank_auc_is_the_pairwise_definition_ties_included((scores, positives) in scored()) {
        prop_assert_eq!(metrics::auc(&scores, &positives).value(), pairwise_auc(&scores, &positives), "exactly");
    }

    #[test]
    fn auc_and_its_interval_survive_monotone_maps((scores, positives) in scored()) {
        let mapped: Vec<f64> = scores.iter().map(|score| (3.0 * score).exp() - 7.0).collect();
        prop_assert_eq!(metrics::auc(&scores, &positives), metrics::auc(&mapped, &positives), "only the order counts");
        let change = metrics::auc_change(&scores, &mapped, &positives);
        prop_assert!(change.difference.value().is_none_or(|value| value == 0.0), "no change: {:?}", change);
    }

    #[test]
    fn turning_labels_around_mirrors_the_auc((scores, positives) in scored()) {
        let turned: Vec<bool> = positives.iter().map(|positive| !positive).collect();
        if let (Some(a), Some(b)) = (metrics::auc(&scores, &positives).value(), metrics::auc(&scores, &turned).value()) {
            prop_assert!((a + b - 1.0).abs() < 1e-12, "{} and {}", a, b);
        }
    }

    #[test]
    fn the_order_of_rows_does_not_matter((scores, positives) in scored(), seed in any::<u64>()) {
        let mut order: Vec<usize> = (0..scores.len()).collect();
        order.sort_by_key(|&i| (i as u64 ^ seed).wrapping_mul(0x9e37_79b9_7f4a_7c15));
        let (mixed, mixed_positives) = (reordered(&scores, &order), reordered(&positives, &order));
        let close = |a: &Estimate, b: &Estimate| match (a.value(), b.value()) {
            (Some(a), Some(b)) => (a - b).abs() < 1e-12,
            (a, b) => a == b,
        };
        let auc = metrics::auc(&mixed, &mixed_positives);
        prop_assert!(close(&metrics::auc(&scores, &positives), &auc), "AUC {:?}", auc);
        let brier = metrics::brier(&mixed, &mixed_positives);
        prop_assert!(close(&metrics::brier(&scores, &positives), &brier), "Brier {:?}", brier);
        let bins = metrics::CalibrationBins::fit(&scores, 5);
        prop_assert_eq!(&bins, &metrics::CalibrationBins::fit(&mixed, 5), "bins");
        let ece = metrics::ece(&bins, &mixed, &mixed_positives);
        prop_assert!(close(&metrics::ece(&bins, &scores, &positives), &ece), "ECE {:?}", ece);
    }

    #[test]
    fn every_interval_holds_its_value(k1 in 0_usize..40, more1 in 0_usize..40, k2 in 0_usize..40, more2 in 0_usize..40) {
        let (n1, n2) = (k1 + more1, k2 + more2);
        let estimates = [metrics::wilson(k1, n1), metrics::newcombe(k1, n1, k2, n2)];
        for estimate in estimates {
            if let (Some(value), Some((low, high))) = (estimate.value(), estimate.interval()) {
                prop_assert!(low <= value && value <= high, "{:?}", estimate);
            }
        }
        let paired = metrics::bonett_price(k1, k2, k1 + k2 + more1);
        if let Some((low, high)) = paired.interval() {
            prop_assert!(-1.0 <= low && low < high && high <= 1.0, "{:?}", paired);
            let turned = metrics::bonett_price(k2, k1, k1 + k2 + more1).interval().unwrap();
            prop_assert!((turned.0 + high).abs() < 1e-12 && (turned.1 + low).abs() < 1e-12, "mirrored {:?}", turned);
        }
    }

    #[test]
    fn mid_p_lies_below_the_exact_p(b in 0_usize..80, c in 0_usize..80) {
        let (mid_p, exact) = (metrics::mcnemar_mid_p(b, c), metrics::mcnemar_exact(b, c));
        prop_assert!(0.0 < mid_p && mid_p <= exact && exact <= 1.0, "{} and {}", mid_p, exact);
        prop_assert_eq!(mid_p, metrics::mcnemar_mid_p(c, b), "direction does not matter");
    }

    #[test]
    fn adjusted_p_values_never_shrink_and_keep_their_order(p in prop::collection::vec(0.0_f64..=1.0, 0..20)) {
        for (name, adjusted) in [
            ("holm", metrics::holm(&p)),
            ("bh", metrics::benjamini_hochberg(&p)),
            ("by", metrics::benjamini_yekutieli(&p)),
        ] {
            for (i, (&raw, &value)) in p.iter().zip(&adjusted).enumerate() {
                prop_assert!(raw <= value + 1e-15 && value <= 1.0, "{} {}: {} from {}", name, i, value, raw);
                let smaller = p.iter().zip(&adjusted).filter(|(other, _)| **other <= raw);
                prop_assert!(smaller.fold(true, |fine, (_, &other)| fine && other <= value), "{}: order kept", name);
            }
        }
    }

    #[test]
    fn a_gap_is_zero_when_all_groups_agree(rate in 0.01_f64..1.0, groups in 2_usize..9) {
        let same = vec![Estimate::plain(rate, 30); groups];
        prop_assert_eq!(metrics::difference_between(&same).value(), Some(0.0), "difference");
        prop_assert_eq!(metrics::ratio_between(&same).value(), Some(1.0), "ratio");
        prop_assert_eq!(metrics::difference_to_overall(&same, &same[0]).value(), Some(0.0), "to overall");
    }

    #[test]
    fn a_whole_subgroup_has_the_overall_auc((scores, positives) in scored()) {
        let everyone = vec![true; scores.len()];
        let subgroup = metrics::bias_auc(&scores, &positives, &everyone, None).subgroup_auc;
        prop_assert_eq!(subgroup.value(), metrics::auc(&scores, &positives).value(), "no background");
    }
}
