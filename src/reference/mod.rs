//! A second implementation's opinion of a checkpoint: candle-transformers' own model of the family, on the same tokens.
//!
//! [`verify`] reads configuration and weights with candle's readers, runs candle's encoder and compares logits. What of the
//! second opinion is candle-transformers' own and what only candle's operations is said in [`Verification::reference`].
//! Start reading at `verify.rs`.

mod encoder;
mod error;
mod head;
mod settings;
mod tensors;
mod texts;
mod verify;

pub use error::Error;
pub use texts::bundled;
pub use texts::lines;
pub use verify::LIMIT;
pub use verify::Texts;
pub use verify::Verification;
pub use verify::verify;

/// The version that speaks; held to `Cargo.lock` by a test.
pub const CANDLE_VERSION: &str = "0.11.1";
