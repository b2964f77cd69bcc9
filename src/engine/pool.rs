//! The mean over a text's rows, for models whose head reads that instead of the first token's state.

use crate::engine::Error;
use crate::engine::state::SequenceState;
use crate::engine::states::States;
use crate::model::Model;
use crate::tensor::CuSeqlens;
use crate::tensor::Matrix;

/// The mean of each sequence's states after the last norm. Shape: `[batch, hidden]`.
///
/// Over the rows that are alive at the end: tokens that were removed or masked do not count. A row that stands for several
/// merged tokens counts as many times, so that merging alone changes the mean as little as it can.
pub(super) fn means(
    model: &Model,
    states: &States<'_>,
    (sequences, bounds): (&[SequenceState], &CuSeqlens),
) -> Result<Matrix, Error> {
    let hidden = model.config.shape.hidden;
    let mut pooled = Matrix::zeros(sequences.len(), hidden);
    for (index, sequence) in sequences.iter().enumerate() {
        let rows = model.finish(states.rows(bounds.range(index).start, sequence.orig.len())?);
        let mut sums = vec![0.0_f64; hidden];
        let mut count = 0.0;
        for (row, (&size, &alive)) in sequence.size.iter().zip(&sequence.alive).enumerate() {
            if alive {
                count += f64::from(size);
                for (sum, value) in sums.iter_mut().zip(rows.row(row)) {
                    *sum += f64::from(size) * f64::from(*value);
                }
            }
        }
        for (mean, sum) in pooled.row_mut(index).iter_mut().zip(sums) {
            #[expect(clippy::cast_possible_truncation, reason = "states are f32; the sum is taken in f64")]
            let value = (sum / count) as f32;
            *mean = value;
        }
    }
    Ok(pooled)
}
