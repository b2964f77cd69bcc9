//! Self-attention of packed sequences, each head of each sequence on its own.

use rayon::prelude::*;
use std::ops::Range;

use crate::model::AttentionContext;
use crate::model::Model;
use crate::model::RotaryAttention;
use crate::model::relative::RelativeAttention;
use crate::tensor::CuSeqlens;
use crate::tensor::EvidenceNeeds;
use crate::tensor::Matrix;
use crate::tensor::SequenceEvidence;
use crate::tensor::gemm;
use crate::tensor::gemm::ProductOptions;
use crate::tensor::gemm::View;
use crate::tensor::rows;

/// One head of one sequence: what it reads and where its context goes.
struct Head<'a> {
    sequence: usize,
    head: usize,
    /// Packed rows of the sequence.
    range: Range<usize>,
    /// Shape: `[tokens, head_dim]`.
    context: &'a mut [f32],
}

/// What one head says about its sequence; parts as in [`SequenceEvidence`], not yet reduced over heads.
#[derive(Default)]
struct HeadEvidence {
    column_sums: Vec<f32>,
    diagonal: Vec<f32>,
    cls_row: Vec<f32>,
    probs: Vec<f32>,
}

/// What all heads of a layer share.
struct Shared<'a> {
    /// Queries, keys and values side by side. Shape: `[total_tokens, 3 * hidden]`.
    qkv: &'a Matrix,
    head_dim: usize,
    num_heads: usize,
    context: &'a AttentionContext<'a>,
    rotary: Option<RotaryAttention>,
    relative: Option<RelativeAttention<'a>>,
}

impl Model {
    /// The heads' contexts side by side `[total_tokens, hidden]`, and the evidence, `hidden` excepted.
    pub(super) fn self_attention(
        &self,
        layer: usize,
        input: &Matrix,
        bounds: &CuSeqlens,
        context: &AttentionContext<'_>,
    ) -> (Matrix, Vec<SequenceEvidence>) {
        let weights = &self.layers[layer];
        let shape = self.config.shape;
        let (hidden, head_dim, num_heads) = (shape.hidden, shape.head_dim(), shape.num_heads);
        let mut qkv = Matrix::zeros(input.rows(), 3 * hidden);
        for (block, linear) in [&weights.query, &weights.key, &weights.value].into_iter().enumerate() {
            if input.rows() > 0 {
                linear.apply_into(input, &mut qkv.data_mut()[block * hidden..], 3 * hidden);
            }
        }
        let mut evidence = token_evidence(&qkv, bounds, context.needs, num_heads);
        if let Some(rotary) = weights.rotary {
            rotate(&mut qkv, context.positions, head_dim, rotary.theta);
        }
        let relative = self.disentangled.as_ref().map(|positions| RelativeAttention::new(self, positions, layer));
        let shared = Shared { qkv: &qkv, head_dim, num_heads, context, rotary: weights.rotary, relative };
        let mut by_head = vec![0.0; input.rows() * hidden];
        let heads = split_heads(&mut by_head, bounds, num_heads, head_dim);
        let from_heads: Vec<(usize, HeadEvidence)> =
            heads.into_par_iter().map(|head| (head.sequence, shared.attend(head))).collect();
        for (sequence, part) in from_heads {
            collect(&mut evidence[sequence], part, num_heads);
        }
        (side_by_side(&by_head, bounds, num_heads, head_dim), evidence)
    }
}

impl Shared<'_> {
    fn attend(&self, head: Head<'_>) -> HeadEvidence {
        let Range { start, end } = head.range;
        let tokens = end - start;
        if tokens == 0 {
            return HeadEvidence::default();
        }
        let (queries, keys, values) = (
            self.part(0, start, tokens, head.head),
            self.part(1, start, tokens, head.head),
            self.part(2, start, tokens, head.head),
        );
        let terms = self.relative.as_ref().map_or(1, RelativeAttention::terms);
        let scale = 1.0 / (self.head_dim as f32 * terms as f32).sqrt();
        let mut probs = vec![0.0; tokens * tokens];
        gemm::product(
            &mut probs,
            tokens,
            queries,
            keys.transposed(),
            ProductOptions { scale, ..ProductOptions::PLAIN },
        );
        let positions = &self.context.positions[start..end];
        if let Some(relative) = &self.relative {
            relative.add_scores(&mut probs, [queries, keys], positions, head.head, scale);
        }
        let key_bias = self.context.key_bias.map(|bias| &bias[start..end]);
        for (query, row) in probs.chunks_mut(tokens).enumerate() {
            if let Some(bias) = key_bias {
                rows::add(row, bias);
            }
            if let Some(half_window) = self.rotary.and_then(|rotary| rotary.half_window) {
                close_window(row, positions, positions[query], half_window);
            }
            rows::softmax(row);
        }
        gemm::product(
            head.context,
            self.head_dim,
            View::rows(&probs, tokens, tokens, tokens),
            values,
            ProductOptions::PLAIN,
        );
        head_evidence(probs, tokens, self.context.needs)
    }

    /// Queries (0), keys (1) or values (2) of one head. Shape: `[tokens, head_dim]`.
    fn part(&self, block: usize, start: usize, tokens: usize, head: usize) -> View<'_> {
        let width = self.qkv.cols();
        let offset = start * width + (block * self.num_heads + head) * self.head_dim;
        View::rows(&self.qkv.data()[offset..], tokens, self.head_dim, width)
    }
}

/// Rules out keys further than `half_window` from the query, by original position.
fn close_window(row: &mut [f32], positions: &[u32], query: u32, half_window: usize) {
    for (logit, &key) in row.iter_mut().zip(positions) {
        if query.abs_diff(key) as usize > half_window {
            *logit = f32::NEG_INFINITY;
        }
    }
}

/// Cuts the buffer of contexts into one piece per sequence and head.
fn split_heads<'a>(mut buffer: &'a mut [f32], bounds: &CuSeqlens, num_heads: usize, head_dim: usize) -> Vec<Head<'a>> {
    let mut heads = Vec::with_capacity(bounds.batch() * num_heads);
    for (sequence, range) in bounds.ranges().enumerate() {
        for head in 0..num_heads {
            let (context, rest) = buffer.split_at_mut(range.len() * head_dim);
            buffer = rest;
            heads.push(Head { sequence, head, range: range.clone(), context });
        }
    }
    heads
}

/// `[sequence, head, token, head_dim]` → `[total_tokens, hidden]`.
fn side_by_side(by_head: &[f32], bounds: &CuSeqlens, num_heads: usize, head_dim: usize) -> Matrix {
    let hidden = num_heads * head_dim;
    let mut out = Matrix::zeros(bounds.total(), hidden);
    for range in bounds.ranges() {
        let tokens = range.len();
        let sequence = &by_head[range.start * hidden..range.end * hidden];
        for token in 0..tokens {
            let row = out.row_mut(range.start + token);
            for (head, piece) in row.chunks_mut(head_dim).enumerate() {
                let from = (head * tokens + token) * head_dim;
                piece.copy_from_slice(&sequence[from..from + head_dim]);
            }
        }
    }
    out
}

/// Evidence that needs no probabilities: mean keys (before any rotation, so that they compare content) and value norms.
fn token_evidence(qkv: &Matrix, bounds: &CuSeqlens, needs: EvidenceNeeds, num_heads: usize) -> Vec<SequenceEvidence> {
    let hidden = qkv.cols() / 3;
    let head_dim = hidden / num_heads;
    let of_sequence = |range: Range<usize>| {
        let mut evidence = SequenceEvidence::default();
        if needs.mean_keys {
            evidence.mean_keys = vec![0.0; range.len() * head_dim];
            for (row, mean) in range.clone().zip(evidence.mean_keys.chunks_mut(head_dim)) {
                for key in qkv.row(row)[hidden..2 * hidden].chunks(head_dim) {
                    rows::add(mean, key);
                }
                mean.iter_mut().for_each(|value| *value /= num_heads as f32);
            }
        }
        if needs.value_norms {
            evidence.value_norms = range.map(|row| rows::sum_of_squares(&qkv.row(row)[2 * hidden..]).sqrt()).collect();
        }
        evidence
    };
    bounds.ranges().map(of_sequence).collect()
}

fn head_evidence(probs: Vec<f32>, tokens: usize, needs: EvidenceNeeds) -> HeadEvidence {
    let mut evidence = HeadEvidence::default();
    if needs.column_sums {
        evidence.column_sums = vec![0.0; tokens];
        for row in probs.chunks(tokens) {
            rows::add(&mut evidence.column_sums, row);
        }
    }
    if needs.diagonal_sums {
        evidence.diagonal = probs.iter().step_by(tokens + 1).copied().collect();
    }
    if needs.cls_row {
        evidence.cls_row = probs[..tokens].to_vec();
    }
    if needs.attention_probs {
        evidence.probs = probs;
    }
    evidence
}

/// Adds one head's part; heads arrive in order, so that sums do not depend on the number of threads.
fn collect(evidence: &mut SequenceEvidence, mut part: HeadEvidence, num_heads: usize) {
    part.cls_row.iter_mut().for_each(|value| *value /= num_heads as f32);
    for (sum, part) in [
        (&mut evidence.column_sums, part.column_sums),
        (&mut evidence.diagonal_sums, part.diagonal),
        (&mut evidence.cls_row, part.cls_row),
    ] {
        if sum.is_empty() {
            *sum = part;
        } else {
            rows::add(sum, &part);
        }
    }
    if evidence.attention_probs.is_empty() {
        evidence.attention_probs = part.probs;
    } else {
        evidence.attention_probs.extend_from_slice(&part.probs);
    }
}

/// Turns queries and keys by their positions: pairs `(i, i + head_dim / 2)` by the angle `position * theta^(-2i / head_dim)`.
///
/// Source: Su et al. 2021, "RoFormer", <https://arxiv.org/abs/2104.09864>, in the half-split pairing that `ModernBERT` uses.
fn rotate(qkv: &mut Matrix, positions: &[u32], head_dim: usize, theta: f32) {
    let half = head_dim / 2;
    let hidden = qkv.cols() / 3;
    let frequencies: Vec<f32> = (0..half).map(|pair| theta.powf(-((2 * pair) as f32) / head_dim as f32)).collect();
    let width = qkv.cols().max(1);
    qkv.data_mut().par_chunks_mut(width).zip(positions.par_iter()).with_min_len(16).for_each(|(row, &position)| {
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
