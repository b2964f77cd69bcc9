//! The groups that stand at one end, with an interval that allows for having picked them.

use crate::evaluation::Prepared;
use crate::evaluation::StrategyRun;
use crate::evaluation::audit::gap_draws::GapDraws;
use crate::evaluation::audit::gaps::Groups;
use crate::evaluation::audit::gaps::Member;
use crate::evaluation::audit::gaps::gap_of_rows;
use crate::evaluation::audit::groups::group_rows;
use crate::evaluation::audit::groups::overall_row;
use crate::evaluation::audit::slice::Side;
use crate::jobs::Cancelled;
use crate::jobs::Ticket;
use crate::metrics;
use crate::metrics::Estimate;

/// Groups listed in a reason before it is cut short.
const LISTED: usize = 5;

/// The largest or smallest value over the groups of a column, and all groups that have it.
///
/// Given only where every group of the column is large enough to be judged: one that is not could lie beyond. The interval
/// is simultaneous over the groups.
#[derive(Clone, Debug, PartialEq)]
pub struct Extreme {
    /// All groups that tie; empty where it is not given.
    pub groups: Vec<String>,
    /// Their value, or why it is not given.
    pub value: Estimate,
}

impl Extreme {
    /// Names the groups: `Sikh, Hindu and Jewish`.
    #[must_use]
    pub fn names(&self) -> String {
        joined(&self.groups)
    }

    /// The smallest value.
    pub(super) fn lowest(groups: &Groups<'_>, side: Side, draws: Option<&GapDraws<'_>>) -> Self {
        let ends = || draws.map(|draws| draws.smallest(side));
        Self::of(groups, |member| member.of(side).value().map(|value| -value), -1.0, ends)
    }

    /// The largest value.
    pub(super) fn highest(groups: &Groups<'_>, side: Side, draws: Option<&GapDraws<'_>>) -> Self {
        let ends = || draws.map(|draws| draws.largest(side));
        Self::of(groups, |member| member.of(side).value(), 1.0, ends)
    }

    /// The largest loss by pruning.
    pub(super) fn worst_loss(groups: &Groups<'_>, draws: Option<&GapDraws<'_>>) -> Self {
        let Some(is_better) = groups.measure.larger_is_better() else {
            let value = Estimate::undefined("no direction of this measure is better", groups.judged.len());
            return Self { groups: Vec::new(), value };
        };
        let sign = if is_better { -1.0 } else { 1.0 };
        let ends = || draws.map(|draws| draws.largest_change(sign));
        Self::of(groups, |member| member.change.value().map(|change| sign * change), 1.0, ends)
    }

    /// The groups with the largest `key`; the value is `sign` times it.
    fn of(
        groups: &Groups<'_>,
        key: impl Fn(&Member<'_>) -> Option<f64>,
        sign: f64,
        interval: impl Fn() -> Option<crate::evaluation::audit::gap_draws::GapInterval>,
    ) -> Self {
        let judged = groups.judged.len();
        let refused = |reason: String| Self { groups: Vec::new(), value: Estimate::undefined(reason, judged) };
        if let Some(reason) = unjudged(&groups.left_out, judged) {
            return refused(reason);
        }
        let keys: Vec<Option<f64>> = groups.judged.iter().map(key).collect();
        let picked = metrics::largest_of(&keys);
        let Some(value) = picked.first().and_then(|&first| keys[first]) else {
            return refused("no group has a value".to_owned());
        };
        // Zero has no sign.
        let value = Estimate::plain(sign * value + 0.0, judged);
        let value = interval().map_or_else(|| value.clone(), |interval| interval.give(value.clone()));
        let names = picked.into_iter().map(|index| groups.judged[index].name.to_owned()).collect();
        Self { groups: names, value }
    }
}

/// The groups with the lowest [`Prepared::main_measure`] over all group columns, and their column; the value is undefined
/// where a column has a group too small to be judged. `None` without group columns.
///
/// # Errors
/// [`Cancelled`] if the ticket says so.
pub fn worst_group(
    ticket: &Ticket,
    prepared: &Prepared,
    dense: &StrategyRun,
    run: &StrategyRun,
) -> Result<Option<(String, Extreme)>, Cancelled> {
    let mut worst: Option<(String, Extreme)> = None;
    let measure = prepared.main_measure();
    let overall = overall_row(prepared, dense, run, measure);
    for (column, named) in prepared.index.groups.iter().enumerate() {
        let rows = group_rows(prepared, dense, run, column, measure);
        let found = gap_of_rows(ticket, (prepared, dense, run), (&overall, &rows), (column, measure))?;
        let lowest = found.pruned.lowest;
        let Some(value) = lowest.value.value() else { return Ok(Some((named.name.clone(), lowest))) };
        let is_worse = |(_, before): &(String, Extreme)| before.value.value().is_none_or(|before| value < before);
        if worst.as_ref().is_none_or(is_worse) {
            worst = Some((named.name.clone(), lowest));
        }
    }
    Ok(worst)
}

/// Why no group can be called the worst, if that is so.
fn unjudged(left_out: &[(String, usize)], judged: usize) -> Option<String> {
    if left_out.is_empty() {
        return None;
    }
    let named = left_out.iter().take(LISTED).map(|(name, n)| format!("{name} ({n})")).collect::<Vec<_>>().join(", ");
    let more = if left_out.len() > LISTED { ", …" } else { "" };
    let (few, all) = (left_out.len(), left_out.len() + judged);
    let verb = if few == 1 { "has" } else { "have" };
    Some(format!("{few} of {all} groups {verb} fewer than 30 examples: {named}{more}"))
}

/// Names in a sentence: `Sikh, Hindu and Jewish`.
#[must_use]
pub fn joined(names: &[String]) -> String {
    match names {
        [] => String::new(),
        [one] => one.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_joined_as_in_a_sentence() {
        let names = ["Sikh", "Hindu", "Jewish"].map(str::to_owned);
        assert_eq!(joined(&names), "Sikh, Hindu and Jewish", "three");
        assert_eq!(
            (joined(&names[..2]), joined(&names[..1]), joined(&[])),
            ("Sikh and Hindu".into(), "Sikh".into(), String::new())
        );
    }

    #[test]
    fn a_long_list_of_small_groups_is_cut_short() {
        let small: Vec<(String, usize)> = (0..7).map(|k| (format!("g{k}"), k)).collect();
        let reason = unjudged(&small, 2).unwrap();
        assert_eq!(
            reason, "7 of 9 groups have fewer than 30 examples: g0 (0), g1 (1), g2 (2), g3 (3), g4 (4), …",
            "cut"
        );
        assert_eq!(unjudged(&[], 2), None, "all are judged");
    }
}
