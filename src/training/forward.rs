//! Texts through the layers, softly.

use candle_core::Result;
use candle_core::Tensor;

use crate::input::Sequence;
use crate::model::NormPlacement;
use crate::model::Pool;
use crate::training::Error;
use crate::training::Gate;
use crate::training::Gating;
use crate::training::LayerView;
use crate::training::PackedBatch;
use crate::training::SoftModel;
use crate::training::error::at;
use crate::training::ops;
use crate::training::weights::SoftLayer;

/// What a soft run of one text gives; gradients lead from each of its tensors.
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

/// What a soft run of several texts gives; gradients lead from each of its tensors.
#[derive(Clone, Debug)]
pub struct BatchRun {
    /// The texts, for [`PackedBatch::sum_by_text`] and its like.
    pub batch: PackedBatch,
    /// Shape: `[texts, labels]`.
    pub logits: Tensor,
    /// Attention that each token receives in each layer, see [`SoftRun::scores`]. Shape: `[layers]` of `[rows]`.
    pub scores: Vec<Tensor>,
    /// What is left of each token in each layer's attention, after gates at P1. Shape: `[layers]` of `[rows]`.
    pub entering: Vec<Tensor>,
    /// What is left of each token after each layer's gates, at P1 and P2. Shape: `[layers]` of `[rows]`.
    pub shares: Vec<Tensor>,
    /// The output of each layer. Shape: `[layers]` of `[rows, hidden]`.
    pub states: Vec<Tensor>,
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

/// States at P2 and what was seen on the way.
struct Attended {
    /// Shape: `[rows, hidden]`.
    states: Tensor,
    /// See [`LayerView`]. Shape: `[rows]` each.
    scores: Tensor,
    diagonal: Tensor,
    /// Before rotation. Shape: `[rows, kv_heads * head_dim]`.
    keys: Tensor,
}

impl SoftModel {
    /// Runs one text.
    ///
    /// # Errors
    /// [`Error::Length`] and [`Error::UnknownToken`] for texts that the model cannot read, [`Error::Shape`] and
    /// [`Error::Value`] for gates that do not fit, [`Error::Step`] where candle fails.
    pub fn run(&self, text: &Sequence, gating: &Gating<'_>) -> std::result::Result<SoftRun, Error> {
        self.check(&[text])?;
        gating.check(self.num_layers(), &PackedBatch::new(&[text]))?;
        let run = self.run_batch(&[text], &mut gating.clone())?;
        let logits = run.logits.squeeze(0).map_err(at("the classifier"))?;
        Ok(SoftRun { logits, scores: run.scores, shares: run.shares })
    }

    /// Runs texts side by side; what a text gives does not depend on its neighbors.
    ///
    /// # Errors
    /// [`Error::Length`] and [`Error::UnknownToken`] for texts that the model cannot read, [`Error::Step`] where candle
    /// fails, and those of the gate.
    pub fn run_batch(&self, texts: &[&Sequence], gate: &mut dyn Gate) -> std::result::Result<BatchRun, Error> {
        self.check(texts)?;
        let batch = PackedBatch::new(texts);
        let states = self.embed(&batch)?;
        self.run_states(batch, states, gate)
    }

    /// The embeddings of texts that were checked: the input of layer 0. Shape: `[rows, hidden]`.
    ///
    /// # Errors
    /// [`Error::Step`] where candle fails.
    pub fn embed(&self, batch: &PackedBatch) -> std::result::Result<Tensor, Error> {
        self.embeddings(batch).map_err(at("the embeddings"))
    }

    /// [`Self::run_batch`] from embeddings on, which may be a variable of their own: for what depends on their gradient.
    ///
    /// # Errors
    /// [`Error::Step`] where candle fails, and those of the gate.
    pub fn run_states(
        &self,
        batch: PackedBatch,
        mut states: Tensor,
        gate: &mut dyn Gate,
    ) -> std::result::Result<BatchRun, Error> {
        let open = Tensor::ones(batch.rows(), self.dtype(), self.device()).map_err(at("the gates"))?;
        let mut shares: Option<Tensor> = None;
        let (mut scores, mut diagonal) = (Vec::<Tensor>::new(), None::<Tensor>);
        let (mut entering, mut after, mut outputs) = (Vec::new(), Vec::new(), Vec::new());
        for (index, layer) in self.tensors.layers.iter().enumerate() {
            let view = LayerView {
                batch: &batch,
                layer: index,
                states: &states,
                shares: shares.as_ref(),
                scores: scores.last(),
                diagonal: diagonal.as_ref(),
                keys: None,
            };
            let gates = gate.before(&view)?;
            shares = left(shares, gates)?;
            entering.push(shares.clone().unwrap_or_else(|| open.clone()));
            let attended = self.attend(layer, &states, (&batch, shares.as_ref())).map_err(at("attention"))?;
            let view = LayerView {
                batch: &batch,
                layer: index,
                states: &attended.states,
                shares: shares.as_ref(),
                scores: Some(&attended.scores),
                diagonal: Some(&attended.diagonal),
                keys: Some(&attended.keys),
            };
            let gates = gate.after(&view)?;
            let changed = gate.change(&view)?;
            shares = left(shares, gates)?;
            let input = changed.as_ref().unwrap_or(&attended.states);
            states = self.feed_forward(layer, input).map_err(at("the feed-forward block"))?;
            scores.push(attended.scores);
            diagonal = Some(attended.diagonal);
            after.push(shares.clone().unwrap_or_else(|| open.clone()));
            outputs.push(states.clone());
        }
        let logits = self.classify(&states, (&batch, shares.as_ref())).map_err(at("the classifier"))?;
        Ok(BatchRun { batch, logits, scores, entering, shares: after, states: outputs })
    }

    fn check(&self, texts: &[&Sequence]) -> std::result::Result<(), Error> {
        let expected = self.tensors.embeddings.word.dims().first().copied().unwrap_or(0);
        for text in texts {
            let got = text.units.len();
            if got == 0 || got > self.max_tokens {
                return Err(Error::Length { expected: self.max_tokens, got });
            }
            if let Some((token, unit)) = text.units.iter().enumerate().find(|(_, unit)| unit.id as usize >= expected) {
                return Err(Error::UnknownToken { token, expected, got: unit.id });
            }
        }
        Ok(())
    }

    fn embeddings(&self, batch: &PackedBatch) -> Result<Tensor> {
        let weights = &self.tensors.embeddings;
        let mut states = rows(&weights.word, batch.ids().iter().map(|&id| id as usize))?;
        if let Some(types) = &weights.token_type {
            states = (states + rows(types, batch.segments().iter().map(|&segment| segment as usize))?)?;
        }
        if let Some(positions) = &weights.position {
            let numbers = batch.positions().map(|position| position + self.position_offset);
            states = (states + rows(positions, numbers)?)?;
        }
        let states = weights.norm.apply(&states)?;
        match &weights.projection {
            Some(projection) => projection.apply(&states),
            None => Ok(states),
        }
    }

    /// To hook point P2, and the attention that tokens receive.
    fn attend(
        &self,
        layer: &SoftLayer,
        states: &Tensor,
        (batch, shares): (&PackedBatch, Option<&Tensor>),
    ) -> Result<Attended> {
        let is_pre = self.norm_placement == NormPlacement::Pre;
        let input = match &layer.attention_norm {
            Some(norm) if is_pre => norm.apply(states)?,
            _ => states.clone(),
        };
        let (seen, keys) = self.attention(layer, &input, (batch.bounds(), shares))?;
        let states = (states + layer.attention_output.apply(&seen.context)?)?;
        let states = match &layer.attention_norm {
            Some(norm) if !is_pre => norm.apply(&states)?,
            _ => states,
        };
        Ok(Attended { states, scores: seen.scores, diagonal: seen.diagonal, keys })
    }

    /// From P2 to the layer's output. Shape: `[rows, hidden]`.
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

    /// Shape: `[rows, hidden]` → `[texts, labels]`.
    fn classify(&self, states: &Tensor, (batch, shares): (&PackedBatch, Option<&Tensor>)) -> Result<Tensor> {
        let head = &self.tensors.head;
        let firsts = || rows(states, batch.bounds().ranges().map(|range| range.start));
        let normed = |states: &Tensor| match &self.tensors.final_norm {
            Some(norm) => norm.apply(states),
            None => Ok(states.clone()),
        };
        let mut pooled = match head.pool {
            Pool::First => normed(&firsts()?)?,
            Pool::Mean => means(&normed(states)?, (batch, shares))?,
        };
        if let Some(dense) = &head.dense {
            pooled = dense.apply(&pooled)?;
        }
        if let Some(norm) = &head.norm {
            pooled = norm.apply(&pooled)?;
        }
        head.projection.apply(&pooled)
    }
}

/// What is left after another gate.
fn left(shares: Option<Tensor>, gates: Option<Tensor>) -> std::result::Result<Option<Tensor>, Error> {
    match (shares, gates) {
        (Some(shares), Some(gates)) => (shares * gates).map(Some).map_err(at("the gates")),
        (shares, gates) => Ok(gates.or(shares)),
    }
}

/// The mean of each text's rows, weighed by their share. Shape: `[rows, hidden]` → `[texts, hidden]`.
fn means(states: &Tensor, (batch, shares): (&PackedBatch, Option<&Tensor>)) -> Result<Tensor> {
    let means = batch.bounds().ranges().map(|range| {
        let states = states.narrow(0, range.start, range.len())?;
        match shares {
            None => states.mean_keepdim(0),
            Some(shares) => {
                let shares = shares.narrow(0, range.start, range.len())?;
                let weighed = states.broadcast_mul(&shares.unsqueeze(1)?)?.sum_keepdim(0)?;
                weighed.broadcast_div(&shares.sum_all()?)
            }
        }
    });
    Tensor::cat(&means.collect::<Result<Vec<Tensor>>>()?, 0)
}

/// Rows of a table; those beyond its end are the last one, as in the engine.
fn rows(table: &Tensor, numbers: impl Iterator<Item = usize>) -> Result<Tensor> {
    let last = table.dim(0)?.saturating_sub(1);
    let numbers: Vec<u32> = numbers.map(|row| u32::try_from(row.min(last)).unwrap_or(u32::MAX)).collect();
    let count = numbers.len();
    table.index_select(&Tensor::from_vec(numbers, count, table.device())?, 0)
}
