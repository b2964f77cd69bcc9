//! Buffers that each thread keeps from layer to layer, so that the forward pass does not allocate them again.

use std::cell::RefCell;

/// Working memory of one block of rows; contents mean nothing between uses.
#[derive(Default)]
pub(in crate::model) struct Scratch {
    /// Logits and probabilities of one head. Shape: `[queries, keys]`.
    pub(in crate::model) probs: Vec<f32>,
    /// What makes each query's probabilities sum to 1. Shape: `[queries]`.
    pub(in crate::model) scales: Vec<f32>,
    /// The heads' contexts side by side. Shape: `[queries, hidden]`.
    pub(in crate::model) context: Vec<f32>,
    /// What a block adds to the states. Shape: `[rows, hidden]`.
    pub(in crate::model) delta: Vec<f32>,
    /// Content-to-position logits. Shape: `[queries, distances]`.
    pub(in crate::model) by_distance: Vec<f32>,
    /// Normed input of pre-LN families. Shape: `[rows, hidden]`.
    pub(in crate::model) normed: Vec<f32>,
    /// Inside of the feed-forward block. Shape: `[rows, intermediate]`.
    pub(in crate::model) inner: Vec<f32>,
}

/// Lends this thread's buffers; `work` must not hand work to other threads, which might come back for them.
pub(in crate::model) fn with_scratch<R>(work: impl FnOnce(&mut Scratch) -> R) -> R {
    thread_local! {
        static SCRATCH: RefCell<Scratch> = RefCell::default();
    }
    SCRATCH.with_borrow_mut(work)
}

/// The first `len` values of a buffer, which grows where it must.
pub(in crate::model) fn sized(buffer: &mut Vec<f32>, len: usize) -> &mut [f32] {
    if buffer.len() < len {
        buffer.resize(len, 0.0);
    }
    &mut buffer[..len]
}
