//! What a model reads, before it reads it: a text, cut into tokens that know the bytes they came from.
//!
//! Start reading at [`Tokenizer::load`]. Knows what a model expects of its input ([`Expected`]) and nothing else of
//! models; knows no strategy and no data set.
//!
//! Nothing a file claims is believed: every refusal is an [`Error`] that names the file, what was expected and what was
//! found.

mod error;
mod sequence;
mod text;

pub use error::Error;
pub use sequence::Sequence;
pub use sequence::Span;
pub use sequence::Unit;
pub use text::Expected;
pub use text::Tokenizer;
pub use text::TokenizerFault;
