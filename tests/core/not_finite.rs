//! A model that computes what is no number gives an error that says where, never a prediction.

use std::sync::Arc;

use prunescope::engine::Error;
use prunescope::engine::PrefixCache;
use prunescope::engine::RunDetail;
use prunescope::engine::RunOptions;
use prunescope::engine::run;
use prunescope::engine::run_timed;
use prunescope::input::Sequence;
use prunescope::jobs::Ticket;
use prunescope::model::LayerWeights;
use prunescope::model::Linear;
use prunescope::model::Model;
use prunescope::model::Precision;
use prunescope::pruning::Action;
use prunescope::pruning::Decision;
use prunescope::pruning::LayerEvidence;
use prunescope::pruning::Pruner;
use prunescope::pruning::SequenceInfo;
use prunescope::pruning::SequencePruner;
use prunescope::tensor::EvidenceSet;

use crate::strategy_support::build;
use crate::support::FAMILIES;
use crate::support::ON_DEVICES;
use crate::support::encoded_from_ids;
use crate::support::fixture_model;
use crate::support::on_candle;

/// The same layer with `value` added to its first output.
fn spoil(linear: &Linear, value: f32) -> Linear {
    let mut bias = linear.bias().to_vec();
    bias.resize(linear.out_features(), 0.0);
    bias[0] += value;
    Linear::new(linear.weight(), Some(bias))
}

/// The second layer changed (ALBERT's layers are one: all of them).
fn with_layer(mut model: Model, change: impl Fn(&LayerWeights) -> LayerWeights) -> Model {
    let changed = Arc::new(change(&model.layers[1]));
    let shared = Arc::ptr_eq(&model.layers[0], &model.layers[1]);
    for (index, layer) in model.layers.iter_mut().enumerate() {
        if shared || index == 1 {
            *layer = Arc::clone(&changed);
        }
    }
    model
}

fn texts() -> Vec<Sequence> {
    vec![encoded_from_ids(&[5, 9, 12, 30, 7, 8, 11]), encoded_from_ids(&[5, 40, 7])]
}

fn refused(model: &Model, spec: &str, options: RunOptions) -> String {
    let texts = texts();
    let batch: Vec<&Sequence> = texts.iter().collect();
    let pruner = build(spec, &model.config.shape);
    let error = run_timed(&Ticket::detached(), model, &batch, &*pruner, options).expect_err("there is no answer");
    assert!(matches!(error, Error::NotFinite { .. } | Error::NotRankable { .. }), "{spec}: {error}");
    error.to_string()
}

/// Every way to run, with what the message begins with.
fn check(model: &Model, expected: &str) {
    for spec in
        ["dense", "power_bert:retention=0.5,start=0", "ltp:theta_final=0.3,divisor=alive", "random:retention=0.4"]
    {
        for head_rows_only in [false, true] {
            for padded in [false, true] {
                let options = RunOptions { head_rows_only, padded, ..RunOptions::default() };
                let message = refused(model, spec, options);
                assert!(message.starts_with(expected), "{spec} {options:?}: expected {expected:?}, got {message:?}");
            }
        }
    }
}

#[test]
fn the_layer_in_which_nan_appears_is_named_in_every_family() {
    for family in FAMILIES {
        let layer = if family == "albert" { 1 } else { 2 };
        let model = with_layer(fixture_model(family), |layer| LayerWeights {
            output: spoil(&layer.output, f32::NAN),
            ..layer.clone()
        });
        check(
            &model,
            &format!(
                "text 1 of the batch: expected finite numbers from the feed-forward block of layer {layer}, got NaN; "
            ),
        );
        let attention = |layer: &LayerWeights| LayerWeights {
            attention_output: spoil(&layer.attention_output, f32::INFINITY),
            ..layer.clone()
        };
        let model = with_layer(fixture_model(family), attention);
        check(
            &model,
            &format!("text 1 of the batch: expected finite numbers from the attention of layer {layer}, got "),
        );
    }
}

#[test]
fn eight_bits_and_devices_name_it_too() {
    let spoiled = |layer: &LayerWeights| LayerWeights { output: spoil(&layer.output, f32::NAN), ..layer.clone() };
    for family in FAMILIES {
        let float = with_layer(fixture_model(family), |layer| LayerWeights {
            value: spoil(&layer.value, f32::NAN),
            ..layer.clone()
        });
        let model = float.into_precision(Precision::Int8).expect("weights are finite, biases are not looked at");
        let message = refused(&model, "dense", RunOptions::default());
        assert!(message.contains("the attention of layer") && message.contains("too large for int8"), "{message}");
    }
    for family in ON_DEVICES {
        for whole_batches in [false, true] {
            let model = on_candle(with_layer(fixture_model(family), spoiled), whole_batches);
            let message = refused(&model, "power_bert:retention=0.5", RunOptions::default());
            assert!(message.contains("the feed-forward block of layer"), "{family}: {message}");
        }
    }
}

#[test]
fn numbers_too_large_for_a_norm_are_no_numbers() {
    // Finite, but their squares are not: a norm would divide everything by infinity and answer with its bias.
    for family in FAMILIES {
        let large = |layer: &LayerWeights| LayerWeights { output: spoil(&layer.output, 1e30), ..layer.clone() };
        let message = refused(&with_layer(fixture_model(family), large), "dense", RunOptions::default());
        assert!(message.contains("of layer") || message.contains("the classifier"), "{family}: {message}");
    }
    for family in ON_DEVICES {
        let large = |layer: &LayerWeights| LayerWeights { output: spoil(&layer.output, 1e30), ..layer.clone() };
        let model = on_candle(with_layer(fixture_model(family), large), true);
        let message = refused(&model, "dense", RunOptions::default());
        assert!(message.contains("the feed-forward block of layer"), "{family} on a device: {message}");
    }
}

#[test]
fn embeddings_and_logits_are_looked_at_and_the_text_is_named() {
    let mut model = fixture_model("bert");
    // Only the second text has this token.
    model.embeddings.word.row_mut(40)[3] = f32::NAN;
    let message = refused(&model, "dense", RunOptions::default());
    assert!(
        message.starts_with("text 2 of the batch: expected finite numbers from the embeddings, got NaN"),
        "{message}"
    );
    for on_device in [false, true] {
        let mut model = fixture_model("bert");
        model.head.projection.linear = spoil(&model.head.projection.linear, f32::INFINITY);
        let model = if on_device { on_candle(model, false) } else { model };
        let message = refused(&model, "dense", RunOptions::default());
        assert!(message.contains("from the classifier, got inf"), "never class 0: {message}");
    }
}

#[test]
fn shared_layers_are_looked_at_before_they_are_kept() {
    let model = with_layer(fixture_model("bert"), |layer| LayerWeights {
        output: spoil(&layer.output, f32::NAN),
        ..layer.clone()
    });
    let pruners = ["dense", "power_bert:retention=0.5"].map(|spec| build(spec, &model.config.shape));
    let mut prefixes = PrefixCache::new(&model, pruners.iter().map(|pruner| &**pruner), 1 << 20);
    let texts = texts();
    let batch: Vec<&Sequence> = texts.iter().collect();
    for pruner in &pruners {
        let error = prefixes.run(&Ticket::detached(), &model, (0, &batch), &**pruner).expect_err("there is no answer");
        assert!(error.to_string().contains("the feed-forward block of layer 2"), "{error}");
    }
}

/// Says a score that is no number.
#[derive(Debug)]
struct Confused(f32);

impl Pruner for Confused {
    fn needs(&self, _layer: usize) -> EvidenceSet {
        EvidenceSet::NONE
    }

    fn begin(&self, _sequence: &SequenceInfo) -> Box<dyn SequencePruner> {
        Box::new(Self(self.0))
    }
}

impl SequencePruner for Confused {
    fn decide(&mut self, layer: &LayerEvidence<'_>) -> Decision {
        let mut importance = vec![0.5; layer.num_tokens()];
        importance[1] = if layer.layer == 1 { self.0 } else { 0.1 };
        Decision { action: Action::Keep(vec![0, 1]), importance, threshold: None }
    }
}

#[test]
fn scores_that_are_no_numbers_are_refused_by_layer_and_text() {
    let model = fixture_model("bert");
    let texts = texts();
    let batch: Vec<&Sequence> = texts.iter().collect();
    for (score, shown) in [(f32::NAN, "NaN"), (f32::INFINITY, "inf"), (f32::NEG_INFINITY, "-inf")] {
        let error =
            run(&Ticket::detached(), &model, &batch, &Confused(score), RunDetail::Counts).expect_err("no order");
        let expected = format!("layer 2, text 1 of the batch: expected finite scores to rank tokens by, got {shown}; ");
        assert!(error.to_string().starts_with(&expected), "{error}");
        assert_eq!(error.sequence(), Some(0), "callers can name the text");
    }
}

#[test]
fn evidence_that_overflows_is_refused_where_states_are_numbers() {
    // A value of 1e20 has a square that is infinite; one head's output projection takes it away again.
    let model = with_layer(fixture_model("bert"), |layer| {
        let mut out = layer.attention_output.weight();
        for row in 0..out.rows() {
            out.row_mut(row)[0] = 0.0;
        }
        LayerWeights {
            value: spoil(&layer.value, 1e20),
            attention_output: Linear::new(out, Some(layer.attention_output.bias().to_vec())),
            ..layer.clone()
        }
    });
    let message = refused(&model, "ats:levels=0.5,floor=2", RunOptions::default());
    let expected = "layer 2, text 1 of the batch: expected finite value norms to rank tokens by, got inf";
    assert!(message.starts_with(expected), "{message}");
    let texts = texts();
    let batch: Vec<&Sequence> = texts.iter().collect();
    let dense = build("dense", &model.config.shape);
    assert!(
        run(&Ticket::detached(), &model, &batch, &*dense, RunDetail::Counts).is_ok(),
        "dense does not ask for them"
    );
}
