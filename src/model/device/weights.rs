//! A model's weights on a device.

use std::sync::Arc;

use candle_core::Device;
use candle_core::DeviceLocation;
use candle_core::Result;
use candle_core::Tensor;
use candle_nn::Module as _;

use crate::model::AttentionShape;
use crate::model::DisentangledAttention;
use crate::model::EmbeddingWeights;
use crate::model::HeadLayer;
use crate::model::LayerWeights;
use crate::model::Mask;
use crate::model::Model;
use crate::model::NormPlacement;
use crate::model::Precision;
use crate::model::device::DeviceChoice;
use crate::model::device::Error;
use crate::model::device::error::at;
use crate::model::device::parts::DeviceNorm;
use crate::model::device::parts::activate;
use crate::model::device::parts::dense;
use crate::model::device::parts::upload;
use crate::model::device::relative::DevicePositions;
use crate::model::device::relative::LayerPositions;
use crate::model::device::relative::RotaryTables;
use crate::tensor::Activation;
use crate::tensor::ModelShape;

/// A copy of a model's weights where a device can use them.
#[derive(Clone, Debug)]
pub struct DeviceWeights {
    pub(super) device: Device,
    /// Whether attention takes all sequences of a batch at once, filled up to the longest: on GPUs, where one large product
    /// beats many small ones.
    pub(super) whole_batches: bool,
    pub(super) shape: ModelShape,
    pub(super) norm_placement: NormPlacement,
    pub(super) position_offset: usize,
    pub(super) embeddings: DeviceEmbeddings,
    pub(super) layers: Vec<Arc<DeviceLayer>>,
    pub(super) final_norm: Option<DeviceNorm>,
    /// Relative positions (`DeBERTa`).
    pub(super) positions: Option<DevicePositions>,
    pub(super) head: DeviceHead,
}

/// See [`EmbeddingWeights`].
#[derive(Clone, Debug)]
pub(super) struct DeviceEmbeddings {
    pub(super) word: Tensor,
    pub(super) position: Option<Tensor>,
    pub(super) token_type: Option<Tensor>,
    pub(super) norm: DeviceNorm,
    pub(super) projection: Option<candle_nn::Linear>,
}

/// See [`LayerWeights`].
#[derive(Clone, Debug)]
pub(super) struct DeviceLayer {
    pub(super) attention: AttentionShape,
    pub(super) mask: Mask,
    /// Queries (scaled), keys and values in one product. Shape of the weight: `[width, hidden]`.
    pub(super) qkv: candle_nn::Linear,
    pub(super) attention_output: candle_nn::Linear,
    pub(super) attention_norm: Option<DeviceNorm>,
    pub(super) intermediate: candle_nn::Linear,
    pub(super) output: candle_nn::Linear,
    pub(super) output_norm: DeviceNorm,
    pub(super) activation: Activation,
    pub(super) gated: bool,
    pub(super) rotary: Option<RotaryTables>,
    pub(super) positions: Option<LayerPositions>,
}

/// See [`Head`](crate::model::Head).
#[derive(Clone, Debug)]
pub(super) struct DeviceHead {
    pub(super) dense: Option<DeviceHeadLayer>,
    pub(super) norm: Option<DeviceNorm>,
    pub(super) projection: DeviceHeadLayer,
}

/// See [`HeadLayer`].
#[derive(Clone, Debug)]
pub(super) struct DeviceHeadLayer {
    linear: candle_nn::Linear,
    activation: Option<Activation>,
}

impl DeviceHeadLayer {
    fn new(layer: &HeadLayer, device: &Device) -> Result<Self> {
        Ok(Self { linear: dense(&[&layer.linear], &[1.0], device)?, activation: layer.activation })
    }

    pub(super) fn forward(&self, states: &Tensor) -> Result<Tensor> {
        let outputs = self.linear.forward(states)?;
        match self.activation {
            Some(activation) => activate(&outputs, activation),
            None => Ok(outputs),
        }
    }
}

impl DeviceWeights {
    /// Copies the weights; those on the host stay.
    ///
    /// # Errors
    /// [`Error::Step`] if the device has too little memory.
    pub fn new(model: &Model, device: Device) -> std::result::Result<Self, Error> {
        Self::copy(model, device).map_err(at("copying the weights"))
    }

    /// The device, as users name it: `candle`, `cuda:0`, `metal:0`.
    #[must_use]
    pub fn name(&self) -> String {
        let choice = match self.device.location() {
            DeviceLocation::Cpu => DeviceChoice::Candle,
            DeviceLocation::Cuda { gpu_id } => DeviceChoice::Cuda(gpu_id),
            DeviceLocation::Metal { gpu_id } => DeviceChoice::Metal(gpu_id),
        };
        choice.to_string()
    }

    /// Whether its tensors lie in this program's memory, so that what is free there bounds them.
    #[must_use]
    pub fn is_in_main_memory(&self) -> bool {
        self.device.is_cpu()
    }

    /// Whether attention fills the texts of a batch up to the longest.
    #[must_use]
    pub fn fills_up(&self) -> bool {
        self.whole_batches
    }

    /// Attention over whole batches, as on GPUs, whatever the device.
    #[must_use]
    pub fn with_whole_batches(self) -> Self {
        Self { whole_batches: true, ..self }
    }

    fn copy(model: &Model, device: Device) -> Result<Self> {
        let norm =
            |norm: &Option<crate::model::Norm>| norm.as_ref().map(|norm| DeviceNorm::new(norm, &device)).transpose();
        let head = DeviceHead {
            dense: model.head.dense.as_ref().map(|layer| DeviceHeadLayer::new(layer, &device)).transpose()?,
            norm: norm(&model.head.norm)?,
            projection: DeviceHeadLayer::new(&model.head.projection, &device)?,
        };
        let positions = model.disentangled.as_ref();
        Ok(Self {
            whole_batches: !device.is_cpu(),
            shape: model.config.shape,
            norm_placement: model.norm_placement,
            position_offset: model.config.position_offset,
            embeddings: embeddings(&model.embeddings, &device)?,
            layers: layers(model, &device)?,
            final_norm: norm(&model.final_norm)?,
            positions: positions.map(|of| DevicePositions::new(of, model.config.max_tokens, &device)).transpose()?,
            head,
            device,
        })
    }
}

fn embeddings(weights: &EmbeddingWeights, device: &Device) -> Result<DeviceEmbeddings> {
    Ok(DeviceEmbeddings {
        word: upload(&weights.word, device)?,
        position: weights.position.as_ref().map(|table| upload(table, device)).transpose()?,
        token_type: weights.token_type.as_ref().map(|table| upload(table, device)).transpose()?,
        norm: DeviceNorm::new(&weights.norm, device)?,
        projection: weights.projection.as_ref().map(|layer| dense(&[layer], &[1.0], device)).transpose()?,
    })
}

/// One copy of each layer, shared where the model shares it (`ALBERT`).
fn layers(model: &Model, device: &Device) -> Result<Vec<Arc<DeviceLayer>>> {
    let mut copies: Vec<Arc<DeviceLayer>> = Vec::with_capacity(model.layers.len());
    for (index, weights) in model.layers.iter().enumerate() {
        let same = model.layers[..index].iter().position(|earlier| Arc::ptr_eq(earlier, weights));
        let copy = match same {
            Some(earlier) => Arc::clone(&copies[earlier]),
            None => Arc::new(layer(model, weights, device)?),
        };
        copies.push(copy);
    }
    Ok(copies)
}

fn layer(model: &Model, weights: &LayerWeights, device: &Device) -> Result<DeviceLayer> {
    let shape = &model.config.shape;
    let disentangled = model.disentangled.as_ref();
    // Every term of the scores holds the query's projection once, so that its weights can carry the scale.
    let scale =
        1.0 / (weights.attention.head_dim as f32 * disentangled.map_or(1, DisentangledAttention::terms) as f32).sqrt();
    let positions = disentangled.map(|positions| LayerPositions::new(positions, weights, (shape, scale), device));
    let rotary = weights
        .rotary
        .map(|rotary| RotaryTables::new(rotary, weights.attention.head_dim, model.config.max_tokens, device));
    Ok(DeviceLayer {
        attention: weights.attention,
        mask: weights.mask,
        qkv: dense(&[&weights.query, &weights.key, &weights.value], &[scale, 1.0, 1.0], device)?,
        attention_output: dense(&[&weights.attention_output], &[1.0], device)?,
        attention_norm: weights.attention_norm.as_ref().map(|norm| DeviceNorm::new(norm, device)).transpose()?,
        intermediate: dense(&[&weights.intermediate], &[1.0], device)?,
        output: dense(&[&weights.output], &[1.0], device)?,
        output_norm: DeviceNorm::new(&weights.output_norm, device)?,
        activation: weights.activation,
        gated: weights.gated,
        rotary: rotary.transpose()?,
        positions: positions.transpose()?,
    })
}

impl Model {
    /// Where it computes: `cpu`, or see [`DeviceWeights::name`].
    #[must_use]
    pub fn device_name(&self) -> String {
        self.device.as_ref().map_or_else(|| DeviceChoice::Cpu.to_string(), |weights| weights.name())
    }

    /// The same model, computing on `choice` from now on: every run of it goes there. Weights here stay.
    ///
    /// # Errors
    /// [`Error::Precision`] for a model in eight bits, else see [`DeviceChoice::open`] and [`DeviceWeights::new`].
    pub fn on_device(mut self, choice: DeviceChoice) -> std::result::Result<Self, Error> {
        let device = choice.open()?;
        if device.is_some() && self.precision != Precision::F32 {
            return Err(Error::Precision { device: choice.to_string(), got: self.precision.label() });
        }
        if device.is_some() && self.relative_bias.is_some() {
            return Err(Error::Family { device: choice.to_string(), family: self.config.family.id() });
        }
        let weights = device.map(|device| DeviceWeights::new(&self, device)).transpose()?;
        self.device = weights.map(Arc::new);
        Ok(self)
    }
}
