//! What can stop a run.

use std::fmt;

use crate::engine::memory::in_words;
use crate::model::DeviceError;
use crate::model::Precision;

/// A step of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// From ids to the first states.
    Embeddings,
    /// Attention with its residual and norm, of this layer (from 0).
    Attention(usize),
    /// The feed-forward block with its residual and norm, of this layer (from 0).
    FeedForward(usize),
    /// From states to logits.
    Classifier,
}

/// As people read it, layers from 1.
impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Embeddings => write!(f, "the embeddings"),
            Self::Attention(layer) => write!(f, "the attention of layer {}", layer + 1),
            Self::FeedForward(layer) => write!(f, "the feed-forward block of layer {}", layer + 1),
            Self::Classifier => write!(f, "the classifier"),
        }
    }
}

/// Why a run gave no outcome. Layers, texts and tokens are counted from 0 here and from 1 in messages.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The owner of the job asked to stop.
    #[error("cancelled")]
    Cancelled,
    /// A text has no tokens at all.
    #[error("text {} of the batch: expected at least one token, got none", sequence + 1)]
    NoTokens {
        /// Index in the batch.
        sequence: usize,
    },
    /// A text is longer than the model's position table.
    #[error("text {} of the batch: expected at most {expected} tokens, got {got}", sequence + 1)]
    TooLong {
        /// Index in the batch.
        sequence: usize,
        /// The model's limit.
        expected: usize,
        /// The text's length.
        got: usize,
    },
    /// A token id lies outside the word embedding table.
    #[error("text {} of the batch, token {}: expected an id below {expected}, got {got}", sequence + 1, token + 1)]
    UnknownToken {
        /// Index in the batch.
        sequence: usize,
        /// Index in the text.
        token: usize,
        /// Rows of the table.
        expected: usize,
        /// The id.
        got: u32,
    },
    /// A strategy's input selection is empty, not ascending or out of range.
    #[error("text {} of the batch: expected an ascending, non-empty choice among {expected} tokens, got {got:?}", sequence + 1)]
    BadInputSelection {
        /// Index in the batch.
        sequence: usize,
        /// Tokens to choose from.
        expected: usize,
        /// The choice.
        got: Vec<u32>,
    },
    /// A decision keeps no row.
    #[error("layer {}, text {} of the batch: expected at least one kept row, got none", layer + 1, sequence + 1)]
    NothingKept {
        /// Zero-based layer.
        layer: usize,
        /// Index in the batch.
        sequence: usize,
    },
    /// A decision names a row that does not exist.
    #[error("layer {}, text {} of the batch: expected rows below {expected}, got {got}", layer + 1, sequence + 1)]
    RowOutOfRange {
        /// Zero-based layer.
        layer: usize,
        /// Index in the batch.
        sequence: usize,
        /// Number of rows.
        expected: usize,
        /// The row named.
        got: usize,
    },
    /// A decision names a row twice.
    #[error("layer {}, text {} of the batch: expected each row at most once, got {got} twice", layer + 1, sequence + 1)]
    RowTwice {
        /// Zero-based layer.
        layer: usize,
        /// Index in the batch.
        sequence: usize,
        /// The row named twice.
        got: usize,
    },
    /// A new row has no merge that makes it.
    #[error("layer {}, text {} of the batch: expected one merge into new row {row}, got {got}", layer + 1, sequence + 1)]
    NewRowWithoutMerge {
        /// Zero-based layer.
        layer: usize,
        /// Index in the batch.
        sequence: usize,
        /// Index of the output row.
        row: usize,
        /// Merges into it.
        got: usize,
    },
    /// A merge has a weight or size that is not a finite number, or a size that is not positive.
    #[error("layer {}, text {} of the batch: expected finite weights and a positive size, got {got}", layer + 1, sequence + 1)]
    BadMerge {
        /// Zero-based layer.
        layer: usize,
        /// Index in the batch.
        sequence: usize,
        /// The value.
        got: f32,
    },
    /// A merge of nothing would make a row of zeros.
    #[error("layer {}, text {} of the batch: expected rows to merge into row {row}, got none", layer + 1, sequence + 1)]
    EmptyMerge {
        /// Zero-based layer.
        layer: usize,
        /// Index in the batch.
        sequence: usize,
        /// Index of the output row.
        row: usize,
    },
    /// Scores do not match the rows.
    #[error("layer {}, text {} of the batch: expected {expected} scores or none, got {got}", layer + 1, sequence + 1)]
    ScoreCount {
        /// Zero-based layer.
        layer: usize,
        /// Index in the batch.
        sequence: usize,
        /// Number of rows.
        expected: usize,
        /// Number of scores.
        got: usize,
    },
    /// The model computed something that is no number, so that it has no answer.
    #[error(
        "text {} of the batch: expected finite numbers from {step}, got {got}; nothing that follows from it would be a \
         prediction: the weights are damaged or too large for {}; get the checkpoint anew, or leave the text out",
        sequence + 1, precision.label()
    )]
    NotFinite {
        /// Index in the batch.
        sequence: usize,
        /// Where it appeared first.
        step: Step,
        /// NaN or an infinity.
        got: f32,
        /// How the weights are held.
        precision: Precision,
    },
    /// What a strategy ranks by is no number.
    #[error(
        "layer {}, text {} of the batch: expected finite {what} to rank tokens by, got {got}; {}the strategy cannot choose: \
         use one that ranks by something else, or leave the text out",
        layer + 1, sequence + 1, token_told(*token)
    )]
    NotRankable {
        /// Zero-based layer.
        layer: usize,
        /// Index in the batch.
        sequence: usize,
        /// The first such token's position in the text, where it is one token's score.
        token: Option<u32>,
        /// What was to be ranked by.
        what: &'static str,
        /// NaN or an infinity.
        got: f32,
    },
    /// The run needs more memory than is free.
    #[error(
        "text {} of the batch has {tokens} tokens: {} of memory are needed{} and {} are free; {}, or close other programs",
        sequence + 1, in_words(*needed), matrices_told(*matrices), in_words(*free), shorter(*fits)
    )]
    Memory {
        /// Index in the batch of the longest text.
        sequence: usize,
        /// Its length.
        tokens: usize,
        /// Bytes for the whole batch.
        needed: u64,
        /// Bytes that are free.
        free: u64,
        /// The largest length to which texts may be cut so that the batch fits; 0 if none does.
        fits: usize,
        /// Whether the strategy asks for whole attention matrices.
        matrices: bool,
    },
    /// The device that the model computes on gave up.
    #[error("cannot go on where the model computes")]
    Device {
        /// At which step, and why.
        source: Box<DeviceError>,
    },
}

impl Error {
    /// Index in its batch of the text that a message speaks of.
    #[must_use]
    pub fn sequence(&self) -> Option<usize> {
        match self {
            Self::Cancelled | Self::Device { .. } => None,
            Self::NoTokens { sequence }
            | Self::TooLong { sequence, .. }
            | Self::UnknownToken { sequence, .. }
            | Self::BadInputSelection { sequence, .. }
            | Self::NothingKept { sequence, .. }
            | Self::RowOutOfRange { sequence, .. }
            | Self::RowTwice { sequence, .. }
            | Self::NewRowWithoutMerge { sequence, .. }
            | Self::BadMerge { sequence, .. }
            | Self::EmptyMerge { sequence, .. }
            | Self::ScoreCount { sequence, .. }
            | Self::NotFinite { sequence, .. }
            | Self::NotRankable { sequence, .. }
            | Self::Memory { sequence, .. } => Some(*sequence),
        }
    }

    pub(super) fn from_device(source: DeviceError) -> Self {
        Self::Device { source: Box::new(source) }
    }
}

impl From<crate::jobs::Cancelled> for Error {
    fn from(_: crate::jobs::Cancelled) -> Self {
        Self::Cancelled
    }
}

fn token_told(token: Option<u32>) -> String {
    token.map_or_else(String::new, |token| format!("token {} of the text is the first without a score; ", token + 1))
}

fn matrices_told(matrices: bool) -> &'static str {
    if matrices { " (the strategy looks at whole attention matrices, which grow with the square)" } else { "" }
}

fn shorter(fits: usize) -> String {
    if fits == 0 {
        return "no length fits: use a smaller model".to_owned();
    }
    format!("the largest length that fits is {fits}: cut texts there with --max-tokens {fits}")
}

/// Where in a run a decision was made.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    pub(super) layer: usize,
    pub(super) sequence: usize,
}

impl Place {
    /// Each row below `expected`, none twice.
    pub(super) fn check_rows(self, rows: impl Iterator<Item = usize>, expected: usize) -> Result<(), Error> {
        let mut seen = vec![false; expected];
        for row in rows {
            match seen.get_mut(row) {
                None => return Err(self.out_of_range(row, expected)),
                Some(true) => return Err(Error::RowTwice { layer: self.layer, sequence: self.sequence, got: row }),
                Some(fresh) => *fresh = true,
            }
        }
        Ok(())
    }

    pub(super) fn out_of_range(self, got: usize, expected: usize) -> Error {
        Error::RowOutOfRange { layer: self.layer, sequence: self.sequence, expected, got }
    }

    pub(super) fn nothing_kept(self) -> Error {
        Error::NothingKept { layer: self.layer, sequence: self.sequence }
    }

    pub(super) fn bad_merge(self, got: f32) -> Error {
        Error::BadMerge { layer: self.layer, sequence: self.sequence, got }
    }

    pub(super) fn empty_merge(self, row: usize) -> Error {
        Error::EmptyMerge { layer: self.layer, sequence: self.sequence, row }
    }

    pub(super) fn merge_count(self, row: usize, got: usize) -> Error {
        Error::NewRowWithoutMerge { layer: self.layer, sequence: self.sequence, row, got }
    }
}
