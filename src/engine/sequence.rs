//! What a strategy may know about a text.

use std::sync::Arc;

use crate::input::Encoded;
use crate::input::Token;
use crate::pruning::SequenceInfo;

/// Describes a text to a strategy: special tokens, words, and a fingerprint of its token ids.
#[must_use]
pub fn sequence_info(encoded: &Encoded) -> SequenceInfo {
    SequenceInfo {
        is_special: encoded.tokens.iter().map(|token| token.special).collect(),
        words: words(encoded),
        fingerprint: fingerprint(encoded),
    }
}

/// The lower-cased word of each token: the bytes from the first to the last piece that share a word index.
fn words(encoded: &Encoded) -> Vec<Option<Arc<str>>> {
    let mut words = vec![None; encoded.tokens.len()];
    let mut first = 0;
    while first < encoded.tokens.len() {
        let token = &encoded.tokens[first];
        let same_word = |other: &&Token| other.word == token.word && other.segment == token.segment && !other.special;
        let count = encoded.tokens[first..].iter().take_while(same_word).count().max(1);
        if !token.special && token.word.is_some() {
            let mut whole = token.clone();
            whole.end = encoded.tokens[first + count - 1].end;
            // RoBERTa's and SentencePiece's offsets may begin with the space before the word.
            let word: Arc<str> = encoded.source(&whole).trim().to_lowercase().into();
            words[first..first + count].fill(Some(word));
        }
        first += count;
    }
    words
}

/// FNV-1a over the ids and segments: stable between runs, platforms and versions of the standard library.
fn fingerprint(encoded: &Encoded) -> u64 {
    let mut hash: u64 = 0xcbf2_9ce4_8422_2325;
    let bytes = encoded.tokens.iter().flat_map(|token| [token.id, token.segment]).flat_map(u32::to_le_bytes);
    for byte in bytes {
        hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    }
    hash
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token(id: u32, start: usize, end: usize, word: Option<u32>) -> Token {
        Token { id, piece: String::new(), start, end, segment: 0, special: word.is_none(), word }
    }

    #[test]
    fn pieces_share_their_lower_cased_word() {
        let tokens = vec![
            token(1, 0, 0, None),
            token(7, 0, 4, Some(0)),
            token(8, 4, 7, Some(0)),
            token(9, 8, 9, Some(1)),
            token(2, 9, 9, None),
        ];
        let encoded = Encoded { text: "Unloved !".into(), text_pair: None, tokens, full_length: 5 };
        let info = sequence_info(&encoded);
        assert_eq!(info.is_special, [true, false, false, false, true], "the two ends are special");
        let words: Vec<Option<&str>> = info.words.iter().map(Option::as_deref).collect();
        assert_eq!(words, [None, Some("unloved"), Some("unloved"), Some("!"), None], "both pieces name the whole word");
    }

    #[test]
    fn fingerprints_depend_on_ids_and_nothing_else() {
        let encoded =
            |id| Encoded { text: "x".into(), text_pair: None, tokens: vec![token(id, 0, 1, Some(0))], full_length: 1 };
        assert_eq!(fingerprint(&encoded(5)), fingerprint(&encoded(5)), "same ids, same number");
        assert_ne!(fingerprint(&encoded(5)), fingerprint(&encoded(6)), "other ids, other number");
    }
}
