//! The part of `config.json` we understand.

use crate::tensor::ModelShape;

/// The encoder families prunescope loads, by `model_type`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Family {
    /// `bert`
    Bert,
    /// `distilbert`
    DistilBert,
    /// `roberta`
    Roberta,
    /// `xlm-roberta`
    XlmRoberta,
    /// `electra`
    Electra,
    /// `albert`
    Albert,
    /// `deberta-v2` (v3 too)
    DebertaV2,
    /// `modernbert`
    ModernBert,
}

/// What `config.json` says, checked and in one form for all families.
#[derive(Clone, Debug, PartialEq)]
pub struct ModelConfig {
    /// From `model_type`.
    pub family: Family,
    /// Layers, widths, heads.
    pub shape: ModelShape,
    /// Rows of the word embedding table.
    pub vocab_size: usize,
    /// Longest text in tokens, special ones counted (`RoBERTa`'s offset already subtracted).
    pub max_tokens: usize,
    /// First position id (`pad_token_id + 1` for `RoBERTa`, else 0).
    pub position_offset: usize,
    /// Names of the classes, index = class.
    pub labels: Vec<String>,
}
