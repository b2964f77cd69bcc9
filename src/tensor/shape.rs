//! Sizes of a stack of layers.

/// The sizes of a model that strategies and cost formulas need.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ModelShape {
    /// Number of encoder layers, `L`.
    pub num_layers: usize,
    /// Width of the hidden states, `d`.
    pub hidden: usize,
    /// Attention heads, `H`.
    pub num_heads: usize,
    /// Width of one head.
    pub head_dim: usize,
    /// Width of the feed-forward block, `d_ff`.
    pub intermediate: usize,
    /// Whether the classifier reads the mean of all tokens' states, and the first token is one like the others.
    pub reads_mean: bool,
}
