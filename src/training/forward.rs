//! One text through the layers, softly.

use candle_core::Result;
use candle_core::Tensor;

use crate::input::Sequence;
use crate::model::AttentionShape;
use crate::model::Mask;
use crate::model::NormPlacement;
use crate::model::Pool;
use crate::training::Error;
use crate::training::Gating;
use crate::training::SoftModel;
use crate::training::error::at;
use crate::training::ops;
use crate::training::weights::Positions;
use crate::training::weights::SoftLayer;

/// What a soft run gives; gradients lead from each of its tensors.
#[derive(Clone, Debug)]
pub struct SoftRun {
    /// Shape: `[labels]`.
    pub logits: Tensor,
    /// Attention that each token receives in each layer: the mean over heads, and over queries by their share.
    /// Shape: `[layers]` of `[tokens]`.
    pub scores: Vec<Tensor>,
    /// What is left of each token after each layer, 0 to 1: the product of its gates so far. Shape: `[layers]` of
    /// `[tokens]`.
    pub shares: Vec<Tensor>,
}

impl SoftRun {
    /// Positions of which at least half is left after a layer.
    ///
    /// # Errors
    /// [`Error::Step`] if the shares cannot be read.
    pub fn kept(&self, layer: usize) -> std::result::Result<Vec<usize>, Error> {
        let Some(shares) = self.shares.get(layer) else { return Ok(Vec::new()) };
        let shares = shares.to_dtype(candle_core::DType::F64).and_then(|shares| shares.to_vec1::<f64>());
        let shares = shares.map_err(at("reading the shares"))?;
        Ok((0..shares.len()).filter(|&position| shares[position] >= 0.5).collect())
    }
}

/// Keys that can be attended to, and how often each counts.
struct Keys<'a> {
    /// `None`: all once. Shape: `[tokens]`.
    shares: Option<&'a Tensor>,
    /// See [`Positions`].
    positions: &'a Positions,
}

impl SoftModel {
    /// Runs one text.
    ///
    /// # Errors
    /// [`Error::Length`] and [`Error::UnknownToken`] for texts that the model cannot read, [`Error::Shape`] and
    /// [`Error::Value`] for gates that do not fit, [`Error::Step`] where candle fails.
    pub fn run(&self, text: &Sequence, gating: &Gating<'_>) -> std::result::Result<SoftRun, Error> {
        self.check(text)?;
        gating.check(self.num_layers(), text.units.len())?;
        let mut states = self.embed(text).map_err(at("the embeddings"))?;
        let mut shares: Option<Tensor> = None;
        let (mut all_scores, mut all_shares) = (Vec::new(), Vec::new());
        let open = Tensor::ones(text.units.len(), self.dtype(), self.device()).map_err(at("the gates"))?;
        for (index, layer) in self.tensors.layers.iter().enumerate() {
            let keys = Keys { shares: shares.as_ref(), positions: &self.tensors.positions };
            let (attended, scores) = self.attend(layer, &states, &keys).map_err(at("attention"))?;
            if let Some(gates) = gating.gates(index, &scores)? {
                let left = shares.as_ref().map_or(Ok(gates.clone()), |shares| shares * &gates);
                shares = Some(left.map_err(at("the gates"))?);
            }
            states = self.feed_forward(layer, &attended).map_err(at("the feed-forward block"))?;
            all_scores.push(scores);
            all_shares.push(shares.clone().unwrap_or_else(|| open.clone()));
        }
        let logits = self.classify(&states, shares.as_ref()).map_err(at("the classifier"))?;
        Ok(SoftRun { logits, scores: all_scores, shares: all_shares })
    }

    fn check(&self, text: &Sequence) -> std::result::Result<(), Error> {
        let got = text.units.len();
        if got == 0 || got > self.max_tokens {
            return Err(Error::Length { expected: self.max_tokens, got });
        }
        let expected = self.tensors.embeddings.word.dims().first().copied().unwrap_or(0);
        match text.units.iter().enumerate().find(|(_, token)| token.id as usize >= expected) {
            Some((index, token)) => Err(Error::UnknownToken { token: index, expected, got: token.id }),
            None => Ok(()),
        }
    }

    /// Shape: `[tokens, hidden]`.
    fn embed(&self, text: &Sequence) -> Result<Tensor> {
        let weights = &self.tensors.embeddings;
        let mut states = rows(&weights.word, text.units.iter().map(|token| token.id as usize))?;
        if let Some(types) = &weights.token_type {
            states = (states + rows(types, text.units.iter().map(|token| token.segment as usize))?)?;
        }
        if let Some(positions) = &weights.position {
            states = (states + rows(positions, (self.position_offset..).take(text.units.len()))?)?;
        }
        let states = weights.norm.apply(&states)?;
        match &weights.projection {
            Some(projection) => projection.apply(&states),
            None => Ok(states),
        }
    }

    /// To hook point P2, and the attention that tokens receive. Shape: `[tokens, hidden]` and `[tokens]`.
    fn attend(&self, layer: &SoftLayer, states: &Tensor, keys: &Keys<'_>) -> Result<(Tensor, Tensor)> {
        let is_pre = self.norm_placement == NormPlacement::Pre;
        let input = match &layer.attention_norm {
            Some(norm) if is_pre => norm.apply(states)?,
            _ => states.clone(),
        };
        let (tokens, shape) = (states.dim(0)?, layer.attention);
        let mut queries = by_head(&layer.query.apply(&input)?, shape.heads)?;
        let mut key_rows = shared(by_head(&layer.key.apply(&input)?, shape.kv_heads)?, shape)?;
        let values = shared(by_head(&layer.value.apply(&input)?, shape.kv_heads)?, shape)?;
        if let Some(rotary) = layer.rotary {
            queries = rotate(&queries, rotary.theta)?;
            key_rows = rotate(&key_rows, rotary.theta)?;
        }
        let terms = match keys.positions {
            Positions::Disentangled(own, _) => own.terms(),
            Positions::None | Positions::Bias(_) => 1,
        };
        let queries = (queries / ((shape.head_dim * terms) as f64).sqrt())?;
        let logits = queries.matmul(&key_rows.transpose(1, 2)?)?;
        let logits = self.with_positions(logits, (&queries, &key_rows), layer, keys.positions)?;
        let logits = with_window(logits, layer.mask)?;
        let probabilities = ops::softmax(&logits, keys.shares)?;
        let scores = received(&probabilities, keys.shares)?;
        let context = probabilities.matmul(&values)?.transpose(0, 1)?.reshape((tokens, shape.query_width()))?;
        let states = (states + layer.attention_output.apply(&context)?)?;
        let states = match &layer.attention_norm {
            Some(norm) if !is_pre => norm.apply(&states)?,
            _ => states,
        };
        Ok((states, scores))
    }

    /// From P2 to the layer's output. Shape: `[tokens, hidden]`.
    fn feed_forward(&self, layer: &SoftLayer, states: &Tensor) -> Result<Tensor> {
        let inner = match self.norm_placement {
            NormPlacement::Post => layer.intermediate.apply(states)?,
            NormPlacement::Pre => layer.intermediate.apply(&layer.output_norm.apply(states)?)?,
        };
        let inner = if layer.gated {
            let half = inner.dim(1)? / 2;
            (ops::activate(&inner.narrow(1, 0, half)?, layer.activation)? * inner.narrow(1, half, half)?)?
        } else {
            ops::activate(&inner, layer.activation)?
        };
        let states = (states + layer.output.apply(&inner)?)?;
        match self.norm_placement {
            NormPlacement::Post => layer.output_norm.apply(&states),
            NormPlacement::Pre => Ok(states),
        }
    }

    /// Shape: `[tokens, hidden]` → `[labels]`.
    fn classify(&self, states: &Tensor, shares: Option<&Tensor>) -> Result<Tensor> {
        let head = &self.tensors.head;
        let states = match &self.tensors.final_norm {
            Some(norm) => norm.apply(states)?,
            None => states.clone(),
        };
        let pooled = match (head.pool, shares) {
            (Pool::First, _) => states.narrow(0, 0, 1)?,
            (Pool::Mean, None) => states.mean_keepdim(0)?,
            (Pool::Mean, Some(shares)) => {
                let weighed = states.broadcast_mul(&shares.unsqueeze(1)?)?.sum_keepdim(0)?;
                weighed.broadcast_div(&shares.sum_all()?)?
            }
        };
        let mut pooled = match &head.dense {
            Some(dense) => dense.apply(&pooled)?,
            None => pooled,
        };
        if let Some(norm) = &head.norm {
            pooled = norm.apply(&pooled)?;
        }
        head.projection.apply(&pooled)?.squeeze(0)
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

/// Rows of a table; those beyond its end are the last one, as in the engine.
fn rows(table: &Tensor, numbers: impl Iterator<Item = usize>) -> Result<Tensor> {
    let last = table.dim(0)?.saturating_sub(1);
    let numbers: Vec<u32> = numbers.map(|row| number(row.min(last))).collect();
    let count = numbers.len();
    table.index_select(&Tensor::from_vec(numbers, count, table.device())?, 0)
}

/// A row's number as candle counts.
fn number(row: usize) -> u32 {
    u32::try_from(row).unwrap_or(u32::MAX)
}

/// Attention that tokens receive, see [`SoftRun::scores`]. Shape: `[heads, queries, keys]` → `[keys]`.
fn received(probabilities: &Tensor, shares: Option<&Tensor>) -> Result<Tensor> {
    let by_query = probabilities.mean(0)?;
    match shares {
        None => by_query.mean(0),
        Some(shares) => {
            let votes = by_query.broadcast_mul(&shares.unsqueeze(1)?)?.sum(0)?;
            votes.broadcast_div(&shares.sum_all()?)
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
