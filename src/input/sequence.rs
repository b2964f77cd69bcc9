//! What a model reads, unit by unit, and where each unit came from.

use std::ops::Range;
use std::sync::Arc;

use crate::tensor::group_key;

/// One unit of a sequence: a row of the first matrix.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unit {
    /// Row of the embedding table.
    pub id: u32,
    /// What a column of it is headed with where its source cannot be shown: the vocabulary's spelling of `id`, as
    /// `##ing`, `Ġthe`, `▁the`, `[CLS]`, `[UNK]`; empty where there is none.
    pub piece: String,
    /// The part of the input it came from; `None` for units that stand for nothing in it.
    pub span: Option<Span>,
    /// Which text: 0, or 1 for the second text of a pair and the special token after it, where the family tells
    /// them apart. Also the row of the token type table, where that has more than one.
    pub segment: u32,
    /// Added by what cut the input: `[CLS]`, `[SEP]`, `<s>`. The same word typed by the user is a unit like others.
    pub special: bool,
    /// Units of one word share a number, which no other word of the sequence has; `None` for units of no word.
    pub group: Option<u32>,
}

/// A part of the input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Span {
    /// Bytes of a text.
    Bytes {
        /// Index of the text: 1 for the second of a pair.
        text: usize,
        /// The first byte.
        start: usize,
        /// One past the last byte.
        end: usize,
    },
    /// A patch of a picture, counted from 0.
    Patch {
        /// From the top.
        row: u32,
        /// From the left.
        column: u32,
    },
}

/// How vocabularies spell the token that stands for whatever they lack.
const UNKNOWN: [&str; 6] = ["[UNK]", "[unk]", "<unk>", "<UNK>", "<|unk|>", "<|unknown|>"];

impl Unit {
    /// Whether the vocabulary has nothing for this part of the input: the model reads the same placeholder whatever
    /// stands there.
    #[must_use]
    pub fn is_unknown(&self) -> bool {
        !self.special && UNKNOWN.contains(&self.piece.as_str())
    }

    /// The bytes it covers in its text; empty at 0 for units that cover none.
    #[must_use]
    pub fn bytes(&self) -> Range<usize> {
        match self.span {
            Some(Span::Bytes { start, end, .. }) => start..end,
            Some(Span::Patch { .. }) | None => 0..0,
        }
    }
}

/// An input cut into units, ready for the engine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sequence {
    /// The texts it was made of: one, or the two of a pair; none where it was made of something else.
    pub texts: Vec<Arc<str>>,
    /// The units that fit the model, special ones included.
    pub units: Vec<Unit>,
    /// Units the input has; larger than `units.len()` where it was cut. Of the beginning of a long text
    /// ([`Tokenizer::encode_start`](crate::input::Tokenizer::encode_start)), the units of that beginning.
    pub full_length: usize,
}

impl Sequence {
    /// The patches of a picture after one special unit, row by row from the top left; ids count from 0.
    ///
    /// No words and no groups: strategies and engine see such a sequence as they see any other.
    #[must_use]
    pub fn patches(rows: u32, columns: u32) -> Self {
        let first = Unit { id: 0, piece: "[CLS]".to_owned(), span: None, segment: 0, special: true, group: None };
        let places = (0..rows).flat_map(|row| (0..columns).map(move |column| (row, column)));
        let patch = |(id, (row, column)): (u32, (u32, u32))| Unit {
            id,
            piece: format!("{},{}", row + 1, column + 1),
            span: Some(Span::Patch { row, column }),
            segment: 0,
            special: false,
            group: None,
        };
        let units: Vec<Unit> = std::iter::once(first).chain((1..).zip(places).map(patch)).collect();
        Self { texts: Vec::new(), full_length: units.len(), units }
    }

    /// Ids that stand for no input, the first of them special: for measurements, whose time does not depend on content.
    #[must_use]
    pub fn made_up(ids: impl IntoIterator<Item = u32>) -> Self {
        let unit = |(index, id): (usize, u32)| Unit {
            id,
            piece: String::new(),
            span: None,
            segment: 0,
            special: index == 0,
            group: None,
        };
        let units: Vec<Unit> = ids.into_iter().enumerate().map(unit).collect();
        Self { texts: Vec::new(), full_length: units.len(), units }
    }

    /// Whether the input was longer than the model's position table.
    #[must_use]
    pub fn is_truncated(&self) -> bool {
        self.full_length > self.units.len()
    }

    /// The text, the first one of a pair; empty where the sequence was made of something else.
    #[must_use]
    pub fn text(&self) -> &str {
        self.texts.first().map_or("", |text| text)
    }

    /// The second text of a pair.
    #[must_use]
    pub fn text_pair(&self) -> Option<&str> {
        self.texts.get(1).map(|text| &**text)
    }

    /// The part of a text that a unit covers; empty for special units and for those of no text.
    #[must_use]
    pub fn source(&self, unit: &Unit) -> &str {
        match unit.span {
            Some(Span::Bytes { text, start, end }) => self.part(text, start..end),
            Some(Span::Patch { .. }) | None => "",
        }
    }

    /// A unit as a person knows it, the head of its column: the bytes of the text it covers, else its own spelling. What
    /// the vocabulary lacks reads `[UNK]`, as the model reads it.
    #[must_use]
    pub fn label(&self, unit: &Unit) -> String {
        let source = self.source(unit).trim();
        if unit.special || unit.is_unknown() || source.is_empty() {
            return if unit.piece.is_empty() { "…".to_owned() } else { unit.piece.clone() };
        }
        source.chars().map(|sign| if sign.is_control() { '␣' } else { sign }).collect()
    }

    /// The number of a unit's word in its text, from 0; `None` for units of no word.
    #[must_use]
    pub fn word_of(&self, unit: &Unit) -> Option<u32> {
        let group = unit.group?;
        let text = |unit: &Unit| match unit.span {
            Some(Span::Bytes { text, .. }) => Some(text),
            Some(Span::Patch { .. }) | None => None,
        };
        let before = self.units.iter().filter(|other| text(other) < text(unit));
        let first = before.filter_map(|other| other.group).max().map_or(0, |last| last + 1);
        group.checked_sub(first)
    }

    /// The group of each unit, numbered from 0 without gaps, and by that number the key by which a strategy knows a group
    /// again without seeing what it says: [`group_key`] of the bytes from its first to its last unit.
    ///
    /// Shapes: `[units]`, `[groups]`.
    #[must_use]
    pub fn groups(&self) -> (Vec<Option<u32>>, Vec<u64>) {
        let (mut groups, mut keys) = (Vec::with_capacity(self.units.len()), Vec::new());
        for group in self.units.chunk_by(|unit, next| unit.group == next.group) {
            let number = group.first().and_then(|unit| unit.group).and_then(|_| u32::try_from(keys.len()).ok());
            if number.is_some() {
                keys.push(group_key(self.source_of(group)));
            }
            groups.extend(std::iter::repeat_n(number, group.len()));
        }
        (groups, keys)
    }

    /// The bytes from the first to the last of units that follow each other in one text.
    fn source_of(&self, units: &[Unit]) -> &str {
        match (units.first().and_then(|first| first.span), units.last()) {
            (Some(Span::Bytes { text, start, .. }), Some(last)) => self.part(text, start..last.bytes().end),
            _ => "",
        }
    }

    fn part(&self, text: usize, bytes: Range<usize>) -> &str {
        self.texts.get(text).and_then(|text| text.get(bytes)).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unit(piece: &str, (text, start, end): (usize, usize, usize), group: Option<u32>) -> Unit {
        let special = group.is_none();
        let span = (!special).then_some(Span::Bytes { text, start, end });
        Unit { id: 0, piece: piece.to_owned(), span, segment: u32::from(text > 0), special, group }
    }

    fn sequence(texts: &[&str], units: Vec<Unit>) -> Sequence {
        let texts = texts.iter().map(|&text| Arc::from(text)).collect();
        Sequence { texts, full_length: units.len(), units }
    }

    #[test]
    fn a_label_is_the_source_or_the_vocabularys_spelling() {
        let text = sequence(&["Hopé\tx"], Vec::new());
        assert_eq!(text.label(&unit("##pe", (0, 2, 5), Some(0))), "pé", "the bytes of the text");
        assert_eq!(text.label(&unit("x", (0, 3, 7), Some(0))), "é␣x", "signs without a width are shown as one");
        assert_eq!(text.label(&unit("Ã", (0, 4, 5), Some(0))), "Ã", "half a character falls back to the piece");
        assert_eq!(text.label(&unit("[CLS]", (0, 0, 0), None)), "[CLS]", "special units by their own name");
        assert_eq!(text.label(&unit("[UNK]", (0, 0, 5), Some(0))), "[UNK]", "what the model reads");
        assert_eq!(text.label(&unit("▁", (0, 5, 6), Some(0))), "▁", "whose source is a blank");
        assert_eq!(text.label(&unit("", (0, 9, 12), Some(0))), "…", "nothing to show");
    }

    #[test]
    fn units_of_one_word_share_group_and_key_and_no_other_text_s_word_does() {
        let units = vec![
            unit("[CLS]", (0, 0, 0), None),
            unit("un", (0, 0, 2), Some(0)),
            unit("##loved", (0, 2, 7), Some(0)),
            unit("!", (0, 8, 9), Some(1)),
            unit("[SEP]", (0, 0, 0), None),
            unit("unloved", (1, 0, 8), Some(2)),
            unit("[SEP]", (1, 0, 0), None),
        ];
        let pair = sequence(&["Unloved !", " unloved"], units);
        let numbers: Vec<_> = pair.units.iter().map(|unit| pair.word_of(unit)).collect();
        assert_eq!(numbers, [None, Some(0), Some(0), Some(1), None, Some(0), None], "people count words in each text");
        let (groups, keys) = pair.groups();
        assert_eq!(groups, [None, Some(0), Some(0), Some(1), None, Some(2), None], "a number a word");
        let (word, mark) = (group_key("unloved"), group_key("!"));
        assert_eq!(keys, [word, mark, word], "the whole word, lower-cased, trimmed");
    }

    #[test]
    fn a_picture_s_patches_are_units_without_words() {
        let picture = Sequence::patches(2, 3);
        assert_eq!((picture.units.len(), picture.full_length, picture.is_truncated()), (7, 7, false), "six patches");
        let last = &picture.units[6];
        assert_eq!(last.span, Some(Span::Patch { row: 1, column: 2 }), "the lower right one");
        assert_eq!(
            (picture.label(last), last.id, last.bytes()),
            ("2,3".to_owned(), 6, 0..0),
            "rows and columns from 1"
        );
        assert!(picture.units[0].special && picture.units[1..].iter().all(|unit| !unit.special), "one special unit");
        assert_eq!((picture.text(), picture.text_pair()), ("", None), "no text");
        assert_eq!(picture.groups(), (vec![None; 7], Vec::new()), "no words");
    }
}
