//! From text to tokens that know the bytes they came from.
//!
//! Padding and truncation that a `tokenizer.json` configures are switched off: the engine never pads, and a text that
//! is too long is cut here, where [`Encoded::full_length`] can tell.

use std::fmt;
use std::panic::AssertUnwindSafe;
use std::panic::catch_unwind;
use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;

use crate::model::Encoded;
use crate::model::Error;
use crate::model::Family;
use crate::model::ModelConfig;
use crate::model::Token;
use crate::model::fields::read_small_file;
use crate::model::truncate::kept_lengths;
use crate::model::vocab_file;
use crate::model::weight_files::hash_files;

/// A checkpoint's tokenizer.
pub struct Tokenizer {
    inner: tokenizers::Tokenizer,
    /// Where it was read from; the vocabulary where there are two files.
    path: PathBuf,
    hash: String,
    vocab_size: usize,
    max_tokens: usize,
}

/// Where tokenizers are looked for, best first.
const LOOKED_FOR: &[&str] = &["tokenizer.json", "vocab.txt"];

impl Tokenizer {
    /// Loads `tokenizer.json`, or else the `WordPiece` vocabulary `vocab.txt` with the settings in
    /// `tokenizer_config.json` (BERT, `DistilBERT` and ELECTRA).
    ///
    /// # Errors
    /// If there is neither file, one is damaged, or an id lies beyond the model's vocabulary.
    pub fn load(dir: &Path, config: &ModelConfig) -> Result<Self, Error> {
        let has_word_pieces = matches!(config.family, Family::Bert | Family::DistilBert | Family::Electra);
        let path = dir.join("tokenizer.json");
        let (mut inner, paths) = if let Some(bytes) = read_small_file(&path)? {
            (parse(&path, &bytes)?, vec![path])
        } else {
            let loaded = if has_word_pieces { vocab_file::load(dir)? } else { None };
            loaded.ok_or_else(|| no_tokenizer(dir, has_word_pieces))?
        };
        let path = paths.first().cloned().unwrap_or_default();
        inner.with_padding(None);
        inner.with_truncation(None).map_err(|source| Error::TokenizerFile { path: path.clone(), source })?;
        let hash = hash_files(&paths)?;
        let tokenizer = Self { inner, path, hash, vocab_size: config.vocab_size, max_tokens: config.max_tokens };
        tokenizer.check_vocabulary()?;
        // Special tokens may come from the post-processor instead of the vocabulary: look at them once.
        match tokenizer.encode("", None) {
            Ok(_) | Err(Error::NoTokens) => Ok(tokenizer),
            Err(err) => Err(err),
        }
    }

    /// Cuts a text, or a pair of texts, into the tokens the model reads. Too long a text keeps its beginning and the
    /// special tokens around it; of a pair, the longer text is cut first.
    ///
    /// The empty text gives the special tokens alone. Special tokens that the user typed are tokens like others.
    ///
    /// # Errors
    /// If the tokenizer fails on the text, gives no token at all, or adds more special tokens than the model takes.
    pub fn encode(&self, text: &str, text_pair: Option<&str>) -> Result<Encoded, Error> {
        let encoding = match text_pair {
            Some(pair) => self.inner.encode((text, pair), true),
            None => self.inner.encode(text, true),
        };
        let encoding = encoding.map_err(|source| Error::Encode { source })?;
        let tokens = self.tokens(&encoding)?;
        if tokens.is_empty() {
            return Err(Error::NoTokens);
        }
        let full_length = tokens.len();
        Ok(Encoded {
            text: Arc::from(text),
            text_pair: text_pair.map(Arc::from),
            tokens: self.truncate(tokens)?,
            full_length,
        })
    }

    /// SHA-256 of the tokenizer's files, in hex.
    #[must_use]
    pub fn hash(&self) -> &str {
        &self.hash
    }

    /// Longest text in tokens, special ones counted.
    #[must_use]
    pub fn max_tokens(&self) -> usize {
        self.max_tokens
    }

    fn tokens(&self, encoding: &tokenizers::Encoding) -> Result<Vec<Token>, Error> {
        let sequences = encoding.get_sequence_ids();
        let mut tokens = Vec::with_capacity(encoding.len());
        let columns = encoding.get_ids().iter().zip(encoding.get_tokens()).zip(encoding.get_offsets());
        let marks = encoding.get_special_tokens_mask().iter().zip(encoding.get_type_ids());
        let places = sequences.iter().zip(encoding.get_word_ids());
        for (((&id, piece), &(start, end)), ((&mask, &type_id), (sequence, &word))) in columns.zip(marks.zip(places)) {
            if usize::try_from(id).map_or(true, |id| id >= self.vocab_size) {
                return Err(self.id_error(id, piece));
            }
            let special = mask == 1;
            let segment = sequence.and_then(|sequence| u32::try_from(sequence).ok()).unwrap_or(type_id);
            let (start, end) = if special { (0, 0) } else { (start, end) };
            tokens.push(Token {
                id,
                // The vocabulary's spelling of the id, so that an unknown character reads `<unk>` in every family.
                piece: self.inner.id_to_token(id).unwrap_or_else(|| piece.clone()),
                start,
                end,
                segment,
                special,
                word: word.filter(|_| !special),
            });
        }
        Ok(tokens)
    }

    /// Keeps every special token and the beginnings of the texts.
    fn truncate(&self, mut tokens: Vec<Token>) -> Result<Vec<Token>, Error> {
        if tokens.len() <= self.max_tokens {
            return Ok(tokens);
        }
        let special = tokens.iter().filter(|token| token.special).count();
        let second = tokens.iter().filter(|token| !token.special && token.segment > 0).count();
        let first = tokens.len() - special - second;
        let room = self.max_tokens.checked_sub(special).filter(|&room| room > 0 || first + second == 0);
        let room = room.ok_or(Error::NoRoom { special, max_tokens: self.max_tokens })?;
        let (mut first, mut second) = kept_lengths(first, second, room);
        tokens.retain(|token| {
            let left = if token.segment == 0 { &mut first } else { &mut second };
            let keep = token.special || *left > 0;
            if !token.special {
                *left = left.saturating_sub(1);
            }
            keep
        });
        Ok(tokens)
    }

    fn check_vocabulary(&self) -> Result<(), Error> {
        let largest = self.inner.get_vocab(true).into_iter().max_by_key(|(_, id)| *id);
        match largest {
            Some((token, id)) if usize::try_from(id).map_or(true, |id| id >= self.vocab_size) => {
                Err(self.id_error(id, &token))
            }
            _ => Ok(()),
        }
    }

    fn id_error(&self, largest: u32, token: &str) -> Error {
        let token = token.to_owned();
        Error::IdBeyondVocabulary { largest, token, vocab_size: self.vocab_size, path: self.path.clone() }
    }
}

impl fmt::Debug for Tokenizer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tokenizer").field("path", &self.path).field("hash", &self.hash).finish_non_exhaustive()
    }
}

fn no_tokenizer(dir: &Path, has_word_pieces: bool) -> Error {
    let looked_for = if has_word_pieces { LOOKED_FOR } else { &LOOKED_FOR[..1] };
    Error::NoTokenizer { looked_for, dir: dir.to_owned() }
}

/// Runs the library's parser; a damaged file can make it stop with a panic, which becomes an error here.
fn parse(path: &Path, bytes: &[u8]) -> Result<tokenizers::Tokenizer, Error> {
    match catch_unwind(AssertUnwindSafe(|| tokenizers::Tokenizer::from_bytes(bytes))) {
        Ok(Ok(tokenizer)) => Ok(tokenizer),
        Ok(Err(source)) => Err(Error::TokenizerFile { path: path.to_owned(), source }),
        Err(_) => Err(Error::TokenizerDamaged { path: path.to_owned() }),
    }
}
