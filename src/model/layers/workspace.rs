//! Memory that a run keeps from layer to layer and from batch to batch.

use std::sync::Mutex;
use std::sync::PoisonError;

use crate::model::layers::attention::HeadPanels;
use crate::tensor::Matrix;

/// What the steps of a layer need beside the states. Given back when dropped, so that the next run finds it warm, on
/// whatever thread it is.
#[derive(Debug, Default)]
pub struct Workspace {
    pub(in crate::model) buffers: Buffers,
}

/// The buffers themselves; contents mean nothing between steps.
#[derive(Debug, Default)]
pub(in crate::model) struct Buffers {
    /// Queries, keys and values of some sequences side by side. Shape: `[rows, 3 * hidden]`.
    pub(in crate::model) qkv: Matrix,
    /// Keys and values of some sequences, packed. Shape: `[sequences * heads]`.
    pub(in crate::model) panels: Vec<HeadPanels>,
    /// Rows on their way from one place to another; lent to the engine.
    pub(in crate::model) spare: Matrix,
    /// States of a run that has ended; lent to the engine.
    states: Matrix,
}

impl Workspace {
    /// Buffers that nobody uses.
    #[must_use]
    pub fn borrow() -> Self {
        Self { buffers: kept(Vec::pop).unwrap_or_default() }
    }

    /// A matrix whose memory may be used between two steps: `[rows, cols]`, filled with anything.
    pub fn spare(&mut self, rows: usize, cols: usize) -> &mut Matrix {
        self.buffers.spare.reshape(rows, cols);
        &mut self.buffers.spare
    }

    /// The same matrix as [`Self::spare`] left it.
    pub fn spare_again(&mut self) -> &mut Matrix {
        &mut self.buffers.spare
    }

    /// Memory for the states of a run, of any shape and filled with anything; to be given back with [`Self::keep`].
    pub fn take(&mut self) -> Matrix {
        std::mem::take(&mut self.buffers.states)
    }

    /// Keeps the memory of states that are no longer needed, if it is larger than what is kept already.
    pub fn keep(&mut self, states: Matrix) {
        if states.data().len() > self.buffers.states.data().len() {
            self.buffers.states = states;
        }
    }
}

impl Drop for Workspace {
    fn drop(&mut self) {
        let buffers = std::mem::take(&mut self.buffers);
        kept(|kept| {
            if kept.len() < MOST_KEPT {
                kept.push(buffers);
            }
        });
    }
}

/// Runs that may be open at once; more do not keep their memory.
const MOST_KEPT: usize = 2;

static KEPT: Mutex<Vec<Buffers>> = Mutex::new(Vec::new());

/// Does something with the buffers that wait. What they hold means nothing, so that a panic elsewhere spoils nothing.
fn kept<T>(change: impl FnOnce(&mut Vec<Buffers>) -> T) -> T {
    change(&mut KEPT.lock().unwrap_or_else(PoisonError::into_inner))
}
