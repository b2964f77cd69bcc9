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

impl Removal {
    /// Which of two says more about all texts together: one masked text makes the whole masked; merging says more than
    /// removing, and removing more than nothing.
    #[must_use]
    pub fn more_telling(self, other: Self) -> Self {
        let rank = |removal: Self| match removal {
            Self::None => 0,
            Self::Removed => 1,
            Self::Merged => 2,
            Self::Masked => 3,
        };
        if rank(other) > rank(self) { other } else { self }
    }
}

/// Tokens that became one row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MergeGroup {
    /// Position of the row that goes on; `n0` or more for a row made new by fusing.
    pub into: u32,
    /// Positions of the rows that went into it, without `into` itself.
    pub from: Vec<u32>,
}

/// What was decided on a layer's input, before its attention: hook point P1.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct EntryTrace {
    /// Original positions of the rows that came to the layer, row order. Those of them that are not in
    /// [`LayerTrace::attended`] left at its door and took no part in it.
    pub positions: Vec<u32>,
    /// The score of each of them; empty where the strategy computes none.
    pub importance: Vec<f32>,
    /// The score needed to enter, where there is one.
    pub threshold: Option<f32>,
}

/// One layer of one sequence.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LayerTrace {
    /// Rows that entered attention: the tensor's real row count for this sequence.
    pub rows_attention: usize,
    /// Rows that entered the feed-forward block.
    pub rows_feed_forward: usize,
    /// Whether only the row that the head reads was computed
    /// ([`RunOptions::head_rows_only`](crate::engine::RunOptions::head_rows_only)); then the feed-forward block has one row,
    /// and that says nothing about tokens that left.
    pub head_row_only: bool,
    /// Rows that count as alive after this layer; differs from `rows_feed_forward` only under masking.
    pub alive: usize,
    /// Multiply-accumulates of this layer, the strategy's own included.
    pub macs: u64,
    /// Of these, the strategy's own.
    pub overhead_macs: u64,
    /// Rows made of several rows in this layer; counted at every level of detail.
    pub num_merges: usize,
    /// Original positions that entered attention, row order. Empty in [`RunDetail::Counts`], like all below.
    pub attended: Vec<u32>,
    /// The score of each attended row; empty where the strategy computes none. Of rows that were scored at the layer's door
    /// alone, the score with which they entered.
    pub importance: Vec<f32>,
    /// The score needed to stay, where there is one.
    pub threshold: Option<f32>,
    /// What was decided before the layer's attention, by strategies that decide there.
    pub entry: Option<Box<EntryTrace>>,
    /// Positions that left the layer alive, row order. Under masking the tensors still hold the others.
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
    /// Original positions that entered the embeddings (all, unless the strategy selects at input level). Empty in
    /// [`RunDetail::Counts`].
    pub input: Vec<u32>,
    /// Layer by layer.
    pub layers: Vec<LayerTrace>,
    /// Multiply-accumulates of embedding projection and classifier head.
    pub head_macs: u64,
    /// [`RunDetail::States`]: the embedding output `[input, hidden]`.
    pub embedded: Option<Matrix>,
}

impl LayerTrace {
    /// Original positions of the rows that came to the layer, whether or not they entered its attention. Empty in
    /// [`RunDetail::Counts`].
    #[must_use]
    pub fn arrived(&self) -> &[u32] {
        self.entry.as_ref().map_or(&self.attended, |entry| &entry.positions)
    }

    /// The score of each row that came to the layer: where it was scored at the door, that score. Empty where the strategy
    /// computes none.
    #[must_use]
    pub fn arrived_importance(&self) -> &[f32] {
        self.entry.as_ref().map_or(&self.importance, |entry| &entry.importance)
    }
}

impl Trace {
    /// All multiply-accumulates: layers, the strategy's own, embedding projection and head.
    #[must_use]
    pub fn macs(&self) -> u64 {
        self.head_macs + self.layers.iter().map(|layer| layer.macs).sum::<u64>()
    }

    /// How tokens went, read off the row counts: masking is named first, as it is what must not hide.
    #[must_use]
    pub fn removal(&self) -> Removal {
        let masked = self.layers.iter().any(|layer| layer.alive < layer.rows_feed_forward);
        let merged = self.layers.iter().any(|layer| layer.num_merges > 0);
        let rows = |layer: &LayerTrace| {
            layer.rows_attention.min(if layer.head_row_only { usize::MAX } else { layer.rows_feed_forward })
        };
        let fewer = self.layers.iter().any(|layer| rows(layer) < self.num_tokens);
        match (masked, merged, fewer) {
            (true, _, _) => Removal::Masked,
            (false, true, _) => Removal::Merged,
            (false, false, true) => Removal::Removed,
            (false, false, false) => Removal::None,
        }
    }

    /// Rows alive after the last layer.
    #[must_use]
    pub fn tokens_kept(&self) -> usize {
        self.layers.last().map_or(self.num_tokens, |layer| layer.alive)
    }

    /// Mean over layers of alive rows ÷ `n0`. Range: 0–1 (a fused row counts as one).
    #[must_use]
    pub fn retention_mean(&self) -> f64 {
        if self.layers.is_empty() || self.num_tokens == 0 {
            return 1.0;
        }
        let alive: usize = self.layers.iter().map(|layer| layer.alive).sum();
        alive as f64 / (self.layers.len() * self.num_tokens) as f64
    }
}

/// What a run gives for one sequence.
#[derive(Clone, Debug, PartialEq)]
pub struct Outcome {
    /// Read from the state of the token at position 0. If a strategy removed it, from its last complete state: the one that
    /// entered the layer it left in. If it was merged into another row, from that row. Shape: `[labels]`.
    pub logits: Vec<f32>,
    /// What happened.
    pub trace: Trace,
    /// The final sequence output where it was asked for ([`RunDetail::States`]): `[n0, hidden]` for strategies that
    /// restore, else `[kept, hidden]`.
    pub final_hidden: Option<Matrix>,
}
