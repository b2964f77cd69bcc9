//! What attention says about tokens, gathered while it is computed and added up in a fixed order.
//!
//! A new kind of evidence has its arm in one of three matches here, by its source: [`BlockEvidence::add`] for
//! probabilities, [`Projections::read`] for queries, keys and values, [`of_states`] for the states at P2.

use std::ops::Range;

use rayon::prelude::*;

use crate::model::AttentionContext;
use crate::model::AttentionShape;
use crate::model::LayerWeights;
use crate::tensor::CuSeqlens;
use crate::tensor::Evidence;
use crate::tensor::EvidenceSet;
use crate::tensor::EvidenceShape;
use crate::tensor::EvidenceSource;
use crate::tensor::Matrix;
use crate::tensor::Panels;
use crate::tensor::RowsRef;
use crate::tensor::SequenceEvidence;
use crate::tensor::rows;
use crate::tensor::vector;

/// What one block of queries says about its sequence.
#[derive(Default)]
pub(super) struct BlockEvidence {
    /// What is read off probabilities.
    needs: EvidenceSet,
    /// The block's first query.
    first: usize,
    /// Rows of the sequence that are tokens; the rest is padding, of which nothing is told.
    tokens: usize,
    /// By kind, in shapes that have the block's queries instead of all.
    parts: SequenceEvidence,
}

impl BlockEvidence {
    /// For a block from query `first` on, of a sequence of so many tokens.
    pub(super) fn new(needs: EvidenceSet, first: usize, tokens: usize) -> Self {
        let needs = needs.from(EvidenceSource::Attention);
        Self { needs, first, tokens, ..Self::default() }
    }

    /// Whether [`Self::add`] has anything to do.
    pub(super) fn gathers(&self) -> bool {
        !self.needs.without(Evidence::RowEntropies).is_empty()
    }

    /// Turns the logits of the next head into exponentials `[queries, keys]`, and finds what makes each row of them sum to
    /// 1; entropies are summed up on the way, padding included.
    pub(super) fn exponentials(&mut self, (logits, keys): (&mut [f32], usize), scales: &mut [f32]) {
        if self.needs.contains(Evidence::RowEntropies) {
            let entropies = self.parts.of_mut(Evidence::RowEntropies);
            entropies.resize(scales.len(), 0.0);
            vector::exponentials_and_entropies(logits, keys, scales, entropies);
        } else {
            vector::exponentials(logits, keys, scales);
        }
    }

    /// Takes in head number `head` of `num_heads`: exponentials `[queries, keys]` and what makes each row of them sum to 1.
    pub(super) fn add(&mut self, (head, num_heads): (usize, usize), (weights, keys): (&[f32], usize), scales: &[f32]) {
        let (first, tokens) = (self.first, self.tokens);
        let queries = scales.len().min(tokens.saturating_sub(first));
        let (weights, scales) = (&weights[..queries * keys], &scales[..queries]);
        for kind in self.needs.iter() {
            let values = self.parts.of_mut(kind);
            match kind {
                Evidence::ColumnSums => {
                    values.resize(tokens, 0.0);
                    vector::add_scaled_rows(values, weights, keys, scales);
                }
                Evidence::HeadColumnSums => {
                    values.resize(num_heads * tokens, 0.0);
                    vector::add_scaled_rows(&mut values[head * tokens..][..tokens], weights, keys, scales);
                }
                Evidence::DiagonalSums => {
                    values.resize(queries, 0.0);
                    let rows = weights.chunks_exact(keys).zip(scales);
                    for (query, (sum, (row, scale))) in values.iter_mut().zip(rows).enumerate() {
                        *sum += scale * row[first + query];
                    }
                }
                Evidence::ClsRow if first == 0 && queries > 0 => {
                    values.resize(tokens, 0.0);
                    vector::add_scaled_rows(values, &weights[..keys], keys, &scales[..1]);
                    if head + 1 == num_heads {
                        for value in values {
                            *value /= num_heads as f32;
                        }
                    }
                }
                Evidence::AttentionProbs => add_probs(values, (weights, keys), (scales, tokens)),
                // Row entropies are summed up with the exponentials; the rest is read off elsewhere.
                _ => {}
            }
        }
    }
}

/// Appends probabilities `[queries, tokens]`, without those of padding.
fn add_probs(probs: &mut Vec<f32>, (weights, keys): (&[f32], usize), (scales, tokens): (&[f32], usize)) {
    let start = probs.len();
    probs.resize(start + scales.len() * tokens, 0.0);
    if tokens == keys {
        vector::scale_rows(&mut probs[start..], weights, keys, scales);
    } else {
        let rows = weights.chunks_exact(keys).zip(scales);
        for (out, (row, scale)) in probs[start..].chunks_exact_mut(tokens).zip(rows) {
            vector::scale_rows(out, &row[..tokens], tokens, &[*scale]);
        }
    }
}

/// Adds one block's part to a sequence of `tokens` tokens; blocks arrive in order.
pub(super) fn collect(evidence: &mut SequenceEvidence, mut block: BlockEvidence, tokens: usize, num_heads: usize) {
    for kind in block.needs.iter() {
        let (all, part) = (evidence.of_mut(kind), block.parts.of_mut(kind));
        if part.is_empty() {
            continue;
        }
        match kind.shape() {
            EvidenceShape::Keys | EvidenceShape::HeadsKeys if all.is_empty() => *all = std::mem::take(part),
            EvidenceShape::Keys | EvidenceShape::HeadsKeys => vector::add(all, part),
            EvidenceShape::HeadsQueriesKeys => {
                all.resize(num_heads * tokens * tokens, 0.0);
                let heads = all.chunks_exact_mut(tokens * tokens);
                for (all, some) in heads.zip(part.chunks_exact(part.len() / num_heads)) {
                    all[block.first * tokens..][..some.len()].copy_from_slice(some);
                }
            }
            EvidenceShape::Queries => {
                part.truncate(tokens.saturating_sub(block.first));
                all.append(part);
            }
            EvidenceShape::TokensHeadDim | EvidenceShape::TokensHeadsHeads | EvidenceShape::TokensHidden => {
                all.append(part);
            }
        }
    }
}

/// Evidence that needs no probabilities, of each of these sequences.
///
/// Shape: `qkv` `[rows of these sequences, width]`, see [`AttentionShape::width`].
pub(super) fn token_evidence(
    qkv: &Matrix,
    (bounds, sequences): (&CuSeqlens, &Range<usize>),
    context: &AttentionContext<'_>,
    layer: &LayerWeights,
) -> Vec<SequenceEvidence> {
    let needs = context.needs.from(EvidenceSource::Projections);
    if needs.is_empty() {
        return vec![SequenceEvidence::default(); sequences.len()];
    }
    let outputs = if needs.contains(Evidence::OutputGrams) { head_outputs(layer) } else { Vec::new() };
    let projections = Projections { qkv, shape: layer.attention, outputs };
    let first = bounds.range(sequences.start).start;
    let of_sequence = |sequence: usize| {
        let range = bounds.range(sequence);
        let tokens = context.lengths.map_or(range.len(), |lengths| lengths[sequence]);
        let rows = range.start - first..range.start - first + tokens;
        let of_kind = |kind| (kind, projections.read(kind, rows.clone()));
        needs
            .iter()
            .map(of_kind)
            .fold(SequenceEvidence::default(), |evidence, (kind, found)| evidence.with(kind, found))
    };
    sequences.clone().into_par_iter().map(of_sequence).collect()
}

/// Each head's part of the output projection, packed: a head's values times it are what the head adds to the states.
fn head_outputs(layer: &LayerWeights) -> Vec<Panels> {
    let (shape, weight) = (layer.attention, layer.attention_output.weight());
    let of_head = |head: usize| {
        let mut panels = Panels::empty();
        let columns = &weight.data()[head * shape.head_dim..];
        panels.pack_transposed(RowsRef { data: columns, stride: weight.cols(), rows: weight.rows() }, shape.head_dim);
        panels
    };
    (0..shape.heads).map(of_head).collect()
}

/// Tokens whose outputs by head are held at a time.
const TOKENS_TOGETHER: usize = 16;

/// What one layer's products gave, side by side.
struct Projections<'a> {
    /// Shape: `[rows, width]`.
    qkv: &'a Matrix,
    shape: AttentionShape,
    /// See [`head_outputs`]; empty where nobody asks.
    outputs: Vec<Panels>,
}

impl Projections<'_> {
    /// One kind, of the tokens in `range`.
    fn read(&self, kind: Evidence, range: Range<usize>) -> Vec<f32> {
        let shape = self.shape;
        let (keys, values) = (shape.query_width(), shape.query_width() + shape.key_width());
        match kind {
            Evidence::MeanKeys => {
                let head_dim = shape.head_dim;
                let mut means = vec![0.0; range.len() * head_dim];
                for (row, mean) in range.zip(means.chunks_mut(head_dim)) {
                    for key in self.qkv.row(row)[keys..values].chunks(head_dim) {
                        rows::add(mean, key);
                    }
                    for value in mean {
                        *value /= shape.kv_heads as f32;
                    }
                }
                means
            }
            Evidence::ValueNorms => {
                range.map(|row| rows::sum_of_squares(&self.qkv.row(row)[values..]).sqrt()).collect()
            }
            Evidence::HeadValueL1 => self.by_head(range, |value| value.iter().map(|part| part.abs()).sum()),
            Evidence::HeadValueL2 => self.by_head(range, |value| rows::sum_of_squares(value).sqrt()),
            Evidence::OutputGrams => self.output_grams(range),
            _ => Vec::new(),
        }
    }

    /// A head's values, from a row on.
    fn values(&self, first: usize, rows: usize, head: usize) -> RowsRef<'_> {
        let (shape, stride) = (self.shape, self.qkv.cols());
        let column = shape.query_width() + shape.key_width() + head / shape.group() * shape.head_dim;
        RowsRef { data: &self.qkv.data()[first * stride + column..], stride, rows }
    }

    /// A number of each head's values. Shape: `[heads, tokens]`.
    fn by_head(&self, range: Range<usize>, number: impl Fn(&[f32]) -> f32) -> Vec<f32> {
        let of_head = |head| range.clone().map(move |row| (row, head));
        let value = |(row, head)| number(&self.values(row, 1, head).data[..self.shape.head_dim]);
        (0..self.shape.heads).flat_map(of_head).map(value).collect()
    }

    /// Shape: `[tokens, heads, heads]`.
    fn output_grams(&self, range: Range<usize>) -> Vec<f32> {
        let heads = self.shape.heads;
        let hidden = self.outputs.first().map_or(0, Panels::outputs);
        let mut grams = vec![0.0; range.len() * heads * heads];
        let mut outputs = vec![0.0; TOKENS_TOGETHER.min(range.len()) * heads * hidden];
        let mut packed = Panels::empty();
        let firsts = range.clone().step_by(TOKENS_TOGETHER);
        for (first, grams) in firsts.zip(grams.chunks_mut(TOKENS_TOGETHER * heads * heads)) {
            let rows = TOKENS_TOGETHER.min(range.end - first);
            for (head, panels) in self.outputs.iter().enumerate() {
                panels.multiply(self.values(first, rows, head), &[], &mut outputs[head * hidden..], heads * hidden);
            }
            for (gram, outputs) in grams.chunks_mut(heads * heads).zip(outputs.chunks(heads * hidden)) {
                let by_head = RowsRef { data: outputs, stride: hidden, rows: heads };
                packed.pack_transposed(by_head, hidden);
                packed.multiply(by_head, &[], gram, heads);
            }
        }
        grams
    }
}

/// One kind, read off a sequence's states at P2. Shape: `states` `[tokens, hidden]`.
pub(super) fn of_states(kind: Evidence, states: &[f32]) -> Vec<f32> {
    match kind {
        Evidence::Hidden => states.to_vec(),
        _ => Vec::new(),
    }
}
