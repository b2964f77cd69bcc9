//! Answers alone: a model under one strategy, for those who want neither labels nor comparisons.

use std::sync::Arc;

use rayon::prelude::*;

use crate::data::Content;
use crate::engine;
use crate::engine::RunOptions;
use crate::evaluation::Answer;
use crate::evaluation::Error;
use crate::evaluation::run::TOKENS_PER_BATCH;
use crate::evaluation::run::build;
use crate::input::Sequence;
use crate::jobs::Ticket;
use crate::model::Checkpoint;
use crate::pruning::Pruner;
use crate::pruning::StrategySpec;

/// A checkpoint that classifies under one strategy.
#[derive(Debug)]
pub struct Classifier<'a> {
    checkpoint: &'a Checkpoint,
    spec: StrategySpec,
    pruner: Arc<dyn Pruner>,
    head_rows_only: bool,
}

/// What a model says of one text.
#[derive(Clone, Debug, PartialEq)]
pub struct Prediction {
    /// The class, the number or the labels.
    pub answer: Answer,
    /// What the head makes of the logits: the classes' probabilities, each label's own, or the number. Shape: `[labels]`.
    pub outputs: Vec<f32>,
    /// Tokens of the text, special ones counted.
    pub tokens: usize,
    /// Tokens left after the last layer.
    pub tokens_kept: usize,
}

impl Prediction {
    /// The answer in words: the class's name, the number, or the labels between commas.
    #[must_use]
    pub fn text(&self, checkpoint: &Checkpoint) -> String {
        self.answer.text(&checkpoint.model.config.labels)
    }
}

impl<'a> Classifier<'a> {
    /// Makes a strategy ready for a checkpoint.
    ///
    /// # Errors
    /// [`Error::Build`] if the settings do not fit the model.
    pub fn new(checkpoint: &'a Checkpoint, spec: &StrategySpec) -> Result<Self, Error> {
        let pruner = build(checkpoint, spec)?;
        Ok(Self { checkpoint, spec: spec.clone(), pruner, head_rows_only: false })
    }

    /// Computes in the last layer only the rows that the head reads
    /// ([`RunOptions::head_rows_only`](crate::engine::RunOptions::head_rows_only)).
    #[must_use]
    pub fn with_head_rows_only(self, head_rows_only: bool) -> Self {
        Self { head_rows_only, ..self }
    }

    /// What the model says of one text.
    ///
    /// # Errors
    /// [`Error::Tokenize`] if the text cannot be read, else as [`Self::predict`].
    pub fn classify(&self, text: &str) -> Result<Prediction, Error> {
        let encoded = self.checkpoint.tokenizer.encode(text, None).map_err(|source| Error::Tokenize { source })?;
        let mut found = self.run(&Ticket::detached(), &[&encoded], &["1"])?;
        let got = found.len();
        found.pop().ok_or_else(|| Error::Results { spec: self.spec.to_string(), expected: 1, got })
    }

    /// What the model says of some texts, in their order: a text that cannot be cut into tokens has a reason instead of an
    /// answer. Batches go by length; `ids` name the texts in errors. `done` hears after every batch how many are through.
    ///
    /// # Errors
    /// [`Error::Run`] if the engine gives up, [`Error::Cancelled`] if it was asked to stop.
    pub fn predict(
        &self,
        ticket: &Ticket,
        (ids, texts): (&[String], &[Content]),
        done: impl Fn(usize),
    ) -> Result<Vec<Result<Prediction, String>>, Error> {
        ticket.checkpoint()?;
        let tokenizer = &self.checkpoint.tokenizer;
        let encode = |content: &Content| tokenizer.encode_start(content.text(), content.text_pair());
        let encoded: Vec<_> = texts.par_iter().map(encode).collect();
        let lengths: Vec<usize> = encoded.iter().map(|text| text.as_ref().map_or(0, |text| text.units.len())).collect();
        let refused = "the text cannot be cut into tokens";
        let mut found: Vec<Result<Prediction, String>> = encoded
            .iter()
            .map(|text| Err(text.as_ref().err().map_or(refused.to_owned(), |err| format!("{refused}: {err}"))))
            .collect();
        let mut finished = 0;
        for batch in engine::plan_batches(&lengths, TOKENS_PER_BATCH) {
            ticket.checkpoint()?;
            finished += batch.len();
            let usable: Vec<(usize, &Sequence)> =
                batch.into_iter().filter_map(|item| Some((item, encoded[item].as_ref().ok()?))).collect();
            let sequences: Vec<&Sequence> = usable.iter().map(|(_, sequence)| *sequence).collect();
            let names: Vec<&str> = usable.iter().map(|(item, _)| ids.get(*item).map_or("", String::as_str)).collect();
            for ((item, _), prediction) in usable.iter().zip(self.run(ticket, &sequences, &names)?) {
                found[*item] = Ok(prediction);
            }
            done(finished);
        }
        Ok(found)
    }

    fn run(&self, ticket: &Ticket, texts: &[&Sequence], ids: &[&str]) -> Result<Vec<Prediction>, Error> {
        if texts.is_empty() {
            return Ok(Vec::new());
        }
        let model = &self.checkpoint.model;
        let options = RunOptions { head_rows_only: self.head_rows_only, ..RunOptions::default() };
        let report = engine::run_timed(ticket, model, texts, &*self.pruner, options)
            .map_err(|source| Error::from_engine(&self.spec, source, ids))?;
        let got = report.outcomes.len();
        if got != texts.len() {
            return Err(Error::Results { spec: self.spec.to_string(), expected: texts.len(), got });
        }
        let head = model.config.head;
        let prediction = |outcome: engine::Outcome| {
            let outputs = head.outputs(&outcome.logits);
            Prediction {
                answer: Answer::of(head, &outcome.logits, &outputs),
                outputs,
                tokens: outcome.trace.num_tokens,
                tokens_kept: outcome.trace.tokens_kept(),
            }
        };
        Ok(report.outcomes.into_iter().map(prediction).collect())
    }
}
