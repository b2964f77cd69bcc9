//! What the engine computes with: row-major matrices, packed ragged batches, products, softmax.
//!
//! Knows nothing about models, tokens or strategies. All values are `f32` in main memory; weights may be rounded
//! to eight bits.

mod evidence;
mod finite;
mod int8;
mod isa;
pub mod math;
mod matrix;
mod panels;
mod ragged;
pub mod rows;
mod shape;
mod stable_hash;
pub mod vector;

pub use evidence::Evidence;
pub use evidence::EvidenceSet;
pub use evidence::EvidenceShape;
pub use evidence::EvidenceSource;
pub use evidence::SequenceEvidence;
pub use finite::first_not_finite;
pub use int8::Int8Error;
pub use int8::Int8Panels;
pub use int8::Int8Rows;
pub use int8::int8_instruction_set;
pub use isa::UnknownInstructions;
pub use isa::check_instruction_limit;
pub use isa::instruction_set;
pub use matrix::Matrix;
pub use panels::Panels;
pub use panels::RowsRef;
pub use ragged::CuSeqlens;
pub use shape::ModelShape;
pub use stable_hash::group_key;
pub use stable_hash::stable_hash;
pub use vector::Activation;
