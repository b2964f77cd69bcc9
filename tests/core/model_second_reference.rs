//! candle-transformers' own forward passes as a second reference, on texts as long as the models take and on pairs.
//!
//! The stored references stop at 47 tokens; these reach every row of the position tables, every relative distance and
//! both token types.

use candle_core::DType;
use candle_core::Device;
use candle_core::Tensor;
use candle_nn::VarBuilder;
use candle_transformers::models::bert;
use candle_transformers::models::debertav2;
use candle_transformers::models::distilbert;
use candle_transformers::models::modernbert;
use candle_transformers::models::xlm_roberta;
use prunescope::engine::Outcome;
use prunescope::engine::RunDetail;
use prunescope::engine::run;
use prunescope::input::Sequence;
use prunescope::jobs::Ticket;
use prunescope::model::SAMPLE_MODEL;
use prunescope::model::find_model;
use serde::de::DeserializeOwned;
use serde_json::json;

use crate::model_support::Copy;
use crate::model_support::read_json;
use crate::support::Tolerance;
use crate::support::assert_close;
use crate::support::encoded_from_ids;
use crate::support::strategies::KeepAll;

const LOGITS: Tolerance = Tolerance::absolute(1e-4);

fn ours(copy: &Copy, text: &Sequence) -> Outcome {
    let model = copy.load().model;
    run(&Ticket::detached(), &model, &[text], &KeepAll, RunDetail::States).expect("a dense run").remove(0)
}

fn last_hidden(outcome: &Outcome) -> &[f32] {
    let layer = outcome.trace.layers.last().expect("a layer");
    layer.hidden.as_ref().expect("states were asked for").data()
}

/// As many tokens as the fixtures take, no id twice in a row.
fn longest_text() -> Sequence {
    let ids: Vec<u32> = (0..64).map(|index| 5 + (index * index * 7 + index) % 130).collect();
    encoded_from_ids(&ids)
}

fn ids(text: &Sequence) -> Tensor {
    row(&text.units.iter().map(|token| token.id).collect::<Vec<_>>())
}

fn row(values: &[u32]) -> Tensor {
    Tensor::new(values, &Device::Cpu).and_then(|row| row.unsqueeze(0)).expect("a row")
}

fn config<T: DeserializeOwned>(copy: &Copy) -> T {
    serde_json::from_value(read_json(&copy.file("config.json"))).expect("candle reads the configuration")
}

fn weights(copy: &Copy) -> VarBuilder<'static> {
    let bytes = std::fs::read(copy.file("model.safetensors")).expect("the weights are there");
    VarBuilder::from_buffered_safetensors(bytes, DType::F32, &Device::Cpu).expect("candle reads the weights")
}

fn flat(tensor: &Tensor) -> Vec<f32> {
    tensor.flatten_all().and_then(|flat| flat.to_vec1()).expect("numbers")
}

#[test]
fn bert_agrees_on_the_longest_text_and_on_a_pair() {
    let copy = Copy::of("bert");
    let reference = bert::BertModel::load(weights(&copy), &config(&copy)).expect("candle loads the model");
    let pair = copy.load().tokenizer.encode("no ending, no food", Some("a great doctor! ".repeat(20).as_str()));
    let pair = pair.expect("the pair is cut");
    assert_eq!(pair.units.len(), 64, "the pair fills the table");
    for (text, what) in [(longest_text(), "longest text"), (pair, "pair")] {
        let types = row(&text.units.iter().map(|token| token.segment).collect::<Vec<_>>());
        let expected = reference.forward(&ids(&text), &types, None).expect("candle runs");
        assert_close(what, last_hidden(&ours(&copy, &text)), &flat(&expected), LOGITS);
    }
}

#[test]
fn the_sample_model_agrees_on_the_longest_text() {
    let dir = find_model(SAMPLE_MODEL).expect("the repository has the sample model");
    let checkpoint = prunescope::model::Checkpoint::load(&dir).expect("the sample model loads");
    let text = "A film that is quiet, patient and, in the end, not very good. ".repeat(60);
    let text = checkpoint.tokenizer.encode(&text, None).expect("the text is cut");
    assert_eq!(text.units.len(), 512, "the text fills the table");
    let outcome = run(&Ticket::detached(), &checkpoint.model, &[&text], &KeepAll, RunDetail::States);
    let bytes = std::fs::read(dir.join("model.safetensors")).expect("the weights are there");
    let weights = VarBuilder::from_buffered_safetensors(bytes, DType::F32, &Device::Cpu).expect("candle reads them");
    let config = serde_json::from_value(read_json(&dir.join("config.json"))).expect("candle reads the configuration");
    let reference = bert::BertModel::load(weights, &config).expect("candle loads the model");
    let types = row(&vec![0; 512]);
    let expected = reference.forward(&ids(&text), &types, None).expect("candle runs");
    assert_close("512 tokens", last_hidden(&outcome.expect("a dense run")[0]), &flat(&expected), LOGITS);
}

#[test]
fn distilbert_agrees_on_the_longest_text() {
    let (copy, text) = (Copy::of("distilbert"), longest_text());
    // candle takes the tanh approximation where DistilBERT says "gelu"; with another function there is no such doubt.
    copy.set_config(&json!({"activation": "relu"}));
    let reference = distilbert::DistilBertModel::load(weights(&copy), &config(&copy)).expect("candle loads the model");
    // In this one model of candle's, the mask marks what is hidden.
    let mask = Tensor::zeros((64, 64), DType::U8, &Device::Cpu).expect("a mask");
    let expected = reference.forward(&ids(&text), &mask).expect("candle runs");
    assert_close("longest text", last_hidden(&ours(&copy, &text)), &flat(&expected), LOGITS);
}

#[test]
fn xlm_roberta_agrees_on_the_longest_text() {
    let (copy, text) = (Copy::of("roberta"), longest_text());
    copy.set_config(&json!({"model_type": "xlm-roberta"}));
    let reference = xlm_roberta::XLMRobertaForSequenceClassification::new(3, &config(&copy), weights(&copy));
    let reference = reference.expect("candle loads the model");
    let expected = reference.forward(&ids(&text), &row(&[1; 64]), &row(&[0; 64])).expect("candle runs");
    assert_close("logits", &ours(&copy, &text).logits, &flat(&expected), LOGITS);
}

#[test]
fn deberta_agrees_on_the_longest_text() {
    let (copy, text) = (Copy::of("deberta-v2"), longest_text());
    for buckets in [16, -1] {
        if buckets == -1 {
            copy.set_config(&json!({"position_buckets": -1, "max_relative_positions": 16}));
        }
        let reference =
            debertav2::DebertaV2SeqClassificationModel::load(weights(&copy).pp("deberta"), &config(&copy), None);
        let reference = reference.expect("candle loads the model");
        let expected = reference.forward(&ids(&text), None, None).expect("candle runs");
        assert_close(&format!("{buckets} buckets"), &ours(&copy, &text).logits, &flat(&expected), LOGITS);
    }
}

#[test]
fn modernbert_agrees_on_the_longest_text() {
    let (copy, text) = (Copy::of("modernbert"), longest_text());
    // Two fields that candle reads in another spelling.
    copy.set_config(&json!({"layer_norm_eps": 1e-5, "label2id": {"negative": "0", "positive": "1"}}));
    let reference = modernbert::ModernBertForSequenceClassification::load(weights(&copy), &config(&copy));
    let reference = reference.expect("candle loads the model");
    let expected = flat(&reference.forward(&ids(&text), &row(&[1; 64])).expect("candle runs"));
    let logits = ours(&copy, &text).logits;
    // candle gives the softmax of the logits.
    let share = 1.0 / (1.0 + (logits[0] - logits[1]).exp());
    assert_close("probabilities", &[1.0 - share, share], &expected, Tolerance::absolute(1e-5));
}
