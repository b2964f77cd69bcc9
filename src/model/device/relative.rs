//! Positions inside the attention: relative embeddings (`DeBERTa`) and rotations (`ModernBERT`).

use candle_core::DType;
use candle_core::Device;
use candle_core::Result;
use candle_core::Tensor;

use crate::model::DisentangledAttention;
use crate::model::LayerWeights;
use crate::model::Linear;
use crate::model::Mask;
use crate::model::RotaryAttention;
use crate::model::layers::relative::relative_row;
use crate::tensor::ModelShape;

/// Added to logits that must not count: far below any logit, and finite, so that a row of nothing else is no NaN.
pub(super) const CLOSED: f32 = -1e30;

/// Which relative embedding each distance asks for.
#[derive(Clone, Debug)]
pub(super) struct DevicePositions {
    /// From the distance `-furthest` on. Shape: `[2 * furthest + 1]`.
    row_of_distance: Tensor,
    furthest: u32,
}

/// One layer's relative embeddings through its projections; absent terms are `None`.
#[derive(Clone, Debug)]
pub(super) struct LayerPositions {
    /// Content to position. Shape: `[heads, head_dim, 2 * span]`.
    keys: Option<Tensor>,
    /// Position to content, scaled. Shape: `[heads, head_dim, 2 * span]`.
    queries: Option<Tensor>,
}

impl DevicePositions {
    pub(super) fn new(positions: &DisentangledAttention, max_tokens: usize, device: &Device) -> Result<Self> {
        let furthest = u32::try_from(max_tokens).unwrap_or(u32::MAX);
        let row = |distance: i64| relative_row(positions, positions.embeddings.rows(), distance);
        let rows =
            (-i64::from(furthest)..=i64::from(furthest)).map(|distance| u32::try_from(row(distance)).unwrap_or(0));
        let rows: Vec<u32> = rows.collect();
        let count = rows.len();
        Ok(Self { row_of_distance: Tensor::from_vec(rows, count, device)?, furthest })
    }

    /// Adds what the positions say to the logits `[batch, heads, queries, keys]`.
    ///
    /// Shape: queries and keys `[batch, heads, rows, head_dim]`, their positions `[batch, rows]`.
    pub(super) fn add_to(
        &self,
        logits: Tensor,
        (queries, query_positions): (&Tensor, &Tensor),
        (keys, key_positions): (&Tensor, &Tensor),
        layer: &LayerPositions,
    ) -> Result<Tensor> {
        let (batch, heads, num_queries, num_keys) = logits.dims4()?;
        let moved =
            (query_positions + Tensor::full(self.furthest, query_positions.shape(), query_positions.device())?)?;
        let distances = moved.unsqueeze(2)?.broadcast_sub(&key_positions.unsqueeze(1)?)?;
        let columns = self.row_of_distance.index_select(&distances.flatten_all()?, 0)?;
        let columns = columns.reshape((1, batch, num_queries, num_keys))?;
        let mut logits = logits;
        if let Some(embeddings) = &layer.keys {
            let columns = columns.broadcast_as((heads, batch, num_queries, num_keys))?.contiguous()?;
            let found = by_head(queries, embeddings)?.gather(&columns, 3)?;
            logits = (logits + found.transpose(0, 1)?)?;
        }
        if let Some(embeddings) = &layer.queries {
            let columns = columns.transpose(2, 3)?.broadcast_as((heads, batch, num_keys, num_queries))?.contiguous()?;
            let found = by_head(keys, embeddings)?.gather(&columns, 3)?;
            logits = (logits + found.transpose(0, 1)?.transpose(2, 3)?)?;
        }
        Ok(logits)
    }
}

/// Every row against its head's relative embeddings: `[batch, heads, rows, head_dim]` → `[heads, batch, rows, 2 * span]`.
fn by_head(rows: &Tensor, embeddings: &Tensor) -> Result<Tensor> {
    let (batch, heads, count, head_dim) = rows.dims4()?;
    let rows = rows.transpose(0, 1)?.reshape((heads, batch * count, head_dim))?;
    rows.matmul(embeddings)?.reshape((heads, batch, count, ()))
}

impl LayerPositions {
    pub(super) fn new(
        positions: &DisentangledAttention,
        layer: &LayerWeights,
        (shape, scale): (&ModelShape, f32),
        device: &Device,
    ) -> Result<Self> {
        let project = |linear: &Linear, scale: f32| {
            let projected = linear.apply(&positions.embeddings);
            let size = (projected.rows(), shape.num_heads, shape.head_dim);
            let projected = Tensor::from_slice(projected.data(), size, device)?;
            projected.permute((1, 2, 0))?.affine(f64::from(scale), 0.0)?.contiguous()
        };
        Ok(Self {
            keys: positions.content_to_position.then(|| project(&layer.key, 1.0)).transpose()?,
            queries: positions.position_to_content.then(|| project(&layer.query, scale)).transpose()?,
        })
    }
}

/// Rotations of one layer, by position.
#[derive(Clone, Debug)]
pub(super) struct RotaryTables {
    /// Shape: `[positions, head_dim / 2]`.
    cosines: Tensor,
    /// See `cosines`.
    sines: Tensor,
}

impl RotaryTables {
    pub(super) fn new(rotary: RotaryAttention, head_dim: usize, positions: usize, device: &Device) -> Result<Self> {
        let half = head_dim / 2;
        let frequency = |pair: usize| rotary.theta.powf(-((2 * pair) as f32) / head_dim as f32);
        let turns = (0..positions).flat_map(|position| (0..half).map(move |pair| position as f32 * frequency(pair)));
        let (sines, cosines): (Vec<f32>, Vec<f32>) = turns.map(f32::sin_cos).unzip();
        Ok(Self {
            cosines: Tensor::from_vec(cosines, (positions, half), device)?,
            sines: Tensor::from_vec(sines, (positions, half), device)?,
        })
    }

    /// Turns every head's pairs `(i, i + head_dim / 2)` of packed rows.
    ///
    /// Shape: `rows` `[rows, hidden]`, `positions` `[rows]`.
    pub(super) fn turn(&self, rows: &Tensor, positions: &Tensor) -> Result<Tensor> {
        let (count, hidden) = rows.dims2()?;
        let half = self.cosines.dim(1)?;
        let cosines = self.cosines.index_select(positions, 0)?.unsqueeze(1)?;
        let sines = self.sines.index_select(positions, 0)?.unsqueeze(1)?;
        let heads = rows.reshape((count, hidden / (2 * half), 2 * half))?;
        let (first, second) = (heads.narrow(2, 0, half)?, heads.narrow(2, half, half)?);
        let turned = [
            (first.broadcast_mul(&cosines)? - second.broadcast_mul(&sines)?)?,
            (second.broadcast_mul(&cosines)? + first.broadcast_mul(&sines)?)?,
        ];
        Tensor::cat(&turned, 2)?.reshape((count, hidden))
    }
}

/// What rules out keys by a mask; `None` where it rules out none. Shape: positions `[batch, rows]` →
/// `[batch, 1, queries, keys]`.
pub(super) fn closed(mask: Mask, query_positions: &Tensor, key_positions: &Tensor) -> Result<Option<Tensor>> {
    let Mask::Window { half } = mask else { return Ok(None) };
    let queries = query_positions.to_dtype(DType::F32)?.unsqueeze(2)?;
    let keys = key_positions.to_dtype(DType::F32)?.unsqueeze(1)?;
    let beyond = queries.broadcast_sub(&keys)?.abs()?.gt(half as f64)?.to_dtype(DType::F32)?;
    Ok(Some(beyond.affine(f64::from(CLOSED), 0.0)?.unsqueeze(1)?))
}
