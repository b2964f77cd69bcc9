//! What attention says about tokens, gathered while it is computed and added up in a fixed order.

use std::ops::Range;

use rayon::prelude::*;

use crate::model::AttentionContext;
use crate::tensor::CuSeqlens;
use crate::tensor::EvidenceNeeds;
use crate::tensor::Matrix;
use crate::tensor::SequenceEvidence;
use crate::tensor::rows;
use crate::tensor::vector;

/// What one block of queries says about its sequence; parts as in [`SequenceEvidence`].
#[derive(Default)]
pub(in crate::model) struct BlockEvidence {
    /// The block's first query.
    first: usize,
    /// Rows of the sequence that are tokens; the rest is padding, of which nothing is told.
    tokens: usize,
    /// Over the block's queries and all heads.
    column_sums: Vec<f32>,
    /// Of the block's queries. Shape: `[queries]`.
    diagonal_sums: Vec<f32>,
    /// Summed over heads; in the block that holds query 0.
    cls_row: Vec<f32>,
    /// Summed over heads, padding included. Shape: `[queries]`.
    pub(in crate::model) row_entropies: Vec<f32>,
    /// Shape: `[heads, queries, keys]`.
    probs: Vec<f32>,
}

impl BlockEvidence {
    /// For a block from query `first` on, of a sequence of so many tokens.
    pub(in crate::model) fn new(needs: EvidenceNeeds, first: usize, tokens: usize) -> Self {
        let sums = if needs.column_sums { vec![0.0; tokens] } else { Vec::new() };
        Self { first, tokens, column_sums: sums, ..Self::default() }
    }

    /// Takes in the next head: exponentials `[queries, keys]` and what makes each row of them sum to 1.
    pub(in crate::model) fn add(&mut self, needs: EvidenceNeeds, (weights, keys): (&[f32], usize), scales: &[f32]) {
        let queries = scales.len().min(self.tokens.saturating_sub(self.first));
        let (weights, scales) = (&weights[..queries * keys], &scales[..queries]);
        if needs.column_sums {
            vector::add_scaled_rows(&mut self.column_sums, weights, keys, scales);
        }
        if needs.diagonal_sums {
            self.diagonal_sums.resize(queries, 0.0);
            let rows = weights.chunks_exact(keys).zip(scales);
            for (query, (sum, (row, scale))) in self.diagonal_sums.iter_mut().zip(rows).enumerate() {
                *sum += scale * row[self.first + query];
            }
        }
        if needs.cls_row && self.first == 0 && queries > 0 {
            self.cls_row.resize(self.tokens, 0.0);
            vector::add_scaled_rows(&mut self.cls_row, &weights[..keys], keys, &scales[..1]);
        }
        if needs.attention_probs {
            let start = self.probs.len();
            self.probs.resize(start + queries * self.tokens, 0.0);
            if self.tokens == keys {
                vector::scale_rows(&mut self.probs[start..], weights, keys, scales);
            } else {
                let rows = weights.chunks_exact(keys).zip(scales);
                for (out, (row, scale)) in self.probs[start..].chunks_exact_mut(self.tokens).zip(rows) {
                    vector::scale_rows(out, &row[..self.tokens], self.tokens, &[*scale]);
                }
            }
        }
    }
}

/// Adds one block's part to a sequence of `tokens` tokens; blocks arrive in order.
pub(in crate::model) fn collect(
    evidence: &mut SequenceEvidence,
    mut part: BlockEvidence,
    tokens: usize,
    num_heads: usize,
) {
    if evidence.column_sums.is_empty() {
        evidence.column_sums = part.column_sums;
    } else {
        vector::add(&mut evidence.column_sums, &part.column_sums);
    }
    evidence.diagonal_sums.append(&mut part.diagonal_sums);
    if !part.cls_row.is_empty() {
        for value in &mut part.cls_row {
            *value /= num_heads as f32;
        }
        evidence.cls_row = part.cls_row;
    }
    part.row_entropies.truncate(tokens.saturating_sub(part.first));
    evidence.row_entropies.append(&mut part.row_entropies);
    if !part.probs.is_empty() {
        evidence.attention_probs.resize(num_heads * tokens * tokens, 0.0);
        let heads = evidence.attention_probs.chunks_exact_mut(tokens * tokens);
        for (all, some) in heads.zip(part.probs.chunks_exact(part.probs.len() / num_heads)) {
            all[part.first * tokens..][..some.len()].copy_from_slice(some);
        }
    }
}

/// Evidence that needs no probabilities: mean keys (before any rotation, so that they compare content) and value norms.
///
/// Shape: `qkv` `[rows of these sequences, 3 * hidden]`.
pub(in crate::model) fn token_evidence(
    qkv: &Matrix,
    (bounds, sequences): (&CuSeqlens, &Range<usize>),
    context: &AttentionContext<'_>,
    num_heads: usize,
) -> Vec<SequenceEvidence> {
    let needs = context.needs;
    if !(needs.mean_keys || needs.value_norms) {
        return vec![SequenceEvidence::default(); sequences.len()];
    }
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
                for value in mean {
                    *value /= num_heads as f32;
                }
            }
        }
        if needs.value_norms {
            evidence.value_norms = range.map(|row| rows::sum_of_squares(&qkv.row(row)[2 * hidden..]).sqrt()).collect();
        }
        evidence
    };
    let first = bounds.range(sequences.start).start;
    let rows = |sequence: usize| {
        let range = bounds.range(sequence);
        let tokens = context.lengths.map_or(range.len(), |lengths| lengths[sequence]);
        range.start - first..range.start - first + tokens
    };
    sequences.clone().into_par_iter().map(|sequence| of_sequence(rows(sequence))).collect()
}
