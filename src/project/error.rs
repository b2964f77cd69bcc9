//! What can go wrong with a session file.

use std::path::PathBuf;

/// Why a session could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The file could not be read.
    #[error("session file cannot be read: {source}, {path:?}")]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A folder, a pipe or a device.
    #[error("expected a session file, got a folder, pipe or device, {path:?}")]
    NotAFile {
        /// What is there.
        path: PathBuf,
    },
    /// Far larger than any session.
    #[error("session file has {bytes} bytes, expected at most {most}, {path:?}")]
    TooLarge {
        /// Its size.
        bytes: u64,
        /// The largest that is read.
        most: u64,
        /// The file.
        path: PathBuf,
    },
    /// The file could not be written.
    #[error("session file cannot be written: {source}, {path:?}")]
    Write {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// Not JSON, or not the expected members.
    #[error("session file is not understood: {source}")]
    Syntax {
        /// Place and reason.
        source: serde_json::Error,
    },
    /// Made by a newer version.
    #[error("session file has schema {got}, but this version reads up to {expected}")]
    Schema {
        /// The schema the file names.
        got: u64,
        /// The newest one we read.
        expected: u64,
    },
    /// A strategy that this version does not have, or a setting out of bounds.
    #[error("session file, strategy {number}: {source}, in {spec:?}")]
    Strategy {
        /// Counted from 1.
        number: usize,
        /// As written in the file.
        spec: String,
        /// What the registry said.
        source: crate::pruning::Error,
    },
}
