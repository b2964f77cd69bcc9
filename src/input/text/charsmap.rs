//! The precompiled character map of `SentencePiece` tokenizers, checked before the library uses it: the library trusts its
//! sizes and places.
//!
//! Source: the layout as written by `SentencePiece`'s `Builder::CompileCharsMap` (trie size, trie, texts that end in zero),
//! and the units of its double-array trie (`darts.h`: label, leaf flag, offset).

/// Longest text that one character may become. The longest of Unicode's compatibility mappings has 33 bytes.
const LONGEST: usize = 256;

/// The largest number of bytes that one byte may become; `None` if the map is damaged.
pub(super) fn largest_growth(map: &[u8]) -> Option<usize> {
    let (size, rest) = map.split_first_chunk::<4>()?;
    let size = usize::try_from(u32::from_le_bytes(*size)).ok()?;
    let (trie, texts) = rest.split_at_checked(size / 4 * 4)?;
    let texts = std::str::from_utf8(texts).ok()?;
    let units: Vec<usize> =
        trie.as_chunks().0.iter().map(|&unit| usize::try_from(u32::from_le_bytes(unit)).unwrap_or(0)).collect();
    let mut longest = 1;
    let mut seen = vec![false; units.len()];
    let mut open = vec![offset(*units.first()?)];
    while let Some(node) = open.pop() {
        for label in 1..256 {
            // Any text may ask for any label, so that all of them must lie within the trie.
            let unit = *units.get(node ^ label)?;
            if unit & ((1 << 31) | 0xff) != label {
                continue;
            }
            let child = (node ^ label) ^ offset(unit);
            if unit >> 8 & 1 == 1 {
                let start = *units.get(child)? & ((1 << 31) - 1);
                let text = texts.get(start..)?;
                longest = longest.max(text.find('\0').unwrap_or(text.len()));
            }
            let seen = seen.get_mut(child)?;
            if !*seen {
                *seen = true;
                open.push(child);
            }
        }
    }
    (longest <= LONGEST).then_some(longest)
}

/// How far the children of a unit lie from it.
fn offset(unit: usize) -> usize {
    (unit >> 10) << ((unit & (1 << 9)) >> 6)
}

/// Bytes from base 64; `None` for other text.
///
/// Source: RFC 4648, section 4.
pub(super) fn from_base64(text: &str) -> Option<Vec<u8>> {
    let text = text.trim_end_matches('=');
    let mut bytes = Vec::with_capacity(text.len() / 4 * 3 + 3);
    let (mut bits, mut count) = (0_u32, 0);
    for letter in text.bytes() {
        let value = ALPHABET.iter().position(|&known| known == letter)?;
        bits = bits << 6 | u32::try_from(value).ok()?;
        count += 6;
        if count >= 8 {
            count -= 8;
            bytes.push((bits >> count & 0xff) as u8);
        }
    }
    Some(bytes)
}

/// Bytes in base 64.
pub(super) fn to_base64(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for group in bytes.chunks(3) {
        let bits = group.iter().chain([0, 0].iter()).take(3).fold(0_usize, |bits, &byte| bits << 8 | usize::from(byte));
        for place in 0..4 {
            let letter = ALPHABET[bits >> (18 - 6 * place) & 0x3f];
            text.push(if place <= group.len() { char::from(letter) } else { '=' });
        }
    }
    text
}

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base_64_agrees_with_the_standards_examples() {
        // RFC 4648, section 10.
        let examples = ["", "f", "fo", "foo", "foob", "fooba", "foobar"];
        let coded = ["", "Zg==", "Zm8=", "Zm9v", "Zm9vYg==", "Zm9vYmE=", "Zm9vYmFy"];
        for (text, coded) in examples.into_iter().zip(coded) {
            assert_eq!(to_base64(text.as_bytes()), coded, "{text}");
            assert_eq!(from_base64(coded).as_deref(), Some(text.as_bytes()), "{coded}");
        }
        assert_eq!(from_base64("Zg!="), None, "not a letter of it");
    }

    /// A map whose trie has one label, `a`, which stands for the text at `start`.
    fn map(start: u32, texts: &[u8]) -> Vec<u8> {
        let mut units = vec![0_u32; 512];
        units[0] = 256 << 10;
        // Label, leaf flag, and children from 256 on: 353 and 97 differ by 256.
        units[256 ^ 0x61] = 0x61 | 1 << 8 | 0x61 << 10;
        units[256] = start;
        let mut bytes = 2048_u32.to_le_bytes().to_vec();
        bytes.extend(units.iter().flat_map(|unit| unit.to_le_bytes()));
        bytes.extend(texts);
        bytes
    }

    #[test]
    fn the_longest_text_is_found() {
        assert_eq!(largest_growth(&map(0, b"abc\0de")), Some(3), "up to the zero");
        assert_eq!(largest_growth(&map(4, b"abc\0de")), Some(2), "up to the end");
        assert_eq!(largest_growth(&map(0, &[b'x'; 300])), None, "longer than any character becomes");
    }

    #[test]
    fn maps_that_lead_out_of_themselves_are_damaged() {
        assert_eq!(largest_growth(&[]), None, "nothing");
        assert_eq!(largest_growth(&[0, 0, 0xff, 0xff, 0, 0]), None, "a trie of gigabytes in six bytes");
        assert_eq!(largest_growth(&map(0, &[0xff, 0])), None, "texts that are no text");
        assert_eq!(largest_growth(&map(9, b"abc\0")), None, "a text beyond the end");
        let whole = map(0, b"abc\0");
        assert_eq!(largest_growth(&whole[..whole.len() - 600]), None, "cut");
        let mut far = whole;
        far[4..8].copy_from_slice(&(600_u32 << 10).to_le_bytes());
        assert_eq!(largest_growth(&far), None, "children beyond the trie");
    }
}
