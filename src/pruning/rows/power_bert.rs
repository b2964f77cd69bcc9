//! `power_bert`: keeps the tokens that receive most attention, as many as a schedule says.
//!
//! Goyal, Choudhury, Raje, Chakaravarthy, Sabharwal and Verma 2020, "PoWER-BERT: Accelerating BERT Inference via
//! Progressive Word-vector Elimination", ICML, section 3. <https://arxiv.org/abs/2001.08950>
//!
//! `s_k = sum_q mean_h A[h,q,k] - mean_h A[h,k,k]`: attention received from others. Removed after attention and norm,
//! before the feed-forward block; the best of the schedule's count stay, in their own order.
//!
//! Deviates: the authors learn one count per layer and data set and retrain the model (phases 2 and 3), protect `[CLS]`
//! alone, and let padding rows vote; here the schedule is set by hand on a stock checkpoint, every special token is
//! protected by default, and there is no padding. Scores are computed in every layer, before `start` too, because column
//! sums are free of multiplications.

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
use crate::pruning::rows::importance::column_sum_per_head;
use crate::pruning::rows::schedule::retention_dial;
use crate::pruning::rows::schedule::shared_keys;
use crate::pruning::rows::top_k::TopK;
use crate::tensor::Evidence;
use crate::tensor::EvidenceSet;
use crate::tensor::ModelShape;

pub(super) fn info() -> StrategyInfo {
    StrategyInfo {
        id: "power_bert",
        name: "PoWER-BERT",
        family: StrategyFamily::Static,
        paper: "Goyal et al., PoWER-BERT: Accelerating BERT Inference via Progressive Word-vector Elimination, ICML",
        year: Some(2020),
        url: "https://arxiv.org/abs/2001.08950",
        summary: "Keeps the tokens that receive most attention from others, as many as the schedule says",
        formula: "s_k = Σ_q mean_h A[h,q,k] − mean_h A[h,k,k]; keep the best ⌈r_l·n0⌉",
        deviations: "Counts are set by a schedule instead of learned, without retraining; every special token is \
                     protected by default, the authors protect [CLS] alone; no padding rows vote",
        keys: shared_keys(vec![KeySpec::new(
            "exclude_diagonal",
            KeyKind::Bool,
            Value::Bool(true),
            "Leave out the attention a token pays itself",
        )]),
        dial: Some(retention_dial()),
        score_only: true,
        training: Training::Optional("how many tokens each layer keeps (retentions)"),
        build,
    }
}

#[derive(Debug)]
struct PowerBert {
    top_k: TopK,
    exclude_diagonal: bool,
    num_heads: usize,
}

fn build(context: &BuildContext<'_>) -> Result<Arc<dyn Pruner>, Error> {
    let BuildContext { spec, shape } = *context;
    let exclude_diagonal = spec.flag("exclude_diagonal")?;
    Ok(Arc::new(PowerBert { top_k: TopK::from_context(context)?, exclude_diagonal, num_heads: shape.num_heads }))
}

impl Pruner for PowerBert {
    fn needs(&self, layer: usize) -> EvidenceSet {
        self.top_k.needs(
            layer,
            EvidenceSet::of([Evidence::ColumnSums]).with_if(Evidence::DiagonalSums, self.exclude_diagonal),
        )
    }

    fn idle_layers(&self) -> usize {
        self.top_k.schedule.idle_layers()
    }

    fn overhead_macs(&self, layer: usize, tokens: usize, shape: &ModelShape) -> u64 {
        self.top_k.overhead_macs(layer, tokens, shape)
    }

    fn begin(&self, sequence: &SequenceInfo) -> Box<dyn SequencePruner> {
        let (num_heads, exclude_diagonal) = (self.num_heads, self.exclude_diagonal);
        self.top_k.begin(sequence, move |layer| column_sum_per_head(layer.evidence, num_heads, exclude_diagonal))
    }
}
