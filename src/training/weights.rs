//! The weights of a loaded model as tensors that gradients can reach.

use std::sync::Arc;

use candle_core::DType;
use candle_core::Device;
use candle_core::Result;
use candle_core::Tensor;
use candle_core::Var;

use crate::model::AttentionShape;
use crate::model::DisentangledAttention;
use crate::model::EmbeddingWeights;
use crate::model::Head;
use crate::model::HeadLayer;
use crate::model::LayerWeights;
use crate::model::Linear;
use crate::model::Mask;
use crate::model::Model;
use crate::model::Norm;
use crate::model::NormPlacement;
use crate::model::Pool;
use crate::model::Precision;
use crate::model::RelativeBias;
use crate::model::RotaryAttention;
use crate::tensor::Activation;
use crate::tensor::Matrix;
use crate::training::Error;
use crate::training::error::at;
use crate::training::fast;
use crate::training::fast::ConstantLinear;
use crate::training::ops;

/// A model whose forward pass can be differentiated, on the processor.
#[derive(Debug)]
pub struct SoftModel {
    pub(super) tensors: Tensors,
    pub(super) max_tokens: usize,
    pub(super) position_offset: usize,
    pub(super) norm_placement: NormPlacement,
    pub(super) parameters: Vec<(String, Var)>,
    dtype: DType,
}

/// See [`Model`].
#[derive(Debug)]
pub(super) struct Tensors {
    pub(super) embeddings: SoftEmbeddings,
    pub(super) layers: Vec<Arc<SoftLayer>>,
    pub(super) final_norm: Option<SoftNorm>,
    pub(super) positions: Positions,
    pub(super) head: SoftHead,
}

/// What the distance of two tokens adds to their logit. The tables stay as they are: nothing is learned of them.
#[derive(Clone, Debug)]
pub(super) enum Positions {
    /// Nothing here; positions are embedded or rotated.
    None,
    /// See [`RelativeBias`].
    Bias(RelativeBias),
    /// See [`DisentangledAttention`]; with its embeddings `[2 * span, hidden]`.
    Disentangled(DisentangledAttention, Tensor),
}

/// See [`EmbeddingWeights`].
#[derive(Debug)]
pub(super) struct SoftEmbeddings {
    pub(super) word: Tensor,
    pub(super) position: Option<Tensor>,
    pub(super) token_type: Option<Tensor>,
    pub(super) norm: SoftNorm,
    pub(super) projection: Option<SoftLinear>,
}

/// See [`LayerWeights`].
#[derive(Debug)]
pub(super) struct SoftLayer {
    pub(super) query: SoftLinear,
    pub(super) key: SoftLinear,
    pub(super) value: SoftLinear,
    pub(super) attention_output: SoftLinear,
    pub(super) attention_norm: Option<SoftNorm>,
    pub(super) intermediate: SoftLinear,
    pub(super) output: SoftLinear,
    pub(super) output_norm: SoftNorm,
    pub(super) activation: Activation,
    pub(super) gated: bool,
    pub(super) rotary: Option<RotaryAttention>,
    pub(super) attention: AttentionShape,
    pub(super) mask: Mask,
    /// Queries, keys and values side by side in one product, where nothing is learned of them.
    pub(super) side_by_side: Option<ConstantLinear>,
}

/// See [`Head`].
#[derive(Debug)]
pub(super) struct SoftHead {
    pub(super) pool: Pool,
    pub(super) dense: Option<SoftHeadLayer>,
    pub(super) norm: Option<SoftNorm>,
    pub(super) projection: SoftHeadLayer,
}

/// See [`HeadLayer`].
#[derive(Debug)]
pub(super) struct SoftHeadLayer {
    linear: SoftLinear,
    activation: Option<Activation>,
}

impl SoftHeadLayer {
    /// Shape: `[rows, in]` → `[rows, out]`.
    pub(super) fn apply(&self, input: &Tensor) -> Result<Tensor> {
        let outputs = self.linear.apply(input)?;
        match self.activation {
            Some(activation) => ops::activate(&outputs, activation),
            None => Ok(outputs),
        }
    }
}

/// See [`Linear`].
#[derive(Debug)]
pub(super) struct SoftLinear {
    /// Shape: `[out, in]`.
    weight: Tensor,
    bias: Option<Tensor>,
    /// `bias`, or zeros.
    shift: Tensor,
    /// Where nothing is learned of it, in single precision.
    constant: Option<ConstantLinear>,
}

impl SoftLinear {
    /// Width of the input.
    pub(super) fn inputs(&self) -> usize {
        self.weight.dims().get(1).copied().unwrap_or(0)
    }

    /// Shape: `[rows, in]` → `[rows, out]`.
    pub(super) fn apply(&self, input: &Tensor) -> Result<Tensor> {
        if let Some(constant) = &self.constant {
            return constant.apply(input);
        }
        if self.weight.dtype() == DType::F32 {
            return fast::linear(input, &self.weight, &self.shift);
        }
        let product = input.matmul(&self.weight.t()?)?;
        match &self.bias {
            Some(bias) => product.broadcast_add(bias),
            None => Ok(product),
        }
    }
}

/// See [`Norm`].
#[derive(Debug)]
pub(super) struct SoftNorm {
    weight: Tensor,
    bias: Option<Tensor>,
    /// `bias`, or zeros.
    shift: Tensor,
    eps: f64,
}

impl SoftNorm {
    pub(super) fn apply(&self, states: &Tensor) -> Result<Tensor> {
        if self.weight.dtype() == DType::F32 {
            #[expect(clippy::cast_possible_truncation, reason = "it was read in single precision")]
            return fast::layer_norm(states, &self.weight, &self.shift, self.eps as f32);
        }
        ops::layer_norm(states, &self.weight, self.bias.as_ref(), self.eps)
    }
}

impl SoftModel {
    /// The model's weights as constants: gradients go to gates and thresholds only.
    ///
    /// # Errors
    /// [`Error::Precision`] for weights in eight bits.
    pub fn frozen(model: &Model, dtype: DType) -> std::result::Result<Self, Error> {
        Self::copy(model, dtype, Copier { dtype, learned: None, constant: Vec::new() })
    }

    /// The model's weights as [`Self::parameters`]; tables of relative positions stay as they are.
    ///
    /// # Errors
    /// [`Error::Precision`] for weights in eight bits.
    pub fn trainable(model: &Model, dtype: DType) -> std::result::Result<Self, Error> {
        Self::trainable_but(model, dtype, &[])
    }

    /// [`Self::trainable`], those excepted whose name begins with one of these: they stay as they are.
    ///
    /// # Errors
    /// [`Error::Precision`] for weights in eight bits.
    pub fn trainable_but(model: &Model, dtype: DType, constant: &[&'static str]) -> std::result::Result<Self, Error> {
        Self::copy(model, dtype, Copier { dtype, learned: Some(Vec::new()), constant: constant.to_vec() })
    }

    /// What gradients reach, by name (`layers.0.query.weight`); none of a frozen model. Setting one changes the next run.
    #[must_use]
    pub fn parameters(&self) -> &[(String, Var)] {
        &self.parameters
    }

    /// Number of layers.
    #[must_use]
    pub fn num_layers(&self) -> usize {
        self.tensors.layers.len()
    }

    /// Where it computes; gates and thresholds belong there.
    #[must_use]
    pub fn device(&self) -> &'static Device {
        &Device::Cpu
    }

    /// What it computes in; gates and thresholds too.
    #[must_use]
    pub fn dtype(&self) -> DType {
        self.dtype
    }

    fn copy(model: &Model, dtype: DType, mut copier: Copier) -> std::result::Result<Self, Error> {
        if model.precision != Precision::F32 {
            return Err(Error::Precision { got: model.precision.label(), path: model.path.clone() });
        }
        let tensors = copier.tensors(model).map_err(at("copying the weights"))?;
        Ok(Self {
            tensors,
            max_tokens: model.config.max_tokens,
            position_offset: model.config.position_offset,
            norm_placement: model.norm_placement,
            parameters: copier.learned.unwrap_or_default(),
            dtype,
        })
    }
}

/// One product for queries, keys and values.
fn side_by_side(weights: &LayerWeights) -> ConstantLinear {
    let parts = [&weights.query, &weights.key, &weights.value];
    let matrix: Vec<f32> = parts.iter().flat_map(|part| part.weight().data().to_vec()).collect();
    let bias = |part: &&Linear| {
        let bias = part.bias();
        if bias.is_empty() { vec![0.0; part.out_features()] } else { bias.to_vec() }
    };
    let bias: Vec<f32> = parts.iter().flat_map(bias).collect();
    ConstantLinear::new(&matrix, &bias, weights.query.in_features())
}

/// Makes tensors of weights, and variables where they are to be learned.
struct Copier {
    dtype: DType,
    learned: Option<Vec<(String, Var)>>,
    /// What the names of weights begin with that stay constants even so.
    constant: Vec<&'static str>,
}

impl Copier {
    fn tensors(&mut self, model: &Model) -> Result<Tensors> {
        let embeddings = self.embeddings(&model.embeddings)?;
        let mut layers: Vec<Arc<SoftLayer>> = Vec::new();
        for (index, layer) in model.layers.iter().enumerate() {
            // Layers that share their weights go on sharing them, so that their gradients add up.
            let shared = model.layers[..index].iter().position(|known| Arc::ptr_eq(known, layer));
            let copy = match shared {
                Some(known) => Arc::clone(&layers[known]),
                None => Arc::new(self.layer(&format!("layers.{index}"), layer)?),
            };
            layers.push(copy);
        }
        let positions = match (&model.relative_bias, &model.disentangled) {
            (Some(bias), _) => Positions::Bias(bias.clone()),
            (None, Some(own)) => Positions::Disentangled(own.clone(), self.constant_matrix(&own.embeddings)?),
            (None, None) => Positions::None,
        };
        let final_norm = model.final_norm.as_ref().map(|norm| self.norm("final_norm", norm)).transpose()?;
        Ok(Tensors { embeddings, layers, final_norm, positions, head: self.head(&model.head)? })
    }

    fn embeddings(&mut self, weights: &EmbeddingWeights) -> Result<SoftEmbeddings> {
        let EmbeddingWeights { word, position, token_type, norm, projection } = weights;
        let mut table = |name: &str, table: &Matrix| self.matrix(&format!("embeddings.{name}"), table);
        Ok(SoftEmbeddings {
            word: table("word", word)?,
            position: position.as_ref().map(|position| table("position", position)).transpose()?,
            token_type: token_type.as_ref().map(|types| table("token_type", types)).transpose()?,
            norm: self.norm("embeddings.norm", norm)?,
            projection: projection
                .as_ref()
                .map(|projection| self.linear("embeddings.projection", projection))
                .transpose()?,
        })
    }

    fn layer(&mut self, name: &str, weights: &LayerWeights) -> Result<SoftLayer> {
        let part = |part: &str| format!("{name}.{part}");
        let norm = weights.attention_norm.as_ref();
        Ok(SoftLayer {
            query: self.linear(&part("query"), &weights.query)?,
            key: self.linear(&part("key"), &weights.key)?,
            value: self.linear(&part("value"), &weights.value)?,
            attention_output: self.linear(&part("attention_output"), &weights.attention_output)?,
            attention_norm: norm.map(|norm| self.norm(&part("attention_norm"), norm)).transpose()?,
            intermediate: self.linear(&part("intermediate"), &weights.intermediate)?,
            output: self.linear(&part("output"), &weights.output)?,
            output_norm: self.norm(&part("output_norm"), &weights.output_norm)?,
            activation: weights.activation,
            gated: weights.gated,
            rotary: weights.rotary,
            attention: weights.attention,
            mask: weights.mask,
            side_by_side: (self.dtype == DType::F32 && !self.is_learned(name)).then(|| side_by_side(weights)),
        })
    }

    fn head(&mut self, weights: &Head) -> Result<SoftHead> {
        Ok(SoftHead {
            pool: weights.pool,
            dense: weights.dense.as_ref().map(|layer| self.head_layer("head.dense", layer)).transpose()?,
            norm: weights.norm.as_ref().map(|norm| self.norm("head.norm", norm)).transpose()?,
            projection: self.head_layer("head.projection", &weights.projection)?,
        })
    }

    fn head_layer(&mut self, name: &str, layer: &HeadLayer) -> Result<SoftHeadLayer> {
        Ok(SoftHeadLayer { linear: self.linear(name, &layer.linear)?, activation: layer.activation })
    }

    fn linear(&mut self, name: &str, linear: &Linear) -> Result<SoftLinear> {
        let weight = self.matrix(&format!("{name}.weight"), &linear.weight())?;
        let bias = linear.bias();
        let is_constant = self.dtype == DType::F32 && !self.is_learned(name);
        let constant = is_constant.then(|| ConstantLinear::new(linear.weight().data(), bias, linear.in_features()));
        let bias = (!bias.is_empty()).then(|| self.vector(&format!("{name}.bias"), bias)).transpose()?;
        let shift = self.shift(bias.as_ref(), linear.out_features())?;
        Ok(SoftLinear { weight, bias, shift, constant })
    }

    fn norm(&mut self, name: &str, norm: &Norm) -> Result<SoftNorm> {
        let bias = norm.bias.as_deref();
        let weight = self.vector(&format!("{name}.weight"), &norm.weight)?;
        let bias = bias.map(|bias| self.vector(&format!("{name}.bias"), bias)).transpose()?;
        let shift = self.shift(bias.as_ref(), norm.weight.len())?;
        Ok(SoftNorm { weight, bias, shift, eps: f64::from(norm.eps) })
    }

    fn constant_matrix(&self, matrix: &Matrix) -> Result<Tensor> {
        Tensor::from_slice(matrix.data(), (matrix.rows(), matrix.cols()), &Device::Cpu)?.to_dtype(self.dtype)
    }

    fn matrix(&mut self, name: &str, matrix: &Matrix) -> Result<Tensor> {
        let values = self.constant_matrix(matrix)?;
        self.weight(name, values)
    }

    fn vector(&mut self, name: &str, values: &[f32]) -> Result<Tensor> {
        let values = Tensor::from_slice(values, values.len(), &Device::Cpu)?.to_dtype(self.dtype)?;
        self.weight(name, values)
    }

    /// The bias, or zeros in its place.
    fn shift(&self, bias: Option<&Tensor>, width: usize) -> Result<Tensor> {
        bias.map_or_else(|| Tensor::zeros(width, self.dtype, &Device::Cpu), |bias| Ok(bias.clone()))
    }

    fn is_learned(&self, name: &str) -> bool {
        self.learned.is_some() && !self.constant.iter().any(|prefix| name.starts_with(prefix))
    }

    fn weight(&mut self, name: &str, values: Tensor) -> Result<Tensor> {
        let is_learned = self.is_learned(name);
        let Some(learned) = self.learned.as_mut().filter(|_| is_learned) else { return Ok(values) };
        let var = Var::from_tensor(&values)?;
        let tensor = var.as_tensor().clone();
        learned.push((name.to_owned(), var));
        Ok(tensor)
    }
}
