//! Dense against pruned, overall and per group: every metric, gaps, paired tests, verdicts.

use crate::evaluation::Compared;
use crate::evaluation::Cost;
use crate::evaluation::Draws;
use crate::evaluation::Measure;
use crate::evaluation::PairedTest;
use crate::evaluation::Prepared;
use crate::evaluation::SizeClass;
use crate::evaluation::StrategyRun;
use crate::evaluation::audit::compare::agreement;
use crate::evaluation::audit::compare::compare;
use crate::evaluation::audit::gaps::ColumnGaps;
use crate::evaluation::audit::gaps::MEASURES;
use crate::evaluation::audit::gaps::gaps;
use crate::evaluation::audit::groups::guarded;
use crate::evaluation::audit::groups::guarded_estimate;
use crate::evaluation::audit::judgment::adjust;
use crate::evaluation::audit::judgment::tests;
use crate::evaluation::audit::slice::Side;
use crate::evaluation::audit::slice::Slice;
use crate::evaluation::audit::verdict::LossVerdict;
use crate::evaluation::audit::verdict::verdicts;
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
    /// How far a number may lie from what it is held against to be right; `None` where the model gives no number.
    pub tolerance: Option<f64>,
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
    /// Items, labelled or not, whose class changed.
    pub changed: usize,
    /// Of these, each class, or with each label; index = class. Empty where the model gives a number.
    pub n_per_class: Vec<usize>,
    /// What may be done with rates over all of them.
    pub size: SizeClass,
    /// Every measure, dense beside pruned; those that need labels only where there are any.
    pub measures: Vec<Compared>,
    /// What pruning did to decisions.
    pub decisions: Decisions,
    /// Paired tests of dense against pruned; none without labels.
    pub tests: Vec<PairedTest>,
    /// Whether the loss is shown to be within tolerance; none without labels.
    pub verdicts: Vec<LossVerdict>,
    /// How the group's scores lie against everybody else's, dense and pruned; groups of models with two classes only.
    pub bias: Option<BiasPair>,
    /// Tokens and multiply-accumulates, unlabelled items included.
    pub cost: Cost,
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

/// How decisions changed, as shares: of the labelled items where right and wrong count, else of all. See statistics.md c.4.
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
    /// Takes away what rests on too few items; of `labelled` ones, and of all.
    fn guarded(self, labelled: usize, all: usize) -> Self {
        Self {
            harm: guarded_estimate(self.harm, labelled),
            rescue: guarded_estimate(self.rescue, labelled),
            churn: guarded_estimate(self.churn, labelled),
            flips: guarded_estimate(self.flips, all),
            flips_up: guarded_estimate(self.flips_up, all),
            flips_down: guarded_estimate(self.flips_down, all),
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
    let unlabelled = Slice::unlabelled(prepared, dense, run);
    let (is_dense, has_labels) = (run.spec.id() == "dense", prepared.labelled() > 0);
    let slice_audit = |group: Option<GroupName>, items: Vec<usize>| -> Result<SliceAudit, Cancelled> {
        ticket.checkpoint()?;
        let cost = Cost::of(prepared, &run.results, items.iter().copied());
        let whole = unlabelled.of(items.iter().copied());
        let slice = all.of(items);
        let bias = (group.is_some() && all.is_binary() && has_labels).then(|| bias(&all, &slice));
        audit_slice(ticket, (&slice, &whole), Known { group, bias, cost, is_dense, has_labels }, draws)
    };
    let mut overall = slice_audit(None, (0..prepared.len()).collect())?;
    let mut groups = Vec::new();
    for (column, group_column) in prepared.index.groups.iter().enumerate() {
        for (value, name) in group_column.values.iter().enumerate() {
            let group = GroupName { column: group_column.name.clone(), value: name.clone() };
            groups.push(slice_audit(Some(group), prepared.members(column, value))?);
        }
    }
    let family = adjust(std::iter::once(&mut overall).chain(&mut groups).flat_map(|slice| &mut slice.tests));
    let judged: (_, _, &[Measure]) = match prepared.main_measure() {
        Measure::Agreement => (prepared, &unlabelled, &[Measure::Agreement]),
        _ => (prepared, &all, &MEASURES),
    };
    let gaps = gaps(ticket, judged, (&overall, &groups), draws)?;
    Ok(Audit { overall, groups, gaps, family, tolerance: prepared.tolerance(&dense.results) })
}

/// What is known of a slice beside its items.
struct Known {
    group: Option<GroupName>,
    bias: Option<BiasPair>,
    cost: Cost,
    is_dense: bool,
    /// Whether any item of the data set has one; else nothing is said of what needs them.
    has_labels: bool,
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

/// Labelled items of a slice, and all of them.
fn audit_slice(
    ticket: &Ticket,
    (slice, whole): (&Slice<'_>, &Slice<'_>),
    known: Known,
    draws: Draws,
) -> Result<SliceAudit, Cancelled> {
    let Known { group, bias, cost, is_dense, has_labels } = known;
    let labelled: Vec<Measure> =
        Measure::offered(slice.head()).filter(|measure| has_labels && measure.needs_labels()).collect();
    let mut measures = compare(ticket, slice, &labelled, draws)?;
    let agreement = agreement(whole);
    measures.push(if is_dense { agreement.of_dense_itself() } else { agreement });
    if Measure::MeanAbsoluteChange.is_of(slice.head()) {
        measures.extend(compare(ticket, whole, &[Measure::MeanAbsoluteChange], draws)?);
    }
    let mut decisions = decisions(slice, whole);
    if group.is_some() {
        decisions = decisions.guarded(slice.len(), whole.len());
        measures = measures.into_iter().map(guarded).collect();
    }
    Ok(SliceAudit {
        group,
        n: slice.len(),
        changed: whole.changed().hits,
        n_per_class: slice.class_counts(),
        size: SizeClass::of(slice.len()),
        measures,
        decisions,
        tests: if has_labels { tests(slice, draws.seed) } else { Vec::new() },
        verdicts: if has_labels { verdicts(slice) } else { Vec::new() },
        bias,
        cost,
    })
}

fn decisions(slice: &Slice<'_>, whole: &Slice<'_>) -> Decisions {
    let n = whole.len();
    let turned = |to_positive: bool| {
        if slice.is_binary() { whole.flipped(to_positive).rate() } else { slice.not_two_classes(n) }
    };
    Decisions {
        harm: slice.turned(Side::Dense, Side::Pruned).rate(),
        rescue: slice.turned(Side::Pruned, Side::Dense).rate(),
        churn: slice.churned().rate(),
        flips: whole.changed().rate(),
        flips_up: turned(true),
        flips_down: turned(false),
    }
}
