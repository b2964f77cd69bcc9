//! What attention says about tokens, summed up on the device; only what was asked for comes to the host.

use std::time::Instant;

use candle_core::DType;
use candle_core::Result;
use candle_core::Tensor;

use crate::model::AttentionContext;
use crate::model::AttentionEvidence;
use crate::model::AttentionShape;
use crate::model::device::DeviceWeights;
use crate::model::device::attention::Group;
use crate::model::device::parts::download;
use crate::model::device::weights::DeviceLayer;
use crate::tensor::CuSeqlens;
use crate::tensor::Evidence;
use crate::tensor::EvidenceShape;
use crate::tensor::EvidenceSource;

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

/// Whether there is anything to gather while attention is computed.
pub(super) fn asks_attention(context: &AttentionContext<'_>) -> bool {
    !context.needs.from(EvidenceSource::Attention).is_empty() && context.queries.is_none()
}

/// What is read off keys (before any rotation) and values. Shape: keys and values `[rows, hidden]`.
pub(super) fn of_projections(
    (keys, values): (&Tensor, &Tensor),
    layer: &DeviceLayer,
    packed: (&CuSeqlens, &AttentionContext<'_>),
    found: &mut AttentionEvidence,
) -> Result<()> {
    for kind in packed.1.needs.from(EvidenceSource::Projections).iter() {
        let rows = match kind {
            Evidence::MeanKeys => {
                let by_head = (keys.dim(0)?, layer.attention.kv_heads, layer.attention.head_dim);
                keys.contiguous()?.reshape(by_head)?.mean(1)?
            }
            Evidence::ValueNorms => values.sqr()?.sum(1)?.sqrt()?,
            Evidence::HeadValueL1 => by_head(values, layer.attention)?.abs()?.sum(2)?,
            Evidence::HeadValueL2 => by_head(values, layer.attention)?.sqr()?.sum(2)?.sqrt()?,
            Evidence::OutputGrams => output_grams(values, layer)?,
            _ => continue,
        };
        share_out(kind, &rows, packed, found)?;
    }
    Ok(())
}

/// Values once for each head of queries. Shape: `[rows, kv_heads * head_dim]` → `[rows, heads, head_dim]`.
fn by_head(values: &Tensor, shape: AttentionShape) -> Result<Tensor> {
    let rows = values.dim(0)?;
    let shared = values.contiguous()?.reshape((rows, shape.kv_heads, 1, shape.head_dim))?;
    let each = shared.broadcast_as((rows, shape.kv_heads, shape.group(), shape.head_dim))?;
    each.reshape((rows, shape.heads, shape.head_dim))
}

/// Products of what each head's values add to the states. Shape: `[rows, kv_heads * head_dim]` → `[rows, heads, heads]`.
fn output_grams(values: &Tensor, layer: &DeviceLayer) -> Result<Tensor> {
    let shape = layer.attention;
    let weight = layer.attention_output.weight();
    // [hidden, heads * head_dim] → [heads, head_dim, hidden]
    let parts = weight.reshape((weight.dim(0)?, shape.heads, shape.head_dim))?.permute((1, 2, 0))?.contiguous()?;
    let values = by_head(values, shape)?.transpose(0, 1)?.contiguous()?;
    let outputs = values.matmul(&parts)?.transpose(0, 1)?.contiguous()?;
    outputs.matmul(&outputs.t()?)
}

/// What is read off the states at P2. Shape: `hidden` `[rows, hidden]`.
pub(super) fn of_states(
    hidden: &Tensor,
    packed: (&CuSeqlens, &AttentionContext<'_>),
    found: &mut AttentionEvidence,
) -> Result<()> {
    for kind in packed.1.needs.from(EvidenceSource::States).iter() {
        let rows = match kind {
            Evidence::Hidden => hidden,
            _ => continue,
        };
        share_out(kind, rows, packed, found)?;
    }
    Ok(())
}

/// Gives every sequence the values of its tokens. Shape: `values` `[rows]` or `[rows, width]`.
fn share_out(
    kind: Evidence,
    values: &Tensor,
    (bounds, context): (&CuSeqlens, &AttentionContext<'_>),
    found: &mut AttentionEvidence,
) -> Result<()> {
    let width = values.elem_count() / values.dim(0)?.max(1);
    let values = download(values)?;
    for (index, range) in bounds.ranges().enumerate() {
        let tokens = context.lengths.map_or(range.len(), |lengths| lengths[index]);
        let of_sequence = &values[range.start * width..][..tokens * width];
        *found.sequences[index].of_mut(kind) = if kind.shape() == EvidenceShape::HeadsKeys {
            (0..width).flat_map(|head| of_sequence.iter().skip(head).step_by(width).copied()).collect()
        } else {
            of_sequence.to_vec()
        };
    }
    Ok(())
}

/// What is read off the probabilities `[batch, heads, longest, longest]` of one group.
pub(super) fn of_attention(
    probs: &Tensor,
    weights: &DeviceWeights,
    group: &Group<'_>,
    found: &mut AttentionEvidence,
) -> Result<()> {
    let mut read = Vec::new();
    for kind in group.context.needs.from(EvidenceSource::Attention).iter() {
        let values = match kind {
            Evidence::ColumnSums => without_padding(probs, weights, group)?.sum(1)?.sum(1)?,
            Evidence::HeadColumnSums => without_padding(probs, weights, group)?.sum(2)?,
            Evidence::DiagonalSums => {
                let diagonal = Tensor::eye(group.longest, DType::F32, &weights.device)?;
                probs.sum(1)?.broadcast_mul(&diagonal)?.sum(2)?
            }
            Evidence::ClsRow => (probs.narrow(2, 0, 1)?.squeeze(2)?.sum(1)? / weights.shape.num_heads as f64)?,
            Evidence::RowEntropies => {
                // Where a probability is 0, its logarithm is that of the smallest number, and their product 0.
                let terms = (probs * probs.maximum(f64::from(f32::MIN_POSITIVE))?.log()?)?;
                terms.sum(3)?.sum(1)?.neg()?
            }
            Evidence::AttentionProbs => probs.clone(),
            _ => continue,
        };
        read.push((kind, values));
    }
    for (kind, values) in read {
        let sequences = group.sequences.clone().enumerate();
        if kind.shape() == EvidenceShape::HeadsQueriesKeys {
            for (index, sequence) in sequences {
                let tokens = group.tokens(sequence);
                let of_sequence = values.get(index)?.narrow(1, 0, tokens)?.narrow(2, 0, tokens)?;
                *found.sequences[sequence].of_mut(kind) = download(&of_sequence)?;
            }
        } else {
            // Digests of all sequences come over at once.
            let each = values.elem_count() / group.batch().max(1);
            let values = download(&values)?;
            for (index, sequence) in sequences {
                let of_sequence = &values[index * each..][..each];
                let tokens = group.tokens(sequence);
                let of_heads = of_sequence.chunks_exact(group.longest.max(1)).flat_map(|head| &head[..tokens]);
                *found.sequences[sequence].of_mut(kind) = of_heads.copied().collect();
            }
        }
    }
    Ok(())
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
