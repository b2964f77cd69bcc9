//! What the pages of a Parquet column claim of their size, looked at before the `parquet` crate unpacks them: a page of a
//! few bytes that claims gigabytes, or becomes them, costs nothing.
//!
//! Reads only the headers, which are structs of Thrift's compact protocol, and skips what it does not need of them.
//! Source: <https://github.com/apache/parquet-format/blob/master/src/main/thrift/parquet.thrift>, `PageHeader`, and
//! <https://github.com/apache/thrift/blob/master/doc/specs/thrift-compact-protocol.md>.

use std::fs::File;
use std::io;
use std::io::BufReader;
use std::io::Read as _;
use std::io::Seek as _;
use std::io::SeekFrom;

use parquet::basic::Compression;

/// A page may unpack to this size, or to [`MOST_GROWTH`] times its own if that is more.
pub(super) const ALWAYS_ALLOWED: i64 = 256 << 20;
/// Texts do not shrink to less.
pub(super) const MOST_GROWTH: i64 = 200;
/// What DEFLATE can make of a byte at most.
const MOST_DEFLATE: i64 = 1032;
/// A header has no reason to nest deeper.
const DEPTH: usize = 8;

/// Whether something unpacks to more than texts do.
pub(super) fn grows_without_measure(packed: i64, unpacked: i64) -> bool {
    unpacked > ALWAYS_ALLOWED && unpacked / MOST_GROWTH > packed
}

/// Why a column of a row group is not read, or nothing. Headers that cannot be understood end the look: the reader
/// that comes after it stops at the same place, and says so in its own words.
pub(super) fn refused(file: &File, (start, len): (u64, u64), codec: Compression) -> Option<String> {
    let mut pages = Pages::open(file, start, len).ok()?;
    let mut number = 0;
    while let Ok(Some(page)) = pages.next_page() {
        number += 1;
        if grows_without_measure(page.packed, page.unpacked) {
            let size = page.unpacked >> 20;
            return Some(format!("page {number} claims to unpack from {} bytes to {size} MiB", page.packed));
        }
        if !pages.keeps_its_word(&page, codec).unwrap_or(true) {
            return Some(format!("page {number} unpacks to more than the {} bytes that it claims", page.unpacked));
        }
        if pages.skip(page.packed).is_err() {
            return None;
        }
    }
    None
}

/// What a header says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Page {
    unpacked: i64,
    packed: i64,
    /// Bytes of levels before what is packed; in pages of the second version.
    levels: i64,
    is_stored: bool,
}

/// The pages of a column, one after the other.
struct Pages {
    reader: BufReader<File>,
    left: u64,
}

impl Pages {
    fn open(file: &File, start: u64, len: u64) -> io::Result<Self> {
        let mut file = file.try_clone()?;
        file.seek(SeekFrom::Start(start))?;
        Ok(Self { reader: BufReader::new(file), left: len })
    }

    fn next_page(&mut self) -> io::Result<Option<Page>> {
        if self.left == 0 {
            return Ok(None);
        }
        let mut page = Page::default();
        self.structure(&mut |path, value| match path {
            [2] => page.unpacked = value,
            [3] => page.packed = value,
            [8, 5 | 6] => page.levels = page.levels.saturating_add(value),
            [8, 7] => page.is_stored = value == 0,
            _ => {}
        })?;
        if page.packed < 0 || page.unpacked < 0 {
            return Err(damaged());
        }
        Ok(Some(page))
    }

    fn skip(&mut self, bytes: i64) -> io::Result<()> {
        let count = u64::try_from(bytes).map_err(|_negative| damaged())?;
        self.left = self.left.checked_sub(count).ok_or_else(damaged)?;
        self.reader.seek_relative(bytes)
    }

    /// Whether the page unpacks to no more than it claims, where its codec could make much more of it. Leaves the reader
    /// where it was.
    fn keeps_its_word(&mut self, page: &Page, codec: Compression) -> io::Result<bool> {
        let packed = page.packed.saturating_sub(page.levels);
        let is_bounded = match codec {
            Compression::GZIP(_) => packed.saturating_mul(MOST_DEFLATE) <= ALWAYS_ALLOWED,
            Compression::BROTLI(_) => false,
            // These never write more than they are told to, or cannot grow beyond what is allowed anyway.
            _ => true,
        };
        if is_bounded || page.is_stored {
            return Ok(true);
        }
        let place = self.reader.stream_position()?;
        let size = |count: i64| u64::try_from(count).map_err(|_negative| damaged());
        self.reader.seek_relative(page.levels)?;
        let input = (&mut self.reader).take(size(packed)?);
        let claimed = size(page.unpacked.saturating_sub(page.levels))?;
        let one_more = claimed.saturating_add(1);
        let unpacked = if matches!(codec, Compression::GZIP(_)) {
            io::copy(&mut flate2::read::MultiGzDecoder::new(input).take(one_more), &mut io::sink())
        } else {
            io::copy(&mut brotli_decompressor::Decompressor::new(input, 1 << 15).take(one_more), &mut io::sink())
        };
        self.reader.seek(SeekFrom::Start(place))?;
        // What cannot be unpacked is the reader's to tell.
        Ok(unpacked.map_or(true, |unpacked| unpacked <= claimed))
    }

    fn byte(&mut self) -> io::Result<u8> {
        self.left = self.left.checked_sub(1).ok_or_else(damaged)?;
        let mut byte = [0];
        self.reader.read_exact(&mut byte)?;
        Ok(byte[0])
    }

    /// A number in groups of seven bits, the lowest first.
    fn varint(&mut self) -> io::Result<u64> {
        let mut value = 0;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            value |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Ok(value);
            }
        }
        Err(damaged())
    }

    /// Signed numbers alternate: 0, -1, 1, -2, …
    fn zigzag(&mut self) -> io::Result<i64> {
        let value = self.varint()?;
        Ok((value >> 1).cast_signed() ^ -(value & 1).cast_signed())
    }

    /// Tells `note` of every number and truth value with the numbers of the fields that lead to it.
    fn structure(&mut self, note: &mut dyn FnMut(&[i64], i64)) -> io::Result<()> {
        self.fields(&mut Vec::with_capacity(DEPTH), note)
    }

    fn fields(&mut self, path: &mut Vec<i64>, note: &mut dyn FnMut(&[i64], i64)) -> io::Result<()> {
        if path.len() >= DEPTH {
            return Err(damaged());
        }
        let mut field = 0_i64;
        loop {
            let head = self.byte()?;
            if head == 0 {
                return Ok(());
            }
            let step = i64::from(head >> 4);
            field = if step == 0 { self.zigzag()? } else { field + step };
            path.push(field);
            self.value(head & 0x0f, path, note)?;
            path.pop();
        }
    }

    fn value(&mut self, kind: u8, path: &mut Vec<i64>, note: &mut dyn FnMut(&[i64], i64)) -> io::Result<()> {
        match kind {
            1 | 2 => note(path, i64::from(kind == 1)),
            3 => note(path, self.byte()?.into()),
            4..=6 => note(path, self.zigzag()?),
            7 => self.skip(8)?,
            8 => {
                let len = self.varint()?;
                self.skip(i64::try_from(len).map_err(|_too_long| damaged())?)?;
            }
            12 => self.fields(path, note)?,
            // No list or map stands in a page's header.
            _ => return Err(damaged()),
        }
        Ok(())
    }
}

fn damaged() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, "no page header")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write as _;

    fn pages(bytes: &[u8]) -> (tempfile::NamedTempFile, u64) {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(bytes).unwrap();
        (file, bytes.len() as u64)
    }

    /// A data page of 5 bytes that claims `unpacked`: fields 1 to 3, and 5 with a struct in it.
    fn header(unpacked: u32) -> Vec<u8> {
        let mut bytes = vec![0x15, 0x00, 0x15];
        let mut rest = u64::from(unpacked) << 1;
        while rest >= 0x80 {
            bytes.push(u8::try_from(rest & 0x7f).unwrap() | 0x80);
            rest >>= 7;
        }
        bytes.push(u8::try_from(rest).unwrap());
        bytes.extend([0x15, 0x0a, 0x2c, 0x15, 0x02, 0x00, 0x00]);
        bytes
    }

    #[test]
    fn small_columns_of_large_texts_are_refused() {
        for (packed, unpacked, expected) in [
            (30_602, 1_000_000_000, true),
            (30_602, ALWAYS_ALLOWED, false),
            (10_000_000, 1_000_000_000, false),
            (1, i64::MAX, true),
        ] {
            let found = grows_without_measure(packed, unpacked);
            assert_eq!(found, expected, "from {packed} to {unpacked} bytes");
        }
    }

    #[test]
    fn sizes_are_read_from_headers_and_the_rest_is_skipped() {
        let bytes = [header(300), b"12345".to_vec(), header(7), b"12345".to_vec()].concat();
        let (file, len) = pages(&bytes);
        let mut pages = Pages::open(file.as_file(), 0, len).unwrap();
        for expected in [300, 7] {
            let page = pages.next_page().unwrap().unwrap();
            assert_eq!((page.unpacked, page.packed), (expected, 5), "sizes");
            pages.skip(page.packed).unwrap();
        }
        assert_eq!(pages.next_page().unwrap(), None, "the end");
    }

    #[test]
    fn claims_without_measure_are_refused_and_nonsense_is_left_to_the_reader() {
        let (file, len) = pages(&[header(2_000_000_000), b"12345".to_vec()].concat());
        let reason = refused(file.as_file(), (0, len), Compression::SNAPPY);
        assert_eq!(reason.as_deref(), Some("page 1 claims to unpack from 5 bytes to 1907 MiB"), "a lie");
        for bytes in [&[0xff; 40][..], &[0x1c; 40], &[], &header(3)] {
            let (file, len) = pages(bytes);
            assert_eq!(refused(file.as_file(), (0, len), Compression::SNAPPY), None, "{bytes:x?}");
        }
    }

    #[test]
    fn a_page_that_becomes_more_than_it_claims_is_refused() {
        let mut packed = Vec::new();
        let mut encoder = flate2::write::GzEncoder::new(&mut packed, flate2::Compression::best());
        for _ in 0..300 {
            encoder.write_all(&vec![b'a'; 1 << 20]).unwrap();
        }
        encoder.finish().unwrap();
        let size = i64::try_from(packed.len()).unwrap();
        let (file, len) = pages(&packed);
        let word = |unpacked: i64, packed: i64| {
            let page = Page { unpacked, packed, ..Page::default() };
            let mut pages = Pages::open(file.as_file(), 0, len).unwrap();
            pages.keeps_its_word(&page, Compression::GZIP(Default::default())).unwrap()
        };
        assert!(word(300 << 20, size), "what it claims");
        assert!(!word(1 << 20, size), "far more than it claims");
        assert!(word(0, 1000), "too little to become much is not looked into");
    }
}
