//! Numbers that are none end a run where they first appear.

use crate::engine::Error;
use crate::engine::Step;
use crate::engine::encode::Run;
use crate::model::Model;
use crate::tensor::CuSeqlens;
use crate::tensor::Matrix;
use crate::tensor::SequenceEvidence;
use crate::tensor::first_not_finite;

impl Run<'_> {
    /// Refuses states with a value that is no number. They are looked at after every step: a row that leaves may hold the
    /// only one. Shape: the states' rows are packed by `bounds`.
    pub(super) fn check_states(&self, step: Step, bounds: &CuSeqlens) -> Result<(), Error> {
        let Some((row, got)) = self.states.first_not_finite()? else { return Ok(()) };
        let sequence = bounds.ranges().position(|range| range.contains(&row)).unwrap_or_default();
        Err(Error::NotFinite { sequence, step, got, precision: self.model.precision })
    }
}

/// Refuses logits that are no numbers. Shape: `[batch, labels]`.
pub(super) fn check_logits(model: &Model, logits: &Matrix) -> Result<(), Error> {
    let Some(index) = first_not_finite(logits.data()) else { return Ok(()) };
    let sequence = index / logits.cols().max(1);
    let (step, got) = (Step::Classifier, logits.data()[index]);
    Err(Error::NotFinite { sequence, step, got, precision: model.precision })
}

/// Refuses evidence that is no number although the states are: sums of squares may overflow before anything else does.
///
/// Attention matrices and states are not looked at again: whatever is wrong with them is in the states that were checked.
pub(super) fn check_evidence(layer: usize, evidence: &[SequenceEvidence]) -> Result<(), Error> {
    for (sequence, evidence) in evidence.iter().enumerate() {
        let parts = [
            ("attention received", &evidence.column_sums),
            ("attention to itself", &evidence.diagonal_sums),
            ("attention from the first token", &evidence.cls_row),
            ("attention entropies", &evidence.row_entropies),
            ("mean keys", &evidence.mean_keys),
            ("value norms", &evidence.value_norms),
        ];
        for (what, values) in parts {
            check_scores(layer, sequence, (what, values))?;
        }
    }
    Ok(())
}

/// Refuses what a strategy ranks by if it is no number: no order holds one, so that it would rank first or last by chance.
pub(super) fn check_scores(layer: usize, sequence: usize, (what, values): (&'static str, &[f32])) -> Result<(), Error> {
    match first_not_finite(values) {
        None => Ok(()),
        Some(index) => Err(Error::NotRankable { layer, sequence, what, got: values[index] }),
    }
}
