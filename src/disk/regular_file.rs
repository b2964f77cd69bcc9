//! Reading files that must be files: what never ends or blocks (pipes, devices, folders) is refused before it is opened.

use std::fmt;
use std::fs;
use std::fs::File;
use std::io;
use std::io::Read as _;
use std::path::Path;

/// Why a file was not read. The message names neither the path nor what the file was for: the caller does.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The operating system refused.
    #[error("{0}")]
    System(#[source] io::Error),
    /// Something else than a file.
    #[error("expected a regular file, got {0}")]
    NotAFile(FileKind),
    /// More bytes than the reader takes.
    #[error("expected at most {limit} bytes, got {got}")]
    TooLarge {
        /// The most that is read.
        limit: u64,
        /// The file's size, as far as it was seen.
        got: u64,
    },
    /// Bytes that are not UTF-8.
    #[error("expected text in UTF-8, got other bytes at {at}")]
    NotText {
        /// Index of the first of them.
        at: usize,
    },
}

impl ReadError {
    /// Whether there is no such file.
    #[must_use]
    pub fn is_missing(&self) -> bool {
        matches!(self, Self::System(source) if source.kind() == io::ErrorKind::NotFound)
    }
}

/// What stands where a file was expected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileKind {
    /// A folder.
    Folder,
    /// A pipe, which would block until somebody writes.
    Pipe,
    /// A device, which may never end.
    Device,
    /// A socket, or what this program does not know.
    Other,
}

impl fmt::Display for FileKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Folder => "a folder",
            Self::Pipe => "a pipe",
            Self::Device => "a device",
            Self::Other => "something else",
        })
    }
}

/// Opens a regular file (or a link to one) and tells its size.
///
/// # Errors
/// [`ReadError::NotAFile`] without opening it, [`ReadError::TooLarge`], or what the system says.
pub fn open_regular(path: &Path, limit: u64) -> Result<(File, u64), ReadError> {
    let metadata = fs::metadata(path).map_err(ReadError::System)?;
    if !metadata.is_file() {
        return Err(ReadError::NotAFile(kind(&metadata)));
    }
    if metadata.len() > limit {
        return Err(ReadError::TooLarge { limit, got: metadata.len() });
    }
    Ok((File::open(path).map_err(ReadError::System)?, metadata.len()))
}

/// The bytes of a regular file of at most `limit` bytes.
///
/// # Errors
/// Those of [`open_regular`]; [`ReadError::TooLarge`] too for a file that grows while it is read.
pub fn read_regular(path: &Path, limit: u64) -> Result<Vec<u8>, ReadError> {
    let (file, size) = open_regular(path, limit)?;
    let mut bytes = Vec::with_capacity(usize::try_from(size).unwrap_or(0));
    file.take(limit + 1).read_to_end(&mut bytes).map_err(ReadError::System)?;
    let got = bytes.len() as u64;
    if got > limit { Err(ReadError::TooLarge { limit, got }) } else { Ok(bytes) }
}

/// [`read_regular`] for text in UTF-8.
///
/// # Errors
/// Those of [`read_regular`], and [`ReadError::NotText`].
pub fn read_regular_text(path: &Path, limit: u64) -> Result<String, ReadError> {
    let bytes = read_regular(path, limit)?;
    String::from_utf8(bytes).map_err(|err| ReadError::NotText { at: err.utf8_error().valid_up_to() })
}

#[cfg(unix)]
fn kind(metadata: &fs::Metadata) -> FileKind {
    use std::os::unix::fs::FileTypeExt as _;
    let found = metadata.file_type();
    if found.is_dir() {
        FileKind::Folder
    } else if found.is_fifo() {
        FileKind::Pipe
    } else if found.is_char_device() || found.is_block_device() {
        FileKind::Device
    } else {
        FileKind::Other
    }
}

#[cfg(not(unix))]
fn kind(metadata: &fs::Metadata) -> FileKind {
    if metadata.is_dir() { FileKind::Folder } else { FileKind::Other }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_read_up_to_its_limit() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("five");
        fs::write(&path, b"12345").unwrap();
        assert_eq!(read_regular(&path, 5).unwrap(), b"12345", "five of five");
        let err = read_regular(&path, 4).unwrap_err();
        assert_eq!(err.to_string(), "expected at most 4 bytes, got 5", "five of four");
        assert_eq!(read_regular_text(&path, 9).unwrap(), "12345", "as text");
        fs::write(&path, b"ab\xff").unwrap();
        let err = read_regular_text(&path, 9).unwrap_err();
        assert_eq!(err.to_string(), "expected text in UTF-8, got other bytes at 2", "not text");
        assert!(read_regular(&folder.path().join("none"), 9).unwrap_err().is_missing(), "no such file");
    }

    #[test]
    fn what_is_no_file_is_refused_without_opening_it() {
        let folder = tempfile::tempdir().unwrap();
        let err = read_regular(folder.path(), 9).unwrap_err();
        assert_eq!(err.to_string(), "expected a regular file, got a folder", "a folder");
        if cfg!(unix) {
            let err = read_regular(Path::new("/dev/zero"), 9).unwrap_err();
            assert_eq!(err.to_string(), "expected a regular file, got a device", "a device without an end");
            let pipe = folder.path().join("pipe");
            if std::process::Command::new("mkfifo").arg(&pipe).status().is_ok_and(|status| status.success()) {
                let err = read_regular(&pipe, 9).unwrap_err();
                assert_eq!(err.to_string(), "expected a regular file, got a pipe", "a pipe that nobody writes to");
            }
        }
    }
}
