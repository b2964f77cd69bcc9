//! A head in candle's operations, for families whose classifier candle-transformers leaves to its users.

use candle_core::Device;
use candle_core::Result;
use candle_core::Tensor;

use crate::model::Activation;
use crate::model::Head;
use crate::model::HeadLayer;
use crate::model::Norm;
use crate::model::Pool;

/// Logits of one text from the last states. Shape: `[1, tokens, hidden]` → `[labels]`.
pub(super) fn apply(head: &Head, states: &Tensor) -> Result<Vec<f32>> {
    let pooled = match head.pool {
        Pool::First => states.narrow(1, 0, 1)?.squeeze(1)?.contiguous()?,
        Pool::Mean => states.mean(1)?,
    };
    let mut pooled = head.dense.as_ref().map_or(Ok(pooled.clone()), |dense| layer(dense, &pooled))?;
    if let Some(norm) = &head.norm {
        pooled = normalize(norm, &pooled)?;
    }
    layer(&head.projection, &pooled)?.flatten_all()?.to_vec1()
}

fn layer(layer: &HeadLayer, states: &Tensor) -> Result<Tensor> {
    let weight = layer.linear.weight();
    let weight = Tensor::from_slice(weight.data(), (weight.rows(), weight.cols()), &Device::Cpu)?;
    let mut outputs = states.matmul(&weight.t()?)?;
    if !layer.linear.bias().is_empty() {
        outputs = outputs.broadcast_add(&Tensor::new(layer.linear.bias(), &Device::Cpu)?)?;
    }
    match layer.activation {
        None => Ok(outputs),
        Some(Activation::Gelu) => outputs.gelu_erf(),
        Some(Activation::GeluTanh) => outputs.gelu(),
        Some(Activation::Relu) => outputs.relu(),
        Some(Activation::Silu) => outputs.silu(),
        Some(Activation::Tanh) => outputs.tanh(),
    }
}

fn normalize(norm: &Norm, states: &Tensor) -> Result<Tensor> {
    let weight = Tensor::new(norm.weight.as_slice(), &Device::Cpu)?;
    match &norm.bias {
        Some(bias) => {
            candle_nn::ops::layer_norm_slow(states, &weight, &Tensor::new(bias.as_slice(), &Device::Cpu)?, norm.eps)
        }
        None => candle_nn::ops::layer_norm_slow(states, &weight, &weight.zeros_like()?, norm.eps),
    }
}
