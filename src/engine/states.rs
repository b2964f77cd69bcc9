//! Where a batch's states live while it runs: in this program's memory, or in a device's.

use std::borrow::Cow;

use rayon::prelude::*;

use crate::engine::Error;
use crate::engine::rearrange::Rearranged;
use crate::model::AttentionContext;
use crate::model::AttentionEvidence;
use crate::model::DeviceStates;
use crate::model::EmbedInput;
use crate::model::Model;
use crate::model::RowMoves;
use crate::model::Workspace;
use crate::tensor::CuSeqlens;
use crate::tensor::Matrix;
use crate::tensor::first_not_finite;

/// The packed states of a batch, one row per token, and each sequence's last complete state of the row its head reads.
pub(super) enum States<'a> {
    Host(Box<HostStates<'a>>),
    Device(DeviceStates<'a>),
}

/// States in this program's memory.
pub(super) struct HostStates<'a> {
    model: &'a Model,
    /// Shape: `[total_rows, hidden]`.
    hidden: Matrix,
    /// Shape: `[batch, hidden]`.
    first: Matrix,
    workspace: Workspace,
}

impl<'a> States<'a> {
    /// Begins with the embeddings of these tokens, where the model computes.
    pub(super) fn embed(model: &'a Model, tokens: &EmbedInput) -> Result<Self, Error> {
        if let Some(weights) = &model.device {
            return Ok(Self::Device(DeviceStates::embed(weights, tokens).map_err(Error::from_device)?));
        }
        let mut workspace = Workspace::borrow();
        let hidden = model.embed_into(tokens, workspace.take());
        Ok(Self::Host(Box::new(HostStates { model, hidden, first: Matrix::default(), workspace })))
    }

    /// Begins with a copy of states that a run on the host has left, and what it knew of the head's rows.
    pub(super) fn copy_of(model: &'a Model, states: &Matrix, first: Matrix) -> Self {
        let mut workspace = Workspace::borrow();
        let mut hidden = workspace.take();
        hidden.reshape(states.rows(), states.cols());
        hidden.data_mut().copy_from_slice(states.data());
        Self::Host(Box::new(HostStates { model, hidden, first, workspace }))
    }

    /// The states and the head's rows; `None` where they are not in this program's memory.
    pub(super) fn on_host(&self) -> Option<(&Matrix, &Matrix)> {
        match self {
            Self::Host(states) => Some((&states.hidden, &states.first)),
            Self::Device(_) => None,
        }
    }

    /// Takes the states to P2. With [`AttentionContext::queries`], only those rows are left, one of each sequence.
    pub(super) fn attend(
        &mut self,
        layer: usize,
        bounds: &CuSeqlens,
        context: &AttentionContext<'_>,
    ) -> Result<AttentionEvidence, Error> {
        let states = match self {
            Self::Device(states) => {
                let evidence = states.attend(layer, bounds, context).and_then(|found| states.wait().map(|()| found));
                return evidence.map_err(Error::from_device);
            }
            Self::Host(states) => states,
        };
        let HostStates { model, hidden, workspace, .. } = &mut **states;
        let evidence = model.attend_in_place(layer, hidden, (bounds, context), workspace);
        if let Some(queries) = context.queries {
            let rows: Vec<usize> = bounds.ranges().zip(queries).map(|(range, query)| range.start + query).collect();
            let rows = hidden.gather(&rows);
            workspace.keep(std::mem::replace(hidden, rows));
        }
        Ok(evidence)
    }

    /// The feed-forward block with its residual and norm.
    pub(super) fn feed_forward(&mut self, layer: usize) -> Result<(), Error> {
        match self {
            Self::Host(states) => states.model.feed_forward_in_place(layer, &mut states.hidden),
            Self::Device(states) => {
                states.feed_forward(layer).and_then(|()| states.wait()).map_err(Error::from_device)?;
            }
        }
        Ok(())
    }

    /// Puts every row where the plans want it, sequences side by side; where there is no plan, rows stay in order.
    pub(super) fn move_rows(
        &mut self,
        plans: &[Option<Rearranged>],
        (before, after): (&CuSeqlens, &CuSeqlens),
    ) -> Result<(), Error> {
        match self {
            Self::Host(states) => states.move_rows(plans, (before, after)),
            Self::Device(states) => {
                let moves = moves(plans, (before, after));
                states.move_rows(&moves).and_then(|()| states.wait()).map_err(Error::from_device)?;
            }
        }
        Ok(())
    }

    /// Takes note of the rows that the heads read, one of each sequence; where there is `None`, the last one stays.
    pub(super) fn remember(&mut self, heads: &[Option<usize>]) -> Result<(), Error> {
        match self {
            Self::Host(states) => states.remember(heads),
            Self::Device(states) => states.remember(heads).map_err(Error::from_device)?,
        }
        Ok(())
    }

    /// Row and value of the first state that is NaN or infinite.
    pub(super) fn first_not_finite(&self) -> Result<Option<(usize, f32)>, Error> {
        /// Values that one thread looks at: enough to outweigh handing them over.
        const SHARE: usize = 1 << 16;
        match self {
            Self::Host(states) => {
                let (data, cols) = (states.hidden.data(), states.hidden.cols().max(1));
                let shares = data.par_chunks(SHARE).enumerate();
                let index = shares.find_map_first(|(share, values)| Some(share * SHARE + first_not_finite(values)?));
                Ok(index.map(|index| (index / cols, data[index])))
            }
            Self::Device(states) => states.first_not_finite().map_err(Error::from_device),
        }
    }

    /// The values of some rows: in place where they are in this program's memory, else a copy.
    pub(super) fn view(&self, first: usize, count: usize) -> Result<Cow<'_, [f32]>, Error> {
        match self {
            Self::Host(states) => {
                let cols = states.hidden.cols();
                Ok(Cow::Borrowed(&states.hidden.data()[first * cols..(first + count) * cols]))
            }
            Self::Device(states) => {
                let rows = states.rows(first, count).map_err(Error::from_device)?;
                Ok(Cow::Owned(rows.data().to_vec()))
            }
        }
    }

    /// A copy of some rows.
    pub(super) fn rows(&self, first: usize, count: usize) -> Result<Matrix, Error> {
        match self {
            Self::Host(states) => Ok(states.hidden.gather(&(first..first + count).collect::<Vec<_>>())),
            Self::Device(states) => states.rows(first, count).map_err(Error::from_device),
        }
    }

    /// Logits of every sequence. Shape: `[batch, labels]`.
    pub(super) fn classify(&mut self) -> Result<Matrix, Error> {
        match self {
            Self::Host(states) => {
                let first = std::mem::take(&mut states.first);
                Ok(states.model.classify(&states.model.finish(first)))
            }
            Self::Device(states) => states.classify().map_err(Error::from_device),
        }
    }

    /// Leaves the memory to the next run on this thread.
    pub(super) fn put_away(self) {
        if let Self::Host(mut states) = self {
            states.workspace.keep(states.hidden);
        }
    }
}

impl HostStates<'_> {
    fn move_rows(&mut self, plans: &[Option<Rearranged>], (before, after): (&CuSeqlens, &CuSeqlens)) {
        let cols = self.hidden.cols();
        let old = self.hidden.data();
        let new = self.workspace.spare(after.total(), cols);
        let mut rest = new.data_mut();
        let mut tasks = Vec::with_capacity(plans.len());
        for ((plan, from), to) in plans.iter().zip(before.ranges()).zip(after.ranges()) {
            let (target, others) = rest.split_at_mut(to.len() * cols);
            rest = others;
            tasks.push((plan, &old[from.start * cols..from.end * cols], target));
        }
        tasks.into_par_iter().for_each(|(plan, source, target)| {
            let written = if let Some(plan) = plan {
                plan.write(source, cols, target)
            } else {
                let same = source.len().min(target.len());
                target[..same].copy_from_slice(&source[..same]);
                same
            };
            target[written..].fill(0.0);
        });
        std::mem::swap(self.workspace.spare_again(), &mut self.hidden);
    }

    fn remember(&mut self, heads: &[Option<usize>]) {
        if self.first.rows() != heads.len() {
            self.first = Matrix::zeros(heads.len(), self.hidden.cols());
        }
        for (sequence, head) in heads.iter().enumerate() {
            if let Some(row) = *head {
                self.first.row_mut(sequence).copy_from_slice(self.hidden.row(row));
            }
        }
    }
}

/// The plans as one list of packed rows. Padding is the sequence's first row again: nobody attends to it.
fn moves(plans: &[Option<Rearranged>], (before, after): (&CuSeqlens, &CuSeqlens)) -> RowMoves {
    let mut moves = RowMoves { rows: Vec::with_capacity(after.total()), sums: Vec::new() };
    for ((plan, from), to) in plans.iter().zip(before.ranges()).zip(after.ranges()) {
        match plan {
            Some(plan) => plan.list(from.start, before.total(), &mut moves),
            None => moves.rows.extend(from.clone().take(to.len()).map(number)),
        }
        moves.rows.resize(to.end, number(from.start));
    }
    moves
}

/// A packed row as devices count.
pub(super) fn number(row: usize) -> u32 {
    u32::try_from(row).unwrap_or(u32::MAX)
}
