//! The sample model against its stored logits, and against candle's own forward pass.

use candle_core::DType;
use candle_core::Device;
use candle_core::Tensor;
use candle_nn::VarBuilder;
use candle_transformers::models::bert;
use candle_transformers::models::distilbert;
use prunescope::engine::RunDetail;
use prunescope::engine::run;
use prunescope::input::Sequence;
use prunescope::jobs::Ticket;
use prunescope::model::Checkpoint;
use prunescope::model::SAMPLE_MODEL;
use prunescope::model::find_model;
use std::path::Path;

use crate::support::Tolerance;
use crate::support::assert_close;
use crate::support::encoded_from_ids;
use crate::support::fixture;
use crate::support::fixture_model;
use crate::support::strategies::KeepAll;

/// What `golden.json` beside the weights holds.
#[derive(serde::Deserialize)]
struct Golden {
    texts: Vec<String>,
    logits: Vec<Vec<f32>>,
}

#[test]
fn the_sample_model_gives_its_stored_logits() {
    let folder = find_model(SAMPLE_MODEL).expect("the sample model is in the repository");
    let checkpoint = Checkpoint::load(&folder).expect("it loads");
    let golden = std::fs::read_to_string(folder.join("golden.json")).expect("stored logits");
    let golden: Golden = serde_json::from_str(&golden).expect("as described");
    let texts: Vec<Sequence> =
        golden.texts.iter().map(|text| checkpoint.tokenizer.encode(text, None).expect("a text")).collect();
    let refs: Vec<&Sequence> = texts.iter().collect();
    let outcomes = run(&Ticket::detached(), &checkpoint.model, &refs, &KeepAll, RunDetail::Counts).expect("a run");
    assert_eq!(outcomes.len(), golden.logits.len(), "one outcome a text");
    for ((text, outcome), expected) in golden.texts.iter().zip(&outcomes).zip(&golden.logits) {
        assert_close(text, &outcome.logits, expected, Tolerance::absolute(1e-3));
    }
}

fn weights(folder: &Path) -> VarBuilder<'static> {
    let bytes = std::fs::read(folder.join("model.safetensors")).expect("weights");
    VarBuilder::from_buffered_safetensors(bytes, DType::F32, &Device::Cpu).expect("safetensors")
}

fn config<T: serde::de::DeserializeOwned>(folder: &Path) -> T {
    let text = std::fs::read_to_string(folder.join("config.json")).expect("a configuration");
    serde_json::from_str(&text).expect("candle reads it")
}

fn ids(text: &Sequence) -> Tensor {
    let ids: Vec<u32> = text.units.iter().map(|token| token.id).collect();
    Tensor::new(ids, &Device::Cpu).and_then(|ids| ids.unsqueeze(0)).expect("ids")
}

fn values(tensor: &Tensor) -> Vec<f32> {
    tensor.flatten_all().and_then(|flat| flat.to_vec1()).expect("values")
}

#[test]
fn the_sample_model_agrees_with_candle() {
    let folder = find_model(SAMPLE_MODEL).expect("the sample model is in the repository");
    let checkpoint = Checkpoint::load(&folder).expect("it loads");
    let candle = bert::BertModel::load(weights(&folder), &config(&folder)).expect("candle loads it");
    let text =
        "She said the doctor was kind; he said she was not, and the long argument that followed settled nothing.";
    let encoded = checkpoint.tokenizer.encode(text, None).expect("a text");
    let outcomes =
        run(&Ticket::detached(), &checkpoint.model, &[&encoded], &KeepAll, RunDetail::States).expect("a run");
    let ids = ids(&encoded);
    let expected = candle.forward(&ids, &ids.zeros_like().expect("types"), None).expect("a pass");
    let got = outcomes[0].final_hidden.as_ref().expect("states were asked for");
    assert_close("last hidden states", got.data(), &values(&expected), Tolerance { absolute: 2e-4, relative: 1e-4 });
}

#[test]
fn distilbert_agrees_with_candle() {
    let folder = fixture("distilbert");
    let candle = distilbert::DistilBertModel::load(weights(&folder), &config(&folder)).expect("candle loads it");
    let encoded = encoded_from_ids(&[2, 30, 41, 52, 63, 74, 85, 96, 107, 118, 129, 140, 151, 162, 173, 184, 195, 3]);
    let outcomes = run(&Ticket::detached(), &fixture_model("distilbert"), &[&encoded], &KeepAll, RunDetail::States);
    let outcomes = outcomes.expect("a run");
    let ids = ids(&encoded);
    let nothing_masked = Tensor::zeros((1, 1, 1, encoded.units.len()), DType::U8, &Device::Cpu).expect("a mask");
    let expected = candle.forward(&ids, &nothing_masked).expect("a pass");
    let got = outcomes[0].final_hidden.as_ref().expect("states were asked for");
    // Candle takes the tanh approximation of GELU here, the reference (and the checkpoint) the error function; against the
    // reference's stored states `parity` is ten times as strict.
    assert_close("last hidden states", got.data(), &values(&expected), Tolerance { absolute: 1e-3, relative: 1e-3 });
}
