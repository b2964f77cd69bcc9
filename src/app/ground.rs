//! What all strategies of an evaluation are compared with: the texts, cut into tokens, and the dense run on them.

use std::sync::Arc;

use crate::app::workers::Failure;
use crate::data::Dataset;
use crate::evaluation;
use crate::evaluation::Prepared;
use crate::evaluation::StrategyRun;
use crate::jobs::Ticket;
use crate::model::Checkpoint;
use crate::pruning::StrategySpec;

/// The texts and the dense run.
#[derive(Debug)]
pub(crate) struct Ground {
    /// The texts.
    pub(crate) prepared: Prepared,
    /// Without pruning.
    pub(crate) dense: StrategyRun,
}

impl Ground {
    /// Cuts the first `rows` texts into tokens and runs the dense model on them.
    pub(crate) fn make(
        ticket: &Ticket,
        checkpoint: &Checkpoint,
        dataset: Arc<Dataset>,
        rows: usize,
    ) -> Result<Self, Failure> {
        let prepared = evaluation::prepare(ticket, checkpoint, dataset, Some(rows)).map_err(|err| failure(&err))?;
        let spec = StrategySpec::default_for("dense").map_err(|err| Failure::Failed(error_chain(&err)))?;
        let dense = evaluation::run_strategy(ticket, checkpoint, &prepared, &spec, |_| {});
        Ok(Self { dense: dense.map_err(|err| failure(&err))?, prepared })
    }
}

/// A stop is an outcome, everything else a message.
pub(crate) fn failure(err: &evaluation::Error) -> Failure {
    match err {
        evaluation::Error::Cancelled => Failure::Cancelled,
        err => Failure::Failed(error_chain(err)),
    }
}

/// An error with its causes, for a person.
pub(crate) fn error_chain(err: &dyn std::error::Error) -> String {
    let mut text = err.to_string();
    let mut cause = err.source();
    while let Some(err) = cause {
        text.push_str(": ");
        text.push_str(&err.to_string());
        cause = err.source();
    }
    text
}
