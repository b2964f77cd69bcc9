//! Why a checkpoint could not be compared.

use std::path::PathBuf;

use crate::disk::ReadError;
use crate::evaluation;
use crate::input;
use crate::jobs::Cancelled;
use crate::model;
use crate::reference::CANDLE_VERSION;

/// What keeps the two implementations from being compared.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Asked to stop.
    #[error("cancelled")]
    Cancelled,
    /// The checkpoint does not load.
    #[error("cannot load the checkpoint")]
    Load {
        /// What is wrong with it.
        source: model::Error,
    },
    /// candle-transformers has nothing to compare with.
    #[error("candle-transformers {CANDLE_VERSION} has no {what}; {instead}")]
    NoCounterpart {
        /// The family, or the part of it, by name.
        what: String,
        /// What can be done instead.
        instead: String,
    },
    /// candle-transformers does not understand `config.json`.
    #[error("candle-transformers {CANDLE_VERSION} does not understand {}", path.display())]
    Settings {
        /// The file.
        path: PathBuf,
        /// Its complaint.
        source: serde_json::Error,
    },
    /// candle cannot read the weights, or cannot compute.
    #[error("candle {CANDLE_VERSION} cannot {step}")]
    Candle {
        /// What it was to do.
        step: String,
        /// Its complaint.
        source: candle_core::Error,
    },
    /// candle's logits are no numbers, so that nothing can be compared.
    #[error("candle's model gives {value} among the logits of text {text}, where prunescope's are finite")]
    NotFinite {
        /// Counted from 1.
        text: usize,
        /// The first that is none.
        value: f32,
    },
    /// candle gives another number of logits.
    #[error("candle's model gives {got} logits for text {text}, prunescope's {expected}")]
    Logits {
        /// Counted from 1.
        text: usize,
        /// prunescope's.
        expected: usize,
        /// candle's.
        got: usize,
    },
    /// A text cannot be cut into tokens.
    #[error("text {text} cannot be cut into tokens")]
    Tokenize {
        /// Counted from 1.
        text: usize,
        /// What is wrong.
        source: input::Error,
    },
    /// A text fails in prunescope itself.
    #[error("text {text} cannot be run")]
    Run {
        /// Counted from 1.
        text: usize,
        /// What is wrong.
        source: Box<evaluation::Error>,
    },
    /// The file of texts cannot be read.
    #[error("cannot read the texts: {}", path.display())]
    Texts {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        source: ReadError,
    },
    /// There is nothing to compare on.
    #[error("expected at least one text, one a line: {}", path.display())]
    NoTexts {
        /// The file.
        path: PathBuf,
    },
    /// None of the bundled texts can be cut into tokens.
    #[error("the tokenizer reads none of the bundled texts; give your own with --texts FILE, one a line")]
    Unreadable,
}

impl From<Cancelled> for Error {
    fn from(_: Cancelled) -> Self {
        Self::Cancelled
    }
}

/// Names the step in which candle failed.
pub(super) fn while_it(step: impl Into<String>) -> impl FnOnce(candle_core::Error) -> Error {
    |source| Error::Candle { step: step.into(), source }
}
