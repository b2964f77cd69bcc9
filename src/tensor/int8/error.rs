//! What cannot be rounded to eight bits.

/// Why a weight matrix has no eight-bit form.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum Int8Error {
    /// Its 32-bit sums could overflow.
    #[error(
        "sums of eight-bit products hold {expected} inputs at most, got {got}; compute this model with --precision f32"
    )]
    TooWide {
        /// The longest sum that cannot overflow.
        expected: usize,
        /// Length of the sums.
        got: usize,
    },
    /// A weight is NaN or infinite.
    #[error("expected finite weights, got {got} in row {row}; the weights are damaged: get them anew")]
    NotFinite {
        /// Which output, from 0.
        row: usize,
        /// The weight.
        got: f32,
    },
}
