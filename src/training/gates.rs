//! Where gates come from: given, or from learned thresholds.

use candle_core::Tensor;

use crate::training::Error;
use crate::training::Gate;
use crate::training::LayerView;
use crate::training::PackedBatch;
use crate::training::error::at;
use crate::training::ops::sigmoid;

/// The gate of each token in each layer, 0 (gone) to 1 (stays).
#[derive(Clone, Copy, Debug)]
pub enum Gating<'a> {
    /// All of them 1: the dense pass.
    Open,
    /// These. Shape: `[layers, rows]`.
    Given(&'a Tensor),
    /// From the attention that tokens receive.
    Thresholds(Thresholds<'a>),
}

/// A gate opens as the attention that a token receives exceeds its layer's threshold: `sigmoid((s_k - theta_l) / T)`.
///
/// Source: Kim et al. 2022, "Learned Token Pruning for Transformers", section 3.3, <https://arxiv.org/abs/2107.00910>; as
/// the temperature falls, gates become the strategy `ltp` with `divisor=alive` and these thresholds.
/// Deviates: what gates do, see [`crate::training`]; layer 0 has a threshold too (the authors' never prunes: a threshold of
/// -1 does not either).
#[derive(Clone, Copy, Debug)]
pub struct Thresholds<'a> {
    /// One a layer. Shape: `[layers]`.
    pub values: &'a Tensor,
    /// How soft the gates are; above 0. In units of the scores, which average one in the number of tokens.
    pub temperature: f64,
    /// Positions of each text whose gate is 1 whatever their score.
    pub protected: &'a [usize],
}

impl Gating<'_> {
    /// Fails where the numbers do not fit a run of so many layers on these texts.
    pub(super) fn check(&self, layers: usize, batch: &PackedBatch) -> Result<(), Error> {
        match self {
            Self::Open => Ok(()),
            Self::Given(gates) => check_shape("gates", gates, &[layers, batch.rows()]),
            Self::Thresholds(thresholds) => {
                check_shape("thresholds", thresholds.values, &[layers])?;
                let temperature = thresholds.temperature;
                if !(temperature.is_finite() && temperature > 0.0) {
                    let expected = "a number above 0".to_owned();
                    return Err(Error::Value { what: "the temperature of the gates", expected, got: temperature });
                }
                let tokens = batch.bounds().ranges().map(|range| range.len()).min().unwrap_or(0);
                match thresholds.protected.iter().find(|&&position| position >= tokens) {
                    Some(&position) => Err(Error::Value {
                        what: "a protected position",
                        expected: format!("below {tokens}, the tokens of the text"),
                        got: position as f64,
                    }),
                    None => Ok(()),
                }
            }
        }
    }
}

impl Gate for Gating<'_> {
    fn after(&mut self, view: &LayerView<'_>) -> Result<Option<Tensor>, Error> {
        let made = match (&*self, view.scores) {
            (Self::Open, _) | (Self::Thresholds(_), None) => return Ok(None),
            (Self::Given(gates), _) => gates.get(view.layer),
            (Self::Thresholds(thresholds), Some(scores)) => thresholds.gates(view, scores),
        };
        made.map(Some).map_err(at("the gates"))
    }
}

impl Thresholds<'_> {
    fn gates(&self, view: &LayerView<'_>, scores: &Tensor) -> candle_core::Result<Tensor> {
        let above = scores.broadcast_sub(&self.values.get(view.layer)?)?;
        let gates = sigmoid(&(above / self.temperature)?)?;
        let open: Vec<bool> = view.batch.positions().map(|position| self.protected.contains(&position)).collect();
        view.batch.opened(&gates, &open)
    }
}

fn check_shape(what: &'static str, numbers: &Tensor, expected: &[usize]) -> Result<(), Error> {
    if numbers.dims() == expected {
        Ok(())
    } else {
        Err(Error::Shape { what, expected: expected.to_vec(), got: numbers.dims().to_vec() })
    }
}
