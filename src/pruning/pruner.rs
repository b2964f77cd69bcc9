//! The trait behind which every strategy stands.

use crate::pruning::Decision;
use crate::tensor::EvidenceSet;
use crate::tensor::ModelShape;
use crate::tensor::SequenceEvidence;

/// One sequence, as far as a strategy may know it. Index = original position.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SequenceInfo {
    /// Which tokens are special (`[CLS]`, `[SEP]`, `<s>`). Shape: `[n0]`. Position 0 is the one the head reads.
    pub is_special: Vec<bool>,
    /// The group each token belongs to: the pieces of one word, the patches of one block, the frames of one sound. Groups
    /// are numbered from 0; `None` for special tokens and whatever stands alone. Shape: `[n0]`.
    pub groups: Vec<Option<u32>>,
    /// A stable number of what each group stands for, the same wherever it appears: of a word, its
    /// [`group_key`](crate::tensor::group_key). Shape: `[groups]`.
    pub group_keys: Vec<u64>,
    /// A stable number of this input (hash of its token ids), from which seeded strategies draw, so that the outcome
    /// does not depend on the batch.
    pub fingerprint: u64,
}

impl SequenceInfo {
    /// Original length `n0`, special tokens counted.
    #[must_use]
    pub fn num_tokens(&self) -> usize {
        self.is_special.len()
    }

    /// What the group of a token stands for; `None` where it has no group.
    #[must_use]
    pub fn key_at(&self, position: usize) -> Option<u64> {
        let group = (*self.groups.get(position)?)?;
        self.group_keys.get(group as usize).copied()
    }
}

/// What a strategy sees of one sequence in one layer, at P2.
#[derive(Clone, Copy, Debug)]
pub struct LayerEvidence<'a> {
    /// Zero-based layer.
    pub layer: usize,
    /// Original position of each row. Shape: `[tokens]`. A row made by fusing has a position of `n0` or more, in order of
    /// creation.
    pub orig: &'a [u32],
    /// What was asked for through [`Pruner::needs`].
    pub evidence: &'a SequenceEvidence,
}

impl LayerEvidence<'_> {
    /// Rows that entered this layer's attention.
    #[must_use]
    pub fn num_tokens(&self) -> usize {
        self.orig.len()
    }
}

/// What a strategy sees of one sequence before a layer, at P1.
#[derive(Clone, Copy, Debug)]
pub struct LayerInput<'a> {
    /// Zero-based layer.
    pub layer: usize,
    /// Original position of each row. Shape: `[tokens]`.
    pub orig: &'a [u32],
    /// The layer's input. Shape: `[tokens, hidden]`, row-major.
    pub states: &'a [f32],
}

impl LayerInput<'_> {
    /// Width of a state.
    #[must_use]
    pub fn width(&self) -> usize {
        self.states.len() / self.orig.len().max(1)
    }

    /// Rows that came to the layer.
    #[must_use]
    pub fn num_tokens(&self) -> usize {
        self.orig.len()
    }
}

/// A strategy with its settings, ready to run on a model of the shape it was built for.
pub trait Pruner: Send + Sync + std::fmt::Debug {
    /// What this layer's decision needs. [`EvidenceSet::NONE`] where nothing is decided.
    fn needs(&self, layer: usize) -> EvidenceSet;

    /// Whether the strategy decides on the input of `layer` (P1), through [`SequencePruner::decide_on_input`]. What it drops
    /// there takes no part in the layer's attention; it may decide at P2 too.
    fn decides_on_input(&self, _layer: usize) -> bool {
        false
    }

    /// Multiply-accumulates that a decision on the input of `layer` takes, of which `tokens` rows came to the layer.
    fn input_macs(&self, _layer: usize, _tokens: usize, _shape: &ModelShape) -> u64 {
        0
    }

    /// Input level (P0): original positions that enter the embeddings, ascending; `None` keeps all.
    /// The kept tokens get consecutive positions, as if the text had been given without the others.
    fn select_input(&self, _sequence: &SequenceInfo) -> Option<Vec<u32>> {
        None
    }

    /// How many of the first layers leave every row in place whatever they see, and tell later decisions nothing.
    ///
    /// Where several strategies run on the same texts, these layers are computed once and [`SequencePruner::decide`] is
    /// not called for them. 0 for strategies that look at every layer or select at input level.
    fn idle_layers(&self) -> usize {
        0
    }

    /// Starts a sequence.
    fn begin(&self, sequence: &SequenceInfo) -> Box<dyn SequencePruner>;

    /// Whether removed tokens keep their last state in the final output (drop and restore).
    fn restores(&self) -> bool {
        false
    }

    /// Whether attention adds `ln(size)` to the logits of a key that stands for `size` tokens (`ToMe`).
    fn proportional_attention(&self) -> bool {
        false
    }

    /// Multiply-accumulates the strategy itself spends in `layer` on `tokens` rows to reach its decision. Additions are
    /// not counted; making merged rows is counted apart, by [`Action::merge_macs`](crate::pruning::Action::merge_macs).
    fn overhead_macs(&self, _layer: usize, _tokens: usize, _shape: &ModelShape) -> u64 {
        0
    }
}

/// One sequence's decisions, layer by layer.
pub trait SequencePruner: Send {
    /// Decides before the attention of `input.layer`. Called, in order, for the layers of which
    /// [`Pruner::decides_on_input`] says so.
    fn decide_on_input(&mut self, _input: &LayerInput<'_>) -> Decision {
        Decision::keep_all()
    }

    /// Decides after the attention of `layer.layer`. Called once for every layer, in order; the first
    /// [`Pruner::idle_layers`] may be left out. There may be more evidence than was asked for.
    fn decide(&mut self, layer: &LayerEvidence<'_>) -> Decision;
}
