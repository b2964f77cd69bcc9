//! Buffers that each thread keeps from layer to layer, so that the forward pass does not allocate them again.

use std::cell::RefCell;

/// Working memory of one block of rows; contents mean nothing between uses.
#[derive(Default)]
pub(super) struct Scratch {
    /// Logits and probabilities of one head. Shape: `[queries, keys]`.
    pub(super) probs: Vec<f32>,
    /// What makes each query's probabilities sum to 1. Shape: `[queries]`.
    pub(super) scales: Vec<f32>,
    /// The heads' contexts side by side. Shape: `[queries, hidden]`.
    pub(super) context: Vec<f32>,
    /// What a block adds to the states. Shape: `[rows, hidden]`.
    pub(super) delta: Vec<f32>,
    /// Content-to-position logits. Shape: `[queries, distances]`.
    pub(super) by_distance: Vec<f32>,
    /// Normed input of pre-LN families. Shape: `[rows, hidden]`.
    pub(super) normed: Vec<f32>,
    /// Inside of the feed-forward block. Shape: `[rows, intermediate]`.
    pub(super) inner: Vec<f32>,
}

/// Lends this thread's buffers; `work` must not hand work to other threads, which might come back for them.
pub(super) fn with_scratch<R>(work: impl FnOnce(&mut Scratch) -> R) -> R {
    thread_local! {
        static SCRATCH: RefCell<Scratch> = RefCell::default();
    }
    SCRATCH.with_borrow_mut(work)
}

/// The first `len` values of a buffer, which grows where it must.
pub(super) fn sized(buffer: &mut Vec<f32>, len: usize) -> &mut [f32] {
    if buffer.len() < len {
        buffer.resize(len, 0.0);
    }
    &mut buffer[..len]
}
