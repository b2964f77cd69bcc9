//! What can go wrong while writing.

use std::io;
use std::path::PathBuf;

use crate::disk::LockError;

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
    /// A result would be written over what the run reads.
    #[error("the run reads {}, and its results would replace it; choose another folder or name: {}", input.display(), target.display())]
    OverInput {
        /// What is read.
        input: PathBuf,
        /// What would be written.
        target: PathBuf,
    },
    /// Results are there already.
    #[error("there are results already ({}); add --force to replace them, or choose another name: {}", found.join(", "), path.display())]
    Exists {
        /// The folder or file.
        path: PathBuf,
        /// The names that are taken.
        found: Vec<String>,
    },
    /// A file of somebody else has the name of a result.
    #[error("what is there is no result of prunescope and is not replaced; move it away, or choose another name: {}", path.display())]
    NotOurs {
        /// The file.
        path: PathBuf,
    },
    /// Answers of another run lie where this one would keep its own.
    #[error("answers of another model, strategy, data file or setting lie here, left by a run that was stopped; finish that run, \
             move the file away, or add --force to begin anew: {}", path.display())]
    OtherPartial {
        /// The file.
        path: PathBuf,
    },
    /// Another run writes the same answers.
    #[error("another run is writing these answers: {}", path.display())]
    BusyPartial {
        /// The file.
        path: PathBuf,
    },
    /// Another run has the folder.
    #[error(transparent)]
    Lock {
        /// Which.
        source: LockError,
    },
    /// The file cannot be written or put in its place.
    #[error("cannot write: {source}: {}", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The log of a search is that of another one.
    #[error(
        "this search cannot go on from that log, which was made with another {differing}; give the same options, or begin anew \
         with --force: {}", path.display()
    )]
    OtherSearch {
        /// The log.
        path: PathBuf,
        /// What is not the same.
        differing: String,
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
