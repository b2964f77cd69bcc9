//! Disentangled attention: scores that depend on content and on relative position.
//!
//! Source: He et al. 2021, `DeBERTa`, <https://arxiv.org/abs/2006.03654>, section 3.1; log buckets and shared projections
//! as in version 2 and 3, <https://arxiv.org/abs/2111.09543>.

use crate::model::DisentangledAttention;
use crate::model::Model;
use crate::tensor::Matrix;
use crate::tensor::gemm;
use crate::tensor::gemm::ProductOptions;
use crate::tensor::gemm::View;

/// One layer's relative positions.
pub(super) struct RelativeAttention<'a> {
    positions: &'a DisentangledAttention,
    /// Relative embeddings through the layer's key and query projections. Shape: `[2 * span, hidden]` each.
    keys: &'a Matrix,
    queries: &'a Matrix,
    head_dim: usize,
}

impl<'a> RelativeAttention<'a> {
    pub(super) fn new(model: &'a Model, positions: &'a DisentangledAttention, layer: usize) -> Self {
        let project = || {
            let layers = model.layers.iter();
            layers
                .map(|layer| (layer.key.apply(&positions.embeddings), layer.query.apply(&positions.embeddings)))
                .collect()
        };
        let (keys, queries) = &positions.projected.0.get_or_init(project)[layer];
        Self { positions, keys, queries, head_dim: model.config.shape.head_dim() }
    }

    /// Number of terms that are added up: content to content, and the two with positions.
    pub(super) fn terms(&self) -> usize {
        1 + usize::from(self.positions.content_to_position) + usize::from(self.positions.position_to_content)
    }

    /// Adds the terms with positions to the logits `[query, key]` of one head.
    pub(super) fn add_scores(
        &self,
        scores: &mut [f32],
        [queries, keys]: [View<'_>; 2],
        positions: &[u32],
        head: usize,
        scale: f32,
    ) {
        let tokens = positions.len();
        let rows = self.index_rows(positions);
        let (low, high) =
            (rows.iter().flatten().min().copied().unwrap_or(0), rows.iter().flatten().max().copied().unwrap_or(0));
        let count = high - low + 1;
        let mut by_position = vec![0.0; tokens * count];
        let options = ProductOptions { scale, ..ProductOptions::PLAIN };
        if self.positions.content_to_position {
            gemm::product(
                &mut by_position,
                count,
                queries,
                self.part(self.keys, low, count, head).transposed(),
                options,
            );
            for ((row, indices), by_position) in scores.chunks_mut(tokens).zip(&rows).zip(by_position.chunks(count)) {
                for (score, &index) in row.iter_mut().zip(indices) {
                    *score += by_position[index - low];
                }
            }
        }
        if self.positions.position_to_content {
            gemm::product(
                &mut by_position,
                count,
                keys,
                self.part(self.queries, low, count, head).transposed(),
                options,
            );
            for (row, indices) in scores.chunks_mut(tokens).zip(&rows) {
                for (key, (score, &index)) in row.iter_mut().zip(indices).enumerate() {
                    *score += by_position[key * count + index - low];
                }
            }
        }
    }

    /// The row of the relative embeddings for each query and key.
    fn index_rows(&self, positions: &[u32]) -> Vec<Vec<usize>> {
        let rows = self.keys.rows();
        let of_query = |&query: &u32| {
            positions.iter().map(|&key| relative_row(self.positions, rows, i64::from(query) - i64::from(key))).collect()
        };
        positions.iter().map(of_query).collect()
    }

    fn part<'b>(&self, table: &'b Matrix, first: usize, count: usize, head: usize) -> View<'b> {
        View::rows(&table.data()[first * table.cols() + head * self.head_dim..], count, self.head_dim, table.cols())
    }
}

/// The row for a distance: the bucket, moved by the span and held inside the table.
fn relative_row(positions: &DisentangledAttention, rows: usize, distance: i64) -> usize {
    let span = (rows / 2) as i64;
    let bucket = match positions.buckets {
        Some(buckets) if positions.max_distance > 0 => log_bucket(distance, buckets as i64, positions.max_distance),
        _ => distance,
    };
    usize::try_from((bucket + span).clamp(0, rows as i64 - 1)).unwrap_or(0)
}

/// Distances up to half the buckets have one each; further ones share them logarithmically.
#[expect(clippy::cast_possible_truncation, reason = "a ceiling of at most the number of buckets")]
fn log_bucket(distance: i64, buckets: i64, max_distance: usize) -> i64 {
    let middle = buckets / 2;
    if distance.abs() <= middle || middle < 2 {
        return distance;
    }
    // In single precision as the reference computes it: the ceiling makes rounding visible.
    let (middle_f, size) = (middle as f32, distance.abs() as f32);
    let share = (size / middle_f).ln() / ((max_distance as f32 - 1.0) / middle_f).ln();
    ((share * (middle_f - 1.0)).ceil() as i64 + middle) * distance.signum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buckets_are_exact_near_and_logarithmic_far() {
        // 16 buckets, 64 positions: middle 8; distance 9 -> ceil(ln(9/8)/ln(63/8) * 7) + 8 = ceil(0.3996) + 8 = 9;
        // 63 -> 7 + 8 = 15; 20 -> ceil(ln(2.5)/ln(7.875) * 7) + 8 = ceil(3.108) + 8 = 12.
        for (distance, expected) in [(0, 0), (8, 8), (-8, -8), (9, 9), (20, 12), (-20, -12), (63, 15)] {
            assert_eq!(log_bucket(distance, 16, 64), expected, "distance {distance}");
        }
    }
}
