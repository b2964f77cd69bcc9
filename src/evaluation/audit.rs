//! Dense against pruned, overall and per group: every metric, gaps, paired tests, verdicts.

use crate::evaluation::Compared;
use crate::evaluation::Draws;
use crate::evaluation::Measure;
use crate::evaluation::PairedTest;
use crate::evaluation::Prepared;
use crate::evaluation::SizeClass;
use crate::evaluation::Spent;
use crate::evaluation::StrategyRun;
use crate::evaluation::compare::compare;
use crate::evaluation::gaps::ColumnGaps;
use crate::evaluation::gaps::gaps;
use crate::evaluation::groups::guarded;
use crate::evaluation::groups::guarded_estimate;
use crate::evaluation::judgment::adjust;
use crate::evaluation::judgment::tests;
use crate::evaluation::slice::Side;
use crate::evaluation::slice::Slice;
use crate::evaluation::verdict::LossVerdict;
use crate::evaluation::verdict::verdicts;
use crate::jobs::Cancelled;
use crate::jobs::Ticket;
use crate::metrics;
use crate::metrics::BiasAuc;
use crate::metrics::Estimate;

/// Everything that is said about one strategy on one data set.
#[derive(Clone, Debug, PartialEq)]
pub struct Audit {
    /// All labelled items.
    pub overall: SliceAudit,
    /// Each value of each group column.
    pub groups: Vec<SliceAudit>,
    /// How far groups lie apart.
    pub gaps: Vec<ColumnGaps>,
    /// Number of tests that the p-values are adjusted over.
    pub family: usize,
}

/// Which group a slice is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupName {
    /// The group column.
    pub column: String,
    /// The group.
    pub value: String,
}

/// Everything about some items.
#[derive(Clone, Debug, PartialEq)]
pub struct SliceAudit {
    /// The group; `None` = all items.
    pub group: Option<GroupName>,
    /// Labelled items.
    pub n: usize,
    /// Of these, each class; index = class.
    pub n_per_class: Vec<usize>,
    /// What may be done with rates over all of them.
    pub size: SizeClass,
    /// Every measure, dense beside pruned.
    pub measures: Vec<Compared>,
    /// What pruning did to decisions.
    pub decisions: Decisions,
    /// Paired tests of dense against pruned.
    pub tests: Vec<PairedTest>,
    /// Whether the loss is shown to be within tolerance.
    pub verdicts: Vec<LossVerdict>,
    /// How the group's scores lie against everybody else's, dense and pruned; groups of models with two classes only.
    pub bias: Option<BiasPair>,
    /// Tokens and multiply-accumulates, unlabelled items included.
    pub spent: Spent,
}

/// Threshold-free text-bias metrics of one group; the background is everybody else.
#[derive(Clone, Debug, PartialEq)]
pub struct BiasPair {
    /// Without pruning.
    pub dense: BiasAuc,
    /// With pruning.
    pub pruned: BiasAuc,
    /// Pruned less dense, on the same items.
    pub change: BiasAuc,
}

impl SliceAudit {
    /// One measure.
    #[must_use]
    pub fn measure(&self, measure: Measure) -> Option<&Compared> {
        self.measures.iter().find(|compared| compared.measure == measure)
    }
}

/// How decisions changed, as shares of the labelled items. See statistics.md c.4.
#[derive(Clone, Debug, PartialEq)]
pub struct Decisions {
    /// Dense right, pruned wrong: `b / n`.
    pub harm: Estimate,
    /// Dense wrong, pruned right: `c / n`.
    pub rescue: Estimate,
    /// `(b + c) / n`.
    pub churn: Estimate,
    /// Prediction changed.
    pub flips: Estimate,
    /// To the class of interest, two classes only.
    pub flips_up: Estimate,
    /// From the class of interest, two classes only.
    pub flips_down: Estimate,
}

impl Decisions {
    fn map(self, f: impl Fn(Estimate) -> Estimate) -> Self {
        Self {
            harm: f(self.harm),
            rescue: f(self.rescue),
            churn: f(self.churn),
            flips: f(self.flips),
            flips_up: f(self.flips_up),
            flips_down: f(self.flips_down),
        }
    }
}

/// Compares a run with the dense run, overall and for every group.
///
/// # Errors
/// [`Cancelled`] if the ticket says so.
pub fn audit(
    ticket: &Ticket,
    prepared: &Prepared,
    dense: &StrategyRun,
    run: &StrategyRun,
    draws: Draws,
) -> Result<Audit, Cancelled> {
    let all = Slice::all(prepared, dense, run);
    let slice_audit = |group: Option<GroupName>, items: Vec<usize>| -> Result<SliceAudit, Cancelled> {
        ticket.checkpoint()?;
        let spent = Spent::of(prepared, &run.results, items.iter().copied());
        let slice = all.of(items);
        let bias = (group.is_some() && all.is_binary()).then(|| bias(&all, &slice));
        audit_slice(ticket, &slice, Labels { group, bias, spent }, draws)
    };
    let mut overall = slice_audit(None, (0..prepared.len()).collect())?;
    let mut groups = Vec::new();
    for (column, group_column) in prepared.survey.groups.iter().enumerate() {
        for (value, name) in group_column.values.iter().enumerate() {
            let group = GroupName { column: group_column.name.clone(), value: name.clone() };
            groups.push(slice_audit(Some(group), prepared.members(column, value))?);
        }
    }
    let family = adjust(std::iter::once(&mut overall).chain(&mut groups).flat_map(|slice| &mut slice.tests));
    let gaps = gaps(ticket, prepared, &all, (&overall, &groups), draws)?;
    Ok(Audit { overall, groups, gaps, family })
}

/// What is known of a slice beside its items.
struct Labels {
    group: Option<GroupName>,
    bias: Option<BiasPair>,
    spent: Spent,
}

fn bias(all: &Slice<'_>, group: &Slice<'_>) -> BiasPair {
    let in_group = all.is_in(group);
    let positives = all.positives();
    let guard = |found| guarded_bias(found, all.class_sizes(), group.class_sizes());
    let scores = [Side::Dense, Side::Pruned].map(|side| all.scores(side));
    let [dense, pruned] =
        scores.each_ref().map(|scores| guard(metrics::bias_auc(scores, &positives, &in_group, all.clustering())));
    let [before, after] = &scores;
    let change = metrics::bias_auc_change([before, after], &positives, &in_group, all.clustering());
    BiasPair { dense, pruned, change: guard(change) }
}

/// Takes away what rests on fewer than 10 examples of the smaller of its two sides; counts are positives and negatives.
fn guarded_bias(bias: BiasAuc, all: [usize; 2], group: [usize; 2]) -> BiasAuc {
    let ([positives, negatives], rest) = (group, [0, 1].map(|class: usize| all[class].saturating_sub(group[class])));
    BiasAuc {
        subgroup_auc: guarded_estimate(bias.subgroup_auc, positives.min(negatives)),
        bpsn_auc: guarded_estimate(bias.bpsn_auc, negatives.min(rest[0])),
        bnsp_auc: guarded_estimate(bias.bnsp_auc, positives.min(rest[1])),
        negative_aeg: guarded_estimate(bias.negative_aeg, negatives.min(rest[1])),
        positive_aeg: guarded_estimate(bias.positive_aeg, positives.min(rest[0])),
    }
}

fn audit_slice(ticket: &Ticket, slice: &Slice<'_>, labels: Labels, draws: Draws) -> Result<SliceAudit, Cancelled> {
    let Labels { group, bias, spent } = labels;
    let mut measures = compare(ticket, slice, &Measure::ALL, draws)?;
    let mut decisions = decisions(slice);
    if group.is_some() {
        decisions = decisions.map(|estimate| guarded_estimate(estimate, slice.len()));
        measures = measures.into_iter().map(guarded).collect();
    }
    Ok(SliceAudit {
        group,
        n: slice.len(),
        n_per_class: (0..slice.classes()).map(|class| slice.count(class)).collect(),
        size: SizeClass::of(slice.len()),
        measures,
        decisions,
        tests: tests(slice, draws.seed),
        verdicts: verdicts(slice),
        bias,
        spent,
    })
}

fn decisions(slice: &Slice<'_>) -> Decisions {
    let n = slice.len();
    let positive = slice.positive();
    let turned = |to_positive: bool| {
        if !slice.is_binary() {
            return Estimate::undefined(format!("defined for two classes, the model has {}", slice.classes()), n);
        }
        slice.hits_of(move |dense, pruned| dense != pruned && (pruned == positive) == to_positive).rate()
    };
    Decisions {
        harm: slice.turned(Side::Dense, Side::Pruned).rate(),
        rescue: slice.turned(Side::Pruned, Side::Dense).rate(),
        churn: slice.churned().rate(),
        flips: slice.hits_of(|dense, pruned| dense != pruned).rate(),
        flips_up: turned(true),
        flips_down: turned(false),
    }
}
