//! A text as the model reads it.

use std::sync::Arc;

/// One token of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token {
    /// Row of the word embedding table.
    pub id: u32,
    /// The vocabulary's spelling of `id`: `##ing`, `Ġthe`, `▁the`, `[CLS]`, `[UNK]`.
    pub piece: String,
    /// First byte in the text it came from. Special tokens: `start == end`.
    pub start: usize,
    /// One past the last byte.
    pub end: usize,
    /// Which text: 0, or 1 for the second text of a pair and the special token after it, where the family tells
    /// them apart. Also the row of the token type table, where that has more than one.
    pub segment: u32,
    /// Added by the tokenizer: `[CLS]`, `[SEP]`, `<s>`. The same word typed by the user is a token like others.
    pub special: bool,
    /// Index of the word within its segment; `None` for special tokens. Pieces of one word share it.
    pub word: Option<u32>,
}

/// How vocabularies spell the token that stands for whatever they lack.
const UNKNOWN: [&str; 6] = ["[UNK]", "[unk]", "<unk>", "<UNK>", "<|unk|>", "<|unknown|>"];

impl Token {
    /// Whether the vocabulary has nothing for this part of the text: the model reads the same placeholder whatever
    /// stands there.
    #[must_use]
    pub fn is_unknown(&self) -> bool {
        !self.special && UNKNOWN.contains(&self.piece.as_str())
    }
}

/// A text cut into tokens, ready for the engine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Encoded {
    /// The source text.
    pub text: Arc<str>,
    /// The second text of a pair.
    pub text_pair: Option<Arc<str>>,
    /// The tokens that fit the model, special ones included.
    pub tokens: Vec<Token>,
    /// Tokens the text has; larger than `tokens.len()` where it was cut. Of the beginning of a long text
    /// ([`Tokenizer::encode_start`](crate::input::Tokenizer::encode_start)), the tokens of that beginning.
    pub full_length: usize,
}

impl Encoded {
    /// Whether the text was longer than the model's position table.
    #[must_use]
    pub fn is_truncated(&self) -> bool {
        self.full_length > self.tokens.len()
    }

    /// The bytes of the text that a token covers; empty for special tokens.
    #[must_use]
    pub fn source(&self, token: &Token) -> &str {
        let text = if token.segment == 0 { Some(&self.text) } else { self.text_pair.as_ref() };
        text.and_then(|text| text.get(token.start..token.end)).unwrap_or_default()
    }
}
