//! Memory that a run keeps from layer to layer and from batch to batch.

use std::cell::RefCell;

use crate::model::attention::HeadPanels;
use crate::tensor::Matrix;

/// What the steps of a layer need beside the states. Borrowed from the calling thread and given back when dropped, so
/// that the next run on this thread finds it warm.
#[derive(Debug, Default)]
pub struct Workspace {
    pub(super) buffers: Buffers,
}

/// The buffers themselves; contents mean nothing between steps.
#[derive(Debug, Default)]
pub(super) struct Buffers {
    /// Queries, keys and values of some sequences side by side. Shape: `[rows, 3 * hidden]`.
    pub(super) qkv: Matrix,
    /// Keys and values of some sequences, packed. Shape: `[sequences * heads]`.
    pub(super) panels: Vec<HeadPanels>,
    /// Rows on their way from one place to another; lent to the engine.
    pub(super) spare: Matrix,
}

impl Workspace {
    /// This thread's buffers.
    #[must_use]
    pub fn borrow() -> Self {
        Self { buffers: KEPT.with_borrow_mut(Vec::pop).unwrap_or_default() }
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

    /// Keeps the memory of a matrix that is no longer needed, if it is larger than what is kept already.
    pub fn keep(&mut self, matrix: Matrix) {
        if matrix.data().len() > self.buffers.spare.data().len() {
            self.buffers.spare = matrix;
        }
    }
}

impl Drop for Workspace {
    fn drop(&mut self) {
        let buffers = std::mem::take(&mut self.buffers);
        // A thread that is going away keeps nothing.
        KEPT.try_with(|kept| {
            if let Ok(mut kept) = kept.try_borrow_mut()
                && kept.len() < MOST_KEPT
            {
                kept.push(buffers);
            }
        })
        .unwrap_or_default();
    }
}

/// Runs that one thread may have open at once; more do not keep their memory.
const MOST_KEPT: usize = 2;

thread_local! {
    static KEPT: RefCell<Vec<Buffers>> = const { RefCell::new(Vec::new()) };
}
