//! What the outputs of a head mean: classes, one number, or labels of their own.

#![expect(clippy::cast_possible_truncation, reason = "references computed in f64 are compared as f32")]

use prunescope::engine::RunDetail;
use prunescope::engine::run;
use prunescope::jobs::Ticket;
use prunescope::model::HeadKind;
use prunescope::model::ModelConfig;
use prunescope::model::Scale;
use serde_json::Value;
use serde_json::json;

use crate::model_support::Copy;
use crate::model_support::fixture;
use crate::model_support::load;
use crate::model_support::read_json;
use crate::support::Golden;
use crate::support::Tolerance;
use crate::support::assert_close;
use crate::support::fixture_model;
use crate::support::strategies::KeepAll;

const CLOSE: Tolerance = Tolerance::absolute(2e-5);

/// The kind that `config.json` of a classifier with two classes gives with these changes.
fn kind(changes: &Value) -> HeadKind {
    let copy = Copy::of("bert");
    copy.set_config(changes);
    ModelConfig::load(copy.path()).unwrap_or_else(|err| panic!("{changes}: {err}")).head
}

const SIGMOID: &str = "torch.nn.modules.activation.Sigmoid";
const IDENTITY: &str = "torch.nn.modules.linear.Identity";

#[test]
fn the_kind_of_head_is_read_from_the_configuration() {
    let one = json!({"0": "score"});
    let (unbounded, squashed) = (HeadKind::Regression(Scale::Unbounded), HeadKind::Regression(Scale::Sigmoid));
    let cases = [
        (json!({}), HeadKind::Classifier),
        (json!({"problem_type": "single_label_classification"}), HeadKind::Classifier),
        (json!({"problem_type": null}), HeadKind::Classifier),
        (json!({"problem_type": "multi_label_classification"}), HeadKind::MultiLabel),
        (json!({"problem_type": "multi_label_classification", "id2label": one}), HeadKind::MultiLabel),
        (json!({"id2label": one}), unbounded),
        (json!({"id2label": null, "num_labels": 1}), unbounded),
        (json!({"problem_type": "regression", "id2label": one}), unbounded),
        (json!({"id2label": one, "sbert_ce_default_activation_function": IDENTITY}), unbounded),
        (json!({"id2label": one, "sbert_ce_default_activation_function": SIGMOID}), squashed),
        (json!({"id2label": one, "sentence_transformers": {"activation_fn": SIGMOID, "version": "4.1.0"}}), squashed),
        (json!({"id2label": one, "sentence_transformers": {"version": "4.1.0"}}), unbounded),
        (json!({"sbert_ce_default_activation_function": IDENTITY}), HeadKind::Classifier),
        (json!({"sbert_ce_default_activation_function": SIGMOID}), HeadKind::MultiLabel),
    ];
    for (changes, expected) in cases {
        assert_eq!(kind(&changes), expected, "{changes}");
    }
}

#[test]
fn the_newer_name_of_what_is_applied_to_outputs_goes_first() {
    let both = json!({
        "id2label": {"0": "score"},
        "sbert_ce_default_activation_function": IDENTITY,
        "sentence_transformers": {"activation_fn": SIGMOID},
    });
    assert_eq!(kind(&both), HeadKind::Regression(Scale::Sigmoid), "as sentence-transformers reads it");
}

#[test]
fn a_ranker_says_in_three_places_what_is_applied_to_its_outputs() {
    let copy = Copy::of("bert");
    copy.set_config(&json!({"id2label": {"0": "score"}}));
    copy.write("config_sentence_transformers.json", json!({"activation_fn": SIGMOID}).to_string());
    let config = ModelConfig::load(copy.path()).expect("sound");
    assert_eq!(config.head, HeadKind::Regression(Scale::Sigmoid), "as versions from 5.4 write it");
    copy.write("config_sentence_transformers.json", json!({"activation_fn": "torch.nn.Softplus"}).to_string());
    let message = copy.error();
    assert!(message.contains("config field \"activation_fn\": expected torch.nn's Identity or Sigmoid"), "{message}");
}

/// What the head of a folder gives and shows for one of the reference texts.
fn shown(name: &str, text: usize) -> (Vec<f32>, Vec<f32>) {
    let model = fixture_model(name);
    let encoded = Golden::load(name).text(text);
    let outcomes = run(&Ticket::detached(), &model, &[&encoded], &KeepAll, RunDetail::Trace).expect("a dense run");
    (outcomes[0].logits.clone(), model.config.head.outputs(&outcomes[0].logits))
}

#[test]
fn every_kind_of_head_shows_what_its_library_shows() {
    let kinds = [
        ("bert-mean", HeadKind::Classifier),
        ("roberta-regression", HeadKind::Regression(Scale::Unbounded)),
        ("distilbert-multi-label", HeadKind::MultiLabel),
        ("bert-cross-encoder", HeadKind::Regression(Scale::Sigmoid)),
    ];
    for (name, kind) in kinds {
        assert_eq!(fixture_model(name).config.head, kind, "{name}");
        let golden = Golden::load(name);
        for text in 0..3 {
            let (logits, outputs) = shown(name, text);
            let what = |part: &str| format!("{name}, text {text}, {part}");
            assert_close(&what("logits"), &logits, &golden.values(&format!("{text}.logits")), CLOSE);
            assert_close(&what("outputs"), &outputs, &golden.values(&format!("{text}.outputs")), CLOSE);
        }
    }
}

#[test]
fn a_ranker_gives_the_score_of_a_pair_that_sentence_transformers_gives() {
    let golden = read_json(&fixture("bert-cross-encoder").join("golden.json"));
    let text = |index: usize| golden["pair"][index].as_str().expect("a text");
    let checkpoint = load("bert-cross-encoder");
    let encoded = checkpoint.tokenizer.encode(text(0), Some(text(1))).expect("a pair");
    let model = &checkpoint.model;
    let outcomes = run(&Ticket::detached(), model, &[&encoded], &KeepAll, RunDetail::Trace).expect("a dense run");
    let expected = golden["pair_output"].as_f64().expect("a number") as f32;
    assert_close("the pair's score", &model.config.head.outputs(&outcomes[0].logits), &[expected], CLOSE);
}
