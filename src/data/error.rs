//! What ends a reading.

use std::io;
use std::path::PathBuf;

/// Why a data set, a label map or a lexicon could not be read at all. Single bad rows are
/// [`SkippedRow`](super::SkippedRow)s instead.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The file does not open.
    #[error("cannot open the data file: {source}: {}", path.display())]
    Open {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A folder was given.
    #[error("expected a data file, got a folder: {}", path.display())]
    Folder {
        /// The folder.
        path: PathBuf,
    },
    /// A pipe, a terminal or a device was given.
    #[error("expected a data file that can be read more than once, got a pipe or device; save it to a file: {}", path.display())]
    NotAFile {
        /// The pipe or device.
        path: PathBuf,
    },
    /// The disk gave out in the middle.
    #[error("record {record}: cannot read on: {source}: {}", path.display())]
    Read {
        /// Record from 1 that was being read.
        record: u64,
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Nothing in the file.
    #[error("the file is empty: {}", path.display())]
    Empty {
        /// The file.
        path: PathBuf,
    },
    /// The first line names no column.
    #[error("the first line names no column; expected a header such as \"text,label\": {}", path.display())]
    NoHeader {
        /// The file.
        path: PathBuf,
    },
    /// The file is not UTF-8 text.
    #[error("expected UTF-8 text, got {got}: {}", path.display())]
    Encoding {
        /// What the first bytes look like.
        got: &'static str,
        /// The file.
        path: PathBuf,
    },
    /// A JSON document that is not one object a line.
    #[error("expected one JSON object a line, got one JSON array over the whole file: {}", path.display())]
    JsonArray {
        /// The file.
        path: PathBuf,
    },
    /// Neither the name nor the content tells the format.
    #[error("unknown file type {extension:?}; known are {known}: {}", path.display())]
    UnknownFormat {
        /// Extension of the file, without the dot.
        extension: String,
        /// The known extensions.
        known: &'static str,
        /// The file.
        path: PathBuf,
    },
    /// Parquet's own reader gave up before the first row.
    #[error("not a readable Parquet file: {source}: {}", path.display())]
    Parquet {
        /// The file.
        path: PathBuf,
        /// What it said.
        source: parquet::errors::ParquetError,
    },
    /// A column that was asked for is not in the file.
    #[error("no {role} column {column:?}{}; the file has {}: {}", hint(nearest.as_deref()), quoted(known), path.display())]
    MissingColumn {
        /// What it was wanted for: `text`, `label`, `group`, …
        role: &'static str,
        /// The name asked for.
        column: String,
        /// The column with the most similar name.
        nearest: Option<String>,
        /// All columns.
        known: Vec<String>,
        /// The file.
        path: PathBuf,
    },
    /// No column carries a name under which texts are looked for.
    #[error("no text column found (looked for {looked_for}), name one; the file has {}: {}", quoted(known), path.display())]
    NoTextColumn {
        /// The names tried, in order.
        looked_for: String,
        /// All columns.
        known: Vec<String>,
        /// The file.
        path: PathBuf,
    },
    /// One column was given two duties that exclude each other.
    #[error("column {column:?} cannot be both {first} and {second}: {}", path.display())]
    SameColumn {
        /// The column.
        column: String,
        /// One duty.
        first: &'static str,
        /// The other duty.
        second: &'static str,
        /// The file.
        path: PathBuf,
    },
    /// Not a single row could be used.
    #[error("no readable row{}: {}", skipped_note(*skipped, reason.as_deref()), path.display())]
    NoRow {
        /// Rows that were skipped.
        skipped: usize,
        /// Why the first of them was.
        reason: Option<String>,
        /// The file.
        path: PathBuf,
    },
    /// An entry of a label map has no `=` or an empty side.
    #[error("label map entry {entry:?} is not of the form FROM=TO")]
    LabelMap {
        /// The entry.
        entry: String,
    },
    /// A file was read twice, and what came was not the same.
    #[error("the file changed while it was being read; start again: {}", path.display())]
    Changed {
        /// The file.
        path: PathBuf,
    },
    /// Rows are numbered in 32 bits.
    #[error("more than 4 billion rows: {}", path.display())]
    TooManyRows {
        /// The file.
        path: PathBuf,
    },
    /// The caller's progress callback asked to stop.
    #[error("stopped after {records} records")]
    Stopped {
        /// Records seen.
        records: u64,
    },
}

fn hint(nearest: Option<&str>) -> String {
    nearest.map_or_else(String::new, |name| format!(", did you mean {name:?}"))
}

fn skipped_note(skipped: usize, reason: Option<&str>) -> String {
    match reason {
        Some(reason) => format!(", {skipped} skipped, the first because {reason}"),
        None => String::new(),
    }
}

/// `"a", "b" and 3 more`: enough to recognize the file by.
fn quoted(names: &[String]) -> String {
    const SHOWN: usize = 30;
    let mut text = names.iter().take(SHOWN).map(|name| format!("{name:?}")).collect::<Vec<_>>().join(", ");
    if names.len() > SHOWN {
        text = format!("{text} and {} more", names.len() - SHOWN);
    }
    if text.is_empty() { "no column".to_owned() } else { text }
}
