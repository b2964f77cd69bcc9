//! `evit`: keeps the tokens `[CLS]` attends to and fuses the others into one extra token.
//!
//! Liang, Ge, Tong, Song, Wang and Xie 2022, "Not All Patches are What You Need: Expediting Vision Transformers via Token
//! Reorganizations", ICLR, section 3. <https://arxiv.org/abs/2202.07800>
//!
//! `a_k = mean_h A[h,0,k]`. The best stay; with `fuse` the removed ones become one row `sum of a_k x_k`, weights as they are
//! (they add up to less than 1), appended last. It is an ordinary token from then on: the next layers rank it, and it may
//! be removed and fused again. It comes on top of the schedule, so a layer leaves one row more than the schedule says;
//! where that would fuse a single row, which saves nothing, every row stays.
//!
//! Deviates: the authors train with it, remove at three layers (3, 6 and 9 of 12) and leave survivors in score order; here
//! the schedule may remove in every layer, on a stock checkpoint, and rows stay in text order. Special tokens are
//! protected by default, theirs is `[CLS]` alone. Scores are computed in every layer, before `start` too.

use std::sync::Arc;

use crate::pruning::Action;
use crate::pruning::BuildContext;
use crate::pruning::Decision;
use crate::pruning::Error;
use crate::pruning::KeyKind;
use crate::pruning::KeySpec;
use crate::pruning::LayerEvidence;
use crate::pruning::Merge;
use crate::pruning::Pruner;
use crate::pruning::SequenceInfo;
use crate::pruning::SequencePruner;
use crate::pruning::StrategyFamily;
use crate::pruning::StrategyInfo;
use crate::pruning::Training;
use crate::pruning::Value;
use crate::pruning::rows::schedule::retention_dial;
use crate::pruning::rows::schedule::shared_keys;
use crate::pruning::rows::top_k::Cut;
use crate::pruning::rows::top_k::TopK;
use crate::tensor::Evidence;
use crate::tensor::EvidenceSet;
use crate::tensor::ModelShape;

pub(super) fn info() -> StrategyInfo {
    StrategyInfo {
        id: "evit",
        name: "EViT",
        family: StrategyFamily::Merging,
        paper: "Liang et al., Not All Patches are What You Need: Expediting Vision Transformers via Token \
                Reorganizations, ICLR",
        year: Some(2022),
        url: "https://arxiv.org/abs/2202.07800",
        summary: "Keeps the tokens [CLS] attends to and fuses the others into one extra token",
        formula: "a_k = mean_h A[h,0,k]; keep the best ⌈r_l·n0⌉; extra row = Σ_removed a_k·x_k, appended last",
        deviations: "Removes by schedule instead of at three layers, without retraining; survivors stay in text order; \
                     special tokens are protected by default; a layer that would fuse a single token leaves all",
        keys: shared_keys(vec![KeySpec::new(
            "fuse",
            KeyKind::Bool,
            Value::Bool(true),
            "Removed tokens join one extra token",
        )]),
        dial: Some(retention_dial()),
        score_only: true,
        training: Training::None,
        build,
    }
}

#[derive(Debug)]
struct Evit {
    top_k: TopK,
    fuse: bool,
}

fn build(context: &BuildContext<'_>) -> Result<Arc<dyn Pruner>, Error> {
    let spec = context.spec;
    Ok(Arc::new(Evit { top_k: TopK::from_context(context)?, fuse: spec.flag("fuse")? }))
}

impl Pruner for Evit {
    fn needs(&self, layer: usize) -> EvidenceSet {
        self.top_k.needs(layer, EvidenceSet::of([Evidence::ClsRow]))
    }

    fn idle_layers(&self) -> usize {
        self.top_k.schedule.idle_layers()
    }

    fn overhead_macs(&self, layer: usize, tokens: usize, shape: &ModelShape) -> u64 {
        self.top_k.overhead_macs(layer, tokens, shape)
    }

    fn begin(&self, sequence: &SequenceInfo) -> Box<dyn SequencePruner> {
        if !self.fuse {
            return self.top_k.begin(sequence, |layer| layer.evidence.of(Evidence::ClsRow).to_vec());
        }
        Box::new(FusingSequence { cut: self.top_k.cut(sequence), fused_sizes: Vec::new() })
    }
}

struct FusingSequence {
    cut: Cut,
    /// Original tokens in each fused row, in order of creation: the row at position `n0 + i` is number `i`.
    fused_sizes: Vec<f32>,
}

impl SequencePruner for FusingSequence {
    fn decide(&mut self, layer: &LayerEvidence<'_>) -> Decision {
        let scores = layer.evidence.of(Evidence::ClsRow).to_vec();
        // To fuse a single row saves nothing.
        let selection = self.cut.select(layer, &scores).filter(|selection| selection.removed.len() > 1);
        let Some(selection) = selection else {
            return Decision { importance: scores, ..Decision::keep_all() };
        };
        let size = selection.removed.iter().map(|&row| self.size(layer.orig[row])).sum();
        self.fused_sizes.push(size);
        let parts = selection.removed.iter().map(|&row| (row, scores[row])).collect();
        let into = selection.kept.len();
        let rows = selection.kept.into_iter().map(Some).chain([None]).collect();
        let action = Action::Reduce { rows, merges: vec![Merge { into, parts, size }] };
        Decision { action, importance: scores, threshold: selection.threshold }
    }
}

impl FusingSequence {
    /// Original tokens that a row stands for.
    fn size(&self, position: u32) -> f32 {
        (position as usize)
            .checked_sub(self.cut.protected.len())
            .and_then(|index| self.fused_sizes.get(index))
            .copied()
            .unwrap_or(1.0)
    }
}
