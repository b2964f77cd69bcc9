//! One sequence on its way through the layers.

use crate::engine::Error;
use crate::engine::RunOptions;
use crate::engine::Trace;
use crate::engine::decisions::Entry;
use crate::engine::error::Place;
use crate::engine::macs;
use crate::engine::memory;
use crate::engine::rearrange::Rearranged;
use crate::engine::sequence_info;
use crate::input::Sequence;
use crate::model::Model;
use crate::pruning::Pruner;
use crate::pruning::SequencePruner;
use crate::tensor::Matrix;

/// What the engine knows of a sequence's rows. The vectors have one entry per row.
pub(super) struct SequenceState {
    pub(super) pruner: Box<dyn SequencePruner>,
    /// Original position; `n0` or more for rows made by fusing.
    pub(super) orig: Vec<u32>,
    /// Position for relative families: consecutive after input selection; a fused row's is its parts' mean.
    pub(super) position: Vec<u32>,
    /// Original tokens each row stands for.
    pub(super) size: Vec<f32>,
    /// Whether the row may be attended to.
    pub(super) alive: Vec<bool>,
    /// Name of the next fused row.
    pub(super) next_name: u32,
    /// The row the head reads, by original position; follows merges.
    head: u32,
    /// Drop and restore: every token's last complete state. Shape: `[n0, hidden]`.
    pub(super) restore: Option<Matrix>,
    pub(super) trace: Trace,
    /// What was decided before the layer that it is in.
    pub(super) entry: Option<Entry>,
}

impl SequenceState {
    pub(super) fn begin(index: usize, encoded: &Sequence, pruner: &dyn Pruner) -> Result<Self, Error> {
        let info = sequence_info(encoded);
        let num_tokens = encoded.units.len();
        let orig = match pruner.select_input(&info) {
            None => (0..).take(num_tokens).collect(),
            Some(chosen) => {
                let ascending = chosen.windows(2).all(|pair| pair[0] < pair[1]);
                let inside = chosen.last().is_some_and(|&last| (last as usize) < num_tokens);
                if !(ascending && inside) {
                    return Err(Error::BadInputSelection { sequence: index, expected: num_tokens, got: chosen });
                }
                chosen
            }
        };
        let rows = orig.len();
        Ok(Self {
            pruner: pruner.begin(&info),
            head: orig[0],
            orig,
            position: (0..).take(rows).collect(),
            size: vec![1.0; rows],
            alive: vec![true; rows],
            next_name: u32::try_from(num_tokens).unwrap_or(u32::MAX),
            restore: None,
            trace: Trace { num_tokens, ..Trace::default() },
            entry: None,
        })
    }

    /// Only these rows may be attended to from the next layer on.
    pub(super) fn mask(&mut self, rows: &[usize], place: Place) -> Result<(), Error> {
        place.check_rows(rows.iter().copied(), self.orig.len())?;
        if rows.is_empty() {
            return Err(place.nothing_kept());
        }
        self.alive.fill(false);
        for &row in rows {
            self.alive[row] = true;
        }
        Ok(())
    }

    /// Carries positions, sizes and names along with the rows.
    pub(super) fn rearrange(&mut self, plan: &Rearranged) {
        for group in &plan.merged {
            if group.from.contains(&self.head) && !plan.orig.contains(&self.head) {
                self.head = group.into;
            }
        }
        self.orig.clone_from(&plan.orig);
        self.position.clone_from(&plan.position);
        self.size.clone_from(&plan.size);
        self.alive.clone_from(&plan.alive);
        self.next_name = plan.next_name;
    }

    /// Positions of the rows that count as alive.
    pub(super) fn alive_positions(&self) -> Vec<u32> {
        self.orig.iter().zip(&self.alive).filter(|&(_, &alive)| alive).map(|(&orig, _)| orig).collect()
    }

    /// The row that the head reads, if it is still there.
    pub(super) fn head_row(&self) -> Option<usize> {
        self.orig.iter().position(|&orig| orig == self.head)
    }

    /// Takes note of complete states, where they are to be restored. Shape: `hidden` `[rows, hidden]`.
    pub(super) fn remember(&mut self, hidden: &Matrix) {
        let Some(restore) = &mut self.restore else { return };
        for (row, &orig) in self.orig.iter().enumerate() {
            if (orig as usize) < restore.rows() {
                restore.row_mut(orig as usize).copy_from_slice(hidden.row(row));
            }
        }
    }
}

/// The texts as the strategy wants to begin with them, once the model can read them and memory holds the run.
pub(super) fn begin_sequences(
    model: &Model,
    batch: &[&Sequence],
    pruner: &dyn Pruner,
    options: RunOptions,
) -> Result<Vec<SequenceState>, Error> {
    let mut sequences = Vec::with_capacity(batch.len());
    for (index, encoded) in batch.iter().enumerate() {
        check_tokens(model, index, encoded)?;
        let mut sequence = SequenceState::begin(index, encoded, pruner)?;
        sequence.trace.head_macs = macs::outside_layers(model, sequence.orig.len());
        sequences.push(sequence);
    }
    memory::check(model, &sequences, pruner, options)?;
    Ok(sequences)
}

fn check_tokens(model: &Model, sequence: usize, encoded: &Sequence) -> Result<(), Error> {
    let expected = model.embeddings.word.rows();
    let got = encoded.units.len();
    if got == 0 {
        return Err(Error::NoTokens { sequence });
    }
    if got > model.config.max_tokens {
        return Err(Error::TooLong { sequence, expected: model.config.max_tokens, got });
    }
    match encoded.units.iter().enumerate().find(|(_, token)| token.id as usize >= expected) {
        Some((index, token)) => Err(Error::UnknownToken { sequence, token: index, expected, got: token.id }),
        None => Ok(()),
    }
}
