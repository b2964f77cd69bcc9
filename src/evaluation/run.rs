//! One strategy over one data set.

use std::time::Duration;

use crate::engine::Removal;
use crate::pruning::StrategySpec;

/// What one strategy did to one item.
#[derive(Clone, Debug, PartialEq)]
pub struct ExampleResult {
    /// The class with the largest logit; the smaller one on ties.
    pub prediction: usize,
    /// Shape: `[labels]`.
    pub logits: Vec<f32>,
    /// Softmax of the logits. Shape: `[labels]`.
    pub probabilities: Vec<f32>,
    /// Original tokens `n0`, special ones counted.
    pub tokens: usize,
    /// Tokens alive after the last layer.
    pub tokens_kept: usize,
    /// Mean over layers of kept ÷ `n0`.
    pub retention_mean: f64,
    /// Multiply-accumulates, the strategy's own and the classifier head included.
    pub macs: u64,
    /// Multiply-accumulates of the dense model on the same tokens.
    pub dense_macs: u64,
}

impl ExampleResult {
    /// Probability of class 1: the score of binary tasks.
    ///
    /// Range: 0–1; `None` where the model has other than two classes.
    #[must_use]
    pub fn score(&self) -> Option<f32> {
        match self.probabilities.as_slice() {
            [_, positive] => Some(*positive),
            _ => None,
        }
    }
}

/// One strategy's results on every item of a [`Prepared`](crate::evaluation::Prepared).
#[derive(Clone, Debug, PartialEq)]
pub struct StrategyRun {
    /// The strategy and its settings.
    pub spec: StrategySpec,
    /// One entry per item, in the same order.
    pub results: Vec<ExampleResult>,
    /// How tokens went, read off the tensors' real shapes; the most telling of all items.
    pub removal: Removal,
    /// Wall-clock time of the run, batching included, loading and tokenizing not.
    pub duration: Duration,
}
