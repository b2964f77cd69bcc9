//! What the engine computes with: row-major matrices, packed ragged batches, products, softmax.
//!
//! Knows nothing about models, tokens or strategies. All values are `f32` in main memory.

mod evidence;
pub mod gemm;
pub mod math;
mod matrix;
mod panels;
mod ragged;
pub mod rows;
mod shape;

pub use evidence::EvidenceNeeds;
pub use evidence::SequenceEvidence;
pub use matrix::Matrix;
pub use panels::Panels;
pub use panels::RowsRef;
pub use ragged::CuSeqlens;
pub use shape::ModelShape;
