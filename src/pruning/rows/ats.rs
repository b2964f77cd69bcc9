//! `ats`: samples tokens evenly along the cumulative distribution of their scores, so that a peaked one keeps few.
//!
//! Fayyaz, Koohpayegani, Jafari, Sengupta, Vaezi Joze, Sommerlade, Pirsiavash and Gall 2022, "Adaptive Token Sampling for
//! Efficient Vision Transformers", ECCV, section 3. <https://arxiv.org/abs/2111.15667>
//!
//! `s_k = mean_h A[h,0,k] * |v_k|` (L2 norm of the value vector, heads concatenated), normalized over the candidates, which
//! are the rows that are not protected. Sort ascending, add up, rescale the sums to 0..1; take `K - 1` evenly spaced levels
//! from the smallest sum above 0 up to 1, with `K = max(floor, ceil(levels * n0))`; each level picks the candidate whose sum
//! is nearest; what is picked twice counts once. Nothing is drawn by lot.
//!
//! Deviates: the published code is followed, which drops the head's own value norm of the paper for that of all heads.
//! It samples inside attention; here rows leave after attention and norm, which gives survivors the same states. Rows stay
//! in text order instead of score order. The authors apply it from block 3 of 12 on; `start` is 1 here. A single level
//! picks the strongest candidate. Scores need value norms, so layers before `start` show none.

use std::sync::Arc;

use crate::pruning::Action;
use crate::pruning::BuildContext;
use crate::pruning::Decision;
use crate::pruning::Error;
use crate::pruning::KeyKind;
use crate::pruning::KeySpec;
use crate::pruning::LayerEvidence;
use crate::pruning::Pruner;
use crate::pruning::SequenceInfo;
use crate::pruning::SequencePruner;
use crate::pruning::StrategyFamily;
use crate::pruning::StrategyInfo;
use crate::pruning::Training;
use crate::pruning::Value;
use crate::pruning::rows::importance::cls_value_share;
use crate::pruning::rows::schedule::LAYER;
use crate::pruning::rows::schedule::Protect;
use crate::pruning::rows::schedule::SHARE;
use crate::pruning::rows::schedule::float_dial;
use crate::pruning::rows::schedule::protect_key;
use crate::pruning::rows::schedule::round_up;
use crate::pruning::rows::top_k::rank;
use crate::tensor::Evidence;
use crate::tensor::EvidenceSet;
use crate::tensor::ModelShape;

pub(super) fn info() -> StrategyInfo {
    StrategyInfo {
        id: "ats",
        name: "ATS",
        family: StrategyFamily::Dynamic,
        paper: "Fayyaz et al., Adaptive Token Sampling for Efficient Vision Transformers, ECCV",
        year: Some(2022),
        url: "https://arxiv.org/abs/2111.15667",
        summary: "Samples tokens evenly along the cumulative distribution of [CLS] attention times value norm",
        formula: "s_k ∝ A_cls[k]·‖v_k‖₂; K − 1 even levels on the sorted cumulative sum, each picks the nearest token; \
                  K = max(floor, ⌈levels·n0⌉)",
        deviations: "Follows the published code; rows leave after attention instead of inside it, with the same states, and \
                     stay in text order; starts at layer 1, theirs at block 3 of 12",
        keys: vec![
            KeySpec::new("levels", SHARE, Value::Float(0.5), "Reference count as a share of the original tokens"),
            KeySpec::new("floor", KeyKind::Int { min: 0, max: 512 }, Value::Int(8), "Smallest reference count"),
            KeySpec::new("start", LAYER, Value::Int(1), "First layer (0-based) that may remove tokens"),
            protect_key("cls"),
        ],
        dial: Some(float_dial("levels", &[1.0, 0.8, 0.6, 0.5, 0.4, 0.3, 0.2, 0.1])),
        score_only: false,
        training: Training::None,
        build,
    }
}

#[derive(Clone, Debug)]
struct Ats {
    levels: f64,
    floor: usize,
    start: usize,
    protect: Protect,
}

fn build(context: &BuildContext<'_>) -> Result<Arc<dyn Pruner>, Error> {
    let spec = context.spec;
    let whole = |key| spec.int(key).map(|value| usize::try_from(value).unwrap_or(usize::MAX));
    let (floor, start) = (whole("floor")?, whole("start")?);
    Ok(Arc::new(Ats { levels: spec.float("levels")?, floor, start, protect: Protect::from_spec(spec)? }))
}

impl Pruner for Ats {
    fn needs(&self, layer: usize) -> EvidenceSet {
        if layer < self.start { EvidenceSet::NONE } else { EvidenceSet::of([Evidence::ClsRow, Evidence::ValueNorms]) }
    }

    fn idle_layers(&self) -> usize {
        self.start
    }

    fn begin(&self, sequence: &SequenceInfo) -> Box<dyn SequencePruner> {
        Box::new(AtsSequence { method: self.clone(), protected: self.protect.mask(sequence) })
    }

    /// Value norms and their products with the `[CLS]` row.
    fn overhead_macs(&self, layer: usize, tokens: usize, shape: &ModelShape) -> u64 {
        if layer < self.start { 0 } else { (tokens * shape.hidden + tokens) as u64 }
    }
}

struct AtsSequence {
    method: Ats,
    /// Shape: `[n0]`.
    protected: Vec<bool>,
}

impl SequencePruner for AtsSequence {
    fn decide(&mut self, layer: &LayerEvidence<'_>) -> Decision {
        if layer.layer < self.method.start {
            return Decision::keep_all();
        }
        let rows = 0..layer.num_tokens();
        let (mut kept, mut candidates): (Vec<usize>, Vec<usize>) =
            rows.partition(|&row| self.protected[layer.orig[row] as usize]);
        let scores = cls_value_share(layer.evidence, &candidates);
        // Ascending, so that ties leave the smaller position on the stronger side.
        candidates.sort_by(|&a, &b| rank(&scores, layer.orig, b, a));
        let reference = round_up(self.method.levels * self.protected.len() as f64).max(self.method.floor);
        let ascending: Vec<f32> = candidates.iter().map(|&row| scores[row]).collect();
        let picked = sample(&ascending, reference.saturating_sub(1));
        kept.extend(picked.into_iter().map(|index| candidates[index]));
        if kept.is_empty() {
            // Only without protection and with a floor below 2.
            kept.extend(candidates.last());
        }
        kept.sort_unstable();
        let action = if kept.len() == layer.num_tokens() { Action::KeepAll } else { Action::Keep(kept) };
        Decision { action, importance: scores, threshold: None }
    }
}

/// Picks indices of `ascending` (scores, sorted) at evenly spaced levels of their cumulative sum; ascending, each once.
fn sample(ascending: &[f32], num_levels: usize) -> Vec<usize> {
    let mut sums: Vec<f64> = Vec::with_capacity(ascending.len());
    let mut total = 0.0;
    for &score in ascending {
        total += f64::from(score);
        sums.push(total);
    }
    let (Some(&lowest), Some(&highest)) = (sums.first(), sums.last()) else { return Vec::new() };
    let range = highest - lowest;
    if range <= 0.0 {
        // One candidate, or scores of zero only: nothing to tell them apart by.
        return if num_levels == 0 { Vec::new() } else { (0..ascending.len()).collect() };
    }
    for sum in &mut sums {
        *sum = (*sum - lowest) / range;
    }
    let first = sums.iter().copied().find(|&sum| sum > 0.0).unwrap_or(1.0);
    let mut picked: Vec<usize> =
        (0..num_levels).filter_map(|index| nearest(&sums, level(first, index, num_levels))).collect();
    picked.dedup();
    picked
}

/// The `index`-th of `num_levels` values, evenly spaced from `first` to 1.
fn level(first: f64, index: usize, num_levels: usize) -> f64 {
    if num_levels == 1 {
        return 1.0;
    }
    first + (1.0 - first) * index as f64 / (num_levels - 1) as f64
}

/// Index of the sum nearest to `level`; the first of equals.
fn nearest(sums: &[f64], level: f64) -> Option<usize> {
    let distance = |index: &usize| (sums[*index] - level).abs();
    (0..sums.len()).min_by(|a, b| distance(a).total_cmp(&distance(b)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_pick_the_nearest_sums() {
        // Sums .1 .3 .6 1, rescaled (minus .1, over .9): 0 .2222 .5556 1. Levels from .2222: .2222 .6111 1.
        assert_eq!(sample(&[0.1, 0.2, 0.3, 0.4], 3), [1, 2, 3], "one level each for the three strongest");
        // Levels .2222 and 1.
        assert_eq!(sample(&[0.1, 0.2, 0.3, 0.4], 2), [1, 3], "the two ends");
        assert_eq!(sample(&[0.1, 0.2, 0.3, 0.4], 1), [3], "a single level takes the strongest");
        assert_eq!(sample(&[0.1, 0.2, 0.3, 0.4], 0), [0_usize; 0], "no level, no token");
    }

    #[test]
    fn a_peaked_distribution_keeps_fewer_tokens() {
        // Sums .01 .02 .03 1, rescaled 0 .0101 .0202 1; levels .0101 .3401 .6700 1: the middle two are nearest to the
        // third sum (.32 against .66) and to the last (.33 against .65).
        assert_eq!(sample(&[0.01, 0.01, 0.01, 0.97], 4), [1, 2, 3], "four levels, three tokens");
        assert_eq!(sample(&[0.25; 4], 4).len(), 3, "the lowest sum is 0 after rescaling and never picked");
    }

    #[test]
    fn zero_scores_cannot_be_told_apart() {
        assert_eq!(sample(&[0.0; 3], 2), [0, 1, 2], "all stay");
        assert_eq!(sample(&[0.7], 2), [0], "a single candidate stays");
        assert_eq!(sample(&[], 2), [0_usize; 0], "no candidate");
    }
}
