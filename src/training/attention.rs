//! Attention of packed texts with a share for each key, as a composition of operations that candle differentiates.

use candle_core::DType;
use candle_core::Result;
use candle_core::Tensor;

use crate::model::AttentionShape;
use crate::model::Mask;
use crate::tensor::CuSeqlens;
use crate::training::SoftModel;
use crate::training::fast::SharedAttention;
use crate::training::ops;
use crate::training::weights::Positions;
use crate::training::weights::SoftLayer;

/// What attention gives.
pub(super) struct Seen {
    /// Shape: `[rows, heads * head_dim]`.
    pub(super) context: Tensor,
    /// Attention that tokens receive. Shape: `[rows]`.
    pub(super) scores: Tensor,
    /// The part of it that each pays itself. Shape: `[rows]`.
    pub(super) diagonal: Tensor,
}

impl SoftModel {
    /// What attention gives, and its keys before rotation. Shape: `input` `[rows, hidden]`, shares `[rows]`; keys `[rows,
    /// kv_heads * head_dim]`.
    pub(super) fn attention(
        &self,
        layer: &SoftLayer,
        input: &Tensor,
        (bounds, shares): (&CuSeqlens, Option<&Tensor>),
    ) -> Result<(Seen, Tensor)> {
        let bias = match &self.tensors.positions {
            Positions::None => Some(None),
            Positions::Bias(bias) => Some(Some(bias.clone())),
            Positions::Disentangled(..) => None,
        };
        let is_plain = layer.rotary.is_none() && layer.mask == Mask::Full && layer.attention.group() == 1;
        match bias {
            Some(bias) if is_plain && self.dtype() == DType::F32 => {
                let AttentionShape { heads, head_dim, .. } = layer.attention;
                let shared = SharedAttention { bounds: bounds.clone(), heads, head_dim, bias };
                self.attention_at_once(layer, input, (shared, shares))
            }
            _ => {
                let (queries, keys) = (layer.query.apply(input)?, layer.key.apply(input)?);
                let values = layer.value.apply(input)?;
                Ok((self.attention_by_text(layer, (&queries, &keys, &values), (bounds, shares))?, keys))
            }
        }
    }

    /// All texts in one operation.
    fn attention_at_once(
        &self,
        layer: &SoftLayer,
        input: &Tensor,
        (shared, shares): (SharedAttention, Option<&Tensor>),
    ) -> Result<(Seen, Tensor)> {
        let width = layer.attention.query_width();
        let qkv = match &layer.side_by_side {
            Some(all) => all.apply(input)?,
            None => Tensor::cat(&[layer.query.apply(input)?, layer.key.apply(input)?, layer.value.apply(input)?], 1)?,
        };
        let open = || Tensor::ones(shared.bounds.total(), self.dtype(), self.device());
        let shares = shares.map_or_else(open, |shares| Ok(shares.clone()))?;
        let all = shared.apply(&qkv, &shares)?;
        let column = |index: usize| all.narrow(1, width + index, 1)?.squeeze(1);
        let seen = Seen { context: all.narrow(1, 0, width)?, scores: column(0)?, diagonal: column(1)? };
        Ok((seen, qkv.narrow(1, width, width)?))
    }

    /// Text by text. Shape: queries `[rows, heads * head_dim]`, keys and values `[rows, kv_heads * head_dim]`, shares
    /// `[rows]`.
    fn attention_by_text(
        &self,
        layer: &SoftLayer,
        (queries, keys, values): (&Tensor, &Tensor, &Tensor),
        (bounds, shares): (&CuSeqlens, Option<&Tensor>),
    ) -> Result<Seen> {
        let (mut context, mut scores, mut diagonal) = (Vec::new(), Vec::new(), Vec::new());
        for range in bounds.ranges() {
            let part = |rows: &Tensor| rows.narrow(0, range.start, range.len());
            let shares = shares.map(part).transpose()?;
            let seen =
                self.attention_of_text(layer, (&part(queries)?, &part(keys)?, &part(values)?), shares.as_ref())?;
            context.push(seen.context);
            scores.push(seen.scores);
            diagonal.push(seen.diagonal);
        }
        Ok(Seen {
            context: Tensor::cat(&context, 0)?,
            scores: Tensor::cat(&scores, 0)?,
            diagonal: Tensor::cat(&diagonal, 0)?,
        })
    }

    fn attention_of_text(
        &self,
        layer: &SoftLayer,
        (queries, keys, values): (&Tensor, &Tensor, &Tensor),
        shares: Option<&Tensor>,
    ) -> Result<Seen> {
        let (tokens, shape, positions) = (queries.dim(0)?, layer.attention, &self.tensors.positions);
        let mut queries = by_head(queries, shape.heads)?;
        let mut key_rows = shared(by_head(keys, shape.kv_heads)?, shape)?;
        let values = shared(by_head(values, shape.kv_heads)?, shape)?;
        if let Some(rotary) = layer.rotary {
            queries = rotate(&queries, rotary.theta)?;
            key_rows = rotate(&key_rows, rotary.theta)?;
        }
        let terms = match positions {
            Positions::Disentangled(own, _) => own.terms(),
            Positions::None | Positions::Bias(_) => 1,
        };
        let queries = (queries / ((shape.head_dim * terms) as f64).sqrt())?;
        let logits = queries.matmul(&key_rows.transpose(1, 2)?)?;
        let logits = self.with_positions(logits, (&queries, &key_rows), layer, positions)?;
        let logits = with_window(logits, layer.mask)?;
        let probabilities = ops::softmax(&logits, shares)?;
        let (scores, diagonal) = received(&probabilities, shares)?;
        let context = probabilities.matmul(&values)?.transpose(0, 1)?.reshape((tokens, shape.query_width()))?;
        Ok(Seen { context, scores, diagonal })
    }

    /// Adds what distances say. Shape: `logits` `[heads, queries, keys]`.
    fn with_positions(
        &self,
        logits: Tensor,
        (queries, keys): (&Tensor, &Tensor),
        layer: &SoftLayer,
        positions: &Positions,
    ) -> Result<Tensor> {
        let (heads, tokens, _) = logits.dims3()?;
        match positions {
            Positions::None => Ok(logits),
            Positions::Bias(bias) => {
                let of_head = |head| distances(tokens).map(move |distance| bias.of(head, -distance));
                let bias: Vec<f32> = (0..heads).flat_map(of_head).collect();
                logits + Tensor::from_vec(bias, (heads, tokens, tokens), self.device())?.to_dtype(self.dtype())?
            }
            Positions::Disentangled(own, embeddings) => {
                let columns = distances(tokens).map(|distance| number(own.row(distance))).collect();
                let columns = Tensor::from_vec(columns, (1, tokens, tokens), self.device())?;
                let columns = columns.broadcast_as((heads, tokens, tokens))?.contiguous()?;
                let mut logits = logits;
                if own.content_to_position {
                    let seen = by_head(&layer.key.apply(embeddings)?, layer.attention.heads)?;
                    logits = (logits + queries.matmul(&seen.transpose(1, 2)?)?.gather(&columns, 2)?)?;
                }
                if own.position_to_content {
                    let scale = ((queries.dim(2)? * own.terms()) as f64).sqrt();
                    let asking = (by_head(&layer.query.apply(embeddings)?, layer.attention.heads)? / scale)?;
                    let columns = columns.transpose(1, 2)?.contiguous()?;
                    let found = keys.matmul(&asking.transpose(1, 2)?)?.gather(&columns, 2)?;
                    logits = (logits + found.transpose(1, 2)?)?;
                }
                Ok(logits)
            }
        }
    }
}

/// How far each key stands before each query, query by query.
fn distances(tokens: usize) -> impl Iterator<Item = i64> + Clone {
    let position = |index: usize| i64::try_from(index).unwrap_or(i64::MAX);
    (0..tokens).flat_map(move |query| (0..tokens).map(move |key| position(query) - position(key)))
}

/// A row's number as candle counts.
fn number(row: usize) -> u32 {
    u32::try_from(row).unwrap_or(u32::MAX)
}

/// Attention that tokens receive, and the part that each pays itself; see [`Seen`]. Shape: `[heads, queries, keys]` →
/// `[keys]` twice.
fn received(probabilities: &Tensor, shares: Option<&Tensor>) -> Result<(Tensor, Tensor)> {
    let by_query = probabilities.mean(0)?;
    let tokens = by_query.dim(0)?;
    let eye = Tensor::eye(tokens, by_query.dtype(), by_query.device())?;
    let own = (&by_query * eye)?.sum(0)?;
    match shares {
        None => Ok((by_query.mean(0)?, (own / tokens as f64)?)),
        Some(shares) => {
            let votes = by_query.broadcast_mul(&shares.unsqueeze(1)?)?.sum(0)?;
            let all = shares.sum_all()?;
            Ok((votes.broadcast_div(&all)?, (own * shares)?.broadcast_div(&all)?))
        }
    }
}

/// Shape: `[tokens, heads * head_dim]` → `[heads, tokens, head_dim]`.
fn by_head(rows: &Tensor, heads: usize) -> Result<Tensor> {
    rows.reshape((rows.dim(0)?, heads, ()))?.transpose(0, 1)?.contiguous()
}

/// Keys or values once for each head of queries that shares them: `[kv_heads, tokens, head_dim]` →
/// `[heads, tokens, head_dim]`.
fn shared(rows: Tensor, shape: AttentionShape) -> Result<Tensor> {
    if shape.group() == 1 {
        return Ok(rows);
    }
    let (kv_heads, tokens, head_dim) = rows.dims3()?;
    let each = rows.unsqueeze(1)?.broadcast_as((kv_heads, shape.group(), tokens, head_dim))?;
    each.reshape((shape.heads, tokens, head_dim))
}

/// Turns each pair of values by an angle that grows with the position. Shape: `[heads, tokens, head_dim]`.
fn rotate(rows: &Tensor, theta: f32) -> Result<Tensor> {
    let (_, tokens, head_dim) = rows.dims3()?;
    let half = head_dim / 2;
    // In single precision, as the engine does.
    let frequency = |pair: usize| theta.powf(-((2 * pair) as f32) / head_dim as f32);
    let angles = (0..tokens).flat_map(|position| (0..half).map(move |pair| position as f32 * frequency(pair)));
    let angles: Vec<f32> = angles.collect();
    let table = |of: fn(f32) -> f32| {
        let values = angles.iter().map(|&angle| of(angle)).collect();
        Tensor::from_vec(values, (1, tokens, half), rows.device())?.to_dtype(rows.dtype())
    };
    let (sines, cosines) = (table(f32::sin)?, table(f32::cos)?);
    let (first, second) = (rows.narrow(2, 0, half)?, rows.narrow(2, half, half)?);
    let turned_first = (first.broadcast_mul(&cosines)? - second.broadcast_mul(&sines)?)?;
    let turned_second = (second.broadcast_mul(&cosines)? + first.broadcast_mul(&sines)?)?;
    Tensor::cat(&[turned_first, turned_second], 2)
}

/// Closes the logits of keys that are too far away. Shape: `[heads, queries, keys]`.
fn with_window(logits: Tensor, mask: Mask) -> Result<Tensor> {
    let Mask::Window { half } = mask else { return Ok(logits) };
    let (_, tokens, _) = logits.dims3()?;
    let is_far = |distance: i64| usize::try_from(distance.unsigned_abs()).is_ok_and(|distance| distance > half);
    let closed: Vec<f32> =
        distances(tokens).map(|distance| if is_far(distance) { f32::NEG_INFINITY } else { 0.0 }).collect();
    let closed = Tensor::from_vec(closed, (1, tokens, tokens), logits.device())?.to_dtype(logits.dtype())?;
    logits.broadcast_add(&closed)
}
