//! The weights of an encoder classifier, in one form for all families.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::OnceLock;

use crate::model::DeviceWeights;
use crate::model::Error;
use crate::model::Head;
use crate::model::Linear;
use crate::model::ModelConfig;
use crate::tensor::Activation;
use crate::tensor::Int8Error;
use crate::tensor::Matrix;
use crate::tensor::ModelShape;
use crate::tensor::Panels;

/// Layer normalization over the last axis.
#[derive(Clone, Debug)]
pub struct Norm {
    /// Shape: `[hidden]`.
    pub weight: Vec<f32>,
    /// Shape: `[hidden]`; absent in `ModernBERT`.
    pub bias: Option<Vec<f32>>,
    /// Added to the variance.
    pub eps: f32,
}

/// From ids to the first hidden states.
#[derive(Clone, Debug)]
pub struct EmbeddingWeights {
    /// Shape: `[vocabulary, embedding]`.
    pub word: Matrix,
    /// Shape: `[positions, embedding]`; absent where positions enter the attention instead.
    pub position: Option<Matrix>,
    /// Shape: `[types, embedding]`.
    pub token_type: Option<Matrix>,
    /// Norm over the sum.
    pub norm: Norm,
    /// From embedding to hidden width, where they differ (`ALBERT`, `ELECTRA`).
    pub projection: Option<Linear>,
}

/// Where the norms of a layer stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NormPlacement {
    /// `norm(x + f(x))`: BERT and its kin.
    Post,
    /// `x + f(norm(x))`: `ModernBERT`.
    Pre,
}

/// Rotary positions of one layer (`ModernBERT`).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RotaryAttention {
    /// Base of the rotation frequencies.
    pub theta: f32,
}

/// Heads of a layer's attention, and how wide their parts are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AttentionShape {
    /// Heads of queries.
    pub heads: usize,
    /// Heads of keys and values; as many as `heads`, or a divisor of it: neighboring heads of queries then share one. Models
    /// with [`DisentangledAttention`] have as many.
    pub kv_heads: usize,
    /// Width of a head.
    pub head_dim: usize,
}

impl AttentionShape {
    /// Every head of queries with keys and values of its own.
    #[must_use]
    pub fn of(shape: &ModelShape) -> Self {
        Self { heads: shape.num_heads, kv_heads: shape.num_heads, head_dim: shape.head_dim }
    }

    /// Width of all heads' queries.
    #[must_use]
    pub fn query_width(&self) -> usize {
        self.heads * self.head_dim
    }

    /// Width of all heads' keys, which is that of their values.
    #[must_use]
    pub fn key_width(&self) -> usize {
        self.kv_heads * self.head_dim
    }

    /// Width of queries, keys and values side by side.
    #[must_use]
    pub fn width(&self) -> usize {
        self.query_width() + 2 * self.key_width()
    }

    /// Heads of queries that share a head of keys and values.
    #[must_use]
    pub fn group(&self) -> usize {
        self.heads / self.kv_heads.max(1)
    }
}

/// Which keys a query attends to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mask {
    /// All of them.
    Full,
    /// Those no further from it than half the window, by original position.
    Window {
        /// The furthest distance.
        half: usize,
    },
}

/// Disentangled relative positions, shared by all layers (`DeBERTa` v2 and v3).
#[derive(Clone, Debug)]
pub struct DisentangledAttention {
    /// Relative embeddings after their norm. Shape: `[2 * span, hidden]`.
    pub embeddings: Matrix,
    /// Number of log buckets on each side; `None` = plain clipped distances.
    pub buckets: Option<usize>,
    /// Largest relative distance, `max_relative_positions`.
    pub max_distance: usize,
    /// Content-to-position term.
    pub content_to_position: bool,
    /// Position-to-content term.
    pub position_to_content: bool,
    /// What the layers make of `embeddings`, filled at load; start with `Default::default()`.
    pub projected: ProjectedPositions,
}

/// Relative embeddings as each layer's projections see them: the same for every text, so computed once.
#[derive(Clone, Debug, Default)]
pub struct ProjectedPositions(pub(super) Arc<OnceLock<Vec<PositionPanels>>>);

/// One layer's relative embeddings through its key and query projections, packed for each head.
#[derive(Clone, Debug)]
pub(super) struct PositionPanels {
    /// Shape: `[heads]` of `[head_dim, 2 * span]`.
    pub(super) keys: Vec<Panels>,
    /// See `keys`.
    pub(super) queries: Vec<Panels>,
}

/// What a pair of tokens adds to its score by its distance, the same in all layers (`MPNet`).
#[derive(Clone, Debug)]
pub struct RelativeBias {
    /// By head and distance, from [`Self::FURTHEST`] back to as far ahead. Shape: `[heads, 2 * FURTHEST + 1]`.
    pub(super) by_distance: Matrix,
}

impl RelativeBias {
    /// Further distances count as this one.
    pub(super) const FURTHEST: i64 = 128;
}

/// One encoder layer.
#[derive(Clone, Debug)]
pub struct LayerWeights {
    /// Heads and their widths.
    pub attention: AttentionShape,
    /// Which keys a query attends to.
    pub mask: Mask,
    /// Shape of the weight: `[query width, hidden]`.
    pub query: Linear,
    /// Shape of the weight: `[key width, hidden]`.
    pub key: Linear,
    /// See `key`.
    pub value: Linear,
    /// Projection of the heads' contexts. Shape of the weight: `[hidden, query width]`.
    pub attention_output: Linear,
    /// Post: after attention and residual. Pre: before attention; absent in `ModernBERT`'s first layer.
    pub attention_norm: Option<Norm>,
    /// Shape: `[intermediate, hidden]`, twice as many rows where `gated` (first half activated, second half the gate).
    pub intermediate: Linear,
    /// Shape: `[hidden, intermediate]`.
    pub output: Linear,
    /// Post: after the feed-forward block and residual. Pre: before the feed-forward block.
    pub output_norm: Norm,
    /// Activation of the feed-forward block.
    pub activation: Activation,
    /// Whether the feed-forward block is gated (`GeGLU`).
    pub gated: bool,
    /// Rotary positions, where the family has them.
    pub rotary: Option<RotaryAttention>,
}

/// A loaded encoder classifier.
#[derive(Clone, Debug)]
pub struct Model {
    /// The checkpoint folder.
    pub path: PathBuf,
    /// What `config.json` says.
    pub config: ModelConfig,
    /// Ids to hidden states.
    pub embeddings: EmbeddingWeights,
    /// The layers, first to last; `ALBERT` shares one.
    pub layers: Vec<Arc<LayerWeights>>,
    /// Where the norms stand.
    pub norm_placement: NormPlacement,
    /// After the last layer (pre-LN families).
    pub final_norm: Option<Norm>,
    /// Relative positions (`DeBERTa`).
    pub disentangled: Option<DisentangledAttention>,
    /// Bias by distance (`MPNet`).
    pub relative_bias: Option<RelativeBias>,
    /// Hidden state to logits.
    pub head: Head,
    /// SHA-256 of the weight files, hex.
    pub weights_hash: String,
    /// How weights are held.
    pub precision: Precision,
    /// A copy of the weights where the model is to compute; `None`: here, by this crate's own kernels.
    pub device: Option<Arc<DeviceWeights>>,
}

/// How weights are held and products are computed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Precision {
    /// 32-bit floats.
    #[default]
    F32,
    /// The layers' weights in eight bits with one scale per output, their inputs rounded row by row; attention, norms,
    /// embeddings and head in 32-bit floats.
    Int8,
}

impl Precision {
    /// `f32` or `int8`.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::F32 => "f32",
            Self::Int8 => "int8",
        }
    }
}

impl Model {
    /// The same model in this precision; what was rounded once stays rounded.
    ///
    /// # Errors
    /// [`Error::Int8`] if a weight has no eight-bit form.
    pub fn into_precision(mut self, precision: Precision) -> Result<Self, Error> {
        if precision == Precision::Int8 && self.precision != precision {
            self.precision = precision;
            let mut converted: Vec<(*const LayerWeights, Arc<LayerWeights>)> = Vec::new();
            for (index, layer) in self.layers.iter_mut().enumerate() {
                // Layers that share their weights go on sharing them.
                let address = Arc::as_ptr(layer);
                let known = converted.iter().find(|(known, _)| *known == address).map(|(_, layer)| Arc::clone(layer));
                let new = match known {
                    Some(known) => known,
                    None => Arc::new(layer.to_int8().map_err(|(part, source)| Error::Int8 {
                        layer: index + 1,
                        part,
                        path: self.path.clone(),
                        source,
                    })?),
                };
                converted.push((address, Arc::clone(&new)));
                *layer = new;
            }
            if let Some(positions) = &mut self.disentangled {
                positions.projected = ProjectedPositions::default();
            }
            self.project_positions();
        }
        Ok(self)
    }
}

impl LayerWeights {
    /// The part that cannot be rounded is named in the error.
    fn to_int8(&self) -> Result<Self, (&'static str, Int8Error)> {
        let of = |part: &'static str, layer: &Linear| layer.to_int8().map_err(|source| (part, source));
        Ok(Self {
            query: of("query", &self.query)?,
            key: of("key", &self.key)?,
            value: of("value", &self.value)?,
            attention_output: of("attention output", &self.attention_output)?,
            intermediate: of("intermediate", &self.intermediate)?,
            output: of("output", &self.output)?,
            ..self.clone()
        })
    }
}
