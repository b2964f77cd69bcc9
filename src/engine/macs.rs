//! Multiply-accumulates counted from the products that are really computed: the weights' own sizes times the rows that
//! met them. The closed form in `cost` is written from the papers' formula; a test holds both together.

use crate::model::Linear;
use crate::model::Model;
use crate::model::macs;

/// One layer on these row counts.
pub(super) fn layer(model: &Model, layer: usize, rows_attention: usize, rows_feed_forward: usize) -> u64 {
    model.layers[layer].macs(rows_attention, rows_feed_forward)
}

/// One layer of which only one row is wanted: keys and values of all rows, everything else of that row.
pub(super) fn head_row(model: &Model, layer: usize, rows: usize) -> u64 {
    let weights = &model.layers[layer];
    let once = [&weights.query, &weights.attention_output, &weights.intermediate, &weights.output];
    let attention = 2 * (rows * weights.query.out_features()) as u64;
    attention + macs(&[&weights.key, &weights.value], rows) + macs(&once, 1)
}

/// Embedding projection and classifier head.
pub(super) fn outside_layers(model: &Model, rows: usize) -> u64 {
    let projection = model.embeddings.projection.as_ref().map_or(0, |projection| macs(&[projection], rows));
    let head: Vec<&Linear> = model.head.layers().map(|layer| &layer.linear).collect();
    projection + macs(&head, 1)
}
