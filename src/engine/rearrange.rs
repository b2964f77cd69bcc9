//! Turns a decision into a plan for one sequence's rows, after checking that it makes sense.

use crate::engine::Error;
use crate::engine::MergeGroup;
use crate::engine::error::Place;
use crate::engine::state::SequenceState;
use crate::engine::states::number;
use crate::model::RowMoves;
use crate::pruning::Action;
use crate::pruning::Merge;

/// The rows that go on, in output order.
pub(super) struct Rearranged {
    /// Where each output row comes from.
    sources: Vec<Source>,
    /// See `SequenceState` for these four.
    pub(super) orig: Vec<u32>,
    pub(super) position: Vec<u32>,
    pub(super) size: Vec<f32>,
    pub(super) alive: Vec<bool>,
    pub(super) next_name: u32,
    /// Groups formed, for the trace.
    pub(super) merged: Vec<MergeGroup>,
}

/// Where an output row's state comes from.
enum Source {
    /// An input row as it is.
    Row(usize),
    /// A weighted sum of input rows.
    Sum(Vec<(usize, f32)>),
}

impl Rearranged {
    /// Whether every row stays as and where it is.
    pub(super) fn is_identity(&self, rows: usize) -> bool {
        self.sources.len() == rows
            && self
                .sources
                .iter()
                .enumerate()
                .all(|(index, source)| matches!(source, Source::Row(row) if *row == index))
    }

    /// Writes the new rows, made from one sequence's `states` `[rows, cols]`, to the front of `out`; how many values that
    /// are.
    pub(super) fn write(&self, states: &[f32], cols: usize, out: &mut [f32]) -> usize {
        let row = |index: usize| &states[index * cols..(index + 1) * cols];
        for (source, out) in self.sources.iter().zip(out.chunks_exact_mut(cols.max(1))) {
            match source {
                Source::Row(index) => out.copy_from_slice(row(*index)),
                Source::Sum(parts) => {
                    out.fill(0.0);
                    for &(index, weight) in parts {
                        for (value, &part) in out.iter_mut().zip(row(index)) {
                            *value += weight * part;
                        }
                    }
                }
            }
        }
        self.sources.len() * cols
    }

    /// Adds the new rows to a list of packed rows: the sequence's rows begin at `first`, and `sums` are numbered from `total`
    /// on.
    pub(super) fn list(&self, first: usize, total: usize, moves: &mut RowMoves) {
        for source in &self.sources {
            match source {
                Source::Row(row) => moves.rows.push(number(first + row)),
                Source::Sum(parts) => {
                    moves.rows.push(number(total + moves.sums.len()));
                    moves.sums.push(parts.iter().map(|&(row, weight)| (number(first + row), weight)).collect());
                }
            }
        }
    }
}

/// Checks `action` against the sequence's rows and plans it.
pub(super) fn rearrange(action: Action, state: &SequenceState, place: Place) -> Result<Rearranged, Error> {
    let (rows, merges) = match action {
        Action::KeepAll | Action::Mask(_) => ((0..state.orig.len()).map(Some).collect(), Vec::new()),
        Action::Keep(rows) => (rows.into_iter().map(Some).collect(), Vec::new()),
        Action::Reduce { rows, merges } => (rows, merges),
    };
    if rows.is_empty() {
        return Err(place.nothing_kept());
    }
    place.check_rows(rows.iter().flatten().copied(), state.orig.len())?;
    let merge_of = merges_by_row(&rows, merges, state, place)?;
    let mut plan = Rearranged {
        sources: Vec::with_capacity(rows.len()),
        orig: Vec::with_capacity(rows.len()),
        position: Vec::with_capacity(rows.len()),
        size: Vec::with_capacity(rows.len()),
        alive: Vec::with_capacity(rows.len()),
        next_name: state.next_name,
        merged: Vec::new(),
    };
    for (row, merge) in rows.into_iter().zip(merge_of) {
        plan.push(row, merge, state);
    }
    Ok(plan)
}

impl Rearranged {
    /// A row as it was, or one made by `merge`, or both: an input row that receives others.
    fn push(&mut self, row: Option<usize>, merge: Option<Merge>, state: &SequenceState) {
        let name = row.map_or(self.next_name, |row| state.orig[row]);
        self.next_name += u32::from(row.is_none());
        self.orig.push(name);
        if let Some(merge) = merge {
            let from = merge.parts.iter().map(|&(part, _)| state.orig[part]).filter(|&part| part != name).collect();
            self.merged.push(MergeGroup { into: name, from });
            self.position.push(row.map_or_else(|| mean_position(&merge.parts, state), |row| state.position[row]));
            self.size.push(merge.size);
            self.alive.push(true);
            self.sources.push(Source::Sum(merge.parts));
        } else {
            // Checked before: a row without a merge is an input row.
            let row = row.unwrap_or_default();
            self.position.push(state.position[row]);
            self.size.push(state.size[row]);
            self.alive.push(state.alive[row]);
            self.sources.push(Source::Row(row));
        }
    }
}

/// The merge that makes each output row, if one does.
fn merges_by_row(
    rows: &[Option<usize>],
    merges: Vec<Merge>,
    state: &SequenceState,
    place: Place,
) -> Result<Vec<Option<Merge>>, Error> {
    let mut by_row: Vec<Option<Merge>> = rows.iter().map(|_| None).collect();
    let mut counts = vec![0; rows.len()];
    for merge in merges {
        if merge.into >= rows.len() {
            return Err(place.out_of_range(merge.into, rows.len()));
        }
        if merge.parts.is_empty() {
            return Err(place.empty_merge(merge.into));
        }
        place.check_rows(merge.parts.iter().map(|part| part.0), state.orig.len())?;
        let bad_weight = merge.parts.iter().map(|part| part.1).find(|weight| !weight.is_finite());
        let bad_size = Some(merge.size).filter(|size| !size.is_finite() || *size <= 0.0);
        if let Some(got) = bad_weight.or(bad_size) {
            return Err(place.bad_merge(got));
        }
        let row = merge.into;
        counts[row] += 1;
        by_row[row] = Some(merge);
    }
    for (row, (input, &count)) in rows.iter().zip(&counts).enumerate() {
        if count > 1 || (input.is_none() && count == 0) {
            return Err(place.merge_count(row, count));
        }
    }
    Ok(by_row)
}

/// The weighted mean of the parts' positions; their plain mean where the weights sum to nothing.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a mean of positions, rounded")]
fn mean_position(parts: &[(usize, f32)], state: &SequenceState) -> u32 {
    let total: f32 = parts.iter().map(|part| part.1.abs()).sum();
    let weight = |weight: f32| if total > 0.0 { weight.abs() / total } else { 1.0 / parts.len().max(1) as f32 };
    parts.iter().map(|&(row, part)| weight(part) * state.position[row] as f32).sum::<f32>().round() as u32
}
