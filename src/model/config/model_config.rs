//! The part of `config.json` we understand.
//!
//! candle-transformers has a configuration type per family, but each insists on fields that checkpoints leave out
//! (dropout rates, initializer ranges) and accepts sizes that cannot be. This one form serves all families and names
//! the field in every error.

use std::path::Path;

use serde_json::Value;

use crate::disk::Fields;
use crate::disk::quoted;
use crate::disk::read_json_object;
use crate::input::Expected;
use crate::model::Activation;
use crate::model::Error;
use crate::model::HeadKind;
use crate::model::config::activation::activation_or;
use crate::model::config::family::FamilyDetails;
use crate::model::config::head;
use crate::model::config::head_source::HeadSource;
use crate::model::config::modules;
use crate::model::config::task;
use crate::tensor::ModelShape;

/// The encoder families prunescope loads, by `model_type`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Family {
    /// `bert`
    Bert,
    /// `distilbert`
    DistilBert,
    /// `roberta`
    Roberta,
    /// `xlm-roberta`
    XlmRoberta,
    /// `camembert`
    Camembert,
    /// `mpnet`
    Mpnet,
    /// `electra`
    Electra,
    /// `albert`
    Albert,
    /// `deberta-v2` (v3 too)
    DebertaV2,
    /// `modernbert`
    ModernBert,
}

impl Family {
    /// Every family, in the order they are listed to people.
    pub const ALL: [Self; 10] = [
        Self::Bert,
        Self::DistilBert,
        Self::Roberta,
        Self::XlmRoberta,
        Self::Camembert,
        Self::Mpnet,
        Self::Electra,
        Self::Albert,
        Self::DebertaV2,
        Self::ModernBert,
    ];

    /// The `model_type` of checkpoints: `bert`, `xlm-roberta`, …
    #[must_use]
    pub fn id(self) -> &'static str {
        match self {
            Self::Bert => "bert",
            Self::DistilBert => "distilbert",
            Self::Roberta => "roberta",
            Self::XlmRoberta => "xlm-roberta",
            Self::Camembert => "camembert",
            Self::Mpnet => "mpnet",
            Self::Electra => "electra",
            Self::Albert => "albert",
            Self::DebertaV2 => "deberta-v2",
            Self::ModernBert => "modernbert",
        }
    }

    /// The known `model_type`s in quotes, for messages.
    pub(in crate::model) fn known() -> String {
        quoted(&Self::ALL.map(Self::id))
    }

    fn find(model_type: &str) -> Option<Self> {
        // DeBERTa v3 checkpoints say `deberta-v2`; people who write a file by hand say what they mean.
        let model_type = if model_type == "deberta-v3" { "deberta-v2" } else { model_type };
        Self::ALL.into_iter().find(|family| family.id() == model_type)
    }
}

/// What `config.json` says, checked and in one form for all families.
#[derive(Clone, Debug, PartialEq)]
pub struct ModelConfig {
    /// From `model_type`.
    pub family: Family,
    /// Layers, widths, heads.
    pub shape: ModelShape,
    /// Rows of the word embedding table.
    pub vocab_size: usize,
    /// Longest text in tokens, special ones counted (`RoBERTa`'s offset already subtracted).
    pub max_tokens: usize,
    /// First position id (`pad_token_id + 1` for `RoBERTa`, else 0).
    pub position_offset: usize,
    /// What the head's outputs mean.
    pub head: HeadKind,
    /// Names of the head's outputs, index = class or label; one for a regression.
    pub labels: Vec<String>,
    /// The id of padding, where it is given.
    pub pad_token_id: Option<u64>,
    /// The id of the first token of every text, where it is given.
    pub cls_token_id: Option<u64>,
}

impl ModelConfig {
    /// What the model expects of the tokenizer beside it.
    #[must_use]
    pub fn expected_tokenizer(&self) -> Expected {
        Expected {
            model_type: self.family.id(),
            vocab_size: self.vocab_size,
            max_tokens: self.max_tokens,
            pad_token_id: self.pad_token_id,
            cls_token_id: self.cls_token_id,
        }
    }

    /// Reads `config.json` of a checkpoint folder, without its weights.
    ///
    /// # Errors
    /// If there is no such file, it is not JSON, its `model_type` is unknown, or a field is missing, absurd or not
    /// supported.
    pub fn load(dir: &Path) -> Result<Self, Error> {
        Ok(ParsedConfig::load(dir)?.config)
    }
}

/// The configuration together with what only the loading of weights needs.
pub(in crate::model) struct ParsedConfig {
    pub(in crate::model) config: ModelConfig,
    pub(in crate::model) details: Details,
}

/// What the weights look like, beyond [`ModelConfig`].
pub(in crate::model) struct Details {
    /// Added to the variance by every norm.
    pub(in crate::model) eps: f32,
    /// Of the feed-forward blocks.
    pub(in crate::model) activation: Activation,
    /// Width of the embedding tables.
    pub(in crate::model) embedding: usize,
    /// Rows of the position table.
    pub(in crate::model) positions: Option<usize>,
    /// Rows of the token type table; 0 = none.
    pub(in crate::model) token_types: usize,
    /// Of the classification head.
    pub(in crate::model) head_activation: Activation,
    /// Where the head's weights are.
    pub(in crate::model) head: HeadSource,
    /// Whether the configuration itself says how many outputs the head has.
    pub(in crate::model) names_outputs: bool,
    /// What one family alone has.
    pub(in crate::model) family: FamilyDetails,
    /// `architectures`, as far as it is a list of names.
    pub(in crate::model) architectures: Vec<String>,
}

/// Bounds that no real encoder reaches: they turn a damaged file into an error before anything is computed from it.
const MAX_LAYERS: usize = 1 << 10;
pub(super) const MAX_WIDTH: usize = 1 << 17;
pub(super) const MAX_ROWS: usize = 1 << 26;

impl ParsedConfig {
    pub(in crate::model) fn load(dir: &Path) -> Result<Self, Error> {
        if dir.is_file() {
            return Err(Error::NotAFolder { path: dir.to_owned() });
        }
        if !dir.exists() {
            return Err(Error::NoFolder { path: dir.to_owned() });
        }
        let path = dir.join("config.json");
        let map = read_json_object(&path)?.ok_or_else(|| task::not_a_checkpoint(dir))?;
        Self::parse(&Fields::new(&map, &path))
    }

    fn parse(fields: &Fields<'_>) -> Result<Self, Error> {
        let expected = || format!("one of {}", Family::known());
        let model_type = fields.text("model_type")?.ok_or_else(|| fields.refuse("model_type", expected()))?;
        let family = Family::find(model_type)
            .ok_or_else(|| Error::UnknownModelType { got: model_type.to_owned(), path: fields.path().to_owned() })?;
        let shape = parse_shape(family, fields)?;
        fields.only("is_decoder", &Value::from(false))?;
        let (head, labels) = head::parse(fields)?;
        let (positions, position_offset) = parse_positions(family, fields)?;
        let mut config = ModelConfig {
            family,
            shape,
            vocab_size: fields.size("vocab_size", MAX_ROWS)?,
            max_tokens: positions - position_offset,
            position_offset,
            head,
            labels,
            pad_token_id: fields.get("pad_token_id").and_then(Value::as_u64),
            cls_token_id: fields.get("cls_token_id").and_then(Value::as_u64),
        };
        let details = parse_details(&config, positions, fields)?;
        if !matches!(details.head, HeadSource::Own(_)) {
            config.max_tokens = modules::longest(fields.dir(), config.max_tokens)?;
        }
        Ok(Self { config, details })
    }
}

fn parse_shape(family: Family, fields: &Fields<'_>) -> Result<ModelShape, Error> {
    let [layers, hidden, heads, intermediate] = match family {
        Family::DistilBert => ["n_layers", "dim", "n_heads", "hidden_dim"],
        _ => ["num_hidden_layers", "hidden_size", "num_attention_heads", "intermediate_size"],
    };
    let num_layers = fields.size(layers, MAX_LAYERS)?;
    let (hidden, num_heads) = (fields.size(hidden, MAX_WIDTH)?, fields.size(heads, MAX_WIDTH)?);
    let intermediate = fields.size(intermediate, MAX_WIDTH)?;
    if !hidden.is_multiple_of(num_heads) {
        return Err(Error::HeadsDoNotDivide { heads: num_heads, hidden, path: fields.path().to_owned() });
    }
    Ok(ModelShape { num_layers, hidden, num_heads, head_dim: hidden / num_heads, intermediate, reads_mean: false })
}

/// Rows of the position table, and the first row in use.
fn parse_positions(family: Family, fields: &Fields<'_>) -> Result<(usize, usize), Error> {
    let positions = fields.size("max_position_embeddings", MAX_ROWS)?;
    let offset = match family {
        Family::Roberta | Family::XlmRoberta | Family::Camembert => {
            fields.whole_or("pad_token_id", 0..=MAX_ROWS, 1)? + 1
        }
        // Fixed in its code, whatever the configuration says.
        Family::Mpnet => 2,
        _ => 0,
    };
    if positions <= offset {
        return Err(fields.refuse("max_position_embeddings", format!("more than pad_token_id + 1 = {offset}")).into());
    }
    Ok((positions, offset))
}

fn parse_details(config: &ModelConfig, positions: usize, fields: &Fields<'_>) -> Result<Details, Error> {
    let family = config.family;
    if !matches!(family, Family::DistilBert | Family::ModernBert) {
        fields.only("position_embedding_type", &Value::from("absolute"))?;
    }
    let (eps_key, eps) = match family {
        Family::ModernBert => ("norm_eps", 1e-5),
        Family::DebertaV2 => ("layer_norm_eps", 1e-7),
        Family::DistilBert
        | Family::Bert
        | Family::Roberta
        | Family::XlmRoberta
        | Family::Camembert
        | Family::Mpnet
        | Family::Electra
        | Family::Albert => ("layer_norm_eps", 1e-12),
    };
    let (activation_key, activation) = match family {
        Family::DistilBert => ("activation", Activation::Gelu),
        Family::ModernBert => ("hidden_activation", Activation::Gelu),
        Family::Albert => ("hidden_act", Activation::GeluTanh),
        _ => ("hidden_act", Activation::Gelu),
    };
    let token_types = match family {
        Family::DistilBert | Family::ModernBert | Family::Mpnet => 0,
        Family::DebertaV2 => fields.whole_or("type_vocab_size", 0..=MAX_ROWS, 0)?,
        _ => fields.whole_or("type_vocab_size", 1..=MAX_ROWS, 2)?,
    };
    let embedding = match family {
        Family::Albert | Family::Electra => fields.whole_or("embedding_size", 1..=MAX_WIDTH, 128)?,
        _ => config.shape.hidden,
    };
    let has_positions = match family {
        Family::ModernBert => false,
        Family::DebertaV2 => fields.flag_or("position_biased_input", true)?,
        _ => true,
    };
    let head_activation = match family {
        Family::Bert | Family::Roberta | Family::XlmRoberta | Family::Camembert | Family::Mpnet | Family::Albert => {
            Activation::Tanh
        }
        Family::Electra => Activation::Gelu,
        Family::DistilBert => Activation::Relu,
        Family::DebertaV2 => activation_or(fields, "pooler_hidden_act", Activation::Gelu)?,
        Family::ModernBert => activation_or(fields, "classifier_activation", Activation::Gelu)?,
    };
    let architectures = fields.get("architectures").and_then(Value::as_array).into_iter().flatten();
    let architectures: Vec<String> = architectures.filter_map(|name| name.as_str().map(str::to_owned)).collect();
    Ok(Details {
        eps: fields.positive_or(eps_key, eps)?,
        activation: activation_or(fields, activation_key, activation)?,
        embedding,
        positions: has_positions.then_some(positions),
        token_types,
        head_activation,
        head: HeadSource::parse(family, &architectures, fields)?,
        names_outputs: fields.get("id2label").or_else(|| fields.get("num_labels")).is_some(),
        family: FamilyDetails::parse(config, fields)?,
        architectures,
    })
}
