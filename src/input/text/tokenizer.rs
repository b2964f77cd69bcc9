//! From text to tokens that know the bytes they came from.
//!
//! Padding and truncation that a `tokenizer.json` configures are switched off: the engine never pads, and a text that
//! is too long is cut here, where [`Sequence::full_length`] can tell.

use std::fmt;
use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;

use crate::disk::hash_files;
use crate::disk::read_small_file;
use crate::input::Error;
use crate::input::Expected;
use crate::input::Sequence;
use crate::input::Span;
use crate::input::Unit;
use crate::input::text::check;
use crate::input::text::convention::Convention;
use crate::input::text::guarded::guarded;
use crate::input::text::notes;
use crate::input::text::older_files;
use crate::input::text::settings::TokenizerSettings;
use crate::input::text::truncate::kept_lengths;
use crate::input::text::vocab_file;

/// A checkpoint's tokenizer.
pub struct Tokenizer {
    inner: tokenizers::Tokenizer,
    /// Where it was read from; the vocabulary where there are two files.
    path: PathBuf,
    hash: String,
    vocab_size: usize,
    max_tokens: usize,
    /// In bytes.
    longest_text: usize,
    /// Where files disagree.
    notes: Vec<String>,
}

/// Where tokenizers are looked for, best first.
const LOOKED_FOR: &[&str] = &["tokenizer.json"];
const WORD_PIECES: &[&str] = &["tokenizer.json", "vocab.txt"];
const BYTE_LEVEL: &[&str] = &["tokenizer.json", "vocab.json with merges.txt"];
const SENTENCE_PIECES: &[&str] = &["tokenizer.json", "spm.model", "spiece.model", "sentencepiece.bpe.model"];

/// Files that belong to tokenizers, for a message when none suffices.
const OTHERS: [&str; 8] = [
    "vocab.txt",
    "vocab.json",
    "merges.txt",
    "spm.model",
    "spiece.model",
    "sentencepiece.bpe.model",
    "tokenizer.model",
    "bpe.codes",
];

/// Largest file of a tokenizer, as far as its hash is concerned.
const MOST_FILE_BYTES: u64 = 1 << 40;

/// Most bytes that a text may have after normalization; memory is some 20 times that.
const MOST_BYTES: usize = 64 << 20;

impl Tokenizer {
    /// Loads `tokenizer.json`, or else what the family's checkpoints had before: the `WordPiece` vocabulary `vocab.txt`
    /// (BERT, `DistilBERT`, ELECTRA, `MPNet`), `vocab.json` with `merges.txt` (`RoBERTa`), or a `SentencePiece` model
    /// (`DeBERTa`, `ALBERT`, `XLM-R`, `CamemBERT`), with the settings and the added tokens beside it.
    ///
    /// # Errors
    /// If there is none of these, one is damaged, asks for what cannot be, or an id lies beyond the model's vocabulary.
    pub fn load(dir: &Path, expected: &Expected) -> Result<Self, Error> {
        let settings = TokenizerSettings::read(dir)?;
        let mut notes = Vec::new();
        let Source { mut inner, mut paths, growth } =
            find(dir, Convention::of(expected.model_type), &settings, &mut notes)?;
        let path = paths.first().cloned().unwrap_or_default();
        inner.with_padding(None);
        inner.with_truncation(None).map_err(|source| Error::TokenizerFile { path: path.clone(), source })?;
        notes::disagreements(&inner, &settings, expected, &mut notes);
        if path.extension().is_none_or(|extension| extension != "json") || paths.len() > 1 {
            paths.extend(settings.files.iter().cloned());
        }
        let hash = hash_files(&paths, MOST_FILE_BYTES)?;
        let (vocab_size, max_tokens) = (expected.vocab_size, expected.max_tokens);
        let longest_text = MOST_BYTES / growth.max(1);
        let tokenizer = Self { inner, path, hash, vocab_size, max_tokens, longest_text, notes };
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
    pub fn encode(&self, text: &str, text_pair: Option<&str>) -> Result<Sequence, Error> {
        let longest = text.len().max(text_pair.map_or(0, str::len));
        if longest > self.longest_text {
            return Err(Error::TextTooLong { got: longest, limit: self.longest_text });
        }
        let encoding = guarded(|| match text_pair {
            Some(pair) => self.inner.encode((text, pair), true),
            None => self.inner.encode(text, true),
        });
        let encoding = encoding.ok_or_else(|| Error::TokenizerStopped { path: self.path.clone() })?;
        let encoding = encoding.map_err(|source| Error::Encode { source })?;
        let units = self.units(&encoding)?;
        if units.is_empty() {
            return Err(Error::NoTokens);
        }
        let full_length = units.len();
        let texts = std::iter::once(text).chain(text_pair).map(Arc::from).collect();
        let mut units = self.truncate(units)?;
        number_on(&mut units);
        Ok(Sequence { texts, units, full_length })
    }

    /// Where the tokenizer's files disagree with each other or with the model, and what was done; one sentence each.
    #[must_use]
    pub fn notes(&self) -> &[String] {
        &self.notes
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

    /// Cuts texts after so many tokens.
    ///
    /// # Errors
    /// [`Error::NoRoom`] if the special tokens alone are more.
    pub fn cut_at(&mut self, max_tokens: usize) -> Result<(), Error> {
        let before = std::mem::replace(&mut self.max_tokens, max_tokens);
        match self.encode("a", None) {
            Err(error @ Error::NoRoom { .. }) => {
                self.max_tokens = before;
                Err(error)
            }
            _ => Ok(()),
        }
    }

    /// The units, words numbered in each text.
    fn units(&self, encoding: &tokenizers::Encoding) -> Result<Vec<Unit>, Error> {
        let sequences = encoding.get_sequence_ids();
        let mut units = Vec::with_capacity(encoding.len());
        let columns = encoding.get_ids().iter().zip(encoding.get_tokens()).zip(encoding.get_offsets());
        let marks = encoding.get_special_tokens_mask().iter().zip(encoding.get_type_ids());
        let places = sequences.iter().zip(encoding.get_word_ids());
        for (((&id, piece), &(start, end)), ((&mask, &type_id), (text, &word))) in columns.zip(marks.zip(places)) {
            if usize::try_from(id).map_or(true, |id| id >= self.vocab_size) {
                return Err(self.id_error(id, piece));
            }
            let special = mask == 1;
            let text_or_type = text.and_then(|text| u32::try_from(text).ok()).unwrap_or(type_id);
            units.push(Unit {
                id,
                // The vocabulary's spelling of the id, so that an unknown character reads `<unk>` in every family.
                piece: self.inner.id_to_token(id).unwrap_or_else(|| piece.clone()),
                span: (!special).then_some(Span::Bytes { text: text.unwrap_or(0), start, end }),
                segment: text_or_type,
                special,
                group: word.filter(|_| !special),
            });
        }
        Ok(units)
    }

    /// Keeps every special token and the beginnings of the texts.
    fn truncate(&self, mut units: Vec<Unit>) -> Result<Vec<Unit>, Error> {
        if units.len() <= self.max_tokens {
            return Ok(units);
        }
        let special = units.iter().filter(|unit| unit.special).count();
        let second = units.iter().filter(|unit| is_of_second(unit)).count();
        let first = units.len() - special - second;
        let room = self.max_tokens.checked_sub(special).filter(|&room| room > 0 || first + second == 0);
        let room = room.ok_or(Error::NoRoom { special, max_tokens: self.max_tokens })?;
        let (mut first, mut second) = kept_lengths(first, second, room);
        units.retain(|unit| {
            let left = if is_of_second(unit) { &mut second } else { &mut first };
            let keep = unit.special || *left > 0;
            if !unit.special {
                *left = left.saturating_sub(1);
            }
            keep
        });
        Ok(units)
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

/// Numbers the words of the second text after those of the first: the library counts each text's from 0.
fn number_on(units: &mut [Unit]) {
    let of_first = units.iter().filter(|unit| !is_of_second(unit)).filter_map(|unit| unit.group);
    let first = of_first.max().map_or(0, |last| last + 1);
    for unit in units.iter_mut().filter(|unit| is_of_second(unit)) {
        unit.group = unit.group.map(|word| first + word);
    }
}

/// Whether a unit covers a part of the second text of a pair.
fn is_of_second(unit: &Unit) -> bool {
    matches!(unit.span, Some(Span::Bytes { text: 1, .. }))
}

/// A tokenizer, the files it was made from, and how many times longer it may make a text.
struct Source {
    inner: tokenizers::Tokenizer,
    paths: Vec<PathBuf>,
    growth: usize,
}

/// The best form that the folder has.
fn find(
    dir: &Path,
    convention: Option<Convention>,
    settings: &TokenizerSettings,
    notes: &mut Vec<String>,
) -> Result<Source, Error> {
    let path = dir.join("tokenizer.json");
    if let Some(bytes) = read_small_file(&path)? {
        let (mut inner, growth) = parse(&path, &bytes)?;
        notes::follow_case(&mut inner, settings, notes)?;
        return Ok(Source { inner, paths: vec![path], growth });
    }
    let (looked_for, loaded) = match convention {
        None => (LOOKED_FOR, None),
        Some(Convention::WordPiece) => {
            let loaded = vocab_file::load(dir, settings)?;
            (WORD_PIECES, loaded.map(|(inner, paths)| Source { inner, paths, growth: 1 }))
        }
        Some(convention) => {
            let looked_for = match convention {
                Convention::Roberta => BYTE_LEVEL,
                Convention::ModernBert => LOOKED_FOR,
                _ => SENTENCE_PIECES,
            };
            (looked_for, from_older_files(dir, convention, settings)?)
        }
    };
    let Some(mut source) = loaded else {
        let found = OTHERS.iter().filter(|name| dir.join(name).exists()).map(|&name| name.to_owned()).collect();
        return Err(Error::NoTokenizer { looked_for, found, dir: dir.to_owned() });
    };
    settings.add_to(&mut source.inner)?;
    Ok(source)
}

/// From what stands for a `tokenizer.json`; `None` if there is nothing of that convention.
fn from_older_files(dir: &Path, convention: Convention, settings: &TokenizerSettings) -> Result<Option<Source>, Error> {
    let Some((json, paths)) = older_files::load(dir, convention, settings)? else { return Ok(None) };
    let (inner, growth) = parse(paths.first().map_or(dir, PathBuf::as_path), json.to_string().as_bytes())?;
    Ok(Some(Source { inner, paths, growth }))
}

/// Checks the file and runs the library's parser; where a damaged file makes it stop with a panic, that becomes an error.
fn parse(path: &Path, bytes: &[u8]) -> Result<(tokenizers::Tokenizer, usize), Error> {
    let growth = check::check(bytes).map_err(|source| Error::TokenizerPart { path: path.to_owned(), source })?;
    match guarded(|| tokenizers::Tokenizer::from_bytes(bytes)) {
        Some(Ok(tokenizer)) => Ok((tokenizer, growth)),
        Some(Err(source)) => Err(Error::TokenizerFile { path: path.to_owned(), source }),
        None => Err(Error::TokenizerDamaged { path: path.to_owned() }),
    }
}
