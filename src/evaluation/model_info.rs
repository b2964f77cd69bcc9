//! Which model a result belongs to.

use std::path::PathBuf;

use crate::model::Checkpoint;
use crate::model::HeadKind;

/// What files and headers say about the model of a result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModelInfo {
    /// The checkpoint folder.
    pub path: PathBuf,
    /// `model_type`: `bert`.
    pub family: &'static str,
    /// Encoder layers.
    pub layers: usize,
    /// Width of the hidden states.
    pub hidden: usize,
    /// Attention heads.
    pub heads: usize,
    /// What the outputs mean.
    pub head: HeadKind,
    /// Class names, or names of labels; index = class.
    pub labels: Vec<String>,
    /// Longest text in tokens.
    pub max_tokens: usize,
    /// SHA-256 of the weight files, hex.
    pub weights_hash: String,
    /// Number format of the weights: `f32` or `int8`.
    pub precision: &'static str,
    /// Where the model computed: `cpu`, `candle`, `cuda:0`.
    pub device: String,
    /// SHA-256 of the tokenizer files, hex.
    pub tokenizer_hash: String,
}

impl ModelInfo {
    /// Describes a loaded checkpoint.
    #[must_use]
    pub fn of(checkpoint: &Checkpoint) -> Self {
        let model = &checkpoint.model;
        let config = &model.config;
        Self {
            path: model.path.clone(),
            family: config.family.id(),
            layers: config.shape.num_layers,
            hidden: config.shape.hidden,
            heads: config.shape.num_heads,
            head: config.head,
            labels: config.labels.clone(),
            max_tokens: config.max_tokens,
            weights_hash: model.weights_hash.clone(),
            precision: model.precision.label(),
            device: model.device_name(),
            tokenizer_hash: checkpoint.tokenizer.hash().to_owned(),
        }
    }
}
