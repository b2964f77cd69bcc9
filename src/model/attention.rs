//! Self-attention of packed sequences, in blocks of queries that stay in the cache.
//!
//! Keys and values of each head are packed once; then each block of queries goes through all heads, the output projection,
//! the residual and the norm. How a sequence is cut into blocks depends on its length alone, so that sums over queries do
//! not depend on the batch or on the number of threads.

use rayon::prelude::*;

use crate::model::AttentionContext;
use crate::model::LayerWeights;
use crate::model::Model;
use crate::model::NormPlacement;
use crate::model::evidence::BlockEvidence;
use crate::model::evidence::collect;
use crate::model::evidence::token_evidence;
use crate::model::forward::normalize;
use crate::model::linear::block_rows;
use crate::model::relative::RelativeAttention;
use crate::model::relative::SequenceDistances;
use crate::model::scratch::Scratch;
use crate::model::scratch::sized;
use crate::model::scratch::with_scratch;
use crate::tensor::CuSeqlens;
use crate::tensor::Matrix;
use crate::tensor::Panels;
use crate::tensor::RowsRef;
use crate::tensor::SequenceEvidence;
use crate::tensor::rows;
use crate::tensor::vector;

/// One head of one sequence, packed for products with blocks of queries.
struct HeadPanels {
    keys: Panels,
    values: Panels,
    /// Position-to-content logits (`DeBERTa`), else empty. Shape: `[keys, distances]`.
    by_key: Vec<f32>,
}

/// Some queries of one sequence.
#[derive(Clone, Copy)]
struct Block {
    sequence: usize,
    /// First query, counted within the sequence.
    first: usize,
    queries: usize,
}

/// What the blocks of a layer share.
struct Attention<'a> {
    model: &'a Model,
    weights: &'a LayerWeights,
    context: &'a AttentionContext<'a>,
    bounds: &'a CuSeqlens,
    /// The layer's input, added back. Shape: `[total_tokens, hidden]`.
    residual: &'a Matrix,
    /// Queries, keys and values side by side, queries scaled. Shape: `[total_tokens, 3 * hidden]`.
    qkv: Matrix,
    relative: Option<RelativeAttention<'a>>,
    /// One entry per sequence where distances matter.
    distances: Vec<SequenceDistances>,
}

impl Model {
    /// The states at P2, and the evidence, `hidden` excepted.
    pub(super) fn attention_block(
        &self,
        layer: usize,
        hidden: &Matrix,
        bounds: &CuSeqlens,
        context: &AttentionContext<'_>,
    ) -> (Matrix, Vec<SequenceEvidence>) {
        let weights = &*self.layers[layer];
        let relative = self.disentangled.as_ref().map(|positions| RelativeAttention::new(self, positions, layer));
        let terms = relative.as_ref().map_or(1, RelativeAttention::terms);
        let scale = 1.0 / (self.config.shape.head_dim() as f32 * terms as f32).sqrt();
        let mut qkv = self.project(weights, hidden, scale);
        let mut evidence = token_evidence(&qkv, bounds, context.needs, self.config.shape.num_heads);
        if let Some(rotary) = weights.rotary {
            rotate(&mut qkv, context.positions, self.config.shape.head_dim(), rotary.theta);
        }
        let distances = relative.as_ref().map_or_else(Vec::new, |relative| {
            bounds.ranges().map(|range| relative.distances(&context.positions[range])).collect()
        });
        let attention = Attention { model: self, weights, context, bounds, residual: hidden, qkv, relative, distances };
        let (states, blocks) = attention.run(scale);
        for (block, part) in blocks {
            let tokens = bounds.range(block.sequence).len();
            collect(&mut evidence[block.sequence], part, tokens, self.config.shape.num_heads);
        }
        (states, evidence)
    }

    /// Queries (scaled), keys and values of all rows.
    fn project(&self, weights: &LayerWeights, hidden: &Matrix, scale: f32) -> Matrix {
        let cols = hidden.cols();
        let mut qkv = Matrix::zeros(hidden.rows(), 3 * cols);
        let block = block_rows(hidden.rows()).max(1);
        qkv.data_mut().par_chunks_mut(block * 3 * cols.max(1)).enumerate().for_each(|(index, out)| {
            let rows = out.len() / (3 * cols);
            let data = &hidden.data()[index * block * cols..][..rows * cols];
            with_scratch(|scratch| {
                let data = match (&weights.attention_norm, self.norm_placement) {
                    (Some(norm), NormPlacement::Pre) => {
                        let normed = sized(&mut scratch.normed, data.len());
                        normed.copy_from_slice(data);
                        normalize(normed, norm);
                        normed
                    }
                    _ => data,
                };
                let input = RowsRef { data, stride: cols, rows };
                weights.query.apply_rows(input, out, 3 * cols);
                weights.key.apply_rows(input, &mut out[cols..], 3 * cols);
                weights.value.apply_rows(input, &mut out[2 * cols..], 3 * cols);
            });
            for row in out.chunks_mut(3 * cols) {
                row[..cols].iter_mut().for_each(|value| *value *= scale);
            }
        });
        qkv
    }
}

impl Attention<'_> {
    fn run(&self, scale: f32) -> (Matrix, Vec<(Block, BlockEvidence)>) {
        let num_heads = self.model.config.shape.num_heads;
        let tasks = self.bounds.batch() * num_heads;
        let pack = |task: usize| self.pack(task / num_heads, task % num_heads, scale);
        let panels: Vec<HeadPanels> = (0..tasks).into_par_iter().map(pack).collect();
        let cols = self.residual.cols();
        let mut states = Matrix::zeros(self.residual.rows(), cols);
        let mut rest = states.data_mut();
        let mut blocks = Vec::new();
        for block in plan_blocks(self.bounds) {
            let (out, after) = rest.split_at_mut(block.queries * cols);
            rest = after;
            blocks.push((block, out));
        }
        let attend = |(block, out): (Block, &mut [f32])| {
            let panels = &panels[block.sequence * num_heads..][..num_heads];
            (block, with_scratch(|scratch| self.attend(block, panels, out, scratch)))
        };
        let evidence = blocks.into_par_iter().map(attend).collect();
        (states, evidence)
    }

    /// Queries (0), keys (1) or values (2) of one head, from a packed row on.
    fn part(&self, block: usize, head: usize, first: usize, rows: usize) -> RowsRef<'_> {
        let stride = self.qkv.cols();
        let head_dim = self.model.config.shape.head_dim();
        RowsRef { data: &self.qkv.data()[first * stride + block * stride / 3 + head * head_dim..], stride, rows }
    }

    fn pack(&self, sequence: usize, head: usize, scale: f32) -> HeadPanels {
        let range = self.bounds.range(sequence);
        let head_dim = self.model.config.shape.head_dim();
        let (mut keys, mut values) = (Panels::empty(), Panels::empty());
        let mut by_key = Vec::new();
        if !range.is_empty() {
            let key_rows = self.part(1, head, range.start, range.len());
            keys.pack_transposed(key_rows, head_dim);
            values.pack(self.part(2, head, range.start, range.len()), head_dim);
            if let Some(relative) = &self.relative {
                by_key = relative.key_logits(&self.distances[sequence], key_rows, head, scale);
            }
        }
        HeadPanels { keys, values, by_key }
    }

    /// One block of queries, from their projections to the states at P2.
    fn attend(&self, block: Block, panels: &[HeadPanels], out: &mut [f32], scratch: &mut Scratch) -> BlockEvidence {
        let range = self.bounds.range(block.sequence);
        let (cols, head_dim) = (self.residual.cols(), self.model.config.shape.head_dim());
        let (first, keys) = (range.start + block.first, range.len());
        let key_bias = self.context.key_bias.map_or(&[][..], |bias| &bias[range.clone()]);
        let values = panels.len() * block.queries * keys;
        let mut evidence = BlockEvidence::new(self.context.needs, block.first, values);
        let Scratch { probs, context, by_distance, .. } = scratch;
        let probs = sized(probs, block.queries * keys);
        let context = sized(context, block.queries * cols);
        for (head, panels) in panels.iter().enumerate() {
            let queries = self.part(0, head, first, block.queries);
            panels.keys.multiply(queries, key_bias, probs, keys);
            if let Some(relative) = &self.relative {
                let distances = &self.distances[block.sequence];
                relative.add_query_logits(distances, queries, head, (block.first, probs, by_distance));
                RelativeAttention::add_key_logits(distances, &panels.by_key, block.first, probs);
            }
            self.close_window(block, probs);
            vector::softmax_rows(probs, keys);
            evidence.add(self.context.needs, probs, keys);
            let weights = RowsRef { data: probs, stride: keys, rows: block.queries };
            panels.values.multiply(weights, &[], &mut context[head * head_dim..], cols);
        }
        let contexts = RowsRef { data: context, stride: cols, rows: block.queries };
        self.weights.attention_output.apply_rows(contexts, out, cols);
        rows::add(out, &self.residual.data()[first * cols..][..out.len()]);
        if let (Some(norm), NormPlacement::Post) = (&self.weights.attention_norm, self.model.norm_placement) {
            normalize(out, norm);
        }
        evidence
    }

    /// Rules out keys further than half a window from the query, in layers that have one.
    fn close_window(&self, block: Block, logits: &mut [f32]) {
        let Some(half_window) = self.weights.rotary.and_then(|rotary| rotary.half_window) else { return };
        let positions = &self.context.positions[self.bounds.range(block.sequence)];
        for (row, &query) in logits.chunks_mut(positions.len()).zip(&positions[block.first..]) {
            for (logit, &key) in row.iter_mut().zip(positions) {
                if query.abs_diff(key) as usize > half_window {
                    *logit = f32::NEG_INFINITY;
                }
            }
        }
    }
}

/// Cuts each sequence into blocks of at most 24 queries, and into two where it has 16 or more, so that short texts use
/// two cores.
fn plan_blocks(bounds: &CuSeqlens) -> Vec<Block> {
    const LARGEST: usize = 24;
    let mut blocks = Vec::new();
    for (sequence, range) in bounds.ranges().enumerate() {
        let tokens = range.len();
        let parts = tokens.div_ceil(LARGEST).max(if tokens < 16 { 1 } else { 2 });
        let size = tokens.div_ceil(parts).next_multiple_of(4);
        for first in (0..tokens).step_by(size.max(1)) {
            blocks.push(Block { sequence, first, queries: size.min(tokens - first) });
        }
    }
    blocks
}

/// Turns queries and keys by their positions: pairs `(i, i + head_dim / 2)` by `position * theta^(-2i / head_dim)`.
///
/// Source: Su et al. 2021, "`RoFormer`", <https://arxiv.org/abs/2104.09864>, in the half-split pairing that `ModernBERT`
/// uses.
fn rotate(qkv: &mut Matrix, positions: &[u32], head_dim: usize, theta: f32) {
    let half = head_dim / 2;
    let hidden = qkv.cols() / 3;
    let frequency = |pair: usize| theta.powf(-((2 * pair) as f32) / head_dim as f32);
    let frequencies: Vec<f32> = (0..half).map(frequency).collect();
    let width = qkv.cols().max(1);
    qkv.data_mut().par_chunks_mut(width).zip(positions).with_min_len(16).for_each(|(row, &position)| {
        let turns: Vec<(f32, f32)> =
            frequencies.iter().map(|frequency| (position as f32 * frequency).sin_cos()).collect();
        for head in row[..2 * hidden].chunks_mut(head_dim) {
            let (first, second) = head.split_at_mut(half);
            for ((a, b), &(sin, cos)) in first.iter_mut().zip(second).zip(&turns) {
                (*a, *b) = (*a * cos - *b * sin, *b * cos + *a * sin);
            }
        }
    });
}
