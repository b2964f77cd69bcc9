//! Importance scores: pure functions from a layer's evidence to one number a token.

use crate::tensor::Evidence;
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
        evidence
            .of(Evidence::ColumnSums)
            .iter()
            .zip(evidence.of(Evidence::DiagonalSums))
            .map(|(sum, own)| sum - own)
            .collect()
    } else {
        evidence.of(Evidence::ColumnSums).to_vec()
    }
}

/// Attention each token receives from the queries that vote, summed over heads.
///
/// Shape: `[tokens]`; needs the full attention matrix. Range: 0 to heads × voting tokens.
/// Source: Kim et al. 2022, "Learned Token Pruning for Transformers"; the authors' code leaves out removed queries.
#[must_use]
pub fn column_sum_of(evidence: &SequenceEvidence, votes: &[bool]) -> Vec<f32> {
    let mut sums = vec![0.0; votes.len()];
    let rows = evidence.of(Evidence::AttentionProbs).chunks_exact(votes.len().max(1)).zip(votes.iter().cycle());
    for (row, _) in rows.filter(|(_, votes)| **votes) {
        for (sum, p) in sums.iter_mut().zip(row) {
            *sum += p;
        }
    }
    sums
}

/// Attention `[CLS]` pays each token times the norm of its value vector, as a share of all `candidates` together.
///
/// Shape: `[tokens]`; rows that are no candidates are on the same scale. Range: at least 0; the candidates sum to 1.
/// Source: Fayyaz et al. 2022, "Adaptive Token Sampling", section 3.1, in the form of their published code.
#[must_use]
pub fn cls_value_share(evidence: &SequenceEvidence, candidates: &[usize]) -> Vec<f32> {
    let mut scores: Vec<f32> = evidence
        .of(Evidence::ClsRow)
        .iter()
        .zip(evidence.of(Evidence::ValueNorms))
        .map(|(row, norm)| row * norm)
        .collect();
    let total: f32 = candidates.iter().map(|&row| scores[row]).sum();
    if total > 0.0 {
        for score in &mut scores {
            *score /= total;
        }
    }
    scores
}

/// Attention each token receives in a head times the size of its value vector there, averaged over heads.
///
/// Shape: `[tokens]`; empty where the evidence was not asked for. `norm` is [`Evidence::HeadValueL1`] or
/// [`Evidence::HeadValueL2`]. Range: at least 0.
/// Source: Guo, Kamigaito and Watanabe 2024, "Value Also Matters", EMNLP (L1, per head).
#[must_use]
pub fn value_weighted(evidence: &SequenceEvidence, norm: Evidence, num_tokens: usize) -> Vec<f32> {
    let sums = evidence.of(Evidence::HeadColumnSums);
    if sums.is_empty() || num_tokens == 0 {
        return Vec::new();
    }
    let mut scores = vec![0.0; num_tokens];
    for (sums, norms) in sums.chunks_exact(num_tokens).zip(evidence.of(norm).chunks_exact(num_tokens)) {
        for (score, (sum, norm)) in scores.iter_mut().zip(sums.iter().zip(norms)) {
            *score += sum * norm;
        }
    }
    let num_heads = (sums.len() / num_tokens) as f32;
    for score in &mut scores {
        *score /= num_heads;
    }
    scores
}

/// How spread out the attention is that each token gives: the entropy of its row in each head, averaged over heads.
///
/// Shape: `[tokens]`. Unit: nats. Range: 0 to `ln(tokens)`. `order` is Renyi's; 1 is Shannon's entropy.
/// Source: Aizawa and Igaue 2026, ICPR, for the idea; that rows are meant and heads averaged is our reading.
#[must_use]
pub fn row_entropy(evidence: &SequenceEvidence, num_heads: usize, order: f64) -> Vec<f32> {
    let probs = evidence.of(Evidence::AttentionProbs);
    let num_tokens = num_tokens(probs.len(), num_heads);
    let mut sums = vec![0.0; num_tokens];
    for (index, row) in probs.chunks_exact(num_tokens.max(1)).enumerate() {
        sums[index % num_tokens] += entropy(row.iter().map(|&p| f64::from(p)), order);
    }
    sums.into_iter().map(|sum| to_score(sum / num_heads as f64)).collect()
}

/// How spread out the attention is that each token receives: the entropy of its column in the head-mean matrix, brought
/// to sum 1.
///
/// Shape: `[tokens]`. Unit: nats. Range: 0 to `ln(tokens)`. `order` is Renyi's; 1 is Shannon's entropy.
/// Source: our own; the formula of [`row_entropy`] on attention received.
#[must_use]
pub fn column_entropy(evidence: &SequenceEvidence, num_heads: usize, order: f64) -> Vec<f32> {
    let probs = evidence.of(Evidence::AttentionProbs);
    let num_tokens = num_tokens(probs.len(), num_heads);
    // Sums over heads instead of means: a column is brought to sum 1 anyway. Shape: [query, key]
    let mut summed = vec![0.0; num_tokens * num_tokens];
    for head in probs.chunks_exact((num_tokens * num_tokens).max(1)) {
        for (sum, &p) in summed.iter_mut().zip(head) {
            *sum += f64::from(p);
        }
    }
    let column = |key: usize| summed.iter().skip(key).step_by(num_tokens).copied();
    let of_column = |key: usize| {
        let total: f64 = column(key).sum();
        // A column that nobody looks at has no spread.
        if total > 0.0 { entropy(column(key).map(|p| p / total), order) } else { 0.0 }
    };
    (0..num_tokens).map(|key| to_score(of_column(key))).collect()
}

/// Renyi entropy of a distribution, in nats; Shannon's for order 1.
fn entropy(distribution: impl Iterator<Item = f64>, order: f64) -> f64 {
    let positive = distribution.filter(|&p| p > 0.0);
    if (order - 1.0).abs() < 1e-9 {
        return positive.map(|p| -p * p.ln()).sum();
    }
    positive.map(|p| p.powf(order)).sum::<f64>().ln() / (1.0 - order)
}

fn num_tokens(num_probs: usize, num_heads: usize) -> usize {
    (num_probs / num_heads.max(1)).isqrt()
}

fn to_score(value: f64) -> f32 {
    #[expect(clippy::cast_possible_truncation, reason = "scores are f32 throughout")]
    let score = value as f32;
    score
}
