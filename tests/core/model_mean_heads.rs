//! Heads on the mean of all tokens' states, and heads of sentence-transformers' modules.

#![expect(clippy::cast_possible_truncation, reason = "references computed in f64 are compared as f32")]

use std::fs;

use prunescope::engine::RunDetail;
use prunescope::engine::RunOptions;
use prunescope::engine::run;
use prunescope::engine::run_timed;
use prunescope::jobs::Ticket;
use prunescope::model::Model;
use prunescope::model::Pool;
use prunescope::pruning::StrategySpec;
use prunescope::pruning::registry;
use serde_json::Value;
use serde_json::json;

use crate::model_support::Copy;
use crate::model_support::Tensor;
use crate::model_support::load;
use crate::support::Golden;
use crate::support::Tolerance;
use crate::support::assert_close;
use crate::support::fixture_model;
use crate::support::on_candle;
use crate::support::strategies::KeepAll;

const CLOSE: Tolerance = Tolerance::absolute(2e-5);

/// The dense model's logits for one of the family's reference texts.
fn logits(model: &Model, family: &str, text: usize) -> Vec<f32> {
    let encoded = Golden::load(family).text(text);
    run(&Ticket::detached(), model, &[&encoded], &KeepAll, RunDetail::Trace).expect("a dense run").remove(0).logits
}

/// The mean of the reference's last states.
fn mean_state(family: &str, text: usize) -> Vec<f64> {
    let states = Golden::load(family).values(&format!("{text}.hidden.3"));
    let rows = states.as_chunks::<32>().0;
    (0..32).map(|column| rows.iter().map(|row| f64::from(row[column])).sum::<f64>() / rows.len() as f64).collect()
}

/// `W x + b`, row by row.
fn dense(weight: &Tensor, bias: &Tensor, input: &[f64]) -> Vec<f64> {
    let rows = weight.values.chunks(input.len()).zip(&bias.values);
    rows.map(|(row, bias)| f64::from(*bias) + row.iter().zip(input).map(|(a, b)| f64::from(*a) * b).sum::<f64>())
        .collect()
}

#[test]
fn a_classifier_on_the_mean_reads_the_mean_of_the_last_states() {
    for (family, has_two) in [("bert", false), ("distilbert", false), ("roberta", true), ("mpnet", true)] {
        let copy = Copy::of(family);
        copy.set_config(&json!({"classifier_pooling": "mean"}));
        let tensors = copy.tensors();
        let layer = |name: &str, input: &[f64]| {
            dense(&tensors[&format!("{name}.weight")], &tensors[&format!("{name}.bias")], input)
        };
        let model = copy.load().model;
        assert_eq!(model.head.pool, Pool::Mean, "{family}");
        for text in 0..3 {
            let mean = mean_state(family, text);
            let expected = if has_two {
                let inner: Vec<f64> = layer("classifier.dense", &mean).into_iter().map(f64::tanh).collect();
                layer("classifier.out_proj", &inner)
            } else {
                layer("classifier", &mean)
            };
            let expected: Vec<f32> = expected.into_iter().map(|value| value as f32).collect();
            assert_close(&format!("{family}, text {text}"), &logits(&model, family, text), &expected, CLOSE);
        }
    }
}

#[test]
fn a_classifier_beside_a_pooling_module_reads_what_is_pooled() {
    // The layout of a sentence-transformers folder whose weights hold a classifier, without its Dense modules.
    let copy = Copy::of("bert");
    copy.set_config(&json!({"architectures": ["BertModel"], "classifier_pooling": "mean"}));
    let stated = copy.load().model;
    copy.set_config(&json!({"classifier_pooling": null}));
    write_modules(&copy, &["Transformer", "Pooling"]);
    fs::create_dir(copy.file("1_Pooling")).expect("a folder");
    for (settings, same) in [
        (json!({"pooling_mode_mean_tokens": true}), true),
        (json!({"pooling_mode": "mean"}), true),
        (json!({"pooling_mode": "cls"}), false),
        (json!({"pooling_mode_cls_token": true, "pooling_mode_mean_tokens": false}), false),
    ] {
        copy.write("1_Pooling/config.json", settings.to_string());
        let checkpoint = copy.load();
        let model = &checkpoint.model;
        assert_eq!(logits(model, "bert", 0) == logits(&stated, "bert", 0), same, "{settings}");
        assert!(model.head.dense.is_none(), "{settings}: the pooler is no part of the classifier");
        assert!(model.head.pool == if same { Pool::Mean } else { Pool::First }, "{settings}");
    }
    // transformers' own class reads the first state through its pooler, whatever lies beside it.
    copy.set_config(&json!({"architectures": ["BertForSequenceClassification"]}));
    assert_eq!(logits(&copy.load().model, "bert", 0), logits(&load("bert").model, "bert", 0), "its own head");
}

/// Writes `modules.json` with folders named as sentence-transformers names them.
fn write_modules(copy: &Copy, kinds: &[&str]) {
    let entry = |(index, kind): (usize, &&str)| {
        let path = if index == 0 { String::new() } else { format!("{index}_{kind}") };
        json!({"idx": index, "name": index.to_string(), "path": path, "type": format!("sentence_transformers.models.{kind}")})
    };
    let entries: Value = kinds.iter().enumerate().map(entry).collect();
    copy.write("modules.json", entries.to_string());
}

#[test]
fn every_way_to_run_pools_the_same_rows() {
    let checkpoint = load("bert-mean");
    let golden = Golden::load("bert-mean");
    let texts: Vec<_> = (0..3).map(|text| golden.text(text)).collect();
    let on_device = on_candle(load("bert-mean").model, true);
    for options in [
        RunOptions::default(),
        RunOptions { head_rows_only: true, ..RunOptions::default() },
        RunOptions { padded: true, ..RunOptions::default() },
        RunDetail::States.into(),
    ] {
        for model in [&checkpoint.model, &on_device] {
            let batch: Vec<_> = texts.iter().collect();
            let report = run_timed(&Ticket::detached(), model, &batch, &KeepAll, options).expect("a dense run");
            for (text, outcome) in report.outcomes.iter().enumerate() {
                let expected = golden.values(&format!("{text}.logits"));
                assert_close(&format!("{options:?}, text {text}"), &outcome.logits, &expected, CLOSE);
            }
        }
    }
}

#[test]
fn texts_are_cut_where_sentence_transformers_cuts_them() {
    assert_eq!(load("bert-mean").model.config.max_tokens, 48, "max_seq_length, though the table has 64 rows");
    let copy = Copy::of("bert-mean");
    copy.write("sentence_bert_config.json", json!({"max_seq_length": 512}).to_string());
    assert_eq!(copy.load().model.config.max_tokens, 64, "never beyond the table");
}

#[test]
fn the_weights_of_modules_are_part_of_the_hash() {
    let copy = Copy::of("bert-mean");
    let before = copy.load().model.weights_hash;
    fs::copy(copy.file("3_Dense/model.safetensors"), copy.file("spare")).expect("copied");
    let mut bytes = fs::read(copy.file("spare")).expect("read");
    *bytes.last_mut().expect("some bytes") ^= 1;
    copy.write("3_Dense/model.safetensors", bytes);
    assert_ne!(copy.load().model.weights_hash, before, "another head is another model");
}

#[test]
fn a_norm_may_stand_before_the_last_dense_module() {
    let copy = Copy::of("bert-mean");
    let plain = copy.load().model;
    write_modules(&copy, &["Transformer", "Pooling", "Dense", "LayerNorm", "Dense"]);
    fs::rename(copy.file("3_Dense"), copy.file("4_Dense")).expect("renamed");
    fs::create_dir(copy.file("3_LayerNorm")).expect("a folder");
    let ones = |value: f32| Tensor { shape: vec![24], values: vec![value; 24] };
    let norm = [("norm.weight".to_owned(), ones(1.0)), ("norm.bias".to_owned(), ones(0.0))].into_iter().collect();
    copy.write_tensors("3_LayerNorm/model.safetensors", &norm, crate::model_support::Precision::F32);
    let normed = copy.load().model;
    let states = prunescope::tensor::Matrix::from_vec(1, 32, (0..32u8).map(|i| f32::from(i) / 16.0 - 1.0).collect());
    let states = states.expect("a row");
    let dense = plain.head.dense.as_ref().expect("two layers").linear.apply(&states);
    let inner: Vec<f64> = dense.row(0).iter().map(|value| f64::from(value.tanh())).collect();
    let mean = inner.iter().sum::<f64>() / 24.0;
    let variance = inner.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / 24.0;
    let inner = inner.iter().map(|value| ((value - mean) / (variance + 1e-5).sqrt()) as f32).collect();
    let inner = prunescope::tensor::Matrix::from_vec(1, 24, inner).expect("a row");
    let expected = plain.head.projection.linear.apply(&inner);
    assert_close("with the norm", normed.classify(&states).row(0), expected.row(0), CLOSE);
}

#[test]
fn modules_that_are_no_classifier_say_what_they_are() {
    let with = |change: &dyn Fn(&Copy), part: &str| {
        let copy = Copy::of("bert-mean");
        change(&copy);
        let message = copy.error();
        assert!(message.contains(part), "{part:?} is not in {message}");
    };
    let set = |file: &'static str, changes: Value| move |copy: &Copy| copy.set(file, &changes);
    with(&|copy| write_modules(copy, &["Transformer", "Pooling", "Normalize"]), "\"Normalize\" are no classifier");
    with(
        &|copy| write_modules(copy, &["WordEmbeddings", "Pooling"]),
        "\"WordEmbeddings\", \"Pooling\" are no classifier",
    );
    with(&|copy| copy.write("modules.json", "{}"), "not valid JSON, or not of the expected form");
    with(
        &|copy| copy.write("modules.json", r#"[{"type": "sentence_transformers.models.Transformer", "path": "0_T"}]"#),
        "the module \"Transformer\" has the path \"0_T\"",
    );
    with(
        &|copy| copy.write("modules.json", r#"[{"type": "sentence_transformers.models.Pooling", "path": "../x"}]"#),
        "the module \"Pooling\" has the path \"../x\"",
    );
    with(&set("config.json", json!({"id2label": null})), "gives 3 numbers, but config.json names no classes");
    with(&set("config.json", json!({"id2label": {"0": "a", "1": "b"}})), "gives 3 numbers, but config.json names 2;");
    with(
        &set("1_Pooling/config.json", json!({"pooling_mode_max_tokens": true})),
        "\"pooling_mode_max_tokens\": expected false",
    );
    with(&set("1_Pooling/config.json", json!({"pooling_mode_cls_token": true})), "and not both");
    with(&set("1_Pooling/config.json", json!({"pooling_mode": "max"})), "expected \"mean\" or \"cls\"");
    with(
        &set("2_Dense/config.json", json!({"in_features": 16})),
        "takes in 16 numbers, but what is before it gives 32",
    );
    with(
        &set("3_Dense/config.json", json!({"in_features": 16})),
        "takes in 16 numbers, but what is before it gives 24",
    );
    with(
        &set("2_Dense/config.json", json!({"activation_function": "torch.nn.Mish"})),
        "expected torch.nn's Identity, Tanh",
    );
    with(&set("2_Dense/config.json", json!({"module_input_name": "token_embeddings"})), "\"module_input_name\"");
    with(&|copy| copy.remove("3_Dense/model.safetensors"), "no weights");
    with(
        &|copy| fs::remove_dir_all(copy.file("1_Pooling")).expect("removed"),
        "\"pooling_mode_mean_tokens\" is missing",
    );
}

#[test]
fn a_pickled_classifier_is_never_read_and_the_way_on_is_said() {
    let copy = Copy::of("bert-mean");
    copy.write("model_head.pkl", "cos\nsystem\n(S'true'\ntR.");
    copy.load();
    write_modules(&copy, &["Transformer", "Pooling", "Normalize"]);
    let message = copy.error();
    for part in ["to read one is to run code", "2_Dense/model.safetensors", "model_head.pkl"] {
        assert!(message.contains(part), "{part:?} is not in {message}");
    }
}

#[test]
fn a_classifier_without_what_its_family_puts_before_it_says_how_to_read_the_mean() {
    let copy = Copy::of("distilbert");
    copy.edit_tensors(|tensors| tensors.retain(|name, _| !name.starts_with("pre_classifier")));
    let message = copy.error();
    assert!(message.contains("say \"classifier_pooling\": \"mean\" in config.json"), "{message}");
    copy.set_config(&json!({"classifier_pooling": "mean"}));
    copy.load();
}

#[test]
fn strategies_that_go_by_cls_say_that_a_mean_does_not_read_it() {
    let shape = fixture_model("bert-mean").config.shape;
    let refused = ["rollout", "norm_based:row=cls"];
    for spec in refused {
        let err = StrategySpec::parse(spec).expect("a spec").build(&shape).expect_err("no fit").to_string();
        let id = spec.split(':').next().expect("an id");
        assert!(err.starts_with(id) && err.contains("reads the mean of all tokens"), "{spec}: {err}");
        assert!(err.contains("value_aware"), "{spec} says what does fit: {err}");
        assert!(
            StrategySpec::parse(spec).expect("a spec").build(&fixture_model("bert").config.shape).is_ok(),
            "{spec}"
        );
    }
    for info in registry().iter().filter(|info| !refused.contains(&info.id) && info.runs_untrained()) {
        assert!(StrategySpec::default_for(info.id).expect("it").build(&shape).is_ok(), "{} fits", info.id);
    }
}
