//! The packed states of a batch on a device, and what can be done to them.

use candle_core::D;
use candle_core::Result;
use candle_core::Tensor;
use candle_nn::Module as _;

use crate::model::AttentionContext;
use crate::model::AttentionEvidence;
use crate::model::EmbedInput;
use crate::model::NormPlacement;
use crate::model::device::DeviceWeights;
use crate::model::device::Error;
use crate::model::device::attention;
use crate::model::device::error::at;
use crate::model::device::parts;
use crate::tensor::CuSeqlens;
use crate::tensor::Matrix;
use crate::tensor::first_not_finite;

/// Which rows the states have after a step, in order.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RowMoves {
    /// Where each row comes from: a row as it was, or, from their number on, one of `sums`. Shape: `[rows after]`.
    pub rows: Vec<u32>,
    /// Weighted sums of rows, in the order in which they are numbered.
    pub sums: Vec<Vec<(u32, f32)>>,
}

/// A batch on its way through the layers of a model on a device.
#[derive(Debug)]
pub struct DeviceStates<'a> {
    pub(super) weights: &'a DeviceWeights,
    /// Shape: `[total_tokens, hidden]`.
    pub(super) hidden: Tensor,
    /// Each sequence's last complete state of the row that the head reads. Shape: `[batch, hidden]`.
    first: Option<Tensor>,
    /// Sums of squares of the rows that the last step made, before its norm: what is too large for a norm looks harmless
    /// after it. Shape: `[rows]`.
    pub(super) sizes: Tensor,
}

/// The sum of squares of each row. Shape: `[rows]`.
pub(super) fn sizes(rows: &Tensor) -> Result<Tensor> {
    rows.sqr()?.sum(D::Minus1)
}

impl<'a> DeviceStates<'a> {
    /// Begins with the embeddings of these tokens; see [`Model::embed`](crate::model::Model::embed).
    ///
    /// # Errors
    /// [`Error::Step`] if the device fails, as all steps.
    pub fn embed(weights: &'a DeviceWeights, tokens: &EmbedInput) -> std::result::Result<Self, Error> {
        let (hidden, sizes) = embed(weights, tokens).map_err(at("the embeddings"))?;
        Ok(Self { weights, hidden, first: None, sizes })
    }

    /// Number of values in a row.
    #[must_use]
    pub fn cols(&self) -> usize {
        self.weights.shape.hidden
    }

    /// Attention to hook point P2. With [`AttentionContext::queries`], only those rows are left, one of each sequence.
    ///
    /// # Errors
    /// [`Error::Step`].
    pub fn attend(
        &mut self,
        layer: usize,
        bounds: &CuSeqlens,
        context: &AttentionContext<'_>,
    ) -> std::result::Result<AttentionEvidence, Error> {
        attention::attend(self, layer, bounds, context).map_err(at("attention"))
    }

    /// The feed-forward block with its residual and norm.
    ///
    /// # Errors
    /// [`Error::Step`].
    pub fn feed_forward(&mut self, layer: usize) -> std::result::Result<(), Error> {
        (self.hidden, self.sizes) = self.after_feed_forward(layer).map_err(at("the feed-forward block"))?;
        Ok(())
    }

    fn after_feed_forward(&self, layer: usize) -> Result<(Tensor, Tensor)> {
        let layer = &self.weights.layers[layer];
        let inner = match self.weights.norm_placement {
            NormPlacement::Post => layer.intermediate.forward(&self.hidden)?,
            NormPlacement::Pre => layer.intermediate.forward(&layer.output_norm.apply(&self.hidden)?)?,
        };
        let inner = if layer.gated {
            let half = inner.dim(1)? / 2;
            let gate = inner.narrow(1, half, half)?;
            (parts::activate(&inner.narrow(1, 0, half)?.contiguous()?, layer.activation)? * gate)?
        } else {
            parts::activate(&inner, layer.activation)?
        };
        let states = (&self.hidden + layer.output.forward(&inner)?)?;
        let sizes = sizes(&states)?;
        match self.weights.norm_placement {
            NormPlacement::Post => Ok((layer.output_norm.apply(&states)?, sizes)),
            NormPlacement::Pre => Ok((states, sizes)),
        }
    }

    /// Puts every row where `moves` wants it; the others leave the tensor.
    ///
    /// # Errors
    /// [`Error::Step`].
    pub fn move_rows(&mut self, moves: &RowMoves) -> std::result::Result<(), Error> {
        self.hidden = self.moved(moves).map_err(at("moving rows"))?;
        Ok(())
    }

    fn moved(&self, moves: &RowMoves) -> Result<Tensor> {
        if moves.sums.is_empty() {
            return parts::rows(&self.hidden, moves.rows.clone());
        }
        let device = &self.weights.device;
        let (mut sources, mut weights, mut targets) = (Vec::new(), Vec::new(), Vec::new());
        for (target, sum) in (0..).zip(&moves.sums) {
            for &(source, weight) in sum {
                sources.push(source);
                weights.push(weight);
                targets.push(target);
            }
        }
        let count = sources.len();
        let weights = Tensor::from_vec(weights, (count, 1), device)?;
        let parts = parts::rows(&self.hidden, sources)?.broadcast_mul(&weights)?;
        let sums = Tensor::zeros((moves.sums.len(), self.cols()), self.hidden.dtype(), device)?;
        let sums = sums.index_add(&parts::numbers(targets, device)?, &parts, 0)?;
        parts::rows(&Tensor::cat(&[&self.hidden, &sums], 0)?, moves.rows.clone())
    }

    /// Takes note of the state of the row that each sequence's head reads; of `None`, the last one stays.
    ///
    /// # Errors
    /// [`Error::Step`].
    pub fn remember(&mut self, heads: &[Option<usize>]) -> std::result::Result<(), Error> {
        self.first = Some(self.remembered(heads).map_err(at("keeping the first rows"))?);
        Ok(())
    }

    fn remembered(&self, heads: &[Option<usize>]) -> Result<Tensor> {
        let total = self.hidden.dim(0)?;
        // Where a row has gone, its number in what was kept before.
        let source = |(sequence, head): (usize, &Option<usize>)| number(head.unwrap_or(total + sequence));
        let rows = heads.iter().enumerate().map(source).collect();
        match &self.first {
            Some(first) if heads.contains(&None) => parts::rows(&Tensor::cat(&[&self.hidden, first], 0)?, rows),
            _ => parts::rows(&self.hidden, rows),
        }
    }

    /// The first row that the last step made with a value that is NaN, infinite or too large to be squared, and the sum of
    /// its squares. The device looks; one number a row comes over.
    ///
    /// # Errors
    /// [`Error::Step`].
    pub fn first_not_finite(&self) -> std::result::Result<Option<(usize, f32)>, Error> {
        let sizes = parts::download(&self.sizes).map_err(at("looking for NaN"))?;
        Ok(first_not_finite(&sizes).map(|row| (row, sizes[row])))
    }

    /// Some rows, brought to the host.
    ///
    /// # Errors
    /// [`Error::Step`].
    pub fn rows(&self, first: usize, count: usize) -> std::result::Result<Matrix, Error> {
        let data = self.hidden.narrow(0, first, count).and_then(|rows| parts::download(&rows));
        let data = data.map_err(at("reading rows"))?;
        Ok(Matrix::from_vec(count, self.cols(), data).unwrap_or_default())
    }

    /// Logits of every sequence, brought to the host. Shape: `[batch, labels]`.
    ///
    /// # Errors
    /// [`Error::Step`].
    pub fn classify(&self) -> std::result::Result<Matrix, Error> {
        self.logits().map_err(at("the classifier"))
    }

    fn logits(&self) -> Result<Matrix> {
        let Some(first) = &self.first else { return Ok(Matrix::default()) };
        let head = &self.weights.head;
        let states = match &self.weights.final_norm {
            Some(norm) => norm.apply(first)?,
            None => first.clone(),
        };
        let mut states = match &head.dense {
            Some(dense) => dense.forward(&states)?,
            None => states,
        };
        if let Some(norm) = &head.norm {
            states = norm.apply(&states)?;
        }
        let logits = head.projection.forward(&states)?;
        let (batch, labels) = logits.dims2()?;
        Ok(Matrix::from_vec(batch, labels, parts::download(&logits)?).unwrap_or_default())
    }

    /// Waits until the device has done everything that was asked of it, so that a clock can be read.
    ///
    /// # Errors
    /// [`Error::Step`].
    pub fn wait(&self) -> std::result::Result<(), Error> {
        self.weights.device.synchronize().map_err(at("waiting"))
    }
}

/// A row's number as devices count.
pub(super) fn number(row: usize) -> u32 {
    u32::try_from(row).unwrap_or(u32::MAX)
}

/// The first states, and [`sizes`] of what they are made of.
fn embed(weights: &DeviceWeights, tokens: &EmbedInput) -> Result<(Tensor, Tensor)> {
    let table = &weights.embeddings;
    let inside = |number_of_row: usize, table: &Tensor| Ok(number(number_of_row.min(table.dim(0)?.saturating_sub(1))));
    let mut states = parts::rows(&table.word, tokens.ids.clone())?;
    if let Some(types) = &table.token_type {
        let segments: Result<_> = tokens.segments.iter().map(|&segment| inside(segment as usize, types)).collect();
        states = (states + parts::rows(types, segments?)?)?;
    }
    if let Some(positions) = &table.position {
        let moved = tokens.positions.iter().map(|&position| position as usize + weights.position_offset);
        let moved: Result<_> = moved.map(|position| inside(position, positions)).collect();
        states = (states + parts::rows(positions, moved?)?)?;
    }
    let sizes = sizes(&states)?;
    let states = table.norm.apply(&states)?;
    match &table.projection {
        Some(projection) => Ok((projection.forward(&states)?, sizes)),
        None => Ok((states, sizes)),
    }
}
