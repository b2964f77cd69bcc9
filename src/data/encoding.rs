//! Which encoding a text is in, and the text as UTF-8.

use std::io;
use std::io::Read;

use encoding_rs::Decoder;
use encoding_rs::DecoderResult;
use encoding_rs::Encoding;

/// Bytes looked through for letters that are not UTF-8.
const LOOKED_AT: u64 = 64 << 20;
/// Bytes that tell whether every other one is zero.
const FOR_UTF_16: usize = 4096;

const BLOCK: usize = 1 << 15;

/// How an encoding became known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum How {
    Usual,
    Asked,
    ByteOrderMark,
    Recognized,
}

/// An encoding, and how it became known.
#[derive(Clone, Copy, Debug)]
pub(super) struct Encoded {
    encoding: &'static Encoding,
    how: How,
}

impl Encoded {
    /// By a label of the WHATWG's Encoding Standard, such as `windows-1252`, `latin1`, `utf-16le` or `gbk`.
    pub(super) fn named(label: &str) -> Option<Self> {
        Encoding::for_label(label.trim().as_bytes()).map(|encoding| Self { encoding, how: How::Asked })
    }

    /// UTF-8, unless a byte order mark or the bytes themselves say otherwise.
    pub(super) fn recognize(input: &mut dyn Read) -> io::Result<Self> {
        let mut start = Vec::new();
        input.take(FOR_UTF_16 as u64).read_to_end(&mut start)?;
        if let Some((encoding, _)) = Encoding::for_bom(&start) {
            let how = if encoding == encoding_rs::UTF_8 { How::Usual } else { How::ByteOrderMark };
            return Ok(Self { encoding, how });
        }
        if let Some(encoding) = utf_16(&start) {
            return Ok(Self { encoding, how: How::Recognized });
        }
        let mut tally = Tally::default();
        tally.look_at(&start);
        let mut block = vec![0; BLOCK];
        let mut input = input.take(LOOKED_AT);
        loop {
            let count = input.read(&mut block)?;
            if count == 0 {
                break;
            }
            tally.look_at(&block[..count]);
        }
        Ok(if tally.is_western() {
            Self { encoding: encoding_rs::WINDOWS_1252, how: How::Recognized }
        } else {
            Self { encoding: encoding_rs::UTF_8, how: How::Usual }
        })
    }

    /// What turns it into UTF-8, which needs nothing.
    pub(super) fn decoder(&self) -> Option<Decoder> {
        (self.encoding != encoding_rs::UTF_8).then(|| self.encoding.new_decoder_with_bom_removal())
    }

    pub(super) fn name(&self) -> &'static str {
        self.encoding.name()
    }

    /// For a person: `windows-1252 (recognized by its bytes)`; nothing for UTF-8.
    pub(super) fn note(&self) -> Option<String> {
        let how = match self.how {
            How::Usual => return None,
            How::Asked => "as asked",
            How::ByteOrderMark => "by its byte order mark",
            How::Recognized => "recognized by its bytes; name another with --encoding",
        };
        Some(format!("{} ({how})", self.name()))
    }
}

/// Text of the Latin script in UTF-16 has a zero in every other byte.
fn utf_16(start: &[u8]) -> Option<&'static Encoding> {
    let units = start.len() / 2;
    if units < 2 {
        return None;
    }
    let zeros = |offset: usize| start.iter().skip(offset).step_by(2).filter(|&&byte| byte == 0).count();
    let (even, odd) = (zeros(0), zeros(1));
    match (10 * even > 4 * units, 10 * odd > 4 * units) {
        (true, false) if 20 * odd < units => Some(encoding_rs::UTF_16BE),
        (false, true) if 20 * even < units => Some(encoding_rs::UTF_16LE),
        _ => None,
    }
}

/// What speaks for and against UTF-8.
#[derive(Default)]
struct Tally {
    /// Bytes at the end of a block that may be the start of a letter.
    rest: Vec<u8>,
    /// Letters of several bytes in UTF-8.
    letters: usize,
    /// Bytes that are no UTF-8.
    wrong: usize,
    /// Bytes above ASCII,
    high: usize,
    /// of these, letters and punctuation of Western European languages in Windows-1252,
    western: usize,
    /// of these, with ASCII on both sides.
    alone: usize,
    before: [u8; 2],
}

impl Tally {
    fn look_at(&mut self, block: &[u8]) {
        for &byte in block {
            let [first, middle] = self.before;
            if middle >= 0x80 {
                self.high += 1;
                self.western += usize::from(is_western(middle));
                self.alone += usize::from(first < 0x80 && byte < 0x80);
            }
            self.before = [middle, byte];
        }
        let mut bytes = std::mem::take(&mut self.rest);
        bytes.extend_from_slice(block);
        let mut bytes = bytes.as_slice();
        loop {
            match std::str::from_utf8(bytes) {
                Ok(text) => return self.count(text.as_bytes()),
                Err(error) => {
                    let (valid, after) = bytes.split_at(error.valid_up_to());
                    self.count(valid);
                    let Some(len) = error.error_len() else {
                        self.rest = after.to_vec();
                        return;
                    };
                    self.wrong += 1;
                    bytes = &after[len..];
                }
            }
        }
    }

    fn count(&mut self, valid: &[u8]) {
        self.letters += valid.iter().filter(|&&byte| byte >= 0xc0).count();
    }

    /// Whether it is no UTF-8, but may well be Windows-1252: accents stand between letters of ASCII, while in Cyrillic,
    /// Greek or East Asian encodings such bytes stand together.
    fn is_western(&self) -> bool {
        self.wrong > self.letters && 10 * self.western >= 9 * self.high && 10 * self.alone >= 6 * self.high
    }
}

/// The bytes of Windows-1252 that Western European texts are made of; not the rare eth, thorn and y with diaeresis.
fn is_western(byte: u8) -> bool {
    match byte {
        0x80 | 0x82 | 0x84 | 0x85 | 0x8c | 0x91..=0x97 | 0x99 | 0x9c => true,
        0xd0 | 0xde | 0xf0 | 0xfe | 0xff => false,
        _ => byte >= 0xa0,
    }
}

/// A text in another encoding, as UTF-8. What is no text in that encoding becomes a byte that is no UTF-8, so that its row
/// is found and skipped.
pub(super) struct Decoded<R> {
    input: R,
    decoder: Decoder,
    raw: Vec<u8>,
    raw_at: usize,
    raw_end: usize,
    text: Vec<u8>,
    text_at: usize,
    text_end: usize,
    is_last: bool,
    is_done: bool,
}

impl<R: Read> Decoded<R> {
    pub(super) fn new(input: R, decoder: Decoder) -> Self {
        Self {
            input,
            decoder,
            raw: vec![0; BLOCK],
            raw_at: 0,
            raw_end: 0,
            // Three bytes of UTF-8 for each byte, and room for one wrong byte.
            text: vec![0; 3 * BLOCK + 16],
            text_at: 0,
            text_end: 0,
            is_last: false,
            is_done: false,
        }
    }

    fn refill(&mut self) -> io::Result<()> {
        if self.raw_at == self.raw_end && !self.is_last {
            self.raw_at = 0;
            self.raw_end = self.input.read(&mut self.raw)?;
            self.is_last = self.raw_end == 0;
        }
        let room = self.text.len() - 1;
        let (result, read, written) = self.decoder.decode_to_utf8_without_replacement(
            &self.raw[self.raw_at..self.raw_end],
            &mut self.text[..room],
            self.is_last,
        );
        self.raw_at += read;
        (self.text_at, self.text_end) = (0, written);
        match result {
            DecoderResult::Malformed(..) => {
                self.text[written] = 0xff;
                self.text_end += 1;
            }
            DecoderResult::InputEmpty => self.is_done = self.is_last,
            DecoderResult::OutputFull => {}
        }
        Ok(())
    }
}

impl<R: Read> Read for Decoded<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        while self.text_at == self.text_end && !self.is_done {
            self.refill()?;
        }
        let count = into.len().min(self.text_end - self.text_at);
        into[..count].copy_from_slice(&self.text[self.text_at..self.text_at + count]);
        self.text_at += count;
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(bytes: &[u8], expected: &str) {
        let found = Encoded::recognize(&mut &*bytes).unwrap();
        assert_eq!(found.name(), expected, "encoding of {:?}", String::from_utf8_lossy(bytes));
    }

    #[test]
    fn encodings_are_recognized() {
        check(b"text,label\nplain,1\n", "UTF-8");
        check("caf\u{e9} cr\u{e8}me".as_bytes(), "UTF-8");
        check(b"\xef\xbb\xbftext", "UTF-8");
        check(b"\xff\xfet\0e\0", "UTF-16LE");
        check(b"\xfe\xff\0t\0e", "UTF-16BE");
        check(b"t\0e\0x\0t\0\n\0", "UTF-16LE");
        check(b"\0t\0e\0x\0t\0\n", "UTF-16BE");
        check(b"Caf\xe9 cr\xe8me, \x93na\xefve\x94\n", "windows-1252");
        check(b"one bad \xff byte", "UTF-8");
        // "привет мир" in windows-1251: such bytes stand together.
        check(b"\xef\xf0\xe8\xe2\xe5\xf2 \xec\xe8\xf0\n", "UTF-8");
        check(b"", "UTF-8");
    }

    #[test]
    fn one_damaged_letter_does_not_change_the_encoding() {
        let text = ["caf\u{e9} ".repeat(3).into_bytes(), b"caf\xe9 ".to_vec()].concat();
        check(&text, "UTF-8");
    }

    #[test]
    fn texts_are_decoded_in_pieces() {
        let expected = "na\u{ef}ve \u{20ac}5 \u{1f600}\n".repeat(20_000);
        let utf_16: Vec<u8> = expected.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let decoder = Encoded::named("utf-16le").unwrap().decoder().unwrap();
        let mut text = String::new();
        Decoded::new(utf_16.as_slice(), decoder).read_to_string(&mut text).unwrap();
        assert_eq!(text, expected, "every letter");
    }

    #[test]
    fn what_is_no_text_stays_no_text() {
        let decoder = Encoded::named("utf-16le").unwrap().decoder().unwrap();
        let mut bytes = Vec::new();
        // A low surrogate alone, then "a".
        Decoded::new(&b"\x00\xdca\0"[..], decoder).read_to_end(&mut bytes).unwrap();
        assert_eq!(bytes, b"\xffa", "a byte that no UTF-8 holds");
    }

    #[test]
    fn encodings_have_the_usual_names() {
        for (label, name) in [("Latin1", "windows-1252"), (" cp1251 ", "windows-1251"), ("sjis", "Shift_JIS")] {
            assert_eq!(Encoded::named(label).map(|found| found.name()), Some(name), "{label:?}");
        }
        assert!(Encoded::named("klingon").is_none(), "no encoding");
    }
}
