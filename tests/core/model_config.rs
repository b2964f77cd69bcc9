//! What `config.json` says, in the spellings that checkpoints use.

use prunescope::model::Activation;
use prunescope::model::Family;
use prunescope::model::Mask;
use prunescope::model::ModelConfig;
use prunescope::tensor::ModelShape;
use serde_json::Value;
use serde_json::json;

use crate::model_support::Copy;
use crate::model_support::FIXTURES;
use crate::model_support::fingerprint;
use crate::model_support::fixture;
use crate::model_support::load;

#[test]
fn every_family_gives_its_sizes_in_one_form() {
    for family in FIXTURES {
        let config = ModelConfig::load(&fixture(family)).expect("the fixture's config is sound");
        assert_eq!(config.family.id(), family, "family");
        // make_fixtures.py: 3 layers, 4 heads, width 32; ModernBERT's feed-forward block is 40 wide, the others' 56.
        let intermediate = if family == "modernbert" { 40 } else { 56 };
        let shape =
            ModelShape { num_layers: 3, hidden: 32, num_heads: 4, head_dim: 8, intermediate, reads_mean: false };
        assert_eq!(config.shape, shape, "{family}");
        assert_eq!(config.max_tokens, 64, "{family}: RoBERTa's table has 66 rows, two of them never used");
        assert_eq!(config.position_offset, if ["roberta", "mpnet"].contains(&family) { 2 } else { 0 }, "{family}");
        let labels: &[&str] =
            if family == "roberta" { &["contradiction", "neutral", "entailment"] } else { &["negative", "positive"] };
        assert_eq!(config.labels, labels, "{family}");
    }
}

#[test]
fn xlm_roberta_is_roberta_under_another_name() {
    let copy = Copy::of("roberta");
    copy.set_config(&json!({"model_type": "xlm-roberta"}));
    let model = copy.load().model;
    assert_eq!(model.config.family, Family::XlmRoberta, "family");
    assert_eq!(fingerprint(&model), fingerprint(&load("roberta").model), "weights");
}

#[test]
fn labels_are_ordered_by_number_and_made_up_where_there_are_none() {
    let labels = |changes: Value| {
        let copy = Copy::of("bert");
        copy.set_config(&changes);
        ModelConfig::load(copy.path()).expect("the config is sound").labels
    };
    let names: Vec<_> = (0..12).map(|id| format!("class {id}")).collect();
    // As text, "10" and "11" come before "2".
    let mut keys: Vec<_> = (0..12).map(|id| (id.to_string(), Value::from(format!("class {id}")))).collect();
    keys.sort_by(|left, right| left.0.cmp(&right.0));
    let map: serde_json::Map<_, _> = keys.into_iter().collect();
    assert_eq!(labels(json!({"id2label": map})), names, "by number");
    let made_up = labels(json!({"id2label": null, "num_labels": 3}));
    assert_eq!(made_up, ["LABEL_0", "LABEL_1", "LABEL_2"], "made up");
    assert_eq!(labels(json!({"id2label": null})), ["LABEL_0", "LABEL_1"], "two by default");
}

#[test]
fn activations_are_found_by_all_their_names() {
    for (name, expected) in [
        ("gelu", Activation::Gelu),
        ("gelu_new", Activation::GeluTanh),
        ("gelu_pytorch_tanh", Activation::GeluTanh),
        ("relu", Activation::Relu),
        ("silu", Activation::Silu),
        ("swish", Activation::Silu),
        ("tanh", Activation::Tanh),
    ] {
        let copy = Copy::of("bert");
        copy.set_config(&json!({"hidden_act": name}));
        assert_eq!(copy.load().model.layers[0].activation, expected, "{name}");
    }
}

#[test]
fn heads_have_the_activation_of_their_family() {
    for (family, expected) in [
        ("bert", Activation::Tanh),
        ("distilbert", Activation::Relu),
        ("roberta", Activation::Tanh),
        ("electra", Activation::Gelu),
        ("albert", Activation::Tanh),
        ("deberta-v2", Activation::Gelu),
        ("modernbert", Activation::Gelu),
    ] {
        let head = load(family).model.head;
        let dense = head.dense.expect("every family has one");
        assert_eq!(dense.activation, Some(expected), "{family}");
        assert_eq!(head.norm.is_some(), family == "modernbert", "{family}: norm after the activation");
    }
    let copy = Copy::of("deberta-v2");
    copy.set_config(&json!({"pooler_hidden_act": "tanh"}));
    let dense = copy.load().model.head.dense.expect("DeBERTa has one");
    assert_eq!(dense.activation, Some(Activation::Tanh), "DeBERTa's is a setting");
}

#[test]
fn deberta_positions_are_read_in_both_spellings() {
    let relative = |changes: Value| {
        let copy = Copy::of("deberta-v2");
        copy.set_config(&changes);
        copy.load().model.disentangled.expect("DeBERTa has relative positions")
    };
    let listed = relative(json!({}));
    assert_eq!((listed.buckets, listed.max_distance), (Some(16), 64), "-1 means the longest text");
    assert!(listed.content_to_position && listed.position_to_content, "both terms");
    assert_eq!((listed.embeddings.rows(), listed.embeddings.cols()), (32, 32), "16 buckets on each side");
    let text = relative(json!({"pos_att_type": "p2c|c2p"}));
    assert!(text.content_to_position && text.position_to_content, "both terms, as text");
    let one = relative(json!({"pos_att_type": ["c2p"], "max_relative_positions": 48}));
    assert!(one.content_to_position && !one.position_to_content, "one term");
    assert_eq!(one.max_distance, 48, "as given");
    let plain = relative(json!({"position_buckets": -1, "max_relative_positions": 16}));
    assert_eq!((plain.buckets, plain.max_distance), (None, 16), "no buckets");

    // The norm over the relative embeddings is taken once, at load.
    let raw = relative(json!({"norm_rel_ebd": "none"}));
    let tensors = Copy::of("deberta-v2").tensors();
    assert_eq!(raw.embeddings.data(), tensors["deberta.encoder.rel_embeddings.weight"].values, "as stored");
    let [weight, bias] = ["weight", "bias"].map(|part| &tensors[&format!("deberta.encoder.LayerNorm.{part}")].values);
    for row in [0, 17, 31] {
        // Undoing weight and bias leaves rows of mean 0 and variance 1.
        let values: Vec<_> =
            (0..32).map(|column| (listed.embeddings.row(row)[column] - bias[column]) / weight[column]).collect();
        let mean = values.iter().sum::<f32>() / 32.0;
        let variance = values.iter().map(|value| (value - mean).powi(2)).sum::<f32>() / 32.0;
        assert!(mean.abs() < 1e-4 && (variance - 1.0).abs() < 1e-3, "row {row}: mean {mean}, variance {variance}");
    }
}

#[test]
fn modernbert_layers_are_read_in_the_older_and_the_newer_spelling() {
    let windows_and_thetas = |changes: Value| {
        let copy = Copy::of("modernbert");
        copy.set_config(&changes);
        let layers = copy.load().model.layers;
        layers.iter().map(|layer| (layer.mask, layer.rotary.expect("rotary").theta)).collect::<Vec<_>>()
    };
    let older = windows_and_thetas(json!({"global_attn_every_n_layers": 2}));
    assert_eq!(
        older,
        [(Mask::Full, 160_000.0), (Mask::Window { half: 8 }, 10_000.0), (Mask::Full, 160_000.0)],
        "every second layer"
    );
    let newer = windows_and_thetas(json!({
        "global_attn_every_n_layers": null, "global_rope_theta": null, "local_rope_theta": null,
        "layer_types": ["full_attention", "sliding_attention", "full_attention"],
        "rope_parameters": {"full_attention": {"rope_theta": 160_000.0}, "sliding_attention": {"rope_theta": 10_000.0}},
    }));
    assert_eq!(newer, older, "the same, said otherwise");
    let copy = Copy::of("modernbert");
    copy.set_config(&json!({"global_attn_every_n_layers": null, "layer_types": ["full_attention"]}));
    let message = copy.error();
    assert!(message.contains("\"layer_types\": expected 3 times \"full_attention\""), "{message}");
}
