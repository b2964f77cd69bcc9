//! One step of the forward pass at a time: embeddings, attention, feed-forward block, head.
//!
//! The engine strings these steps together; nothing here loops over layers or removes a token.

use crate::model::Model;
use crate::tensor::CuSeqlens;
use crate::tensor::EvidenceNeeds;
use crate::tensor::Matrix;
use crate::tensor::SequenceEvidence;

/// The tokens of a packed batch, one entry per token.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EmbedInput {
    /// Rows of the word embedding table. Shape: `[total_tokens]`.
    pub ids: Vec<u32>,
    /// Position of each token within its own sequence, from 0. Shape: `[total_tokens]`.
    pub positions: Vec<u32>,
    /// Which text of a pair: 0 or 1. Shape: `[total_tokens]`.
    pub segments: Vec<u32>,
}

/// What attention needs to know besides the hidden states.
#[derive(Clone, Copy, Debug)]
pub struct AttentionContext<'a> {
    /// The position of each row within its own sequence, by which families without absolute position embeddings
    /// measure distances: original positions, so that pruning does not move tokens closer. Shape: `[total_tokens]`.
    pub positions: &'a [u32],
    /// Added to the logits of each key before softmax: `ln(size)` for merged rows, minus infinity for masked ones.
    /// Shape: `[total_tokens]`.
    pub key_bias: Option<&'a [f32]>,
    /// What the strategy wants to see.
    pub needs: EvidenceNeeds,
}

/// What attention gives.
#[derive(Clone, Debug)]
pub struct AttentionOutput {
    /// The states at hook point P2. Shape: `[total_tokens, hidden]`, packed as the input was.
    pub hidden: Matrix,
    /// What was asked for, one entry per sequence. Shape: `[batch]`.
    pub evidence: Vec<SequenceEvidence>,
}
