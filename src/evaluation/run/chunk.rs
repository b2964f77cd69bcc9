//! Texts as a model reads them: in memory only while they are run.

use std::borrow::Borrow;

use rayon::prelude::*;

use crate::data::Example;
use crate::evaluation::Error;
use crate::input::Sequence;
use crate::jobs::Progress;
use crate::jobs::Ticket;
use crate::model::Checkpoint;

/// Texts tokenized between two checkpoints.
const TEXTS_PER_STEP: usize = 256;

/// Some of the items of a [`Prepared`](crate::evaluation::Prepared), one after the other, with their tokens.
#[derive(Clone, Debug, PartialEq)]
pub struct Chunk {
    /// Number of its first item.
    pub first: usize,
    /// Name of each item.
    pub ids: Vec<String>,
    /// Tokens of each item.
    pub encoded: Vec<Sequence>,
}

impl Chunk {
    /// Number of items.
    #[must_use]
    pub fn len(&self) -> usize {
        self.encoded.len()
    }

    /// Some of the items, by their numbers in the data set, from `from` up to but not including `to`; what is not here is
    /// left out.
    #[must_use]
    pub fn part(&self, from: usize, to: usize) -> Self {
        let place = |item: usize| item.saturating_sub(self.first).min(self.len());
        let range = place(from)..place(to.max(from));
        Self {
            first: self.first + range.start,
            ids: self.ids[range.clone()].to_vec(),
            encoded: self.encoded[range].to_vec(),
        }
    }

    /// Takes in the chunk that follows this one.
    pub fn append(&mut self, next: Self) {
        debug_assert_eq!(self.first + self.len(), next.first, "items follow each other");
        self.ids.extend(next.ids);
        self.encoded.extend(next.encoded);
    }

    /// Whether there is nothing to run.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.encoded.is_empty()
    }
}

/// A text's tokens, or why there are none.
pub(in crate::evaluation) fn encode(checkpoint: &Checkpoint, example: &Example) -> Result<Sequence, String> {
    let content = &example.content;
    let encoded = checkpoint.tokenizer.encode_start(content.text(), content.text_pair());
    encoded.map_err(|error| format!("the text cannot be cut into tokens: {error}"))
}

/// [`encode`] for all of these; `done` of `total` were tokenized before.
pub(super) fn encode_all<E: Borrow<Example> + Sync>(
    ticket: &Ticket,
    checkpoint: &Checkpoint,
    examples: &[E],
    (done, total): (usize, usize),
) -> Result<Vec<Result<Sequence, String>>, Error> {
    let mut encoded = Vec::with_capacity(examples.len());
    for step in examples.chunks(TEXTS_PER_STEP) {
        ticket.checkpoint()?;
        encoded.par_extend(step.par_iter().map(|example| encode(checkpoint, example.borrow())));
        let done = (done + encoded.len()) as u64;
        ticket.report(Progress { done, total: Some(total as u64), stage: "tokenizing".to_owned() });
    }
    Ok(encoded)
}
