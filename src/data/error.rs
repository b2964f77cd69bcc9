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
    /// The header is no text in the encoding.
    #[error("the header is not valid {expected}; name the encoding with --encoding, for example windows-1252: {}", path.display())]
    Encoding {
        /// The encoding it was read in.
        expected: &'static str,
        /// The file.
        path: PathBuf,
    },
    /// There is no encoding of that name.
    #[error("unknown encoding {label:?}; names are those of the WHATWG, such as utf-8, windows-1252, utf-16le, shift_jis or gbk: {}", path.display())]
    UnknownEncoding {
        /// The name asked for.
        label: String,
        /// The file.
        path: PathBuf,
    },
    /// A delimiter that cannot stand between cells.
    #[error("expected an ASCII character as delimiter, not a quote, got {letter:?}: {}", path.display())]
    Delimiter {
        /// The character asked for.
        letter: char,
        /// The file.
        path: PathBuf,
    },
    /// The header does not end.
    #[error("the header cannot be read: {reason}; see --max-record: {}", path.display())]
    HeaderTooLong {
        /// How long it may be.
        reason: String,
        /// The file.
        path: PathBuf,
    },
    /// So many columns would make every row slow.
    #[error("the file has {count} columns, at most {most} are read; write a file with those that are needed: {}", path.display())]
    TooManyColumns {
        /// Columns of the file.
        count: usize,
        /// The most.
        most: usize,
        /// The file.
        path: PathBuf,
    },
    /// A JSON document that holds no table.
    #[error("the JSON document is no table that can be read: {reason}; write JSON Lines, as orient=\"records\", lines=True does: {}", path.display())]
    JsonLayout {
        /// What it is instead.
        reason: String,
        /// The file.
        path: PathBuf,
    },
    /// A JSON document too large to hold.
    #[error("one JSON document of more than {mebibytes} MiB; write JSON Lines, one object a line: {}", path.display())]
    LargeDocument {
        /// The most it may have.
        mebibytes: u64,
        /// The file.
        path: PathBuf,
    },
    /// Parquet is compressed within, and is read from its end.
    #[error("a Parquet file packed once more cannot be read; unpack it first: {}", path.display())]
    PackedParquet {
        /// The file.
        path: PathBuf,
    },
    /// `-` as the name of the file.
    #[error("data cannot come from standard input, as they are read more than once; save them to a file first: -")]
    StandardInput,
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
    /// So many rows were skipped that the file is not what it was taken for.
    #[error(
        "{skipped} of {records} rows cannot be read ({}), which is more than {}%; mend them, {}or allow the share with \
         --allow-skipped {}: {}",
        counted(reasons), 100.0 * allowed, encoding_hint(reasons), share_above(*skipped, *records), path.display()
    )]
    TooManySkipped {
        /// Rows that were skipped.
        skipped: usize,
        /// Rows in all.
        records: usize,
        /// The share that was allowed.
        allowed: f64,
        /// Why, with counts.
        reasons: Vec<(String, usize)>,
        /// The file.
        path: PathBuf,
    },
    /// A column that does not divide the texts into groups.
    #[error(
        "group column {column:?} has {count} values, such as {}; at most {most} are groups: name another column, or write \
         one with bands or fewer names: {}", quoted(examples), path.display()
    )]
    TooManyGroups {
        /// The column.
        column: String,
        /// How many values it has.
        count: String,
        /// The most.
        most: usize,
        /// Some of them.
        examples: Vec<String>,
        /// The file.
        path: PathBuf,
    },
    /// A column that was asked for is in the file, but of a type that is not read.
    #[error("the {role} column {column:?} is of a type that is not read, {kind}; write it as text: {}", path.display())]
    UnreadColumn {
        /// What it was wanted for.
        role: &'static str,
        /// The column.
        column: String,
        /// Its type.
        kind: String,
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

fn counted(reasons: &[(String, usize)]) -> String {
    const SHOWN: usize = 3;
    let shown = reasons.iter().take(SHOWN).map(|(reason, count)| format!("{count}: {reason}"));
    let mut text = shown.collect::<Vec<_>>().join("; ");
    if reasons.len() > SHOWN {
        text.push_str("; \u{2026}");
    }
    text
}

/// What to do about bytes that are no text.
fn encoding_hint(reasons: &[(String, usize)]) -> &'static str {
    let is_wrong = reasons.iter().any(|(reason, _)| reason.contains("not valid UTF-8"));
    if is_wrong { "name the encoding with --encoding, " } else { "" }
}

/// The share, rounded up to whole percents, so that it suffices.
fn share_above(skipped: usize, records: usize) -> f64 {
    (100.0 * skipped as f64 / records.max(1) as f64).ceil() / 100.0
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
