//! A data set as a model reads it: tokens and class indices, made once for all strategies.

use std::sync::Arc;

use crate::data::Dataset;
use crate::model::Encoded;

/// A data set cut into tokens, with labels as class indices.
///
/// An *item* is a usable example; items keep the order of the data set.
#[derive(Clone, Debug, PartialEq)]
pub struct Prepared {
    /// Where the texts came from.
    pub dataset: Arc<Dataset>,
    /// The model's class names; index = class.
    pub classes: Vec<String>,
    /// Tokens of each item.
    pub encoded: Vec<Encoded>,
    /// Index of each item in [`Dataset::examples`].
    pub rows: Vec<usize>,
    /// Class of each item; `None` where the data set gives none.
    pub labels: Vec<Option<usize>>,
    /// Items whose text was longer than the model reads.
    pub truncated: usize,
    /// Tokens of the longest item after truncation: the length to which a padded run fills every text.
    pub longest: usize,
    /// Examples left out, with the reason.
    pub skipped: Vec<SkippedExample>,
    /// Label values that name no class of the model, in order of first appearance.
    pub unknown_labels: Vec<UnknownLabel>,
}

impl Prepared {
    /// Number of items.
    #[must_use]
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether there is nothing to run.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Whether the model tells two classes apart, so that positives, negatives and scores are defined.
    #[must_use]
    pub fn is_binary(&self) -> bool {
        self.classes.len() == 2
    }
}

/// An example that was read but cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SkippedExample {
    /// Index in [`Dataset::examples`].
    pub row: usize,
    /// Why, for a person.
    pub reason: String,
}

/// A label value that names no class.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownLabel {
    /// As read and mapped.
    pub value: String,
    /// Examples that carry it.
    pub count: usize,
    /// Id of the first of them.
    pub first_id: String,
}
