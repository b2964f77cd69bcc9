//! Folders as people have them: other packaging, other tasks, adapters, folders around the model.

use std::fs;

use prunescope::engine::Outcome;
use prunescope::engine::RunDetail;
use prunescope::engine::RunOptions;
use prunescope::engine::run_timed;
use prunescope::jobs::Ticket;
use prunescope::model::Checkpoint;
use prunescope::pruning::StrategySpec;
use serde_json::Value;
use serde_json::json;

use crate::model_support::Copy;
use crate::model_support::FIXTURES;
use crate::model_support::fingerprint;
use crate::model_support::load;

/// Texts of the fixtures' references.
const TEXTS: [&str; 3] = [
    "The film is a quiet joy from the first scene to the last.",
    "no ending",
    "It wasn't bad, it just wasn't what we had hoped for: slow food, great doctor!",
];

fn run(checkpoint: &Checkpoint, spec: &str, options: RunOptions) -> Vec<Outcome> {
    let texts: Vec<_> =
        TEXTS.iter().map(|text| checkpoint.tokenizer.encode(text, None).expect("the text is cut")).collect();
    let batch: Vec<_> = texts.iter().collect();
    let pruner = StrategySpec::parse(spec).expect("a strategy").build(&checkpoint.model.config.shape).expect("it fits");
    run_timed(&Ticket::detached(), &checkpoint.model, &batch, &*pruner, options).expect("the run ends").outcomes
}

#[test]
fn prefixes_of_training_loops_are_left_out_and_said() {
    for family in ["bert", "modernbert", "roberta", "mpnet"] {
        for prefix in ["module.", "_orig_mod.", "model.", "module._orig_mod.", "model.net."] {
            let copy = Copy::of(family);
            copy.edit_tensors(|tensors| {
                *tensors = tensors.iter().map(|(name, tensor)| (format!("{prefix}{name}"), tensor.clone())).collect();
            });
            let checkpoint = copy.load();
            assert_eq!(fingerprint(&checkpoint.model), fingerprint(&load(family).model), "{family} under {prefix}");
            let notes = checkpoint.notes.join("\n");
            assert!(notes.contains(&format!("begin with {prefix:?}, which was left out")), "{family}: {notes}");
        }
    }
}

#[test]
fn missing_tensors_are_counted_and_what_is_there_is_named() {
    let copy = Copy::of("bert");
    copy.edit_tensors(|tensors| {
        *tensors = tensors.iter().map(|(name, tensor)| (format!("teacher.{name}"), tensor.clone())).collect();
    });
    let message = copy.error();
    assert!(message.contains("57 tensors are missing") && message.contains("and 49 more"), "{message}");
    assert!(message.contains("the file has them under \"teacher.\"…"), "{message}");
    assert!(message.len() < 1200, "short enough to read: {} bytes", message.len());

    let copy = Copy::of("bert");
    copy.edit_tensors(|tensors| {
        *tensors = tensors.iter().map(|(name, tensor)| (name.replace("bert.", "gpt."), tensor.clone())).collect();
    });
    let message = copy.error();
    assert!(message.contains("the file has 57 tensors, such as \"classifier.bias\""), "{message}");
}

#[test]
fn models_for_other_tasks_are_refused_by_their_architecture() {
    for (name, does) in [
        ("BertForTokenClassification", "labels every token"),
        ("BertForQuestionAnswering", "finds answers"),
        ("BertForMultipleChoice", "chooses among answers"),
    ] {
        let copy = Copy::of("bert");
        copy.set_config(&json!({"architectures": [name]}));
        let message = copy.error();
        assert!(message.contains(&format!("{name:?}")) && message.contains(does), "{message}");
        assert!(message.contains("ForSequenceClassification"), "{message}");
    }
}

#[test]
fn architectures_that_do_not_fit_are_said() {
    for (name, part) in [
        ("BertForMaskedLM", "is no …ForSequenceClassification"),
        ("RobertaForSequenceClassification", "but the model_type \"bert\": the latter is followed"),
    ] {
        let copy = Copy::of("bert");
        copy.set_config(&json!({"architectures": [name]}));
        let notes = copy.load().notes.join("\n");
        assert!(notes.contains(name) && notes.contains(part), "{notes}");
    }
    for family in FIXTURES {
        assert!(load(family).notes.is_empty(), "{family}: nothing disagrees: {:?}", load(family).notes);
    }
}

#[test]
fn an_adapter_says_what_it_is_and_what_to_do() {
    let copy = Copy::of("bert");
    copy.remove("config.json");
    copy.write(
        "adapter_config.json",
        json!({"peft_type": "LORA", "base_model_name_or_path": "bert-base-uncased"}).to_string(),
    );
    let message = copy.error();
    for part in ["PEFT adapter for \"bert-base-uncased\"", "merge_and_unload"] {
        assert!(message.contains(part), "{part:?} is not in {message}");
    }
    // With the base model's configuration beside it, but no weights.
    let copy = Copy::of("bert");
    fs::rename(copy.file("model.safetensors"), copy.file("adapter_model.safetensors")).expect("renamed");
    copy.write("adapter_config.json", json!({"base_model_name_or_path": "x/y"}).to_string());
    assert!(copy.error().contains("PEFT adapter for \"x/y\""), "{}", copy.error());
}

#[test]
fn a_folder_around_a_checkpoint_names_it() {
    let outer = tempfile::tempdir().expect("a folder");
    for inner in ["0_Transformer", "checkpoint-500"] {
        let copy = Copy::of("bert");
        fs::create_dir(outer.path().join(inner)).expect("a folder");
        fs::copy(copy.file("config.json"), outer.path().join(inner).join("config.json")).expect("copied");
    }
    fs::create_dir(outer.path().join("1_Pooling")).expect("a folder");
    let message = Checkpoint::load(outer.path()).expect_err("it is none").to_string();
    assert!(
        message.contains("but \"0_Transformer\", \"checkpoint-500\" have one below it; open that one"),
        "{message}"
    );
}

#[test]
fn weights_in_other_forms_are_named() {
    let copy = Copy::of("bert");
    fs::rename(copy.file("model.safetensors"), copy.file("tf_model.h5")).expect("renamed");
    let message = copy.error();
    assert!(
        message.contains("the folder has \"tf_model.h5\"; load it in Python and save it with save_pretrained"),
        "{message}"
    );
}

#[test]
fn camembert_is_roberta_under_another_name() {
    let copy = Copy::of("roberta");
    copy.set_config(&json!({"model_type": "camembert", "architectures": ["CamembertForSequenceClassification"]}));
    let checkpoint = copy.load();
    assert!(checkpoint.notes.is_empty(), "{:?}", checkpoint.notes);
    assert_eq!(fingerprint(&checkpoint.model), fingerprint(&load("roberta").model), "the same weights");
    let [got, expected] =
        [&checkpoint, &load("roberta")].map(|of| run(of, "dense", RunOptions::default()).remove(0).logits);
    assert_eq!(got, expected, "the same logits");
}

/// `ModernBERT` that pools by the mean.
fn mean_pooling() -> Checkpoint {
    let copy = Copy::of("modernbert");
    copy.set_config(&json!({"classifier_pooling": "mean"}));
    copy.load()
}

#[test]
fn mean_pooling_gives_the_logits_of_transformers() {
    // ModernBertForSequenceClassification of transformers 4.57.3, torch 2.15, with the fixture's weights.
    let expected = [[-0.626_615_4_f32, -0.005_554_735_7], [0.773_542_6, -0.602_088_9], [-0.546_316_2, 0.246_232_57]];
    let checkpoint = mean_pooling();
    for options in [
        RunOptions::default(),
        RunOptions { head_rows_only: true, ..RunOptions::default() },
        RunOptions { padded: true, ..RunOptions::default() },
        RunDetail::States.into(),
    ] {
        for (outcome, expected) in run(&checkpoint, "dense", options).iter().zip(expected) {
            for (got, expected) in outcome.logits.iter().zip(expected) {
                assert!((got - expected).abs() < 2e-5, "{options:?}: {got} is not {expected}");
            }
        }
    }
    let device = Checkpoint { model: crate::support::on_candle(mean_pooling().model, true), ..mean_pooling() };
    for (outcome, expected) in run(&device, "dense", RunOptions::default()).iter().zip(expected) {
        for (got, expected) in outcome.logits.iter().zip(expected) {
            assert!((got - expected).abs() < 2e-5, "candle: {got} is not {expected}");
        }
    }
}

#[test]
fn mean_pooling_reads_the_rows_that_are_alive() {
    let checkpoint = mean_pooling();
    let model = &checkpoint.model;
    for spec in ["first_k:retention=0.5", "power_bert:retention=0.5", "ltp"] {
        for outcome in run(&checkpoint, spec, RunDetail::States.into()) {
            let rows = outcome.final_hidden.expect("it was asked for");
            let mut pooled = prunescope::tensor::Matrix::zeros(1, rows.cols());
            for row in 0..rows.rows() {
                for (mean, value) in pooled.row_mut(0).iter_mut().zip(rows.row(row)) {
                    *mean += value / rows.rows() as f32;
                }
            }
            let logits = model.classify(&pooled);
            for (got, expected) in outcome.logits.iter().zip(logits.row(0)) {
                assert!((got - expected).abs() < 1e-4, "{spec}: {got} is not {expected}");
            }
        }
    }
}

#[test]
fn models_that_devices_do_not_compute_are_refused_there() {
    let options = prunescope::model::LoadOptions {
        device: prunescope::model::DeviceChoice::Candle,
        ..prunescope::model::LoadOptions::default()
    };
    let err = Checkpoint::load_with(Copy::of("mpnet").path(), options).expect_err("mpnet runs on cpu");
    let source = std::error::Error::source(&err).expect("the reason").to_string();
    assert!(source.contains("does not compute \"mpnet\" models; they run on cpu"), "{source}");
}

#[test]
fn a_checkpoint_says_its_limits() {
    let copy = Copy::of("bert");
    copy.set("tokenizer_config.json", &json!({"model_max_length": Value::from(1e30)}));
    assert!(copy.load().notes.is_empty(), "no limit is no disagreement");
}
