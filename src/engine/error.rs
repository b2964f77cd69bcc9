//! What can stop a run.

use crate::model::DeviceError;

/// Why a run gave no outcome.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The owner of the job asked to stop.
    #[error("cancelled")]
    Cancelled,
    /// A text has no tokens at all.
    #[error("sequence {sequence}: expected at least one token, got none")]
    NoTokens {
        /// Index in the batch.
        sequence: usize,
    },
    /// A text is longer than the model's position table.
    #[error("sequence {sequence}: expected at most {expected} tokens, got {got}")]
    TooLong {
        /// Index in the batch.
        sequence: usize,
        /// The model's limit.
        expected: usize,
        /// The text's length.
        got: usize,
    },
    /// A token id lies outside the word embedding table.
    #[error("sequence {sequence}, token {token}: expected an id below {expected}, got {got}")]
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
    #[error("sequence {sequence}: expected an ascending, non-empty choice among {expected} tokens, got {got:?}")]
    BadInputSelection {
        /// Index in the batch.
        sequence: usize,
        /// Tokens to choose from.
        expected: usize,
        /// The choice.
        got: Vec<u32>,
    },
    /// A decision keeps no row.
    #[error("layer {layer}, sequence {sequence}: expected at least one kept row, got none")]
    NothingKept {
        /// Zero-based layer.
        layer: usize,
        /// Index in the batch.
        sequence: usize,
    },
    /// A decision names a row that does not exist.
    #[error("layer {layer}, sequence {sequence}: expected rows below {expected}, got {got}")]
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
    #[error("layer {layer}, sequence {sequence}: expected each row at most once, got {got} twice")]
    RowTwice {
        /// Zero-based layer.
        layer: usize,
        /// Index in the batch.
        sequence: usize,
        /// The row named twice.
        got: usize,
    },
    /// A new row has no merge that makes it.
    #[error("layer {layer}, sequence {sequence}: expected one merge into new row {row}, got {got}")]
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
    #[error("layer {layer}, sequence {sequence}: expected finite weights and a positive size, got {got}")]
    BadMerge {
        /// Zero-based layer.
        layer: usize,
        /// Index in the batch.
        sequence: usize,
        /// The value.
        got: f32,
    },
    /// A merge of nothing would make a row of zeros.
    #[error("layer {layer}, sequence {sequence}: expected rows to merge into row {row}, got none")]
    EmptyMerge {
        /// Zero-based layer.
        layer: usize,
        /// Index in the batch.
        sequence: usize,
        /// Index of the output row.
        row: usize,
    },
    /// Scores do not match the rows.
    #[error("layer {layer}, sequence {sequence}: expected {expected} scores or none, got {got}")]
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
    /// The device that the model computes on gave up.
    #[error("cannot go on where the model computes")]
    Device {
        /// At which step, and why.
        source: Box<DeviceError>,
    },
}

impl Error {
    pub(super) fn from_device(source: DeviceError) -> Self {
        Self::Device { source: Box::new(source) }
    }
}

impl From<crate::jobs::Cancelled> for Error {
    fn from(_: crate::jobs::Cancelled) -> Self {
        Self::Cancelled
    }
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
