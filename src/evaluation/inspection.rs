//! One text through the dense model and through strategies, with everything that happened.

use std::time::Duration;
use std::time::Instant;

use crate::cost;
use crate::engine;
use crate::engine::Removal;
use crate::engine::RunDetail;
use crate::engine::Trace;
use crate::evaluation::Answer;
use crate::evaluation::Error;
use crate::evaluation::ModelInfo;
use crate::evaluation::run::strategy_run::build;
use crate::evaluation::run::strategy_run::removal_label;
use crate::input::Sequence;
use crate::jobs::Ticket;
use crate::model::Checkpoint;
use crate::pruning::StrategySpec;

/// One text under several strategies.
#[derive(Clone, Debug, PartialEq)]
pub struct Inspection {
    /// The text and its tokens.
    pub encoded: Sequence,
    /// The model.
    pub model: ModelInfo,
    /// The dense model.
    pub dense: InspectedRun,
    /// One entry per spec, in the order given.
    pub strategies: Vec<InspectedRun>,
}

impl Inspection {
    /// What a run answers, for a person: see [`Answer::text`].
    #[must_use]
    pub fn answer_text(&self, run: &InspectedRun) -> String {
        run.answer.text(&self.model.labels)
    }
}

/// One strategy on one text.
#[derive(Clone, Debug, PartialEq)]
pub struct InspectedRun {
    /// The strategy and its settings.
    pub spec: StrategySpec,
    /// Shape: `[labels]`.
    pub logits: Vec<f32>,
    /// What the head makes of the logits: the classes' probabilities, each label's own, or the number. Shape: `[labels]`.
    pub outputs: Vec<f32>,
    /// What is answered.
    pub answer: Answer,
    /// How tokens went, read off the tensors' real shapes.
    pub removal: Removal,
    /// Multiply-accumulates, the strategy's own and the classifier head included.
    pub macs: u64,
    /// Multiply-accumulates of the dense model on the same tokens.
    pub dense_macs: u64,
    /// What happened, layer by layer.
    pub trace: Trace,
    /// Wall-clock time of this one run.
    pub duration: Duration,
}

impl InspectedRun {
    /// Probability of the class that is answered; `None` where the answer is no class.
    #[must_use]
    pub fn probability(&self) -> Option<f32> {
        match self.answer {
            Answer::Class(class) => self.outputs.get(class).copied(),
            Answer::Value(_) | Answer::Labels(_) => None,
        }
    }

    /// Whether another class or other labels are answered than in the dense run. A number is no decision: how far it moved is
    /// shown instead.
    #[must_use]
    pub fn differs_from(&self, dense: &Self) -> bool {
        self.answer != dense.answer && !matches!(self.answer, Answer::Value(_))
    }

    /// Floating-point operations: two per multiply-accumulate.
    #[must_use]
    pub fn flops(&self) -> u64 {
        2 * self.macs
    }

    /// How tokens went, in one word: see [`removal_label`](crate::evaluation::removal_label).
    #[must_use]
    pub fn removal_label(&self) -> &'static str {
        removal_label(self.removal)
    }

    /// Dense cost ÷ own cost: how many times less is counted.
    #[must_use]
    pub fn flops_reduction(&self) -> f64 {
        self.dense_macs as f64 / self.macs.max(1) as f64
    }
}

/// Runs one text through the dense model and through each strategy.
///
/// # Errors
/// See [`inspect_run`]; [`Error::Tokenize`] if the text cannot be read.
pub fn inspect(
    ticket: &Ticket,
    checkpoint: &Checkpoint,
    text: &str,
    specs: &[StrategySpec],
) -> Result<Inspection, Error> {
    let encoded = checkpoint.tokenizer.encode(text, None).map_err(|source| Error::Tokenize { source })?;
    inspect_encoded(ticket, checkpoint, encoded, specs)
}

/// The same for a text that is already cut into tokens (a pair of texts, an example of a data set).
///
/// # Errors
/// See [`inspect_run`].
pub fn inspect_encoded(
    ticket: &Ticket,
    checkpoint: &Checkpoint,
    encoded: Sequence,
    specs: &[StrategySpec],
) -> Result<Inspection, Error> {
    let dense_spec = StrategySpec::default_for("dense").map_err(|source| Error::Dense { source })?;
    let dense = inspect_run(ticket, checkpoint, &encoded, &dense_spec)?;
    let mut strategies = Vec::with_capacity(specs.len());
    for spec in specs {
        strategies.push(inspect_run(ticket, checkpoint, &encoded, spec)?);
    }
    Ok(Inspection { encoded, model: ModelInfo::of(checkpoint), dense, strategies })
}

/// One strategy on one text, with everything that happened.
///
/// # Errors
/// [`Error::Build`] if the settings do not fit the model, [`Error::Run`] if the engine gives up,
/// [`Error::Cancelled`] if it was asked to stop.
pub fn inspect_run(
    ticket: &Ticket,
    checkpoint: &Checkpoint,
    encoded: &Sequence,
    spec: &StrategySpec,
) -> Result<InspectedRun, Error> {
    let model = &checkpoint.model;
    let pruner = build(checkpoint, spec)?;
    let started = Instant::now();
    let outcomes = engine::run(ticket, model, &[encoded], &*pruner, RunDetail::Trace)
        .map_err(|source| Error::from_engine(spec, source, &[]))?;
    let duration = started.elapsed();
    let got = outcomes.len();
    let outcome = outcomes.into_iter().next();
    let outcome = outcome.ok_or_else(|| Error::Results { spec: spec.to_string(), expected: 1, got })?;
    let outputs = model.config.head.outputs(&outcome.logits);
    Ok(InspectedRun {
        spec: spec.clone(),
        answer: Answer::of(model.config.head, &outcome.logits, &outputs),
        outputs,
        logits: outcome.logits,
        removal: outcome.trace.removal(),
        macs: outcome.trace.macs(),
        dense_macs: cost::dense_macs(model, encoded.units.len()),
        trace: outcome.trace,
        duration,
    })
}
