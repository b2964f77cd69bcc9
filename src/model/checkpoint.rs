//! A checkpoint folder as a whole: model and tokenizer.

use std::path::Path;

use crate::model::Error;
use crate::model::Model;
use crate::model::Precision;
use crate::model::Tokenizer;

/// A model with the tokenizer it was trained with.
#[derive(Debug)]
pub struct Checkpoint {
    /// Configuration and weights.
    pub model: Model,
    /// Text to tokens.
    pub tokenizer: Tokenizer,
}

impl Checkpoint {
    /// Loads a Hugging Face checkpoint folder: `config.json`, weights (safetensors, sharded or not, or
    /// `pytorch_model.bin`), and `tokenizer.json` or `vocab.txt`. Weights in half precision become `f32`.
    ///
    /// # Errors
    /// If a file is missing, damaged, not supported, or does not fit the others.
    pub fn load(dir: &Path) -> Result<Self, Error> {
        let model = Model::load(dir)?;
        let tokenizer = Tokenizer::load(dir, &model.config)?;
        Ok(Self { model, tokenizer })
    }

    /// The same checkpoint, its model in this precision.
    #[must_use]
    pub fn into_precision(self, precision: Precision) -> Self {
        Self { model: self.model.into_precision(precision), ..self }
    }
}
