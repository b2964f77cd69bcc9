//! What the outputs of a head mean: classes, one number, or labels of their own.

use prunescope::evaluation;
use prunescope::jobs::Ticket;
use prunescope::model::HeadKind;
use prunescope::model::ModelConfig;
use prunescope::model::Scale;
use serde_json::Value;
use serde_json::json;

use crate::model_support::Copy;

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
fn outputs_that_are_no_classes_are_not_read_as_such() {
    let copy = Copy::of("bert");
    copy.set_config(&json!({"problem_type": "multi_label_classification"}));
    let shown = evaluation::inspect(&Ticket::detached(), &copy.load(), "A text.", &[]);
    let message = shown.expect_err("no softmax over labels").to_string();
    assert!(message.contains("a multi-label head"), "{message}");
}
