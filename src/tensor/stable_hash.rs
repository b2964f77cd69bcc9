//! Numbers that name things: the same in every run, on every platform and with every version of the standard library.

/// FNV-1a with 64 bits over bytes.
///
/// Source: Fowler, Noll and Vo, <http://www.isthe.com/chongo/tech/comp/fnv/>. Not for secrets: collisions can be made on
/// purpose; by chance, two of `n` different things collide with a probability of about `n^2 / 2^65`.
#[must_use]
pub fn stable_hash(bytes: impl IntoIterator<Item = u8>) -> u64 {
    bytes.into_iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

/// The key of the group that the pieces of a word make: [`stable_hash`] of the word without outer blanks, lower-cased.
///
/// Who tokenizes and who lists words share this function, so that a list is compared with a text that nobody else sees.
#[must_use]
pub fn group_key(word: &str) -> u64 {
    stable_hash(word.trim().to_lowercase().into_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hashes_are_those_of_the_published_vectors() {
        assert_eq!(stable_hash(*b""), 0xcbf2_9ce4_8422_2325, "nothing");
        assert_eq!(stable_hash(*b"a"), 0xaf63_dc4c_8601_ec8c, "one letter");
        assert_eq!(stable_hash(*b"foobar"), 0x8594_4171_f739_67e8, "six letters");
    }

    #[test]
    fn a_word_has_one_key_however_it_is_written() {
        assert_eq!(group_key(" The"), group_key("the"), "case and blanks");
        assert_eq!(group_key("ÉTÉ"), group_key("été"), "beyond ASCII");
        assert_ne!(group_key("the"), group_key("then"), "another word");
    }
}
