//! Small strategies whose outcome is known by hand.

use prunescope::pruning::Action;
use prunescope::pruning::Decision;
use prunescope::pruning::LayerEvidence;
use prunescope::pruning::Merge;
use prunescope::pruning::Pruner;
use prunescope::pruning::SequenceInfo;
use prunescope::pruning::SequencePruner;
use prunescope::tensor::EvidenceSet;

/// Decides nothing.
#[derive(Debug)]
pub(crate) struct KeepAll;

impl Pruner for KeepAll {
    fn needs(&self, _layer: usize) -> EvidenceSet {
        EvidenceSet::NONE
    }

    fn begin(&self, _sequence: &SequenceInfo) -> Box<dyn SequencePruner> {
        Box::new(Scripted { action: |_| Action::KeepAll })
    }
}

/// Answers with what a function of the layer's evidence says.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Script {
    pub(crate) action: fn(&LayerEvidence<'_>) -> Action,
    pub(crate) needs: EvidenceSet,
    pub(crate) restores: bool,
    pub(crate) proportional: bool,
}

impl Script {
    pub(crate) fn new(action: fn(&LayerEvidence<'_>) -> Action) -> Self {
        Self { action, needs: EvidenceSet::NONE, restores: false, proportional: false }
    }
}

impl Pruner for Script {
    fn needs(&self, _layer: usize) -> EvidenceSet {
        self.needs
    }

    fn begin(&self, _sequence: &SequenceInfo) -> Box<dyn SequencePruner> {
        Box::new(Scripted { action: self.action })
    }

    fn restores(&self) -> bool {
        self.restores
    }

    fn proportional_attention(&self) -> bool {
        self.proportional
    }
}

struct Scripted {
    action: fn(&LayerEvidence<'_>) -> Action,
}

impl SequencePruner for Scripted {
    fn decide(&mut self, layer: &LayerEvidence<'_>) -> Decision {
        Decision { action: (self.action)(layer), ..Decision::keep_all() }
    }
}

/// The first rows, one fewer in each layer, but never none.
pub(crate) fn one_fewer(layer: &LayerEvidence<'_>) -> Action {
    Action::Keep((0..layer.num_tokens().saturating_sub(1).max(1)).collect())
}

/// Declares the last row gone in layer 0, but leaves it in the tensors.
pub(crate) fn mask_last(layer: &LayerEvidence<'_>) -> Action {
    if layer.layer == 0 { Action::Mask((0..layer.num_tokens() - 1).collect()) } else { Action::KeepAll }
}

/// Averages the last two rows into the first of them, in layer 0.
pub(crate) fn merge_last_two(layer: &LayerEvidence<'_>) -> Action {
    let count = layer.num_tokens();
    if layer.layer > 0 || count < 3 {
        return Action::KeepAll;
    }
    let merge = Merge { into: count - 2, parts: vec![(count - 2, 0.5), (count - 1, 0.5)], size: 2.0 };
    Action::Reduce { rows: (0..count - 1).map(Some).collect(), merges: vec![merge] }
}
