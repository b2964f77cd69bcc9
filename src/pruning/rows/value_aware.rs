//! `value_aware`: attention received counts as much as there is to be fetched: times the size of the token's value vector.
//!
//! Guo, Kamigaito and Watanabe 2024, "Attention Score is not All You Need for Token Importance Indicator in KV Cache
//! Reduction: Value Also Matters", EMNLP. <https://arxiv.org/abs/2406.12335>
//!
//! `s_k = mean_h (sum_q A[h,q,k]) * |v[h,k]|_1`, with the value vector of each head before the output projection; `norm=l2`
//! takes its length instead. Heads that share keys and values share the norm.
//!
//! Deviates: the authors rank the entries of a decoder's cache, per head, and never evict the first twenty positions, which
//! take most attention and hold tiny values; here whole tokens of an encoder leave, ranked by the mean over heads, and
//! special tokens, which play that part in encoders, are protected by default. Norms are computed only in layers that may
//! remove tokens: layers before `start` show no scores.

use std::sync::Arc;

use crate::pruning::BuildContext;
use crate::pruning::Error;
use crate::pruning::KeyKind;
use crate::pruning::KeySpec;
use crate::pruning::Pruner;
use crate::pruning::SequenceInfo;
use crate::pruning::SequencePruner;
use crate::pruning::StrategyFamily;
use crate::pruning::StrategyInfo;
use crate::pruning::Training;
use crate::pruning::Value;
use crate::pruning::rows::importance::value_weighted;
use crate::pruning::rows::schedule::retention_dial;
use crate::pruning::rows::schedule::shared_keys;
use crate::pruning::rows::top_k::TopK;
use crate::tensor::Evidence;
use crate::tensor::EvidenceSet;
use crate::tensor::ModelShape;

pub(super) fn info() -> StrategyInfo {
    StrategyInfo {
        id: "value_aware",
        name: "Value-aware",
        family: StrategyFamily::Static,
        paper: "Guo, Kamigaito and Watanabe, Attention Score is not All You Need for Token Importance Indicator in KV \
                Cache Reduction: Value Also Matters, EMNLP",
        year: Some(2024),
        url: "https://arxiv.org/abs/2406.12335",
        summary: "Keeps the tokens whose attention received, times the size of what they have to give, is largest",
        formula: "s_k = mean_h (Σ_q A[h,q,k])·‖v[h,k]‖₁; keep the best ⌈r_l·n0⌉",
        deviations: "Tokens of an encoder leave, ranked by the mean over heads, instead of entries of a decoder's cache per \
                     head; special tokens are protected by default, theirs are the first twenty positions; no scores in \
                     layers before start",
        keys: shared_keys(vec![KeySpec::new(
            "norm",
            KeyKind::Choice(&["l1", "l2"]),
            Value::Word("l1".to_owned()),
            "Size of a value vector: sum of its parts' sizes (l1, as published) or its length (l2)",
        )]),
        dial: Some(retention_dial()),
        score_only: false,
        training: Training::None,
        build,
    }
}

#[derive(Debug)]
struct ValueAware {
    top_k: TopK,
    norm: Evidence,
}

fn build(context: &BuildContext<'_>) -> Result<Arc<dyn Pruner>, Error> {
    let norm = if context.spec.word("norm")? == "l2" { Evidence::HeadValueL2 } else { Evidence::HeadValueL1 };
    Ok(Arc::new(ValueAware { top_k: TopK::from_context(context)?, norm }))
}

impl Pruner for ValueAware {
    fn needs(&self, layer: usize) -> EvidenceSet {
        if !self.top_k.schedule.may_remove(layer) {
            return EvidenceSet::NONE;
        }
        self.top_k.needs(layer, EvidenceSet::of([Evidence::HeadColumnSums, self.norm]))
    }

    fn idle_layers(&self) -> usize {
        self.top_k.schedule.idle_layers()
    }

    fn begin(&self, sequence: &SequenceInfo) -> Box<dyn SequencePruner> {
        let norm = self.norm;
        self.top_k.begin(sequence, move |layer| value_weighted(layer.evidence, norm, layer.num_tokens()))
    }

    /// A product for each head; lengths need a square of each value beside.
    fn overhead_macs(&self, layer: usize, tokens: usize, shape: &ModelShape) -> u64 {
        if !self.top_k.schedule.may_remove(layer) {
            return 0;
        }
        let squares = if self.norm == Evidence::HeadValueL2 { shape.hidden } else { 0 };
        (tokens * (shape.num_heads + squares)) as u64 + self.top_k.overhead_macs(layer, tokens, shape)
    }
}
