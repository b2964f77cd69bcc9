//! A checkpoint folder as a whole: model and tokenizer.

use std::path::Path;

use crate::input::Tokenizer;
use crate::model::DeviceChoice;
use crate::model::DeviceError;
use crate::model::Error;
use crate::model::Model;
use crate::model::Precision;

/// A model with the tokenizer it was trained with.
#[derive(Debug)]
pub struct Checkpoint {
    /// Configuration and weights.
    pub model: Model,
    /// Text to tokens.
    pub tokenizer: Tokenizer,
    /// Where the checkpoint's files disagree or are unusual, and what was done; one sentence each, for people to read.
    pub notes: Vec<String>,
}

/// How a model is to compute.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LoadOptions {
    /// How weights are held.
    pub precision: Precision,
    /// Where it computes.
    pub device: DeviceChoice,
    /// Where texts are cut, special tokens counted, if the model reads more.
    pub max_tokens: Option<usize>,
}

impl Checkpoint {
    /// [`Self::load`], the model then brought to where and how it is to compute.
    ///
    /// # Errors
    /// Those of [`Self::load`] and [`Self::into_precision`], and [`Error::Device`] if the device cannot be used or not in this precision.
    pub fn load_with(dir: &Path, options: LoadOptions) -> Result<Self, Error> {
        let mut checkpoint = Self::load(dir)?.into_precision(options.precision)?;
        if let Some(max_tokens) = options.max_tokens {
            checkpoint.cut_at(max_tokens)?;
        }
        checkpoint.on_device(options.device).map_err(|source| Error::Device { source: Box::new(source) })
    }

    /// Loads a Hugging Face checkpoint folder: `config.json`, weights (safetensors, sharded or not, or
    /// `pytorch_model.bin`), and a tokenizer ([`Tokenizer::load`]). Weights in half precision become `f32`.
    ///
    /// # Errors
    /// If a file is missing, damaged, not supported, or does not fit the others.
    pub fn load(dir: &Path) -> Result<Self, Error> {
        let (model, mut notes) = Model::load_with_notes(dir)?;
        let tokenizer = Tokenizer::load(dir, &model.config.expected_tokenizer())?;
        notes.extend_from_slice(tokenizer.notes());
        Ok(Self { model, tokenizer, notes })
    }

    /// Cuts texts after so many tokens, special ones counted; where the model reads no more anyway, that becomes a note.
    ///
    /// # Errors
    /// [`Error::Tokenizer`] if the special tokens alone are more.
    pub fn cut_at(&mut self, max_tokens: usize) -> Result<(), Error> {
        let reads = self.model.config.max_tokens;
        if max_tokens > reads {
            self.notes.push(format!(
                "texts are cut at {reads} tokens, which is all that the model reads, not at {max_tokens}"
            ));
            return Ok(());
        }
        self.tokenizer.cut_at(max_tokens)?;
        self.model.config.max_tokens = max_tokens;
        Ok(())
    }

    /// The same checkpoint, its model in this precision.
    ///
    /// # Errors
    /// See [`Model::into_precision`].
    pub fn into_precision(self, precision: Precision) -> Result<Self, Error> {
        Ok(Self { model: self.model.into_precision(precision)?, ..self })
    }

    /// The same checkpoint, its model computing on this device.
    ///
    /// # Errors
    /// See [`Model::on_device`].
    pub fn on_device(self, choice: DeviceChoice) -> Result<Self, DeviceError> {
        Ok(Self { model: self.model.on_device(choice)?, ..self })
    }
}
