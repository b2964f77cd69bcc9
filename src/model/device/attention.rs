//! Self-attention on a device: groups of sequences as `[batch, heads, tokens, head_dim]`.
//!
//! A group's sequences have one length, or are filled up to the longest with keys that nobody attends to. On GPUs the whole
//! batch is one group; on processors neighbors of equal length are.

use std::ops::Range;

use candle_core::Result;
use candle_core::Tensor;
use candle_nn::Module as _;
use candle_nn::ops::softmax_last_dim;

use crate::model::AttentionContext;
use crate::model::AttentionEvidence;
use crate::model::AttentionShape;
use crate::model::Mask;
use crate::model::NormPlacement;
use crate::model::device::DeviceStates;
use crate::model::device::DeviceWeights;
use crate::model::device::evidence;
use crate::model::device::parts;
use crate::model::device::relative::CLOSED;
use crate::model::device::relative::closed;
use crate::model::device::states::number;
use crate::model::device::states::sizes;
use crate::model::device::weights::DeviceLayer;
use crate::tensor::CuSeqlens;
use crate::tensor::EvidenceSource;

/// Queries (scaled), keys and values of packed rows. Shape of each: `[rows, heads * head_dim]`, of its own heads.
struct Projected {
    queries: Tensor,
    keys: Tensor,
    values: Tensor,
}

/// Neighboring sequences that are attended to together.
pub(super) struct Group<'a> {
    pub(super) sequences: Range<usize>,
    /// Rows of the longest.
    pub(super) longest: usize,
    bounds: &'a CuSeqlens,
    pub(super) context: &'a AttentionContext<'a>,
}

impl Group<'_> {
    pub(super) fn batch(&self) -> usize {
        self.sequences.len()
    }

    fn is_even(&self) -> bool {
        self.sequences.clone().all(|sequence| self.bounds.range(sequence).len() == self.longest)
    }

    /// Rows of a sequence that are tokens.
    pub(super) fn tokens(&self, sequence: usize) -> usize {
        self.context.lengths.map_or_else(|| self.bounds.range(sequence).len(), |lengths| lengths[sequence])
    }

    /// Something for every place of the group, made of packed rows; `padding` where there is none.
    fn filled<T: Clone>(&self, of_row: impl Fn(usize) -> T, padding: &T) -> Vec<T> {
        let of_sequence = |sequence: usize| {
            let range = self.bounds.range(sequence);
            let missing = self.longest - range.len();
            range.map(&of_row).chain(std::iter::repeat_n(padding.clone(), missing)).collect::<Vec<T>>()
        };
        self.sequences.clone().flat_map(of_sequence).collect()
    }

    /// Packed rows `[rows, hidden]` by head: `[batch, heads, longest, head_dim]`.
    fn by_head(&self, packed: &Tensor, heads: usize) -> Result<Tensor> {
        let rows = if self.is_even() {
            packed.narrow(0, self.bounds.range(self.sequences.start).start, self.batch() * self.longest)?
        } else {
            parts::rows(packed, self.filled(number, &0))?
        };
        split(&rows, (self.batch(), self.longest, heads))
    }

    /// Back to packed rows, from `[batch * longest, hidden]`.
    fn packed(&self, filled: Tensor) -> Result<Tensor> {
        if self.is_even() {
            return Ok(filled);
        }
        let of_sequence = |(index, sequence): (usize, usize)| {
            let first = index * self.longest;
            (first..first + self.bounds.range(sequence).len()).map(number)
        };
        parts::rows(&filled, self.sequences.clone().enumerate().flat_map(of_sequence).collect())
    }

    /// Added to the logits of each key; `None` where that is nothing. Shape: `[batch, 1, 1, longest]`.
    fn key_bias(&self, weights: &DeviceWeights) -> Result<Option<Tensor>> {
        if self.context.key_bias.is_none() && self.is_even() {
            return Ok(None);
        }
        let bias = self.context.key_bias;
        let bias = self.filled(|row| bias.map_or(0.0, |bias| bias[row].max(CLOSED)), &CLOSED);
        Ok(Some(Tensor::from_vec(bias, (self.batch(), 1, 1, self.longest), &weights.device)?))
    }

    /// Positions of keys and of queries. Shape: `[batch, longest]`, and `[batch, 1]` where one row each is wanted.
    fn positions(&self, weights: &DeviceWeights) -> Result<(Tensor, Tensor)> {
        let positions = self.context.positions;
        let keys = self.filled(|row| positions[row], &0);
        let keys = Tensor::from_vec(keys, (self.batch(), self.longest), &weights.device)?;
        let Some(queries) = self.context.queries else { return Ok((keys.clone(), keys)) };
        let position = |sequence: usize| positions[self.bounds.range(sequence).start + queries[sequence]];
        let queries = self.sequences.clone().map(position).collect();
        Ok((keys, Tensor::from_vec(queries, (self.batch(), 1), &weights.device)?))
    }
}

/// `[batch * rows, hidden]` → `[batch, heads, rows, head_dim]`.
fn split(rows: &Tensor, (batch, count, heads): (usize, usize, usize)) -> Result<Tensor> {
    rows.contiguous()?.reshape((batch, count, heads, ()))?.transpose(1, 2)?.contiguous()
}

/// Keys or values once for each head of queries that shares them: `[batch, kv_heads, rows, head_dim]` →
/// `[batch, heads, rows, head_dim]`.
fn shared(by_head: Tensor, shape: AttentionShape) -> Result<Tensor> {
    if shape.group() == 1 {
        return Ok(by_head);
    }
    let (batch, kv_heads, rows, head_dim) = by_head.dims4()?;
    let each = by_head.unsqueeze(2)?.broadcast_as((batch, kv_heads, shape.group(), rows, head_dim))?;
    each.reshape((batch, shape.heads, rows, head_dim))
}

/// See [`DeviceStates::attend`].
pub(super) fn attend(
    states: &mut DeviceStates<'_>,
    layer: usize,
    bounds: &CuSeqlens,
    context: &AttentionContext<'_>,
) -> Result<AttentionEvidence> {
    let weights = states.weights;
    let layer = &*weights.layers[layer];
    let wanted = context.queries.map(|queries| wanted_rows(bounds, queries));
    let mut found = AttentionEvidence::default();
    found.sequences.resize_with(bounds.batch(), Default::default);
    let mut projected = project(states, layer, wanted.as_deref())?;
    let asks = |source| !context.needs.from(source).is_empty();
    evidence::clocked(weights, (&mut found, asks(EvidenceSource::Projections)), |found| {
        evidence::of_projections((&projected.keys, &projected.values), layer, (bounds, context), found)
    })?;
    if let Some(rotary) = &layer.rotary {
        let positions = parts::numbers(context.positions.to_vec(), &weights.device)?;
        projected.keys = rotary.turn(&projected.keys, &positions)?;
        let positions = match &wanted {
            Some(rows) => parts::rows(&positions, rows.clone())?,
            None => positions,
        };
        projected.queries = rotary.turn(&projected.queries, &positions)?;
    }
    let mut contexts = Vec::new();
    for sequences in groups(bounds, weights.whole_batches) {
        let longest = sequences.clone().map(|sequence| bounds.range(sequence).len()).max().unwrap_or(0);
        let group = Group { sequences, longest, bounds, context };
        contexts.push(attend_group(weights, layer, (&projected, &group), &mut found)?);
    }
    let delta = layer.attention_output.forward(&Tensor::cat(&contexts, 0)?)?;
    let before = match wanted {
        Some(rows) => parts::rows(&states.hidden, rows)?,
        None => states.hidden.clone(),
    };
    let after = (before + delta)?;
    states.sizes = sizes(&after)?;
    states.hidden = match (&layer.attention_norm, weights.norm_placement) {
        (Some(norm), NormPlacement::Post) => norm.apply(&after)?,
        _ => after,
    };
    evidence::clocked(weights, (&mut found, asks(EvidenceSource::States)), |found| {
        evidence::of_states(&states.hidden, (bounds, context), found)
    })?;
    Ok(found)
}

/// Packed numbers of the only rows whose states are wanted.
fn wanted_rows(bounds: &CuSeqlens, queries: &[usize]) -> Vec<u32> {
    bounds.ranges().zip(queries).map(|(range, query)| number(range.start + query)).collect()
}

fn project(states: &DeviceStates<'_>, layer: &DeviceLayer, wanted: Option<&[u32]>) -> Result<Projected> {
    let (query_width, key_width) = (layer.attention.query_width(), layer.attention.key_width());
    let input = match (&layer.attention_norm, states.weights.norm_placement) {
        (Some(norm), NormPlacement::Pre) => norm.apply(&states.hidden)?,
        _ => states.hidden.clone(),
    };
    let Some(wanted) = wanted else {
        let all = layer.qkv.forward(&input)?;
        return Ok(Projected {
            queries: all.narrow(1, 0, query_width)?,
            keys: all.narrow(1, query_width, key_width)?,
            values: all.narrow(1, query_width + key_width, key_width)?,
        });
    };
    let queries = parts::outputs(&layer.qkv, 0, query_width, &parts::rows(&input, wanted.to_vec())?)?;
    let others = parts::outputs(&layer.qkv, query_width, 2 * key_width, &input)?;
    let (keys, values) = (others.narrow(1, 0, key_width)?, others.narrow(1, key_width, key_width)?);
    Ok(Projected { queries, keys, values })
}

/// The heads' contexts of one group, packed. Shape: `[rows, hidden]`.
fn attend_group(
    weights: &DeviceWeights,
    layer: &DeviceLayer,
    (projected, group): (&Projected, &Group<'_>),
    found: &mut AttentionEvidence,
) -> Result<Tensor> {
    let AttentionShape { heads, kv_heads, .. } = layer.attention;
    let is_partial = group.context.queries.is_some();
    let queries = if is_partial {
        let rows = projected.queries.narrow(0, group.sequences.start, group.batch())?;
        split(&rows, (group.batch(), 1, heads))?
    } else {
        group.by_head(&projected.queries, heads)?
    };
    let keys = shared(group.by_head(&projected.keys, kv_heads)?, layer.attention)?;
    let mut logits = queries.matmul(&keys.t()?)?;
    let bias = group.key_bias(weights)?;
    if let Some(bias) = &bias {
        logits = logits.broadcast_add(bias)?;
    }
    let mut is_windowed = false;
    if weights.positions.is_some() || layer.mask != Mask::Full {
        let (key_positions, query_positions) = group.positions(weights)?;
        if let Some((positions, layer)) = weights.positions.as_ref().zip(layer.positions.as_ref()) {
            logits = positions.add_to(logits, (&queries, &query_positions), (&keys, &key_positions), layer)?;
        }
        if let Some(window) = closed(layer.mask, &query_positions, &key_positions)? {
            logits = logits.broadcast_add(&window)?;
            is_windowed = true;
        }
    }
    let mut probs = softmax_last_dim(&logits.contiguous()?)?;
    if is_windowed && bias.is_some() {
        // A window may hold masked keys alone: then nothing is attended to.
        let open = logits.gt(f64::from(CLOSED) / 2.0)?.to_dtype(probs.dtype())?;
        probs = (probs * open)?;
    }
    let is_wanted = evidence::asks_attention(group.context);
    evidence::clocked(weights, (found, is_wanted), |found| evidence::of_attention(&probs, weights, group, found))?;
    let values = shared(group.by_head(&projected.values, kv_heads)?, layer.attention)?;
    let contexts = probs.matmul(&values)?.transpose(1, 2)?.reshape(((), layer.attention.query_width()))?;
    if is_partial { Ok(contexts) } else { group.packed(contexts) }
}

/// All sequences, or runs of neighbors with the same number of rows.
fn groups(bounds: &CuSeqlens, whole: bool) -> Vec<Range<usize>> {
    let mut groups: Vec<Range<usize>> = Vec::new();
    for (sequence, range) in bounds.ranges().enumerate() {
        match groups.last_mut() {
            Some(group) if whole || bounds.range(group.start).len() == range.len() => group.end = sequence + 1,
            _ => groups.push(sequence..sequence + 1),
        }
    }
    groups
}
