//! Multiply-accumulates in closed form.

use crate::model::HeadLayer;
use crate::model::Model;
use crate::tensor::ModelShape;

/// One layer's multiply-accumulates: `4 n_a d^2 + 2 n_a^2 d + 2 n_f d d_ff`.
///
/// `rows_attention` (`n_a`) enter attention, `rows_feed_forward` (`n_f`) the feed-forward block.
/// Source: strategies.md section 1.5; the same as LTP's `compute_macs`, with the model's own feed-forward width.
#[must_use]
pub fn layer_macs(shape: &ModelShape, rows_attention: usize, rows_feed_forward: usize) -> u64 {
    attention_macs(shape, rows_attention) + 2 * feed_forward_product(shape, rows_feed_forward)
}

/// [`layer_macs`] of this very model: a gated feed-forward block has three products instead of two, and queries may share
/// keys and values.
#[must_use]
pub fn model_layer_macs(model: &Model, layer: usize, rows_attention: usize, rows_feed_forward: usize) -> u64 {
    let (shape, layer) = (&model.config.shape, &model.layers[layer]);
    let products = if layer.gated { 3 } else { 2 };
    let [queries, keys] = [layer.attention.query_width(), layer.attention.key_width()];
    2 * product(rows_attention, shape.hidden, queries)
        + 2 * product(rows_attention, shape.hidden, keys)
        + 2 * product(rows_attention, rows_attention, queries)
        + products * feed_forward_product(shape, rows_feed_forward)
}

/// Multiply-accumulates outside the layers: the embedding projection where there is one (`num_tokens * e * d`), and the
/// classifier head on one row (`d * d_dense + d_dense * labels`, or `d * labels` where it has no dense layer).
#[must_use]
pub fn head_macs(model: &Model, num_tokens: usize) -> u64 {
    let projection = model
        .embeddings
        .projection
        .as_ref()
        .map_or(0, |projection| product(num_tokens, projection.in_features(), projection.out_features()));
    let one = |layer: &HeadLayer| product(1, layer.linear.in_features(), layer.linear.out_features());
    projection + model.head.layers().map(one).sum::<u64>()
}

/// The dense pass over `num_tokens` tokens, everything counted. With the real length this is the unpadded baseline, with
/// the padded length the padded one.
#[must_use]
pub fn dense_macs(model: &Model, num_tokens: usize) -> u64 {
    schedule_macs(model, num_tokens, &vec![num_tokens; model.layers.len()])
}

/// A pass that keeps `kept[layer]` rows at hook point P2 of each layer: `kept[l]` rows enter that layer's feed-forward
/// block and the next layer's attention. The strategy's own cost is not in it.
#[must_use]
pub fn schedule_macs(model: &Model, num_tokens: usize, kept: &[usize]) -> u64 {
    let mut rows = num_tokens;
    let mut macs = head_macs(model, num_tokens);
    for (layer, &after) in kept.iter().enumerate().take(model.layers.len()) {
        macs += model_layer_macs(model, layer, rows, after);
        rows = after;
    }
    macs
}

fn attention_macs(shape: &ModelShape, rows: usize) -> u64 {
    4 * product(rows, shape.hidden, shape.hidden) + 2 * product(rows, rows, shape.hidden)
}

fn feed_forward_product(shape: &ModelShape, rows: usize) -> u64 {
    product(rows, shape.hidden, shape.intermediate)
}

fn product(rows: usize, inner: usize, columns: usize) -> u64 {
    rows as u64 * inner as u64 * columns as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    const BERT_BASE: ModelShape =
        ModelShape { num_layers: 12, hidden: 768, num_heads: 12, head_dim: 64, intermediate: 3072, reads_mean: false };

    #[test]
    fn bert_base_costs_what_the_papers_say() {
        assert_eq!(layer_macs(&BERT_BASE, 128, 128), 931_135_488, "strategies.md 1.5");
        assert_eq!(12 * layer_macs(&BERT_BASE, 128, 128), 11_173_625_856, "strategies.md section 8");
        // TR-BERT's table lists 7,079,424 for one token: 12 d^2 + 2 d.
        assert_eq!(layer_macs(&BERT_BASE, 1, 1), 7_079_424, "one token");
    }

    #[test]
    fn a_schedule_costs_what_the_test_vector_says() {
        let kept = [128, 128, 128, 96, 96, 96, 64, 64, 64, 32, 32, 32];
        let before = [128].iter().chain(&kept);
        let macs: u64 = before.zip(&kept).map(|(&rows, &after)| layer_macs(&BERT_BASE, rows, after)).sum();
        assert_eq!(macs, 7_186_415_616, "strategies.md section 8");
    }
}
