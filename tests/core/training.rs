//! The differentiable pass: equal to the engine at gates of 0 and 1, with the gradients of finite differences in between.

use candle_core::DType;
use candle_core::Device;
use candle_core::Tensor;
use candle_core::Var;
use prunescope::engine::Outcome;
use prunescope::engine::RunDetail;
use prunescope::engine::run;
use prunescope::input::Sequence;
use prunescope::jobs::Ticket;
use prunescope::model::Checkpoint;
use prunescope::model::Model;
use prunescope::model::Pool;
use prunescope::model::Precision;
use prunescope::model::SAMPLE_MODEL;
use prunescope::model::find_model;
use prunescope::pruning::StrategySpec;
use prunescope::training::Gating;
use prunescope::training::SoftModel;
use prunescope::training::SoftRun;
use prunescope::training::Thresholds;
use prunescope::training::cross_entropy;
use prunescope::training::distillation;
use prunescope::training::retention;

use crate::support::FAMILIES;
use crate::support::Golden;
use crate::support::Tolerance;
use crate::support::assert_close;
use crate::support::encoded_from_ids;
use crate::support::fixture_model;

const LOGITS: Tolerance = Tolerance::absolute(1e-4);

fn engine(model: &Model, text: &Sequence, spec: &str) -> Outcome {
    let pruner = StrategySpec::parse(spec).and_then(|spec| spec.build(&model.config.shape)).expect(spec);
    run(&Ticket::detached(), model, &[text], &*pruner, RunDetail::Trace).expect("a run").remove(0)
}

fn logits(run: &SoftRun) -> Vec<f32> {
    run.logits.to_dtype(DType::F32).and_then(|logits| logits.to_vec1()).expect("logits")
}

/// The fixtures' models, two of them with a head that reads the mean over rows too.
fn models() -> Vec<(String, Model, Vec<Sequence>)> {
    let mut models = Vec::new();
    for family in FAMILIES {
        let golden = Golden::load(family);
        let texts: Vec<Sequence> = (0..3).map(|text| golden.text(text)).collect();
        models.push((family.to_owned(), fixture_model(family), texts.clone()));
        if family == "bert" || family == "modernbert" {
            let mut model = fixture_model(family);
            model.head.pool = Pool::Mean;
            models.push((format!("{family}, mean"), model, texts));
        }
    }
    models
}

#[test]
fn open_gates_are_the_engines_dense_pass_in_every_family() {
    for (name, model, texts) in models() {
        for dtype in [DType::F32, DType::F64] {
            let soft = SoftModel::frozen(&model, dtype).expect("a copy");
            let ones = |text: &Sequence| Tensor::ones((soft.num_layers(), text.units.len()), dtype, soft.device());
            for text in &texts {
                let expected = engine(&model, text, "dense").logits;
                let open = soft.run(text, &Gating::Open).expect("a run");
                assert_close(&format!("{name}, {dtype:?}"), &logits(&open), &expected, LOGITS);
                let given = soft.run(text, &Gating::Given(&ones(text).expect("ones"))).expect("a run");
                assert_close(&format!("{name}, gates of 1"), &logits(&given), &expected, LOGITS);
                let last = soft.num_layers() - 1;
                assert_eq!(given.kept(last).expect("shares").len(), text.units.len(), "{name}: everything stays");
            }
        }
    }
}

#[test]
fn open_gates_are_the_engines_dense_pass_of_the_sample_model() {
    let checkpoint = Checkpoint::load(&find_model(SAMPLE_MODEL).expect("the sample model")).expect("it loads");
    let soft = SoftModel::frozen(&checkpoint.model, DType::F32).expect("a copy");
    for text in ["a film of quiet joy", "The nurse said it was not worth the wait, and the food was cold."] {
        let text = checkpoint.tokenizer.encode(text, None).expect("a text");
        let expected = engine(&checkpoint.model, &text, "dense");
        let open = soft.run(&text, &Gating::Open).expect("a run");
        assert_close("the sample model", &logits(&open), &expected.logits, LOGITS);
    }
}

/// 1 where the engine kept a token, 0 where it had left. Shape: `[layers, tokens]`.
fn gates_of(outcome: &Outcome, dtype: DType) -> Tensor {
    let tokens = outcome.trace.num_tokens;
    let mut gates = vec![0.0_f64; outcome.trace.layers.len() * tokens];
    for (layer, row) in outcome.trace.layers.iter().zip(gates.chunks_mut(tokens)) {
        for &position in &layer.kept {
            row[position as usize] = 1.0;
        }
    }
    let shape = (outcome.trace.layers.len(), tokens);
    Tensor::from_vec(gates, shape, &Device::Cpu).and_then(|gates| gates.to_dtype(dtype)).expect("gates")
}

fn assert_same_tokens(name: &str, soft: &SoftRun, outcome: &Outcome) {
    for (index, layer) in outcome.trace.layers.iter().enumerate() {
        let mut expected: Vec<usize> = layer.kept.iter().map(|&position| position as usize).collect();
        expected.sort_unstable();
        assert_eq!(soft.kept(index).expect("shares"), expected, "{name}: kept tokens of layer {index}");
    }
}

#[test]
fn a_gate_of_zero_is_a_token_that_the_engine_removed() {
    for (name, model, texts) in models() {
        let soft = SoftModel::frozen(&model, DType::F32).expect("a copy");
        for spec in ["power_bert:retention=0.5", "random:retention=0.4,seed=3", "first_k:retention=0.3"] {
            for text in &texts {
                let outcome = engine(&model, text, spec);
                let found = soft.run(text, &Gating::Given(&gates_of(&outcome, DType::F32))).expect("a run");
                let name = format!("{name}, {spec}");
                assert_same_tokens(&name, &found, &outcome);
                assert_close(&name, &logits(&found), &outcome.logits, LOGITS);
            }
            let outcome = engine(&model, &texts[0], spec);
            assert!(outcome.trace.layers.iter().any(|layer| layer.kept.len() < texts[0].units.len()), "{spec} removes");
        }
    }
}

#[test]
fn cold_thresholds_are_the_strategy_ltp() {
    for (name, model, texts) in models() {
        let soft = SoftModel::frozen(&model, DType::F64).expect("a copy");
        let layers = soft.num_layers();
        for text in &texts {
            // Scores average 1/n: a little less removes some tokens and keeps others.
            let theta = 0.9 / text.units.len() as f64;
            let spec = format!("ltp:theta_final={theta},divisor=alive,protect=cls");
            let outcome = engine(&model, text, &spec);
            let mut thresholds: Vec<f64> = (0..layers).map(|layer| theta * layer as f64 / layers as f64).collect();
            thresholds[0] = -1.0;
            let values = Tensor::from_vec(thresholds, layers, soft.device()).expect("thresholds");
            let gating = Thresholds { values: &values, temperature: 1e-9, protected: &[0] };
            let found = soft.run(text, &Gating::Thresholds(gating)).expect("a run");
            assert_same_tokens(&format!("{name}, {spec}"), &found, &outcome);
            assert_close(&format!("{name}, {spec}"), &logits(&found), &outcome.logits, LOGITS);
            for (layer, scores) in outcome.trace.layers.iter().zip(&found.scores) {
                let soft: Vec<f32> = scores.to_dtype(DType::F32).and_then(|scores| scores.to_vec1()).expect("scores");
                let soft: Vec<f32> = layer.attended.iter().map(|&position| soft[position as usize]).collect();
                assert_close(&format!("{name}: scores"), &soft, &layer.importance, Tolerance::absolute(1e-6));
            }
        }
    }
}

/// A loss that every part of the pass moves, and a text of a few tokens.
fn loss(soft: &SoftModel, text: &Sequence, gating: &Gating<'_>) -> Tensor {
    let run = soft.run(text, gating).expect("a run");
    let teacher = run.logits.affine(0.0, 0.3).expect("a teacher");
    let scores = run.scores.iter().map(|scores| scores.sqr().and_then(|squares| squares.sum_all()).expect("a sum"));
    let scores = scores.reduce(|sum, more| (sum + more).expect("a sum")).expect("a layer");
    let parts = [
        cross_entropy(&run.logits, 1).expect("a loss"),
        distillation(&run.logits, &teacher, 1.7).expect("a loss"),
        retention(&run.shares).expect("a share"),
        scores,
    ];
    Tensor::stack(&parts, 0).and_then(|parts| parts.sum_all()).expect("a sum")
}

fn value(loss: &Tensor) -> f64 {
    loss.to_scalar().expect("a number in double precision")
}

/// What central differences say of the slope along `direction`, `var` being left as it was.
fn slope(var: &Var, direction: &Tensor, loss: &dyn Fn() -> Tensor) -> f64 {
    const STEP: f64 = 1e-5;
    let start = var.as_tensor().copy().expect("a copy");
    let moved = |by: f64| {
        var.set(&(&start + (direction * by).expect("a step")).expect("a step")).expect("same shape");
        value(&loss())
    };
    let (up, down) = (moved(STEP), moved(-STEP));
    var.set(&start).expect("same shape");
    (up - down) / (2.0 * STEP)
}

/// Numbers between -1 and 1 without a pattern.
fn direction(like: &Tensor) -> Tensor {
    let values = (0..like.elem_count()).map(|index| (index as f64 * 12.9898 + 4.1).sin()).collect();
    Tensor::from_vec(values, like.shape().clone(), like.device()).expect("a direction")
}

fn dot(one: &Tensor, other: &Tensor) -> f64 {
    value(&(one * other).and_then(|products| products.sum_all()).expect("same shape"))
}

fn assert_slope(what: &str, found: f64, expected: f64) {
    // Central differences in double precision: the third derivative times 1e-10, and rounding over 1e-5.
    assert!((found - expected).abs() < 1e-7 + 1e-6 * expected.abs(), "{what}: {found} instead of {expected}");
}

/// Six tokens, the first of a text and some of the vocabulary's middle. Not the padding: its embedding is zero, where a norm
/// bends too sharply for finite differences.
fn short(texts: &[Sequence]) -> Sequence {
    encoded_from_ids(&[texts[0].units[0].id, 11, 5, 17, 8, 3])
}

#[test]
fn gates_have_the_gradients_of_finite_differences() {
    for (name, model, texts) in models() {
        let (soft, text) = (SoftModel::frozen(&model, DType::F64).expect("a copy"), short(&texts));
        let (layers, tokens) = (soft.num_layers(), text.units.len());
        let gates: Vec<f64> = (0..layers * tokens).map(|index| 0.55 + 0.4 * (index as f64 * 1.7).sin()).collect();
        // Two at the ends, where they begin and where a token is gone.
        let gates = [vec![1.0, 0.0], gates[2..].to_vec()].concat();
        let gates = Var::from_vec(gates, (layers, tokens), &Device::Cpu).expect("gates");
        let loss = || loss(&soft, &text, &Gating::Given(gates.as_tensor()));
        let gradients = loss().backward().expect("a backward pass");
        let found: Vec<Vec<f64>> = gradients.get(&gates).expect("a gradient").to_vec2().expect("numbers");
        for (layer, row) in found.iter().enumerate() {
            for (token, &found) in row.iter().enumerate() {
                let mut unit = vec![0.0; layers * tokens];
                unit[layer * tokens + token] = 1.0;
                let unit = Tensor::from_vec(unit, (layers, tokens), &Device::Cpu).expect("a direction");
                let what = format!("{name}, layer {layer}, token {token}");
                assert_slope(&what, found, slope(&gates, &unit, &loss));
                assert!(found != 0.0 || (layer > 0 && token == 1), "{what}: no gradient, though the token is there");
            }
        }
    }
}

#[test]
fn thresholds_have_the_gradients_of_finite_differences() {
    for (name, model, texts) in models() {
        let (soft, text) = (SoftModel::frozen(&model, DType::F64).expect("a copy"), short(&texts));
        let layers = soft.num_layers();
        let values: Vec<f64> = (0..layers).map(|layer| 0.15 + 0.01 * layer as f64).collect();
        let values = Var::from_vec(values, layers, &Device::Cpu).expect("thresholds");
        let gating = || Thresholds { values: values.as_tensor(), temperature: 0.05, protected: &[0] };
        let loss = || loss(&soft, &text, &Gating::Thresholds(gating()));
        let gradients = loss().backward().expect("a backward pass");
        let found: Vec<f64> = gradients.get(&values).expect("a gradient").to_vec1().expect("numbers");
        for (layer, &found) in found.iter().enumerate() {
            let unit: Vec<f64> = (0..layers).map(|other| f64::from(u8::from(other == layer))).collect();
            let unit = Tensor::from_vec(unit, layers, &Device::Cpu).expect("a direction");
            assert_slope(&format!("{name}, layer {layer}"), found, slope(&values, &unit, &loss));
            assert!(found != 0.0, "{name}, layer {layer}: a threshold moves the shares");
        }
    }
}

/// Adding one number to all keys moves every logit of a query alike, which the softmax does not see; `DeBERTa`'s keys also
/// meet positions.
fn is_unseen(name: &str, family: &str) -> bool {
    name.ends_with("key.bias") && family != "deberta-v2"
}

#[test]
fn weights_have_the_gradients_of_finite_differences_and_none_is_left_out() {
    for (name, model, texts) in models() {
        let (soft, text) = (SoftModel::trainable(&model, DType::F64).expect("a copy"), short(&texts));
        let values = Tensor::full(0.15_f64, soft.num_layers(), &Device::Cpu).expect("thresholds");
        let gating = || Thresholds { values: &values, temperature: 0.05, protected: &[0] };
        let loss = || loss(&soft, &text, &Gating::Thresholds(gating()));
        let gradients = loss().backward().expect("a backward pass");
        assert!(!soft.parameters().is_empty(), "{name}: something to learn");
        for (parameter, var) in soft.parameters() {
            let what = format!("{name}, {parameter}");
            let found = gradients.get(var).unwrap_or_else(|| panic!("{what}: no gradient"));
            let along = direction(var);
            assert_slope(&what, dot(found, &along), slope(var, &along, &loss));
            let size = dot(found, found).sqrt();
            assert!(size > 1e-12 || is_unseen(parameter, &name), "{what}: a gradient of size {size}");
        }
    }
}

#[test]
fn frozen_weights_take_no_gradient() {
    let model = fixture_model("bert");
    let soft = SoftModel::frozen(&model, DType::F32).expect("a copy");
    assert!(soft.parameters().is_empty(), "nothing to learn");
    let run = soft.run(&Golden::load("bert").text(0), &Gating::Open).expect("a run");
    let gradients = run.logits.sum_all().and_then(|sum| sum.backward()).expect("a backward pass");
    assert_eq!(gradients.get_ids().count(), 1, "nobody has a gradient but the sum itself");
}

#[test]
fn what_cannot_be_run_is_refused_with_what_was_expected() {
    let model = fixture_model("bert");
    let soft = SoftModel::frozen(&model, DType::F32).expect("a copy");
    let text = short(&[Golden::load("bert").text(0)]);
    let said = |text: &Sequence, gating: &Gating<'_>| soft.run(text, gating).expect_err("refused").to_string();
    let ones = |layers: usize| Tensor::ones((layers, 6), DType::F32, &Device::Cpu).expect("ones");
    let found = said(&text, &Gating::Given(&ones(2)));
    assert_eq!(found, "gates have the shape [2, 6]; expected [3, 6]", "a layer too few");
    let values = Tensor::ones(3, DType::F32, &Device::Cpu).expect("ones");
    let cold = Thresholds { values: &values, temperature: 0.0, protected: &[] };
    let found = said(&text, &Gating::Thresholds(cold));
    assert_eq!(found, "the temperature of the gates is 0; expected a number above 0", "no temperature");
    let far = Thresholds { values: &values, temperature: 1.0, protected: &[6] };
    let found = said(&text, &Gating::Thresholds(far));
    assert_eq!(found, "a protected position is 6; expected below 6, the tokens of the text", "beyond the text");
    let unknown = encoded_from_ids(&[0, 1_000_000, 3]);
    assert!(said(&unknown, &Gating::Open).starts_with("token 1 has id 1000000; the vocabulary has"), "no such token");
    let long = encoded_from_ids(&vec![3; model.config.max_tokens + 1]);
    assert!(said(&long, &Gating::Open).ends_with(&format!("expected 1 to {}", model.config.max_tokens)), "too long");
    let rounded = model.into_precision(Precision::Int8).expect("eight bits");
    let found = SoftModel::trainable(&rounded, DType::F32).expect_err("refused").to_string();
    assert!(found.starts_with("weights in int8 cannot be trained; load the model in f32"), "{found}");
}
