//! What happened to one sequence in one run.

use crate::tensor::Matrix;

/// How much of a run is written down.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RunDetail {
    /// Logits, and per layer the row counts and MACs.
    #[default]
    Counts,
    /// Positions, scores and merges too.
    Trace,
    /// Every layer's hidden states and attention probabilities too; large, for tests and close inspection.
    States,
}

/// How tokens went, read off the real shapes of the tensors.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Removal {
    /// Nothing was removed.
    None,
    /// Rows left the tensors.
    Removed,
    /// Rows were declared gone but still computed.
    Masked,
    /// Rows were combined into others.
    Merged,
}

/// Tokens that became one row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MergeGroup {
    /// Position of the row that goes on; `n0` or more for a row made new by fusing.
    pub into: u32,
    /// Positions of the rows that went into it, without `into` itself.
    pub from: Vec<u32>,
}

/// One layer of one sequence.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LayerTrace {
    /// Rows that entered attention: the tensor's real row count for this sequence.
    pub rows_attention: usize,
    /// Rows that entered the feed-forward block.
    pub rows_feed_forward: usize,
    /// Rows that count as alive after this layer; differs from `rows_feed_forward` only under masking.
    pub alive: usize,
    /// Multiply-accumulates of this layer, the strategy's own included.
    pub macs: u64,
    /// Of these, the strategy's own.
    pub overhead_macs: u64,
    /// Original positions that entered attention, row order. Empty in [`RunDetail::Counts`], like all below.
    pub attended: Vec<u32>,
    /// The score of each attended row; empty where the strategy computes none.
    pub importance: Vec<f32>,
    /// The score needed to stay, where there is one.
    pub threshold: Option<f32>,
    /// Positions that left the layer, row order.
    pub kept: Vec<u32>,
    /// Groups formed in this layer.
    pub merged: Vec<MergeGroup>,
    /// [`RunDetail::States`]: hidden states after this layer, `[kept, hidden]`.
    pub hidden: Option<Matrix>,
    /// [`RunDetail::States`]: attention probabilities `[heads, query, key]`.
    pub attention_probs: Vec<f32>,
}

/// One sequence's way through the model.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Trace {
    /// Original tokens `n0`, special ones counted.
    pub num_tokens: usize,
    /// Original positions that entered the embeddings (all, unless the strategy selects at input level).
    pub input: Vec<u32>,
    /// Layer by layer.
    pub layers: Vec<LayerTrace>,
    /// Multiply-accumulates of embedding projection and classifier head.
    pub head_macs: u64,
    /// [`RunDetail::States`]: the embedding output `[input, hidden]`.
    pub embedded: Option<Matrix>,
}

/// What a run gives for one sequence.
#[derive(Clone, Debug, PartialEq)]
pub struct Outcome {
    /// Shape: `[labels]`.
    pub logits: Vec<f32>,
    /// What happened.
    pub trace: Trace,
    /// The final sequence output where it was asked for ([`RunDetail::States`]): `[n0, hidden]` for strategies that
    /// restore, else `[kept, hidden]`.
    pub final_hidden: Option<Matrix>,
}
