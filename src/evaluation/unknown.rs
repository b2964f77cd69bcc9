//! How much of a text the model's vocabulary lacks.

use crate::input::Sequence;

/// Tokens of a text that are placeholders.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct UnknownTokens {
    /// Tokens of the text for which the vocabulary has nothing.
    pub unknown: usize,
    /// Tokens of the text, those that the tokenizer adds left out.
    pub tokens: usize,
}

impl UnknownTokens {
    /// Counts them.
    #[must_use]
    pub fn of(encoded: &Sequence) -> Self {
        let text = encoded.units.iter().filter(|token| !token.special);
        let unknown = text.clone().filter(|token| token.is_unknown()).count();
        Self { unknown, tokens: text.count() }
    }

    /// Whether so much is unknown that a prediction says nothing about the text: more than a third of its tokens.
    #[must_use]
    pub fn are_too_many(self) -> bool {
        3 * self.unknown > self.tokens
    }

    /// What a reader must know before trusting a prediction; nothing where the text is understood.
    #[must_use]
    pub fn warning(self) -> Option<String> {
        let Self { unknown, tokens } = self;
        let verb = if unknown == 1 { "is" } else { "are" };
        self.are_too_many().then(|| {
            format!(
                "{unknown} of {tokens} tokens {verb} unknown to this model: its answer says nothing about this text"
            )
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn encoded(pieces: &[&str]) -> Sequence {
        let mut sequence = Sequence::made_up(std::iter::repeat_n(0, pieces.len()));
        for (unit, piece) in sequence.units.iter_mut().zip(pieces) {
            (unit.piece, unit.special) = ((*piece).to_owned(), *piece == "[CLS]");
        }
        sequence
    }

    #[test]
    fn more_than_a_third_of_placeholders_is_said() {
        let half = UnknownTokens::of(&encoded(&["[CLS]", "[UNK]", "film"]));
        assert_eq!(half, UnknownTokens { unknown: 1, tokens: 2 }, "special tokens do not count");
        let text = half.warning().expect("a warning");
        assert_eq!(text, "1 of 2 tokens is unknown to this model: its answer says nothing about this text", "singular");
        let third = UnknownTokens::of(&encoded(&["[CLS]", "a", "<unk>", "film"]));
        assert_eq!((third.unknown, third.warning()), (1, None), "a third is not more than a third");
        let most = UnknownTokens { unknown: 6, tokens: 7 }.warning().expect("a warning");
        assert!(most.starts_with("6 of 7 tokens are unknown"), "{most}");
        assert_eq!(UnknownTokens::of(&encoded(&["[CLS]"])).warning(), None, "an empty text has nothing unknown");
    }
}
