//! `config.json` in the form that candle-transformers reads it.
//!
//! candle's types insist on fields that checkpoints leave out. These are filled in from what prunescope read, and only
//! these: whatever the file says, candle reads for itself.

use std::path::Path;

use serde::de::DeserializeOwned;
use serde_json::Map;
use serde_json::Value;
use serde_json::json;

use crate::disk::read_json_object;
use crate::model::Activation;
use crate::model::Family;
use crate::model::Mask;
use crate::model::Model;
use crate::reference::Error;
use crate::tensor::Matrix;

/// The configuration, completed.
pub(super) struct Settings<'a> {
    fields: Map<String, Value>,
    model: &'a Model,
}

impl<'a> Settings<'a> {
    pub(super) fn read(dir: &Path, model: &'a Model) -> Result<Self, Error> {
        let path = dir.join("config.json");
        let fields = read_json_object(&path).map_err(|source| Error::Load { source: source.into() })?;
        let mut settings = Self { fields: fields.unwrap_or_default(), model };
        settings.complete();
        Ok(settings)
    }

    /// What candle makes of them.
    pub(super) fn parse<T: DeserializeOwned>(self) -> Result<T, Error> {
        let path = self.model.path.join("config.json");
        serde_json::from_value(Value::Object(self.fields)).map_err(|source| Error::Settings { path, source })
    }

    /// Calls the point-wise function of the layers what candle calls it.
    pub(super) fn spell_activation(&mut self, names: &[(Activation, &str)]) -> Result<(), Error> {
        let used = self.model.layers.first().map_or(Activation::Gelu, |layer| layer.activation);
        let name = names.iter().find(|(activation, _)| *activation == used).map(|(_, name)| *name);
        let family = self.model.config.family;
        let name = name.ok_or_else(|| Error::NoCounterpart {
            what: format!("{} with the activation {used:?}", family.id()),
            instead: on_candles_kernels(family),
        })?;
        for key in ["hidden_act", "activation"] {
            self.fields.insert(key.to_owned(), json!(name));
        }
        Ok(())
    }

    /// Refuses what candle-transformers would pass over in silence: its `ModernBERT` has no biases, one function, and every
    /// n-th layer sees the whole text.
    pub(super) fn check_modernbert(&mut self) -> Result<(), Error> {
        let refuse = |what: &str| Error::NoCounterpart {
            what: format!("modernbert {what}"),
            instead: on_candles_kernels(Family::ModernBert),
        };
        let is_set = |key: &str| self.fields.get(key) == Some(&Value::Bool(true));
        if ["norm_bias", "attention_bias", "mlp_bias"].into_iter().any(is_set) {
            return Err(refuse("with biases in its layers"));
        }
        let layers = &self.model.layers;
        if layers.iter().any(|layer| layer.activation != Activation::Gelu) {
            return Err(refuse("with another activation than gelu"));
        }
        let is_global: Vec<bool> = layers.iter().map(|layer| layer.mask == Mask::Full).collect();
        let every = is_global.iter().skip(1).position(|&global| global).map_or(layers.len().max(1), |place| place + 1);
        if is_global.iter().enumerate().any(|(layer, &global)| global != layer.is_multiple_of(every)) {
            return Err(refuse("whose layers with full attention do not follow at even distances"));
        }
        let theta = |global: bool| {
            let mut of_kind = layers.iter().filter(|layer| (layer.mask == Mask::Full) == global);
            of_kind.find_map(|layer| layer.rotary).map(|rotary| rotary.theta)
        };
        let half = layers.iter().find_map(|layer| match layer.mask {
            Mask::Window { half } => Some(half),
            Mask::Full => None,
        });
        self.fill("global_attn_every_n_layers", json!(every));
        self.fill("global_rope_theta", json!(theta(true).unwrap_or(160_000.0)));
        self.fill("local_rope_theta", json!(theta(false).unwrap_or(10_000.0)));
        self.fill("local_attention", json!(2 * half.unwrap_or(64)));
        Ok(())
    }

    fn complete(&mut self) {
        let model = self.model;
        let (shape, tables) = (model.config.shape, &model.embeddings);
        let positions = tables.position.as_ref().map_or(model.config.max_tokens, Matrix::rows);
        let types = tables.token_type.as_ref().map_or(0, Matrix::rows);
        let labels: Map<String, Value> =
            (0..).zip(&model.config.labels).map(|(id, name): (u32, _)| (id.to_string(), json!(name))).collect();
        let missing = [
            ("vocab_size", json!(tables.word.rows())),
            ("hidden_size", json!(shape.hidden)),
            ("dim", json!(shape.hidden)),
            ("num_hidden_layers", json!(shape.num_layers)),
            ("n_layers", json!(shape.num_layers)),
            ("num_attention_heads", json!(shape.num_heads)),
            ("n_heads", json!(shape.num_heads)),
            ("intermediate_size", json!(shape.intermediate)),
            ("hidden_dim", json!(shape.intermediate)),
            ("hidden_dropout_prob", json!(0.0)),
            ("attention_probs_dropout_prob", json!(0.0)),
            ("max_position_embeddings", json!(positions)),
            ("type_vocab_size", json!(types)),
            ("initializer_range", json!(0.02)),
            ("layer_norm_eps", json!(tables.norm.eps)),
            ("pad_token_id", json!(model.config.position_offset.saturating_sub(1))),
            ("position_embedding_type", json!("absolute")),
            ("relative_attention", json!(true)),
            ("max_relative_positions", json!(-1)),
            ("position_biased_input", json!(tables.position.is_some())),
            ("pos_att_type", json!([])),
            ("pooler_dropout", json!(0.0)),
            ("pooler_hidden_act", json!("gelu")),
            ("pooler_hidden_size", json!(shape.hidden)),
            ("id2label", Value::Object(labels)),
        ];
        for (key, value) in missing {
            self.fill(key, value);
        }
        // Neither decides anything here, and both come in spellings that candle does not read.
        self.fields.remove("label2id");
        self.fields.remove("use_cache");
    }

    fn fill(&mut self, key: &str, value: Value) {
        if self.fields.get(key).is_none_or(Value::is_null) {
            self.fields.insert(key.to_owned(), value);
        }
    }
}

/// What is possible where candle-transformers has no such model.
pub(super) fn on_candles_kernels(family: Family) -> String {
    let stored = "prunescope's own is held to stored outputs of Hugging Face's transformers (tests/core/parity.rs)";
    if family == Family::Mpnet {
        return format!("{stored}; to confirm your checkpoint, compare `prunescope inspect --json` with transformers");
    }
    format!(
        "{stored}; what is possible on your checkpoint is a comparison of kernels: `prunescope inspect --json` with and \
         without `--device candle`"
    )
}
