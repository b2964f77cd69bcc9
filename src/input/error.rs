//! What can go wrong while a tokenizer is loaded or a text is cut into tokens.

use std::path::PathBuf;

use crate::disk::FileError;
use crate::disk::quoted;
use crate::input::TokenizerFault;

/// Why a tokenizer or a text was refused. Causes from below are in [`std::error::Error::source`].
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A file of the tokenizer was refused.
    #[error(transparent)]
    File(#[from] FileError),
    /// No tokenizer in the folder.
    #[error("no tokenizer; expected one of {}{}: {}", quoted(looked_for), other_files(found), dir.display())]
    NoTokenizer {
        /// The file names that were tried.
        looked_for: &'static [&'static str],
        /// Files of tokenizers that are there and do not suffice.
        found: Vec<String>,
        /// The folder.
        dir: PathBuf,
    },
    /// A tokenizer file that the library refused.
    #[error("cannot read the tokenizer: {}", path.display())]
    TokenizerFile {
        /// The file.
        path: PathBuf,
        /// The library's reason.
        #[source]
        source: tokenizers::Error,
    },
    /// A tokenizer file on which the library gave up.
    #[error("the tokenizer file is damaged: {}", path.display())]
    TokenizerDamaged {
        /// The file.
        path: PathBuf,
    },
    /// A vocabulary without a token that every text needs.
    #[error("the vocabulary has no {token:?}: {}", path.display())]
    VocabularyToken {
        /// `[CLS]`, `[SEP]` or `[UNK]`, as configured.
        token: String,
        /// The vocabulary.
        path: PathBuf,
    },
    /// A tokenizer that knows words the model has no row for.
    #[error("the tokenizer's largest id is {largest} ({token:?}), but the model has {vocab_size} word embeddings: {}",
        path.display())]
    IdBeyondVocabulary {
        /// The largest id.
        largest: u32,
        /// Its spelling.
        token: String,
        /// `vocab_size`.
        vocab_size: usize,
        /// The tokenizer file.
        path: PathBuf,
    },
    /// A tokenizer file with a part that cannot be used.
    #[error("cannot use the tokenizer: {}", path.display())]
    TokenizerPart {
        /// The file.
        path: PathBuf,
        /// Which part.
        source: TokenizerFault,
    },
    /// An entry of the added tokens that is none.
    #[error("expected a token and its id, got {got}: {}", path.display())]
    AddedToken {
        /// As written.
        got: String,
        /// The file.
        path: PathBuf,
    },
    /// An added token whose id does not follow the vocabulary.
    #[error("added token {token:?}: expected id {expected}, the vocabulary gives {got}: {}", path.display())]
    AddedTokenId {
        /// The token.
        token: String,
        /// What the file says.
        expected: u32,
        /// What the vocabulary leaves.
        got: String,
        /// The file.
        path: PathBuf,
    },
    /// A line of `merges.txt` that is no pair.
    #[error("line {line}: expected two pieces with a blank between them, got {got:?}: {}", path.display())]
    Merge {
        /// Line, from 1.
        line: usize,
        /// As written.
        got: String,
        /// The file.
        path: PathBuf,
    },
    /// A `SentencePiece` model that is no unigram model.
    #[error("expected a unigram SentencePiece model (kind 1), got kind {kind}; load the tokenizer with transformers' \
        AutoTokenizer and save it again, which writes tokenizer.json: {}", path.display())]
    SentencePieceKind {
        /// 2: BPE, 3: words, 4: characters.
        kind: u64,
        /// The file.
        path: PathBuf,
    },
    /// A text that is too long for what the tokenizer makes of texts.
    #[error("the text has {got} bytes; with this tokenizer at most {limit} can be cut into tokens")]
    TextTooLong {
        /// Its length.
        got: usize,
        /// The most.
        limit: usize,
    },
    /// A text on which the library gave up.
    #[error("the tokenizer stopped at the text; the file is damaged: {}", path.display())]
    TokenizerStopped {
        /// The file.
        path: PathBuf,
    },
    /// A text that the library could not cut.
    #[error("cannot cut the text into tokens")]
    Encode {
        /// The library's reason.
        #[source]
        source: tokenizers::Error,
    },
    /// A text from which nothing is left.
    #[error("the text has no tokens, and the tokenizer adds none of its own")]
    NoTokens,
    /// A position table shorter than the tokens that every text gets.
    #[error("the tokenizer adds {special} special tokens, but the model takes at most {max_tokens} tokens")]
    NoRoom {
        /// Special tokens of every text.
        special: usize,
        /// The model's limit.
        max_tokens: usize,
    },
}

/// What is there instead of a tokenizer, and the way on.
fn other_files(found: &[String]) -> String {
    const WAY_ON: &str =
        "load the tokenizer with transformers' AutoTokenizer and save it again, which writes tokenizer.json";
    if found.is_empty() { String::new() } else { format!("; the folder has {}; {WAY_ON}", quoted(found)) }
}
