//! From tensor names to [`Model`]'s weights, for the families that share BERT's layer.

use std::path::Path;
use std::sync::Arc;

use crate::model::AttentionShape;
use crate::model::DisentangledAttention;
use crate::model::EmbeddingWeights;
use crate::model::Error;
use crate::model::Family;
use crate::model::LayerWeights;
use crate::model::MOST_WORK;
use crate::model::Mask;
use crate::model::Model;
use crate::model::Norm;
use crate::model::NormPlacement;
use crate::model::Pool;
use crate::model::Precision;
use crate::model::ProjectedPositions;
use crate::model::RelativeBias;
use crate::model::config::family::DebertaDetails;
use crate::model::config::family::FamilyDetails;
use crate::model::config::model_config::Details;
use crate::model::config::model_config::ParsedConfig;
use crate::model::config::task;
use crate::model::load::assemble_modernbert;
use crate::model::load::head;
use crate::model::load::tensor_loader::TensorLoader;
use crate::model::load::weight_files::WeightFiles;
use crate::tensor::Matrix;

impl Model {
    /// Loads `config.json` and the weights of a checkpoint folder.
    ///
    /// # Errors
    /// If a file is missing, damaged or not supported; all missing and misshapen tensors are listed in one error.
    pub fn load(dir: &Path) -> Result<Self, Error> {
        Ok(Self::load_with_notes(dir)?.0)
    }

    /// [`Self::load`], and what is to be said about the files.
    pub(in crate::model) fn load_with_notes(dir: &Path) -> Result<(Self, Vec<String>), Error> {
        let parsed = ParsedConfig::load(dir)?;
        let mut notes = task::check(&parsed.details.architectures, parsed.config.family, dir)?;
        let files = WeightFiles::open(dir)?;
        let family = parsed.config.family;
        let mut loader = TensorLoader::new(&files, prefix(family), anchor(family));
        notes.extend(loader.note());
        let weights = assemble(&parsed, &mut loader);
        let (head, head_files) = head::load(&parsed, &mut loader)?;
        loader.finish(&parsed.details.architectures, dir)?;
        let ParsedConfig { mut config, .. } = parsed;
        config.shape.reads_mean = head.pool == Pool::Mean;
        let Weights { embeddings, layers, norm_placement, final_norm, disentangled, relative_bias } = weights;
        let mut model = Self {
            path: dir.to_owned(),
            config,
            embeddings,
            layers,
            norm_placement,
            final_norm,
            disentangled,
            relative_bias,
            head,
            weights_hash: files.hash_with(&head_files)?,
            precision: Precision::F32,
            device: None,
        };
        model.project_positions();
        notes.extend(model.bound_length());
        Ok((model, notes))
    }
}

impl Model {
    /// Families whose positions are relative take texts of any length that `config.json` likes to claim: beyond
    /// [`MOST_WORK`] they are cut, and that is said.
    fn bound_length(&mut self) -> Option<String> {
        let (claimed, longest) = (self.config.max_tokens, self.longest_within(MOST_WORK));
        (longest < claimed).then(|| {
            self.config.max_tokens = longest;
            format!(
                "config.json allows texts of {claimed} tokens; they are cut at {longest}, as longer ones take more than {} \
                 trillion multiply-accumulates",
                MOST_WORK / 1_000_000_000_000
            )
        })
    }
}

/// The parts of [`Model`] that are read from tensors.
pub(in crate::model) struct Weights {
    pub(in crate::model) embeddings: EmbeddingWeights,
    pub(in crate::model) layers: Vec<Arc<LayerWeights>>,
    pub(in crate::model) norm_placement: NormPlacement,
    pub(in crate::model) final_norm: Option<Norm>,
    pub(in crate::model) disentangled: Option<DisentangledAttention>,
    pub(in crate::model) relative_bias: Option<RelativeBias>,
}

/// What the names of the encoder's tensors start with.
fn prefix(family: Family) -> &'static str {
    match family {
        Family::Bert => "bert.",
        Family::DistilBert => "distilbert.",
        Family::Roberta | Family::XlmRoberta | Family::Camembert => "roberta.",
        Family::Mpnet => "mpnet.",
        Family::Electra => "electra.",
        Family::Albert => "albert.",
        Family::DebertaV2 => "deberta.",
        Family::ModernBert => "model.",
    }
}

/// A tensor that every checkpoint of the family has, after the prefix.
fn anchor(family: Family) -> &'static str {
    if family == Family::ModernBert { "embeddings.tok_embeddings.weight" } else { "embeddings.word_embeddings.weight" }
}

fn assemble(parsed: &ParsedConfig, loader: &mut TensorLoader<'_>) -> Weights {
    if let FamilyDetails::ModernBert(own) = &parsed.details.family {
        return assemble_modernbert::assemble(parsed, own, loader);
    }
    let family = parsed.config.family;
    let embeddings = embeddings(parsed, loader);
    let layers = if family == Family::Albert {
        let shared = Arc::new(layer(parsed, "albert.encoder.albert_layer_groups.0.albert_layers.0", loader));
        vec![shared; parsed.config.shape.num_layers]
    } else {
        let stack = if family == Family::DistilBert { "transformer" } else { "encoder" };
        let name = |index| format!("{}{stack}.layer.{index}", prefix(family));
        (0..parsed.config.shape.num_layers).map(|index| Arc::new(layer(parsed, &name(index), loader))).collect()
    };
    let disentangled = match &parsed.details.family {
        FamilyDetails::Deberta(own) => Some(disentangled(parsed, own, loader)),
        FamilyDetails::Plain | FamilyDetails::Mpnet | FamilyDetails::ModernBert(_) => None,
    };
    let relative_bias = matches!(parsed.details.family, FamilyDetails::Mpnet).then(|| {
        // The number of buckets is fixed in MPNet's code, whatever the configuration says.
        let heads = parsed.config.shape.num_heads;
        let table = loader.matrix("mpnet.encoder.relative_attention_bias.weight", 32, heads);
        if table.rows() == 0 {
            RelativeBias::from_buckets(&Matrix::zeros(32, heads))
        } else {
            RelativeBias::from_buckets(&table)
        }
    });
    let (norm_placement, final_norm) = (NormPlacement::Post, None);
    Weights { embeddings, layers, norm_placement, final_norm, disentangled, relative_bias }
}

fn embeddings(parsed: &ParsedConfig, loader: &mut TensorLoader<'_>) -> EmbeddingWeights {
    let Details { embedding, positions, token_types, eps, .. } = parsed.details;
    let hidden = parsed.config.shape.hidden;
    let prefix = prefix(parsed.config.family);
    let name = |table: &str| format!("{prefix}embeddings.{table}");
    let projection = match parsed.config.family {
        // ALBERT always projects; ELECTRA only where the widths differ.
        Family::Albert => Some("albert.encoder.embedding_hidden_mapping_in"),
        Family::Electra if embedding != hidden => Some("electra.embeddings_project"),
        _ => None,
    };
    EmbeddingWeights {
        word: loader.matrix(&name("word_embeddings.weight"), parsed.config.vocab_size, embedding),
        position: positions.map(|rows| loader.matrix(&name("position_embeddings.weight"), rows, embedding)),
        token_type: (token_types > 0)
            .then(|| loader.matrix(&name("token_type_embeddings.weight"), token_types, embedding)),
        norm: loader.norm(&name("LayerNorm"), embedding, eps),
        projection: projection.map(|name| loader.linear(name, hidden, embedding)),
    }
}

/// What a family calls the parts of a layer.
struct LayerNames {
    query: &'static str,
    key: &'static str,
    value: &'static str,
    attention_output: &'static str,
    attention_norm: &'static str,
    intermediate: &'static str,
    output: &'static str,
    output_norm: &'static str,
}

const BERT_NAMES: LayerNames = LayerNames {
    query: "attention.self.query",
    key: "attention.self.key",
    value: "attention.self.value",
    attention_output: "attention.output.dense",
    attention_norm: "attention.output.LayerNorm",
    intermediate: "intermediate.dense",
    output: "output.dense",
    output_norm: "output.LayerNorm",
};

const DEBERTA_NAMES: LayerNames = LayerNames {
    query: "attention.self.query_proj",
    key: "attention.self.key_proj",
    value: "attention.self.value_proj",
    ..BERT_NAMES
};

const MPNET_NAMES: LayerNames = LayerNames {
    query: "attention.attn.q",
    key: "attention.attn.k",
    value: "attention.attn.v",
    attention_output: "attention.attn.o",
    attention_norm: "attention.LayerNorm",
    ..BERT_NAMES
};

const DISTILBERT_NAMES: LayerNames = LayerNames {
    query: "attention.q_lin",
    key: "attention.k_lin",
    value: "attention.v_lin",
    attention_output: "attention.out_lin",
    attention_norm: "sa_layer_norm",
    intermediate: "ffn.lin1",
    output: "ffn.lin2",
    output_norm: "output_layer_norm",
};

const ALBERT_NAMES: LayerNames = LayerNames {
    query: "attention.query",
    key: "attention.key",
    value: "attention.value",
    attention_output: "attention.dense",
    attention_norm: "attention.LayerNorm",
    intermediate: "ffn",
    output: "ffn_output",
    output_norm: "full_layer_layer_norm",
};

fn layer(parsed: &ParsedConfig, layer: &str, loader: &mut TensorLoader<'_>) -> LayerWeights {
    let shape = &parsed.config.shape;
    let (hidden, wide, eps) = (shape.hidden, shape.intermediate, parsed.details.eps);
    let names = match parsed.config.family {
        Family::DistilBert => DISTILBERT_NAMES,
        Family::Albert => ALBERT_NAMES,
        Family::DebertaV2 => DEBERTA_NAMES,
        Family::Mpnet => MPNET_NAMES,
        Family::Bert
        | Family::Roberta
        | Family::XlmRoberta
        | Family::Camembert
        | Family::Electra
        | Family::ModernBert => BERT_NAMES,
    };
    let name = |part: &str| format!("{layer}.{part}");
    LayerWeights {
        attention: AttentionShape::of(shape),
        mask: Mask::Full,
        query: loader.linear(&name(names.query), hidden, hidden),
        key: loader.linear(&name(names.key), hidden, hidden),
        value: loader.linear(&name(names.value), hidden, hidden),
        attention_output: loader.linear(&name(names.attention_output), hidden, hidden),
        attention_norm: Some(loader.norm(&name(names.attention_norm), hidden, eps)),
        intermediate: loader.linear(&name(names.intermediate), wide, hidden),
        output: loader.linear(&name(names.output), hidden, wide),
        output_norm: loader.norm(&name(names.output_norm), hidden, eps),
        activation: parsed.details.activation,
        gated: false,
        rotary: None,
    }
}

fn disentangled(parsed: &ParsedConfig, own: &DebertaDetails, loader: &mut TensorLoader<'_>) -> DisentangledAttention {
    let hidden = parsed.config.shape.hidden;
    let mut embeddings = loader.matrix("deberta.encoder.rel_embeddings.weight", 2 * own.span(), hidden);
    if own.normalizes {
        let norm = loader.norm("deberta.encoder.LayerNorm", hidden, parsed.details.eps);
        normalize_rows(&mut embeddings, &norm);
    }
    DisentangledAttention {
        embeddings,
        buckets: own.buckets,
        max_distance: own.max_distance,
        content_to_position: own.content_to_position,
        position_to_content: own.position_to_content,
        projected: ProjectedPositions::default(),
    }
}

/// Layer normalization of every row, once at load: the relative embeddings are the same for every text.
#[expect(clippy::cast_possible_truncation, reason = "weights are f32; the sums are taken in f64")]
fn normalize_rows(matrix: &mut Matrix, norm: &Norm) {
    for row in 0..matrix.rows() {
        let row = matrix.row_mut(row);
        let count = row.len() as f64;
        let mean = row.iter().map(|&value| f64::from(value)).sum::<f64>() / count;
        let variance = row.iter().map(|&value| (f64::from(value) - mean).powi(2)).sum::<f64>() / count;
        let scale = (variance + f64::from(norm.eps)).sqrt().recip();
        let bias = norm.bias.as_deref().unwrap_or_default();
        for (column, value) in row.iter_mut().enumerate() {
            let weight = norm.weight.get(column).copied().unwrap_or(1.0);
            let bias = bias.get(column).copied().unwrap_or(0.0);
            *value = ((f64::from(*value) - mean) * scale) as f32 * weight + bias;
        }
    }
}
