//! Selection by score: as many of the best as the schedule says, or as the scores themselves say.
//!
//! Three rules: the best of a count (top-k); `mass`, the fewest that together hold a share of all scores (top-p, nucleus);
//! `threshold`, those of at least a multiple of the mean score. A schedule of counts caps the other two where `cap` is set.
//! Shares are of the scores of tokens that are not protected; means are of all rows. Scores below 0 are no shares of
//! anything: where there are any, all are moved up until the lowest is 0.
//!
//! `budget=entropy` lets a layer's attention move its count: the scheduled share is multiplied by `E_l / mean(E_j)`, where
//! `E` is the mean entropy of the attention rows as a part of `ln n`, and the mean runs over the layers that remove, up to
//! this one. After CAKE (Qin et al. 2025, ICLR, <https://arxiv.org/abs/2503.12491>), which shares a cache out among layers
//! by their preference and does so again with every layer that it comes to. Deviates: theirs is a cache of recent queries
//! on older keys, and the preference also has the variance of attention over queries.

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
use crate::tensor::Evidence;
use crate::tensor::EvidenceSet;
use crate::tensor::ModelShape;

/// How many rows stay and which of them have to.
#[derive(Clone, Debug)]
pub(super) struct TopK {
    pub(super) schedule: RetentionSchedule,
    pub(super) protect: Protect,
    rule: Rule,
    by_entropy: bool,
}

/// What else than a count decides how many stay.
#[derive(Clone, Debug)]
enum Rule {
    Count,
    /// The share of all scores that stays.
    Mass(f64),
    /// Multiples of the mean score. Shape: `[layers]`.
    Threshold(Vec<f64>),
}

/// The outcome of a ranking.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Selection {
    /// Rows that stay, in input order.
    pub(super) kept: Vec<usize>,
    /// Rows that go, in input order.
    pub(super) removed: Vec<usize>,
    /// The score a row needed to stay: the lowest of a kept row that is not protected, or the threshold that was set.
    /// `None` where nothing was removed.
    pub(super) threshold: Option<f32>,
}

impl TopK {
    /// From the shared keys.
    pub(super) fn from_context(context: &BuildContext<'_>) -> Result<Self, Error> {
        Self::with_schedule(context, RetentionSchedule::from_context(context)?)
    }

    /// From the shared keys, with another schedule than theirs.
    pub(super) fn with_schedule(context: &BuildContext<'_>, schedule: RetentionSchedule) -> Result<Self, Error> {
        let spec = context.spec;
        let rule = match (spec.float("mass"), context.per_layer("threshold")?) {
            (Ok(mass), _) => Rule::Mass(mass),
            (_, Some(thresholds)) => Rule::Threshold(thresholds),
            _ => Rule::Count,
        };
        let by_entropy = spec.get("budget").is_some();
        Ok(Self { schedule, protect: Protect::from_spec(spec)?, rule, by_entropy })
    }

    /// What a layer needs, beside what the score does.
    pub(super) fn needs(&self, layer: usize, score: EvidenceSet) -> EvidenceSet {
        score.with_if(Evidence::RowEntropies, self.moves(layer))
    }

    /// Multiply-accumulates of the layer's budget: one for each attention probability.
    pub(super) fn overhead_macs(&self, layer: usize, tokens: usize, shape: &ModelShape) -> u64 {
        if self.moves(layer) { (shape.num_heads * tokens * tokens) as u64 } else { 0 }
    }

    fn moves(&self, layer: usize) -> bool {
        self.by_entropy && self.schedule.is_scheduled(layer)
    }

    /// Starts a sequence that is ranked by `score`, which sees each layer's evidence.
    pub(super) fn begin<F>(&self, sequence: &SequenceInfo, score: F) -> Box<dyn SequencePruner>
    where
        F: FnMut(&LayerEvidence<'_>) -> Vec<f32> + Send + 'static,
    {
        Box::new(RankedSequence { cut: self.cut(sequence), score })
    }

    /// Starts a sequence whose rows are selected by scores.
    pub(super) fn cut(&self, sequence: &SequenceInfo) -> Cut {
        let protected = self.protect.mask(sequence);
        Cut { method: self.clone(), protected, spreads: 0.0, layers: 0 }
    }
}

/// One sequence whose rows are ranked by a score and cut.
struct RankedSequence<F> {
    cut: Cut,
    score: F,
}

impl<F: FnMut(&LayerEvidence<'_>) -> Vec<f32> + Send> SequencePruner for RankedSequence<F> {
    fn decide(&mut self, layer: &LayerEvidence<'_>) -> Decision {
        let scores = (self.score)(layer);
        match self.cut.select(layer, &scores) {
            Some(selection) => selection.into_decision(scores),
            None => Decision { importance: scores, ..Decision::keep_all() },
        }
    }
}

/// Who stays in one sequence, layer by layer.
pub(super) struct Cut {
    method: TopK,
    /// Per original position. Shape: `[n0]`.
    pub(super) protected: Vec<bool>,
    /// How spread out attention was in the layers that removed, added up.
    spreads: f64,
    layers: usize,
}

impl Cut {
    /// Whether the layer may remove anything.
    pub(super) fn removes(&self, layer: usize) -> bool {
        self.method.schedule.may_remove(layer)
    }

    /// Who stays; `None` where the layer may remove nothing or there are no scores.
    pub(super) fn select(&mut self, layer: &LayerEvidence<'_>, scores: &[f32]) -> Option<Selection> {
        if !self.method.schedule.may_remove(layer.layer) || scores.is_empty() {
            return None;
        }
        let factor = if self.method.moves(layer.layer) { self.budget(layer) } else { 1.0 };
        let count = self.method.schedule.count_times(layer.layer, self.protected.len(), factor);
        Some(match &self.method.rule {
            Rule::Count => Selection::best(scores, layer.orig, &self.protected, count),
            Rule::Mass(mass) => Selection::of_mass(scores, layer.orig, &self.protected, (*mass, count)),
            Rule::Threshold(thresholds) => {
                let multiple = thresholds.get(layer.layer).copied().unwrap_or(0.0);
                Selection::from_threshold(scores, layer.orig, &self.protected, (multiple, count))
            }
        })
    }

    /// How spread out attention is here, measured by what it was in the layers up to this one.
    fn budget(&mut self, layer: &LayerEvidence<'_>) -> f64 {
        let tokens = layer.num_tokens();
        let sum: f64 = layer.evidence.of(Evidence::RowEntropies).iter().map(|&entropy| f64::from(entropy)).sum();
        // Of heads together; their number is the same in all layers and cancels.
        let spread = if tokens > 1 { sum / tokens as f64 / (tokens as f64).ln() } else { 0.0 };
        self.spreads += spread;
        self.layers += 1;
        if spread > 0.0 { spread * self.layers as f64 / self.spreads } else { 1.0 }
    }
}

impl Selection {
    /// Keeps the protected rows and the best others, `count` in all: more if more are protected, fewer if fewer are there.
    /// Ties: higher score first, then the smaller original position.
    pub(super) fn best(scores: &[f32], orig: &[u32], protected: &[bool], count: usize) -> Self {
        let free = ranked(scores, orig, protected);
        let places = count.saturating_sub(orig.len() - free.len());
        Self::first(scores, free, places, orig.len())
    }

    /// Keeps the protected rows and the fewest best others that hold a share `mass` of the others' scores, `most` in all.
    fn of_mass(scores: &[f32], orig: &[u32], protected: &[bool], (mass, most): (f64, usize)) -> Self {
        /// Scores have single precision: what is meant to be a share may come out this much below it.
        const SLACK: f64 = 1e-6;
        let free = ranked(scores, orig, protected);
        let weights = weights(scores);
        let total: f64 = free.iter().map(|&row| weights[row]).sum();
        let mut held = 0.0;
        // Where all is 0 there is nothing to tell rows apart by.
        let needed = if mass >= 1.0 || total <= 0.0 {
            free.len()
        } else {
            let holds = |row: &&usize| {
                let is_short = held < (mass - SLACK) * total;
                held += weights[**row];
                is_short
            };
            free.iter().take_while(holds).count()
        };
        let num_protected = orig.len() - free.len();
        let places = needed.min(most.saturating_sub(num_protected)).max(usize::from(num_protected == 0));
        Self::first(scores, free, places, orig.len())
    }

    /// Keeps the protected rows and the others of at least `multiple` times the mean score, the best `most` in all.
    fn from_threshold(scores: &[f32], orig: &[u32], protected: &[bool], (multiple, most): (f64, usize)) -> Self {
        let free = ranked(scores, orig, protected);
        let weights = weights(scores);
        let threshold = multiple * weights.iter().sum::<f64>() / weights.len().max(1) as f64;
        let reaching = free.iter().take_while(|&&row| weights[row] >= threshold).count();
        let num_protected = orig.len() - free.len();
        let places = reaching.min(most.saturating_sub(num_protected)).max(usize::from(num_protected == 0));
        let mut selection = Self::first(scores, free, places, orig.len());
        if places == reaching && selection.threshold.is_some() {
            let lowest = scores.iter().copied().fold(0.0_f32, f32::min);
            #[expect(clippy::cast_possible_truncation, reason = "shown beside scores of the same precision")]
            let threshold = threshold as f32;
            selection.threshold = Some(threshold + lowest);
        }
        selection
    }

    /// Keeps all rows but the free ones behind the first `places`; `free` is in order of merit.
    fn first(scores: &[f32], mut free: Vec<usize>, places: usize, num_rows: usize) -> Self {
        let mut removed = free.split_off(places.min(free.len()));
        removed.sort_unstable();
        let threshold = if removed.is_empty() { None } else { free.last().map(|&row| scores[row]) };
        let kept = (0..num_rows).filter(|row| removed.binary_search(row).is_err()).collect();
        Self { kept, removed, threshold }
    }

    /// Keeps the rows in input order.
    pub(super) fn into_decision(self, importance: Vec<f32>) -> Decision {
        let action = if self.removed.is_empty() { Action::KeepAll } else { Action::Keep(self.kept) };
        Decision { action, importance, threshold: self.threshold }
    }
}

/// Rows that are not protected, in order of merit.
fn ranked(scores: &[f32], orig: &[u32], protected: &[bool]) -> Vec<usize> {
    let is_protected = |row: usize| protected.get(orig[row] as usize).copied().unwrap_or(false);
    let mut free: Vec<usize> = (0..orig.len()).filter(|&row| !is_protected(row)).collect();
    free.sort_by(|&a, &b| rank(scores, orig, a, b));
    free
}

/// Scores as shares of something: moved up until none is below 0.
fn weights(scores: &[f32]) -> Vec<f64> {
    let lowest = scores.iter().copied().fold(0.0_f32, f32::min);
    scores.iter().map(|&score| f64::from(score) - f64::from(lowest)).collect()
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

    #[test]
    fn a_share_of_all_scores_is_held_by_the_fewest_best() {
        let kept = |mass, most| {
            let scores = [9.0, 0.1, 0.4, 0.3, 0.2];
            Selection::of_mass(&scores, &[0, 1, 2, 3, 4], &[true, false, false, false, false], (mass, most)).kept
        };
        // The free ones hold .4 .3 .2 .1 of 1, best first.
        assert_eq!(kept(0.4, 5), [0, 2], "the best one holds .4");
        assert_eq!(kept(0.41, 5), [0, 2, 3], "one more");
        assert_eq!(kept(0.9, 5), [0, 2, 3, 4], "three hold .9");
        assert_eq!(kept(0.9, 3), [0, 2, 3], "never more than the cap");
        assert_eq!(kept(1.0, 5), [0, 1, 2, 3, 4], "all hold all");
    }

    #[test]
    fn shares_of_scores_below_zero_are_counted_from_the_lowest() {
        // Moved up: 3 2 1 0 of 6.
        let kept = |mass| Selection::of_mass(&[-1.0, -2.0, -3.0, -4.0], &[0, 1, 2, 3], &[false; 4], (mass, 4)).kept;
        assert_eq!(kept(0.5), [0], "three sixths");
        assert_eq!(kept(0.6), [0, 1], "five sixths");
        assert_eq!(kept(0.01), [0], "one always stays");
        let zeros = Selection::of_mass(&[0.0; 3], &[0, 1, 2], &[false; 3], (0.5, 3));
        assert_eq!(zeros.kept, [0, 1, 2], "nothing to tell them apart by");
    }

    #[test]
    fn thresholds_are_multiples_of_the_mean() {
        // The mean of all five is 2.
        let select = |multiple, most| {
            let scores = [5.0, 2.0, 1.0, 1.9, 0.1];
            Selection::from_threshold(&scores, &[0, 1, 2, 3, 4], &[false; 5], (multiple, most))
        };
        assert_eq!(select(1.0, 5).kept, [0, 1], "those of at least 2");
        assert_eq!(select(1.0, 5).threshold, Some(2.0), "which is said");
        assert_eq!(select(0.5, 5).kept, [0, 1, 2, 3], "those of at least 1");
        assert_eq!((select(0.5, 2).kept, select(0.5, 2).threshold), (vec![0, 1], Some(2.0)), "the cap takes the best");
        assert_eq!(select(9.0, 5).kept, [0], "the best one stays");
        assert_eq!((select(0.0, 5).kept.len(), select(0.0, 5).threshold), (5, None), "0 keeps all");
    }
}
