//! `top`: which ranks of tokens go on is learned, layer by layer, and in which layers anything is dropped at all.
//!
//! Li, Li, Gao, Yang, Wang, Zhang, Cao, Yang and Yang 2023, "Constraint-aware and Ranking-distilled Token Pruning for Efficient
//! Transformer Inference" (`ToP`), KDD, section 4. <https://arxiv.org/abs/2306.14393>
//!
//! Before a layer `l` whose gate is on, the `N` tokens but the first are ranked by the attention that they received in layer
//! `l - 1`, `s_k = sum_h sum_q A[h,q,k] / (H n)`, best first. Rank `r` (from 0) falls into bin `floor(r / N * B)` of `B`; a token
//! goes on iff the gate of its bin is not 0. The first token always does.
//!
//! Deviates: removed tokens leave the tensors, where the authors mask them; only rows that are there vote.
//!
//! Weights: `bins` `[layers, B]` and `layers` `[layers]`, 0 for closed: what training leaves of its gates.

use std::sync::Arc;

use crate::pruning::Action;
use crate::pruning::BuildContext;
use crate::pruning::Decision;
use crate::pruning::Error;
use crate::pruning::LayerEvidence;
use crate::pruning::LayerInput;
use crate::pruning::Pruner;
use crate::pruning::SequenceInfo;
use crate::pruning::SequencePruner;
use crate::pruning::StrategyFamily;
use crate::pruning::StrategyInfo;
use crate::pruning::Training;
use crate::pruning::rows::importance::column_sum;
use crate::pruning::rows::schedule::Protect;
use crate::pruning::rows::schedule::protect_always_first;
use crate::pruning::rows::top_k::rank;
use crate::pruning::trained::pruner_key;
use crate::tensor::Evidence;
use crate::tensor::EvidenceSet;

pub(in crate::pruning::rows) fn info() -> StrategyInfo {
    StrategyInfo {
        id: "top",
        name: "ToP",
        family: StrategyFamily::Learned,
        paper: "Li et al., Constraint-aware and Ranking-distilled Token Pruning for Efficient Transformer Inference, KDD",
        year: Some(2023),
        url: "https://arxiv.org/abs/2306.14393",
        summary: "Ranks of attention received that go on are learned for each layer, and which layers drop anything",
        formula: "s_k = Σ_h Σ_q A_{l−1}[h,q,k]/(H·n), rank r among the N tokens but CLS; enters layer l iff bin ⌊r/N·B⌋ is open",
        deviations: "removed tokens leave the tensors instead of being masked, and do not vote",
        keys: vec![pruner_key(), protect_always_first()],
        dial: None,
        score_only: false,
        training: Training::Required("the gates of rank bins and layers (pruner)"),
        build,
    }
}

#[derive(Debug)]
struct Top {
    /// The open bins of each layer, best ranks first; `None` where nothing is dropped. Shape: `[layers]`.
    bins: Arc<Vec<Option<Vec<bool>>>>,
    num_heads: usize,
    protect: Protect,
}

fn build(context: &BuildContext<'_>) -> Result<Arc<dyn Pruner>, Error> {
    let BuildContext { spec, shape } = *context;
    let trained = context.trained()?;
    let layers = trained.values("layers", &[shape.num_layers])?;
    let count = trained.last_size("bins", shape.num_layers)?;
    let gates = trained.values("bins", &[shape.num_layers, count])?;
    let bins = layers.iter().zip(gates.chunks_exact(count)).enumerate().map(|(layer, (&gate, bins))| {
        let open: Vec<bool> = bins.iter().map(|&bin| bin != 0.0).collect();
        // Layer 0 has no attention before it to rank by.
        (layer > 0 && gate != 0.0 && open.contains(&false)).then_some(open)
    });
    let bins = Arc::new(bins.collect());
    Ok(Arc::new(Top { bins, num_heads: shape.num_heads, protect: Protect::from_spec(spec)? }))
}

impl Top {
    fn drops_in(&self, layer: usize) -> bool {
        self.bins.get(layer).is_some_and(Option::is_some)
    }
}

impl Pruner for Top {
    /// The attention received in a layer is looked at before the next.
    fn needs(&self, layer: usize) -> EvidenceSet {
        if self.drops_in(layer + 1) { EvidenceSet::of([Evidence::ColumnSums]) } else { EvidenceSet::NONE }
    }

    fn decides_on_input(&self, layer: usize) -> bool {
        self.drops_in(layer)
    }

    fn idle_layers(&self) -> usize {
        self.bins.iter().position(Option::is_some).map_or(usize::MAX, |first| first - 1)
    }

    fn begin(&self, sequence: &SequenceInfo) -> Box<dyn SequencePruner> {
        let protected = self.protect.mask(sequence);
        Box::new(Binned { bins: Arc::clone(&self.bins), num_heads: self.num_heads, received: Vec::new(), protected })
    }
}

struct Binned {
    bins: Arc<Vec<Option<Vec<bool>>>>,
    num_heads: usize,
    /// Attention received in the layer before, row by row.
    received: Vec<f32>,
    /// Per original position. Shape: `[n0]`.
    protected: Vec<bool>,
}

impl SequencePruner for Binned {
    fn decide_on_input(&mut self, input: &LayerInput<'_>) -> Decision {
        let Some(open) = self.bins.get(input.layer).and_then(Option::as_ref) else { return Decision::keep_all() };
        let scores = std::mem::take(&mut self.received);
        if scores.len() != input.num_tokens() {
            return Decision::keep_all();
        }
        let mut ranked: Vec<usize> = (0..scores.len()).filter(|&row| input.orig[row] != 0).collect();
        ranked.sort_by(|&a, &b| rank(&scores, input.orig, a, b));
        let count = ranked.len();
        let mut stays = vec![true; scores.len()];
        for (place, row) in ranked.into_iter().enumerate() {
            stays[row] = open[place * open.len() / count] || self.protected[input.orig[row] as usize];
        }
        let kept: Vec<usize> = (0..scores.len()).filter(|&row| stays[row]).collect();
        let action = if kept.len() == scores.len() { Action::KeepAll } else { Action::Keep(kept) };
        Decision { action, importance: scores, threshold: None }
    }

    fn decide(&mut self, layer: &LayerEvidence<'_>) -> Decision {
        if self.bins.get(layer.layer + 1).is_some_and(Option::is_some) {
            let scale = 1.0 / (self.num_heads * layer.num_tokens()) as f32;
            self.received = column_sum(layer.evidence, false).into_iter().map(|sum| sum * scale).collect();
        }
        Decision::keep_all()
    }
}
