//! How far the groups of a column lie apart, in both models. Source: statistics.md c.2.

use crate::evaluation::Compared;
use crate::evaluation::Measure;
use crate::evaluation::SizeClass;
use crate::evaluation::SliceAudit;
use crate::metrics;
use crate::metrics::Estimate;

/// The groups of one column.
#[derive(Clone, Debug, PartialEq)]
pub struct ColumnGaps {
    /// The group column.
    pub column: String,
    /// One entry for each listed measure.
    pub gaps: Vec<Gap>,
    /// The larger of the TPR and the FPR difference between groups, dense.
    pub equalized_odds_dense: Estimate,
    /// The same, pruned.
    pub equalized_odds_pruned: Estimate,
}

/// The groups of one column on one measure.
#[derive(Clone, Debug, PartialEq)]
pub struct Gap {
    /// The measure.
    pub measure: Measure,
    /// Without pruning.
    pub dense: Spread,
    /// With pruning.
    pub pruned: Spread,
    /// The group that loses most by pruning, and how much (negative = even it gains); for measures of which one
    /// direction is better.
    pub worst_loss: Option<(String, f64)>,
    /// Groups with fewer than 30 examples in the denominator: left out, with that number.
    pub left_out: Vec<(String, usize)>,
}

/// How far groups lie apart.
#[derive(Clone, Debug, PartialEq)]
pub struct Spread {
    /// `max |m_g - m_all|`.
    pub to_overall: Estimate,
    /// `max m_g - min m_g`; larger than 0 by chance alone, more so the more and the smaller the groups.
    pub between: Estimate,
    /// What `between` would be expected to be if all groups had the overall rate.
    pub between_by_chance: Option<f64>,
    /// `min m_g / max m_g`.
    pub ratio: Estimate,
    /// The group with the lowest value.
    pub lowest: Option<(String, f64)>,
    /// The group with the highest value.
    pub highest: Option<(String, f64)>,
}

/// Measures whose gaps are listed: accuracy, and those of equal opportunity, equalized odds and demographic parity.
const MEASURES: [Measure; 4] = [Measure::Accuracy, Measure::Tpr, Measure::Fpr, Measure::SelectionRate];

/// The gaps of every column.
pub(super) fn gaps(overall: &SliceAudit, groups: &[SliceAudit]) -> Vec<ColumnGaps> {
    let mut columns: Vec<&str> = Vec::new();
    for group in groups.iter().filter_map(|slice| slice.group.as_ref()) {
        if !columns.contains(&group.column.as_str()) {
            columns.push(&group.column);
        }
    }
    columns.into_iter().map(|column| column_gaps(overall, groups, column)).collect()
}

fn column_gaps(overall: &SliceAudit, groups: &[SliceAudit], column: &str) -> ColumnGaps {
    let gaps: Vec<Gap> = MEASURES.iter().map(|&measure| gap(overall, groups, column, measure)).collect();
    let odds = |pick: fn(&Compared) -> &Estimate| {
        let [tpr, fpr] = [Measure::Tpr, Measure::Fpr].map(|measure| {
            let (used, _) = members(groups, column, measure);
            used.iter().map(|(_, _, row)| pick(row).clone()).collect::<Vec<_>>()
        });
        metrics::equalized_odds_difference(&tpr, &fpr)
    };
    ColumnGaps {
        column: column.to_owned(),
        gaps,
        equalized_odds_dense: odds(|row| &row.dense),
        equalized_odds_pruned: odds(|row| &row.pruned),
    }
}

/// A group that counts: name, denominator, numbers.
type Member<'a> = (&'a str, usize, &'a Compared);

/// The groups of a column that count for a measure, and those too small to.
fn members<'a>(groups: &'a [SliceAudit], column: &str, measure: Measure) -> (Vec<Member<'a>>, Vec<(String, usize)>) {
    let mut used = Vec::new();
    let mut left_out = Vec::new();
    for slice in groups {
        let Some(group) = slice.group.as_ref().filter(|group| group.column == column) else { continue };
        let denominator = denominator(slice, measure);
        match slice.measure(measure) {
            Some(row) if SizeClass::of(denominator).joins_gaps() => {
                used.push((group.value.as_str(), denominator, row));
            }
            _ => left_out.push((group.value.clone(), denominator)),
        }
    }
    (used, left_out)
}

fn gap(overall: &SliceAudit, groups: &[SliceAudit], column: &str, measure: Measure) -> Gap {
    let (used, left_out) = members(groups, column, measure);
    let spread = |pick: fn(&Compared) -> &Estimate| {
        let values: Vec<(&str, usize, &Estimate)> = used.iter().map(|(name, n, row)| (*name, *n, pick(row))).collect();
        let missing = Estimate::undefined("there is no overall value", overall.n);
        spread(&values, overall.measure(measure).map_or(&missing, pick))
    };
    let sign = measure.larger_is_better().map(|is_better| if is_better { -1.0 } else { 1.0 });
    let losses = used.iter().filter_map(|(name, _, row)| Some((*name, sign? * row.change.value()?)));
    let worst_loss = losses.max_by(|a, b| a.1.total_cmp(&b.1)).map(|(name, loss)| (name.to_owned(), loss));
    Gap { measure, dense: spread(|row| &row.dense), pruned: spread(|row| &row.pruned), worst_loss, left_out }
}

/// The denominator of a listed rate: all labelled items, or one class of them.
fn denominator(slice: &SliceAudit, measure: Measure) -> usize {
    let class = |class: usize| slice.n_per_class.get(class).copied().unwrap_or(0);
    match measure {
        Measure::Tpr => class(1),
        Measure::Fpr => class(0),
        _ => slice.n,
    }
}

fn spread(groups: &[(&str, usize, &Estimate)], overall: &Estimate) -> Spread {
    let values: Vec<Estimate> = groups.iter().map(|(_, _, value)| (*value).clone()).collect();
    let sizes: Vec<usize> = groups.iter().map(|(_, n, _)| *n).collect();
    let named = || groups.iter().filter_map(|(name, _, value)| Some(((*name).to_owned(), value.value()?)));
    Spread {
        to_overall: metrics::difference_to_overall(&values, overall),
        between: metrics::difference_between(&values),
        between_by_chance: overall.value().and_then(|rate| metrics::range_under_equality(&sizes, rate)),
        ratio: metrics::ratio_between(&values),
        lowest: named().min_by(|a, b| a.1.total_cmp(&b.1)),
        highest: named().max_by(|a, b| a.1.total_cmp(&b.1)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spreads_name_their_ends() {
        let values = [0.9, 0.6, 0.75].map(|value| Estimate::plain(value, 50));
        let groups = [("a", 50, &values[0]), ("b", 50, &values[1]), ("c", 50, &values[2])];
        let spread = spread(&groups, &Estimate::plain(0.8, 150));
        assert!((spread.to_overall.value().unwrap() - 0.2).abs() < 1e-12, "b lies 0.2 below 0.8");
        assert!((spread.between.value().unwrap() - 0.3).abs() < 1e-12, "0.9 - 0.6");
        assert!(spread.between_by_chance.unwrap() > 0.05, "three groups of 50 differ by chance");
        assert_eq!(spread.lowest, Some(("b".to_owned(), 0.6)), "the lowest is b");
        assert_eq!(spread.highest, Some(("a".to_owned(), 0.9)), "the highest is a");
    }

    #[test]
    fn one_group_has_no_gap() {
        let value = Estimate::plain(0.9, 50);
        let spread = spread(&[("a", 50, &value)], &Estimate::plain(0.8, 50));
        assert!(spread.between.value().is_none(), "nothing to compare with");
    }
}
