//! `length_adaptive`: keeps the tokens that receive most attention and gives the removed ones back at the end.
//!
//! Kim and Cho 2021, "Length-Adaptive Transformer: Train Once with Length Drop, Use Anytime with Search", ACL, section 3.
//! <https://arxiv.org/abs/2010.07003>
//!
//! `s_k = sum_h sum_q A[h,q,k]`, what a token pays itself included. With `restore` (drop and restore) the final output
//! has a row for every token: a removed one shows its last state. Classification reads the first row alone, so it changes
//! nothing there unless `[CLS]` itself was removed.
//!
//! Deviates: the authors train with random lengths and search the counts; here a schedule sets them on a stock checkpoint.
//! They leave survivors in score order after `[CLS]`; here rows stay in the order of the text, which changes no output
//! of an encoder whose positions are already added. Every special token is protected by default, theirs is `[CLS]` alone.
//! Scores are computed in every layer, before `start` too.

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
use crate::pruning::rows::importance::column_sum;
use crate::pruning::rows::schedule::retention_dial;
use crate::pruning::rows::schedule::shared_keys;
use crate::pruning::rows::top_k::TopK;
use crate::tensor::Evidence;
use crate::tensor::EvidenceSet;
use crate::tensor::ModelShape;

pub(super) fn info() -> StrategyInfo {
    StrategyInfo {
        id: "length_adaptive",
        name: "Length-Adaptive",
        family: StrategyFamily::Static,
        paper: "Kim and Cho, Length-Adaptive Transformer: Train Once with Length Drop, Use Anytime with Search, ACL",
        year: Some(2021),
        url: "https://arxiv.org/abs/2010.07003",
        summary: "Keeps the tokens that receive most attention; removed ones keep their last state in the final output",
        formula: "s_k = Σ_h Σ_q A[h,q,k]; keep the best ⌈r_l·n0⌉",
        deviations: "Counts are set by a schedule instead of searched, without training on random lengths; survivors stay \
                     in text order instead of score order; every special token is protected by default",
        keys: shared_keys(vec![
            KeySpec::new(
                "exclude_diagonal",
                KeyKind::Bool,
                Value::Bool(false),
                "Leave out the attention a token pays itself",
            ),
            KeySpec::new(
                "restore",
                KeyKind::Bool,
                Value::Bool(true),
                "Removed tokens keep their last state in the final output",
            ),
        ]),
        dial: Some(retention_dial()),
        score_only: true,
        training: Training::Optional("how many tokens each layer keeps (retentions)"),
        build,
    }
}

#[derive(Debug)]
struct LengthAdaptive {
    top_k: TopK,
    exclude_diagonal: bool,
    restore: bool,
}

fn build(context: &BuildContext<'_>) -> Result<Arc<dyn Pruner>, Error> {
    let spec = context.spec;
    let (exclude_diagonal, restore) = (spec.flag("exclude_diagonal")?, spec.flag("restore")?);
    Ok(Arc::new(LengthAdaptive { top_k: TopK::from_context(context)?, exclude_diagonal, restore }))
}

impl Pruner for LengthAdaptive {
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
        let exclude_diagonal = self.exclude_diagonal;
        self.top_k.begin(sequence, move |layer| column_sum(layer.evidence, exclude_diagonal))
    }

    fn restores(&self) -> bool {
        self.restore
    }
}
