//! Layer normalization.

use candle_core::CpuStorage;
use candle_core::CustomOp3;
use candle_core::Layout;
use candle_core::Result;
use candle_core::Shape;
use candle_core::Tensor;
use rayon::prelude::*;

use crate::tensor::vector;
use crate::training::fast::ROWS_PER_TASK;
use crate::training::fast::floats;
use crate::training::fast::linear::column_sums;
use crate::training::fast::read;

/// Over the last axis. Shape: `states` `[rows, hidden]`, `weight` and `bias` `[hidden]` → `[rows, hidden]`.
pub(in crate::training) fn layer_norm(states: &Tensor, weight: &Tensor, bias: &Tensor, eps: f32) -> Result<Tensor> {
    states.contiguous()?.apply_op3(weight, bias, Norm { eps })
}

struct Norm {
    eps: f32,
}

impl CustomOp3 for Norm {
    fn name(&self) -> &'static str {
        "layer norm"
    }

    fn cpu_fwd(
        &self,
        states: &CpuStorage,
        layout: &Layout,
        weight: &CpuStorage,
        weight_layout: &Layout,
        bias: &CpuStorage,
        bias_layout: &Layout,
    ) -> Result<(CpuStorage, Shape)> {
        let (weight, bias) = (floats(weight, weight_layout)?, floats(bias, bias_layout)?);
        let mut out = floats(states, layout)?.to_vec();
        let part = (ROWS_PER_TASK * weight.len()).max(1);
        out.par_chunks_mut(part).for_each(|part| vector::layer_norm_rows(part, weight, Some(bias), self.eps));
        Ok((CpuStorage::F32(out), layout.shape().clone()))
    }

    fn bwd(
        &self,
        states: &Tensor,
        weight: &Tensor,
        bias: &Tensor,
        _res: &Tensor,
        grad: &Tensor,
    ) -> Result<(Option<Tensor>, Option<Tensor>, Option<Tensor>)> {
        let (hidden, device) = (weight.elem_count(), states.device());
        let weights = read(weight, |weight| Ok(weight.to_vec()))?;
        let grads = read(grad, |grad| Ok(grad.to_vec()))?;
        // Normed values, then, in the same place, the gradients of the states.
        let mut found = read(states, |states| Ok(states.to_vec()))?;
        let part = (ROWS_PER_TASK * hidden).max(1);
        let mut for_weight = None;
        if weight.track_op() {
            let mut products = found.clone();
            products.par_chunks_mut(part).zip(grads.par_chunks(part)).for_each(|(products, grads)| {
                for (row, grads) in products.chunks_exact_mut(hidden).zip(grads.chunks_exact(hidden)) {
                    normed(row, self.eps);
                    row.iter_mut().zip(grads).for_each(|(value, grad)| *value *= grad);
                }
            });
            for_weight = Some(Tensor::from_vec(column_sums(&products, hidden), hidden, device)?);
        }
        let for_bias =
            bias.track_op().then(|| Tensor::from_vec(column_sums(&grads, hidden), hidden, device)).transpose()?;
        found.par_chunks_mut(part).zip(grads.par_chunks(part)).for_each(|(found, grads)| {
            for (row, grads) in found.chunks_exact_mut(hidden).zip(grads.chunks_exact(hidden)) {
                backward(row, grads, &weights, self.eps);
            }
        });
        let for_states = states.track_op().then(|| Tensor::from_vec(found, states.shape(), device)).transpose()?;
        Ok((for_states, for_weight, for_bias))
    }
}

/// `(x - mean) / deviation` in place; returns one over the deviation.
fn normed(row: &mut [f32], eps: f32) -> f32 {
    let count = row.len() as f32;
    let mean = sum(row.iter().copied()) / count;
    let variance = sum(row.iter().map(|value| (value - mean) * (value - mean))) / count;
    let scale = 1.0 / (variance + eps).sqrt();
    for value in row.iter_mut() {
        *value = (*value - mean) * scale;
    }
    scale
}

/// With `g` = gradient times weight and `x` normed: `scale (g - mean g - x mean(g x))`.
fn backward(row: &mut [f32], grads: &[f32], weight: &[f32], eps: f32) {
    let count = row.len() as f32;
    let scale = normed(row, eps);
    let weighed = || grads.iter().zip(weight).map(|(grad, weight)| grad * weight);
    let mean = sum(weighed()) / count;
    let along = sum(weighed().zip(row.iter()).map(|(grad, value)| grad * value)) / count;
    for (value, grad) in row.iter_mut().zip(weighed()) {
        *value = scale * (grad - mean - *value * along);
    }
}

/// In eight lanes, which are as many sums less to round.
fn sum(values: impl Iterator<Item = f32>) -> f32 {
    let mut lanes = [0.0_f32; 8];
    for (index, value) in values.enumerate() {
        lanes[index % 8] += value;
    }
    lanes.into_iter().sum()
}
