//! What attention says about tokens, gathered while it is computed and added up in a fixed order.

use std::ops::Range;

use rayon::prelude::*;

use crate::tensor::CuSeqlens;
use crate::tensor::EvidenceNeeds;
use crate::tensor::Matrix;
use crate::tensor::SequenceEvidence;
use crate::tensor::rows;

/// What one block of queries says about its sequence; parts as in [`SequenceEvidence`].
#[derive(Default)]
pub(super) struct BlockEvidence {
    /// The block's first query.
    first: usize,
    /// Over the block's queries and all heads.
    column_sums: Vec<f32>,
    /// Of the block's queries. Shape: `[queries]`.
    diagonal_sums: Vec<f32>,
    /// Summed over heads; in the block that holds query 0.
    cls_row: Vec<f32>,
    /// Shape: `[heads, queries, keys]`.
    probs: Vec<f32>,
}

impl BlockEvidence {
    /// For a block from query `first` on, whose heads have `values` probabilities in all.
    pub(super) fn new(needs: EvidenceNeeds, first: usize, values: usize) -> Self {
        let probs = if needs.attention_probs { Vec::with_capacity(values) } else { Vec::new() };
        Self { first, probs, ..Self::default() }
    }

    /// Takes in the next head's probabilities `[queries, keys]`.
    pub(super) fn add(&mut self, needs: EvidenceNeeds, probs: &[f32], keys: usize) {
        if needs.column_sums {
            self.column_sums.resize(keys, 0.0);
            for row in probs.chunks_exact(keys) {
                rows::add(&mut self.column_sums, row);
            }
        }
        if needs.diagonal_sums {
            self.diagonal_sums.resize(probs.len() / keys, 0.0);
            for (query, (sum, row)) in self.diagonal_sums.iter_mut().zip(probs.chunks_exact(keys)).enumerate() {
                *sum += row[self.first + query];
            }
        }
        if needs.cls_row && self.first == 0 {
            self.cls_row.resize(keys, 0.0);
            rows::add(&mut self.cls_row, &probs[..keys]);
        }
        if needs.attention_probs {
            self.probs.extend_from_slice(probs);
        }
    }
}

/// Adds one block's part to a sequence of `tokens` tokens; blocks arrive in order.
pub(super) fn collect(evidence: &mut SequenceEvidence, mut part: BlockEvidence, tokens: usize, num_heads: usize) {
    if evidence.column_sums.is_empty() {
        evidence.column_sums = part.column_sums;
    } else {
        rows::add(&mut evidence.column_sums, &part.column_sums);
    }
    evidence.diagonal_sums.append(&mut part.diagonal_sums);
    if !part.cls_row.is_empty() {
        for value in &mut part.cls_row {
            *value /= num_heads as f32;
        }
        evidence.cls_row = part.cls_row;
    }
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
/// Shape: `qkv` `[total_tokens, 3 * hidden]`.
pub(super) fn token_evidence(
    qkv: &Matrix,
    bounds: &CuSeqlens,
    needs: EvidenceNeeds,
    num_heads: usize,
) -> Vec<SequenceEvidence> {
    if !(needs.mean_keys || needs.value_norms) {
        return vec![SequenceEvidence::default(); bounds.batch()];
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
    let ranges: Vec<Range<usize>> = bounds.ranges().collect();
    ranges.into_par_iter().map(of_sequence).collect()
}
