//! From tensor names to weights for `ModernBERT`: fused projections, gated feed-forward blocks, norms before each block.

use std::sync::Arc;

use crate::model::AttentionShape;
use crate::model::EmbeddingWeights;
use crate::model::LayerWeights;
use crate::model::Linear;
use crate::model::Mask;
use crate::model::Norm;
use crate::model::NormPlacement;
use crate::model::RotaryAttention;
use crate::model::config::family::ModernBertDetails;
use crate::model::config::model_config::ParsedConfig;
use crate::model::load::assemble::Weights;
use crate::model::load::tensor_loader::TensorLoader;
use crate::tensor::Matrix;

pub(in crate::model) fn assemble(
    parsed: &ParsedConfig,
    own: &ModernBertDetails,
    loader: &mut TensorLoader<'_>,
) -> Weights {
    let hidden = parsed.config.shape.hidden;
    let mut reader = Reader { parsed, own, loader };
    let embeddings = EmbeddingWeights {
        word: reader.loader.matrix("model.embeddings.tok_embeddings.weight", parsed.config.vocab_size, hidden),
        position: None,
        token_type: None,
        norm: reader.norm("model.embeddings.norm"),
        projection: None,
    };
    let layers =
        own.attention.iter().enumerate().map(|(index, &attention)| Arc::new(reader.layer(index, attention))).collect();
    let final_norm = Some(reader.norm("model.final_norm"));
    Weights {
        embeddings,
        layers,
        norm_placement: NormPlacement::Pre,
        final_norm,
        disentangled: None,
        relative_bias: None,
    }
}

struct Reader<'a, 'b, 'c> {
    parsed: &'a ParsedConfig,
    own: &'a ModernBertDetails,
    loader: &'b mut TensorLoader<'c>,
}

impl Reader<'_, '_, '_> {
    fn layer(&mut self, index: usize, (rotary, mask): (RotaryAttention, Mask)) -> LayerWeights {
        let shape = self.parsed.config.shape;
        let (hidden, wide) = (shape.hidden, shape.intermediate);
        let name = |part: &str| format!("model.layers.{index}.{part}");
        let [query, key, value] = self.fused(&name("attn.Wqkv"), hidden);
        LayerWeights {
            attention: AttentionShape::of(&shape),
            mask,
            query,
            key,
            value,
            attention_output: self.linear(&name("attn.Wo"), [hidden, hidden], self.own.attention_bias),
            // The embeddings' own norm has just been applied, so the first layer has none.
            attention_norm: (index > 0).then(|| self.norm(&name("attn_norm"))),
            intermediate: self.linear(&name("mlp.Wi"), [2 * wide, hidden], self.own.feed_forward_bias),
            output: self.linear(&name("mlp.Wo"), [hidden, wide], self.own.feed_forward_bias),
            output_norm: self.norm(&name("mlp_norm")),
            activation: self.parsed.details.activation,
            gated: true,
            rotary: Some(rotary),
        }
    }

    /// Query, key and value from their fused projection. Shape: `[3 * hidden, hidden]` → three times `[hidden, hidden]`.
    fn fused(&mut self, name: &str, hidden: usize) -> [Linear; 3] {
        let weight = self.loader.matrix(&format!("{name}.weight"), 3 * hidden, hidden);
        let has_bias = self.own.attention_bias;
        let bias = has_bias.then(|| self.loader.vector(&format!("{name}.bias"), 3 * hidden));
        std::array::from_fn(|part| {
            let rows = part * hidden..(part + 1) * hidden;
            let data = weight.data().get(rows.start * hidden..rows.end * hidden).map(<[f32]>::to_vec);
            let weight = data.and_then(|data| Matrix::from_vec(hidden, hidden, data)).unwrap_or_default();
            Linear::new(weight, bias.as_ref().and_then(|bias| bias.get(rows)).map(<[f32]>::to_vec))
        })
    }

    fn linear(&mut self, name: &str, [outputs, inputs]: [usize; 2], has_bias: bool) -> Linear {
        if has_bias {
            self.loader.linear(name, outputs, inputs)
        } else {
            self.loader.linear_without_bias(name, outputs, inputs)
        }
    }

    fn norm(&mut self, name: &str) -> Norm {
        let (length, eps) = (self.parsed.config.shape.hidden, self.parsed.details.eps);
        if self.own.norm_bias {
            self.loader.norm(name, length, eps)
        } else {
            self.loader.norm_without_bias(name, length, eps)
        }
    }
}
