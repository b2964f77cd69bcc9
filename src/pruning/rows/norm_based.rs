//! `norm_based`: attention counts by how long the vector is that it fetches, all heads together.
//!
//! Kobayashi, Kuribayashi, Yokoi and Inui 2020, "Attention is Not Only a Weight: Analyzing Transformers with Vector Norms",
//! EMNLP, section 3. <https://arxiv.org/abs/2004.10102>
//!
//! `N[q,k] = | sum_h A[h,q,k] f_h(x_k) |_2` with `f_h(x) = (x W_V^h + b_V^h) W_O^h`, the output bias left out. Score:
//! `s_k = mean_q N[q,k]`, or with `row=cls` the first row, `N[0,k]`. The vectors themselves are never laid out for every
//! pair: with `G_k[h,g] = f_h(x_k) . f_g(x_k)`, `N[q,k]^2 = a' G_k a`, where `a = A[:,q,k]`.
//!
//! Deviates: the authors look at models with it and remove nothing; their later form with residual and norm (EMNLP 2021)
//! is left out. Special tokens are protected by default: they get much attention and give little. No scores before
//! `start`, which would need the attention matrix.

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
use crate::pruning::rows::importance::output_norms;
use crate::pruning::rows::schedule::retention_dial;
use crate::pruning::rows::schedule::shared_keys;
use crate::pruning::rows::top_k::TopK;
use crate::tensor::Evidence;
use crate::tensor::EvidenceSet;
use crate::tensor::ModelShape;

pub(super) fn info() -> StrategyInfo {
    StrategyInfo {
        id: "norm_based",
        name: "Norm-based",
        family: StrategyFamily::Static,
        paper: "Kobayashi et al., Attention is Not Only a Weight: Analyzing Transformers with Vector Norms, EMNLP",
        year: Some(2020),
        url: "https://arxiv.org/abs/2004.10102",
        summary: "Keeps the tokens whose contributions to the others' states are longest",
        formula: "N[q,k] = ‖Σ_h A[h,q,k]·f_h(x_k)‖₂, f_h(x) = (x·W_V + b_V)·W_O of head h; s_k = mean_q N[q,k], or N[0,k]",
        deviations: "The authors look at models with it and remove nothing; their later form with residual and norm is left \
                     out; special tokens are protected by default; no scores in layers before start",
        keys: shared_keys(vec![KeySpec::new(
            "row",
            KeyKind::Choice(&["mean", "cls"]),
            Value::Word("mean".to_owned()),
            "Contributions to all tokens' states (mean) or to the first one's alone (cls)",
        )]),
        dial: Some(retention_dial()),
        score_only: false,
        training: Training::None,
        build,
    }
}

#[derive(Debug)]
struct NormBased {
    top_k: TopK,
    first_row: bool,
}

fn build(context: &BuildContext<'_>) -> Result<Arc<dyn Pruner>, Error> {
    let first_row = context.spec.word("row")? == "cls";
    if first_row {
        context.needs_cls("what [CLS] fetches")?;
    }
    Ok(Arc::new(NormBased { top_k: TopK::from_context(context)?, first_row }))
}

impl Pruner for NormBased {
    fn needs(&self, layer: usize) -> EvidenceSet {
        if !self.top_k.schedule.may_remove(layer) {
            return EvidenceSet::NONE;
        }
        self.top_k.needs(layer, EvidenceSet::of([Evidence::AttentionProbs, Evidence::OutputGrams]))
    }

    fn idle_layers(&self) -> usize {
        self.top_k.schedule.idle_layers()
    }

    fn begin(&self, sequence: &SequenceInfo) -> Box<dyn SequencePruner> {
        let first_row = self.first_row;
        self.top_k.begin(sequence, move |layer| output_norms(layer.evidence, layer.num_tokens(), first_row))
    }

    /// Every head's values through its part of the output projection, their products by pairs of heads, and with these one
    /// quadratic form for each query and key.
    fn overhead_macs(&self, layer: usize, tokens: usize, shape: &ModelShape) -> u64 {
        if !self.top_k.schedule.may_remove(layer) {
            return 0;
        }
        let heads = shape.num_heads;
        let outputs = heads * shape.head_dim * shape.hidden;
        let products = heads * heads * shape.hidden;
        let queries = if self.first_row { 1 } else { tokens };
        let forms = queries * (heads * (heads + 1) / 2 + heads);
        (tokens * (outputs + products + forms)) as u64 + self.top_k.overhead_macs(layer, tokens, shape)
    }
}
