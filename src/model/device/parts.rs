//! The pieces of a layer on a device, one candle operation or a few each.

use candle_core::Device;
use candle_core::Result;
use candle_core::Tensor;
use candle_nn::Module as _;

use crate::model::Linear;
use crate::model::Norm;
use crate::tensor::Activation;
use crate::tensor::Matrix;

/// A matrix on the device.
pub(super) fn upload(matrix: &Matrix, device: &Device) -> Result<Tensor> {
    Tensor::from_slice(matrix.data(), (matrix.rows(), matrix.cols()), device)
}

/// Row numbers on the device.
pub(super) fn numbers(numbers: Vec<u32>, device: &Device) -> Result<Tensor> {
    let count = numbers.len();
    Tensor::from_vec(numbers, count, device)
}

/// Some rows of a table or of packed states.
pub(super) fn rows(tensor: &Tensor, numbers_of_rows: Vec<u32>) -> Result<Tensor> {
    tensor.contiguous()?.index_select(&numbers(numbers_of_rows, tensor.device())?, 0)
}

/// All values of a tensor, on the host.
pub(super) fn download(tensor: &Tensor) -> Result<Vec<f32>> {
    tensor.flatten_all()?.to_vec1()
}

/// `y = x W^T + b`; several layers side by side where their outputs are.
pub(super) fn dense(layers: &[&Linear], scales: &[f32], device: &Device) -> Result<candle_nn::Linear> {
    let inner = layers.first().map_or(0, |layer| layer.in_features());
    let (mut weight, mut bias, mut outputs) = (Vec::new(), Vec::new(), 0);
    for (layer, scale) in layers.iter().zip(scales) {
        weight.extend(layer.weight().data().iter().map(|value| value * scale));
        bias.extend(layer.bias().iter().map(|value| value * scale));
        outputs += layer.out_features();
    }
    let weight = Tensor::from_vec(weight, (outputs, inner), device)?;
    let bias = (bias.len() == outputs).then(|| Tensor::from_vec(bias, outputs, device)).transpose()?;
    Ok(candle_nn::Linear::new(weight, bias))
}

/// Some of the outputs of a dense layer.
pub(super) fn outputs(layer: &candle_nn::Linear, first: usize, count: usize, input: &Tensor) -> Result<Tensor> {
    let weight = layer.weight().narrow(0, first, count)?;
    let bias = layer.bias().map(|bias| bias.narrow(0, first, count)).transpose()?;
    candle_nn::Linear::new(weight, bias).forward(input)
}

/// Layer normalization over the last axis.
#[derive(Clone, Debug)]
pub(super) struct DeviceNorm {
    weight: Tensor,
    bias: Tensor,
    eps: f32,
}

impl DeviceNorm {
    pub(super) fn new(norm: &Norm, device: &Device) -> Result<Self> {
        let width = norm.weight.len();
        let weight = Tensor::from_slice(&norm.weight, width, device)?;
        let bias = norm.bias.clone().unwrap_or_else(|| vec![0.0; width]);
        Ok(Self { weight, bias: Tensor::from_vec(bias, width, device)?, eps: norm.eps })
    }

    pub(super) fn apply(&self, states: &Tensor) -> Result<Tensor> {
        candle_nn::ops::layer_norm(&states.contiguous()?, &self.weight, &self.bias, self.eps)
    }
}

pub(super) fn activate(values: &Tensor, function: Activation) -> Result<Tensor> {
    match function {
        Activation::Gelu => values.gelu_erf(),
        Activation::GeluTanh => values.gelu(),
        Activation::Relu => values.relu(),
        Activation::Silu => values.silu(),
        Activation::Tanh => values.tanh(),
    }
}
