//! `dense`: every token stays. The reference that every other strategy is compared with.

use std::sync::Arc;

use crate::pruning::Decision;
use crate::pruning::LayerEvidence;
use crate::pruning::Pruner;
use crate::pruning::SequenceInfo;
use crate::pruning::SequencePruner;
use crate::pruning::StrategyFamily;
use crate::pruning::StrategyInfo;
use crate::pruning::Training;
use crate::tensor::EvidenceSet;

pub(super) fn info() -> StrategyInfo {
    StrategyInfo {
        id: "dense",
        name: "Dense",
        family: StrategyFamily::Control,
        paper: "Control: the model as it is",
        year: None,
        url: "",
        summary: "Keeps every token; the reference for accuracy and cost",
        formula: "keep all k",
        deviations: "",
        keys: Vec::new(),
        dial: None,
        score_only: false,
        training: Training::None,
        build: |_| Ok(Arc::new(Dense)),
    }
}

/// Keeps everything and asks for nothing.
#[derive(Debug)]
pub(super) struct Dense;

impl Pruner for Dense {
    fn needs(&self, _layer: usize) -> EvidenceSet {
        EvidenceSet::NONE
    }

    fn idle_layers(&self) -> usize {
        usize::MAX
    }

    fn begin(&self, _sequence: &SequenceInfo) -> Box<dyn SequencePruner> {
        Box::new(KeepAll)
    }
}

/// One sequence of which nothing is removed between layers.
pub(super) struct KeepAll;

impl SequencePruner for KeepAll {
    fn decide(&mut self, _layer: &LayerEvidence<'_>) -> Decision {
        Decision::keep_all()
    }
}
