//! Importance scores: pure functions from a layer's evidence to one number a token.

use crate::tensor::SequenceEvidence;

/// Attention each token receives, averaged over heads and summed over queries; without what it pays itself where
/// `exclude_diagonal` is set.
///
/// Shape: `[tokens]`. Range: 0 to the number of tokens.
/// Source: Goyal et al. 2020, "PoWER-BERT", section 3 (significance score).
#[must_use]
pub fn column_sum_per_head(evidence: &SequenceEvidence, num_heads: usize, exclude_diagonal: bool) -> Vec<f32> {
    let sums = column_sum(evidence, exclude_diagonal);
    sums.into_iter().map(|sum| sum / num_heads as f32).collect()
}

/// Attention each token receives, summed over heads and queries; without what it pays itself where `exclude_diagonal` is
/// set.
///
/// Shape: `[tokens]`. Range: 0 to heads × tokens.
/// Source: Kim and Cho 2021, "Length-Adaptive Transformer", and Wang et al. 2021, "SpAtten" (diagonal kept in both).
#[must_use]
pub fn column_sum(evidence: &SequenceEvidence, exclude_diagonal: bool) -> Vec<f32> {
    if exclude_diagonal {
        evidence.column_sums.iter().zip(&evidence.diagonal_sums).map(|(sum, own)| sum - own).collect()
    } else {
        evidence.column_sums.clone()
    }
}
