//! The pieces of a layer as compositions of operations that candle can differentiate, at every point where there is a
//! derivative, in `f32` and `f64`.
//!
//! candle's own `gelu` and `gelu_erf` have a backward pass with constants of six digits; composed of `erf` and `tanh`, the
//! gradients are as exact as the values.

use std::f64::consts::FRAC_1_SQRT_2;
use std::f64::consts::FRAC_2_PI;

use candle_core::D;
use candle_core::DType;
use candle_core::Result;
use candle_core::Tensor;

use crate::tensor::Activation;
use crate::training::fast;

/// A share below this is nothing as far as the largest exponent goes.
const SMALLEST_SHARE: f64 = 1e-30;

/// Softmax over keys of which each counts as often as its share says; all once where there are none.
///
/// A share of 0 takes the key out exactly, and has a gradient of its own. Shape: `logits` `[heads, queries, keys]`, `shares`
/// `[keys]` → `[heads, queries, keys]`.
pub(super) fn softmax(logits: &Tensor, shares: Option<&Tensor>) -> Result<Tensor> {
    // The largest logit cancels out, so that no gradient goes through it. A key that hardly counts must not be the largest:
    // the exponentials of the others would vanish before it.
    let ranked = match shares {
        Some(shares) => logits.detach().broadcast_add(&shares.detach().maximum(SMALLEST_SHARE)?.log()?)?,
        None => logits.detach(),
    };
    let largest = ranked.max_keepdim(D::Minus1)?;
    let mut weights = logits.broadcast_sub(&largest)?.exp()?;
    if let Some(shares) = shares {
        weights = weights.broadcast_mul(shares)?;
    }
    // Where nothing is left to look at (every key of a window is gone), a row that is gone itself sees nothing, not NaN.
    weights.broadcast_div(&weights.sum_keepdim(D::Minus1)?.maximum(SMALLEST_SHARE)?)
}

/// Layer normalization over the last axis.
pub(super) fn layer_norm(states: &Tensor, weight: &Tensor, bias: Option<&Tensor>, eps: f64) -> Result<Tensor> {
    let centered = states.broadcast_sub(&states.mean_keepdim(D::Minus1)?)?;
    let deviation = (centered.sqr()?.mean_keepdim(D::Minus1)? + eps)?.sqrt()?;
    let normed = centered.broadcast_div(&deviation)?.broadcast_mul(weight)?;
    match bias {
        Some(bias) => normed.broadcast_add(bias),
        None => Ok(normed),
    }
}

/// `1 / (1 + exp(-x))`, by way of `tanh`, which neither overflows nor loses its gradient.
pub(super) fn sigmoid(values: &Tensor) -> Result<Tensor> {
    (values * 0.5)?.tanh()?.affine(0.5, 0.5)
}

/// The point-wise functions of [`Activation`].
pub(super) fn activate(values: &Tensor, function: Activation) -> Result<Tensor> {
    if values.dtype() == DType::F32 {
        return fast::activate(values, function);
    }
    match function {
        Activation::Gelu => values * (values * FRAC_1_SQRT_2)?.erf()?.affine(0.5, 0.5)?,
        Activation::GeluTanh => {
            let inner = (values + (values.sqr()?.mul(values)? * 0.044_715)?)?;
            values * (inner * FRAC_2_PI.sqrt())?.tanh()?.affine(0.5, 0.5)?
        }
        Activation::Relu => values.relu(),
        Activation::Silu => values * sigmoid(values)?,
        Activation::Tanh => values.tanh(),
    }
}

#[cfg(test)]
mod tests {
    use candle_core::Device;
    use candle_core::Var;

    use super::*;

    fn var(values: &[f64]) -> Var {
        Var::from_vec(values.to_vec(), values.len(), &Device::Cpu).unwrap()
    }

    /// The gradient of a weighted sum of outputs, and what central differences say of it.
    fn gradients(at: &[f64], of: impl Fn(&Tensor) -> Result<Tensor>) -> Vec<(f64, f64)> {
        let sum = |values: &Tensor| {
            let out = of(values).unwrap().flatten_all().unwrap();
            let count = out.elem_count();
            let weights: Vec<f64> = (0..count).map(|index| 1.0 + (index as f64 * 0.7).sin()).collect();
            (out * Tensor::from_vec(weights, count, &Device::Cpu).unwrap()).unwrap().sum_all().unwrap()
        };
        let point = var(at);
        let found = sum(&point).backward().unwrap().get(&point).expect("a gradient").to_vec1::<f64>().unwrap();
        let step = 1e-6;
        let moved = |index: usize, by: f64| {
            let mut values = at.to_vec();
            values[index] += by;
            sum(&var(&values)).to_scalar::<f64>().unwrap()
        };
        let by_differences = (0..at.len()).map(|index| (moved(index, step) - moved(index, -step)) / (2.0 * step));
        found.into_iter().zip(by_differences).collect()
    }

    fn assert_right(what: &str, pairs: &[(f64, f64)]) {
        for (found, expected) in pairs {
            assert!((found - expected).abs() < 1e-7 * (1.0 + expected.abs()), "{what}: {found} instead of {expected}");
        }
    }

    const POINTS: [f64; 6] = [-3.1, -0.8, -0.05, 0.3, 1.7, 4.2];

    #[test]
    fn every_activation_is_the_engines_and_has_its_derivative() {
        for function in [Activation::Gelu, Activation::GeluTanh, Activation::Relu, Activation::Silu, Activation::Tanh] {
            let ours = activate(&var(&POINTS), function).unwrap().to_dtype(DType::F32).unwrap();
            #[expect(clippy::cast_possible_truncation, reason = "the engine computes in f32")]
            let mut expected = POINTS.map(|value| value as f32);
            crate::tensor::vector::activate(&mut expected, function);
            for (ours, expected) in ours.to_vec1::<f32>().unwrap().iter().zip(expected) {
                assert!((ours - expected).abs() < 1e-6, "{function:?}: {ours} instead of {expected}");
            }
            assert_right(&format!("{function:?}"), &gradients(&POINTS, |values| activate(values, function)));
        }
        assert_right("sigmoid", &gradients(&POINTS, sigmoid));
    }

    #[test]
    fn softmax_weighs_keys_by_their_share_down_to_nothing() {
        let logits = Tensor::new(&[[[1.0_f64, 2.0, 3.0, 90.0]]], &Device::Cpu).unwrap();
        let shares = Tensor::new(&[1.0_f64, 0.5, 1.0, 0.0], &Device::Cpu).unwrap();
        let found = softmax(&logits, Some(&shares)).unwrap().flatten_all().unwrap().to_vec1::<f64>().unwrap();
        let weights = [1.0_f64.exp(), 0.5 * 2.0_f64.exp(), 3.0_f64.exp()];
        let total: f64 = weights.iter().sum();
        for (found, weight) in found.iter().zip(weights) {
            assert!((found - weight / total).abs() < 1e-12, "{found} of {weight}");
        }
        assert_eq!(found[3], 0.0, "a key that is gone, however large its logit");
    }

    #[test]
    fn softmax_and_norm_have_the_gradients_of_finite_differences() {
        let shares = [0.9, 0.4, 0.0, 1.0, 0.2, 0.7];
        let by = |shares: &Tensor, logits: &Tensor| softmax(&logits.reshape((1, 1, 6))?, Some(shares));
        assert_right("logits", &gradients(&POINTS, |logits| by(&var(&shares), logits)));
        // From 0 a share can only rise, but its derivative is the same on both sides.
        assert_right("shares", &gradients(&shares, |shares| by(shares, &var(&POINTS))));
        let (weight, bias) = (var(&shares), var(&POINTS));
        let norm = |states: &Tensor, weight: &Tensor| layer_norm(&states.reshape((1, 6))?, weight, Some(&bias), 1e-5);
        assert_right("states", &gradients(&POINTS, |states| norm(states, &weight)));
        assert_right("weights", &gradients(&shares, |weight| norm(&var(&POINTS), weight)));
    }

    /// Why nothing here is fused. Should candle learn to differentiate these, this fails, and they may be used.
    #[test]
    fn candles_fused_operations_drop_gradients_without_a_word() {
        let states = Var::new(&[[0.3_f32, -1.2, 0.8]], &Device::Cpu).unwrap();
        let (weight, bias) =
            (Tensor::new(&[1.0_f32, 2.0, 3.0], &Device::Cpu), Tensor::zeros(3, DType::F32, &Device::Cpu));
        let (weight, bias) = (weight.unwrap(), bias.unwrap());
        let fused = [
            candle_nn::ops::softmax_last_dim(&states).unwrap(),
            candle_nn::ops::layer_norm(&states, &weight, &bias, 1e-5).unwrap(),
        ];
        for out in fused {
            let gradients = out.sqr().unwrap().sum_all().unwrap().backward().unwrap();
            assert!(gradients.get(&states).is_none(), "no gradient, and no error");
        }
        let ours = [
            softmax(&states.reshape((1, 1, 3)).unwrap(), None).unwrap(),
            layer_norm(&states, &weight, Some(&bias), 1e-5).unwrap(),
        ];
        for out in ours {
            let gradients = out.sqr().unwrap().sum_all().unwrap().backward().unwrap();
            let found = gradients.get(&states).expect("a gradient").flatten_all().unwrap().to_vec1::<f32>().unwrap();
            assert!(found.iter().all(|value| *value != 0.0), "{found:?}");
        }
    }
}
