//! What was learned so far on the texts that decide: through the engine, as everybody will run it.

use serde_json::Value;
use serde_json::json;

use crate::evaluation::Chunk;
use crate::evaluation::Estimate;
use crate::evaluation::Prepared;
use crate::evaluation::StrategyRun;
use crate::evaluation::Summary;
use crate::evaluation::run_strategy;
use crate::evaluation::summarize;
use crate::jobs::Ticket;
use crate::model::Checkpoint;
use crate::pruning::StrategySpec;
use crate::training::Error;

/// A learned strategy on the dev set.
#[derive(Clone, Debug, PartialEq)]
pub struct DevPoint {
    /// Share of right answers.
    pub accuracy: f64,
    /// Its change from the dense model that training started from, on the same texts.
    pub accuracy_change: f64,
    /// Mean over texts and layers of kept over original tokens. Range: 0–1.
    pub retention: f64,
    /// Dense multiply-accumulates, unpadded, over its own. 1 = nothing saved.
    pub flops_reduction: f64,
}

/// The texts that decide, and the dense model's answers to them.
pub(super) struct DevSet<'a> {
    prepared: &'a Prepared,
    chunk: &'a Chunk,
    dense: StrategyRun,
}

impl<'a> DevSet<'a> {
    pub(super) fn new(
        ticket: &Ticket,
        checkpoint: &Checkpoint,
        (prepared, chunk): (&'a Prepared, &'a Chunk),
    ) -> Result<Self, Error> {
        let dense = StrategySpec::default_for("dense")?;
        let dense = run_strategy(ticket, checkpoint, (prepared, chunk), &dense, |_| {})?;
        Ok(Self { prepared, chunk, dense })
    }

    /// Runs a strategy on a model, which may have been trained too.
    pub(super) fn run(
        &self,
        ticket: &Ticket,
        checkpoint: &Checkpoint,
        spec: &StrategySpec,
    ) -> Result<(DevPoint, Summary), Error> {
        let run = run_strategy(ticket, checkpoint, (self.prepared, self.chunk), spec, |_| {})?;
        let summary = summarize(self.prepared, &self.dense, &run);
        let point = DevPoint {
            accuracy: number(&summary.accuracy),
            accuracy_change: number(&summary.accuracy_change),
            retention: summary.retention,
            flops_reduction: summary.flops_reduction,
        };
        Ok((point, summary))
    }

    /// The dense model beside itself.
    pub(super) fn dense_summary(&self) -> Summary {
        summarize(self.prepared, &self.dense, &self.dense)
    }
}

fn number(estimate: &Estimate) -> f64 {
    estimate.value().unwrap_or(f64::NAN)
}

impl DevPoint {
    /// Whether it is to be chosen before another: among those that lose at most `max_loss` of accuracy the one that saves
    /// most (of equals the more accurate), where none does the more accurate.
    #[must_use]
    pub fn is_better(&self, other: &Self, max_loss: f64) -> bool {
        let key = |point: &Self| {
            let is_feasible = point.accuracy_change >= -max_loss;
            if is_feasible {
                (true, point.flops_reduction, point.accuracy)
            } else {
                (false, point.accuracy, point.flops_reduction)
            }
        };
        key(self) > key(other)
    }
}

/// What a policy says is to be expected of it.
pub(super) fn expected(summary: &Summary, dense: &Summary) -> Value {
    json!({
        "measured_on": "the dev set that it was chosen by, so rather too good",
        "n": summary.labelled,
        "accuracy": summary.accuracy,
        "accuracy_dense": dense.accuracy,
        "accuracy_change": summary.accuracy_change,
        "retention": summary.retention,
        "flops_reduction": summary.flops_reduction,
        "flops_reduction_padded": summary.flops_reduction_padded,
    })
}
