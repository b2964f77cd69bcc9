//! The beginning of a long text: as much of it as a model can read.

use crate::input::Error;
use crate::input::Sequence;
use crate::input::Tokenizer;

/// Texts up to this many bytes are cut into tokens whole.
const WHOLE: usize = 64 << 10;
/// Where more tokens fit the model, so many bytes for each.
const BYTES_PER_TOKEN: usize = 32;
/// A part that turns out too short is taken so many times longer.
const GROWTH: usize = 4;

impl Tokenizer {
    /// As [`Tokenizer::encode`], but of a long text only a part at its beginning is cut into tokens, and kept: work and
    /// memory depend on what the model reads, not on what a data file holds. The tokens are the same; `full_length` is then
    /// only known to be at least what it says, and [`Sequence::is_truncated`] holds.
    ///
    /// The part ends between words and has at least twice the tokens that fit, so that its end reaches into none of them.
    ///
    /// # Errors
    /// As [`Tokenizer::encode`].
    pub fn encode_start(&self, text: &str, text_pair: Option<&str>) -> Result<Sequence, Error> {
        let mut size = WHOLE.max(BYTES_PER_TOKEN * self.max_tokens());
        loop {
            let (first, second) = (start_of(text, size), text_pair.map(|pair| start_of(pair, size)));
            let is_cut = [first.len() < text.len(), second.map(str::len) < text_pair.map(str::len)];
            let encoded = self.encode(first, second)?;
            let [cut_first, cut_second] = is_cut;
            // Which of a pair is cut depends on which is longer: where both are, that has to be known.
            let is_decided = match (cut_first, cut_second) {
                (false, false) => true,
                (true, true) => false,
                _ => encoded.full_length >= 2 * self.max_tokens() + shorter_tokens_most(first, second, cut_first),
            };
            if is_decided {
                return Ok(encoded);
            }
            size = size.saturating_mul(GROWTH);
        }
    }
}

/// The other text of a pair has at most so many tokens, which must not be more than those of the part.
fn shorter_tokens_most(first: &str, second: Option<&str>, cut_first: bool) -> usize {
    let whole = if cut_first { second.map_or(0, str::len) } else { first.len() };
    2 * whole
}

/// At most about `size` bytes of a text, up to the end of a word; all of it where there is none.
fn start_of(text: &str, size: usize) -> &str {
    if text.len() <= size {
        return text;
    }
    let part = &text[..text.floor_char_boundary(size)];
    part.rfind(char::is_whitespace).filter(|&end| end > size / 2).map_or(text, |end| &text[..end])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_ends_between_words() {
        assert_eq!(start_of("one two three", 9), "one two", "before the blank");
        assert_eq!(start_of("one two", 7), "one two", "all of it fits");
        assert_eq!(start_of("onetwothreefour", 9), "onetwothreefour", "a word is not cut");
        assert_eq!(start_of("a twothreefour", 9), "a twothreefour", "nor is next to nothing taken");
        assert_eq!(start_of("ééé ééé ééé", 16), "ééé ééé", "letters of several bytes stay whole");
    }
}
