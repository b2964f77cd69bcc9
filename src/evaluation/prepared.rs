//! A data set as a model reads it: tokens and class indices, made once for all strategies.

use std::sync::Arc;

use rayon::prelude::*;

use crate::cost;
use crate::data::Dataset;
use crate::data::Example;
use crate::data::label_index;
use crate::evaluation::Error;
use crate::jobs::Progress;
use crate::jobs::Ticket;
use crate::model::Checkpoint;
use crate::model::Encoded;

/// Texts tokenized between two checkpoints.
const TEXTS_PER_STEP: usize = 256;

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
    /// Multiply-accumulates of the dense model on one text padded to [`Prepared::longest`].
    pub padded_macs: u64,
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

/// Cuts the first `limit` examples (all, if `None`) into tokens and finds their classes.
///
/// Examples whose label names no class, or whose text the tokenizer refuses, are left out and listed; an example without
/// any label is run, but enters no metric.
///
/// # Errors
/// [`Error::NothingUsable`] if no example is left, [`Error::Ratings`] if labels are numbers of another kind than class
/// numbers, [`Error::Cancelled`] if it was asked to stop.
pub fn prepare(
    ticket: &Ticket,
    checkpoint: &Checkpoint,
    dataset: Arc<Dataset>,
    limit: Option<usize>,
) -> Result<Prepared, Error> {
    let source = Arc::clone(&dataset);
    let count = limit.unwrap_or(usize::MAX).min(source.examples.len());
    let mut prepared = Prepared {
        dataset,
        classes: checkpoint.model.config.labels.clone(),
        encoded: Vec::with_capacity(count),
        rows: Vec::with_capacity(count),
        labels: Vec::with_capacity(count),
        truncated: 0,
        longest: 0,
        padded_macs: 0,
        skipped: Vec::new(),
        unknown_labels: Vec::new(),
    };
    for start in (0..count).step_by(TEXTS_PER_STEP) {
        ticket.checkpoint()?;
        let step = &source.examples[start..count.min(start + TEXTS_PER_STEP)];
        let encoded: Vec<_> = step.par_iter().map(|example| encode(checkpoint, example)).collect();
        for (offset, (example, encoded)) in step.iter().zip(encoded).enumerate() {
            prepared.add(start + offset, example, encoded);
        }
        let done = (start + step.len()) as u64;
        ticket.report(Progress { done, total: Some(count as u64), stage: "tokenizing".to_owned() });
    }
    prepared.refuse_ratings(&source.examples[..count])?;
    prepared.padded_macs = cost::dense_macs(&checkpoint.model, prepared.longest);
    match (prepared.is_empty(), prepared.skipped.first()) {
        (false, _) => Ok(prepared),
        (true, first) => Err(Error::NothingUsable {
            name: source.name.clone(),
            read: count,
            reason: first.map_or_else(|| "the data set is empty".to_owned(), |skipped| skipped.reason.clone()),
        }),
    }
}

fn encode(checkpoint: &Checkpoint, example: &Example) -> Result<Encoded, String> {
    let encoded = checkpoint.tokenizer.encode(&example.text, example.text_pair.as_deref());
    encoded.map_err(|error| format!("the text cannot be cut into tokens: {error}"))
}

impl Prepared {
    fn add(&mut self, row: usize, example: &Example, encoded: Result<Encoded, String>) {
        let label = match &example.label {
            None => None,
            Some(value) => match label_index(value, &self.classes) {
                Some(class) => Some(class),
                None => return self.add_unknown(row, example, value),
            },
        };
        match encoded {
            Err(reason) => self.skipped.push(SkippedExample { row, reason }),
            Ok(encoded) => {
                self.truncated += usize::from(encoded.is_truncated());
                self.longest = self.longest.max(encoded.tokens.len());
                self.encoded.push(encoded);
                self.rows.push(row);
                self.labels.push(label);
            }
        }
    }

    /// On a scale from 1 to 5, a 1 is no class 1: where most numbers name no class, none of them does.
    fn refuse_ratings(&self, examples: &[Example]) -> Result<(), Error> {
        let unknown: Vec<&UnknownLabel> = self.unknown_labels.iter().filter(|label| is_rating(&label.value)).collect();
        let num_unknown = unknown.iter().map(|label| label.count).sum();
        let labels = examples.iter().filter_map(|example| example.label.as_deref());
        let numbers = labels.filter(|label| is_rating(label)).count();
        match unknown.first() {
            Some(first) if num_unknown < numbers && 2 * num_unknown > numbers => Err(Error::Ratings {
                value: first.value.clone(),
                unknown: num_unknown,
                numbers,
                classes: self.classes.join(", "),
            }),
            _ => Ok(()),
        }
    }

    fn add_unknown(&mut self, row: usize, example: &Example, value: &str) {
        let classes = self.classes.join(", ");
        self.skipped.push(SkippedExample { row, reason: format!("label {value:?} is none of the classes {classes}") });
        match self.unknown_labels.iter_mut().find(|unknown| unknown.value == value) {
            Some(unknown) => unknown.count += 1,
            None => self.unknown_labels.push(UnknownLabel {
                value: value.to_owned(),
                count: 1,
                first_id: example.id.clone(),
            }),
        }
    }
}

/// Whether a label is a number that may stand on a scale; negative ones often say that there is no label.
fn is_rating(label: &str) -> bool {
    label.trim().parse().is_ok_and(|number: f64| number >= 0.0)
}
