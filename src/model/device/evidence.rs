//! What attention says about tokens, summed up on the device; only what was asked for comes to the host.

use std::time::Instant;

use candle_core::DType;
use candle_core::Result;
use candle_core::Tensor;

use crate::model::AttentionContext;
use crate::model::AttentionEvidence;
use crate::model::device::DeviceWeights;
use crate::model::device::attention::Group;
use crate::model::device::parts::download;
use crate::tensor::CuSeqlens;
use crate::tensor::EvidenceNeeds;

/// Does some gathering where it is wanted, and adds its time; elsewhere the device is not waited for.
pub(super) fn clocked(
    weights: &DeviceWeights,
    (found, is_wanted): (&mut AttentionEvidence, bool),
    gather: impl FnOnce(&mut AttentionEvidence) -> Result<()>,
) -> Result<()> {
    if is_wanted {
        weights.device.synchronize()?;
        let started = Instant::now();
        gather(found)?;
        weights.device.synchronize()?;
        found.time += started.elapsed();
    }
    Ok(())
}

/// Whether [`of_tokens`] has anything to gather.
pub(super) fn asks_tokens(needs: EvidenceNeeds) -> bool {
    needs.mean_keys || needs.value_norms
}

/// Whether [`of_attention`] has anything to gather.
pub(super) fn asks_attention(context: &AttentionContext<'_>) -> bool {
    let needs = context.needs;
    let asks =
        needs.column_sums || needs.diagonal_sums || needs.cls_row || needs.row_entropies || needs.attention_probs;
    asks && context.queries.is_none()
}

/// Mean keys (before any rotation) and value norms. Shape: keys and values `[rows, hidden]`.
pub(super) fn of_tokens(
    (keys, values): (&Tensor, &Tensor),
    weights: &DeviceWeights,
    (bounds, context): (&CuSeqlens, &AttentionContext<'_>),
    found: &mut AttentionEvidence,
) -> Result<()> {
    let head_dim = weights.shape.head_dim();
    if context.needs.mean_keys {
        let by_head = keys.contiguous()?.reshape((bounds.total(), weights.shape.num_heads, head_dim))?;
        let means = download(&by_head.mean(1)?)?;
        share_out(&means, head_dim, (bounds, context), |index, rows| found.sequences[index].mean_keys = rows);
    }
    if context.needs.value_norms {
        let norms = download(&values.sqr()?.sum(1)?.sqrt()?)?;
        share_out(&norms, 1, (bounds, context), |index, rows| found.sequences[index].value_norms = rows);
    }
    Ok(())
}

/// States at P2. Shape: `hidden` `[rows, hidden]`.
pub(super) fn of_states(
    hidden: &Tensor,
    (bounds, context): (&CuSeqlens, &AttentionContext<'_>),
    found: &mut AttentionEvidence,
) -> Result<()> {
    let states = download(hidden)?;
    share_out(&states, hidden.dim(1)?, (bounds, context), |index, rows| found.sequences[index].hidden = rows);
    Ok(())
}

/// Gives every sequence the values of its tokens.
fn share_out(
    values: &[f32],
    cols: usize,
    (bounds, context): (&CuSeqlens, &AttentionContext<'_>),
    mut take: impl FnMut(usize, Vec<f32>),
) {
    for (index, range) in bounds.ranges().enumerate() {
        let tokens = context.lengths.map_or(range.len(), |lengths| lengths[index]);
        take(index, values[range.start * cols..][..tokens * cols].to_vec());
    }
}

/// Sums over probabilities `[batch, heads, longest, longest]` of one group.
pub(super) fn of_attention(
    probs: &Tensor,
    weights: &DeviceWeights,
    group: &Group<'_>,
    found: &mut AttentionEvidence,
) -> Result<()> {
    let needs = group.context.needs;
    let heads = weights.shape.num_heads as f64;
    let mut sums: Vec<(Tensor, Slot)> = Vec::new();
    if needs.column_sums {
        sums.push((without_padding(probs, weights, group)?.sum(1)?.sum(1)?, Slot::ColumnSums));
    }
    if needs.diagonal_sums {
        let diagonal = Tensor::eye(group.longest, DType::F32, &weights.device)?;
        sums.push((probs.sum(1)?.broadcast_mul(&diagonal)?.sum(2)?, Slot::DiagonalSums));
    }
    if needs.cls_row {
        sums.push(((probs.narrow(2, 0, 1)?.squeeze(2)?.sum(1)? / heads)?, Slot::ClsRow));
    }
    if needs.row_entropies {
        // Where a probability is 0, its logarithm is that of the smallest number, and their product 0.
        let terms = (probs * probs.maximum(f64::from(f32::MIN_POSITIVE))?.log()?)?;
        sums.push((terms.sum(3)?.sum(1)?.neg()?, Slot::RowEntropies));
    }
    for (values, slot) in sums {
        for (values, sequence) in values.to_vec2::<f32>()?.into_iter().zip(group.sequences.clone()) {
            let mut values = values;
            values.truncate(group.tokens(sequence));
            let evidence = &mut found.sequences[sequence];
            match slot {
                Slot::ColumnSums => evidence.column_sums = values,
                Slot::DiagonalSums => evidence.diagonal_sums = values,
                Slot::ClsRow => evidence.cls_row = values,
                Slot::RowEntropies => evidence.row_entropies = values,
            }
        }
    }
    if needs.attention_probs {
        for (index, sequence) in group.sequences.clone().enumerate() {
            let tokens = group.tokens(sequence);
            let of_sequence = probs.get(index)?.narrow(1, 0, tokens)?.narrow(2, 0, tokens)?;
            found.sequences[sequence].attention_probs = download(&of_sequence)?;
        }
    }
    Ok(())
}

/// Where a sum over probabilities goes.
#[derive(Clone, Copy)]
enum Slot {
    ColumnSums,
    DiagonalSums,
    ClsRow,
    RowEntropies,
}

/// The probabilities with those of padding queries set to 0.
fn without_padding(probs: &Tensor, weights: &DeviceWeights, group: &Group<'_>) -> Result<Tensor> {
    let longest = group.longest;
    if group.sequences.clone().all(|sequence| group.tokens(sequence) == longest) {
        return Ok(probs.clone());
    }
    let is_token =
        |sequence: usize| (0..longest).map(move |row| if row < group.tokens(sequence) { 1.0_f32 } else { 0.0 });
    let is_token: Vec<f32> = group.sequences.clone().flat_map(is_token).collect();
    probs.broadcast_mul(&Tensor::from_vec(is_token, (group.sequences.len(), 1, longest, 1), &weights.device)?)
}
