//! Gaps and ratios between groups.
//!
//! Each function takes one estimate per group. Undefined ones are left out, and `n` of the result is the number of
//! groups that went in; with fewer than two there is no gap. Groups too small by
//! [`SizeClass`](super::SizeClass) are for the caller to leave out and to list.

use super::estimate::Estimate;

/// Largest minus smallest. Biased upward, the more the smaller the groups: show
/// [`range_under_equality`](super::range_under_equality) beside it.
#[must_use]
pub fn difference_between(groups: &[Estimate]) -> Estimate {
    with_range(groups, |low, high| Ok(high - low))
}

/// Smallest divided by largest; undefined when all are 0.
#[must_use]
pub fn ratio_between(groups: &[Estimate]) -> Estimate {
    with_range(groups, |low, high| if high > 0.0 { Ok(low / high) } else { Err("every group's value is 0") })
}

/// Largest distance of a group from the overall value.
#[must_use]
pub fn difference_to_overall(groups: &[Estimate], overall: &Estimate) -> Estimate {
    with_overall(groups, overall, |values, all| Ok(values.iter().map(|value| (value - all).abs()).fold(0.0, f64::max)))
}

/// Smallest ratio of a group and the overall value, each divided by the larger of the two.
#[must_use]
pub fn ratio_to_overall(groups: &[Estimate], overall: &Estimate) -> Estimate {
    with_overall(groups, overall, |values, all| {
        if all <= 0.0 {
            return Err("the overall value is 0");
        }
        Ok(values.iter().map(|value| (value / all).min(all / value)).fold(f64::INFINITY, f64::min))
    })
}

/// Largest minus smallest selection rate.
///
/// Source: fairlearn `demographic_parity_difference`.
#[must_use]
pub fn demographic_parity_difference(selection_rates: &[Estimate]) -> Estimate {
    difference_between(selection_rates)
}

/// Largest minus smallest true positive rate.
///
/// Source: Hardt, Price and Srebro 2016, "Equality of opportunity in supervised learning", section 2.
#[must_use]
pub fn equal_opportunity_difference(tpr: &[Estimate]) -> Estimate {
    difference_between(tpr)
}

/// The larger of the TPR and the FPR difference between groups.
///
/// Source: fairlearn `equalized_odds_difference` with `agg="worst_case"`.
#[must_use]
pub fn equalized_odds_difference(tpr: &[Estimate], fpr: &[Estimate]) -> Estimate {
    match (difference_between(tpr), difference_between(fpr)) {
        (Estimate::Value { value: tpr_gap, n: tpr_n, .. }, Estimate::Value { value: fpr_gap, n: fpr_n, .. }) => {
            Estimate::plain(tpr_gap.max(fpr_gap), tpr_n.min(fpr_n))
        }
        (undefined @ Estimate::Undefined { .. }, _) | (_, undefined) => undefined,
    }
}

/// Half the sum of the FPR and the TPR difference of an unprivileged and a privileged group.
///
/// Range: -1 to 1.
/// Source: AIF360 `average_odds_difference`.
#[must_use]
pub fn average_odds_difference(unprivileged: (f64, f64), privileged: (f64, f64)) -> f64 {
    let ((tpr_u, fpr_u), (tpr_v, fpr_v)) = (unprivileged, privileged);
    0.5 * ((fpr_u - fpr_v) + (tpr_u - tpr_v))
}

/// Values closer than this count as equal: what is left of rounding.
const TIE: f64 = 1e-9;

/// Places of the largest value: all that tie, in order; none where nothing is defined.
#[must_use]
pub fn largest_of(values: &[Option<f64>]) -> Vec<usize> {
    let largest = values.iter().flatten().copied().fold(f64::NEG_INFINITY, f64::max);
    let ties = |value: &Option<f64>| value.is_some_and(|value| value >= largest - TIE);
    (0..values.len()).filter(|&place| ties(&values[place])).collect()
}

/// Smallest and largest of some numbers; nothing where there are none, or one that is no number.
#[must_use]
pub fn ends_of(values: &[f64]) -> Option<(f64, f64)> {
    let ends = |(low, high): (f64, f64), &value: &f64| (low.min(value), high.max(value));
    let found = values.iter().fold((f64::INFINITY, f64::NEG_INFINITY), ends);
    (found.0 <= found.1 && values.iter().all(|value| value.is_finite())).then_some(found)
}

/// Largest minus smallest of some numbers; see [`ends_of`].
#[must_use]
pub fn widest(values: &[f64]) -> Option<f64> {
    ends_of(values).map(|(low, high)| high - low)
}

fn defined(groups: &[Estimate]) -> Vec<f64> {
    groups.iter().filter_map(Estimate::value).collect()
}

fn with_range(groups: &[Estimate], gap: impl Fn(f64, f64) -> Result<f64, &'static str>) -> Estimate {
    let values = defined(groups);
    if values.len() < 2 {
        let reason = format!("{} of {} groups have a value, a gap needs two", values.len(), groups.len());
        return Estimate::undefined(reason, values.len());
    }
    let low = values.iter().copied().fold(f64::INFINITY, f64::min);
    let high = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    estimate_of(gap(low, high), values.len())
}

fn with_overall(
    groups: &[Estimate],
    overall: &Estimate,
    gap: impl Fn(&[f64], f64) -> Result<f64, &'static str>,
) -> Estimate {
    let values = defined(groups);
    match (overall.value(), values.is_empty()) {
        (Some(all), false) => estimate_of(gap(&values, all), values.len()),
        (None, _) => Estimate::undefined("there is no overall value", values.len()),
        (_, true) => Estimate::undefined(format!("none of {} groups has a value", groups.len()), 0),
    }
}

fn estimate_of(value: Result<f64, &'static str>, n: usize) -> Estimate {
    value.map_or_else(|reason| Estimate::undefined(reason, n), |value| Estimate::plain(value, n))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn groups(values: &[f64]) -> Vec<Estimate> {
        values.iter().map(|&value| Estimate::plain(value, 10)).collect()
    }

    fn check(got: &Estimate, expected: f64, what: &str) {
        assert!((got.value().unwrap() - expected).abs() < 1e-15, "{what}: {got:?}, expected {expected}");
    }

    #[test]
    fn gaps_follow_their_definitions() {
        let rates = groups(&[0.5, 0.8, 0.6]);
        let overall = Estimate::plain(0.64, 30);
        check(&difference_between(&rates), 0.3, "0.8 - 0.5");
        check(&ratio_between(&rates), 0.625, "0.5 / 0.8");
        check(&difference_to_overall(&rates, &overall), 0.16, "0.8 is farther from 0.64 than 0.5");
        check(&ratio_to_overall(&rates, &overall), 0.5 / 0.64, "0.78 against 0.64 / 0.8 = 0.8");
        check(&equalized_odds_difference(&rates, &groups(&[0.1, 0.5, 0.2])), 0.4, "the FPR gap is the larger");
        check(&equal_opportunity_difference(&rates), 0.3, "the TPR gap alone");
        check(&demographic_parity_difference(&rates), 0.3, "the selection rates' gap");
        assert_eq!(largest_of(&[Some(0.5), None, Some(0.8), Some(0.8 - 1e-12)]), [2, 3], "all that tie");
        assert_eq!((widest(&[0.5, 0.8, 0.6]), widest(&[0.5, f64::NAN]), widest(&[])), (Some(0.8 - 0.5), None, None));
        assert!((average_odds_difference((0.7, 0.3), (0.8, 0.1)) - 0.05).abs() < 1e-15, "(0.2 - 0.1) / 2");
    }

    #[test]
    fn groups_without_a_value_are_left_out() {
        let mut rates = groups(&[0.5, 0.8]);
        rates.push(Estimate::undefined("no positives among 3 examples", 0));
        assert_eq!(difference_between(&rates).n(), 2, "two went in");
        let one = &rates[1..];
        assert_eq!(
            difference_between(one).reason(),
            Some("1 of 2 groups have a value, a gap needs two"),
            "one is no gap"
        );
        assert_eq!(equalized_odds_difference(&rates, one).value(), None, "both gaps are needed");
        assert_eq!(ratio_between(&groups(&[0.0, 0.0])).reason(), Some("every group's value is 0"), "0 / 0");
        let nobody = Estimate::undefined("no examples", 0);
        assert_eq!(difference_to_overall(&rates, &nobody).reason(), Some("there is no overall value"), "no reference");
        assert!(largest_of(&[None, None]).is_empty(), "nobody is largest");
    }
}
