//! The texts behind a count: those that are harmed, rescued, changed, or that a measure rests on.

use crate::evaluation::Measure;
use crate::evaluation::Prepared;
use crate::evaluation::StrategyRun;
use crate::evaluation::audit::slice::Side;
use crate::evaluation::audit::slice::Slice;

/// Which texts of a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Picked {
    /// Those that the measure rests on.
    Counted,
    /// Dense right, pruned wrong, among those that the measure's test is about.
    Harmed,
    /// Dense wrong, pruned right, among the same.
    Rescued,
    /// Those whose class changed.
    Changed,
}

/// Rows of the data set behind a count of [`group_rows`](crate::evaluation::group_rows) or
/// [`judge`](crate::evaluation::judge()), ascending; `group` is a column and a value, by index, `None` all texts.
#[must_use]
pub fn picked_rows(
    prepared: &Prepared,
    (dense, run): (&StrategyRun, &StrategyRun),
    group: Option<(usize, usize)>,
    measure: Measure,
    picked: Picked,
) -> Vec<usize> {
    let all = Slice::of_measure(prepared, (dense, run), measure);
    let slice = match group {
        Some((column, value)) => all.of(prepared.members(column, value)),
        None => all,
    };
    let is_in: Vec<bool> = match picked {
        Picked::Counted => slice.counted(measure),
        Picked::Harmed => turned(&slice, measure, [Side::Dense, Side::Pruned]),
        Picked::Rescued => turned(&slice, measure, [Side::Pruned, Side::Dense]),
        Picked::Changed => slice.are_changed(),
    };
    let picked = is_in.into_iter().enumerate().filter(|(_, is_in)| *is_in);
    picked.map(|(index, _)| prepared.row(slice.item(index))).collect()
}

/// Right on one side and wrong on the other, of the class that the measure is about.
fn turned(slice: &Slice<'_>, measure: Measure, [right, wrong]: [Side; 2]) -> Vec<bool> {
    let part = match measure {
        Measure::Tpr | Measure::Fnr | Measure::Fpr | Measure::Tnr => slice.counted(measure),
        _ => vec![true; slice.len()],
    };
    let turned = slice.are_turned(measure, right, wrong).into_iter();
    turned.zip(part).map(|(turned, is_in)| turned && is_in).collect()
}
