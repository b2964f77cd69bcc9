//! What a strategy may know about a text.

use crate::input::Encoded;
use crate::input::Token;
use crate::pruning::SequenceInfo;
use crate::tensor::group_key;
use crate::tensor::stable_hash;

/// Describes a text to a strategy: special tokens, words, and a fingerprint of its token ids.
#[must_use]
pub fn sequence_info(encoded: &Encoded) -> SequenceInfo {
    let (groups, group_keys) = words(encoded);
    SequenceInfo {
        is_special: encoded.tokens.iter().map(|token| token.special).collect(),
        groups,
        group_keys,
        fingerprint: fingerprint(encoded),
    }
}

/// The word of each token, and the key of each word: of the bytes from the first to the last piece that share a word index.
fn words(encoded: &Encoded) -> (Vec<Option<u32>>, Vec<u64>) {
    let (mut groups, mut keys) = (vec![None; encoded.tokens.len()], Vec::new());
    let mut first = 0;
    while first < encoded.tokens.len() {
        let token = &encoded.tokens[first];
        let same_word = |other: &&Token| other.word == token.word && other.segment == token.segment && !other.special;
        let count = encoded.tokens[first..].iter().take_while(same_word).count().max(1);
        if !token.special && token.word.is_some() {
            let mut whole = token.clone();
            whole.end = encoded.tokens[first + count - 1].end;
            // RoBERTa's and SentencePiece's offsets may begin with the space before the word.
            groups[first..first + count].fill(u32::try_from(keys.len()).ok());
            keys.push(group_key(encoded.source(&whole)));
        }
        first += count;
    }
    (groups, keys)
}

/// A stable number of the ids and segments.
fn fingerprint(encoded: &Encoded) -> u64 {
    stable_hash(encoded.tokens.iter().flat_map(|token| [token.id, token.segment]).flat_map(u32::to_le_bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token(id: u32, start: usize, end: usize, word: Option<u32>) -> Token {
        Token { id, piece: String::new(), start, end, segment: 0, special: word.is_none(), word }
    }

    #[test]
    fn pieces_share_the_key_of_their_lower_cased_word() {
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
        assert_eq!(info.groups, [None, Some(0), Some(0), Some(1), None], "both pieces are of one word");
        assert_eq!(info.group_keys, [group_key("unloved"), group_key("!")], "which is lower-cased");
    }

    #[test]
    fn fingerprints_depend_on_ids_and_nothing_else() {
        let encoded =
            |id| Encoded { text: "x".into(), text_pair: None, tokens: vec![token(id, 0, 1, Some(0))], full_length: 1 };
        assert_eq!(fingerprint(&encoded(5)), fingerprint(&encoded(5)), "same ids, same number");
        assert_ne!(fingerprint(&encoded(5)), fingerprint(&encoded(6)), "other ids, other number");
    }
}
