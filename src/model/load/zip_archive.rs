//! The zip archive around a `pytorch_model.bin`: its directory, read under limits; entries are stored, never compressed.
//!
//! Source: PKWARE, .ZIP file format specification 6.3.10, sections 4.3.7 (local header), 4.3.12 (central directory), 4.3.14
//! to 4.3.16 (the ends of the directory) and 4.5.3 (64-bit sizes).

use std::collections::BTreeMap;
use std::fs::File;
use std::io;
use std::io::Read as _;
use std::io::Seek as _;
use std::io::SeekFrom;

/// An archive's entries by name.
pub(in crate::model) struct ZipArchive {
    file: File,
    file_bytes: u64,
    entries: BTreeMap<String, Entry>,
}

struct Entry {
    /// First byte of the local header.
    header: u64,
    bytes: u64,
    stored: bool,
}

/// What is wrong with an archive. The caller adds the file's name.
#[derive(Debug, thiserror::Error)]
pub enum ZipError {
    /// The operating system refused.
    #[error("cannot read it")]
    Read(#[source] io::Error),
    /// No directory at the end.
    #[error("no directory of a zip archive at the end")]
    NoDirectory,
    /// A directory that contradicts itself or the file.
    #[error("the directory of the zip archive is damaged: expected {expected}")]
    Directory {
        /// What it must fulfil.
        expected: &'static str,
    },
    /// More than any checkpoint has.
    #[error("the zip archive has {got} {what}; at most {limit} are read")]
    TooMuch {
        /// Of what.
        what: &'static str,
        /// How much the file says.
        got: u64,
        /// The most we read.
        limit: u64,
    },
    /// A compressed entry.
    #[error("entry {entry:?} is compressed; save the file again with torch.save, which stores entries as they are")]
    Compressed {
        /// Its name.
        entry: String,
    },
}

const END_BYTES: usize = 22;
const LONGEST_COMMENT: usize = 65_535;
const LOCATOR_BYTES: usize = 20;
const MOST_ENTRIES: u64 = 1 << 18;
const MOST_DIRECTORY_BYTES: u64 = 64 << 20;

impl ZipArchive {
    pub(in crate::model) fn open(mut file: File, file_bytes: u64) -> Result<Self, ZipError> {
        let (count, bytes, start) = find_directory(&mut file, file_bytes)?;
        for (what, got, limit) in
            [("entries", count, MOST_ENTRIES), ("bytes of directory", bytes, MOST_DIRECTORY_BYTES)]
        {
            if got > limit {
                return Err(ZipError::TooMuch { what, got, limit });
            }
        }
        if start.checked_add(bytes).is_none_or(|end| end > file_bytes) {
            return Err(ZipError::Directory { expected: "a place within the file" });
        }
        let directory = read_at(&mut file, start, bytes)?;
        let mut entries = BTreeMap::new();
        let mut rest = &directory[..];
        for _ in 0..count {
            let (name, entry, after) =
                parse_entry(rest).ok_or(ZipError::Directory { expected: "as many whole entries as it says" })?;
            entries.insert(name, entry);
            rest = after;
        }
        Ok(Self { file, file_bytes, entries })
    }

    /// The names, in order.
    pub(in crate::model) fn names(&self) -> impl Iterator<Item = &str> {
        self.entries.keys().map(String::as_str)
    }

    /// Size of an entry.
    pub(in crate::model) fn size(&self, name: &str) -> Option<u64> {
        self.entries.get(name).map(|entry| entry.bytes)
    }

    /// The open file with the place of an entry's first byte and its length; `None` if there is none of that name.
    pub(in crate::model) fn locate(&self, name: &str) -> Result<Option<(File, u64, u64)>, ZipError> {
        let Some(entry) = self.entries.get(name) else { return Ok(None) };
        if !entry.stored {
            return Err(ZipError::Compressed { entry: name.to_owned() });
        }
        let mut file = self.file.try_clone().map_err(ZipError::Read)?;
        let damaged = ZipError::Directory { expected: "entries within the file" };
        if entry.header.checked_add(30).is_none_or(|end| end > self.file_bytes) {
            return Err(damaged);
        }
        let header = read_at(&mut file, entry.header, 30)?;
        let lengths = u64::from(number16(&header, 26)) + u64::from(number16(&header, 28));
        let start = entry.header + 30 + lengths;
        let fits = start.checked_add(entry.bytes).is_some_and(|end| end <= self.file_bytes);
        if !header.starts_with(b"PK\x03\x04") || !fits {
            return Err(damaged);
        }
        Ok(Some((file, start, entry.bytes)))
    }

    /// A whole entry, which the caller knows to be small.
    pub(in crate::model) fn read(&self, name: &str) -> Result<Option<Vec<u8>>, ZipError> {
        let Some((mut file, start, bytes)) = self.locate(name)? else { return Ok(None) };
        read_at(&mut file, start, bytes).map(Some)
    }
}

/// Number of entries, bytes and place of the directory.
fn find_directory(file: &mut File, file_bytes: u64) -> Result<(u64, u64, u64), ZipError> {
    let tail_bytes = file_bytes.min((END_BYTES + LONGEST_COMMENT + LOCATOR_BYTES) as u64);
    let tail = read_at(file, file_bytes - tail_bytes, tail_bytes)?;
    let end = tail.windows(4).rposition(|window| window == b"PK\x05\x06");
    let end = end.filter(|at| at + END_BYTES <= tail.len()).ok_or(ZipError::NoDirectory)?;
    let record = &tail[end..];
    let short = (u64::from(number16(record, 10)), u64::from(number32(record, 12)), u64::from(number32(record, 16)));
    let locator = end.checked_sub(LOCATOR_BYTES).map(|start| &tail[start..end]);
    let Some(locator) = locator.filter(|locator| locator.starts_with(b"PK\x06\x07")) else { return Ok(short) };
    let place = number64(locator, 8);
    if place.checked_add(56).is_none_or(|end| end > file_bytes) {
        return Err(ZipError::Directory { expected: "a 64-bit end within the file" });
    }
    let record = read_at(file, place, 56)?;
    if !record.starts_with(b"PK\x06\x06") {
        return Err(ZipError::Directory { expected: "a 64-bit end where its locator says" });
    }
    Ok((number64(&record, 32), number64(&record, 40), number64(&record, 48)))
}

/// One entry of the directory, and what follows it.
fn parse_entry(bytes: &[u8]) -> Option<(String, Entry, &[u8])> {
    const FIXED: usize = 46;
    let fixed = bytes.get(..FIXED).filter(|fixed| fixed.starts_with(b"PK\x01\x02"))?;
    let [name, extra, comment] = [28, 30, 32].map(|at| usize::from(number16(fixed, at)));
    let name_bytes = bytes.get(FIXED..FIXED + name)?;
    let extra_bytes = bytes.get(FIXED + name..FIXED + name + extra)?;
    let rest = bytes.get(FIXED + name + extra + comment..)?;
    // Fields that do not fit are all ones, and stand in the extra field in this order.
    let mut wide = wide_sizes(extra_bytes);
    let mut size = |at: usize| match number32(fixed, at) {
        u32::MAX => {
            let (first, others) = wide.split_at_checked(8)?;
            wide = others;
            Some(number64(first, 0))
        }
        short => Some(u64::from(short)),
    };
    let whole = size(24)?;
    let packed = size(20)?;
    let header = size(42)?;
    let stored = number16(fixed, 10) == 0 && whole == packed;
    Some((String::from_utf8_lossy(name_bytes).into_owned(), Entry { header, bytes: whole, stored }, rest))
}

/// The part of an extra field that holds 64-bit sizes, or nothing.
fn wide_sizes(mut extra: &[u8]) -> &[u8] {
    while let Some((head, rest)) = extra.split_at_checked(4) {
        let length = usize::from(number16(head, 2));
        let Some((data, after)) = rest.split_at_checked(length) else { break };
        if number16(head, 0) == 1 {
            return data;
        }
        extra = after;
    }
    &[]
}

fn read_at(file: &mut File, place: u64, bytes: u64) -> Result<Vec<u8>, ZipError> {
    file.seek(SeekFrom::Start(place)).map_err(ZipError::Read)?;
    let mut data = Vec::new();
    file.take(bytes).read_to_end(&mut data).map_err(ZipError::Read)?;
    if data.len() as u64 == bytes { Ok(data) } else { Err(ZipError::Directory { expected: "a file that is not cut" }) }
}

/// Little-endian numbers at a place that the caller has checked.
fn number16(bytes: &[u8], at: usize) -> u16 {
    bytes.get(at..).and_then(<[u8]>::first_chunk).map_or(0, |chunk| u16::from_le_bytes(*chunk))
}

fn number32(bytes: &[u8], at: usize) -> u32 {
    bytes.get(at..).and_then(<[u8]>::first_chunk).map_or(0, |chunk| u32::from_le_bytes(*chunk))
}

fn number64(bytes: &[u8], at: usize) -> u64 {
    bytes.get(at..).and_then(<[u8]>::first_chunk).map_or(0, |chunk| u64::from_le_bytes(*chunk))
}
