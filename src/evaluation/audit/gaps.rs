//! How far the groups of a column lie apart, in both models. Source: statistics.md c.2.

use crate::evaluation::Compared;
use crate::evaluation::Draws;
use crate::evaluation::GroupRow;
use crate::evaluation::Measure;
use crate::evaluation::Prepared;
use crate::evaluation::SizeClass;
use crate::evaluation::SliceAudit;
use crate::evaluation::StrategyRun;
use crate::evaluation::audit::extreme::Extreme;
use crate::evaluation::audit::gap_draws::GapDraws;
use crate::evaluation::audit::joint::Joint;
use crate::evaluation::audit::joint::is_counted;
use crate::evaluation::audit::slice::Side;
use crate::evaluation::audit::slice::Slice;
use crate::jobs::Cancelled;
use crate::jobs::Ticket;
use crate::metrics;
use crate::metrics::Estimate;
use crate::model::HeadKind;

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
    /// The latter less the former.
    pub equalized_odds_change: Estimate,
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
    /// What pruning does to the gaps: pruned less dense.
    pub change: SpreadChange,
    /// The groups that lose most by pruning, and how much (negative = even they gain); undefined for measures of which no
    /// direction is better.
    pub worst_loss: Extreme,
    /// Groups with fewer than 30 examples in the denominator: left out, with that number.
    pub left_out: Vec<(String, usize)>,
}

/// How far groups lie apart.
#[derive(Clone, Debug, PartialEq)]
pub struct Spread {
    /// `max |m_g - m_all|`.
    pub to_overall: Estimate,
    /// The groups that lie so far.
    pub furthest: Vec<String>,
    /// `max m_g - min m_g`; larger than 0 by chance alone, more so the more and the smaller the groups.
    pub between: Estimate,
    /// What `between` would be expected to be if all groups had the overall rate.
    pub between_by_chance: Option<f64>,
    /// Mean of the draws of `between` less its value: how much chance adds.
    pub between_bias: Option<f64>,
    /// `min m_g / max m_g`.
    pub ratio: Estimate,
    /// The groups with the lowest value.
    pub lowest: Extreme,
    /// The groups with the highest value.
    pub highest: Extreme,
}

/// Changes of [`Spread`].
#[derive(Clone, Debug, PartialEq)]
pub struct SpreadChange {
    /// Of [`Spread::to_overall`].
    pub to_overall: Estimate,
    /// Of [`Spread::between`].
    pub between: Estimate,
    /// Of [`Spread::ratio`].
    pub ratio: Estimate,
}

impl Gap {
    /// The groups that a model serves worst; undefined where no direction of the measure is better.
    #[must_use]
    pub fn worst(&self, is_dense: bool) -> Option<&Extreme> {
        let spread = if is_dense { &self.dense } else { &self.pruned };
        let is_better = self.measure.larger_is_better()?;
        Some(if is_better { &spread.lowest } else { &spread.highest })
    }
}

/// Measures whose gaps are listed: accuracy, and those of equal opportunity, equalized odds and demographic parity.
pub(super) const MEASURES: [Measure; 4] = [Measure::Accuracy, Measure::Tpr, Measure::Fpr, Measure::SelectionRate];

/// A group of a column, judged or left out.
pub(super) struct Member<'a> {
    pub(super) name: &'a str,
    /// Its number among the column's values.
    pub(super) group: usize,
    /// Examples the measure rests on.
    pub(super) denominator: usize,
    pub(super) dense: &'a Estimate,
    pub(super) pruned: &'a Estimate,
    pub(super) change: &'a Estimate,
}

/// The groups of a column on one measure, and all texts.
pub(super) struct Groups<'a> {
    pub(super) measure: Measure,
    pub(super) overall: [&'a Estimate; 2],
    pub(super) judged: Vec<Member<'a>>,
    pub(super) left_out: Vec<(String, usize)>,
}

impl<'a> Groups<'a> {
    fn of(measure: Measure, overall: [&'a Estimate; 2], members: impl Iterator<Item = Member<'a>>) -> Self {
        let joins = |member: &Member<'_>| SizeClass::of(member.denominator).joins_gaps();
        let (judged, small): (Vec<_>, Vec<_>) = members.partition(joins);
        let left_out = small.into_iter().map(|member| (member.name.to_owned(), member.denominator)).collect();
        Self { measure, overall, judged, left_out }
    }

    pub(super) fn values(&self, side: Side) -> Vec<Estimate> {
        self.judged.iter().map(|member| member.of(side).clone()).collect()
    }

    pub(super) fn overall(&self, side: Side) -> &Estimate {
        self.overall[usize::from(side == Side::Pruned)]
    }
}

impl Member<'_> {
    pub(super) fn of(&self, side: Side) -> &Estimate {
        match side {
            Side::Dense => self.dense,
            Side::Pruned => self.pruned,
        }
    }
}

/// The gaps of every column.
///
/// `all` are the items that the measures are about: labelled ones, or all where nothing is labelled.
///
/// # Errors
/// [`Cancelled`] if the ticket says so.
pub(super) fn gaps(
    ticket: &Ticket,
    (prepared, all, measures): (&Prepared, &Slice<'_>, &[Measure]),
    (overall, groups): (&SliceAudit, &[SliceAudit]),
    draws: Draws,
) -> Result<Vec<ColumnGaps>, Cancelled> {
    let column = |(column, named): (usize, &crate::data::GroupColumn)| {
        let joints = Joints::of(ticket, (prepared, all, measures), column, draws)?;
        let of_column = |slice: &&SliceAudit| slice.group.as_ref().is_some_and(|group| group.column == named.name);
        let slices: Vec<&SliceAudit> = groups.iter().filter(of_column).collect();
        Ok(column_gaps(&named.name, measures, (overall, &slices), &joints))
    };
    prepared.index.groups.iter().enumerate().map(column).collect()
}

/// The draws of a column.
struct Joints {
    /// By the class of interest with two classes, else by right and wrong.
    main: Joint,
    /// By the label of interest, where right and wrong are about more.
    interest: Option<Joint>,
    head: HeadKind,
}

impl Joints {
    fn of(
        ticket: &Ticket,
        (prepared, all, measures): (&Prepared, &Slice<'_>, &[Measure]),
        column: usize,
        draws: Draws,
    ) -> Result<Self, Cancelled> {
        let head = prepared.head;
        let main = joint(ticket, (prepared, all, measures[0]), column, draws)?;
        let apart = measures.iter().find(|measure| measure.is_of_interest(head));
        let interest = apart.map(|&measure| joint(ticket, (prepared, all, measure), column, draws)).transpose()?;
        Ok(Self { main, interest, head })
    }

    fn get(&self, measure: Measure) -> &Joint {
        self.interest.as_ref().filter(|_| measure.is_of_interest(self.head)).unwrap_or(&self.main)
    }
}

fn joint(
    ticket: &Ticket,
    (prepared, all, measure): (&Prepared, &Slice<'_>, Measure),
    column: usize,
    draws: Draws,
) -> Result<Joint, Cancelled> {
    let (memberships, values) = (&prepared.index.memberships[column], prepared.index.groups[column].values.len());
    let by_interest = match prepared.head {
        HeadKind::Classifier => prepared.is_binary(),
        head => measure.is_of_interest(head),
    };
    Joint::of(ticket, (all, by_interest), values, |item| memberships.of(prepared.row(item)), draws)
}

/// The gap of one column on one measure, from the rows that are shown; with intervals where the measure is made of counts.
///
/// # Errors
/// [`Cancelled`] if the ticket says so.
pub fn gap_of_rows(
    ticket: &Ticket,
    (prepared, dense, run): (&Prepared, &StrategyRun, &StrategyRun),
    (overall, rows): (&GroupRow, &[GroupRow]),
    (column, measure): (usize, Measure),
) -> Result<Gap, Cancelled> {
    let members = rows.iter().enumerate().map(|(group, row)| Member {
        name: &row.value,
        group,
        denominator: row.denominator,
        dense: &row.dense,
        pruned: &row.pruned,
        change: &row.difference,
    });
    let groups = Groups::of(measure, [&overall.dense, &overall.pruned], members);
    let is_drawn = is_counted(measure) && column < prepared.index.groups.len();
    if !is_drawn {
        return Ok(gap(&groups, None));
    }
    let all = Slice::of_measure(prepared, (dense, run), measure);
    let joint = joint(ticket, (prepared, &all, measure), column, Draws::SCREEN)?;
    Ok(gap(&groups, Some(&joint)))
}

fn column_gaps(
    column: &str,
    measures: &[Measure],
    (overall, slices): (&SliceAudit, &[&SliceAudit]),
    joints: &Joints,
) -> ColumnGaps {
    let of = |&measure: &Measure| Some(gap(&listed(overall, slices, measure)?, Some(joints.get(measure))));
    let gaps = measures.iter().filter_map(of);
    let gaps: Vec<Gap> = gaps.collect();
    let reason = if overall.n > 0 { "defined for two classes" } else { "no labels" };
    let missing = || Estimate::undefined(reason, overall.n);
    let both = || Some([listed(overall, slices, Measure::Tpr)?, listed(overall, slices, Measure::Fpr)?]);
    let both = both().filter(|_| measures.contains(&Measure::Tpr));
    let [dense, pruned, change] =
        both.map_or_else(|| [missing(), missing(), missing()], |both| odds(&both, joints.get(Measure::Tpr)));
    ColumnGaps {
        column: column.to_owned(),
        gaps,
        equalized_odds_dense: dense,
        equalized_odds_pruned: pruned,
        equalized_odds_change: change,
    }
}

fn listed<'a>(overall: &'a SliceAudit, slices: &[&'a SliceAudit], measure: Measure) -> Option<Groups<'a>> {
    let all = overall.measure(measure)?;
    let member = |(group, slice): (usize, &&'a SliceAudit)| {
        let Compared { denominator, dense, pruned, change, .. } = slice.measure(measure)?;
        let name = slice.group.as_ref().map_or("", |group| group.value.as_str());
        Some(Member { name, group, denominator: *denominator, dense, pruned, change })
    };
    Some(Groups::of(measure, [&all.dense, &all.pruned], slices.iter().enumerate().filter_map(member)))
}

/// Equalized odds differences: dense, pruned, and their change.
fn odds(both: &[Groups<'_>; 2], joint: &Joint) -> [Estimate; 3] {
    let value = |side| metrics::equalized_odds_difference(&both[0].values(side), &both[1].values(side));
    let [dense, pruned] = [Side::Dense, Side::Pruned].map(value);
    let draws = both.each_ref().map(|groups| GapDraws::of(groups, joint));
    let change = difference(&dense, &pruned);
    let parts: Vec<&GapDraws<'_>> = draws.iter().collect();
    [
        GapDraws::between(&parts, Side::Dense).give(dense),
        GapDraws::between(&parts, Side::Pruned).give(pruned),
        GapDraws::change(&parts, metrics::widest).give(change),
    ]
}

/// Pruned less dense, where both have a value.
fn difference(dense: &Estimate, pruned: &Estimate) -> Estimate {
    match (dense.value(), pruned.value()) {
        (Some(before), Some(after)) => Estimate::plain(after - before, dense.n().min(pruned.n())),
        (None, _) => dense.clone(),
        (_, None) => pruned.clone(),
    }
}

fn gap(groups: &Groups<'_>, joint: Option<&Joint>) -> Gap {
    let draws = joint.map(|joint| GapDraws::of(groups, joint));
    if groups.measure == Measure::Agreement {
        return agreement_gap(groups, draws.as_ref());
    }
    let [dense, pruned] = [Side::Dense, Side::Pruned].map(|side| spread(groups, side, draws.as_ref()));
    let change = SpreadChange {
        to_overall: difference(&dense.to_overall, &pruned.to_overall),
        between: difference(&dense.between, &pruned.between),
        ratio: difference(&dense.ratio, &pruned.ratio),
    };
    let change = match &draws {
        Some(draws) => draws.changes(change),
        None => change,
    };
    Gap {
        measure: groups.measure,
        dense,
        pruned,
        change,
        worst_loss: Extreme::worst_loss(groups, draws.as_ref()),
        left_out: groups.left_out.clone(),
    }
}

/// Dense agrees with itself in every group, by definition: only pruned groups can lie apart, and what they lose is what is
/// missing to all of it.
fn agreement_gap(groups: &Groups<'_>, draws: Option<&GapDraws<'_>>) -> Gap {
    let (dense, pruned) = (spread(groups, Side::Dense, None), spread(groups, Side::Pruned, draws));
    let change = SpreadChange {
        to_overall: pruned.to_overall.clone(),
        between: pruned.between.clone(),
        ratio: pruned.ratio.linear(1.0, -1.0),
    };
    let worst_loss = Extreme { value: pruned.lowest.value.linear(-1.0, 1.0), ..pruned.lowest.clone() };
    let left_out = groups.left_out.clone();
    Gap { measure: groups.measure, dense, pruned, change, worst_loss, left_out }
}

fn spread(groups: &Groups<'_>, side: Side, draws: Option<&GapDraws<'_>>) -> Spread {
    let (values, overall) = (groups.values(side), groups.overall(side));
    let to_overall = metrics::difference_to_overall(&values, overall);
    let between = metrics::difference_between(&values);
    let ratio = metrics::ratio_between(&values);
    let distances = |value: &Estimate| Some((value.value()? - overall.value()?).abs());
    let names = |picked: Vec<usize>| picked.into_iter().map(|index| groups.judged[index].name.to_owned()).collect();
    let furthest = names(metrics::largest_of(&values.iter().map(distances).collect::<Vec<_>>()));
    Spread {
        between_by_chance: chance(groups, side, draws),
        between_bias: draws.and_then(|draws| Some(draws.mean_range(side)? - between.value()?)),
        lowest: Extreme::lowest(groups, side, draws),
        highest: Extreme::highest(groups, side, draws),
        to_overall: give(to_overall, draws, |draws| draws.to_overall(side)),
        between: give(between, draws, |draws| GapDraws::between(&[draws], side)),
        ratio: give(ratio, draws, |draws| draws.ratio(side)),
        furthest,
    }
}

fn give<'d>(
    estimate: Estimate,
    draws: Option<&'d GapDraws<'_>>,
    interval: impl Fn(&'d GapDraws<'_>) -> crate::evaluation::audit::gap_draws::GapInterval,
) -> Estimate {
    match draws {
        Some(draws) => interval(draws).give(estimate),
        None => estimate,
    }
}

/// What groups with equal rates would show; for rates with a fixed denominator only.
fn chance(groups: &Groups<'_>, side: Side, draws: Option<&GapDraws<'_>>) -> Option<f64> {
    use Measure::{Accuracy, Agreement, Fnr, Fpr, SelectionRate, Tnr, Tpr};
    let is_share = matches!(groups.measure, Accuracy | Agreement | Tpr | Fpr | Fnr | Tnr | SelectionRate);
    let rate = groups.overall(side).value().filter(|_| is_share)?;
    if let Some(draws) = draws.filter(|draws| draws.is_clustered()) {
        return draws.range_under_equality(side);
    }
    let sizes: Vec<usize> = groups.judged.iter().map(|member| member.denominator).collect();
    metrics::range_under_equality(&sizes, rate)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with<T>(values: &[(&str, usize, f64)], check: impl FnOnce(&Groups<'_>) -> T) -> T {
        let estimates: Vec<Estimate> = values.iter().map(|(_, n, value)| Estimate::plain(*value, *n)).collect();
        let overall = Estimate::plain(0.8, 150);
        let members = values.iter().zip(&estimates).enumerate().map(|(group, ((name, denominator, _), value))| {
            Member { name, group, denominator: *denominator, dense: value, pruned: value, change: value }
        });
        check(&Groups::of(Measure::Accuracy, [&overall, &overall], members))
    }

    #[test]
    fn spreads_name_their_ends_and_all_that_tie() {
        with(&[("a", 50, 0.9), ("b", 50, 0.6), ("c", 50, 0.75), ("d", 50, 0.6)], |groups| {
            let spread = spread(groups, Side::Dense, None);
            assert!((spread.to_overall.value().unwrap() - 0.2).abs() < 1e-12, "b and d lie 0.2 below 0.8");
            assert_eq!(spread.furthest, ["b", "d"], "both are named");
            assert!((spread.between.value().unwrap() - 0.3).abs() < 1e-12, "0.9 - 0.6");
            assert!(spread.between_by_chance.unwrap() > 0.05, "four groups of 50 differ by chance");
            assert_eq!((&*spread.lowest.names(), spread.lowest.value.value()), ("b and d", Some(0.6)), "the lowest");
            assert_eq!((&*spread.highest.names(), spread.highest.value.value()), ("a", Some(0.9)), "the highest");
        });
    }

    #[test]
    fn the_worst_group_is_not_given_where_a_group_is_too_small_to_be_judged() {
        with(&[("a", 50, 0.9), ("b", 50, 0.85), ("small", 12, 0.2)], |groups| {
            let found = gap(groups, None);
            let reason = "1 of 3 groups has fewer than 30 examples: small (12)";
            assert_eq!(found.worst(true).unwrap().value.reason(), Some(reason), "it could be the worst");
            assert_eq!(found.worst_loss.value.reason(), Some(reason), "and could lose most");
            assert_eq!(found.left_out, [("small".to_owned(), 12)], "left out, and listed");
            assert!(found.dense.between.value().is_some(), "the gap among the others stands");
        });
    }

    #[test]
    fn one_group_has_no_gap() {
        with(&[("a", 50, 0.9)], |groups| {
            assert!(spread(groups, Side::Dense, None).between.value().is_none(), "nothing to compare with");
        });
    }
}
