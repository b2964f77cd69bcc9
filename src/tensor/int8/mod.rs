//! Matrix products in eight bits: weights with one scale per output column, activations with one scale per row, sums in
//! whole numbers.
//!
//! A weight is `round(w / s)` with `s` = its column's largest size ÷ 127; an activation `round(x / t)` likewise, found anew
//! for every row, stored 128 higher so that it is never negative. The product is the whole-number sum, less 128 times the
//! column's sum of weights, times `s t`. Sums of whole numbers have no rounding: every instruction set gives the same bits.
//!
//! NaN and infinity have no eight bits: weights that hold one are refused, an activation makes its row's product NaN. Steps are
//! no smaller than [`SMALLEST_STEP`](crate::tensor::rows::SMALLEST_STEP).
//!
//! Source: per-channel symmetric weights and dynamic activations as in Dettmers et al. 2022, "`LLM.int8()`",
//! <https://arxiv.org/abs/2208.07339>, section 2.1, without its outlier columns.

mod error;
mod kernel;
mod panels;
#[macro_use]
mod walk;
mod portable;
mod rows;
#[cfg(test)]
mod tests;
#[cfg(target_arch = "x86_64")]
mod x86;

pub use error::Int8Error;
pub use kernel::int8_instruction_set;
pub use panels::Int8Panels;
pub use rows::Int8Rows;
