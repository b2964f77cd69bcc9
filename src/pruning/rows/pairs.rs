//! Pairs of rows that are alike, and what they become when they are merged: what `tome` and `ltmp` share.

use std::collections::BTreeMap;

use crate::pruning::LayerEvidence;
use crate::pruning::Merge;
use crate::pruning::rows::top_k::better_first;
use crate::tensor::Evidence;
use crate::tensor::Panels;
use crate::tensor::RowsRef;

/// A source row and its most similar destination row.
pub(super) struct Pair {
    pub(super) source: usize,
    pub(super) destination: usize,
    pub(super) cosine: f32,
}

/// Every free source (even row) with its best free destination (odd row) by the cosine of head-mean keys, most similar pair
/// first. `is_free` tells by original position.
pub(super) fn best_pairs(layer: &LayerEvidence<'_>, is_free: impl Fn(u32) -> bool) -> Vec<Pair> {
    /// Sources whose cosines are worked out together.
    const SOURCES: usize = 48;
    let num_tokens = layer.num_tokens();
    let keys = unit_rows(layer.evidence.of(Evidence::MeanKeys), num_tokens);
    let width = keys.len() / num_tokens.max(1);
    let is_free = |row: &usize| is_free(layer.orig[*row]);
    let destinations: Vec<usize> = (1..num_tokens).step_by(2).filter(is_free).collect();
    let sources: Vec<usize> = (0..num_tokens).step_by(2).filter(is_free).collect();
    if destinations.is_empty() || width == 0 {
        return Vec::new();
    }
    let rows = |rows: &[usize]| -> Vec<f32> {
        rows.iter().flat_map(|row| &keys[row * width..(row + 1) * width]).copied().collect()
    };
    let packed = Panels::from_weight(&rows(&destinations), destinations.len(), width);
    let mut pairs = Vec::with_capacity(sources.len());
    let mut cosines = vec![0.0; SOURCES * destinations.len()];
    for sources in sources.chunks(SOURCES) {
        let left = RowsRef { data: &rows(sources), stride: width, rows: sources.len() };
        packed.multiply(left, &[], &mut cosines, destinations.len());
        for (&source, cosines) in sources.iter().zip(cosines.chunks_exact(destinations.len())) {
            let mut best = Pair { source, destination: destinations[0], cosine: f32::NEG_INFINITY };
            for (&destination, &cosine) in destinations.iter().zip(cosines) {
                let earlier = layer.orig[destination] < layer.orig[best.destination];
                if cosine > best.cosine || (cosine == best.cosine && earlier) {
                    best = Pair { source, destination, cosine };
                }
            }
            pairs.push(best);
        }
    }
    pairs.sort_by(|a, b| better_first(a.cosine, b.cosine).then(layer.orig[a.source].cmp(&layer.orig[b.source])));
    pairs
}

/// Rows after merging.
pub(super) struct Joined {
    /// Input rows in output order: even ones that have not merged away, then odd ones.
    pub(super) rows: Vec<usize>,
    /// How merged rows are made: means by size.
    pub(super) merges: Vec<Merge>,
    /// Original tokens in each output row.
    pub(super) sizes: Vec<f32>,
}

/// The pairs' sources join their destinations; `sizes` are the input rows'.
pub(super) fn join(sizes: &[f32], pairs: &[Pair]) -> Joined {
    let num_tokens = sizes.len();
    let mut groups: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for pair in pairs {
        groups.entry(pair.destination).or_default().push(pair.source);
    }
    let is_merged = |row: usize| pairs.iter().any(|pair| pair.source == row);
    let even = (0..num_tokens).step_by(2).filter(|&row| !is_merged(row));
    let rows: Vec<usize> = even.chain((1..num_tokens).step_by(2)).collect();
    let mut after: Vec<f32> = rows.iter().map(|&row| sizes[row]).collect();
    let mut merges = Vec::with_capacity(groups.len());
    for (into, row) in rows.iter().enumerate() {
        let Some(sources) = groups.get_mut(row) else { continue };
        sources.sort_unstable();
        let members = || std::iter::once(*row).chain(sources.iter().copied());
        let size: f32 = members().map(|member| sizes[member]).sum();
        let parts = members().map(|member| (member, sizes[member] / size)).collect();
        after[into] = size;
        merges.push(Merge { into, parts, size });
    }
    Joined { rows, merges, sizes: after }
}

/// Rows of length 1, one after the other; a row of zeros stays one.
pub(super) fn unit_rows(data: &[f32], num_rows: usize) -> Vec<f32> {
    /// Keys as large as this are made smaller first: the sum of their squares might be infinite, and they would pass as
    /// zeros.
    const LARGE: f32 = 1e15;
    let width = data.len() / num_rows.max(1);
    let mut rows = data.to_vec();
    for row in rows.chunks_exact_mut(width.max(1)) {
        let largest = row.iter().fold(0.0_f32, |largest, value| largest.max(value.abs()));
        if largest > LARGE {
            for value in row.iter_mut() {
                *value /= largest;
            }
        }
        let norm = row.iter().map(|value| value * value).sum::<f32>().sqrt();
        let scale = if norm > 0.0 { 1.0 / norm } else { 0.0 };
        for value in row {
            *value *= scale;
        }
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_of_any_size_have_a_direction() {
        let rows = unit_rows(&[3e30, 4e30, 0.0, 0.0, 3.0, -4.0], 3);
        for (got, expected) in rows.iter().zip([0.6, 0.8, 0.0, 0.0, 0.6, -0.8]) {
            assert!((got - expected).abs() < 1e-6, "expected {expected}, got {got}");
        }
    }
}
