//! candle-transformers' model of a family, loaded.

use std::path::Path;
use std::sync::Arc;

use candle_core::DType;
use candle_core::Device;
use candle_core::Result as CandleResult;
use candle_core::Tensor;
use candle_transformers::models::bert;
use candle_transformers::models::debertav2;
use candle_transformers::models::distilbert;
use candle_transformers::models::modernbert;
use candle_transformers::models::xlm_roberta;

use crate::input::Sequence;
use crate::model::Activation;
use crate::model::Family;
use crate::model::Model;
use crate::model::Pool;
use crate::reference::CANDLE_VERSION;
use crate::reference::Error;
use crate::reference::error::while_it;
use crate::reference::head;
use crate::reference::settings::Settings;
use crate::reference::settings::on_candles_kernels;
use crate::reference::tensors::Tensors;

const APPROXIMATE: &str = "candle-transformers computes DistilBERT's gelu by its tanh approximation, so prunescope does the \
                           same for this comparison alone";
const AS_BERT: &str = "candle-transformers has no ELECTRA; its layers are BERT's, so candle's BERT read the weights";

enum Loaded {
    Bert(bert::BertModel),
    DistilBert(distilbert::DistilBertModel),
    XlmRoberta(xlm_roberta::XLMRobertaModel),
    XlmRobertaWhole(xlm_roberta::XLMRobertaForSequenceClassification),
    Deberta(Box<debertav2::DebertaV2Model>),
    DebertaWhole(Box<debertav2::DebertaV2SeqClassificationModel>),
    ModernBert(modernbert::ModernBert),
}

/// The second implementation of one checkpoint.
pub(super) struct Reference {
    loaded: Loaded,
    /// What has to be said about the comparison.
    pub(super) notes: Vec<String>,
}

impl Reference {
    /// Loads it beside prunescope's. Where candle can only do something else, `model` is changed to do the same, which is
    /// then among the notes.
    pub(super) fn load(dir: &Path, model: &mut Model) -> Result<Self, Error> {
        let family = model.config.family;
        let mut notes = Vec::new();
        match family {
            Family::Albert => return Err(lacks("ALBERT", family)),
            Family::Mpnet => return Err(lacks("MPNet", family)),
            Family::Electra if model.embeddings.projection.is_some() => {
                return Err(lacks("ELECTRA whose embeddings are narrower than its states", family));
            }
            Family::Electra => notes.push(AS_BERT.to_owned()),
            Family::DistilBert => notes.extend(approximate(model)),
            Family::Bert
            | Family::Roberta
            | Family::XlmRoberta
            | Family::Camembert
            | Family::DebertaV2
            | Family::ModernBert => {}
        }
        let tensors = Tensors::read(dir, family)?;
        let loaded = load(family, tensors, Settings::read(dir, model)?, model)?;
        Ok(Self { loaded, notes })
    }

    /// Which of candle's models it is, and what computes the head.
    pub(super) fn name(&self) -> String {
        let (model, head) = match &self.loaded {
            Loaded::Bert(_) => ("BertModel", true),
            Loaded::DistilBert(_) => ("DistilBertModel", true),
            Loaded::XlmRoberta(_) => ("XLMRobertaModel", true),
            Loaded::XlmRobertaWhole(_) => ("XLMRobertaForSequenceClassification", false),
            Loaded::Deberta(_) => ("DebertaV2Model", true),
            Loaded::DebertaWhole(_) => ("DebertaV2SeqClassificationModel", false),
            Loaded::ModernBert(_) => ("ModernBert", true),
        };
        let head = if head { ", the head by candle's operations" } else { "" };
        format!("candle-transformers {CANDLE_VERSION} {model}{head}")
    }

    /// One text's logits. Shape: `[labels]`.
    pub(super) fn logits(&self, model: &Model, text: &Sequence) -> CandleResult<Vec<f32>> {
        let ids = row(text.units.iter().map(|unit| unit.id).collect())?;
        let types = row(text.units.iter().map(|unit| unit.segment).collect())?;
        let (ones, count) = (row(vec![1; text.units.len()])?, text.units.len());
        let states = match &self.loaded {
            Loaded::Bert(bert) => bert.forward(&ids, &types, None)?,
            // In this one model of candle's, the mask marks what is hidden.
            Loaded::DistilBert(distilbert) => {
                distilbert.forward(&ids, &Tensor::zeros((count, count), DType::U8, &Device::Cpu)?)?
            }
            Loaded::XlmRoberta(roberta) => roberta.forward(&ids, &ones, &types, None, None, None)?,
            Loaded::XlmRobertaWhole(roberta) => {
                return roberta.forward(&ids, &ones, &types)?.flatten_all()?.to_vec1();
            }
            Loaded::Deberta(deberta) => deberta.forward(&ids, Some(types), None)?,
            Loaded::DebertaWhole(deberta) => {
                return deberta.forward(&ids, Some(types), None)?.flatten_all()?.to_vec1();
            }
            Loaded::ModernBert(modernbert) => modernbert.forward(&ids, &ones)?,
        };
        head::apply(&model.head, &states)
    }
}

fn row(values: Vec<u32>) -> CandleResult<Tensor> {
    Tensor::new(values, &Device::Cpu)?.unsqueeze(0)
}

fn lacks(what: &str, family: Family) -> Error {
    Error::NoCounterpart { what: what.to_owned(), instead: on_candles_kernels(family) }
}

/// candle's `DistilBERT` knows `gelu` as its approximation alone.
fn approximate(model: &mut Model) -> Option<String> {
    let is_exact = model.layers.iter().any(|layer| layer.activation == Activation::Gelu);
    for layer in &mut model.layers {
        if layer.activation == Activation::Gelu {
            Arc::make_mut(layer).activation = Activation::GeluTanh;
        }
    }
    is_exact.then(|| APPROXIMATE.to_owned())
}

fn load(family: Family, tensors: Tensors, mut settings: Settings<'_>, model: &Model) -> Result<Loaded, Error> {
    const BERT: &[(Activation, &str)] =
        &[(Activation::Gelu, "gelu"), (Activation::GeluTanh, "geluapproximate"), (Activation::Relu, "relu")];
    const DISTILBERT: &[(Activation, &str)] = &[(Activation::GeluTanh, "gelu"), (Activation::Relu, "relu")];
    const XLM_ROBERTA: &[(Activation, &str)] = &[
        (Activation::Gelu, "gelu"),
        (Activation::GeluTanh, "gelu_pytorch_tanh"),
        (Activation::Relu, "relu"),
        (Activation::Silu, "silu"),
    ];
    settings.spell_activation(match family {
        Family::DistilBert => DISTILBERT,
        Family::Roberta | Family::XlmRoberta | Family::Camembert => XLM_ROBERTA,
        _ => BERT,
    })?;
    // A head that is not the family's own class's is computed from its parts.
    let is_own =
        model.head.pool == Pool::First && model.head.dense.is_some() && !model.path.join("modules.json").exists();
    let roberta_head = is_own && tensors.have(&["classifier.dense.weight", "classifier.out_proj.weight"]);
    let deberta_head = is_own && tensors.have(&["pooler.dense.weight", "classifier.weight"]);
    let labels = model.config.labels.len();
    let loaded = match family {
        Family::DistilBert => {
            let config = settings.parse()?;
            distilbert::DistilBertModel::load(tensors.into_builder().pp("distilbert"), &config).map(Loaded::DistilBert)
        }
        Family::Roberta | Family::XlmRoberta | Family::Camembert => {
            let config = settings.parse()?;
            let builder = tensors.into_builder();
            if roberta_head {
                xlm_roberta::XLMRobertaForSequenceClassification::new(labels, &config, builder)
                    .map(Loaded::XlmRobertaWhole)
            } else {
                xlm_roberta::XLMRobertaModel::new(&config, builder.pp("roberta")).map(Loaded::XlmRoberta)
            }
        }
        Family::DebertaV2 => {
            let config = settings.parse()?;
            let builder = tensors.into_builder().pp("deberta");
            if deberta_head {
                debertav2::DebertaV2SeqClassificationModel::load(builder, &config, None)
                    .map(|model| Loaded::DebertaWhole(Box::new(model)))
            } else {
                debertav2::DebertaV2Model::load(builder, &config).map(|model| Loaded::Deberta(Box::new(model)))
            }
        }
        Family::ModernBert => {
            settings.check_modernbert()?;
            let config = settings.parse()?;
            modernbert::ModernBert::load(tensors.into_builder(), &config).map(Loaded::ModernBert)
        }
        // What is not here was sent away before anything was read.
        Family::Bert | Family::Electra | Family::Albert | Family::Mpnet => {
            let config = settings.parse()?;
            let prefix = if family == Family::Electra { "electra" } else { "bert" };
            bert::BertModel::load(tensors.into_builder().pp(prefix), &config).map(Loaded::Bert)
        }
    };
    loaded.map_err(while_it(format!("load the weights of {} as {}", model.path.display(), family.id())))
}
