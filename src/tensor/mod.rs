//! What the engine computes with: row-major matrices, packed ragged batches, products, softmax.
//!
//! Knows nothing about models, tokens or strategies. All values are `f32` in main memory.

mod evidence;
mod matrix;
mod ragged;
mod shape;

pub use evidence::EvidenceNeeds;
pub use evidence::SequenceEvidence;
pub use matrix::Matrix;
pub use ragged::CuSeqlens;
pub use shape::ModelShape;
