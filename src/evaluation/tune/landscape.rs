//! What a search asks about candidates, so that it can be tried on made-up ones.

use crate::evaluation::Error;
use crate::evaluation::GroupName;
use crate::jobs::Ticket;
use crate::pruning::StrategySpec;

/// Candidates and what is known of them.
pub(super) trait Landscape {
    /// Texts at each rung, growing; a longer sample holds the shorter ones.
    fn rungs(&self) -> &[usize];

    /// Layers of the model.
    fn layers(&self) -> usize;

    /// Whether a candidate can run at all: some settings exclude each other.
    fn fits(&self, spec: &StrategySpec) -> bool;

    /// What a candidate does on the first `rungs()[rung]` texts. All candidates see the same ones.
    ///
    /// # Errors
    /// If it cannot run, or the work was asked to stop.
    fn measure(&mut self, ticket: &Ticket, spec: &StrategySpec, rung: usize) -> Result<Measured, Error>;

    /// The candidate with its dial turned so that it costs about this share of dense.
    ///
    /// # Errors
    /// As [`Landscape::measure`].
    fn aimed(&mut self, ticket: &Ticket, spec: &StrategySpec, share: f64) -> Result<StrategySpec, Error>;
}

/// What a candidate does on a sample, beside the dense model on the same texts.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Measured {
    /// Texts.
    pub texts: usize,
    /// Multiply-accumulates ÷ those of the dense model without padding.
    pub flops: f64,
    /// Median time ÷ that of the dense model; only where time is what is minimised, and only on the whole sample.
    pub latency: Option<f64>,
    /// Dense right, pruned wrong.
    pub harmed: usize,
    /// Dense wrong, pruned right.
    pub rescued: usize,
    /// Accuracy lost, negative = gained; without labels, answers that differ from the dense ones.
    pub loss: f64,
    /// Mean of the label's probability in the dense model less that in the pruned one, where labels are classes: nearly the
    /// loss of accuracy, with much less noise on few texts.
    pub soft_loss: Option<f64>,
    /// Half the two-sided 90% interval of `loss` ÷ 1.645: its standard error. 1, as large as it can be, where there is no interval.
    pub error: f64,
    /// The group whose loss has the highest upper bound, among those large enough to be judged.
    pub worst: Option<WorstGroup>,
}

/// A group and how much it may lose.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct WorstGroup {
    /// The group column.
    pub column: String,
    /// The group.
    pub value: String,
    /// Examples.
    pub texts: usize,
    /// Accuracy lost.
    pub loss: f64,
    /// Upper end of the one-sided 95% interval; clusters count as one where the data set names them.
    pub upper: f64,
}

impl WorstGroup {
    /// Which group.
    #[must_use]
    pub fn name(&self) -> GroupName {
        GroupName { column: self.column.clone(), value: self.value.clone() }
    }
}

/// What a candidate must keep to.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Limits {
    /// Most accuracy that may be lost.
    pub loss: f64,
    /// Most that the upper confidence bound of the worst group's loss may be.
    pub group_loss: Option<f64>,
}

impl Limits {
    /// By how much a candidate breaks the limits on the whole sample; 0 where it keeps to them.
    #[must_use]
    pub fn violation(&self, measured: &Measured) -> f64 {
        let group = self.group_loss.zip(measured.worst.as_ref()).map_or(0.0, |(limit, worst)| worst.upper - limit);
        (measured.loss - self.loss).max(group).max(0.0)
    }

    /// The same on a part of the sample, where noise gets the benefit of the doubt: the soft loss, or a standard error of the
    /// loss, and the group's estimate instead of its bound.
    pub(super) fn early_violation(&self, measured: &Measured) -> f64 {
        let group = self.group_loss.zip(measured.worst.as_ref()).map_or(0.0, |(limit, worst)| worst.loss - limit);
        let loss = measured.soft_loss.unwrap_or(measured.loss - measured.error);
        (loss - self.loss).max(group).max(0.0)
    }

    /// Whether a candidate keeps to the limit of the loss by a standard error, so that having been picked for its luck is
    /// less likely.
    #[must_use]
    pub fn is_safe(&self, measured: &Measured) -> bool {
        self.violation(measured) <= 0.0 && measured.loss + measured.error <= self.loss
    }
}

impl Measured {
    /// What tells candidates apart on a part of the sample.
    pub(super) fn early_loss(&self) -> f64 {
        self.soft_loss.unwrap_or(self.loss)
    }

    /// What is minimised: time where it was measured, else multiply-accumulates.
    #[must_use]
    pub fn cost(&self) -> f64 {
        self.latency.unwrap_or(self.flops)
    }
}
