//! The part of a `SentencePiece` model file that tokenizers need: pieces, scores, kinds and the character map.
//!
//! Source: `sentencepiece_model.proto` of <https://github.com/google/sentencepiece>, in the wire format of Protocol Buffers,
//! <https://protobuf.dev/programming-guides/encoding/>. Fields that are not needed are stepped over; nothing recurses.

/// A model file.
#[derive(Debug, Default)]
pub(super) struct SentencePieces {
    pub(super) pieces: Vec<Piece>,
    /// 1: unigram, 2: BPE, 3: words, 4: characters.
    pub(super) kind: u64,
    pub(super) byte_fallback: bool,
    /// Empty where texts are taken as they are.
    pub(super) charsmap: Vec<u8>,
}

/// One piece; its place is its id.
#[derive(Debug)]
pub(super) struct Piece {
    pub(super) text: String,
    pub(super) score: f32,
    pub(super) kind: PieceKind,
}

/// What a piece is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum PieceKind {
    Normal,
    Unknown,
    Control,
    UserDefined,
    Other,
}

/// Most pieces we read; the largest vocabularies in use have 256,000.
const MOST_PIECES: usize = 1 << 21;

impl SentencePieces {
    /// `None` for bytes that are no model file.
    pub(super) fn parse(bytes: &[u8]) -> Option<Self> {
        let mut model = Self { kind: 1, ..Self::default() };
        let mut fields = Message(bytes);
        while let Some(field) = fields.next()? {
            match field {
                (1, Value::Bytes(piece)) => {
                    model.pieces.push(parse_piece(piece)?);
                    if model.pieces.len() > MOST_PIECES {
                        return None;
                    }
                }
                (2, Value::Bytes(trainer)) => {
                    let mut fields = Message(trainer);
                    while let Some(field) = fields.next()? {
                        match field {
                            (3, Value::Number(kind)) => model.kind = kind,
                            (35, Value::Number(flag)) => model.byte_fallback = flag != 0,
                            _ => {}
                        }
                    }
                }
                (3, Value::Bytes(normalizer)) => {
                    let mut fields = Message(normalizer);
                    while let Some(field) = fields.next()? {
                        if let (2, Value::Bytes(map)) = field {
                            model.charsmap = map.to_vec();
                        }
                    }
                }
                _ => {}
            }
        }
        (!model.pieces.is_empty()).then_some(model)
    }
}

fn parse_piece(bytes: &[u8]) -> Option<Piece> {
    let mut piece = Piece { text: String::new(), score: 0.0, kind: PieceKind::Normal };
    let mut fields = Message(bytes);
    while let Some(field) = fields.next()? {
        match field {
            (1, Value::Bytes(text)) => std::str::from_utf8(text).ok()?.clone_into(&mut piece.text),
            (2, Value::Fixed32(bits)) => piece.score = f32::from_bits(bits),
            (3, Value::Number(kind)) => {
                piece.kind = match kind {
                    1 => PieceKind::Normal,
                    2 => PieceKind::Unknown,
                    3 => PieceKind::Control,
                    4 => PieceKind::UserDefined,
                    _ => PieceKind::Other,
                }
            }
            _ => {}
        }
    }
    piece.score.is_finite().then_some(piece)
}

/// What is left of a message.
struct Message<'a>(&'a [u8]);

enum Value<'a> {
    Number(u64),
    Fixed32(u32),
    Fixed64,
    Bytes(&'a [u8]),
}

impl<'a> Message<'a> {
    /// The next field with its number; `Some(None)` at the end, `None` where the bytes are no message.
    #[expect(
        clippy::option_option,
        reason = "the end and damage are different things, and `?` wants the latter outside"
    )]
    fn next(&mut self) -> Option<Option<(u64, Value<'a>)>> {
        if self.0.is_empty() {
            return Some(None);
        }
        let key = self.number()?;
        let value = match key & 7 {
            0 => Value::Number(self.number()?),
            1 => self.take(8).map(|_| Value::Fixed64)?,
            2 => {
                let length = usize::try_from(self.number()?).ok()?;
                Value::Bytes(self.take(length)?)
            }
            5 => Value::Fixed32(u32::from_le_bytes(*self.take(4)?.first_chunk()?)),
            _ => return None,
        };
        Some(Some((key >> 3, value)))
    }

    fn number(&mut self) -> Option<u64> {
        let mut number = 0_u64;
        for shift in (0..64).step_by(7) {
            let byte = *self.take(1)?.first()?;
            number |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Some(number);
            }
        }
        None
    }

    fn take(&mut self, length: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(taken)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_model_file_is_read_field_by_field() {
        // Piece "ab" with score 1.5 of kind 4; trainer: kind 2, byte fallback; normalizer: map "xy"; an unknown field 9.
        let bytes =
            b"\x0a\x0b\x0a\x02ab\x15\x00\x00\xc0\x3f\x18\x04\x12\x05\x18\x02\x98\x02\x01\x1a\x04\x12\x02xy\x48\x07";
        let model = SentencePieces::parse(bytes).expect("a model file");
        let piece = &model.pieces[0];
        assert_eq!((piece.text.as_str(), piece.score, piece.kind), ("ab", 1.5, PieceKind::UserDefined), "the piece");
        assert_eq!((model.kind, model.byte_fallback, &*model.charsmap), (2, true, &b"xy"[..]), "the rest");
    }

    #[test]
    fn damaged_files_are_no_model() {
        for bytes in
            [&b""[..], b"\x0a", b"\x0a\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", b"\x0a\x04\x0a\x02\xff\xfe", b"\x07"]
        {
            assert!(SentencePieces::parse(bytes).is_none(), "{bytes:?}");
        }
        // A score that is not a number.
        assert!(SentencePieces::parse(b"\x0a\x09\x0a\x02ab\x15\x00\x00\xc0\x7f").is_none(), "NaN");
    }
}
