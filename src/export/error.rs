//! What can go wrong while writing.

use std::io;
use std::path::PathBuf;

/// Why a file was not written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The folder cannot be made.
    #[error("cannot make the folder: {source}: {}", path.display())]
    Folder {
        /// The folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The file cannot be written or put in its place.
    #[error("cannot write: {source}: {}", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The Parquet writer gave up.
    #[error("cannot write the column {column:?}: {source}: {}", path.display())]
    Parquet {
        /// The column at work.
        column: String,
        /// The file.
        path: PathBuf,
        /// What the writer said.
        source: parquet::errors::ParquetError,
    },
    /// The CSV writer gave up.
    #[error("cannot write the table: {source}: {}", path.display())]
    Table {
        /// The file.
        path: PathBuf,
        /// What the writer said.
        source: csv::Error,
    },
}
