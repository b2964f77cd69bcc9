//! Selection by rank: keep as many as the schedule says, best scores first.

use std::cmp::Ordering;

use crate::pruning::Action;
use crate::pruning::BuildContext;
use crate::pruning::Decision;
use crate::pruning::Error;
use crate::pruning::LayerEvidence;
use crate::pruning::SequenceInfo;
use crate::pruning::SequencePruner;
use crate::pruning::rows::schedule::Protect;
use crate::pruning::rows::schedule::RetentionSchedule;

/// How many rows stay and which of them have to.
#[derive(Clone, Debug)]
pub(super) struct TopK {
    pub(super) schedule: RetentionSchedule,
    pub(super) protect: Protect,
}

/// The outcome of a ranking.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Selection {
    /// Rows that stay, in input order.
    pub(super) kept: Vec<usize>,
    /// Rows that go, in input order.
    pub(super) removed: Vec<usize>,
    /// The lowest score that stayed on its own merit: of a kept row that is not protected. `None` where nothing was removed.
    pub(super) threshold: Option<f32>,
}

impl TopK {
    /// From the shared keys.
    pub(super) fn from_context(context: &BuildContext<'_>) -> Result<Self, Error> {
        let schedule = RetentionSchedule::from_context(context)?;
        Ok(Self { schedule, protect: Protect::from_spec(context.spec)? })
    }

    /// Starts a sequence that is ranked by `score`, which sees each layer's evidence.
    pub(super) fn begin<F>(&self, sequence: &SequenceInfo, score: F) -> Box<dyn SequencePruner>
    where
        F: FnMut(&LayerEvidence<'_>) -> Vec<f32> + Send + 'static,
    {
        let ranked = RankedSequence { schedule: self.schedule.clone(), protected: self.protect.mask(sequence), score };
        Box::new(ranked)
    }
}

/// One sequence whose rows are ranked by a score and cut to the schedule.
struct RankedSequence<F> {
    schedule: RetentionSchedule,
    /// Per original position. Shape: `[n0]`.
    protected: Vec<bool>,
    score: F,
}

impl<F: FnMut(&LayerEvidence<'_>) -> Vec<f32> + Send> SequencePruner for RankedSequence<F> {
    fn decide(&mut self, layer: &LayerEvidence<'_>) -> Decision {
        let scores = (self.score)(layer);
        if !self.schedule.may_remove(layer.layer) || scores.is_empty() {
            return Decision { importance: scores, ..Decision::keep_all() };
        }
        let count = self.schedule.count(layer.layer, self.protected.len());
        Selection::best(&scores, layer.orig, &self.protected, count).into_decision(scores)
    }
}

impl Selection {
    /// Keeps the protected rows and the best others, `count` in all: more if more are protected, fewer if fewer are there.
    /// Ties: higher score first, then the smaller original position.
    pub(super) fn best(scores: &[f32], orig: &[u32], protected: &[bool], count: usize) -> Self {
        let is_protected = |row: usize| protected.get(orig[row] as usize).copied().unwrap_or(false);
        let mut free: Vec<usize> = (0..orig.len()).filter(|&row| !is_protected(row)).collect();
        free.sort_by(|&a, &b| rank(scores, orig, a, b));
        let places = count.saturating_sub(orig.len() - free.len()).min(free.len());
        let mut removed = free.split_off(places);
        removed.sort_unstable();
        let threshold = if removed.is_empty() { None } else { free.last().map(|&row| scores[row]) };
        let kept = (0..orig.len()).filter(|row| removed.binary_search(row).is_err()).collect();
        Self { kept, removed, threshold }
    }

    /// Keeps the rows in input order.
    pub(super) fn into_decision(self, importance: Vec<f32>) -> Decision {
        let action = if self.removed.is_empty() { Action::KeepAll } else { Action::Keep(self.kept) };
        Decision { action, importance, threshold: self.threshold }
    }
}

/// The order of merit: higher score first, then the smaller original position. What is no number comes last.
pub(in crate::pruning) fn rank(scores: &[f32], orig: &[u32], a: usize, b: usize) -> Ordering {
    better_first(scores[a], scores[b]).then(orig[a].cmp(&orig[b]))
}

/// Higher numbers first, NaN last: the engine refuses it, and nothing may be kept for it meanwhile.
pub(super) fn better_first(a: f32, b: f32) -> Ordering {
    a.is_nan().cmp(&b.is_nan()).then(b.total_cmp(&a))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_number_ranks_last_whatever_its_sign() {
        let scores = [f32::NAN, 0.5, -f32::NAN, f32::NEG_INFINITY, 0.7];
        let selection = Selection::best(&scores, &[0, 1, 2, 3, 4], &[false; 5], 3);
        assert_eq!(selection.kept, [1, 3, 4], "numbers stay, even the smallest");
        assert_eq!(selection.removed, [0, 2], "NaN goes");
    }
}
