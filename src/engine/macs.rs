//! Multiply-accumulates counted from the products that are really computed: the weights' own sizes times the rows that
//! met them. The closed form in `cost` is written from the papers' formula; a test holds both together.

use crate::model::Linear;
use crate::model::Model;

/// One layer on these row counts. Relative-position terms (`DeBERTa`) are left out, as in the papers' formula.
pub(super) fn layer(model: &Model, layer: usize, rows_attention: usize, rows_feed_forward: usize) -> u64 {
    let weights = &model.layers[layer];
    let projections = [&weights.query, &weights.key, &weights.value, &weights.attention_output];
    let blocks = [&weights.intermediate, &weights.output];
    // Scores and contexts: each of rows^2 pairs meets all heads' widths, which add up to the value width, twice.
    let attention = 2 * (rows_attention * rows_attention * weights.value.out_features()) as u64;
    attention + sum(&projections, rows_attention) + sum(&blocks, rows_feed_forward)
}

/// One layer of which only one row is wanted: keys and values of all rows, everything else of that row.
pub(super) fn head_row(model: &Model, layer: usize, rows: usize) -> u64 {
    let weights = &model.layers[layer];
    let once = [&weights.query, &weights.attention_output, &weights.intermediate, &weights.output];
    let attention = 2 * (rows * weights.value.out_features()) as u64;
    attention + sum(&[&weights.key, &weights.value], rows) + sum(&once, 1)
}

/// Embedding projection and classifier head.
pub(super) fn outside_layers(model: &Model, rows: usize) -> u64 {
    let projection = model.embeddings.projection.as_ref().map_or(0, |projection| sum(&[projection], rows));
    projection + sum(&[&model.head.dense, &model.head.classifier], 1)
}

fn sum(products: &[&Linear], rows: usize) -> u64 {
    products.iter().map(|linear| (rows * linear.in_features() * linear.out_features()) as u64).sum()
}
