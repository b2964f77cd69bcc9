//! Scores that users write themselves: an expression over vectors with one number a token.
//!
//! `syn` reads the text, as it would read Rust: every part comes with the characters it stands at, so that what is wrong is
//! shown where it is. `parse.rs` accepts the little of that language that a score needs, `evaluate.rs` computes it for all
//! living tokens at once, in double precision, and `vectors.rs` lists what may be named.

mod evaluate;
mod parse;
mod vectors;

pub(super) use evaluate::Values;
pub use parse::Formula;
pub use parse::Mistake;
pub use vectors::Function;
pub use vectors::Vector;
