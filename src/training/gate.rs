//! Who decides how much of each token goes on.

use candle_core::Tensor;

use crate::training::Error;
use crate::training::PackedBatch;

/// What a gate may see at a hook point.
#[derive(Clone, Copy, Debug)]
pub struct LayerView<'a> {
    /// The texts.
    pub batch: &'a PackedBatch,
    /// Index of the layer.
    pub layer: usize,
    /// At P1 the layer's input `X_l`, at P2 the states that would enter the feed-forward block. Shape: `[rows, hidden]`.
    pub states: &'a Tensor,
    /// What is left of each token, 0 to 1; `None` where everything is. Shape: `[rows]`.
    pub shares: Option<&'a Tensor>,
    /// Attention that each token receives, the mean over heads, and over queries by their share: at P2 in this layer, at P1
    /// in the layer before (`None` in layer 0). Sums to 1 in each text. Shape: `[rows]`.
    pub scores: Option<&'a Tensor>,
    /// The part of `scores` that a token pays itself. Shape: `[rows]`.
    pub diagonal: Option<&'a Tensor>,
    /// The keys of this layer, heads side by side, at P2 alone. Shape: `[rows, kv_heads * head_dim]`.
    pub keys: Option<&'a Tensor>,
}

/// Says in each layer how much of each token goes on; what is left of a token is the product of its gates so far.
///
/// Gates are `[rows]`, from 0 (gone) to 1 (stays), in the model's number type; `None` lets all of them through, and costs
/// nothing. The row that the head reads goes on being computed whatever its gate: give it 1 ([`PackedBatch::opened`]).
/// Gradients flow through gates to whatever they were computed of.
pub trait Gate {
    /// At P1, before a layer: a token that leaves here is not seen in this layer's attention any more.
    ///
    /// # Errors
    /// What the gate's own operations say.
    fn before(&mut self, _view: &LayerView<'_>) -> Result<Option<Tensor>, Error> {
        Ok(None)
    }

    /// At P2, after a layer's attention: a token that leaves here is not seen in the next layer's attention.
    ///
    /// # Errors
    /// What the gate's own operations say.
    fn after(&mut self, _view: &LayerView<'_>) -> Result<Option<Tensor>, Error> {
        Ok(None)
    }

    /// States to go on with instead of those at P2, where tokens are merged; after [`Self::after`]. `None`: as they are.
    ///
    /// # Errors
    /// What the gate's own operations say.
    fn change(&mut self, _view: &LayerView<'_>) -> Result<Option<Tensor>, Error> {
        Ok(None)
    }
}

/// Lets everything through: the dense pass.
#[derive(Clone, Copy, Debug, Default)]
pub struct Open;

impl Gate for Open {}
