//! Attention whose heads of queries share keys and values, against a layer written out here and against one that shares
//! nothing.

#![expect(clippy::cast_possible_truncation, reason = "references computed in f64 are compared as f32")]

use std::sync::Arc;

use prunescope::engine::RunOptions;
use prunescope::engine::run_timed;
use prunescope::jobs::Ticket;
use prunescope::model::AttentionContext;
use prunescope::model::AttentionShape;
use prunescope::model::LayerWeights;
use prunescope::model::Linear;
use prunescope::model::Model;
use prunescope::tensor::CuSeqlens;
use prunescope::tensor::Evidence;
use prunescope::tensor::EvidenceSet;
use prunescope::tensor::Matrix;

use crate::laws_evidence::recorded;
use crate::support::Golden;
use crate::support::Tolerance;
use crate::support::assert_close;
use crate::support::fixture_model;
use crate::support::on_candle;
use crate::support::strategies::KeepAll;

const HIDDEN: usize = 32;
const CLOSE: Tolerance = Tolerance::absolute(2e-5);

/// Numbers between -1 and 1 that look like chance.
fn numbers(count: usize, seed: usize) -> Vec<f32> {
    (0..count).map(|index| ((index * 7919 + seed * 104_729) % 2003) as f32 / 1001.5 - 1.0).collect()
}

fn linear(outputs: usize, inputs: usize, seed: usize) -> Linear {
    let scale = 1.5 / (inputs as f32).sqrt();
    let weight = numbers(outputs * inputs, seed).into_iter().map(|value| value * scale).collect();
    Linear::new(Matrix::from_vec(outputs, inputs, weight).expect("the sizes fit"), Some(numbers(outputs, seed + 1)))
}

/// The model with projections of this shape in every layer.
fn with_shape(family: &str, shape: AttentionShape) -> Model {
    let mut model = fixture_model(family);
    model.config.shape.num_heads = shape.heads;
    model.config.shape.head_dim = shape.head_dim;
    for (index, layer) in model.layers.iter_mut().enumerate() {
        *layer = Arc::new(LayerWeights {
            attention: shape,
            query: linear(shape.query_width(), HIDDEN, 10 * index),
            key: linear(shape.key_width(), HIDDEN, 10 * index + 2),
            value: linear(shape.key_width(), HIDDEN, 10 * index + 4),
            attention_output: linear(HIDDEN, shape.query_width(), 10 * index + 6),
            ..LayerWeights::clone(layer)
        });
    }
    model
}

/// The same model, every head of queries with its own copy of the keys and values that it shared.
fn unshared(model: &Model) -> Model {
    let repeat = |linear: &Linear, shape: AttentionShape| {
        let head = |index: usize| index / shape.group() * shape.head_dim..(index / shape.group() + 1) * shape.head_dim;
        let rows: Vec<usize> = (0..shape.heads).flat_map(head).collect();
        let bias = rows.iter().map(|&row| linear.bias()[row]).collect();
        Linear::new(linear.weight().gather(&rows), Some(bias))
    };
    let mut model = model.clone();
    for layer in &mut model.layers {
        let shape = layer.attention;
        *layer = Arc::new(LayerWeights {
            attention: AttentionShape { kv_heads: shape.heads, ..shape },
            key: repeat(&layer.key, shape),
            value: repeat(&layer.value, shape),
            ..LayerWeights::clone(layer)
        });
    }
    model
}

/// One layer of BERT up to its norm, and what it tells: contexts by the formula, in double precision.
struct Naive {
    states: Vec<f32>,
    column_sums: Vec<f32>,
    mean_keys: Vec<f32>,
    value_norms: Vec<f32>,
}

fn project(linear: &Linear, rows: &Matrix) -> Vec<Vec<f64>> {
    let weight = linear.weight();
    let output = |row: usize, out: usize| {
        let products = weight.row(out).iter().zip(rows.row(row)).map(|(a, b)| f64::from(*a) * f64::from(*b));
        products.sum::<f64>() + f64::from(linear.bias()[out])
    };
    (0..rows.rows()).map(|row| (0..weight.rows()).map(|out| output(row, out)).collect()).collect()
}

fn naive(layer: &LayerWeights, rows: &Matrix) -> Naive {
    let AttentionShape { heads, kv_heads, head_dim } = layer.attention;
    let [queries, keys, values] = [&layer.query, &layer.key, &layer.value].map(|linear| project(linear, rows));
    let tokens = rows.rows();
    let mut contexts = Matrix::zeros(tokens, heads * head_dim);
    let mut column_sums = vec![0.0_f64; tokens];
    for head in 0..heads {
        let own = head * head_dim..(head + 1) * head_dim;
        let shared = head / (heads / kv_heads);
        let shared = shared * head_dim..(shared + 1) * head_dim;
        for (query, asking) in queries.iter().enumerate() {
            let score = |key: usize| {
                let pairs = asking[own.clone()].iter().zip(&keys[key][shared.clone()]);
                (pairs.map(|(a, b)| a * b).sum::<f64>() / (head_dim as f64).sqrt()).exp()
            };
            let scores: Vec<f64> = (0..tokens).map(score).collect();
            let sum: f64 = scores.iter().sum();
            for (key, score) in scores.iter().enumerate() {
                column_sums[key] += score / sum;
                for (context, value) in
                    contexts.row_mut(query)[own.clone()].iter_mut().zip(&values[key][shared.clone()])
                {
                    *context += (score / sum * value) as f32;
                }
            }
        }
    }
    let output = project(&layer.attention_output, &contexts);
    let norm = layer.attention_norm.as_ref().expect("BERT has one");
    let state = |row: usize| {
        let sums: Vec<f64> = output[row].iter().zip(rows.row(row)).map(|(a, b)| a + f64::from(*b)).collect();
        let mean = sums.iter().sum::<f64>() / HIDDEN as f64;
        let variance = sums.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / HIDDEN as f64;
        let bias = norm.bias.as_ref().expect("BERT's has one");
        let normed = move |(column, value): (usize, f64)| {
            let value = (value - mean) / (variance + f64::from(norm.eps)).sqrt();
            (value * f64::from(norm.weight[column]) + f64::from(bias[column])) as f32
        };
        sums.into_iter().enumerate().map(normed).collect::<Vec<f32>>()
    };
    let mean_key = |key: &Vec<f64>| -> Vec<f32> {
        let column = |column: usize| (0..kv_heads).map(|head| key[head * head_dim + column]).sum::<f64>();
        (0..head_dim).map(|at| (column(at) / kv_heads as f64) as f32).collect()
    };
    Naive {
        states: (0..tokens).flat_map(state).collect(),
        column_sums: column_sums.into_iter().map(|sum| sum as f32).collect(),
        mean_keys: keys.iter().flat_map(mean_key).collect(),
        value_norms: values
            .iter()
            .map(|row| row.iter().map(|value| value * value).sum::<f64>().sqrt() as f32)
            .collect(),
    }
}

const SHAPES: [AttentionShape; 4] = [
    AttentionShape { heads: 4, kv_heads: 2, head_dim: 8 },
    AttentionShape { heads: 4, kv_heads: 1, head_dim: 8 },
    // Narrower and wider than the states.
    AttentionShape { heads: 6, kv_heads: 3, head_dim: 4 },
    AttentionShape { heads: 4, kv_heads: 2, head_dim: 12 },
];

#[test]
fn shared_keys_and_values_agree_with_the_formula() {
    let needs = EvidenceSet::of([Evidence::ColumnSums, Evidence::MeanKeys, Evidence::ValueNorms]);
    for shape in SHAPES {
        let model = with_shape("bert", shape);
        for tokens in [1, 7, 40] {
            let hidden = Matrix::from_vec(tokens, HIDDEN, numbers(tokens * HIDDEN, 3)).expect("the sizes fit");
            let positions: Vec<u32> = (0..).take(tokens).collect();
            let bounds = CuSeqlens::from_lengths([tokens]);
            let got = model.attend(1, &hidden, &bounds, &AttentionContext::new(&positions, needs));
            let expected = naive(&model.layers[1], &hidden);
            let what = |part: &str| format!("{shape:?}, {tokens} tokens, {part}");
            let evidence = &got.evidence[0];
            assert_close(&what("states"), got.hidden.data(), &expected.states, CLOSE);
            assert_close(&what("column sums"), evidence.of(Evidence::ColumnSums), &expected.column_sums, CLOSE);
            assert_close(&what("mean keys"), evidence.of(Evidence::MeanKeys), &expected.mean_keys, CLOSE);
            assert_close(&what("value norms"), evidence.of(Evidence::ValueNorms), &expected.value_norms, CLOSE);
        }
    }
}

#[test]
fn shared_heads_tell_what_copies_would() {
    let kinds = [Evidence::HeadColumnSums, Evidence::HeadValueL1, Evidence::HeadValueL2, Evidence::OutputGrams];
    for (shape, kind) in SHAPES.into_iter().flat_map(|shape| kinds.map(|kind| (shape, kind))) {
        let model = with_shape("bert", shape);
        let expected = recorded(&unshared(&model), kind, false);
        for (place, got) in [
            ("shared", recorded(&model, kind, false)),
            ("padded", recorded(&model, kind, true)),
            ("on a device", recorded(&on_candle(model.clone(), false), kind, false)),
            ("filled up on a device", recorded(&on_candle(model, true), kind, false)),
        ] {
            assert!(got.keys().eq(expected.keys()), "{shape:?}, {kind:?} {place}: the same texts and layers");
            for (got, expected) in got.values().zip(expected.values()) {
                let close = Tolerance { absolute: 1e-4, relative: 1e-4 };
                assert_close(&format!("{shape:?}, {kind:?} {place}"), got.of(kind), expected.of(kind), close);
            }
        }
    }
}

#[test]
fn sharing_is_the_same_as_copies_everywhere_and_in_every_way_to_run() {
    let ways = [
        RunOptions::default(),
        RunOptions { head_rows_only: true, ..RunOptions::default() },
        RunOptions { padded: true, ..RunOptions::default() },
    ];
    // ModernBERT turns keys and closes windows.
    for family in ["bert", "modernbert"] {
        let golden = Golden::load(family);
        let texts: Vec<_> = (0..3).map(|text| golden.text(text)).collect();
        let batch: Vec<_> = texts.iter().collect();
        for shape in SHAPES {
            let shared = with_shape(family, shape);
            let copies = unshared(&shared);
            for options in ways {
                let logits = |model: &Model| -> Vec<f32> {
                    let report = run_timed(&Ticket::detached(), model, &batch, &KeepAll, options).expect("a dense run");
                    report.outcomes.into_iter().flat_map(|outcome| outcome.logits).collect()
                };
                let expected = logits(&copies);
                assert_eq!(logits(&shared), expected, "{family}, {shape:?}, {options:?}: the same bits");
                for whole in [false, true] {
                    let got = logits(&on_candle(shared.clone(), whole));
                    assert_close(&format!("{family}, {shape:?}, candle, {whole}"), &got, &expected, CLOSE);
                }
            }
        }
    }
}

#[test]
fn work_is_counted_by_the_products_that_are_there() {
    for shape in SHAPES {
        let model = with_shape("bert", shape);
        let (queries, keys) = (shape.query_width() as u64, shape.key_width() as u64);
        // Two products with queries' width and two with keys' width a row, scores and contexts, and the feed-forward block.
        let expected = 10 * 32 * (2 * queries + 2 * keys) + 2 * 100 * queries + 2 * 10 * 32 * 56;
        assert_eq!(model.layers[0].macs(10, 10), expected, "{shape:?}, counted");
        assert_eq!(prunescope::cost::model_layer_macs(&model, 0, 10, 10), expected, "{shape:?}, in closed form");
    }
}
