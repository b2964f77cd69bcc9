//! What may be said about the decisions in each slice: paired tests of no change, adjusted over all slices together, and
//! verdicts on the loss. [`audit`](crate::evaluation::audit()) and the window's group table both get them here.

use crate::evaluation::GroupName;
use crate::evaluation::LossVerdict;
use crate::evaluation::Measure;
use crate::evaluation::Prepared;
use crate::evaluation::StrategyRun;
use crate::evaluation::audit::slice::Slice;
use crate::evaluation::audit::verdict::verdicts;
use crate::jobs::Cancelled;
use crate::jobs::Ticket;
use crate::metrics;
use crate::metrics::Changes;
use crate::metrics::Discordant;
use crate::model::HeadKind;

/// A paired test of no change on one part of a slice: McNemar's, or sign flips of whole clusters; mid-p.
#[derive(Clone, Debug, PartialEq)]
pub struct PairedTest {
    /// `all`, `positives` or `negatives`; where a model gives any number of labels, `label` is all items, right or wrong
    /// about the label of interest.
    pub part: &'static str,
    /// `mcnemar-mid-p`, or `sign-flip-clusters` where the data set names clusters.
    pub test: &'static str,
    /// Clusters in the part; `None` where items stand for themselves.
    pub clusters: Option<usize>,
    /// Dense right, pruned wrong.
    pub harmed: usize,
    /// Dense wrong, pruned right.
    pub rescued: usize,
    /// Items in the part.
    pub n: usize,
    /// Two-sided mid-p.
    pub p: f64,
    /// The same after Holm's correction over the strategy's whole family.
    pub p_adjusted: f64,
}

/// Tests and verdicts of some items.
#[derive(Clone, Debug, PartialEq)]
pub struct Judgment {
    /// The group; `None` = all items.
    pub group: Option<GroupName>,
    /// Paired tests of dense against pruned.
    pub tests: Vec<PairedTest>,
    /// Whether the loss is shown to be within tolerance.
    pub verdicts: Vec<LossVerdict>,
}

/// Tests and verdicts of one strategy: all items, and every group of every column.
#[derive(Clone, Debug, PartialEq)]
pub struct Judgments {
    /// All labelled items.
    pub overall: Judgment,
    /// Each value of each group column.
    pub groups: Vec<Judgment>,
    /// Number of tests that the p-values are adjusted over.
    pub family: usize,
}

impl Judgment {
    /// The test on the items that a measure rests on: the positives for rates among them, likewise the negatives, else all.
    #[must_use]
    pub fn test(&self, measure: Measure) -> Option<&PairedTest> {
        let part = match measure {
            Measure::Tpr | Measure::Fnr => "positives",
            Measure::Fpr | Measure::Tnr => "negatives",
            measure if measure.is_of_interest(HeadKind::MultiLabel) => "label",
            _ => "all",
        };
        let of = |part| self.tests.iter().find(|test| test.part == part);
        // Only a model with labels of its own has a test of one of them.
        of(part).or_else(|| of("all"))
    }

    /// The verdict on the same items.
    #[must_use]
    pub fn verdict(&self, measure: Measure) -> Option<&LossVerdict> {
        let judged = match measure {
            Measure::Tpr | Measure::Fnr => Measure::Tpr,
            Measure::Fpr | Measure::Tnr => Measure::Fpr,
            _ => Measure::Accuracy,
        };
        self.verdicts.iter().find(|verdict| verdict.measure == judged)
    }
}

impl Judgments {
    /// Those of one group.
    #[must_use]
    pub fn of_group(&self, column: &str, value: &str) -> Option<&Judgment> {
        let is_it = |group: &GroupName| group.column == column && group.value == value;
        self.groups.iter().find(|judgment| judgment.group.as_ref().is_some_and(is_it))
    }
}

/// Tests and verdicts of a run beside the dense run, as [`audit`](crate::evaluation::audit()) has them, without the rest
/// of it; `seed` is that of the draws of sign flips. Without labels there is nothing to judge.
///
/// # Errors
/// [`Cancelled`] if the ticket says so.
pub fn judge(
    ticket: &Ticket,
    prepared: &Prepared,
    dense: &StrategyRun,
    run: &StrategyRun,
    seed: u64,
) -> Result<Judgments, Cancelled> {
    let all = Slice::all(prepared, dense, run);
    let of = |group: Option<GroupName>, slice: &Slice<'_>| -> Result<Judgment, Cancelled> {
        ticket.checkpoint()?;
        let (tests, verdicts) =
            if prepared.labelled() > 0 { (tests(slice, seed), verdicts(slice)) } else { (Vec::new(), Vec::new()) };
        Ok(Judgment { group, tests, verdicts })
    };
    let mut overall = of(None, &all)?;
    let mut groups = Vec::new();
    for (column, named) in prepared.index.groups.iter().enumerate() {
        for (value, name) in named.values.iter().enumerate() {
            let group = GroupName { column: named.name.clone(), value: name.clone() };
            groups.push(of(Some(group), &all.of(prepared.members(column, value)))?);
        }
    }
    let family = adjust(std::iter::once(&mut overall).chain(&mut groups).flat_map(|judgment| &mut judgment.tests));
    Ok(Judgments { overall, groups, family })
}

/// On all items and, with two classes, on each of them (Source: statistics.md c.6, test 1, and c.11).
pub(super) fn tests(slice: &Slice<'_>, seed: u64) -> Vec<PairedTest> {
    let mut parts = vec![("all", Measure::Accuracy)];
    if slice.is_binary() {
        // On the positives, right means predicted positive; on the negatives, predicted negative.
        parts.extend([("positives", Measure::Tpr), ("negatives", Measure::Tnr)]);
    }
    let changes = parts.into_iter().filter_map(|(part, measure)| Some((part, slice.changes(measure)?)));
    let of_label = (slice.head() == HeadKind::MultiLabel).then(|| ("label", slice.interest_changes()));
    let test = |(part, changes): (&'static str, Changes)| {
        let Discordant { harmed, rescued, n } = changes.counts;
        let (p, clusters) = (changes.p(seed), changes.clusters());
        PairedTest { part, test: changes.test(), clusters, harmed, rescued, n, p, p_adjusted: p }
    };
    changes.chain(of_label).map(test).collect()
}

/// Adjusts the p-values of all slices together and gives their number. Tests without a single example are left out.
pub(super) fn adjust<'t>(tests: impl Iterator<Item = &'t mut PairedTest>) -> usize {
    let mut tests: Vec<&mut PairedTest> = tests.filter(|test| test.n > 0).collect();
    let raw: Vec<f64> = tests.iter().map(|test| test.p).collect();
    for (test, adjusted) in tests.iter_mut().zip(metrics::holm(&raw)) {
        test.p_adjusted = adjusted;
    }
    raw.len()
}
