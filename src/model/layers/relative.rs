//! Disentangled attention: scores that depend on content and on relative position.
//!
//! Source: He et al. 2021, `DeBERTa`, <https://arxiv.org/abs/2006.03654>, section 3.1; log buckets and shared projections
//! as in version 2 and 3, <https://arxiv.org/abs/2111.09543>.

use crate::model::DisentangledAttention;
use crate::model::Linear;
use crate::model::Model;
use crate::model::RelativeBias;
use crate::model::layers::scratch::sized;
use crate::model::weights::PositionPanels;
use crate::tensor::Matrix;
use crate::tensor::Panels;
use crate::tensor::RowsRef;

/// One layer's relative positions.
pub(in crate::model) struct RelativeAttention<'a> {
    positions: &'a DisentangledAttention,
    projected: &'a PositionPanels,
}

/// Which relative embeddings the tokens of one sequence ask for.
pub(in crate::model) struct SequenceDistances {
    /// Position of each token. Shape: `[tokens]`.
    positions: Vec<u32>,
    /// Column of the logits for a distance, moved by `furthest` so that indices start at 0. Shape: `[2 * furthest + 1]`.
    columns: Vec<usize>,
    furthest: usize,
    /// First relative embedding in use; columns count from here.
    low: usize,
    /// Number of relative embeddings in use.
    count: usize,
}

impl SequenceDistances {
    /// The columns for one query, ready to be indexed by the key's position.
    fn of_query(&self, query: usize) -> impl Fn(u32) -> usize + '_ {
        let offset = self.furthest + self.positions[query] as usize;
        move |key| self.columns[offset - key as usize]
    }
}

impl<'a> RelativeAttention<'a> {
    pub(in crate::model) fn new(model: &'a Model, positions: &'a DisentangledAttention, layer: usize) -> Self {
        Self { positions, projected: &projected(model, positions)[layer] }
    }

    /// Number of terms that are added up: content to content, and the two with positions.
    pub(in crate::model) fn terms(&self) -> usize {
        self.positions.terms()
    }

    pub(in crate::model) fn distances(&self, positions: &[u32]) -> SequenceDistances {
        let first = positions.iter().min().copied().unwrap_or(0);
        let positions: Vec<u32> = positions.iter().map(|position| position - first).collect();
        let furthest = positions.iter().max().copied().unwrap_or(0);
        let rows = self.positions.embeddings.rows();
        let row = |distance: i64| relative_row(self.positions, rows, distance);
        let rows: Vec<usize> = (-i64::from(furthest)..=i64::from(furthest)).map(row).collect();
        // Products may start at whole panels only.
        let step = self.projected.keys.first().map_or(1, Panels::column_step);
        let low = rows.iter().min().copied().unwrap_or(0) / step * step;
        let count = rows.iter().max().copied().unwrap_or(0) + 1 - low;
        let columns = rows.into_iter().map(|row| row - low).collect();
        SequenceDistances { positions, columns, furthest: furthest as usize, low, count }
    }

    /// Position to content: each key against the relative embeddings. Shape: `[keys, distances]`, or empty.
    pub(in crate::model) fn key_logits(
        &self,
        distances: &SequenceDistances,
        keys: RowsRef<'_>,
        head: usize,
        scale: f32,
    ) -> Vec<f32> {
        if !self.positions.position_to_content {
            return Vec::new();
        }
        let mut logits = vec![0.0; keys.rows * distances.count];
        let columns = distances.low..distances.low + distances.count;
        self.projected.queries[head].multiply_part(keys, &[], &mut logits, columns);
        for value in &mut logits {
            *value *= scale;
        }
        logits
    }

    /// Adds content to position: a block of queries, already scaled, against the relative embeddings.
    ///
    /// `(first, logits, buffer)`: the block's first query, its logits `[queries, keys]`, and working memory.
    pub(in crate::model) fn add_query_logits(
        &self,
        distances: &SequenceDistances,
        queries: RowsRef<'_>,
        head: usize,
        (first, logits, buffer): (usize, &mut [f32], &mut Vec<f32>),
    ) {
        if !self.positions.content_to_position {
            return;
        }
        let by_distance = sized(buffer, queries.rows * distances.count);
        let columns = distances.low..distances.low + distances.count;
        self.projected.keys[head].multiply_part(queries, &[], by_distance, columns);
        let rows = logits.chunks_mut(distances.positions.len()).zip(by_distance.chunks(distances.count));
        for (query, (row, by_distance)) in rows.enumerate() {
            let column = distances.of_query(first + query);
            for (logit, &key) in row.iter_mut().zip(&distances.positions) {
                *logit += by_distance[column(key)];
            }
        }
    }

    /// Adds position to content, from [`Self::key_logits`], to the logits `[queries, keys]` of queries from `first` on.
    pub(in crate::model) fn add_key_logits(
        distances: &SequenceDistances,
        by_key: &[f32],
        first: usize,
        logits: &mut [f32],
    ) {
        if by_key.is_empty() {
            return;
        }
        for (query, row) in logits.chunks_mut(distances.positions.len()).enumerate() {
            let column = distances.of_query(first + query);
            let keys = distances.positions.iter().zip(by_key.chunks(distances.count));
            for (logit, (&key, by_distance)) in row.iter_mut().zip(keys) {
                *logit += by_distance[column(key)];
            }
        }
    }
}

/// The layers' projections: of the load, or made now.
///
/// No lock is held while they are made: a thread that waits for one may be given another run of the same model to work on,
/// which would come here again.
fn projected<'a>(model: &Model, positions: &'a DisentangledAttention) -> &'a [PositionPanels] {
    if positions.projected.0.get().is_none() {
        let panels = |linear: &Linear| by_head(linear, positions, model.config.shape.num_heads);
        let layers = model.layers.iter();
        let made =
            layers.map(|layer| PositionPanels { keys: panels(&layer.key), queries: panels(&layer.query) }).collect();
        // Where another thread was faster, its equal result stays.
        drop(positions.projected.0.set(made));
    }
    positions.projected.0.get().map_or(&[], Vec::as_slice)
}

impl Model {
    /// Makes what the layers' projections make of the relative embeddings, so that no run has to.
    pub(in crate::model) fn project_positions(&self) {
        if let Some(positions) = &self.disentangled {
            projected(self, positions);
        }
    }
}

impl RelativeBias {
    /// From a table of buckets. Shape: `table` `[buckets, heads]`.
    ///
    /// Source: the bidirectional buckets of Raffel et al. 2020, T5, <https://arxiv.org/abs/1910.10683>, section 2.1, as in
    /// Hugging Face transformers 4.57.3, `MPNetEncoder.relative_position_bucket`.
    pub(in crate::model) fn from_buckets(table: &Matrix) -> Self {
        let (buckets, heads) = (table.rows(), table.cols());
        let width = usize::try_from(2 * Self::FURTHEST + 1).unwrap_or(0);
        let mut by_distance = Matrix::zeros(heads, width);
        for (column, distance) in (-Self::FURTHEST..=Self::FURTHEST).enumerate() {
            let row = table.row(distance_bucket(distance, buckets));
            for (head, value) in row.iter().enumerate() {
                by_distance.row_mut(head)[column] = *value;
            }
        }
        Self { by_distance }
    }

    /// What a head adds to the logit of a key that stands so far behind the query; before it where negative.
    #[must_use]
    pub fn of(&self, head: usize, distance: i64) -> f32 {
        let distance = distance.clamp(-Self::FURTHEST, Self::FURTHEST);
        self.by_distance.row(head)[usize::try_from(distance + Self::FURTHEST).unwrap_or(0)]
    }

    /// Adds the bias of one head to the logits `[queries, keys]` of the queries from `first` on.
    pub(in crate::model) fn add(&self, head: usize, positions: &[u32], first: usize, logits: &mut [f32]) {
        let by_distance = self.by_distance.row(head);
        for (row, &query) in logits.chunks_mut(positions.len().max(1)).zip(positions.get(first..).unwrap_or_default()) {
            for (logit, &key) in row.iter_mut().zip(positions) {
                let distance = (i64::from(key) - i64::from(query)).clamp(-Self::FURTHEST, Self::FURTHEST);
                *logit += by_distance[usize::try_from(distance + Self::FURTHEST).unwrap_or(0)];
            }
        }
    }
}

/// Half the buckets for keys before the query, half for those after it: one a distance up to half of them, then in equal
/// steps of the logarithm.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "from 0 to the number of buckets")]
fn distance_bucket(distance: i64, buckets: usize) -> usize {
    let half = buckets / 2;
    let exact = half / 2;
    let size = usize::try_from(distance.unsigned_abs()).unwrap_or(usize::MAX);
    let within = if size < exact.max(1) {
        size
    } else {
        let share = (size as f32 / exact as f32).ln() / (RelativeBias::FURTHEST as f32 / exact as f32).ln();
        exact + (share * (half - exact) as f32) as usize
    };
    within.min(half.saturating_sub(1)) + if distance > 0 { half } else { 0 }
}

impl DisentangledAttention {
    /// The row of [`Self::embeddings`] for a key that stands so far before the query; behind it where negative.
    #[must_use]
    pub fn row(&self, distance: i64) -> usize {
        relative_row(self, self.embeddings.rows(), distance)
    }

    /// Number of terms that make up a score: content to content, and the two with positions.
    #[must_use]
    pub fn terms(&self) -> usize {
        1 + usize::from(self.content_to_position) + usize::from(self.position_to_content)
    }
}

/// The relative embeddings through a projection, packed for each head.
fn by_head(linear: &Linear, positions: &DisentangledAttention, num_heads: usize) -> Vec<Panels> {
    let projected = linear.apply(&positions.embeddings);
    let head_dim = projected.cols() / num_heads;
    let pack = |head: usize| {
        let mut panels = Panels::empty();
        let data = &projected.data()[head * head_dim..];
        panels.pack_transposed(RowsRef { data, stride: projected.cols(), rows: projected.rows() }, head_dim);
        panels
    };
    (0..num_heads).map(pack).collect()
}

/// The row for a distance: the bucket, moved by the span and held inside the table.
pub(in crate::model) fn relative_row(positions: &DisentangledAttention, rows: usize, distance: i64) -> usize {
    let span = signed(rows / 2);
    let bucket = match positions.buckets {
        Some(buckets) if positions.max_distance > 0 => log_bucket(distance, signed(buckets), positions.max_distance),
        _ => distance,
    };
    usize::try_from((bucket + span).clamp(0, signed(rows) - 1)).unwrap_or(0)
}

/// A number of rows or buckets, which memory keeps far below the limit.
fn signed(value: usize) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
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
