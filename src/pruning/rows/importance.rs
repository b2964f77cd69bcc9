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

/// How long the vectors are that each token adds to the others' states, all heads together: the mean over queries, or of
/// the first query alone.
///
/// Shape: `[tokens]`; empty where the evidence was not asked for. Range: at least 0.
/// Source: Kobayashi et al. 2020, "Attention is Not Only a Weight", EMNLP, section 3; by products of heads instead of
/// vectors for every pair.
#[must_use]
pub fn output_norms(evidence: &SequenceEvidence, num_tokens: usize, first_row: bool) -> Vec<f32> {
    let probs = evidence.of(Evidence::AttentionProbs);
    let square = num_tokens * num_tokens;
    if probs.is_empty() || square == 0 {
        return Vec::new();
    }
    let heads = probs.len() / square;
    // Tokens side by side for each pair of heads, of which each stands for both orders. Shape: [heads, heads, tokens]
    let grams = evidence.of(Evidence::OutputGrams).chunks_exact(heads * heads);
    let mut pairs = vec![0.0; heads * heads * num_tokens];
    for (token, gram) in grams.enumerate() {
        for (pair, product) in gram.iter().enumerate() {
            let twice = if pair / heads == pair % heads { 1.0 } else { 2.0 };
            pairs[pair * num_tokens + token] = twice * product;
        }
    }
    let queries = if first_row { 1 } else { num_tokens };
    let mut scores = vec![0.0; num_tokens];
    let (mut squares, mut inner) = (vec![0.0_f32; num_tokens], vec![0.0_f32; num_tokens]);
    for query in 0..queries {
        let weights = |head: usize| &probs[head * square + query * num_tokens..][..num_tokens];
        squares.fill(0.0);
        for head in 0..heads {
            inner.fill(0.0);
            for other in head..heads {
                let products = &pairs[(head * heads + other) * num_tokens..][..num_tokens];
                for (sum, (product, weight)) in inner.iter_mut().zip(products.iter().zip(weights(other))) {
                    *sum += product * weight;
                }
            }
            for (square, (sum, weight)) in squares.iter_mut().zip(inner.iter().zip(weights(head))) {
                *square += sum * weight;
            }
        }
        for (score, square) in scores.iter_mut().zip(&squares) {
            // Rounding may leave a little less than nothing.
            *score += square.max(0.0).sqrt();
        }
    }
    for score in &mut scores {
        *score /= queries as f32;
    }
    scores
}

/// Rank of each token in each head's graph of attention: what it gets, in `iterations` steps at most, if everyone hands on
/// what it has by its attention.
///
/// Shape: `[heads][tokens]`; needs the full attention matrix. Rows that are `outside` neither give nor get; the others'
/// attention is brought to sum 1 without them. Range: 0–1; the ranks of a head sum to 1.
/// Source: Wang, Dedhia and Jha 2024, "Zero-TPrune", CVPR (weighted page rank).
#[must_use]
pub fn weighted_pagerank(
    evidence: &SequenceEvidence,
    num_heads: usize,
    outside: &[bool],
    iterations: usize,
) -> Vec<Vec<f64>> {
    /// Where ranks change by no more than this in all, they stand still.
    const STILL: f64 = 1e-6;
    let tokens = outside.len();
    let inside = outside.iter().filter(|outside| !**outside).count();
    let first: Vec<f64> = outside.iter().map(|&outside| if outside { 0.0 } else { 1.0 / inside as f64 }).collect();
    let of_head = |attention: &[f32]| {
        let sum = |row: &[f32]| -> f64 {
            row.iter().zip(outside).filter(|(_, outside)| !**outside).map(|(&p, _)| f64::from(p)).sum()
        };
        let sums: Vec<f64> = attention.chunks_exact(tokens).map(sum).collect();
        let mut ranks = first.clone();
        for _ in 0..iterations {
            let mut next = vec![0.0; tokens];
            for (row, (rank, sum)) in attention.chunks_exact(tokens).zip(ranks.iter().zip(&sums)) {
                let scale = if *sum > 0.0 { rank / sum } else { 0.0 };
                for (next, &p) in next.iter_mut().zip(row) {
                    *next += scale * f64::from(p);
                }
            }
            for (next, _) in next.iter_mut().zip(outside).filter(|(_, outside)| **outside) {
                *next = 0.0;
            }
            let change: f64 = next.iter().zip(&ranks).map(|(next, rank)| (next - rank).abs()).sum();
            ranks = next;
            if change < STILL {
                break;
            }
        }
        ranks
    };
    let heads = evidence.of(Evidence::AttentionProbs).chunks_exact((tokens * tokens).max(1));
    heads.take(num_heads).map(of_head).collect()
}

/// Attention averaged over heads.
///
/// Shape: `[query, key]`; empty where the evidence was not asked for.
#[must_use]
pub fn mean_attention(evidence: &SequenceEvidence, num_tokens: usize) -> Vec<f32> {
    let mut heads = evidence.of(Evidence::AttentionProbs).chunks_exact((num_tokens * num_tokens).max(1));
    let mut mean = heads.next().map(<[f32]>::to_vec).unwrap_or_default();
    let mut count = 1.0;
    for head in heads {
        for (sum, p) in mean.iter_mut().zip(head) {
            *sum += p;
        }
        count += 1.0;
    }
    for sum in &mut mean {
        *sum /= count;
    }
    mean
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

/// How spread out the attention is that each token gives: the entropy of its row averaged over heads.
///
/// Shape: `[tokens]`. Unit: nats. Range: 0 to `ln(tokens)`, at least [`row_entropy`] for Shannon's, which is concave.
/// Source: strategies.md 3.10, the reduction that the papers leave open.
#[must_use]
pub fn mean_row_entropy(evidence: &SequenceEvidence, num_tokens: usize, order: f64) -> Vec<f32> {
    let mean = mean_attention(evidence, num_tokens);
    let rows = mean.chunks_exact(num_tokens.max(1));
    rows.map(|row| to_score(entropy(row.iter().map(|&p| f64::from(p)), order))).collect()
}

/// How concentrated the attention is that each token receives: the norm of its column in each head, averaged over heads.
///
/// Shape: `[tokens]`; needs the full attention matrix. Range: 0 to `tokens^(1/order)`.
/// Source: Col-Ln (Su, Zhang and Zhang 2026), whose formula we have not seen; our reading of its name.
#[must_use]
pub fn column_norm(evidence: &SequenceEvidence, num_tokens: usize, order: f64) -> Vec<f32> {
    let heads = evidence.of(Evidence::AttentionProbs).chunks_exact((num_tokens * num_tokens).max(1));
    let num_heads = heads.len().max(1) as f64;
    let mut sums = vec![0.0; num_tokens];
    for head in heads {
        let mut powers = vec![0.0_f64; num_tokens];
        for row in head.chunks_exact(num_tokens) {
            for (power, &p) in powers.iter_mut().zip(row) {
                *power += f64::from(p).powf(order);
            }
        }
        for (sum, power) in sums.iter_mut().zip(powers) {
            *sum += power.powf(1.0 / order);
        }
    }
    sums.into_iter().map(|sum| to_score(sum / num_heads)).collect()
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
