//! What can go wrong while gradients are computed.

use std::path::PathBuf;

/// Why there is no differentiable pass.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Rounded weights have no gradient.
    #[error("weights in {got} cannot be trained; load the model in f32, {}", path.display())]
    Precision {
        /// As loaded.
        got: &'static str,
        /// The checkpoint.
        path: PathBuf,
    },
    /// A text that the model cannot read.
    #[error("the text has {got} tokens; expected 1 to {expected}")]
    Length {
        /// The model's longest.
        expected: usize,
        /// Tokens of the text.
        got: usize,
    },
    /// A token that the vocabulary does not have.
    #[error("token {token} has id {got}; the vocabulary has {expected} entries")]
    UnknownToken {
        /// Its position.
        token: usize,
        /// Rows of the word embedding table.
        expected: usize,
        /// Its id.
        got: u32,
    },
    /// Numbers of another shape than the text or the model asks for.
    #[error("{what} have the shape {got:?}; expected {expected:?}")]
    Shape {
        /// Which numbers.
        what: &'static str,
        /// As it must be.
        expected: Vec<usize>,
        /// As it is.
        got: Vec<usize>,
    },
    /// A number outside of what has a meaning.
    #[error("{what} is {got}; expected {expected}")]
    Value {
        /// Which number.
        what: &'static str,
        /// In words.
        expected: String,
        /// As it is.
        got: f64,
    },
    /// A step of the pass failed.
    #[error("the differentiable pass failed at {step}")]
    Step {
        /// What was being computed.
        step: &'static str,
        /// What candle says.
        source: Box<candle_core::Error>,
    },
}

/// Names the step that fails.
pub(super) fn at(step: &'static str) -> impl Fn(candle_core::Error) -> Error {
    move |source| Error::Step { step, source: Box::new(source) }
}
