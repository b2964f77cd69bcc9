//! Results per group.

use crate::evaluation::Measure;
use crate::evaluation::Prepared;
use crate::evaluation::StrategyRun;
use crate::evaluation::compare::Compared;
use crate::evaluation::compare::compare_now;
use crate::evaluation::resample::Draws;
use crate::evaluation::slice::Slice;
use crate::metrics::Estimate;

/// How far a rate can be used, by its own denominator.
///
/// Source: the minimum sizes of `statistics.md` c.9, an own rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum SizeClass {
    /// 0: not estimable, never 0 or 1.
    NotEstimable,
    /// 1 to 9: counts only, no rate.
    CountsOnly,
    /// 10 to 29: rate and interval, greyed; left out of gaps.
    Wide,
    /// 30 to 99: shown; gaps carry a mark.
    Small,
    /// 100 and more.
    Full,
}

impl SizeClass {
    /// The class of a denominator.
    #[must_use]
    pub fn of(denominator: usize) -> Self {
        match denominator {
            0 => Self::NotEstimable,
            1..=9 => Self::CountsOnly,
            10..=29 => Self::Wide,
            30..=99 => Self::Small,
            _ => Self::Full,
        }
    }

    /// A few words for tables and files.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::NotEstimable => "not estimable",
            Self::CountsOnly => "counts only",
            Self::Wide => "wide interval",
            Self::Small => "small",
            Self::Full => "full",
        }
    }

    /// Whether a rate may be shown at all.
    #[must_use]
    pub fn shows_rate(self) -> bool {
        self >= Self::Wide
    }

    /// Whether the group may enter gaps, constraints and color scales.
    #[must_use]
    pub fn enters_gaps(self) -> bool {
        self >= Self::Small
    }
}

/// One group, dense beside pruned.
#[derive(Clone, Debug, PartialEq)]
pub struct GroupRow {
    /// The group column.
    pub column: String,
    /// The group.
    pub value: String,
    /// Labelled items in the group.
    pub n: usize,
    /// Of these, class 1 (0 where the model has other than two classes).
    pub positives: usize,
    /// Of these, class 0 (0 where the model has other than two classes).
    pub negatives: usize,
    /// Denominator of the measure: all, positives or negatives, or the smaller class for AUC.
    pub denominator: usize,
    /// The measure in the dense run.
    pub dense: Estimate,
    /// The measure in the pruned run.
    pub pruned: Estimate,
    /// Pruned less dense, paired.
    pub difference: Estimate,
    /// What may be done with these numbers, by [`GroupRow::denominator`].
    pub size: SizeClass,
}

/// One measure for every value of a group column, in the column's order.
///
/// Groups whose denominator is below 10 get counts and no rate. Empty if there is no such column.
#[must_use]
pub fn group_rows(
    prepared: &Prepared,
    dense: &StrategyRun,
    run: &StrategyRun,
    column: usize,
    measure: Measure,
) -> Vec<GroupRow> {
    let Some(group_column) = prepared.dataset.groups.get(column) else { return Vec::new() };
    let row = |(value, name): (usize, &String)| {
        let slice = Slice::of(prepared, dense, run, members(prepared, column, value));
        group_row(&slice, measure, (&group_column.name, name))
    };
    group_column.values.iter().enumerate().map(row).collect()
}

/// One measure over all labelled items, as the row that the groups are compared with.
#[must_use]
pub fn overall_row(prepared: &Prepared, dense: &StrategyRun, run: &StrategyRun, measure: Measure) -> GroupRow {
    group_row(&Slice::all(prepared, dense, run), measure, ("", "all"))
}

fn group_row(slice: &Slice<'_>, measure: Measure, (column, value): (&str, &str)) -> GroupRow {
    let denominator = slice.denominator(measure);
    let size = SizeClass::of(denominator);
    let compared = guarded(compare_now(slice, measure, Draws::SCREEN), size, denominator);
    let class = |class: usize| if slice.is_binary() { slice.count(class) } else { 0 };
    GroupRow {
        column: column.to_owned(),
        value: value.to_owned(),
        n: slice.items.len(),
        positives: class(1),
        negatives: class(0),
        denominator,
        dense: compared.dense,
        pruned: compared.pruned,
        difference: compared.change,
        size,
    }
}

/// Items in a group.
pub(super) fn members(prepared: &Prepared, column: usize, value: usize) -> Vec<usize> {
    let is_member = |item: &usize| {
        let example = prepared.dataset.examples.get(prepared.rows[*item]);
        example.and_then(|example| example.groups.get(column)).is_some_and(|values| values.contains(&value))
    };
    (0..prepared.len()).filter(is_member).collect()
}

/// Takes away rates that rest on too few examples.
pub(super) fn guarded(compared: Compared, size: SizeClass, denominator: usize) -> Compared {
    if size.shows_rate() || size == SizeClass::NotEstimable {
        return compared;
    }
    let reason = format!("{denominator} of the examples it rests on: counts only below 10");
    let missing = Estimate::undefined(reason, denominator);
    Compared { measure: compared.measure, dense: missing.clone(), pruned: missing.clone(), change: missing }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_denominator_decides_what_may_be_shown() {
        let expected = [
            (0, SizeClass::NotEstimable, false, false),
            (1, SizeClass::CountsOnly, false, false),
            (9, SizeClass::CountsOnly, false, false),
            (10, SizeClass::Wide, true, false),
            (29, SizeClass::Wide, true, false),
            (30, SizeClass::Small, true, true),
            (99, SizeClass::Small, true, true),
            (100, SizeClass::Full, true, true),
        ];
        for (denominator, class, rate, gaps) in expected {
            assert_eq!(SizeClass::of(denominator), class, "class of {denominator}");
            assert_eq!(class.shows_rate(), rate, "rate at {denominator}");
            assert_eq!(class.enters_gaps(), gaps, "gaps at {denominator}");
        }
    }
}
