//! Numbers that are none end a run where they first appear.

use crate::engine::Error;
use crate::engine::Step;
use crate::engine::encode::Run;
use crate::model::Model;
use crate::tensor::CuSeqlens;
use crate::tensor::Evidence;
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
        for kind in Evidence::ALL.into_iter().filter(|kind| kind.shape().is_digest()) {
            check_scores((layer, sequence), (kind.words(), evidence.of(kind)), &[])?;
        }
    }
    Ok(())
}

/// Refuses what a strategy ranks by if it is no number: no order holds one, so that it would rank first or last by chance.
/// `orig` names the tokens, where the values are one for each.
pub(super) fn check_scores(
    (layer, sequence): (usize, usize),
    (what, values): (&'static str, &[f32]),
    orig: &[u32],
) -> Result<(), Error> {
    match first_not_finite(values) {
        None => Ok(()),
        Some(index) => {
            let token = orig.get(index).copied();
            Err(Error::NotRankable { layer, sequence, token, what, got: values[index] })
        }
    }
}
