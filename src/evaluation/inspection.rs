//! One text through the dense model and through strategies, with everything that happened.

use std::time::Duration;

use crate::engine::Removal;
use crate::engine::Trace;
use crate::model::Encoded;
use crate::pruning::StrategySpec;

/// One text under several strategies.
#[derive(Clone, Debug, PartialEq)]
pub struct Inspection {
    /// The text and its tokens.
    pub encoded: Encoded,
    /// The model's class names; index = class.
    pub classes: Vec<String>,
    /// The dense model.
    pub dense: InspectedRun,
    /// One entry per spec, in the order given.
    pub strategies: Vec<InspectedRun>,
}

/// One strategy on one text.
#[derive(Clone, Debug, PartialEq)]
pub struct InspectedRun {
    /// The strategy and its settings.
    pub spec: StrategySpec,
    /// Shape: `[labels]`.
    pub logits: Vec<f32>,
    /// Softmax of the logits. Shape: `[labels]`.
    pub probabilities: Vec<f32>,
    /// The class with the largest logit; the smaller one on ties.
    pub prediction: usize,
    /// How tokens went, read off the tensors' real shapes.
    pub removal: Removal,
    /// Multiply-accumulates, the strategy's own and the classifier head included.
    pub macs: u64,
    /// What happened, layer by layer.
    pub trace: Trace,
    /// Wall-clock time of this one run.
    pub duration: Duration,
}

impl InspectedRun {
    /// Floating-point operations: two per multiply-accumulate.
    #[must_use]
    pub fn flops(&self) -> u64 {
        2 * self.macs
    }
}
