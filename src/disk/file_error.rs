//! Why a file that a program was pointed to was refused, with the file's name.

use std::io;
use std::path::PathBuf;

use crate::disk::ReadError;

/// Why a file of settings or weights was refused. Causes from below are in [`std::error::Error::source`].
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// No regular file, or too large.
    #[error("cannot read the file: {}", path.display())]
    NotReadable {
        /// The file.
        path: PathBuf,
        /// Why.
        source: ReadError,
    },
    /// The operating system refused.
    #[error("cannot read the file: {}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Its reason.
        #[source]
        source: io::Error,
    },
    /// Text that is not JSON, or of the wrong form.
    #[error("not valid JSON, or not of the expected form: {}", path.display())]
    Json {
        /// The file.
        path: PathBuf,
        /// Line and column.
        #[source]
        source: serde_json::Error,
    },
    /// A field that must be given.
    #[error("config field {key:?} is missing; expected {expected}: {}", path.display())]
    MissingField {
        /// Its name.
        key: &'static str,
        /// What it should hold.
        expected: String,
        /// The file.
        path: PathBuf,
    },
    /// A field with a value that makes no sense or that is not supported.
    #[error("config field {key:?}: expected {expected}, got {got}: {}", path.display())]
    FieldValue {
        /// Its name.
        key: &'static str,
        /// What it should hold.
        expected: String,
        /// What it holds, as JSON.
        got: String,
        /// The file.
        path: PathBuf,
    },
}

/// Names in quotes, with commas, for messages.
#[must_use]
pub fn quoted<S: AsRef<str>>(names: &[S]) -> String {
    names.iter().map(|name| format!("{:?}", name.as_ref())).collect::<Vec<_>>().join(", ")
}
