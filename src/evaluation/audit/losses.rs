//! What pruning loses in right answers, over all items and in each group: what a search asks of every candidate.

use crate::evaluation::GroupName;
use crate::evaluation::Prepared;
use crate::evaluation::SizeClass;
use crate::evaluation::StrategyRun;
use crate::evaluation::audit::slice::Slice;
use crate::metrics::Estimate;

/// Two-sided, so that each end is a one-sided 95% bound, as for verdicts (statistics.md c.7).
const CONFIDENCE: f64 = 0.9;

/// Losses of accuracy; without labels, of agreement with the dense model. Intervals respect clusters.
#[derive(Clone, Debug, PartialEq)]
pub struct Losses {
    /// Over all items, with the two-sided 90% interval; negative = gain.
    pub overall: Estimate,
    /// The same with the two-sided 95% interval.
    pub overall_95: Estimate,
    /// Dense right, pruned wrong.
    pub harmed: usize,
    /// Dense wrong, pruned right.
    pub rescued: usize,
    /// Every group that is large enough to be judged, columns and values in the order of the data set.
    pub groups: Vec<GroupLoss>,
    /// Groups that are not, with their number of examples.
    pub left_out: Vec<(GroupName, usize)>,
}

/// The loss in one group.
#[derive(Clone, Debug, PartialEq)]
pub struct GroupLoss {
    /// The group.
    pub group: GroupName,
    /// With the two-sided 90% interval.
    pub loss: Estimate,
}

impl GroupLoss {
    /// Upper end of the one-sided 95% interval.
    #[must_use]
    pub fn upper(&self) -> Option<f64> {
        self.loss.interval().map(|(_, high)| high)
    }
}

impl Losses {
    /// The group whose loss has the highest upper bound; the first of equals.
    #[must_use]
    pub fn worst(&self) -> Option<&GroupLoss> {
        let mut worst: Option<&GroupLoss> = None;
        for group in &self.groups {
            if worst.and_then(GroupLoss::upper).is_none_or(|upper| group.upper().is_some_and(|other| other > upper)) {
                worst = Some(group);
            }
        }
        worst
    }
}

/// Losses of a run beside the dense run on the items that `run` has; fewer than `dense` has while a sample grows.
#[must_use]
pub fn losses(prepared: &Prepared, dense: &StrategyRun, run: &StrategyRun) -> Losses {
    let all = if prepared.labelled() > 0 {
        Slice::all(prepared, dense, run)
    } else {
        Slice::unlabelled(prepared, dense, run)
    };
    let changes = all.accuracy_changes();
    let (mut groups, mut left_out) = (Vec::new(), Vec::new());
    for (column, named) in prepared.index.groups.iter().enumerate() {
        for (value, name) in named.values.iter().enumerate() {
            let group = GroupName { column: named.name.clone(), value: name.clone() };
            let members = prepared.members(column, value).into_iter().filter(|&item| item < run.results.len());
            let slice = all.of(members);
            let loss = slice.accuracy_changes().loss(CONFIDENCE);
            if SizeClass::of(slice.len()).shows_rate() && loss.interval().is_some() {
                groups.push(GroupLoss { group, loss });
            } else {
                left_out.push((group, slice.len()));
            }
        }
    }
    Losses {
        overall: changes.loss(CONFIDENCE),
        overall_95: changes.loss(0.95),
        harmed: changes.counts.harmed,
        rescued: changes.counts.rescued,
        groups,
        left_out,
    }
}
