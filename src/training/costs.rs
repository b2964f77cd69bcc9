//! Multiply-accumulates of a soft run: what a penalty on cost makes small.

use candle_core::Tensor;

use crate::training::BatchRun;
use crate::training::Error;
use crate::training::PackedBatch;
use crate::training::SoftModel;
use crate::training::error::at;

/// What each row costs in each layer: `per_row n_a + per_pair n_a^2 + feed_forward n_f`, as strategies.md 1.5 counts, where
/// `n_a` rows enter attention and `n_f` rows the feed-forward block.
///
/// In a soft run a row counts by its share, so that a gradient leads from the cost to every gate.
#[derive(Clone, Debug, PartialEq)]
pub struct LayerCosts {
    /// One a layer.
    layers: Vec<LayerCost>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
struct LayerCost {
    per_row: f64,
    per_pair: f64,
    feed_forward: f64,
}

impl LayerCosts {
    /// Of a model.
    #[must_use]
    pub fn of(model: &SoftModel) -> Self {
        let layers = model.tensors.layers.iter().map(|layer| {
            let (hidden, queries) = (layer.query.inputs() as f64, layer.attention.query_width() as f64);
            let keys = layer.attention.key_width() as f64;
            let inner = layer.output.inputs() as f64;
            let products = if layer.gated { 3.0 } else { 2.0 };
            LayerCost {
                per_row: 2.0 * hidden * (queries + keys),
                per_pair: 2.0 * queries,
                feed_forward: products * hidden * inner,
            }
        });
        Self { layers: layers.collect() }
    }

    /// Cost of the layers over that of the dense pass, all texts together: one over the FLOPs reduction that gates of 0 and 1
    /// would give, without head and overhead. Scalar.
    ///
    /// # Errors
    /// [`Error::Step`] where candle fails.
    pub fn relative(&self, run: &BatchRun) -> Result<Tensor, Error> {
        self.sum(run).map_err(at("the cost"))
    }

    fn sum(&self, run: &BatchRun) -> candle_core::Result<Tensor> {
        let batch = &run.batch;
        let mut total: Option<Tensor> = None;
        for (layer, (entering, leaving)) in self.layers.iter().zip(run.entering.iter().zip(&run.shares)) {
            let entering = batch.sum_by_text(entering)?;
            let leaving = batch.sum_by_text(leaving)?;
            let attention = ((&entering * layer.per_row)? + (entering.sqr()? * layer.per_pair)?)?;
            let cost = (attention + (leaving * layer.feed_forward)?)?.sum_all()?;
            total = Some(match total {
                Some(total) => (total + cost)?,
                None => cost,
            });
        }
        let total = total.map_or_else(|| Tensor::zeros((), run.logits.dtype(), run.logits.device()), Ok)?;
        let lengths = batch.bounds().ranges().map(|range| range.len() as f64);
        total / lengths.map(|tokens| self.dense(tokens)).sum::<f64>()
    }

    /// Cost of the layers over that of the dense pass where so many rows of each text enter each layer, at P1, and all of
    /// them its feed-forward block. Shape: `lengths` `[layers]` of `[texts]` → scalar.
    pub(super) fn expected(&self, batch: &PackedBatch, lengths: &[Tensor]) -> candle_core::Result<Tensor> {
        let mut total = Tensor::zeros((), candle_core::DType::F32, &candle_core::Device::Cpu)?;
        for (layer, rows) in self.layers.iter().zip(lengths) {
            let cost = ((rows * (layer.per_row + layer.feed_forward))? + (rows.sqr()? * layer.per_pair)?)?;
            total = (total + cost.sum_all()?)?;
        }
        let dense = batch.bounds().ranges().map(|range| self.dense(range.len() as f64));
        total / dense.sum::<f64>()
    }

    /// Multiply-accumulates of the layers on a text.
    #[must_use]
    pub fn dense(&self, tokens: f64) -> f64 {
        self.schedule(tokens, std::iter::repeat(tokens))
    }

    /// The same where `leaving` rows leave each layer at P2.
    pub fn schedule(&self, tokens: f64, leaving: impl IntoIterator<Item = f64>) -> f64 {
        let mut entering = tokens;
        let mut total = 0.0;
        for (layer, leaving) in self.layers.iter().zip(leaving) {
            total += layer.per_row * entering + layer.per_pair * entering * entering + layer.feed_forward * leaving;
            entering = leaving;
        }
        total
    }
}
