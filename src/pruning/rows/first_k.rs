//! `first_k`: keeps the beginning of the text. The control that shows how much position alone explains.

use std::sync::Arc;

use crate::pruning::BuildContext;
use crate::pruning::Error;
use crate::pruning::Pruner;
use crate::pruning::SequenceInfo;
use crate::pruning::SequencePruner;
use crate::pruning::StrategyFamily;
use crate::pruning::StrategyInfo;
use crate::pruning::Training;
use crate::pruning::rows::schedule::retention_dial;
use crate::pruning::rows::schedule::shared_keys;
use crate::pruning::rows::top_k::TopK;
use crate::tensor::EvidenceSet;
use crate::tensor::ModelShape;

pub(super) fn info() -> StrategyInfo {
    StrategyInfo {
        id: "first_k",
        name: "First tokens",
        family: StrategyFamily::Control,
        paper: "Control: truncation, layer by layer",
        year: None,
        url: "",
        summary: "Keeps the first tokens of the text, as many as the schedule says",
        formula: "s_k = −k; keep the best ⌈r_l·n0⌉",
        deviations: "",
        keys: shared_keys(Vec::new()),
        dial: Some(retention_dial()),
        score_only: false,
        training: Training::None,
        build,
    }
}

#[derive(Debug)]
struct FirstK {
    top_k: TopK,
}

fn build(context: &BuildContext<'_>) -> Result<Arc<dyn Pruner>, Error> {
    Ok(Arc::new(FirstK { top_k: TopK::from_context(context)? }))
}

impl Pruner for FirstK {
    fn needs(&self, layer: usize) -> EvidenceSet {
        self.top_k.needs(layer, EvidenceSet::NONE)
    }

    fn idle_layers(&self) -> usize {
        self.top_k.schedule.idle_layers()
    }

    fn overhead_macs(&self, layer: usize, tokens: usize, shape: &ModelShape) -> u64 {
        self.top_k.overhead_macs(layer, tokens, shape)
    }

    fn begin(&self, sequence: &SequenceInfo) -> Box<dyn SequencePruner> {
        self.top_k.begin(sequence, |layer| layer.orig.iter().map(|&position| -(position as f32)).collect())
    }
}
