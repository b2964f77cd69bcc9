//! What an example shows a model.

use std::sync::Arc;

use sha2::Digest as _;
use sha2::Sha256;

/// One text, or two that are read together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Content {
    /// One text.
    Text(Arc<str>),
    /// Two texts: a premise and a hypothesis, a question and a passage.
    Pair(Arc<str>, Arc<str>),
}

impl Content {
    /// The text, the first one of a pair.
    #[must_use]
    pub fn text(&self) -> &str {
        match self {
            Self::Text(text) | Self::Pair(text, _) => text,
        }
    }

    /// The second text of a pair.
    #[must_use]
    pub fn text_pair(&self) -> Option<&str> {
        match self {
            Self::Text(_) => None,
            Self::Pair(_, second) => Some(second),
        }
    }

    /// SHA-256 of the texts, in hex: the same wherever they stand, in whatever file.
    #[must_use]
    pub fn hash(&self) -> String {
        let mut hasher = Sha256::new();
        for text in self.texts() {
            // Their lengths keep a pair apart from another that is cut elsewhere.
            hasher.update((text.len() as u64).to_le_bytes());
            hasher.update(text.as_bytes());
        }
        format!("{:x}", hasher.finalize())
    }

    /// All texts, in order.
    pub fn texts(&self) -> impl Iterator<Item = &str> {
        std::iter::once(self.text()).chain(self.text_pair())
    }
}

impl From<&str> for Content {
    fn from(text: &str) -> Self {
        Self::Text(text.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_tells_contents_apart_and_nothing_else() {
        let pair = |one: &str, other: &str| Content::Pair(one.into(), other.into());
        assert_eq!(Content::from("a film").hash(), Content::from("a film").hash(), "the same text");
        assert_ne!(Content::from("a film").hash(), Content::from("a film ").hash(), "another text");
        assert_ne!(pair("a", "bc").hash(), pair("ab", "c").hash(), "cut elsewhere");
        // 8 bytes of length 0: printf '\0\0\0\0\0\0\0\0' | sha256sum
        let empty = "af5570f5a1810b7af78caf4bc70a660f0df51e42baf91d4de5b2328de0e83dfc";
        assert_eq!(Content::from("").hash(), empty, "by another program");
    }
}
