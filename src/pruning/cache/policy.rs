//! The traits behind which every cache policy stands.

use crate::tensor::EvidenceSet;

/// What a policy is begun for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CacheSize {
    /// Tokens of the prompt.
    pub prompt: usize,
    /// Layers of the model.
    pub layers: usize,
    /// KV heads of a layer.
    pub kv_heads: usize,
}

/// The entries of one KV head, after the newest were appended and attended to.
#[derive(Clone, Copy, Debug)]
pub struct HeadView<'a> {
    /// Original position of each entry, ascending. Shape: `[entries]`.
    pub positions: &'a [u32],
    /// Attention that each entry received in this pass ([`received`](crate::pruning::cache::received)); empty unless
    /// [`CachePolicy::needs`] has column sums. Shape: `[entries]`.
    pub received: &'a [f32],
}

/// What happens to the entries of one KV head.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CacheDecision {
    /// Indices of the entries that stay, ascending; `None` keeps all.
    pub kept: Option<Vec<usize>>,
    /// The score of each entry, higher = more important; empty where the policy has none.
    pub scores: Vec<f32>,
}

/// A policy with its settings.
pub trait CachePolicy: Send + Sync + std::fmt::Debug {
    /// What of the attention its decisions need.
    fn needs(&self) -> EvidenceSet;

    /// Starts a text.
    fn begin(&self, size: CacheSize) -> Box<dyn SequenceCachePolicy>;
}

/// One text's decisions: once for the prompt in every layer, then once a step and layer.
pub trait SequenceCachePolicy: Send {
    /// Decides after the attention of `layer`, for every KV head. Shape: `heads` `[kv_heads]` → the same.
    ///
    /// The first call for a layer sees the prompt, each later one the entries that were kept and the new one.
    fn decide(&mut self, layer: usize, heads: &[HeadView<'_>]) -> Vec<CacheDecision>;
}
