//! Texts: tokenizers in every form that checkpoints have them, and what they make of a text.

mod charsmap;
mod check;
mod convention;
mod guarded;
mod notes;
mod older_files;
mod sentencepiece;
mod settings;
mod start;
mod tokenizer;
mod truncate;
mod vocab_file;

pub use check::TokenizerFault;
pub use convention::Expected;
pub use tokenizer::Tokenizer;
