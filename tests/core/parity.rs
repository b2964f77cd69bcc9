//! Every family's forward pass against the reference implementation's stored outputs.

use prunescope::engine::Outcome;
use prunescope::engine::RunDetail;
use prunescope::engine::run;
use prunescope::input::Sequence;
use prunescope::jobs::Ticket;
use prunescope::model::Model;
use prunescope::model::ProjectedPositions;

use crate::support::FAMILIES;
use crate::support::Golden;
use crate::support::HEADS;
use crate::support::ON_DEVICES;
use crate::support::Tolerance;
use crate::support::assert_close;
use crate::support::fixture;
use crate::support::fixture_model;
use crate::support::on_candle;
use crate::support::strategies::KeepAll;

const STATES: Tolerance = Tolerance::absolute(1e-4);
const PROBABILITIES: Tolerance = Tolerance::absolute(1e-5);

fn dense(model: &Model, texts: &[&Sequence]) -> Vec<Outcome> {
    run(&Ticket::detached(), model, texts, &KeepAll, RunDetail::States).expect("a dense run")
}

fn check(family: &str, text: usize, golden: &Golden, outcome: &Outcome) {
    let name = |what: &str| format!("{family}, text {text}, {what}");
    let embedded = outcome.trace.embedded.as_ref().expect("states were asked for");
    assert_close(&name("embeddings"), embedded.data(), &golden.values(&format!("{text}.hidden.0")), STATES);
    for (layer, trace) in outcome.trace.layers.iter().enumerate() {
        let probs = golden.values(&format!("{text}.attention.{layer}"));
        assert_close(&name(&format!("attention {layer}")), &trace.attention_probs, &probs, PROBABILITIES);
        let hidden = trace.hidden.as_ref().expect("states were asked for");
        let expected = golden.values(&format!("{text}.hidden.{}", layer + 1));
        // For ModernBERT too: its reference lists the last layer's states before the final norm.
        assert_close(&name(&format!("hidden {}", layer + 1)), hidden.data(), &expected, STATES);
    }
    assert_close(&name("logits"), &outcome.logits, &golden.values(&format!("{text}.logits")), STATES);
}

/// The family's model wherever it can compute on this machine.
fn models(family: &str) -> Vec<(&'static str, Model)> {
    let mut models = vec![("own kernels", fixture_model(family))];
    if ON_DEVICES.contains(&family) || HEADS.contains(&family) {
        models.push(("candle", on_candle(fixture_model(family), false)));
        models.push(("candle, whole batches", on_candle(fixture_model(family), true)));
    }
    models
}

#[test]
fn every_family_agrees_with_the_reference_in_every_layer() {
    for family in FAMILIES.into_iter().chain(HEADS) {
        let golden = Golden::load(family);
        for (place, model) in models(family) {
            for text in 0..3 {
                let encoded = golden.text(text);
                check(&format!("{family}, {place}"), text, &golden, &dense(&model, &[&encoded])[0]);
            }
        }
    }
}

#[test]
fn packed_texts_of_different_lengths_agree_with_the_reference_too() {
    for family in FAMILIES.into_iter().chain(HEADS) {
        let golden = Golden::load(family);
        let texts: Vec<Sequence> = (0..3).map(|text| golden.text(text)).collect();
        for (place, model) in models(family) {
            for (text, outcome) in dense(&model, &texts.iter().collect::<Vec<_>>()).iter().enumerate() {
                check(&format!("{family}, {place}"), text, &golden, outcome);
            }
        }
    }
}

#[test]
fn runs_at_once_may_all_be_the_first_to_need_relative_positions() {
    let mut model = fixture_model("deberta-v2");
    let texts: Vec<Sequence> = (0..3).map(|text| Golden::load("deberta-v2").text(text)).collect();
    let texts: Vec<&Sequence> = texts.iter().collect();
    let logits = |model: &Model| -> Vec<Vec<f32>> {
        run(&Ticket::detached(), model, &texts, &KeepAll, RunDetail::Trace)
            .expect("a dense run")
            .into_iter()
            .map(|outcome| outcome.logits)
            .collect()
    };
    let expected = logits(&model);
    // What the load has made is forgotten, so that eight threads, of which two belong to the pool, make it together.
    model.disentangled.as_mut().expect("DeBERTa's").projected = ProjectedPositions::default();
    let pool = rayon::ThreadPoolBuilder::new().num_threads(2).build().expect("a pool");
    std::thread::scope(|scope| {
        let runs: Vec<_> = (0..8).map(|_| scope.spawn(|| pool.install(|| logits(&model)))).collect();
        for run in runs {
            assert_eq!(run.join().expect("a run ends"), expected, "the same bits");
        }
    });
}

#[test]
fn every_folder_with_reference_outputs_is_compared() {
    let mut found: Vec<String> = std::fs::read_dir(fixture(""))
        .expect("the fixtures' folder")
        .map(|entry| entry.expect("an entry"))
        .filter(|entry| entry.path().join("golden.safetensors").exists())
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .collect();
    let mut compared: Vec<&str> = FAMILIES.into_iter().chain(HEADS).collect();
    found.sort_unstable();
    compared.sort_unstable();
    assert_eq!(found, compared, "FAMILIES and HEADS name every folder");
}
