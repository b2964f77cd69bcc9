//! Results per group.

use crate::evaluation::Measure;
use crate::evaluation::Prepared;
use crate::evaluation::StrategyRun;
use crate::evaluation::audit::compare::Compared;
use crate::evaluation::audit::compare::compare_now;
use crate::evaluation::audit::resample::Draws;
use crate::evaluation::audit::slice::Slice;
use crate::metrics::Estimate;
use crate::metrics::SizeClass;

/// One group, dense beside pruned.
#[derive(Clone, Debug, PartialEq)]
pub struct GroupRow {
    /// The group column.
    pub column: String,
    /// The group.
    pub value: String,
    /// Items in the group that the measure is about: labelled ones, or all where it needs no labels.
    pub n: usize,
    /// Of these, in the class of interest (0 where the model has other than two classes, or labels do not count).
    pub positives: usize,
    /// Of these, in the other class (likewise).
    pub negatives: usize,
    /// Denominator of the measure: all, positives or negatives, or the smaller class for AUC.
    pub denominator: usize,
    /// The measure in the dense run.
    pub dense: Estimate,
    /// The measure in the pruned run.
    pub pruned: Estimate,
    /// Pruned less dense, paired.
    pub difference: Estimate,
    /// Items of the group whose class changed.
    pub changed: usize,
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
    let Some(group_column) = prepared.index.groups.get(column) else { return Vec::new() };
    let all = Slice::of_measure(prepared, (dense, run), measure);
    let row = |(value, name): (usize, &String)| {
        let slice = all.of(prepared.members(column, value));
        group_row(&slice, measure, (&group_column.name, name))
    };
    group_column.values.iter().enumerate().map(row).collect()
}

/// One measure over all items that it is about, as the row that the groups are compared with.
#[must_use]
pub fn overall_row(prepared: &Prepared, dense: &StrategyRun, run: &StrategyRun, measure: Measure) -> GroupRow {
    group_row(&Slice::of_measure(prepared, (dense, run), measure), measure, ("", "all"))
}

fn group_row(slice: &Slice<'_>, measure: Measure, (column, value): (&str, &str)) -> GroupRow {
    let compared = guarded(compare_now(slice, measure, Draws::SCREEN));
    let (denominator, size) = (compared.denominator, SizeClass::of(compared.denominator));
    let [positives, negatives] = if slice.is_binary() && measure.needs_labels() { slice.class_sizes() } else { [0, 0] };
    GroupRow {
        column: column.to_owned(),
        value: value.to_owned(),
        n: slice.len(),
        positives,
        negatives,
        denominator,
        dense: compared.dense,
        pruned: compared.pruned,
        difference: compared.change,
        changed: slice.changed().hits,
        size,
    }
}

/// Takes away rates that rest on too few examples.
pub(super) fn guarded(compared: Compared) -> Compared {
    let Compared { measure, denominator, dense, pruned, change } = compared;
    let guard = |estimate| guarded_estimate(estimate, denominator);
    Compared { measure, denominator, dense: guard(dense), pruned: guard(pruned), change: guard(change) }
}

/// Takes a rate away that rests on too few examples; without any it says so itself.
pub(super) fn guarded_estimate(estimate: Estimate, denominator: usize) -> Estimate {
    if SizeClass::of(denominator) != SizeClass::CountsOnly {
        return estimate;
    }
    Estimate::undefined(format!("{denominator} of the examples it rests on: counts only below 10"), denominator)
}
