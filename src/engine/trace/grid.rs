//! A trace as a grid: what happened to each token in each layer. The window and every exported file read this grid, so
//! that they cannot differ. Made in the job that ran the text, so that drawing only looks things up. Knows nothing
//! about pixels.

use crate::engine::Removal;
use crate::engine::Trace;

/// What happened to a token in a layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// Not in this layer: it left before, or (fused columns) was not made yet.
    Gone,
    /// Came to the layer and came out.
    Kept,
    /// Came to the layer and did not come out.
    Left,
    /// Went in and became part of another row; the column of that row.
    Merged(u32),
}

/// One token in one layer.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Cell {
    /// What happened to it.
    pub fate: Fate,
    /// The strategy's score, where it computed one.
    pub score: Option<f32>,
    /// 1 = the highest score in this layer; 0 where there is no score.
    pub rank: u32,
    /// Share of the layer's other scored tokens that rank below, 0–1; 0.5 for a single one.
    pub percentile: f64,
}

const NOTHING: Cell = Cell { fate: Fate::Gone, score: None, rank: 0, percentile: 0.0 };

/// One layer in numbers.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LayerSummary {
    /// Rows that entered its attention.
    pub attended: usize,
    /// Rows that came to the layer: more than entered where the strategy turned some away at the door (hook point P1).
    pub arrived: usize,
    /// Rows that came out.
    pub kept: usize,
    /// Rows with a score.
    pub scored: usize,
    /// The score needed to stay, where there is one.
    pub threshold: Option<f32>,
    /// Multiply-accumulates.
    pub macs: u64,
}

/// The grid of one run on one text.
#[derive(Clone, Debug, PartialEq)]
pub struct Ribbon {
    /// Tokens of the text; columns from here on belong to fused rows.
    pub num_tokens: usize,
    /// Columns: the tokens, and one more if the strategy made new rows.
    pub num_columns: usize,
    /// The layers.
    pub layers: Vec<LayerSummary>,
    /// Tokens that never entered the embeddings, by column.
    pub never_entered: Vec<bool>,
    /// How tokens went.
    pub removal: Removal,
    /// Row by row: `layers × num_columns`.
    cells: Vec<Cell>,
}

impl Ribbon {
    /// Reads a trace that was written with positions and scores.
    #[must_use]
    pub fn new(trace: &Trace) -> Self {
        let num_tokens = trace.num_tokens;
        let num_columns = num_tokens + fused_columns(trace);
        // Where there is at most one fused row at a time, all of them share the last column.
        let column = |position: u32| (position as usize).min(num_columns.saturating_sub(1));
        let mut cells = vec![NOTHING; trace.layers.len() * num_columns];
        let mut layers = Vec::with_capacity(trace.layers.len());
        for (layer, row) in trace.layers.iter().zip(cells.chunks_mut(num_columns.max(1))) {
            let (arrived, importance) = (layer.arrived(), layer.arrived_importance());
            let ranks = ranks(importance);
            for (index, &position) in arrived.iter().enumerate() {
                let score = importance.get(index).copied().filter(|score| score.is_finite());
                let (rank, percentile) = ranks.get(index).copied().unwrap_or((0, 0.0));
                row[column(position)] = Cell { fate: Fate::Left, score, rank, percentile };
            }
            for &position in &layer.kept {
                let cell = &mut row[column(position)];
                cell.fate = Fate::Kept;
            }
            for group in &layer.merged {
                let into = column(group.into);
                for &position in &group.from {
                    let from = column(position);
                    // A fused row that joins the next fused row stays in its column.
                    if from != into {
                        row[from].fate = Fate::Merged(u32::try_from(into).unwrap_or(u32::MAX));
                    }
                }
            }
            layers.push(LayerSummary {
                attended: layer.attended.len(),
                arrived: arrived.len(),
                kept: layer.kept.len(),
                scored: importance.len(),
                threshold: layer.threshold.or_else(|| layer.entry.as_ref()?.threshold),
                macs: layer.macs,
            });
        }
        let mut never_entered = vec![true; num_columns];
        for &position in &trace.input {
            never_entered[column(position)] = false;
        }
        never_entered.iter_mut().skip(num_tokens).for_each(|never| *never = false);
        Self { num_tokens, num_columns, layers, never_entered, removal: trace.removal(), cells }
    }

    /// Number of layers.
    #[must_use]
    pub fn num_layers(&self) -> usize {
        self.layers.len()
    }

    /// One token in one layer; nothing for columns the run does not have.
    #[must_use]
    pub fn cell(&self, layer: usize, column: usize) -> Cell {
        if column >= self.num_columns {
            NOTHING
        } else {
            self.cells.get(layer * self.num_columns + column).copied().unwrap_or(NOTHING)
        }
    }

    /// Whether a token is still there after so many layers.
    #[must_use]
    pub fn is_alive_after(&self, layers: usize, column: usize) -> bool {
        match layers.min(self.num_layers()) {
            0 => !self.never_entered.get(column).copied().unwrap_or(true),
            passed => self.cell(passed - 1, column).fate == Fate::Kept,
        }
    }

    /// The layer in which a token left, if it did.
    #[must_use]
    pub fn left_in(&self, column: usize) -> Option<usize> {
        (0..self.num_layers()).find(|&layer| matches!(self.cell(layer, column).fate, Fate::Left | Fate::Merged(_)))
    }

    /// Rows after the last layer.
    #[must_use]
    pub fn kept_at_end(&self) -> usize {
        self.layers.last().map_or(self.num_tokens, |layer| layer.kept)
    }
}

/// The head of a column for rows that a strategy made: `fused`, or `+1`, `+2`, … where there are several.
#[must_use]
pub fn fused_label(number: usize, of: usize) -> String {
    if of == 1 { "fused".to_owned() } else { format!("+{}", number + 1) }
}

/// Columns for rows that were made new: one if they replace each other, else one each.
fn fused_columns(trace: &Trace) -> usize {
    let fused = |positions: &[u32]| positions.iter().filter(|&&at| at as usize >= trace.num_tokens).count();
    let at_once = trace.layers.iter().map(|layer| fused(layer.arrived()).max(fused(&layer.kept))).max().unwrap_or(0);
    if at_once <= 1 {
        return at_once;
    }
    let highest = trace.layers.iter().flat_map(|layer| &layer.kept).map(|&at| at as usize + 1).max().unwrap_or(0);
    highest.saturating_sub(trace.num_tokens)
}

/// Rank from 1 and percentile of each score; equal scores share the better rank. No entry for what is not a number.
fn ranks(scores: &[f32]) -> Vec<(u32, f64)> {
    let mut order: Vec<usize> = (0..scores.len()).filter(|&index| scores[index].is_finite()).collect();
    order.sort_by(|&a, &b| scores[b].total_cmp(&scores[a]));
    let mut ranks = vec![(0, 0.0); scores.len()];
    let count = order.len();
    let mut rank = 0;
    for (index, &row) in order.iter().enumerate() {
        if index == 0 || scores[row] < scores[order[index - 1]] {
            rank = index;
        }
        let percentile = if count > 1 { 1.0 - rank as f64 / (count - 1) as f64 } else { 0.5 };
        ranks[row] = (u32::try_from(rank + 1).unwrap_or(u32::MAX), percentile);
    }
    ranks
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::LayerTrace;
    use crate::engine::MergeGroup;

    fn layer(attended: &[u32], importance: &[f32], kept: &[u32]) -> LayerTrace {
        LayerTrace {
            rows_attention: attended.len(),
            rows_feed_forward: kept.len(),
            alive: kept.len(),
            attended: attended.to_vec(),
            importance: importance.to_vec(),
            kept: kept.to_vec(),
            ..LayerTrace::default()
        }
    }

    fn trace(num_tokens: usize, layers: Vec<LayerTrace>) -> Trace {
        Trace { num_tokens, input: (0..5).take(num_tokens).collect(), layers, ..Trace::default() }
    }

    #[test]
    fn a_token_is_kept_then_leaves_then_is_gone() {
        let ribbon = Ribbon::new(&trace(
            3,
            vec![layer(&[0, 1, 2], &[0.5, 0.1, 0.3], &[0, 2]), layer(&[0, 2], &[0.9, 0.2], &[0])],
        ));
        let fates: Vec<_> = (0..2).map(|layer| ribbon.cell(layer, 1).fate).collect();
        assert_eq!(fates, [Fate::Left, Fate::Gone], "token 1 leaves in the first layer");
        assert_eq!(ribbon.left_in(2), Some(1), "token 2 leaves in the second");
        assert_eq!(ribbon.left_in(0), None, "token 0 stays");
        assert!(ribbon.is_alive_after(0, 1) && !ribbon.is_alive_after(1, 1), "alive before, not after");
        assert_eq!(ribbon.kept_at_end(), 1, "one row at the end");
    }

    #[test]
    fn ranks_count_from_the_highest_score_and_ties_share() {
        // 0.9 ranks first; the two 0.5 share the second rank; of the 3 others 2 rank below 0.5's: 1 - 1/3.
        assert_eq!(
            ranks(&[0.5, 0.9, 0.5, 0.1]),
            [(2, 1.0 - 1.0 / 3.0), (1, 1.0), (2, 1.0 - 1.0 / 3.0), (4, 0.0)],
            "ranks"
        );
        assert_eq!(ranks(&[f32::NAN, 0.2]), [(0, 0.0), (1, 0.5)], "what is not a number has no rank");
    }

    #[test]
    fn merged_tokens_name_their_destination_and_fused_rows_share_a_column() {
        let mut first = layer(&[0, 1, 2], &[0.5, 0.1, 0.3], &[0, 3]);
        first.merged = vec![MergeGroup { into: 3, from: vec![1, 2] }];
        let mut second = layer(&[0, 3], &[0.5, 0.4], &[0, 4]);
        second.merged = vec![MergeGroup { into: 4, from: vec![3] }];
        let ribbon = Ribbon::new(&trace(3, vec![first, second]));
        assert_eq!(ribbon.num_columns, 4, "three tokens and the fused one");
        assert_eq!(ribbon.cell(0, 1).fate, Fate::Merged(3), "token 1 became part of the fused row");
        assert_eq!(ribbon.cell(0, 3).fate, Fate::Kept, "which left the first layer");
        assert_eq!(ribbon.cell(1, 3).fate, Fate::Kept, "and, renewed, the second");
        assert_eq!(ribbon.left_in(3), None, "the fused column never leaves");
    }

    #[test]
    fn tokens_taken_out_before_the_embeddings_were_never_there() {
        let mut only = trace(3, vec![layer(&[0, 2], &[], &[0, 2])]);
        only.input = vec![0, 2];
        let ribbon = Ribbon::new(&only);
        assert!(ribbon.never_entered[1] && !ribbon.is_alive_after(0, 1), "token 1 is gone from the start");
        assert_eq!(ribbon.cell(0, 0).score, None, "no scores were computed");
    }
}
