//! What one family alone has in its `config.json`.

use serde_json::Value;

use crate::disk::Fields;
use crate::disk::positive;
use crate::model::Error;
use crate::model::Family;
use crate::model::Mask;
use crate::model::ModelConfig;
use crate::model::weights::RotaryAttention;

/// Settings of single families.
pub(in crate::model) enum FamilyDetails {
    /// Nothing beyond the common fields.
    Plain,
    /// `MPNet`'s relative bias.
    Mpnet,
    /// `DeBERTa` v2 and v3.
    Deberta(DebertaDetails),
    /// `ModernBERT`.
    ModernBert(ModernBertDetails),
}

/// Relative positions of `DeBERTa`.
pub(in crate::model) struct DebertaDetails {
    pub(in crate::model) buckets: Option<usize>,
    pub(in crate::model) max_distance: usize,
    pub(in crate::model) content_to_position: bool,
    pub(in crate::model) position_to_content: bool,
    /// Whether the relative embeddings pass a norm.
    pub(in crate::model) normalizes: bool,
}

impl DebertaDetails {
    /// Half the rows of the relative embedding table.
    pub(in crate::model) fn span(&self) -> usize {
        self.buckets.unwrap_or(self.max_distance)
    }
}

/// Biases and positions of `ModernBERT`.
pub(in crate::model) struct ModernBertDetails {
    pub(in crate::model) norm_bias: bool,
    pub(in crate::model) attention_bias: bool,
    pub(in crate::model) feed_forward_bias: bool,
    pub(in crate::model) classifier_bias: bool,
    /// Rotations and mask, one pair a layer.
    pub(in crate::model) attention: Vec<(RotaryAttention, Mask)>,
}

/// Furthest distance between two tokens we accept in a setting.
const MAX_DISTANCE: usize = 1 << 26;

impl FamilyDetails {
    pub(in crate::model) fn parse(config: &ModelConfig, fields: &Fields<'_>) -> Result<Self, Error> {
        match config.family {
            Family::Albert => {
                fields.only("num_hidden_groups", &Value::from(1))?;
                fields.only("inner_group_num", &Value::from(1))?;
                Ok(Self::Plain)
            }
            Family::DebertaV2 => parse_deberta(config, fields).map(Self::Deberta),
            Family::ModernBert => parse_modernbert(config, fields).map(Self::ModernBert),
            Family::Bert
            | Family::DistilBert
            | Family::Roberta
            | Family::XlmRoberta
            | Family::Camembert
            | Family::Electra => Ok(Self::Plain),
            Family::Mpnet => Ok(Self::Mpnet),
        }
    }
}

fn parse_deberta(config: &ModelConfig, fields: &Fields<'_>) -> Result<DebertaDetails, Error> {
    let hidden = config.shape.hidden;
    if !fields.flag_or("relative_attention", false)? {
        return Err(fields.refuse("relative_attention", "true").into());
    }
    if !fields.flag_or("share_att_key", false)? {
        return Err(fields.refuse("share_att_key", "true").into());
    }
    fields.only("embedding_size", &Value::from(hidden))?;
    fields.only("pooler_hidden_size", &Value::from(hidden))?;
    fields.only("attention_head_size", &Value::from(config.shape.head_dim))?;
    fields.only("conv_kernel_size", &Value::from(0))?;

    let max_distance = match fields.get("max_relative_positions") {
        Some(value) if value.as_i64().is_some_and(|number| number >= 1) => {
            fields.size("max_relative_positions", MAX_DISTANCE)?
        }
        Some(value) if value.as_i64().is_none() => {
            return Err(fields.refuse("max_relative_positions", "a whole number").into());
        }
        _ => config.max_tokens,
    };
    let buckets = match fields.get("position_buckets") {
        Some(value) if value.as_i64().is_some_and(|number| number < 1) => None,
        Some(_) => Some(fields.size("position_buckets", MAX_DISTANCE)?),
        None => None,
    };
    // The logarithmic buckets divide by log((max_distance - 1) / (buckets / 2)), which must be above zero.
    if buckets.is_some_and(|buckets| buckets < 2 || max_distance < buckets / 2 + 2) {
        let expected = format!("2 to twice the largest distance, {max_distance}");
        return Err(fields.refuse("position_buckets", expected).into());
    }
    let terms = position_terms(fields)?;
    let normalizes = match fields.text("norm_rel_ebd")? {
        None | Some("none") => false,
        Some("layer_norm") => true,
        Some(_) => return Err(fields.refuse("norm_rel_ebd", "\"layer_norm\" or \"none\"").into()),
    };
    Ok(DebertaDetails {
        buckets,
        max_distance,
        content_to_position: terms.contains(&"c2p"),
        position_to_content: terms.contains(&"p2c"),
        normalizes,
    })
}

/// `pos_att_type`: a list, or text with bars between the terms.
fn position_terms<'a>(fields: &Fields<'a>) -> Result<Vec<&'a str>, Error> {
    let terms = match fields.get("pos_att_type") {
        None => Some(Vec::new()),
        Some(Value::String(text)) => Some(text.split('|').map(str::trim).filter(|term| !term.is_empty()).collect()),
        Some(Value::Array(list)) => list.iter().map(Value::as_str).collect(),
        Some(_) => None,
    };
    terms
        .filter(|terms| terms.iter().all(|term| ["c2p", "p2c"].contains(term)))
        .ok_or_else(|| fields.refuse("pos_att_type", "a list of \"c2p\" and \"p2c\"").into())
}

fn parse_modernbert(config: &ModelConfig, fields: &Fields<'_>) -> Result<ModernBertDetails, Error> {
    if !config.shape.head_dim.is_multiple_of(2) {
        return Err(fields.refuse("num_attention_heads", "heads of an even width, as rotary positions need").into());
    }
    let global_theta = theta(fields, "global_rope_theta", "full_attention", 160_000.0)?;
    let local_theta = theta(fields, "local_rope_theta", "sliding_attention", 10_000.0)?;
    let half = fields.whole_or("local_attention", 1..=MAX_DISTANCE, 128)? / 2;
    let is_global = global_layers(config.shape.num_layers, fields)?;
    let attention = is_global
        .into_iter()
        .map(|is_global| {
            if is_global {
                (RotaryAttention { theta: global_theta }, Mask::Full)
            } else {
                (RotaryAttention { theta: local_theta }, Mask::Window { half })
            }
        })
        .collect();
    Ok(ModernBertDetails {
        norm_bias: fields.flag_or("norm_bias", false)?,
        attention_bias: fields.flag_or("attention_bias", false)?,
        feed_forward_bias: fields.flag_or("mlp_bias", false)?,
        classifier_bias: fields.flag_or("classifier_bias", false)?,
        attention,
    })
}

/// The base of the rotation frequencies, where older and newer versions of the file keep it.
fn theta(fields: &Fields<'_>, key: &'static str, kind: &str, default: f32) -> Result<f32, Error> {
    let nested = fields.get("rope_parameters").and_then(|all| all.get(kind)).and_then(|own| own.get("rope_theta"));
    match nested {
        Some(value) if fields.get(key).is_none() => positive(value)
            .ok_or_else(|| fields.refuse("rope_parameters", "a positive rope_theta for each kind of layer").into()),
        _ => Ok(fields.positive_or(key, default)?),
    }
}

/// Which layers attend to the whole text.
fn global_layers(num_layers: usize, fields: &Fields<'_>) -> Result<Vec<bool>, Error> {
    let types = fields.get("layer_types").filter(|_| fields.get("global_attn_every_n_layers").is_none());
    let Some(types) = types else {
        let every = fields.whole_or("global_attn_every_n_layers", 1..=MAX_DISTANCE, 3)?;
        return Ok((0..num_layers).map(|layer| layer % every == 0).collect());
    };
    let kinds = types.as_array().and_then(|types| {
        let kinds = types.iter().map(|kind| match kind.as_str() {
            Some("full_attention") => Some(true),
            Some("sliding_attention") => Some(false),
            _ => None,
        });
        kinds.collect::<Option<Vec<_>>>().filter(|kinds| kinds.len() == num_layers)
    });
    kinds.ok_or_else(|| {
        fields.refuse("layer_types", format!("{num_layers} times \"full_attention\" or \"sliding_attention\"")).into()
    })
}
