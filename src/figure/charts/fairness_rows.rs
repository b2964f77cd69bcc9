//! What pruning did to the decisions of a group, as a row carries it, and the order of rows.

use std::cmp::Ordering;

use crate::evaluation::Judgment;
use crate::evaluation::Measure;

use super::super::decided::Decided;
use super::super::decided::Judged;
use super::super::describe::Column;
use super::super::describe::DotRow;

/// What pruning did to the decisions that a measure rests on.
pub(super) fn judged(judgment: &Judgment, measure: Measure) -> Option<Decided> {
    let (test, verdict) = (judgment.test(measure)?, judgment.verdict(measure)?);
    let p = |value: f64| (test.n > 0).then_some(value);
    Some(Decided::Judged(Judged {
        harmed: test.harmed,
        rescued: test.rescued,
        p: p(test.p),
        p_adjusted: p(test.p_adjusted),
        test: test.test.to_owned(),
        clusters: test.clusters,
        verdict: verdict.label().to_owned(),
        reason: verdict.reason(),
    }))
}

/// The order of the rows; undefined values come last in either direction.
#[must_use]
pub fn sort_rows(rows: &[DotRow], (column, descending): (Column, bool)) -> Vec<usize> {
    let mut order: Vec<usize> = (0..rows.len()).collect();
    let turned = |ordering: Ordering| if descending { ordering.reverse() } else { ordering };
    order.sort_by(|one, other| {
        let (one, other) = (&rows[*one], &rows[*other]);
        match (sort_value(one, column), sort_value(other, column)) {
            _ if column == Column::Group => turned(one.label.cmp(&other.label)),
            (Some(one), Some(other)) => turned(one.total_cmp(&other)),
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (None, None) => Ordering::Equal,
        }
    });
    order
}

/// What a column sorts by; groups go by their names.
fn sort_value(row: &DotRow, column: Column) -> Option<f64> {
    let judged = match &row.decided {
        Some(Decided::Judged(judged)) => Some(judged),
        _ => None,
    };
    match column {
        Column::Group => None,
        Column::Count => Some(row.count as f64),
        Column::Dense => row.dense.value,
        Column::Pruned => row.pruned.value,
        Column::Difference => row.difference.value,
        Column::Harmed => judged.map(|judged| judged.harmed as f64),
        Column::Rescued => judged.map(|judged| judged.rescued as f64),
        Column::P => judged.and_then(|judged| judged.p),
        Column::PAdjusted => judged.and_then(|judged| judged.p_adjusted),
        // Failures first when falling: what calls for a look.
        Column::Verdict => judged.and_then(|judged| {
            let order = ["pass", "undecided", "fail"];
            order.iter().position(|label| *label == judged.verdict).map(|place| place as f64)
        }),
        Column::Changed => match &row.decided {
            Some(Decided::Changed { texts }) => Some(*texts as f64),
            _ => None,
        },
    }
}
